//! The adapter as the daemon has it: built from settings, asked over HTTP.

use parcelward_courier::signing::sf_digest;
use parcelward_courier::{
    Abilities, Ability, Account, Address, AddressChangeRequest, Call, ClientReference, Courier, CourierAdapter, CourierError, Instant,
    InterceptRequest, LimitsSettings, OperationKind, PhoneTail, ProofAnswer, ProofKind, ProofQuery, PushRequest, SecretReference,
    SecretSource, SecretString, SettingProblem, SubscribeQuery, Ticket, Tracked, TrackingQuery, TransportSettings, UnreadableSecret,
    Verification, Waybill, offers,
};
use std::collections::HashMap;
use std::sync::Arc;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

const CHECKWORD: &str = "TESTCHECKWORD0123456789";

struct Secrets;
impl SecretSource for Secrets {
    fn read(&self, _: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        Ok(CHECKWORD.into())
    }
}

fn build(settings: &str) -> Result<Arc<dyn CourierAdapter>, Vec<SettingProblem>> {
    let settings: toml::Table = toml::from_str(settings).unwrap();
    let transport = TransportSettings { allow_plain_http: true, total_ms: 300, ..TransportSettings::default() };
    let account = Account {
        name: "main",
        settings: &settings,
        limits: &LimitsSettings::default(),
        transport: &transport,
        secrets: &Secrets,
        push_url: None,
    };
    (parcelward_courier_sf::PLUGIN.build)(&account).map(|mut adapters| adapters.remove(0))
}

/// A courier that gives one answer, and the adapter that asks it.
async fn answering(answer: ResponseTemplate) -> (MockServer, Arc<dyn CourierAdapter>) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let uri = server.uri();
    let settings = format!(
        r#"
        partner_id = "TESTPARTNER"
        checkword = {{ env = "X" }}
        base_url = "{uri}/std/service"
        tracking_url = "{uri}/std/service"
        monthly_card = "0000000000"
        [return_address]
        name = "退货组"
        phone = "13000000000"
        province = "广东省"
        city = "深圳市"
        district = "南山区"
        detail = "测试路1号"
        "#
    );
    let adapter = build(&settings).unwrap();
    (server, adapter)
}

fn fixture(name: &str) -> ResponseTemplate {
    let text = std::fs::read_to_string(format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    ResponseTemplate::new(200).set_body_string(text)
}

fn call() -> Call {
    Call::at(Instant::parse("2026-03-12T12:00:00+08:00").unwrap(), "call-1")
}

fn ticket() -> Ticket {
    Ticket {
        waybill: Waybill { courier: Courier::Sf, number: "SF1234567890123".into() },
        reference: ClientReference::new("intercept-1").unwrap(),
        reason: Some("refunded".into()),
        phone_tail: PhoneTail::of("13000000000"),
    }
}

/// The form that was posted last, decoded; its digest is checked as SF checks it.
async fn posted(server: &MockServer) -> HashMap<String, String> {
    let requests = server.received_requests().await.unwrap();
    let body = String::from_utf8(requests.last().unwrap().body.clone()).unwrap();
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.replace('+', " ").into_bytes().into_iter();
        while let Some(byte) = rest.next() {
            let hex = (byte == b'%').then(|| [rest.next().unwrap(), rest.next().unwrap()]);
            bytes.push(hex.map_or(byte, |hex| u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()));
        }
        String::from_utf8(bytes).unwrap()
    };
    let form: HashMap<String, String> =
        body.split('&').map(|pair| pair.split_once('=').unwrap()).map(|(name, value)| (name.to_owned(), decode(value))).collect();
    assert_eq!(form["msgDigest"], sf_digest(&form["msgData"], &form["timestamp"], CHECKWORD));
    assert_eq!((form["partnerID"].as_str(), form["requestID"].as_str()), ("TESTPARTNER", "call-1"));
    form
}

#[test]
fn the_example_builds_and_everything_wrong_is_told_at_once() {
    assert!(build(parcelward_courier_sf::PLUGIN.example).is_ok());
    let problems = build(
        "partner_id = \"\"\ncheckword = { env = \"X\" }\nbase_url = \"ftp://x\"\npay_mode = \"monthly_card\"\nsender_phone_tail = \"12\"",
    );
    let fields: Vec<String> = problems.unwrap_err().into_iter().map(|problem| problem.field).collect();
    assert_eq!(fields, ["partner_id", "base_url", "monthly_card", "sender_phone_tail"]);
    assert!(build("partner_id = \"x\"\ncheckword = { env = \"X\" }\ncheck_word = 1").is_err());
}

#[tokio::test]
async fn it_offers_what_sf_publishes_and_nothing_else() {
    let (_server, adapter) = answering(ResponseTemplate::new(200)).await;
    let has: Vec<Ability> = Abilities::of(adapter.as_ref()).iter().collect();
    use Ability as A;
    assert_eq!(
        has,
        [
            A::Tracking,
            A::InterceptToSender,
            A::InterceptToAddress,
            A::InterceptCancel,
            A::AddressChange,
            A::PhoneChange,
            A::Proof,
            A::Subscription,
            A::PushIn
        ]
    );
    for kind in OperationKind::ALL {
        assert_eq!(offers(adapter.as_ref(), *kind), Courier::Sf.offers(*kind), "{kind}");
    }
    assert_eq!((adapter.limits().batch, adapter.limits().intercept_once), (10, true));
}

#[tokio::test]
async fn ten_numbers_go_in_one_signed_call_and_eleven_in_none() {
    let (server, adapter) = answering(fixture("track_ordinary.json")).await;
    let queries: Vec<TrackingQuery> = ["SF1234567890123", "SF1234567890199"].map(TrackingQuery::number).into();
    let call = call();
    let report = adapter.track(&call, &queries).await.unwrap();
    assert!(report.parcels().iter().all(|parcel| matches!(parcel.outcome, Tracked::Known(_))));
    let form = posted(&server).await;
    assert_eq!((form["serviceCode"].as_str(), form["timestamp"].as_str()), ("EXP_RECE_SEARCH_ROUTES", "1773288000000"));
    let exchange = serde_json::to_string(&call.exchanges()).unwrap();
    assert!(!exchange.contains("13000000000") && !exchange.contains(&form["msgDigest"]), "{exchange}");
    let eleven: Vec<TrackingQuery> = (0..11).map(|n| TrackingQuery::number(format!("SF{n:013}"))).collect();
    assert!(matches!(adapter.track(&call, &eleven).await, Err(CourierError::NotSent { .. })));
}

#[tokio::test]
async fn a_return_goes_to_the_accounts_own_address() {
    let (server, adapter) = answering(fixture("intercept_fee.json")).await;
    let request = InterceptRequest { ticket: ticket(), destination: Address::default() };
    let call = call();
    let accepted = adapter.intercept_to_sender().unwrap().turn_to_sender(&call, &request).await.unwrap();
    assert_eq!(accepted.reference.as_deref(), Some("CUS0000000001"));
    let sent: serde_json::Value = serde_json::from_str(&posted(&server).await["msgData"]).unwrap();
    assert_eq!((&sent["serviceCode"], &sent["newDestAddress"]["contact"]), (&"2".into(), &"退货组".into()));
    let exchange = serde_json::to_string(&call.exchanges()).unwrap();
    for personal in ["退货组", "13000000000", "测试路", "0000000000\""] {
        assert!(!exchange.contains(personal), "{personal}: {exchange}");
    }
    let withdrawn = adapter.intercept_cancel().unwrap().cancel_intercept(&call, &ticket(), None, Some("CUS0000000001")).await;
    assert!(withdrawn.is_ok());
    let sent: serde_json::Value = serde_json::from_str(&posted(&server).await["msgData"]).unwrap();
    assert_eq!((&sent["cancel"], &sent["cusId"]), (&true.into(), &"CUS0000000001".into()));
}

#[tokio::test]
async fn what_is_incomplete_never_leaves() {
    let (server, adapter) = answering(fixture("intercept_accepted.json")).await;
    let request = AddressChangeRequest { ticket: ticket(), address: Address::default(), payer: None, fee: None };
    let error = adapter.address_change().unwrap().change_address(&call(), &request).await.unwrap_err();
    assert!(matches!(error, CourierError::NotSent { .. }), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unclear_end_of_a_change_is_unconfirmed() {
    let late = fixture("intercept_accepted.json").set_delay(std::time::Duration::from_secs(2));
    for answer in [ResponseTemplate::new(500), ResponseTemplate::new(429), late, fixture("page.html"), fixture("business_sf_side.json")] {
        let (_server, adapter) = answering(answer).await;
        let request = InterceptRequest { ticket: ticket(), destination: Address::default() };
        let call = call();
        let error = adapter.intercept_to_sender().unwrap().turn_to_sender(&call, &request).await.unwrap_err();
        assert!(error.is_unconfirmed() && call.may_have_changed_something(), "{error}");
    }
    let (_server, adapter) = answering(fixture("throttled.json")).await;
    let request = InterceptRequest { ticket: ticket(), destination: Address::default() };
    let error = adapter.intercept_to_sender().unwrap().turn_to_sender(&call(), &request).await.unwrap_err();
    assert!(matches!(error, CourierError::NotSent { .. }), "{error}");
}

#[tokio::test]
async fn pictures_and_registrations() {
    let (server, adapter) = answering(fixture("intercept_accepted.json")).await;
    let query = ProofQuery { waybill: ticket().waybill, kind: ProofKind::Delivery, phone_tail: None };
    assert_eq!(adapter.proof().unwrap().pictures(&call(), &query).await, Ok(ProofAnswer::WillBePushed));
    assert!(posted(&server).await["msgData"].contains(r#""imgType":"15""#));
    let query = SubscribeQuery { number: "SF1234567890123".into(), phone_tail: PhoneTail::of("13000000000") };
    assert_eq!(adapter.subscription().unwrap().subscribe(&call(), &[query]).await, Ok(vec![Ok(())]));
    let form = posted(&server).await;
    assert_eq!(form["serviceCode"], "EXP_RECE_REGISTER_ROUTE");
    assert_eq!(form["msgData"], r#"{"type":"2","attributeNo":"SF1234567890123","checkPhoneNo":"0000","language":"zh-CN","country":"CN"}"#);
}

#[tokio::test]
async fn pushes_are_unsigned_and_say_so() {
    let (_server, adapter) = answering(ResponseTemplate::new(200)).await;
    let push_in = adapter.push_in().unwrap();
    assert_eq!(push_in.verification(), Verification::Unsigned);
    let body = std::fs::read(format!("{}/fixtures/push.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let receipt = push_in.receive(&PushRequest { headers: &[], query: "", body: &body }).unwrap();
    assert_eq!(receipt.items.len(), 2);
    let problem = push_in.receive(&PushRequest { headers: &[], query: "", body: b"" }).unwrap_err();
    assert_ne!(push_in.decline(&problem).body, receipt.acknowledge.body);
}
