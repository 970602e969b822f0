//! The daemon is killed again and again while facts pour in. What it acknowledged is there, once; what it refused is not; and what it
//! decided is what a replay of its export decides.
//!
//! `PARCELWARD_KILLS` says how often it is killed, `PARCELWARD_KILL_SEED` which run it is; both are printed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod pour;

use parcelward_store::StoreOptions;
use parcelward_tests::binary;
use parcelward_tests::dice::{Dice, setting};
use parcelward_tests::journal::{difference, lived, orders_of, replayed};
use pour::{Flow, Ledger, Process, now, pour};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Those who send at the same time.
const SENDERS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_every_kill() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let kills = setting("PARCELWARD_KILLS", || 20);
    let seed = setting("PARCELWARD_KILL_SEED", || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into());
    let dir = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(seed);
    let ledger = Arc::new(Ledger::default());
    let (tell, address) = watch::channel(None);
    let (stop, stopped) = watch::channel(false);
    let senders: Vec<_> = (0..SENDERS)
        .map(|n| {
            tokio::spawn(pour(
                n,
                Dice::new(seed.wrapping_mul(31).wrapping_add(n)),
                Flow::default(),
                address.clone(),
                stopped.clone(),
                Arc::clone(&ledger),
            ))
        })
        .collect();

    for _ in 0..kills {
        let mut process = Process::start(binary::path().unwrap(), dir.path());
        // Now and then before it is ready: its start is cut off as well.
        if dice.roll(8) == 0 {
            tokio::time::sleep(Duration::from_millis(dice.roll(400))).await;
        } else {
            tell.send_replace(Some(process.ready().await));
            tokio::time::sleep(Duration::from_millis(100 + dice.roll(700))).await;
        }
        process.kill();
        tell.send_replace(None);
    }
    let mut process = Process::start(binary::path().unwrap(), dir.path());
    let base = process.ready().await;
    tell.send_replace(Some(base.clone()));
    // Whatever was cut off is sent again until it is answered.
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.send_replace(true);
    for sender in senders {
        sender.await.unwrap();
    }
    // Reminders were asked for within three seconds; everything else falls due on a whole minute, which must not come in the last moments.
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    let into_minute = now().millis() % 60_000;
    if into_minute > 55_000 {
        tokio::time::sleep(Duration::from_millis(61_000 - into_minute.unsigned_abs())).await;
    }
    process.settle(&base).await;
    let export = reqwest::get(format!("{base}/v1/export")).await.unwrap().text().await.unwrap();
    let until = now();
    process.stop().await;

    let told = ledger.holds(&export);
    println!("{told}");
    let enough = told.acknowledged > 300 && told.refused > 10 && told.by_people > 5;
    assert!(enough, "the test says too little: {told}");
    let store =
        parcelward_store::open(&format!("sqlite:{}", dir.path().join("kill.db").display()), &StoreOptions::default()).await.unwrap();
    let next = store.next_wake_at().await.unwrap();
    assert!(next.is_none_or(|at| at > until), "something was due and did not happen ({next:?})");
    let orders = orders_of(&export);
    let live = lived(&*store, &orders).await.unwrap();
    store.close().await;
    let (replay, status, stderr) = replayed(binary::path().unwrap(), &export, until).unwrap();
    assert_eq!(status, Some(0), "{stderr}");
    assert!(live.values().map(Vec::len).sum::<usize>() > 100, "the test says too little");
    assert_eq!(difference(&live, &replay), None);
}
