//! Parcels are asked about when it matters, and what the courier says becomes facts, once.

use crate::courier::Ledger;
use crate::support::*;
use parcelward_casework::casefile::OperationState;
use parcelward_casework::instant::Length;
use parcelward_courier::{Limits, TrackingEvent, TrackingStatus};
use parcelward_scheduler::Routes;

/// Journal lines of an order that hold a text.
async fn lines(daemon: &Daemon, n: u32, text: &str) -> usize {
    let page = daemon.store.timeline(&key(n), 0, 1_000).await.unwrap();
    page.rows.iter().filter(|row| row.json.contains(text)).count()
}

pub async fn scans_become_facts_once_and_a_final_parcel_is_left_alone(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    daemon.ship(1, yard.now()).await;
    courier.scan(&number(1), yard.now(), TrackingStatus::Collected);
    for _ in 0..20 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(60));
    }
    assert_eq!(lines(&daemon, 1, r#""type":"parcelward.tracking""#).await, 1, "told many times, kept once");
    assert!(courier.asked() >= 3, "{}", courier.asked());
    courier.scan(&number(1), yard.now(), TrackingStatus::Delivered);
    for _ in 0..30 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(60));
    }
    assert_eq!(lines(&daemon, 1, r#""type":"parcelward.tracking""#).await, 2);
    let asked = courier.asked();
    for _ in 0..48 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(60));
    }
    assert_eq!(courier.asked(), asked, "it is final");
    assert!(daemon.store.last_looks(&daemon.file(1).await.parcels[0].waybill).await.unwrap().is_empty());
}

pub async fn an_old_look_is_renewed_before_an_intercept_goes_out(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    daemon.ship(1, yard.now()).await;
    daemon.scan(1, yard.now() - Length::minutes(20), TrackingStatus::InTransit).await;
    daemon.refund(1, yard.now()).await;
    // Meanwhile it was delivered: nobody has told us yet.
    courier.scan(&number(1), yard.now() - Length::minutes(20), TrackingStatus::InTransit);
    courier.scan(&number(1), yard.now(), TrackingStatus::Delivered);
    for _ in 0..10 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::millis(2_000));
    }
    assert_eq!(courier.arrived(), 0, "the look came first, and nothing was sent");
    assert!(matches!(daemon.intercept(1).await, OperationState::Settled(_)));
}

pub async fn a_new_number_is_followed(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    daemon.ship(1, yard.now()).await;
    let mut event = TrackingEvent::new(yard.now(), "648", TrackingStatus::Returning, None);
    event.new_number = Some("SF999".to_owned());
    courier.scan(&number(1), yard.now() - Length::minutes(30), TrackingStatus::Collected);
    courier.event(&number(1), event);
    for _ in 0..10 {
        yard.pass(Length::minutes(30));
        daemon.lanes.round().await.unwrap();
    }
    let file = daemon.file(1).await;
    let parcel = file.parcels.iter().find(|p| p.waybill.number == "SF999").expect("it is known by its new number");
    assert_eq!(parcel.direction.word(), "return");
    assert!(file.parcels[0].replaced_by.is_some());
    let asked = courier.book.lock().unwrap().calls.iter().filter(|(_, numbers)| numbers.contains(&"SF999".to_owned())).count();
    assert!(asked >= 1, "and asked about by it");
}

pub async fn two_sources_that_disagree_are_noted(yard: Yard) {
    let (courier, other) = (ledger(), Ledger::of("kuaidi100", "aggregator", Limits::NONE));
    let daemon = yard.daemon_with(Routes::new(vec![account(&other), account(&courier)])).await;
    daemon.ship(1, yard.now()).await;
    for source in [&courier, &other] {
        source.scan(&number(1), yard.now(), TrackingStatus::Collected);
    }
    let start = yard.now();
    // It stands still until a case is opened for it; then both sources are asked.
    while other.asked() == 0 && yard.now().since(start) < Length::days(12) {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(60));
        daemon.desk.submit(vec![note(&yard)]).await.unwrap();
    }
    assert!(other.asked() > 0, "the other source was asked once it stood still");
    assert!(courier.asked() > 0);
    other.scan(&number(1), yard.now(), TrackingStatus::Returning);
    let mut noted = 0;
    for _ in 0..48 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(30));
        noted = lines(&daemon, 1, "parcelward/two-sources").await;
        if noted > 0 {
            break;
        }
    }
    assert!(noted > 0, "what they say of it differs, and the order's timeline shows it");
}

/// A fact that brings the desk to the present: the wake lane sleeps by the real clock.
fn note(yard: &Yard) -> parcelward_scheduler::Incoming {
    let json = format!(
        r#"{{"specversion":"1.0","id":"n{}","source":"test","type":"parcelward.note","time":"{}","data":{{"platform":"douyin","shop":"shop","order_id":"1","text":"."}}}}"#,
        yard.now().millis(),
        yard.now()
    );
    parcelward_scheduler::Incoming { fact: parcelward_casework::parse::parse_fact(&json).unwrap(), json }
}
