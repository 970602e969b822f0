//! The suite that every adapter passes, with JD's fixtures; and what JD publishes against what casework expects.

use parcelward_courier::conformance::Subject;
use parcelward_courier::{Abilities, Ability, Courier, CourierAdapter, OperationKind, TransportSettings, offers};
use std::sync::Arc;

fn settings(peer: &str) -> String {
    format!(
        r#"
        app_key = "testappkey0000000000000000000000"
        app_secret = {{ env = "JD_APP_SECRET" }}
        access_token = {{ env = "JD_ACCESS_TOKEN" }}
        base_url = "{peer}"
        lop_tz = "8"
        order_origin = "b2c"
        customer_code = "010K000001"
        subscribe_intercept = true
        "#
    )
}

const SUBJECT: Subject = Subject {
    plugin: parcelward_courier_jd::PLUGIN,
    courier: Courier::Jd,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings,
    secrets: &[("JD_APP_SECRET", "testappsecret000000000000000000a"), ("JD_ACCESS_TOKEN", "testaccesstoken00000000000000000")],
    not_applicable: &[("changes/throttled", "no code for it is published, and HTTP 429 leaves a change unconfirmed")],
};

parcelward_courier::conformance_tests!(SUBJECT);

fn built(settings: fn(&str) -> String) -> Result<Arc<dyn CourierAdapter>, String> {
    Subject { settings, ..SUBJECT }.adapter("https://example.invalid", &TransportSettings::default())
}

#[test]
fn it_offers_what_jd_publishes_and_nothing_else() {
    let adapter = built(settings).unwrap();
    for kind in OperationKind::ALL {
        assert_eq!(offers(adapter.as_ref(), *kind), Courier::Jd.offers(*kind), "{kind}");
    }
    let has = |adapter: Arc<dyn CourierAdapter>| Abilities::of(adapter.as_ref()).iter().collect::<Vec<Ability>>();
    assert_eq!(has(adapter), [Ability::Tracking, Ability::InterceptToSender, Ability::Proof]);
    let c2b = built(|peer| settings(peer).replace("\"b2c\"", "\"c2b\"")).unwrap();
    assert_eq!(has(c2b), [Ability::Tracking, Ability::InterceptToSender]);
    let c2c = built(|peer| settings(peer).replace("\"b2c\"", "\"c2c\"").replace("010K000001", "")).unwrap();
    assert_eq!(has(c2c), [Ability::Tracking]);
}

#[test]
fn settings_that_cannot_work_are_told_by_name() {
    let problem = built(|peer| settings(peer).replace("010K000001", "")).unwrap_err();
    assert!(problem.contains("customer_code: is empty"), "{problem}");
    let problem = built(|peer| format!("{}\ncancel_reason = \"{}\"", settings(peer), "退".repeat(31))).unwrap_err();
    assert!(problem.contains("cancel_reason"), "{problem}");
}
