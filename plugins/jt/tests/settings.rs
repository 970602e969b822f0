//! What an account may set: everything that J&T's documents leave open, in its other form.

use parcelward_courier::conformance::{Subject, fixtures_hold, pushes_hold};
use parcelward_courier::{Courier, TransportSettings};

const OTHER: Subject = Subject {
    plugin: parcelward_courier_jt::PLUGIN,
    courier: Courier::Jt,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures-other-settings"),
    settings: |peer| {
        format!(
            r#"
            api_account = "990000000000001"
            private_key = {{ env = "JT_PRIVATE_KEY" }}
            base_url = "{peer}/api"
            uuid = "0123456789abcdef"
            business_digest = true
            customer_code = "J0000000001"
            customer_password = {{ env = "JT_CUSTOMER_PASSWORD" }}
            numbers = "list"
            subscriber_field = "Id"
            trace_nodes = [10, 14]
            push_signed = false
            "#
        )
    },
    secrets: &[("JT_PRIVATE_KEY", "test_key"), ("JT_CUSTOMER_PASSWORD", "test_password")],
    not_applicable: &[],
};

#[tokio::test]
async fn what_the_documents_leave_open_can_be_set_otherwise() {
    let breaches = [fixtures_hold(&OTHER).await, pushes_hold(&OTHER).await].concat();
    assert!(breaches.is_empty(), "\n  {}\n", breaches.join("\n  "));
}

#[test]
fn the_customers_digest_wants_its_parts() {
    let half = Subject {
        settings: |peer| {
            format!(
                r#"
                api_account = "990000000000001"
                private_key = {{ env = "JT_PRIVATE_KEY" }}
                base_url = "{peer}"
                business_digest = true
                uuid = "a&b=c"
                trace_nodes = [0]
                "#
            )
        },
        ..OTHER
    };
    let plain = TransportSettings { allow_plain_http: true, ..TransportSettings::default() };
    let told = half.adapter("http://127.0.0.1:9", &plain).err().unwrap_or_default();
    for field in ["customer_code: ", "customer_password: ", "uuid: ", "trace_nodes: "] {
        assert!(told.contains(field), "{field}is not told: {told}");
    }
}
