//! What the courier lanes rely on: an attempt is begun once, whoever asks; budgets and gates hold for every daemon; parcels come by rank.

use super::Place;
use super::kit::*;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::{Courier, OperationKind};
use parcelward_store::SharedStore;
use parcelward_store::lanes::*;

pub const LEASE: Length = Length::minutes(2);

/// An order with a parcel that is watched, and operations on it as a decision leaves them.
pub async fn planned(place: &impl Place, store: &SharedStore, operations: &[(&str, &str)]) {
    let mut one = file(1);
    add_parcel(&mut one, waybill("7"));
    save_new(store, &[one], at(1_000)).await;
    for (id, kind) in operations {
        place
            .execute(format!(
                "INSERT INTO operation (operation_id, file_no, kind, courier, number, case_id, state, asked_at, intent, incarnation) \
                 SELECT '{id}', f.no, '{kind}', 'zto', '7', 'c', 'requested', {}, '{{\"idempotency_key\":\"{id}\"}}', m.incarnation \
                 FROM case_file AS f, db_meta AS m WHERE f.order_id = '1' AND m.id = 1",
                at(0).millis()
            ))
            .await;
    }
}

pub async fn begin(store: &SharedStore, owner: &str, now: Instant) -> Vec<ClaimedOperation> {
    store.claim_operations("acc", owner, now, LEASE, true, 10).await.unwrap()
}

pub fn end(operation: &ClaimedOperation, phase: Phase, now: Instant) -> AttemptEnd {
    AttemptEnd {
        operation_id: operation.operation_id.clone(),
        attempt: operation.attempt,
        ended_at: now,
        phase,
        not_before: now,
        tries: 0,
        looks: 0,
        first_look_at: None,
        sent_at: Some(now),
        cleared: false,
        tell: Some("told".to_owned()),
        outcome: "accepted".to_owned(),
        detail: None,
        exchange: None,
    }
}

pub async fn an_attempt_is_begun_once_and_ended_by_whoever_began_it(place: &impl Place) {
    let (store, other) = (place.open().await, place.open().await);
    planned(place, &store, &[("o1", "intercept"), ("o2", "urge")]).await;
    assert_eq!(store.unrouted_operations(10).await.unwrap().len(), 2);
    assert!(begin(&store, "a", at(10)).await.is_empty(), "no account has them");
    for id in ["o1", "o2"] {
        store.route_operation(id, "acc", id).await.unwrap();
        store.route_operation(id, "another", "x").await.unwrap();
    }
    assert_eq!(store.due_operations("acc", at(10), true, 10).await.unwrap(), 2);
    assert_eq!(store.due_operations("acc", at(10), false, 10).await.unwrap(), 0, "nothing may be sent");
    assert!(store.claim_operations("acc", "a", at(10), LEASE, false, 10).await.unwrap().is_empty());
    let (mine, theirs) = tokio::join!(begin(&store, "a", at(10)), begin(&other, "b", at(10)));
    let mut all: Vec<(String, u64, AttemptMode)> =
        mine.iter().chain(&theirs).map(|o| (o.operation_id.clone(), o.attempt, o.mode)).collect();
    all.sort_by(|one, two| one.0.cmp(&two.0));
    // What another daemon was taking was left to it; it is there for the next who asks.
    let (again, owner) = (begin(&store, "a", at(10)).await, if mine.is_empty() { "b" } else { "a" });
    all.extend(again.iter().map(|o| (o.operation_id.clone(), o.attempt, o.mode)));
    all.sort_by(|one, two| one.0.cmp(&two.0));
    assert_eq!(all, [("o1".to_owned(), 1, AttemptMode::Send), ("o2".to_owned(), 1, AttemptMode::Send)]);
    let first = mine.iter().chain(&theirs).chain(&again).find(|o| o.operation_id == "o1").unwrap().clone();
    let owner = if again.iter().any(|o| o.operation_id == "o1") { "a" } else { owner };
    let owner = if theirs.iter().any(|o| o.operation_id == "o1") { "b" } else { owner };
    let stranger = if owner == "a" { "b" } else { "a" };
    assert!(!store.end_attempt(stranger, &end(&first, Phase::Done, at(11))).await.unwrap(), "it is not theirs");
    assert!(store.end_attempt(owner, &end(&first, Phase::Done, at(11))).await.unwrap());
    assert!(!store.end_attempt(owner, &end(&first, Phase::Planned, at(12))).await.unwrap(), "once");
    let untold = store.untold(10).await.unwrap();
    assert_eq!((untold.len(), untold[0].json.as_str()), (1, "told"));
    store.told(&untold[0]).await.unwrap();
    assert!(store.untold(10).await.unwrap().is_empty());
    let attempts = store.attempts("o1").await.unwrap();
    assert_eq!((attempts.len(), attempts[0].mode.as_str(), attempts[0].outcome.as_deref()), (1, "send", Some("accepted")));
    assert!(begin(&store, "c", at(20)).await.is_empty(), "the other one's lease holds");
    let dead = begin(&store, "c", at(10) + LEASE).await;
    assert_eq!((dead.len(), dead[0].mode, dead[0].attempt), (1, AttemptMode::Look, 2), "sent or not, nobody knows: it is looked for");
}

pub async fn of_one_kind_on_one_waybill_one_goes_first(place: &impl Place) {
    let (store, other) = (place.open().await, place.open().await);
    planned(place, &store, &[("o1", "intercept"), ("o2", "intercept"), ("o3", "urge")]).await;
    for id in ["o1", "o2", "o3"] {
        store.route_operation(id, "acc", id).await.unwrap();
    }
    assert_eq!(store.due_operations("acc", at(10), true, 10).await.unwrap(), 2, "what waits for another is not due");
    let mut begun = Vec::new();
    for _ in 0..3 {
        let (mine, theirs) = tokio::join!(begin(&store, "a", at(10)), begin(&other, "a", at(10)));
        begun.extend(mine.into_iter().chain(theirs));
    }
    let mut ids: Vec<&str> = begun.iter().map(|o| o.operation_id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["o1", "o3"]);
    // Unclear, it still stands before the other one.
    let first = begun.iter().find(|o| o.operation_id == "o1").unwrap();
    let mut unclear = end(first, Phase::Unclear, at(11));
    unclear.not_before = at(5_000);
    assert!(store.end_attempt("a", &unclear).await.unwrap());
    assert!(begin(&store, "a", at(100)).await.is_empty());
    let looked = begin(&store, "a", at(5_000)).await;
    let look = looked.iter().find(|o| o.operation_id == "o1").unwrap();
    assert!(store.end_attempt("a", &end(look, Phase::Done, at(5_001))).await.unwrap());
    let next: Vec<ClaimedOperation> = begin(&store, "a", at(5_002)).await;
    assert!(next.iter().any(|o| o.operation_id == "o2" && o.mode == AttemptMode::Send), "{next:?}");
}

pub async fn after_a_change_of_incarnation_what_was_planned_is_looked_up(place: &impl Place) {
    let store = place.open().await;
    planned(place, &store, &[("o1", "intercept")]).await;
    store.route_operation("o1", "acc", "o1").await.unwrap();
    store.renew_incarnation().await.unwrap();
    let looked = begin(&store, "a", at(10)).await.remove(0);
    assert!(looked.foreign && looked.mode == AttemptMode::Look && looked.kind == OperationKind::Intercept);
    let mut not_there = end(&looked, Phase::Planned, at(11));
    (not_there.cleared, not_there.sent_at, not_there.tell) = (true, None, None);
    assert!(store.end_attempt("a", &not_there).await.unwrap());
    let sent = begin(&store, "a", at(12)).await.remove(0);
    assert!(!sent.foreign && sent.mode == AttemptMode::Send, "it is certain now that nothing was sent");
}

fn asked(poll: &ClaimedPoll, now: Instant) -> PollEnd {
    PollEnd {
        waybill: poll.waybill.clone(),
        place: poll.place,
        fence: poll.fence,
        asked_at: Some(now),
        changed_at: now,
        failures: 0,
        answer: Some("a".to_owned()),
        newest: Some(("collected".to_owned(), now)),
        again_at: now,
        spread: 0.5,
    }
}

/// Parcels that are watched, all with one account, each with its rank.
pub async fn watched(place: &impl Place, store: &SharedStore, ranks: &[(u32, i64)]) {
    for (n, rank) in ranks {
        let mut one = file(*n);
        add_parcel(&mut one, waybill(&n.to_string()));
        save_new(store, &[one], at(100_000)).await;
        let (rank, due) = (at(*rank).millis(), at(0).millis());
        place.execute(format!("UPDATE poll SET rank_at = {rank}, next_at = {due} WHERE number = '{n}'")).await;
    }
    for group in store.poll_groups(true).await.unwrap() {
        store.route_polls(&group, "acc").await.unwrap();
    }
}

async fn take(store: &SharedStore, now: i64, gap: i64, limit: u32) -> Vec<ClaimedPoll> {
    store.claim_polls("acc", at(now), Length::millis(gap * 1000), LEASE, limit).await.unwrap()
}

fn numbers(polls: &[ClaimedPoll]) -> Vec<&str> {
    polls.iter().map(|poll| poll.waybill.number.as_str()).collect()
}

pub async fn parcels_come_by_rank_and_to_one_daemon(place: &impl Place) {
    let store = place.open().await;
    watched(place, &store, &[(1, 300), (2, 100), (3, 200)]).await;
    let first = take(&store, 10, 0, 2).await;
    assert_eq!(numbers(&first), ["2", "3"], "the lowest rank first");
    assert_eq!(numbers(&take(&store, 10, 0, 5).await), ["1"], "what is in hand is nobody else's");
    assert!(take(&store, 10, 0, 5).await.is_empty());
    store.end_polls(&[asked(&first[0], at(20))]).await.unwrap();
    // Its lease has ended; whoever had it comes too late.
    let later = 10 + LEASE.as_millis() / 1000;
    let again = take(&store, later, 0, 5).await;
    assert_eq!(numbers(&again), ["3", "1"], "asked a moment ago: not due yet");
    store.end_polls(&[asked(&first[1], at(later))]).await.unwrap();
    let looks = store.last_looks(&waybill("3")).await.unwrap();
    assert_eq!((looks.len(), looks[0].newest.as_ref()), (1, None), "the answer of an older claim changes nothing");
    store.end_polls(&[asked(&again[0], at(later))]).await.unwrap();
    let look = store.last_looks(&waybill("3")).await.unwrap().remove(0);
    assert_eq!((look.place, look.asked_at, look.in_doubt), (0, at(later), false));
    assert_eq!(look.newest, Some(("collected".to_owned(), at(later))));
    // Whatever presses, a number is left alone for its least gap.
    store.hasten(&waybill("3"), at(later + 5)).await.unwrap();
    assert!(take(&store, later + 6, 60, 5).await.is_empty());
    assert_eq!(numbers(&take(&store, later + 60, 60, 5).await), ["3"]);
}

pub async fn what_is_in_doubt_is_asked_about_and_then_let_go(place: &impl Place) {
    let store = place.open().await;
    watched(place, &store, &[(1, 100)]).await;
    store.doubt(&waybill("none"), None, at(5), true).await.unwrap();
    assert!(store.last_looks(&waybill("none")).await.unwrap().is_empty(), "of no order of ours");
    store.doubt(&waybill("1"), Some("1234"), at(5), true).await.unwrap();
    assert!(store.last_looks(&waybill("1")).await.unwrap()[0].in_doubt);
    let poll = take(&store, 5, 0, 1).await.remove(0);
    let mut failed = asked(&poll, at(6));
    (failed.failures, failed.answer, failed.newest) = (1, None, None);
    store.end_polls(&[failed]).await.unwrap();
    assert!(store.last_looks(&waybill("1")).await.unwrap()[0].in_doubt, "nothing was learned");
    store.hasten(&waybill("1"), at(7)).await.unwrap();
    let poll = take(&store, 7, 0, 1).await.remove(0);
    store.end_polls(&[asked(&poll, at(8))]).await.unwrap();
    assert!(!store.last_looks(&waybill("1")).await.unwrap()[0].in_doubt);
    store.doubt(&waybill("1"), None, at(8), false).await.unwrap();
    assert!(store.last_looks(&waybill("1")).await.unwrap()[0].in_doubt);
    assert!(take(&store, 9, 0, 1).await.is_empty(), "it waits for its turn");
    // No case file watches it any more.
    place.execute("DELETE FROM poll WHERE number = '1'".to_owned()).await;
    store.doubt(&waybill("1"), None, at(9), false).await.unwrap();
    assert!(store.last_looks(&waybill("1")).await.unwrap().is_empty(), "it says nothing that matters");
    store.doubt(&waybill("1"), Some("1234"), at(9), true).await.unwrap();
    for group in store.poll_groups(true).await.unwrap() {
        store.route_polls(&group, "acc").await.unwrap();
    }
    let poll = take(&store, 9, 0, 1).await.remove(0);
    assert_eq!(poll.phone_tail.as_deref(), Some("1234"));
    store.end_polls(&[asked(&poll, at(10))]).await.unwrap();
    assert!(store.last_looks(&waybill("1")).await.unwrap().is_empty(), "the row goes with the answer");
}

pub async fn a_parcel_is_subscribed_to_once_an_account(place: &impl Place) {
    let (store, other) = (place.open().await, place.open().await);
    watched(place, &store, &[(1, 100)]).await;
    assert!(take(&store, 5, 0, 1).await[0].unsubscribed);
    let parcel = waybill("1");
    let (mine, theirs) = tokio::join!(store.begin_subscription("acc", &parcel, at(6)), other.begin_subscription("acc", &parcel, at(6)));
    assert!(mine.unwrap() ^ theirs.unwrap(), "one daemon asks");
    assert!(store.begin_subscription("another", &parcel, at(6)).await.unwrap());
    store.end_subscription("acc", &parcel, SubscriptionEnd::NotAsked, Some("no route")).await.unwrap();
    assert!(store.begin_subscription("acc", &parcel, at(7)).await.unwrap(), "it was not asked");
    store.end_subscription("acc", &parcel, SubscriptionEnd::Taken(true), None).await.unwrap();
    assert!(!store.begin_subscription("acc", &parcel, at(8)).await.unwrap());
    let later = 5 + LEASE.as_millis() / 1000;
    assert!(!take(&store, later, 0, 1).await[0].unsubscribed);
}

pub async fn every_daemon_obeys_a_gate(place: &impl Place) {
    let (store, other) = (place.open().await, place.open().await);
    let pass = |now| other.pass("acc", GateKind::Ask, "b", now, LEASE);
    assert_eq!(pass(at(0)).await.unwrap(), GatePass::Open);
    store.block("acc", GateKind::Ask, at(60), "told to wait").await.unwrap();
    store.block("acc", GateKind::Ask, at(30), "told to wait less").await.unwrap();
    assert_eq!(pass(at(59)).await.unwrap(), GatePass::Closed(at(60)), "the longer wait holds");
    assert_eq!(pass(at(60)).await.unwrap(), GatePass::Open);
    for n in 1..=3 {
        let since = store.note_failure("acc", GateKind::Ask, at(60 + n), 3, at(100), "down").await.unwrap();
        assert_eq!(since, (n == 3).then_some(at(63)));
    }
    assert_eq!(pass(at(70)).await.unwrap(), GatePass::Closed(at(100)));
    assert_eq!(pass(at(100)).await.unwrap(), GatePass::Probe);
    assert_eq!(store.pass("acc", GateKind::Ask, "a", at(100), LEASE).await.unwrap(), GatePass::Closed(at(100) + LEASE), "one tries");
    assert!(store.note_success("acc", GateKind::Ask).await.unwrap());
    assert!(!store.note_success("acc", GateKind::Ask).await.unwrap());
    assert_eq!(pass(at(101)).await.unwrap(), GatePass::Open);
    let gates = store.gates().await.unwrap();
    assert_eq!((gates.len(), gates[0].account.as_str(), gates[0].failures, gates[0].open_since), (1, "acc", 0, None));
}

pub async fn calls_are_given_out_once(place: &impl Place) {
    let (store, other) = (place.open().await, place.open().await);
    let allowance = Allowance { apart_us: 100_000, per_day: Some(50), slow_apart_us: 0 };
    let takers = (0..10).map(|n| {
        let store = if n % 2 == 0 { &store } else { &other };
        store.take_slice("acc", at(0), &allowance, 6)
    });
    let slices: Vec<Slice> = futures::future::join_all(takers).await.into_iter().map(Result::unwrap).collect();
    let mut instants: Vec<i64> = slices.iter().flat_map(|s| (0..i64::from(s.calls)).map(|n| s.from_us + n * 100_000)).collect();
    instants.sort_unstable();
    assert_eq!(instants.len(), 50, "the day holds no more: {slices:?}");
    assert!(instants.windows(2).all(|two| two[1] - two[0] >= 100_000), "{instants:?}");
    assert_eq!(store.backlog("acc", at(1), Length::ZERO).await.unwrap().spent_today, 50);
    assert_eq!(store.take_slice("acc", at(3_600), &allowance, 6).await.unwrap().calls, 0);
    assert_eq!(store.take_slice("acc", at(25 * 3_600), &allowance, 6).await.unwrap().calls, 6, "another day");
    let slow = Allowance { slow_apart_us: 60_000_000, ..allowance };
    assert_eq!(store.take_slice("slow", at(0), &slow, 6).await.unwrap().calls, 1, "what does not press comes one at a time");
    assert_eq!(store.take_slice("slow", at(1), &slow, 6).await.unwrap().calls, 1, "one was saved up");
    let next = store.take_slice("slow", at(2), &slow, 6).await.unwrap();
    assert_eq!((next.calls, next.from_us), (0, at(60).millis() * 1000));
}

pub async fn an_account_has_one_open_task(place: &impl Place) {
    let store = place.open().await;
    let task = |id: &str| AccountTask {
        task_id: id.to_owned(),
        kind: "courier_outage".to_owned(),
        account: "acc".to_owned(),
        courier: Courier::Zto.word().to_owned(),
        is_open: true,
        opened_at: at(0),
        due_at: at(3_600),
        closed_at: None,
        outcome: None,
        told: "{}".to_owned(),
    };
    assert!(store.open_account_task(&task("t1")).await.unwrap());
    assert!(!store.open_account_task(&task("t1")).await.unwrap());
    assert!(!store.open_account_task(&task("t2")).await.unwrap(), "one is open");
    assert!(store.close_account_task("t1", "restored", at(10)).await.unwrap());
    assert!(!store.close_account_task("t1", "restored", at(11)).await.unwrap());
    assert!(!store.open_account_task(&task("t1")).await.unwrap(), "an outage has one task");
    assert!(store.open_account_task(&task("t2")).await.unwrap());
    let open = store.account_tasks(true, 10).await.unwrap();
    assert_eq!((open.len(), open[0].task_id.as_str()), (1, "t2"));
    let all = store.account_tasks(false, 10).await.unwrap();
    let closed = all.iter().find(|task| task.task_id == "t1").unwrap();
    assert_eq!((all.len(), closed.is_open, closed.closed_at, closed.outcome.as_deref()), (2, false, Some(at(10)), Some("restored")));
}
