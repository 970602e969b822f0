//! The suite that every adapter passes, with J&T's fixtures.

use parcelward_courier::Courier;
use parcelward_courier::conformance::Subject;

parcelward_courier::conformance_tests!(Subject {
    plugin: parcelward_courier_jt::PLUGIN,
    courier: Courier::Jt,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings: |peer| format!(
        r#"
        api_account = "990000000000001"
        private_key = {{ env = "JT_PRIVATE_KEY" }}
        base_url = "{peer}/api"
        "#
    ),
    secrets: &[("JT_PRIVATE_KEY", "test_key")],
    not_applicable: &[
        ("tracking/not-found", "J&T publishes no answer for a number that it does not know: it leaves it out"),
        ("changes/throttled", "J&T publishes no code that says so, and HTTP 429 may come after it was taken"),
    ],
});
