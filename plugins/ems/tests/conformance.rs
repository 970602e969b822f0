//! The suite that every adapter passes, with EMS' fixtures; and what EMS publishes against what casework expects.

use parcelward_courier::conformance::Subject;
use parcelward_courier::{Abilities, Ability, Courier, OperationKind, PushRequest, TransportSettings, Verification, offers};

fn settings(peer: &str) -> String {
    format!(
        r#"
        sender_no = "1100000000000"
        authorization = {{ env = "EMS_AUTHORIZATION" }}
        signing_key = {{ env = "EMS_SIGNING_KEY" }}
        base_url = "{peer}/amp-prod-api/f/amp/api/open"
        msg_type = "0"
        "#
    )
}

const SUBJECT: Subject = Subject {
    plugin: parcelward_courier_ems::PLUGIN,
    courier: Courier::Ems,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings,
    secrets: &[("EMS_AUTHORIZATION", "TESTAUTHORIZATION1"), ("EMS_SIGNING_KEY", "MDEyMzQ1Njc4OWFiY2RlZg==")],
    not_applicable: &[],
};

parcelward_courier::conformance_tests!(SUBJECT);

#[test]
fn it_offers_what_ems_publishes_and_nothing_else() {
    let adapter = SUBJECT.adapter("https://example.invalid", &TransportSettings::default()).unwrap();
    for kind in OperationKind::ALL {
        assert!(!offers(adapter.as_ref(), *kind) && !Courier::Ems.offers(*kind), "{kind}");
    }
    assert_eq!(Abilities::of(adapter.as_ref()).iter().collect::<Vec<_>>(), [Ability::Tracking, Ability::PushIn]);
    let push_in = adapter.push_in().unwrap();
    assert_eq!(push_in.verification(), Verification::Unsigned);
    let problem = push_in.receive(&PushRequest { headers: &[], query: "", body: b"logitcsInterface=x" }).unwrap_err();
    assert!(push_in.decline(&problem).body.contains(r#""code":"99999""#));
}

#[test]
fn a_key_that_is_none_is_told_by_name_and_an_older_account_uses_its_authorization() {
    let transport = TransportSettings::default();
    let older = Subject { settings: |peer| settings(peer).replace("signing_key", "# signing_key"), ..SUBJECT };
    let problem = older.adapter("https://example.invalid", &transport).map(|_| ()).unwrap_err();
    assert!(problem.contains("authorization: is not a key") && !problem.contains("TESTAUTHORIZATION1"), "{problem}");
    let fits = Subject { secrets: &[("EMS_AUTHORIZATION", "TvaBgrhE46sft3nZlfe7xw==")], ..older };
    assert!(fits.adapter("https://example.invalid", &transport).is_ok());
}
