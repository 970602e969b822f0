//! Parcels are asked about when it matters, and what the courier says becomes facts, once.

use crate::courier::{Act, Ledger};
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
    assert!(daemon.store.last_looks(&waybill(1)).await.unwrap().is_empty());
}

/// Couriers show a history to who knows the phone: from the change on that is the new one, and only once the courier took it.
pub async fn a_parcel_is_asked_about_under_the_phone_that_the_courier_took(yard: Yard) {
    let daemon = yard.daemon_with(Routes::default()).await;
    daemon.ship(1, yard.now()).await;
    daemon.scan(1, yard.now(), TrackingStatus::InTransit).await;
    let order = r#""platform":"douyin","shop":"shop","order_id":"1""#;
    let told = |id, type_, data: &str| daemon.take(vec![incoming(id, type_, yard.now(), data)]);
    let tail = async || {
        daemon.store.route_polls(&daemon.store.poll_groups(false).await.unwrap()[0], "any").await.unwrap();
        let later = yard.now() + Length::hours(30);
        let polls = daemon.store.claim_polls("any", later, Length::ZERO, Length::ZERO, 10).await.unwrap();
        polls[0].phone_tail.clone()
    };
    assert_eq!(tail().await.as_deref(), Some("5678"));
    told("b", "buyer_request", &format!(r#"{order},"request":"wrong_contact","new_address":{{"phone":"13900000003"}}"#)).await;
    let answers = r#""kind":"correct_recipient","status":"done","outcome":"corrected","answers":{"phone":"13900000003"},"by":"staff""#;
    told("d", "task_update", &format!("{order},{answers}")).await;
    assert_eq!(tail().await.as_deref(), Some("5678"), "it is asked for");
    let taken = format!(r#""waybill":{{"courier":"zto","number":"{}"}},"kind":"phone_change","status":"accepted""#, number(1));
    told("o", "operation_update", &taken).await;
    assert_eq!(tail().await.as_deref(), Some("0003"), "the courier took it");
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
    // The other one knows more, and nobody asked it yet.
    other.scan(&number(1), yard.now() + Length::hours(1), TrackingStatus::Returning);
    let start = yard.now();
    // It stands still until a case is opened for it; then both sources are asked.
    while other.asked() == 0 && yard.now().since(start) < Length::days(12) {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(60));
        daemon.desk.submit(vec![note(&yard)]).await.unwrap();
    }
    assert!(other.asked() > 0, "the other source was asked once it stood still");
    assert!(courier.asked() > 0);
    // Both were asked at one moment; what the courier says is not new.
    let last = |ledger: &Ledger| ledger.book.lock().unwrap().calls.last().unwrap().0;
    assert_eq!(last(&courier), last(&other));
    let noted = lines(&daemon, 1, "parcelward/two-sources").await;
    assert_eq!(noted, 1, "what they say of it differs, and the order's timeline shows it");
    assert!(parcelward_scheduler::lanes::disagree("collected", "returning"));
    assert!(!parcelward_scheduler::lanes::disagree("collected", "in_transit"));
}

pub async fn a_claim_waits_for_a_fresh_look_at_both_sources(yard: Yard) {
    let (courier, other) = (ledger(), Ledger::of("kuaidi100", "aggregator", Limits::NONE));
    let daemon = yard.daemon_with(Routes::new(vec![account(&other), account(&courier)])).await;
    daemon.ship(1, yard.now()).await;
    for source in [&courier, &other] {
        source.scan(&number(1), yard.now(), TrackingStatus::Collected);
    }
    daemon.lanes.round().await.unwrap();
    yard.pass(Length::hours(1));
    other.down(true);
    daemon.lose(1, yard.now()).await;
    for _ in 0..5 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(1));
    }
    assert!(courier.asked() > 0);
    assert_eq!(courier.arrived(), 0, "money hangs on it, and one of the two sources has not answered");
    other.down(false);
    for _ in 0..4 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(2));
    }
    assert_eq!((courier.arrived(), courier.accepted()), (1, 1), "both have looked: it is filed, once");
    let filed = courier.book.lock().unwrap().accepted.keys().all(|name| name.starts_with("claim-"));
    assert!(filed);
}

/// Whether it pays stands in the words of most couriers: somebody reads them at once, not when the decision would be due.
pub async fn what_a_courier_closes_a_claim_with_is_read_by_a_person(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    daemon.ship(1, yard.now()).await;
    courier.scan(&number(1), yard.now(), TrackingStatus::Collected);
    daemon.lose(1, yard.now()).await;
    for _ in 0..4 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(2));
    }
    assert_eq!(courier.accepted(), 1, "filed");
    let to_read = async || {
        let file = daemon.file(1).await;
        file.tasks.iter().filter(|task| task.is_open() && task.kind == parcelward_casework::words::TaskKind::FollowUp).count()
    };
    courier.book.lock().unwrap().claims = Some((parcelward_courier::Progress::Closed, "同意赔付59.90元".to_owned()));
    assert_eq!(to_read().await, 0);
    for _ in 0..48 {
        yard.pass(Length::hours(1));
        daemon.lanes.round().await.unwrap();
    }
    assert_eq!(to_read().await, 1, "once");
    assert_eq!(lines(&daemon, 1, "同意赔付59.90元").await.min(2), 2, "in the claim's status and in the note");
}

pub async fn a_parcel_is_subscribed_to_once_and_then_asked_about_more_seldom(yard: Yard) {
    let mut asked = Vec::new();
    let start = yard.now();
    for subscribes in [None, Some(Act::Accept)] {
        let yard = yard.another().await;
        yard.set(start);
        let courier = ledger();
        courier.book.lock().unwrap().subscribes = subscribes;
        let mut lane = account(&courier);
        lane.takes_pushes = true;
        let routes = Routes::new(vec![lane]);
        let (here, there) = (yard.daemon_with(routes.clone()).await, yard.daemon_with(routes).await);
        here.ship_many(1..=3, yard.now()).await;
        for n in 1..=3 {
            courier.scan(&number(n), yard.now(), TrackingStatus::Collected);
        }
        for _ in 0..60 {
            here.lanes.round().await.unwrap();
            there.lanes.round().await.unwrap();
            yard.pass(Length::minutes(20));
        }
        let mut subscribed = courier.book.lock().unwrap().subscribed.clone();
        subscribed.sort();
        let each: Vec<String> = (1..=3).map(number).collect();
        assert_eq!(subscribed, if subscribes.is_some() { each } else { Vec::new() }, "once each, by two daemons");
        asked.push(courier.asked());
    }
    assert!(asked[1] < asked[0], "{asked:?}");
    assert!(asked[1] >= 3, "and not never: {asked:?}");
}

pub async fn a_subscription_is_tried_again_only_where_it_was_not_sent(yard: Yard) {
    for (act, arrived) in [(Act::Refuse, 1), (Act::AcceptThenDrop, 1), (Act::Unreachable, 0)] {
        let yard = yard.another().await;
        let courier = ledger();
        courier.book.lock().unwrap().subscribes = Some(act);
        let mut lane = account(&courier);
        lane.takes_pushes = true;
        let daemon = yard.daemon_with(Routes::new(vec![lane])).await;
        daemon.ship(1, yard.now()).await;
        courier.scan(&number(1), yard.now(), TrackingStatus::Collected);
        for round in 0..60 {
            daemon.lanes.round().await.unwrap();
            yard.pass(Length::minutes(20));
            if round == 30 {
                assert_eq!(courier.book.lock().unwrap().subscribed.len(), arrived, "{act:?}");
                courier.book.lock().unwrap().subscribes = Some(Act::Accept);
            }
        }
        assert_eq!(courier.book.lock().unwrap().subscribed.len(), 1, "{act:?}");
        assert!(courier.asked() > 3, "questions go on: {act:?}");
    }
}

pub async fn who_answers_only_about_what_was_subscribed_to_is_subscribed_to_first(yard: Yard) {
    let courier = ledger();
    {
        let mut book = courier.book.lock().unwrap();
        (book.subscribes, book.subscribed_first) = (Some(Act::Accept), true);
    }
    // It pushes nothing to us.
    let daemon = yard.daemon(&courier).await;
    daemon.ship(1, yard.now()).await;
    courier.scan(&number(1), yard.now(), TrackingStatus::Collected);
    for _ in 0..20 {
        daemon.lanes.round().await.unwrap();
        yard.pass(Length::minutes(10));
    }
    assert_eq!(courier.book.lock().unwrap().subscribed, [number(1)]);
    assert_eq!(lines(&daemon, 1, r#""type":"parcelward.tracking""#).await, 1, "and then it answers");
    assert_eq!(daemon.store.last_looks(&waybill(1)).await.unwrap()[0].newest.as_ref().unwrap().0, "collected");
}

/// What a push says that nobody signed is asked about at once, and before anything is sent.
pub async fn what_nobody_signed_is_asked_about_even_where_it_made_the_parcel_final(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    for n in [1, 2] {
        daemon.ship(n, yard.now()).await;
        courier.scan(&number(n), yard.now() - Length::minutes(20), TrackingStatus::InTransit);
    }
    yard.pass(Length::hours(1));
    daemon.lanes.round().await.unwrap();
    let asked = courier.asked();
    assert!(asked >= 2);
    yard.pass(Length::minutes(12));
    daemon.scan(1, yard.now(), TrackingStatus::Delivered).await;
    assert!(daemon.store.last_looks(&waybill(1)).await.unwrap().is_empty(), "it is final");
    daemon.lanes.look_again(&waybill(1), true).await.unwrap();
    daemon.lanes.look_again(&waybill(1), true).await.unwrap();
    daemon.lanes.round().await.unwrap();
    assert_eq!(courier.asked(), asked + 1, "asked all the same");
    daemon.lanes.round().await.unwrap();
    assert!(daemon.store.last_looks(&waybill(1)).await.unwrap().is_empty(), "once");
    // One that goes on, and nothing hangs on what was told: it waits for its turn, and nothing is sent before.
    daemon.lanes.look_again(&waybill(2), false).await.unwrap();
    daemon.lanes.round().await.unwrap();
    assert_eq!(courier.asked(), asked + 1);
    assert!(daemon.store.last_looks(&waybill(2)).await.unwrap()[0].in_doubt);
    daemon.refund(2, yard.now()).await;
    let was_asked = |n| courier.book.lock().unwrap().calls.iter().filter(|(_, numbers)| numbers.contains(&number(n))).count();
    let before = was_asked(2);
    for _ in 0..10 {
        daemon.lanes.round().await.unwrap();
        if courier.arrived() > 0 {
            assert!(was_asked(2) > before, "the look came first");
        }
        yard.pass(Length::millis(4_000));
    }
    assert_eq!((daemon.intercept(2).await, courier.arrived()), (OperationState::Accepted, 1));
    assert!(!daemon.store.last_looks(&waybill(2)).await.unwrap()[0].in_doubt);
    // One that nobody can be asked about is let be.
    let alone = yard.daemon_with(Routes::default()).await;
    alone.lanes.look_again(&waybill(1), true).await.unwrap();
    assert!(alone.store.last_looks(&waybill(1)).await.unwrap().is_empty());
}

pub async fn a_schedule_has_silent_parcels_asked_about_out_of_turn(yard: Yard) {
    let (courier, other) = (ledger(), Ledger::of("kuaidi100", "aggregator", Limits::NONE));
    let daemon = yard.daemon_with(Routes::new(vec![account(&courier), account(&other)])).await;
    daemon.ship_many(1..=3, yard.now()).await;
    for n in 1..=3 {
        courier.scan(&number(n), yard.now(), TrackingStatus::Collected);
    }
    yard.pass(Length::hours(1));
    daemon.lanes.round().await.unwrap();
    let asked = courier.asked();
    yard.pass(Length::minutes(20));
    daemon.lanes.round().await.unwrap();
    assert_eq!(courier.asked(), asked, "nothing is due");
    assert_eq!(daemon.lanes.ask_about_silent(Length::hours(1)).await.unwrap(), 0, "something was heard within the hour");
    assert_eq!(daemon.lanes.ask_both_sources(Length::millis(1)).await.unwrap(), 0, "none stands still");
    assert_eq!(daemon.lanes.ask_about_silent(Length::minutes(15)).await.unwrap(), 3);
    daemon.lanes.round().await.unwrap();
    assert_eq!((courier.asked(), other.asked()), (asked + 3, 0));
    let nobody = yard.another().await.daemon_with(Routes::default()).await;
    nobody.ship(1, yard.now()).await;
    nobody.lanes.round().await.unwrap();
    assert_eq!(nobody.lanes.ask_about_silent(Length::ZERO).await.unwrap(), 0, "no account can ask");
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
