//! A courier that is down or says "wait" delays itself only; every daemon obeys; one task says so.

use crate::courier::{Act, Ledger};
use crate::support::*;
use parcelward_casework::instant::Length;
use parcelward_courier::{Limits, TrackingStatus};
use parcelward_scheduler::Routes;
use parcelward_store::lanes::{GateKind, GatePass};

pub async fn a_breaker_opens_one_task_that_names_deadlines_and_closes_it(yard: Yard) {
    let courier = ledger();
    let daemon = yard.daemon(&courier).await;
    for n in 1..=20 {
        daemon.ship(n, yard.now()).await;
        courier.scan(&number(n), yard.now(), TrackingStatus::Collected);
    }
    courier.down(true);
    for _ in 0..60 {
        yard.pass(Length::minutes(1));
        daemon.lanes.round().await.unwrap();
    }
    let asked = courier.asked();
    assert!((5..=40).contains(&asked), "after a few failures it is only tried now and then: {asked}");
    let tasks = daemon.store.account_tasks(false, 10).await.unwrap();
    assert_eq!(tasks.len(), 1, "one task: {tasks:?}");
    let told: serde_json::Value = serde_json::from_str(&tasks[0].told).unwrap();
    assert!(tasks[0].is_open && told["account"] == "zto-main", "{told}");
    let named: u64 = told["endangered"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum();
    assert!(named >= 20, "each parcel's deadline is named: {told}");
    let status = daemon.lanes.status().await.unwrap();
    assert_eq!(status[0].state(yard.now()), "down");
    assert!(status[0].backlog.polls >= 10 && status[0].backlog.lag > Length::ZERO);
    courier.down(false);
    for _ in 0..40 {
        yard.pass(Length::minutes(1));
        daemon.lanes.round().await.unwrap();
    }
    let tasks = daemon.store.account_tasks(false, 10).await.unwrap();
    assert_eq!((tasks.len(), tasks[0].is_open, tasks[0].outcome.as_deref()), (1, false, Some("restored")));
    assert_eq!(daemon.lanes.status().await.unwrap()[0].state(yard.now()), "working");
    assert!(courier.asked() > asked + 1);
}

/// An aggregator that is down endangers nothing while the courier itself can be asked.
#[test]
fn only_who_is_relied_on_endangers_deadlines() {
    let (courier, other) = (ledger(), Ledger::of("kuaidi100", "aggregator", Limits::NONE));
    let both = Routes::new(vec![account(&other), account(&courier)]);
    assert_eq!((both.rely_on("zto-main"), both.rely_on("aggregator")), (vec![parcelward_courier::Courier::Zto], Vec::new()));
    assert_eq!(Routes::new(vec![account(&other)]).rely_on("aggregator"), [parcelward_courier::Courier::Zto]);
}

pub async fn who_is_told_to_wait_waits_and_so_does_every_daemon(yard: Yard) {
    let (courier, slow) = (ledger(), Ledger::new("zto-other", Limits::NONE));
    let mut theirs = account(&courier);
    theirs.shops = Some(vec!["shop".to_owned()]);
    let routes = Routes::new(vec![theirs, account(&slow)]);
    let (here, there) = (yard.daemon_with(routes.clone()).await, yard.daemon_with(routes).await);
    for n in 1..=3 {
        here.ship(n, yard.now()).await;
    }
    courier.act(&[Act::TurnAway(600)]);
    yard.pass(Length::minutes(61));
    here.lanes.round().await.unwrap();
    let (asked, told_at) = (courier.asked(), yard.now());
    assert!(asked >= 1);
    courier.act(&[Act::Accept]);
    while yard.now().since(told_at) < Length::minutes(9) {
        yard.pass(Length::minutes(1));
        here.lanes.round().await.unwrap();
        there.lanes.round().await.unwrap();
    }
    assert_eq!(courier.asked(), asked, "neither daemon asks before the time");
    assert!(here.store.account_tasks(false, 10).await.unwrap().is_empty(), "to wait is no outage");
    while yard.now().since(told_at) < Length::minutes(30) {
        yard.pass(Length::minutes(1));
        there.lanes.round().await.unwrap();
    }
    assert!(courier.asked() > asked, "and then it is asked again");
}

pub async fn one_daemon_tries_whether_it_answers_again(yard: Yard) {
    let store = yard.store().await;
    let (now, probe) = (yard.now(), Length::minutes(2));
    let until = now + Length::minutes(1);
    for _ in 0..3 {
        store.note_failure("a", GateKind::Ask, now, 3, until, "down").await.unwrap();
    }
    let pass = |owner: &'static str, at| {
        let store = &store;
        async move { store.pass("a", GateKind::Ask, owner, at, probe).await.unwrap() }
    };
    assert_eq!(pass("x", now).await, GatePass::Closed(until));
    assert_eq!(pass("x", until).await, GatePass::Probe);
    assert_eq!(pass("y", until).await, GatePass::Closed(until + probe), "one only");
    assert_eq!(pass("y", until + probe).await, GatePass::Probe, "unless that one is never heard of again");
    assert_eq!(store.pass("a", GateKind::Act, "y", now, probe).await.unwrap(), GatePass::Open, "each kind of call has its own");
    assert!(store.note_success("a", GateKind::Ask).await.unwrap());
    assert_eq!(pass("x", until).await, GatePass::Open);
}
