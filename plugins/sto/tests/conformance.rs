//! The suite that every adapter passes, with STO's fixtures.

use parcelward_courier::Courier;
use parcelward_courier::conformance::Subject;

parcelward_courier::conformance_tests!(Subject {
    plugin: parcelward_courier_sto::PLUGIN,
    courier: Courier::Sto,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings: |peer| format!(
        r#"
        app_key = "CAKtest"
        from_code = "CODEtest"
        secret = {{ env = "STO_SECRET" }}
        gateway_url = "{peer}/gateway/link.do"
        "#
    ),
    secrets: &[("STO_SECRET", "test_secret")],
    not_applicable: &[
        ("tracking/not-found", "STO publishes no answer for a number that it does not know: it leaves it out"),
        ("changes/throttled", "STO publishes no code that says so, and HTTP 429 may come after it was taken"),
    ],
});
