//! The transport against a scripted peer: connections, places at the gate, and what is left of a call that was given up.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use parcelward_courier::conformance::{Act, NOW, Peer};
use parcelward_courier::{
    Body, Call, CourierError, ExchangeEnd, Limits, NotSentReason, Outgoing, Purpose, Rejecting, Transport, TransportSettings,
};
use std::time::Duration;

fn transport(limits: &Limits) -> Transport {
    let settings = TransportSettings { allow_plain_http: true, wait_ms: 50, ..TransportSettings::default() };
    Transport::new(&settings, limits).unwrap()
}

async fn send(transport: &Transport, call: &Call, purpose: Purpose, url: &str) -> Result<String, CourierError> {
    let body = Body::Json(r#"{"mailNo":"YT1","receiverPhone":"13812345678","secret":"hush"}"#.to_owned());
    let outgoing = Outgoing { purpose, url, headers: vec![("X-Sign", "hush".to_owned())], body, mask: &[], known: Rejecting::default() };
    transport.send(call, outgoing).await.map(|reply| reply.text)
}

fn call() -> Call {
    Call::at(NOW, "call")
}

#[tokio::test]
async fn questions_share_a_connection_and_changes_have_their_own() {
    let (peer, transport) = (Peer::start().await.unwrap(), transport(&Limits::NONE));
    peer.play((0..6).map(|_| Act::answer(200, "{}")));
    for purpose in [Purpose::Question, Purpose::Question, Purpose::Change, Purpose::Change, Purpose::Question] {
        send(&transport, &call(), purpose, peer.base()).await.unwrap();
    }
    let connections: Vec<usize> = peer.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 1, 2, 0]);
}

#[tokio::test]
async fn the_record_shows_what_was_said_without_person_or_secret() {
    let (peer, transport) = (Peer::start().await.unwrap(), transport(&Limits::NONE));
    peer.play([Act::answer(200, r#"{"code":"0","phone":"13812345678","text":"电话13812345678"}"#)]);
    let call = call();
    send(&transport, &call, Purpose::Change, &format!("{}/do?sign=hush&v=1", peer.base())).await.unwrap();
    let exchanges = call.exchanges();
    let exchange = &exchanges[0];
    assert_eq!(exchange.path, "/do?sign=***&v=1");
    assert_eq!(exchange.request, r#"{"mailNo":"YT1","receiverPhone":"***","secret":"***"}"#);
    assert_eq!(exchange.response, r#"{"code":"0","phone":"***","text":"电话138****5678"}"#);
    assert_eq!((exchange.status, &exchange.end, exchange.changes), (Some(200), &ExchangeEnd::Answered, true));
    assert!(!format!("{call:?}").contains("hush"));
}

#[tokio::test]
async fn a_call_that_is_given_up_says_that_something_may_have_left() {
    let (peer, transport) = (Peer::start().await.unwrap(), transport(&Limits::NONE));
    peer.play([Act::Hang]);
    let call = call();
    let given_up = tokio::time::timeout(Duration::from_millis(300), send(&transport, &call, Purpose::Change, peer.base())).await;
    assert!(given_up.is_err());
    assert_eq!(call.exchanges()[0].end, ExchangeEnd::Open);
    assert!(call.may_have_changed_something());
}

#[tokio::test]
async fn a_call_whose_time_is_over_is_not_sent() {
    let (peer, transport) = (Peer::start().await.unwrap(), transport(&Limits::NONE));
    peer.play([Act::answer(200, "{}")]);
    let call = call().within(Duration::ZERO);
    let error = send(&transport, &call, Purpose::Change, peer.base()).await.unwrap_err();
    assert!(matches!(error, CourierError::NotSent { reason: NotSentReason::OutOfTime, .. }), "{error}");
    assert!(peer.seen().is_empty() && !call.may_have_changed_something());
}

#[tokio::test]
async fn a_call_waits_no_longer_than_its_own_time() {
    let (peer, transport) = (Peer::start().await.unwrap(), transport(&Limits::NONE));
    peer.play([Act::Hang]);
    let call = call().within(Duration::from_millis(200));
    let begin = std::time::Instant::now();
    let error = send(&transport, &call, Purpose::Question, peer.base()).await.unwrap_err();
    assert!(error.is_unconfirmed() && begin.elapsed() < Duration::from_secs(10), "{error}");
}

#[tokio::test]
async fn a_place_taken_beforehand_is_used_and_the_next_waits() {
    let (peer, transport) = (Peer::start().await.unwrap(), transport(&Limits { per_minute: Some(1), ..Limits::NONE }));
    peer.play((0..2).map(|_| Act::answer(200, "{}")));
    let permit = transport.gate().try_pass().unwrap();
    let call = call().with_permit(permit);
    assert!(send(&transport, &call, Purpose::Question, peer.base()).await.is_ok());
    let error = send(&transport, &call, Purpose::Question, peer.base()).await.unwrap_err();
    assert!(matches!(error, CourierError::NotSent { reason: NotSentReason::Limited, retry_after: Some(_), .. }), "{error}");
    assert_eq!(peer.seen().len(), 1);
}
