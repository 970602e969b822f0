//! Sent at most once, whatever happens, and never silently lost.

use crate::courier::{Act, Ledger};
use crate::support::*;
use parcelward_casework::casefile::OperationState;
use parcelward_casework::instant::{Instant, Length};
use parcelward_courier::{Limits, TrackingStatus};
use parcelward_scheduler::{Clock, ClockGuard, Clocks, Routes};
use parcelward_store::lanes::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A parcel on its way whose money goes back: an intercept was decided.
async fn decided(daemon: &Daemon, yard: &Yard, n: u32) {
    daemon.ship(n, yard.now()).await;
    daemon.scan(n, yard.now() - Length::minutes(20), TrackingStatus::InTransit).await;
    daemon.refund(n, yard.now()).await;
    assert_eq!(daemon.intercept(n).await, OperationState::Requested);
}

/// Lets time pass in steps, with a round in each.
async fn go_on(yard: &Yard, daemon: &Daemon, steps: u32, step: Length) {
    for _ in 0..steps {
        daemon.lanes.round().await.unwrap();
        yard.pass(step);
    }
}

async fn operation_id(daemon: &Daemon, n: u32) -> String {
    daemon.file(n).await.operations.iter().find(|o| o.requested).unwrap().id.clone()
}

/// A person has it, or will see it: nothing is silent.
fn is_with_somebody(file: &parcelward_casework::casefile::CaseFile) -> bool {
    file.operations.iter().filter(|o| o.requested).all(|o| match o.state {
        OperationState::Requested | OperationState::Unknown => {
            o.taken_over || file.deadlines.iter().any(|d| d.state == parcelward_casework::casefile::DeadlineState::Running)
        }
        _ => true,
    })
}

pub async fn an_operation_goes_out_once_and_its_answer_reaches_the_case(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    decided(&daemon, &yard, 1).await;
    go_on(&yard, &daemon, 10, Length::millis(4_000)).await;
    assert_eq!(daemon.intercept(1).await, OperationState::Accepted);
    assert_eq!((courier.arrived(), courier.accepted()), (1, 1));
    let reference = daemon.file(1).await.operations[0].reference.clone().unwrap();
    assert!(reference.starts_with("R-intercept-"), "{reference}");
    let attempts = daemon.store.attempts(&operation_id(&daemon, 1).await).await.unwrap();
    assert_eq!(attempts.last().unwrap().outcome.as_deref(), Some("accepted"));
    assert_eq!(attempts.iter().filter(|a| a.outcome.as_deref() == Some("accepted")).count(), 1);
}

pub async fn without_a_clear_answer_it_is_looked_up_and_never_sent_again(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    for (n, act) in [(1, Act::AcceptThenDrop), (2, Act::Fail)] {
        courier.act(&[act]);
        decided(&daemon, &yard, n).await;
        go_on(&yard, &daemon, 10, Length::millis(4_000)).await;
        assert_eq!(daemon.intercept(n).await, if n == 1 { OperationState::Accepted } else { OperationState::Requested });
    }
    go_on(&yard, &daemon, 20, Length::minutes(2)).await;
    // It never showed: it may be anywhere, so it is watched, and not sent again.
    assert_eq!(daemon.intercept(2).await, OperationState::Unknown);
    assert_eq!((courier.arrived(), courier.accepted()), (2, 1));
    // Who cannot be asked at all is told of at once.
    courier.book.lock().unwrap().can_look = false;
    courier.act(&[Act::AcceptThenDrop]);
    decided(&daemon, &yard, 3).await;
    go_on(&yard, &daemon, 10, Length::millis(4_000)).await;
    assert_eq!(daemon.intercept(3).await, OperationState::Unknown);
    assert_eq!(courier.most_accepted(), 1);
}

pub async fn a_daemon_that_dies_on_the_way_leaves_something_that_is_looked_up(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    // Before the call: begun by somebody who is never heard of again.
    decided(&daemon, &yard, 1).await;
    let id = operation_id(&daemon, 1).await;
    daemon.store.route_operation(&id, "zto-main", "intercept-x").await.unwrap();
    let begun = daemon.store.claim_operations("zto-main", "dead", yard.now(), yard.options.lease, true, 10).await.unwrap();
    assert_eq!((begun.len(), begun[0].mode), (1, AttemptMode::Send));
    go_on(&yard, &daemon, 3, Length::millis(4_000)).await;
    assert_eq!(courier.arrived(), 0, "its lease holds");
    // Between the courier's yes and the record of it.
    courier.act(&[Act::AcceptThenDie]);
    decided(&daemon, &yard, 2).await;
    go_on(&yard, &daemon, 4, Length::millis(4_000)).await;
    assert_eq!(courier.arrived(), 1);
    daemon.die().await;
    let daemon = yard.daemon(&courier).await;
    yard.pass(yard.options.lease);
    go_on(&yard, &daemon, 20, Length::minutes(2)).await;
    assert_eq!(daemon.intercept(1).await, OperationState::Unknown, "nobody knows whether it was sent");
    assert_eq!(daemon.intercept(2).await, OperationState::Accepted, "the courier has it");
    assert_eq!(courier.arrived(), 1, "neither was sent again");
    // What the dead one says late changes nothing.
    let late = AttemptEnd {
        operation_id: id,
        attempt: begun[0].attempt,
        ended_at: yard.now(),
        phase: Phase::Planned,
        not_before: yard.now(),
        tries: 0,
        looks: 0,
        first_look_at: None,
        sent_at: None,
        cleared: false,
        tell: None,
        outcome: "not_sent".to_owned(),
        detail: None,
        exchange: None,
    };
    assert!(!daemon.store.end_attempt("dead", &late).await.unwrap());
}

pub async fn an_answer_that_the_desk_never_heard_is_told_by_the_next_daemon(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    decided(&daemon, &yard, 1).await;
    let id = operation_id(&daemon, 1).await;
    daemon.store.route_operation(&id, "zto-main", "intercept-x").await.unwrap();
    let begun = daemon.store.claim_operations("zto-main", "dead", yard.now(), yard.options.lease, true, 10).await.unwrap();
    let tell = format!(
        r#"{{"specversion":"1.0","id":"{id}/1/accepted","source":"courier/zto","type":"parcelward.operation_update","time":"{}","data":{{"operation_id":"{id}","status":"accepted"}}}}"#,
        yard.now()
    );
    let end = AttemptEnd {
        operation_id: id,
        attempt: begun[0].attempt,
        ended_at: yard.now(),
        phase: Phase::Done,
        not_before: yard.now(),
        tries: 0,
        looks: 0,
        first_look_at: None,
        sent_at: Some(yard.now()),
        cleared: false,
        tell: Some(tell),
        outcome: "accepted".to_owned(),
        detail: None,
        exchange: None,
    };
    assert!(daemon.store.end_attempt("dead", &end).await.unwrap());
    daemon.die().await;
    let daemon = yard.daemon(&courier).await;
    daemon.lanes.round().await.unwrap();
    assert_eq!(daemon.intercept(1).await, OperationState::Accepted);
    assert!(daemon.store.untold(10).await.unwrap().is_empty());
    assert_eq!(courier.arrived(), 0);
}

pub async fn after_a_restore_nothing_is_sent_that_the_courier_has(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    for n in [1, 2] {
        decided(&daemon, &yard, n).await;
    }
    // The first was sent after the copy was made that is restored now: here it looks as if it never was.
    let name = daemon.store.unrouted_operations(10).await.unwrap();
    let first = operation_id(&daemon, 1).await;
    let intent = &name.iter().find(|o| o.operation_id == first).unwrap().intent;
    let key = serde_json::from_str::<serde_json::Value>(intent).unwrap()["idempotency_key"].as_str().unwrap().to_owned();
    courier.book.lock().unwrap().accepted.insert(key, 1);
    daemon.store.renew_incarnation().await.unwrap();
    go_on(&yard, &daemon, 5, Length::millis(4_000)).await;
    assert_eq!(courier.arrived(), 0, "both are looked up first");
    assert_eq!(daemon.intercept(1).await, OperationState::Accepted);
    assert_eq!(daemon.intercept(2).await, OperationState::Requested);
    go_on(&yard, &daemon, 12, Length::minutes(2)).await;
    assert_eq!(daemon.intercept(2).await, OperationState::Accepted, "it was never there, and went out for the first time");
    assert_eq!((courier.arrived(), courier.most_accepted()), (1, 1));
    // Where nobody can look, a person has to.
    courier.book.lock().unwrap().can_look = false;
    decided(&daemon, &yard, 3).await;
    daemon.store.renew_incarnation().await.unwrap();
    go_on(&yard, &daemon, 5, Length::millis(4_000)).await;
    assert_eq!(daemon.intercept(3).await, OperationState::Unknown);
    assert_eq!(courier.arrived(), 1);
}

/// What was told and sent after the copy was made is not in it. Told again after the restore, it leads to the same requests.
pub async fn what_is_decided_again_after_a_restore_is_looked_up_before_it_is_sent(yard: Yard) {
    // A restore is noted by the machine's clock.
    let ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    yard.set(Instant::from_millis(i64::try_from(ms).unwrap()));
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    decided(&daemon, &yard, 1).await;
    go_on(&yard, &daemon, 5, Length::millis(4_000)).await;
    assert_eq!((daemon.intercept(1).await, courier.arrived()), (OperationState::Accepted, 1));
    daemon.die().await;
    // The copy was made before the order came.
    let yard = yard.another().await;
    let daemon = yard.daemon(&courier).await;
    daemon.store.renew_incarnation().await.unwrap();
    for n in [1, 2] {
        decided(&daemon, &yard, n).await;
    }
    go_on(&yard, &daemon, 10, Length::millis(4_000)).await;
    assert_eq!(daemon.intercept(1).await, OperationState::Accepted, "the courier has it");
    assert_eq!((daemon.intercept(2).await, courier.arrived()), (OperationState::Requested, 1), "it may show yet");
    go_on(&yard, &daemon, 20, Length::minutes(2)).await;
    assert_eq!(daemon.intercept(2).await, OperationState::Accepted, "it never was there");
    assert_eq!((courier.arrived(), courier.most_accepted()), (2, 1));
    // Another restore, of a copy in which nothing of it is known; this courier cannot be asked any more.
    daemon.die().await;
    let yard = yard.another().await;
    let daemon = yard.daemon(&courier).await;
    daemon.store.renew_incarnation().await.unwrap();
    courier.book.lock().unwrap().can_look = false;
    decided(&daemon, &yard, 1).await;
    go_on(&yard, &daemon, 10, Length::millis(4_000)).await;
    assert_eq!((daemon.intercept(1).await, courier.arrived()), (OperationState::Unknown, 2), "a person has to look");
    // About an order of the time after it, nothing can have been sent.
    yard.pass(Length::hours(3));
    decided(&daemon, &yard, 3).await;
    go_on(&yard, &daemon, 10, Length::millis(4_000)).await;
    assert_eq!((daemon.intercept(3).await, courier.arrived()), (OperationState::Accepted, 3));
}

/// A machine's clocks, stepped by hand.
#[derive(Debug)]
struct Stepped(Arc<HandClock>, AtomicU64);

impl Clocks for Stepped {
    fn wall(&self) -> Instant {
        self.0.now()
    }
    fn steady(&self) -> Duration {
        Duration::from_millis(self.1.load(Ordering::SeqCst))
    }
}

pub async fn while_the_clock_is_in_doubt_nothing_is_sent_and_questions_go_on(yard: Yard) {
    let courier = ledger();
    let clocks = Arc::new(Stepped(Arc::clone(&yard.clock), AtomicU64::new(1_000_000)));
    let pass = |seconds: u64| {
        yard.pass(Length::millis(i64::try_from(seconds).unwrap() * 1000));
        clocks.1.fetch_add(seconds * 1000, Ordering::SeqCst);
    };
    let clock = ClockGuard::new(Arc::<Stepped>::clone(&clocks));
    let daemon = yard.daemon_by(clock, routes(&courier)).await;
    decided(&daemon, &yard, 1).await;
    courier.scan(&number(1), yard.now() - Length::minutes(20), TrackingStatus::InTransit);
    // Somebody sets the clock forward.
    yard.pass(Length::minutes(25));
    for _ in 0..5 {
        daemon.lanes.round().await.unwrap();
        pass(10);
    }
    assert_eq!(courier.arrived(), 0, "held for a minute");
    assert!(courier.asked() > 0, "questions go on");
    let id = operation_id(&daemon, 1).await;
    assert!(daemon.store.attempts(&id).await.unwrap().is_empty(), "no attempt was begun");
    for _ in 0..5 {
        pass(10);
        daemon.lanes.round().await.unwrap();
    }
    assert_eq!((daemon.intercept(1).await, courier.arrived()), (OperationState::Accepted, 1), "and then it goes out");
    // And back by two days: for as long as it lies behind, nothing goes out.
    decided(&daemon, &yard, 2).await;
    courier.scan(&number(2), yard.now() - Length::minutes(20), TrackingStatus::InTransit);
    yard.pass(Length::days(-2));
    let asked = courier.asked();
    for _ in 0..40 {
        pass(300);
        daemon.lanes.round().await.unwrap();
    }
    assert_eq!((daemon.intercept(2).await, courier.arrived()), (OperationState::Requested, 1));
    assert!(courier.asked() > asked, "questions go on here too");
    yard.pass(Length::days(2));
    for _ in 0..20 {
        pass(10);
        daemon.lanes.round().await.unwrap();
    }
    assert_eq!((daemon.intercept(2).await, courier.arrived()), (OperationState::Accepted, 2));
}

pub async fn what_was_not_sent_is_tried_again_and_at_last_a_persons(mut yard: Yard) {
    yard.options.failures = 1_000;
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    courier.act(&[Act::Unreachable, Act::Unreachable, Act::Accept]);
    decided(&daemon, &yard, 1).await;
    go_on(&yard, &daemon, 10, Length::minutes(1)).await;
    assert_eq!(daemon.intercept(1).await, OperationState::Accepted);
    courier.act(&[Act::Unreachable]);
    decided(&daemon, &yard, 2).await;
    let before = yard.now();
    go_on(&yard, &daemon, 80, Length::minutes(1)).await;
    let file = daemon.file(2).await;
    let intercept = file.operations.iter().find(|o| o.requested).unwrap();
    let is_ended = matches!(intercept.state, OperationState::Settled(_)) || intercept.taken_over;
    assert!(is_ended, "it was given up after {:?}: {:?}", yard.now().since(before), intercept);
    assert_eq!(courier.arrived(), 1);
    let attempts = daemon.store.attempts(&operation_id(&daemon, 2).await).await.unwrap();
    let sends = attempts.iter().filter(|a| a.outcome.as_deref() == Some("not_sent") || a.outcome.as_deref() == Some("rejected")).count();
    assert!((2..=8).contains(&sends), "{attempts:?}");
}

pub async fn who_has_no_account_is_told_at_once(yard: Yard) {
    let daemon = yard.daemon_with(Routes::default()).await;
    decided(&daemon, &yard, 1).await;
    daemon.lanes.round().await.unwrap();
    let file = daemon.file(1).await;
    let intercept = file.operations.iter().find(|o| o.requested).unwrap();
    assert!(matches!(intercept.state, OperationState::Settled(_)), "{:?}", intercept.state);
    assert!(file.tasks.iter().any(|t| t.is_open()), "a person has it");
    let rejected = daemon.store.timeline(&key(1), 0, 100).await.unwrap();
    assert!(rejected.rows.iter().any(|row| row.json.contains("\"reason\":\"no_account\"")));
}

pub async fn nothing_is_sent_about_a_parcel_that_is_final(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    decided(&daemon, &yard, 1).await;
    daemon.scan(1, yard.now(), TrackingStatus::Delivered).await;
    go_on(&yard, &daemon, 5, Length::millis(4_000)).await;
    assert_eq!(courier.arrived(), 0);
    assert!(matches!(daemon.intercept(1).await, OperationState::Settled(_)));
}

/// Every fault in turn, and daemons that die in the midst of it: at most one acceptance each, and nothing silent.
pub async fn many_operations_under_every_fault_and_daemons_that_die(mut yard: Yard) {
    yard.options.failures = 1_000;
    let courier = Ledger::new("zto-main", Limits::NONE);
    let acts = [Act::Accept, Act::AcceptThenDrop, Act::Fail, Act::AcceptThenDie, Act::Unreachable, Act::Refuse, Act::TurnAway(5)];
    let many = 42;
    let mut daemon = yard.daemon(&courier).await;
    for n in 1..=many {
        decided(&daemon, &yard, n).await;
    }
    for life in 0..6 {
        courier.act(&acts.iter().cycle().skip(life).take(40).copied().collect::<Vec<_>>());
        let (here, other) = (daemon, yard.daemon(&courier).await);
        // One dies while it works: its rounds are cut off after a while.
        let dying = async {
            let cut = async {
                for _ in 0..3 {
                    here.lanes.round().await.unwrap();
                }
            };
            let _ = tokio::time::timeout(std::time::Duration::from_millis(5 + 7 * life as u64), cut).await;
        };
        let (_, worked) = tokio::join!(dying, other.lanes.round());
        worked.unwrap();
        yard.pass(Length::millis(20_000));
        here.die().await;
        daemon = other;
    }
    courier.act(&[Act::Accept]);
    go_on(&yard, &daemon, 40, Length::minutes(2)).await;
    assert_eq!(courier.most_accepted(), 1);
    assert!(courier.book.lock().unwrap().arrived.values().all(|n| *n <= 1 + 8), "turned away or refused at most as often as is tried");
    for n in 1..=many {
        let file = daemon.file(n).await;
        assert!(is_with_somebody(&file), "{n}: {:?}", file.operations);
    }
    let accepted = futures::future::join_all((1..=many).map(|n| daemon.intercept(n))).await;
    assert!(accepted.iter().filter(|s| **s == OperationState::Accepted).count() >= many as usize / 4, "{accepted:?}");
    drop(Arc::clone(&courier));
}
