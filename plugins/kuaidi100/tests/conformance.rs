//! The suite that every adapter passes, with Kuaidi100's fixtures for JD's parcels; and what the account of each courier offers.

use parcelward_courier::conformance::Subject;
use parcelward_courier::{Ability, Courier, Identity, Limits, TransportSettings, Verification};

fn settings(peer: &str) -> String {
    format!(
        r#"
        customer = "TESTCUSTOMER1"
        key = {{ env = "KUAIDI100_KEY" }}
        query_url = "{peer}/poll/query.do"
        subscribe_url = "{peer}/poll"
        order_url = "{peer}/label/order"
        salt = {{ env = "KUAIDI100_SALT" }}
        secret = {{ env = "KUAIDI100_SECRET" }}
        [partners.jd]
        partner_id = "010K000001"
        [partners.zto]
        partner_id = "TESTPARTNER"
        partner_key = {{ env = "KUAIDI100_PARTNER_KEY" }}
        net = "57101"
        "#
    )
}

const SUBJECT: Subject = Subject {
    plugin: parcelward_courier_kuaidi100::PLUGIN,
    courier: Courier::Jd,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings,
    secrets: &[
        ("KUAIDI100_KEY", "TESTKEY1"),
        ("KUAIDI100_SALT", "abc"),
        ("KUAIDI100_SECRET", "TESTSECRET1"),
        ("KUAIDI100_PARTNER_KEY", "TESTPARTNERKEY1"),
    ],
    not_applicable: &[("changes/throttled", "no code for it is published, and HTTP 429 leaves a change unconfirmed")],
};

parcelward_courier::conformance_tests!(SUBJECT);

fn has(subject: Subject, courier: Courier, ability: Ability) -> bool {
    let transport = TransportSettings { allow_plain_http: true, ..TransportSettings::default() };
    let adapter = Subject { courier, ..subject }.adapter("http://127.0.0.1:9", &transport);
    adapter.is_ok_and(|adapter| ability.is_of(adapter.as_ref()))
}

#[test]
fn every_courier_is_tracked_and_only_those_of_the_dictionary_with_a_contract_are_intercepted() {
    for courier in SUBJECT.plugin.couriers {
        assert!(has(SUBJECT, *courier, Ability::Tracking) && has(SUBJECT, *courier, Ability::Subscription));
        let contract = matches!(courier, Courier::Jd | Courier::Zto);
        for ability in [Ability::InterceptToSender, Ability::InterceptToOutlet, Ability::AddressChange] {
            assert_eq!(has(SUBJECT, *courier, ability), contract, "{courier}");
        }
        for ability in [Ability::InterceptCancel, Ability::InterceptState, Ability::PhoneChange, Ability::Claim, Ability::Urge] {
            assert!(!has(SUBJECT, *courier, ability), "{courier}");
        }
    }
    let adapter = SUBJECT.adapter("https://example.invalid", &TransportSettings::default()).unwrap();
    let identity = Identity { adapter: "kuaidi100", courier: Courier::Jd, account: "conformance".into() };
    assert_eq!((adapter.identity(), adapter.identity().is_direct()), (&identity, false));
    assert_eq!(adapter.limits(), &Limits { least_gap: std::time::Duration::from_secs(1800), ..adapter.limits().clone() });
    assert_eq!(adapter.push_in().unwrap().verification(), Verification::Signed);
}

#[test]
fn without_a_salt_there_are_no_pushes_and_no_intercepts_whose_end_comes_by_callback() {
    let quiet = Subject { settings: |peer| settings(peer).replace("salt = { env", "# salt = { env"), ..SUBJECT };
    assert!(has(quiet, Courier::Jd, Ability::InterceptToSender) && !has(quiet, Courier::Zto, Ability::InterceptToSender));
    assert!(!has(quiet, Courier::Jd, Ability::Subscription) && !has(quiet, Courier::Jd, Ability::PushIn));
}

#[test]
fn settings_that_cannot_work_are_told_by_name() {
    let transport = TransportSettings { allow_plain_http: true, ..TransportSettings::default() };
    let told = |settings: fn(&str) -> String| Subject { settings, ..SUBJECT }.adapter("http://127.0.0.1:9", &transport).unwrap_err();
    let problem = told(|peer| settings(peer).replace("[partners.zto]", "[partners.sf]"));
    assert!(problem.contains("partners.sf: is none that Kuaidi100 takes intercepts for"), "{problem}");
    let problem = told(|peer| settings(peer).replace("secret = {", "# secret = {"));
    assert!(problem.contains("secret: is missing"), "{problem}");
    let problem = told(|peer| format!("{}\n[companies]\nother = \"x\"", settings(peer)));
    assert!(problem.contains("companies.other"), "{problem}");
}
