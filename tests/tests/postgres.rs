//! The whole daemon on PostgreSQL: as three that share a database while one of them is frozen past every time limit, as two of which one is
//! given other rules, and as one behind a pooler in transaction mode, with every command that people use.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../../crates/store/tests/support/pooler.rs"]
#[allow(dead_code, reason = "the store's own tests use more of it")]
mod pooler;
mod pour;
#[path = "postgres/rules.rs"]
mod rules;
#[path = "../../crates/store/tests/support/server.rs"]
#[allow(dead_code, reason = "the store's own tests use more of it")]
mod server;

use parcelward_store::{StoreOptions, open};
use parcelward_tests::dice::Dice;
use parcelward_tests::journal::{difference, lived, orders_of, replayed};
use parcelward_tests::replay::command;
use parcelward_tests::{binary, workspace};
use pooler::Pooler;
use pour::{Flow, Ledger, Process, now, pour};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

/// Beyond what the server bears of a transaction in which nothing happens (5 s), and of a lock that is not given (3 s).
const FROZEN: Duration = Duration::from_secs(7);

fn run(dir: &Path, url: &str, base: &str, arguments: &[&str]) -> Output {
    let mut command = command(binary::path().unwrap());
    command.args(arguments).current_dir(dir).env("PARCELWARD_DATABASE__URL", url).env("PARCELWARD_URL", base).env("USER", "xiaowang");
    command.output().unwrap()
}

/// A command that goes well; what it printed.
fn well(dir: &Path, url: &str, base: &str, arguments: &[&str]) -> String {
    let out = run(dir, url, base, arguments);
    let (text, said) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
    assert_eq!((out.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}: {text}");
    text
}

/// Everything that is still to happen by itself soon.
async fn let_it_end(process: &Process, base: &str) {
    // Reminders are asked for within three seconds; everything else falls due on a whole minute, which must not come in the last moments.
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    let into_minute = now().millis() % 60_000;
    if into_minute > 55_000 {
        tokio::time::sleep(Duration::from_millis(61_000 - into_minute.unsigned_abs())).await;
    }
    process.settle(base).await;
}

/// The export holds what was answered, and the journal is what a replay of it decides.
async fn hold(url: &str, export: &str, ledger: &Ledger) {
    let told = ledger.holds(export);
    println!("{told}");
    assert!(told.acknowledged > 200 && told.refused > 5, "the test says too little: {told}");
    let until = now();
    let store = open(url, &StoreOptions::default()).await.unwrap();
    let next = store.next_wake_at().await.unwrap();
    assert!(next.is_none_or(|at| at > until), "something was due and did not happen ({next:?})");
    let live = lived(&*store, &orders_of(export)).await.unwrap();
    store.close().await;
    let (replay, status, stderr) = replayed(binary::path().unwrap(), export, until).unwrap();
    assert_eq!(status, Some(0), "{stderr}");
    assert!(live.values().map(Vec::len).sum::<usize>() > 100, "the test says too little");
    assert_eq!(difference(&live, &replay), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_daemons_share_a_database_and_one_that_was_frozen_does_no_harm() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = server::shared();
    let url = server.url(&server.fresh().await);
    let dir = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::default());
    let (stop, stopped) = watch::channel(false);
    let (mut daemons, mut bases, mut addresses, mut senders) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 0..3_u64 {
        let mut daemon = Process::start_on(binary::path().unwrap(), dir.path(), &url, &format!("ward-{n}"));
        let base = daemon.ready().await;
        let (tell, address) = watch::channel(Some(base.clone()));
        let flow = Flow { pause: Duration::from_millis(30), turn: 0 };
        senders.push(tokio::spawn(pour(n, Dice::new(n + 5), flow, address, stopped.clone(), Arc::clone(&ledger))));
        daemons.push(daemon);
        bases.push(base);
        addresses.push(tell);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    daemons[1].signal("STOP");
    tokio::time::sleep(FROZEN).await;
    let status = run(dir.path(), &url, "", &["status"]);
    let text = String::from_utf8(status.stdout).unwrap();
    assert_eq!(status.status.code(), Some(0), "two work: {text}");
    assert!((0..3).all(|n| text.contains(&format!("ward-{n}"))), "{text}");
    assert!(!text.contains("different configurations"), "three that differ in name only have one revision: {text}");
    daemons[1].signal("CONT");
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.send_replace(true);
    for sender in senders {
        sender.await.unwrap();
    }
    let_it_end(&daemons[0], &bases[0]).await;
    // Any of them gives the same facts.
    let mut exports = Vec::new();
    for base in &bases {
        exports.push(reqwest::get(format!("{base}/v1/export")).await.unwrap().text().await.unwrap());
    }
    assert!(exports[0] == exports[1] && exports[1] == exports[2], "the exports differ");
    let doctor = well(dir.path(), &url, "", &["doctor"]);
    assert!(doctor.contains(" 0 findings"), "{doctor}");
    for daemon in daemons {
        daemon.stop().await;
    }
    let status = run(dir.path(), &url, "", &["status"]);
    assert_eq!(status.status.code(), Some(1));
    assert!(String::from_utf8(status.stdout).unwrap().contains("no daemon works on this database"), "they took their leave");
    hold(&url, &exports[0], &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works_behind_a_pooler_in_transaction_mode() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = server::shared();
    let name = server.fresh().await;
    let pooler = Pooler::start(server.folder(), &name).await;
    let url = format!("postgres://parcelward@127.0.0.1:{}/{name}?prepared_statements=false", pooler.port);
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = Process::start_on(binary::path().unwrap(), dir.path(), &url, "ward");
    let base = daemon.ready().await;
    let paths: Vec<String> = ["taobao_orders.csv", "taobao_shipments.xlsx", "taobao_refunds.csv"]
        .map(|file| {
            std::fs::copy(workspace::root().join("samples").join(file), dir.path().join(file)).unwrap();
            dir.path().join(file).display().to_string()
        })
        .to_vec();
    let work = tokio::task::spawn_blocking(move || {
        let ask = |arguments: &[&str]| well(dir.path(), &url, &base, arguments);
        let files: Vec<&str> = ["import", "--shop", "qingshan"].into_iter().chain(paths.iter().map(String::as_str)).collect();
        let taken = ask(&files);
        assert!(taken.contains(" facts taken, 0 known already"), "{taken}");
        // What lies weeks back is decided meanwhile.
        let mut tasks = String::new();
        for _ in 0..100 {
            tasks = ask(&["tasks"]);
            if tasks.lines().count() > 5 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let id = tasks.lines().nth(1).expect("there are tasks").split_whitespace().last().unwrap().to_owned();
        let shown = ask(&["task", "show", &id]);
        assert!(shown.contains("What to do") || shown.contains("pinduoduo/"), "{shown}");
        assert!(ask(&["task", "claim", &id]).contains("xiaowang"));
        assert!(!ask(&["explain", &id]).is_empty() && !ask(&["board"]).is_empty());
        assert!(ask(&["status"]).contains("ward"));
        assert!(ask(&["doctor", "--no-replay"]).contains(" 0 findings"));
        ask(&["export", "--out", "facts.jsonl"]);
        let exported = std::fs::read_to_string(dir.path().join("facts.jsonl")).unwrap();
        // What would be asked of a courier without an account is answered by the daemon itself.
        let exported = exported.lines().filter(|line| !line.contains(r#""source":"parcelward/lanes""#)).count();
        let last = taken.lines().last().unwrap();
        let count: usize = last.split(' ').next().unwrap().parse().unwrap();
        assert!(count > 10 && exported == count + 1, "all that was taken, and the claim: {exported}, {last}");
        let backup = run(dir.path(), &url, &base, &["backup", "copy"]);
        assert!(backup.status.code() == Some(2) && String::from_utf8(backup.stderr).unwrap().contains("pg_dump"));
        dir
    });
    let _dir = work.await.unwrap();
    daemon.stop().await;
    assert_eq!(pooler.named.load(Ordering::Relaxed), 0, "no statement had a name");
}
