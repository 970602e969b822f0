//! Retention that is broken off: SIGKILL at each of its places, on both databases. Nothing is lost, nothing is erased twice, and no manifest names
//! a file that is not whole.

use crate::server;
use parcelward::config::{DatabaseUrl, load_with};
use parcelward::retention::{Retention, archive, owner, run};
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::Clock;
use parcelward_store::{SharedStore, StoreOptions, faults, open};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

/// Names the database; set, this program erases and archives once.
pub const DATABASE: &str = "CRASH_CHILD_RETENTION";
/// The folder of archives.
const FOLDER: &str = "CRASH_CHILD_FOLDER";
/// The moment that it takes for now.
const NOW: &str = "CRASH_CHILD_NOW";
/// Orders that are old.
const ORDERS: usize = 5;
/// A run's moment, and the next one's.
const MOMENTS: [&str; 2] = ["2026-06-01T02:00:00+08:00", "2026-06-01T03:00:00+08:00"];

/// One run, in a process of its own.
pub fn run_as_child(url: &str) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(async {
        let store = open(url, &StoreOptions::default()).await.unwrap();
        let folder = std::path::PathBuf::from(std::env::var(FOLDER).unwrap());
        let retention = Retention { erase_after: Length::days(400), archive_after: Length::days(730), folder: folder.clone() };
        let now = Instant::parse(&std::env::var(NOW).unwrap()).unwrap();
        let ended = run(&store, &retention, &folder, &owner("here"), now).await;
        store.close().await;
        ended
    });
    match ended {
        Ok(done) => println!("{done:?}"),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Runs it, broken off at a place where one is given. Whether it came to its end.
fn try_run(url: &str, folder: &Path, now: &str, kill_at: Option<(&str, u32)>) -> bool {
    let order = folder.with_extension("order");
    let _ = std::fs::remove_file(&order);
    if let Some((label, hit)) = kill_at {
        std::fs::write(&order, format!("{label} kill {hit}")).unwrap();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(DATABASE, url).env(FOLDER, folder).env(NOW, now).env(faults::FILE, &order);
    let out = command.stdin(Stdio::null()).output().unwrap();
    assert!(kill_at.is_none() || !order.exists(), "{kill_at:?} was not reached: {}", String::from_utf8_lossy(&out.stderr));
    if kill_at.is_none() {
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    out.status.success()
}

/// A clock that stands.
#[derive(Debug)]
struct Standing(Instant);

impl Clock for Standing {
    fn now(&self) -> Instant {
        self.0
    }
}

/// Orders of four years ago that were called off.
async fn fill(url: String) {
    let listen = ("PARCELWARD_SERVER__LISTEN".to_owned(), "127.0.0.1:0".to_owned());
    let mut config = load_with(None, std::iter::once(listen)).unwrap();
    config.settings.database = DatabaseUrl::new(url);
    let time = "2022-03-11T20:30:00+08:00";
    let running = parcelward::serve::start(config, Arc::new(Standing(Instant::parse(time).unwrap()))).await.unwrap();
    let mut facts = Vec::new();
    for (n, status) in (0..ORDERS).flat_map(|n| [(n, "paid"), (n, "cancelled")]) {
        let recipient = json!({"name": "李雷", "phone": "13900000001", "province": "浙江省", "detail": "文一路1号"});
        let data = json!({
            "platform": "pinduoduo", "shop": "s", "order_id": n.to_string(), "paid_at": "2022-03-10T08:00:00+08:00", "status": status,
            "amount": "59.90", "recipient": recipient,
        });
        let id = format!("{n}-{status}");
        facts.push(json!({"specversion": "1.0", "id": id, "source": "t", "type": "parcelward.order", "time": time, "data": data}));
    }
    let sent = reqwest::Client::new().post(format!("http://{}/v1/facts", running.address())).json(&facts).send().await.unwrap();
    let answer: Value = sent.json().await.unwrap();
    assert_eq!(answer["rejected"], 0, "{answer}");
    running.stop().await.unwrap();
}

/// Every line of every order, wherever it is: in the database, or in the archive that it left into.
async fn everything(store: &SharedStore, folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for record in store.records(0, 100).await.unwrap().rows {
        let rows = store.timeline(&record.order, 0, 100).await.unwrap().rows;
        let lines = rows.iter().map(|row| serde_json::from_str(&row.json).unwrap()).collect();
        assert!(all.insert(record.order.order_id.clone(), lines).is_none());
    }
    for row in store.archives(100).await.unwrap().into_iter().filter(|row| row.is_done) {
        let path = folder.join(&row.name);
        let manifest = archive::verify(&path).unwrap();
        assert_eq!((manifest.sha256.as_str(), manifest.lines), (row.sha256.as_str(), row.lines));
        let mut lines = archive::lines(&path).unwrap().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        for entry in manifest.orders {
            let own: Vec<Value> = lines.by_ref().take(usize::try_from(entry.lines).unwrap()).collect();
            assert!(all.insert(entry.order.order_id.clone(), own).is_none(), "order {} is here and in an archive", entry.order.order_id);
        }
    }
    all
}

/// A manifest that has its name names a file that is whole, whether or not anything has left into it yet.
fn manifests_hold(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(file) = name.strip_suffix(".manifest.json") {
            archive::verify(&folder.join(file)).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
}

/// Ids and sequence, without what erasing changes; and when each line was erased, where it was.
fn shape(all: &BTreeMap<String, Vec<Value>>) -> Vec<(String, String)> {
    all.iter().flat_map(|(order, lines)| lines.iter().map(|line| (order.clone(), format!("{} {}", line["id"], line["time"])))).collect()
}

fn erased(all: &BTreeMap<String, Vec<Value>>) -> BTreeMap<(String, String), Option<String>> {
    let of = |line: &Value| line["erasedtime"].as_str().map(str::to_owned);
    all.iter().flat_map(|(order, lines)| lines.iter().map(move |line| ((order.clone(), line["id"].to_string()), of(line)))).collect()
}

/// Breaks it off at a place, looks, and lets the next run go on.
async fn broken_off(url: &str, folder: &Path, label: &str, hit: u32) {
    let store = open(url, &StoreOptions::default()).await.unwrap();
    let before = everything(&store, folder).await;
    store.close().await;
    assert_eq!(before.len(), ORDERS);
    if label == "retention.given_up" {
        // It comes by there only where an earlier one was broken off.
        assert!(!try_run(url, folder, MOMENTS[0], Some(("retention.sealed", 1))));
    }
    assert!(!try_run(url, folder, MOMENTS[0], Some((label, hit))), "{label} {hit}: killed");
    manifests_hold(folder);
    let store = open(url, &StoreOptions::default()).await.unwrap();
    let after = everything(&store, folder).await;
    assert_eq!(shape(&after), shape(&before), "{label} {hit}: nothing is lost");
    store.close().await;
    assert!(try_run(url, folder, MOMENTS[1], None), "{label} {hit}: the next run goes on");
    let store = open(url, &StoreOptions::default()).await.unwrap();
    let end = everything(&store, folder).await;
    assert_eq!(shape(&end), shape(&before), "{label} {hit}: nothing is lost");
    assert!(store.records(0, 10).await.unwrap().rows.is_empty(), "{label} {hit}: all have left");
    let known = store.archives(100).await.unwrap();
    assert!(known.iter().all(|row| row.is_done));
    assert!(store.faults().await.unwrap().iter().all(|count| *count == 0), "{label} {hit}");
    store.close().await;
    let instant = |text: &Option<String>| text.as_deref().map(|text| Instant::parse(text).unwrap());
    let (then, end) = (erased(&after), erased(&end));
    for (line, at) in &end {
        let expected = then[line].clone().unwrap_or_else(|| MOMENTS[1].to_owned());
        assert_eq!(instant(at), Some(Instant::parse(&expected).unwrap()), "{label} {hit}: {line:?} is erased once");
    }
    assert!(!format!("{end:?}").contains("李雷"));
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    let mut wanted: Vec<String> = known.iter().flat_map(|row| [row.name.clone(), format!("{}.manifest.json", row.name)]).collect();
    wanted.sort();
    assert_eq!(files, wanted, "{label} {hit}: nothing is left lying about");
}

/// Every place; those that a run passes for every order in the midst of them as well.
fn places() -> impl Iterator<Item = (&'static str, u32)> {
    let often = ["retention.erasing", "retention.erased", "retention.half", "retention.leaving"];
    faults::RETENTION.into_iter().map(move |label| (label, if often.contains(&label) { 3 } else { 1 }))
}

pub async fn on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    let full = dir.path().join("full.db");
    fill(format!("sqlite:{}", full.display())).await;
    for (label, hit) in places() {
        let own = dir.path().join(label);
        std::fs::create_dir(&own).unwrap();
        std::fs::copy(&full, own.join("own.db")).unwrap();
        broken_off(&format!("sqlite:{}", own.join("own.db").display()), &own.join("archive"), label, hit).await;
    }
}

pub async fn on_postgres() {
    let server = server::shared();
    let dir = tempfile::tempdir().unwrap();
    let full = server.fresh().await;
    fill(server.url(&full)).await;
    // What is done with files is the same on either database.
    let in_the_database = ["retention.erasing", "retention.begun", "retention.leaving", "retention.left"];
    for (n, (label, hit)) in places().filter(|(label, _)| in_the_database.contains(label)).enumerate() {
        let name = format!("{full}_{n}");
        let copy = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {full}"));
        sqlx::raw_sql(copy).execute(&mut server.raw("postgres").await).await.unwrap();
        broken_off(&server.url(&name), &dir.path().join(label), label, hit).await;
    }
}
