//! How fast facts are taken and case files woken, durably, on either database; and how fast the same rows go in by bare SQL.
//!
//! `cargo bench -p parcelward-scheduler --bench desk -- [ORDERS] [sqlite|postgres] [DESKS]`. PostgreSQL is a server of the bench's own, with
//! fsync. Both are measured in one run, one after the other, on one disk: compare within a run.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a bench fails by panicking")]

mod bare;
#[path = "../../../store/tests/support/server.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod server;
#[path = "../../tests/desk/shipped.rs"]
mod shipped;

use bare::Bare;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_scheduler::{Clock, Desk, DeskOptions, Incoming};
use parcelward_store::{SharedStore, StoreOptions, open};
use shipped::rules;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant as Stopwatch};

/// Facts of one request, and requests that are under way at once.
const REQUEST: usize = 200;
const AT_ONCE: usize = 16;

#[derive(Debug)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

fn start() -> Instant {
    Instant::parse("2026-03-10T09:00:00+08:00").unwrap()
}

/// An order and its parcel.
fn told(n: usize) -> [Incoming; 2] {
    let at = start();
    let order = format!(r#""platform":"{}","shop":"shop-{}","order_id":"26{n:010}""#, ["pinduoduo", "taobao", "jd"][n % 3], n % 7);
    let event = |id: String, type_: &str, data: String| {
        let json = format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"bench","type":"parcelward.{type_}","time":"{at}","datacontenttype":"application/json","data":{{{data}}}}}"#
        );
        Incoming { fact: parse_fact(&json).unwrap(), json }
    };
    let paid = format!(
        r#"{order},"paid_at":"{at}","amount":"59.90","planned_courier":"zto","recipient":{{"province":"浙江省","city":"杭州市","district":"余杭区"}}"#
    );
    let sent = format!(
        r#"{order},"waybill":{{"courier":"zto","number":"78{n:010}"}},"declared_at":"{at}","destination":{{"province":"浙江省","city":"杭州市"}}"#
    );
    [event(format!("o{n}"), "order", paid), event(format!("s{n}"), "shipment", sent)]
}

async fn submit_all(desks: &[Desk], requests: Vec<Vec<Incoming>>) {
    let queue = Arc::new(std::sync::Mutex::new(requests));
    let workers = (0..AT_ONCE * desks.len()).map(|at| {
        let (queue, desk) = (Arc::clone(&queue), desks[at % desks.len()].clone());
        tokio::spawn(async move {
            loop {
                let Some(request) = queue.lock().unwrap().pop() else { return };
                desk.submit(request).await.unwrap();
            }
        })
    });
    futures::future::join_all(workers).await;
}

async fn wait_until_woken(store: &SharedStore, now: Instant) {
    while store.next_wake_at().await.unwrap().is_some_and(|at| at <= now) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The end of the first minute in which many case files are due.
async fn first_rush(store: &SharedStore) -> Instant {
    let all = store.counts(start() + Length::days(30)).await.unwrap().overdue_files;
    let mut now = store.next_wake_at().await.unwrap().unwrap() + Length::minutes(1);
    while store.counts(now).await.unwrap().overdue_files < all / 3 {
        now = now + Length::minutes(1);
    }
    now
}

async fn bench(name: &str, url: &str, bare: &mut dyn Bare, orders: usize, desks: usize) {
    let clock = Arc::new(HandClock(AtomicI64::new(start().millis())));
    let store = open(url, &StoreOptions::default()).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..desks {
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
        let own = open(url, &StoreOptions::default()).await.unwrap();
        all.push(Desk::start(own, rules(), clock, DeskOptions::default()).await.unwrap());
    }
    let requests: Vec<Vec<Incoming>> =
        (0..orders).collect::<Vec<_>>().chunks(REQUEST / 2).map(|some| some.iter().flat_map(|n| told(*n)).collect()).collect();
    let facts = orders * 2;
    let begun = Stopwatch::now();
    submit_all(&all, requests).await;
    let took = begun.elapsed();
    bare.note_facts(store.high_water().await.unwrap()).await;
    let raw = bare.facts().await;
    report(name, "facts taken", facts, took, raw);

    // First the moment at which most have their first rung: one moment each, all in one minute. Then everything of three days at once.
    for (what, now) in
        [("case files woken for one moment", first_rush(&store).await), ("case files woken after three days", start() + Length::days(3))]
    {
        let due = store.counts(now).await.unwrap().overdue_files;
        clock.0.store(now.millis(), Ordering::SeqCst);
        let begun = Stopwatch::now();
        wait_until_woken(&store, now).await;
        let took = begun.elapsed();
        let raw = bare.wakes(store.high_water().await.unwrap()).await;
        report(name, what, usize::try_from(due).unwrap(), took, raw);
    }
    let now = clock.now();
    let batches: u64 = all.iter().map(|desk| desk.pulse().borrow().batches).sum();
    println!("{name}: {batches} batches; {} tasks open", store.counts(now).await.unwrap().open_tasks.values().sum::<u64>());
    for desk in all {
        desk.stop().await;
    }
    store.close().await;
}

fn report(name: &str, what: &str, count: usize, took: Duration, raw: Duration) {
    let per_second = |took: Duration| count as f64 / took.as_secs_f64();
    println!(
        "{name}: {count} {what} in {:.2} s = {:.0}/s; the same rows by bare SQL {:.2} s = {:.0}/s; share {:.2}",
        took.as_secs_f64(),
        per_second(took),
        raw.as_secs_f64(),
        per_second(raw),
        raw.as_secs_f64() / took.as_secs_f64()
    );
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let number = |at: usize, usual: usize| words.iter().filter_map(|w| w.parse().ok()).nth(at).unwrap_or(usual);
    let (orders, desks) = (number(0, 10_000), number(1, 1));
    let wants = |name: &str| !words.iter().any(|w| w.parse::<usize>().is_err()) || words.iter().any(|w| w == name);
    if wants("sqlite") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench.db");
        let mut bare = bare::OnFile::new(path.clone());
        bench("SQLite", &format!("sqlite:{}", path.display()), &mut bare, orders, 1).await;
    }
    if wants("postgres") {
        let server = server::Server::start(&["max_connections=100", "max_wal_size=4GB", "shared_buffers=512MB"]);
        let name = server.fresh().await;
        let mut bare = bare::OnServer::new(server.url(&name));
        bench("PostgreSQL", &server.url(&name), &mut bare, orders, desks).await;
        server.end();
    }
}
