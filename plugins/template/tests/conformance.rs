//! The suite that every adapter passes, with this carrier's fixtures.

use parcelward_courier::Courier;
use parcelward_courier::conformance::Subject;

parcelward_courier::conformance_tests!(Subject {
    plugin: parcelward_courier_template::PLUGIN,
    courier: Courier::Other,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings: |peer| format!(
        r#"
        app_key = "test-key"
        app_secret = {{ env = "TEMPLATE_APP_SECRET" }}
        base_url = "{peer}"
        "#
    ),
    secrets: &[("TEMPLATE_APP_SECRET", "test_secret")],
    not_applicable: &[],
});
