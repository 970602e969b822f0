//! The suite that every adapter passes, with ZTO's fixtures.

use parcelward_courier::Courier;
use parcelward_courier::conformance::Subject;

parcelward_courier::conformance_tests!(Subject {
    plugin: parcelward_courier_zto::PLUGIN,
    courier: Courier::Zto,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings: |peer| format!(
        r#"
        app_key = "test-key"
        app_secret = {{ env = "ZTO_APP_SECRET" }}
        base_url = "{peer}"
        tracking_url = "{peer}"
        customer_name = "测试商家"
        redirect_kinds = ["改址"]
        return_kinds = ["退回"]
        "#
    ),
    secrets: &[("ZTO_APP_SECRET", "test_secret")],
    not_applicable: &[],
});
