//! The suite that every adapter passes, with YTO's fixtures.

use parcelward_courier::Courier;
use parcelward_courier::conformance::Subject;

parcelward_courier::conformance_tests!(Subject {
    plugin: parcelward_courier_yto::PLUGIN,
    courier: Courier::Yto,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings: |peer| format!(
        r#"
        user_code = "U1"
        customer_code = "C1"
        secret = {{ env = "YTO_SECRET" }}
        base_url = "{peer}/open"
        "#
    ),
    secrets: &[("YTO_SECRET", "123456")],
    not_applicable: &[("changes/throttled", "YTO publishes no code that says so, and HTTP 429 may come after it was taken")],
});
