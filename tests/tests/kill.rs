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
use pour::{Fate, Ledger, Process, now, pour};
use serde_json::Value;
use std::collections::HashMap;
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
            tokio::spawn(pour(n, Dice::new(seed.wrapping_mul(31).wrapping_add(n)), address.clone(), stopped.clone(), Arc::clone(&ledger)))
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

    let told = holds(&export, &ledger);
    println!("{told}");
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

/// Holds an export to what was answered. Says what there was, in words.
fn holds(export: &str, ledger: &Ledger) -> String {
    let mut found: HashMap<String, (u32, Value)> = HashMap::new();
    for line in export.lines() {
        let fact: Value = serde_json::from_str(line).expect("every line of an export is JSON");
        // What people do is named by its note: its id is made by the daemon.
        let name = match fact["data"]["note"].as_str().filter(|_| fact["source"] == "parcelward/api") {
            Some(note) => note.to_owned(),
            None => fact["id"].as_str().unwrap().to_owned(),
        };
        let entry = found.entry(name).or_insert((0, fact["data"].clone()));
        entry.0 += 1;
    }
    let sent = ledger.sent();
    let mut counts: HashMap<Fate, u32> = HashMap::new();
    for (name, (data, fate)) in &sent {
        *counts.entry(*fate).or_default() += 1;
        let times = found.get(name).map_or(0, |(times, _)| *times);
        match fate {
            Fate::Acknowledged => {
                assert_eq!(times, 1, "`{name}` was acknowledged and stands in the export {times} times");
                if let Some(data) = data {
                    assert_eq!(&found[name].1, data, "`{name}` is not what was acknowledged");
                }
            }
            Fate::Refused => assert_eq!(times, 0, "`{name}` was refused and stands in the export"),
            Fate::Unknown => assert!(times <= 1, "`{name}` stands in the export {times} times"),
        }
    }
    for name in found.keys() {
        assert!(sent.contains_key(name), "`{name}` stands in the export and was never sent");
    }
    let count = |fate| counts.get(&fate).copied().unwrap_or(0);
    let worked = sent.values().filter(|(data, fate)| data.is_none() && *fate == Fate::Acknowledged).count();
    let enough = count(Fate::Acknowledged) > 300 && count(Fate::Refused) > 10 && worked > 5;
    assert!(enough, "the test says too little: {counts:?}, {worked} of people");
    format!("{counts:?}, {worked} of them by people, {} requests cut off", ledger.cut_off())
}
