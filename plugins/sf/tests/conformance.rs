//! The suite that every adapter passes, with SF's fixtures; and what SF publishes against what casework expects.

use parcelward_courier::conformance::{Peer, Subject};
use parcelward_courier::{Courier, OperationKind, TransportSettings, Verification, offers};

const SUBJECT: Subject = Subject {
    plugin: parcelward_courier_sf::PLUGIN,
    courier: Courier::Sf,
    fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
    settings: |peer| {
        format!(
            r#"
            partner_id = "TESTPARTNER"
            checkword = {{ env = "SF_CHECKWORD" }}
            base_url = "{peer}/std/service"
            tracking_url = "{peer}/std/service"
            monthly_card = "0000000000"
            [return_address]
            name = "退货组"
            phone = "13000000000"
            province = "广东省"
            city = "深圳市"
            district = "南山区"
            detail = "测试路1号"
            "#
        )
    },
    secrets: &[("SF_CHECKWORD", "TESTCHECKWORD0123456789")],
    not_applicable: &[("tracking/not-found", "SF answers a number that it does not know as one without scans")],
};

parcelward_courier::conformance_tests!(SUBJECT);

#[tokio::test]
async fn it_offers_what_sf_publishes_and_nothing_else() {
    let peer = Peer::start().await.unwrap();
    let transport = TransportSettings { allow_plain_http: true, ..TransportSettings::default() };
    let adapter = SUBJECT.adapter(peer.base(), &transport).unwrap();
    for kind in OperationKind::ALL {
        assert_eq!(offers(adapter.as_ref(), *kind), Courier::Sf.offers(*kind), "{kind}");
    }
    assert_eq!((adapter.limits().batch, adapter.limits().intercept_once), (10, true));
    assert_eq!(adapter.push_in().unwrap().verification(), Verification::Unsigned);
}
