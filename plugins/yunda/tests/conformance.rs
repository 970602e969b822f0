//! The suite that every adapter passes, with Yunda's fixtures.

use parcelward_courier::Courier;
use parcelward_courier::conformance::Subject;

parcelward_courier::conformance_tests!(Subject {
    plugin: parcelward_courier_yunda::PLUGIN,
    courier: Courier::Yunda,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings: |peer| format!(
        r#"
        app_key = "999999"
        app_secret = {{ env = "YUNDA_APP_SECRET" }}
        base_url = "{peer}"
        "#
    ),
    secrets: &[("YUNDA_APP_SECRET", "test_secret")],
    not_applicable: &[("tracking/not-found", "Yunda publishes no answer for a number that it does not know")],
});
