//! How late a case file's decisions are committed when its moment comes: one due each hundredth of a second, on the wall clock.

use crate::{REQUEST, incoming, server};
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::{Clock, Desk, DeskOptions, Incoming, WallClock};
use parcelward_store::{StoreOptions, open};
use sqlx::{Connection, Row};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Case files, and the time between one's moment and the next one's.
const FILES: i64 = 2_000;
const STEP: Length = Length::millis(10);

/// An order and its parcel, whose collection falls due at this moment: 24 hours after it was declared.
fn told(n: i64, due: Instant) -> [Incoming; 2] {
    let declared = due - Length::hours(24);
    let paid = declared - Length::hours(1);
    let order = format!(r#""platform":"pinduoduo","shop":"shop-1","order_id":"27{n:010}""#);
    [
        incoming(&format!("o{n}"), "order", paid, &format!(r#"{order},"paid_at":"{paid}","amount":"59.90""#)),
        incoming(
            &format!("s{n}"),
            "shipment",
            declared,
            &format!(r#"{order},"waybill":{{"courier":"zto","number":"79{n:010}"}},"declared_at":"{declared}""#),
        ),
    ]
}

/// Processor time of processes so far, in seconds.
fn processor_seconds(pids: &[u32]) -> f64 {
    let ticks = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<u64> = stat.rsplit(") ").next().unwrap_or_default().split(' ').map(|f| f.parse().unwrap_or(0)).collect();
        fields.get(11).copied().unwrap_or(0) + fields.get(12).copied().unwrap_or(0)
    };
    // Linux counts in hundredths of a second.
    pids.iter().map(ticks).sum::<u64>() as f64 / 100.0
}

/// This process and, where there is one, the server with its children.
fn processes(server: Option<&server::Server>) -> Vec<u32> {
    let mut all = vec![std::process::id()];
    let Some(server) = server else { return all };
    let file = std::fs::read_to_string(server.folder().join("data/postmaster.pid")).unwrap();
    let main: u32 = file.lines().next().unwrap().trim().parse().unwrap();
    all.push(main);
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        if parent == Some(main) {
            all.push(pid);
        }
    }
    all
}

const DUE: &str = "SELECT recorded, time FROM journal WHERE type = 'parcelward.deadline.breached' ORDER BY seq";

async fn decided(url: &str) -> Vec<(i64, i64)> {
    if url.starts_with("sqlite") {
        let mut on = sqlx::SqliteConnection::connect(url).await.unwrap();
        sqlx::query(DUE).fetch_all(&mut on).await.unwrap().iter().map(|r| (r.get(0), r.get(1))).collect()
    } else {
        let mut on = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::query(DUE).fetch_all(&mut on).await.unwrap().iter().map(|r| (r.get(0), r.get(1))).collect()
    }
}

pub async fn bench(name: &str, url: &str, server: Option<&server::Server>) {
    let store = open(url, &StoreOptions::default()).await.unwrap();
    let desk = Desk::start(store, crate::shipped::rules(), Arc::new(WallClock), DeskOptions::default()).await.unwrap();
    let first = WallClock.now() + Length::millis(6_000);
    let facts: Vec<Incoming> = (0..FILES).flat_map(|n| told(n, first + Length::millis(n * STEP.as_millis()))).collect();
    let mut facts = facts.into_iter().peekable();
    while facts.peek().is_some() {
        desk.submit(facts.by_ref().take(REQUEST).collect()).await.unwrap();
    }
    assert!(WallClock.now() < first, "storing took too long: the first were due before the last were told");
    // When each batch was seen to be committed. A batch that went unseen counts as committed with the next one.
    let mut pulse = desk.pulse();
    let watching = tokio::spawn(async move {
        let mut seen: BTreeMap<i64, f64> = BTreeMap::new();
        while pulse.changed().await.is_ok() {
            let recorded = pulse.borrow_and_update().recorded;
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0;
            if let Some(at) = recorded {
                seen.entry(at.millis()).or_insert(now);
            }
        }
        seen
    });
    let wait = |until: Instant| Duration::from_millis(until.since(WallClock.now()).as_millis().max(0).unsigned_abs());
    tokio::time::sleep(wait(first)).await;
    let pids = processes(server);
    let before = processor_seconds(&pids);
    let length = Length::millis(FILES * STEP.as_millis());
    tokio::time::sleep(wait(first + length)).await;
    let cores = (processor_seconds(&pids) - before) / (length.as_millis() as f64 / 1000.0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    desk.stop().await;
    drop(desk);
    let seen = watching.await.unwrap();
    let decided = decided(url).await;
    assert_eq!(decided.len(), FILES as usize, "every case file is woken, once");
    let mut late: Vec<f64> = Vec::new();
    let mut early = 0;
    for (recorded, due) in decided {
        early += usize::from(recorded < due);
        let committed = seen.range(recorded..).next().map_or(f64::INFINITY, |(_, at)| *at);
        late.push(committed - due as f64);
    }
    late.sort_by(f64::total_cmp);
    let at = |share: f64| late[((late.len() as f64 * share) as usize).min(late.len() - 1)];
    println!(
        "{name}: {FILES} case files, one each {} ms: committed p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms after their moment; {early} early; {cores:.3} cores{}",
        STEP.as_millis(),
        at(0.5),
        at(0.99),
        at(1.0),
        if server.is_some() { " with the server" } else { "" }
    );
}
