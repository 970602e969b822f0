//! How fast facts are taken and case files woken, durably, on either database; and how fast the same rows go in by bare SQL.
//!
//! `cargo bench -p parcelward-scheduler --bench desk -- [WORD ...]`:
//!
//! - `sqlite`, `postgres`: only this one; both where neither is named. PostgreSQL is a server of the bench's own, with fsync.
//! - a number: so many orders (10,000); a second one: so many desks on one PostgreSQL (1).
//! - `idle=N`: N other case files are stored that are not due; no bare SQL.
//! - `deep`: afterwards, everything of three days at once.
//! - `keep=FILE`: the SQLite file stands there and stays.
//! - `late`: instead of all that, how late 100 case files a second are committed.
//!
//! Both are measured in one run, one after the other, on one disk: compare within a run.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a bench fails by panicking")]

mod bare;
mod idle;
mod late;
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

/// As the daemon has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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

/// A fact as it comes in.
fn incoming(id: &str, type_: &str, at: Instant, data: &str) -> Incoming {
    let json = format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"bench","type":"parcelward.{type_}","time":"{at}","datacontenttype":"application/json","data":{{{data}}}}}"#
    );
    Incoming { fact: parse_fact(&json).unwrap(), json }
}

/// An order and its parcel.
fn told(n: usize) -> [Incoming; 2] {
    let at = start();
    let order = format!(r#""platform":"{}","shop":"shop-{}","order_id":"26{n:010}""#, ["pinduoduo", "taobao", "jd"][n % 3], n % 7);
    let paid = format!(
        r#"{order},"paid_at":"{at}","amount":"59.90","planned_courier":"zto","recipient":{{"province":"浙江省","city":"杭州市","district":"余杭区"}}"#
    );
    let sent = format!(
        r#"{order},"waybill":{{"courier":"zto","number":"78{n:010}"}},"declared_at":"{at}","destination":{{"province":"浙江省","city":"杭州市"}}"#
    );
    [incoming(&format!("o{n}"), "order", at, &paid), incoming(&format!("s{n}"), "shipment", at, &sent)]
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

/// The end of the first minute in which a third of so many case files are due.
async fn first_rush(store: &SharedStore, orders: usize) -> Instant {
    let mut now = store.next_wake_at().await.unwrap().unwrap() + Length::minutes(1);
    while store.counts(now).await.unwrap().overdue_files < orders as u64 / 3 {
        now = now + Length::minutes(1);
    }
    now
}

/// What is measured.
struct Load {
    orders: usize,
    desks: usize,
    idle: u64,
    deep: bool,
}

async fn bench(name: &str, url: &str, bare: &mut dyn Bare, load: &Load) {
    let clock = Arc::new(HandClock(AtomicI64::new(start().millis())));
    let store = open(url, &StoreOptions::default()).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..load.desks {
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
        let own = open(url, &StoreOptions::default()).await.unwrap();
        all.push(Desk::start(own, rules(), clock, DeskOptions::default()).await.unwrap());
    }
    if load.idle > 0 {
        all[0].submit(told(9_999_999).into()).await.unwrap();
        let begun = Stopwatch::now();
        // Due after today as well, so that a daemon that opens the file finds them waiting.
        idle::store(url, load.idle, parcelward_scheduler::WallClock.now()).await;
        println!("{name}: {} case files that wait were stored in {:.0} s", load.idle, begun.elapsed().as_secs_f64());
    }
    let orders: Vec<usize> = (0..load.orders).collect();
    let requests: Vec<Vec<Incoming>> = orders.chunks(REQUEST / 2).map(|some| some.iter().flat_map(|n| told(*n)).collect()).collect();
    let begun = Stopwatch::now();
    submit_all(&all, requests).await;
    let took = begun.elapsed();
    let compare = load.idle == 0;
    let raw = if compare {
        bare.note_facts(store.high_water().await.unwrap()).await;
        Some(bare.facts().await)
    } else {
        None
    };
    report(name, "facts taken", load.orders * 2, took, raw);

    // First the moment at which most have their first rung: one moment each, all in one minute. Then everything of three days at once.
    let rush = ("case files woken for one moment", first_rush(&store, load.orders).await);
    let deep = ("case files woken after three days", start() + Length::days(3));
    for (what, now) in [rush, deep].into_iter().take(if load.deep { 2 } else { 1 }) {
        let due = store.counts(now).await.unwrap().overdue_files;
        clock.0.store(now.millis(), Ordering::SeqCst);
        let begun = Stopwatch::now();
        // The desks sleep by the clock that was just set: a fact that they know already has them look at it again.
        for desk in &all {
            desk.submit(told(0)[..1].to_vec()).await.unwrap();
        }
        wait_until_woken(&store, now).await;
        let took = begun.elapsed();
        let raw = if compare { Some(bare.wakes(store.high_water().await.unwrap()).await) } else { None };
        report(name, what, usize::try_from(due).unwrap(), took, raw);
    }
    let batches: u64 = all.iter().map(|desk| desk.pulse().borrow().batches).sum();
    println!("{name}: {batches} batches; {} tasks open", store.counts(clock.now()).await.unwrap().open_tasks.values().sum::<u64>());
    for desk in all {
        desk.stop().await;
    }
    store.close().await;
}

fn report(name: &str, what: &str, count: usize, took: Duration, raw: Option<Duration>) {
    let per_second = |took: Duration| count as f64 / took.as_secs_f64();
    print!("{name}: {count} {what} in {:.2} s = {:.0}/s", took.as_secs_f64(), per_second(took));
    if let Some(raw) = raw {
        let share = raw.as_secs_f64() / took.as_secs_f64();
        print!("; the same rows by bare SQL {:.2} s = {:.0}/s; share {share:.2}", raw.as_secs_f64(), per_second(raw));
    }
    println!();
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    let value = |name: &str| words.iter().find_map(|w| w.strip_prefix(name)?.strip_prefix('='));
    let number = |at: usize, usual: usize| words.iter().filter_map(|w| w.parse().ok()).nth(at).unwrap_or(usual);
    let mut load = Load { orders: number(0, 10_000), desks: 1, idle: value("idle").map_or(0, |n| n.parse().unwrap()), deep: has("deep") };
    if has("sqlite") || !has("postgres") {
        let folder = tempfile::tempdir().unwrap();
        let path = value("keep").map_or_else(|| folder.path().join("bench.db"), std::path::PathBuf::from);
        let url = format!("sqlite:{}", path.display());
        if has("late") {
            late::bench("SQLite", &url, None).await;
        } else {
            bench("SQLite", &url, &mut bare::OnFile::new(path), &load).await;
        }
    }
    if has("postgres") || !has("sqlite") {
        let server = server::Server::start(&["max_connections=100", "max_wal_size=4GB", "shared_buffers=512MB"]);
        let name = server.fresh().await;
        load.desks = number(1, 1);
        let url = server.url(&name);
        if has("late") {
            late::bench("PostgreSQL", &url, Some(&server)).await;
        } else {
            bench("PostgreSQL", &url, &mut bare::OnServer::new(url.clone()), &load).await;
        }
        server.end();
    }
}
