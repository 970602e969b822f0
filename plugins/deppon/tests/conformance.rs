//! The suite that every adapter passes, with Deppon's fixtures.

use parcelward_courier::Courier;
use parcelward_courier::conformance::Subject;

parcelward_courier::conformance_tests!(Subject {
    plugin: parcelward_courier_deppon::PLUGIN,
    courier: Courier::Deppon,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings: |peer| format!(
        r#"
        company_code = "EWBTEST"
        app_key = {{ env = "DEPPON_APP_KEY" }}
        track_url = "{peer}/newTraceQuery.action"
        subscribe_url = "{peer}/standTraceSubscribe.action"
        "#
    ),
    secrets: &[("DEPPON_APP_KEY", "test_appkey")],
    not_applicable: &[("tracking/not-found", "Deppon publishes no answer for a number that it does not know")],
});
