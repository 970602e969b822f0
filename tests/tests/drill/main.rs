//! The restore drill: an older copy is brought back, the daemon starts, people tell it again what it forgot, and no courier is asked for
//! anything twice. The lanes and the adapters are the real ones; the couriers are simulated, and keep a ledger of what they took.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../../../crates/store/tests/support/server.rs"]
#[allow(dead_code, reason = "the store's own tests use more of it")]
mod server;

mod chaos;
mod ends;
mod ground;
mod orders;
mod place;
#[path = "../pour/mod.rs"]
#[allow(dead_code, reason = "the tests of kills use more of it")]
mod pour;

use ground::{Ground, tell};
use orders::Order;
use parcelward::serve::Running;
use parcelward_casework::instant::Length;
use parcelward_scheduler::Casework;
use parcelward_store::doctor::examine;
use place::Place;
use reqwest::Client;
use std::time::Duration;

/// Orders of the drill: 0 to 5 before the copy, one a courier; 6 to 11 between the copy and the loss; 12 to 17 afterwards.
const BEFORE: u64 = 6;
const LOST: u64 = 12;
const ALL: u64 = 18;

fn orders(range: std::ops::Range<u64>) -> Vec<Order> {
    range.map(Order::refunded).collect()
}

async fn tell_all(ground: &Ground, running: &Running, range: std::ops::Range<u64>) {
    let facts = ground.facts(&orders(range));
    assert!(tell(&Client::new(), &format!("http://{}", running.address()), &facts).await);
}

/// Waits until the couriers were asked about every one of these.
async fn asked(ground: &Ground, range: std::ops::Range<u64>) {
    for _ in 0..600 {
        let taken = |order: &Order| ground.sim.ledger().entry(order.courier, &order.waybill().number, "intercept").counts.accepted;
        if orders(range.clone()).iter().all(|order| taken(order) == 1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("an intercept was never sent: {:#?}", ground.sim.ledger().lines());
}

/// Asked again where every connection is busy: a daemon that has just started has much to read.
async fn incarnation_of(running: &Running) -> String {
    loop {
        match running.app().store.incarnation().await {
            Ok(incarnation) => return incarnation,
            Err(error) if error.is_transient() => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn drill(place: Place) {
    let ground = Ground::with(&orders(0..ALL), 7).await;
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("yesterday");
    let running = ground.open(&place.url()).await;
    let incarnation = incarnation_of(&running).await;
    tell_all(&ground, &running, 0..BEFORE).await;
    asked(&ground, 0..BEFORE).await;
    // While it works.
    place.backup(&copy).await;
    // The copy knows nothing of these, and they were sent.
    tell_all(&ground, &running, BEFORE..LOST).await;
    asked(&ground, BEFORE..LOST).await;
    running.stop().await.unwrap();

    let place = place.restore(&copy).await;
    let running = ground.open(&place.url()).await;
    assert_ne!(incarnation_of(&running).await, incarnation);
    // The shop's system sends again what it sent since yesterday, and something new.
    tell_all(&ground, &running, 0..ALL).await;
    let ends = ground.settle(&running, &orders(0..ALL)).await;
    assert!(ends.silent.is_empty() && ends.sum() as u64 == ALL, "{ends}: {:?}", ends.silent);
    ground.nothing_was_taken_twice();
    let lines = ground.sim.ledger().lines();
    for n in 0..LOST {
        let line = lines.iter().find(|line| line.key.waybill == Order::refunded(n).waybill().number).unwrap();
        assert_eq!(line.entry.counts.asked, 1, "order {n} was asked for again: {line:?}");
    }
    // Decisions continue: days later people are told of whatever has not moved.
    ground.clock.advance(Length::hours(26));
    assert_eq!(examine(&*running.app().store, &Casework, false).await.unwrap().findings, []);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filed_twice_after_a_restore_on_sqlite() {
    drill(Place::File(tempfile::tempdir().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filed_twice_after_a_restore_on_postgresql() {
    let server = server::shared();
    drill(Place::Server(server, server.fresh().await)).await;
}
