//! Two daemons on one database, and one of them is given other rules: open deadlines move once, both decide by the new rules, and who still
//! works by an old folder is shown.

use super::{run, server, well};
use parcelward::config::load_with;
use parcelward::serve::{Running, start};
use parcelward_casework::casefile::DeadlineState;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::Platform;
use parcelward_scheduler::Clock;
use parcelward_store::{DeadlineFilter, DeadlineRow};
use parcelward_tests::binary;
use parcelward_tests::journal::{difference, lived, orders_of, replayed};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How far the daemons' clock lies behind at first, so that they can have differed for long.
const BEHIND: i64 = 180_000;
const ORDERS: u32 = 12;

/// The wall's clock, and so much later.
#[derive(Debug)]
struct Shifted(AtomicI64);

impl Clock for Shifted {
    fn now(&self) -> Instant {
        super::now() + Length::millis(self.0.load(Ordering::SeqCst))
    }
}

async fn serve(folder: &Path, name: &str, url: &str, clock: &Arc<Shifted>) -> Running {
    let variables = [("SERVER__LISTEN", "127.0.0.1:0"), ("DATABASE__URL", url), ("SERVER__NAME", name)];
    let variables = variables.map(|(name, value)| (format!("PARCELWARD_{name}"), value.to_owned()));
    start(load_with(Some(folder), variables.into_iter()).unwrap(), Arc::clone(clock) as Arc<dyn Clock>).await.unwrap()
}

fn facts(n: u32, at: Instant) -> [Value; 2] {
    let fact = |kind: &str, data: Value| {
        let type_ = format!("parcelward.{kind}");
        json!({"specversion": "1.0", "id": format!("{kind}-{n}"), "source": "test", "type": type_, "time": at.to_string(), "data": data})
    };
    let order = json!({"platform": "pinduoduo", "shop": "shop", "order_id": n.to_string(), "paid_at": at.to_string(), "amount": "59.00"});
    let waybill = json!({"courier": "yto", "number": format!("YT70000000{n:05}")});
    let shipment =
        json!({"platform": "pinduoduo", "shop": "shop", "order_id": n.to_string(), "waybill": waybill, "declared_at": at.to_string()});
    [fact("order", order), fact("shipment", shipment)]
}

/// Hands facts in; each must be taken.
async fn tell(running: &Running, facts: Vec<Value>) {
    let answer = Client::new().post(format!("http://{}/v1/facts", running.address())).json(&facts).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["rejected"], 0, "{answer}");
}

/// Until every case file heard of the news.
async fn settle(running: &Running, clock: &Shifted) {
    for _ in 0..1_200 {
        if running.app().store.next_wake_at().await.unwrap().is_none_or(|at| at > clock.now()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("something is due for ever");
}

/// The running deadlines of one rule, by order.
async fn running_deadlines(running: &Running) -> BTreeMap<String, DeadlineRow> {
    let filter = DeadlineFilter { state: Some(DeadlineState::Running), ..DeadlineFilter::default() };
    let rows = running.app().store.deadlines(&filter, None, 500).await.unwrap().rows;
    rows.into_iter().filter(|row| row.rule == "pdd.collect").map(|row| (row.order.order_id.clone(), row)).collect()
}

/// What the journal says of moved deadlines: of each order `applied`, once for each time.
async fn moved(running: &Running, n: u32) -> Vec<Value> {
    let key = OrderKey { platform: Platform::Pinduoduo, shop: "shop".to_owned(), order_id: n.to_string() };
    let rows = running.app().store.timeline(&key, 0, 1_000).await.unwrap().rows;
    let lines = rows.iter().filter(|row| row.type_ == "parcelward.deadline.moved");
    lines.map(|row| serde_json::from_str::<Value>(&row.json).unwrap()["data"].take()).filter(|data| data["rule"] == "pdd.collect").collect()
}

fn status(folder: &Path, url: &str) -> (String, Value) {
    // While the clock stands behind, nobody has been heard of for long, which is its exit status.
    let said = |arguments: &[&str]| String::from_utf8(run(folder, url, "", arguments).stdout).unwrap();
    (said(&["status"]), serde_json::from_str(&said(&["status", "--json"])).unwrap())
}

/// What `parcelward status` says once it says that.
async fn shown_until(folder: &Path, url: &str, said: impl Fn(&str, &Value) -> bool) -> (String, Value) {
    for _ in 0..240 {
        let (text, json) = status(folder, url);
        if said(&text, &json) {
            return (text, json);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{}", status(folder, url).0);
}

/// The revisions of both, by name.
fn revisions(status: &Value) -> BTreeMap<String, String> {
    let text = |daemon: &Value, field: &str| daemon[field].as_str().unwrap().to_owned();
    let daemons = status["daemons"].as_array().unwrap();
    daemons.iter().map(|daemon| (text(daemon, "name"), text(daemon, "config_revision"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_applied_at_one_of_two_daemons_move_open_deadlines_once_and_hold_for_both() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = server::shared();
    let url = server.url(&server.fresh().await);
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(Shifted(AtomicI64::new(-BEHIND)));
    let folder = |name: &str| dir.path().join(name);
    for name in ["a", "b"] {
        fs::create_dir_all(folder(name).join("rules.d")).unwrap();
    }
    let (a, b) = (serve(&folder("a"), "ward-a", &url, &clock).await, serve(&folder("b"), "ward-b", &url, &clock).await);
    let began = clock.now() - Length::hours(2);
    tell(&a, (1..=ORDERS).flat_map(|n| facts(n, began)).collect()).await;
    settle(&a, &clock).await;
    let before = running_deadlines(&a).await;
    assert_eq!(before.len(), ORDERS as usize);
    assert!(before.values().all(|row| row.due_at == began + Length::hours(24)), "{before:?}");

    // An operator applies it at the first one, with the command.
    let next = folder("next");
    fs::create_dir_all(next.join("rules.d")).unwrap();
    fs::write(next.join("rules.d/edit.toml"), "[rule.\"pdd.collect\"]\nlength = \"20h\"\nladder = [\"4h\"]\n").unwrap();
    let (at, base, place) = (url.clone(), format!("http://{}", a.address()), dir.path().to_owned());
    let arguments = ["apply", "--config", "next", "--open-deadlines", "move", "--reason", "the platform said so", "--by", "xiaowang"];
    let said = tokio::task::spawn_blocking(move || well(&place, &at, &base, &arguments)).await.unwrap();
    assert!(said.contains(&format!("is in force; {ORDERS} open deadlines are set anew")), "{said}");
    let revision = a.app().config().revision.clone();
    assert!(said.contains(&revision) && b.app().config().revision != revision, "{said}");
    settle(&a, &clock).await;
    for (order, row) in running_deadlines(&b).await {
        assert_eq!(row.due_at, began + Length::hours(20), "{order}");
    }
    for n in 1..=ORDERS {
        let lines = moved(&b, n).await;
        assert_eq!(lines.len(), 1, "order {n} moved once, whichever daemon woke it: {lines:?}");
        let applied = &lines[0]["applied"];
        assert_eq!((&applied["by"], &applied["reason"]), (&json!("xiaowang"), &json!("the platform said so")), "{lines:?}");
        assert_eq!(applied["revision"], revision, "{lines:?}");
    }

    // The second decides what comes by the same rules, though its folder was left behind; and it takes nothing back when something else in it
    // was edited.
    fs::create_dir_all(folder("b").join("schedules.d")).unwrap();
    fs::write(folder("b").join("schedules.d/more.toml"), "[schedule.more]\njob = \"claims-ageing\"\ncron = \"0 30 3 * * *\"\n").unwrap();
    let url_b = format!("http://{}/v1/config/reload", b.address());
    assert!(Client::new().post(url_b).send().await.unwrap().status().is_success());
    tell(&b, facts(ORDERS + 1, began).to_vec()).await;
    settle(&b, &clock).await;
    let after = running_deadlines(&a).await;
    assert_eq!(after.len(), ORDERS as usize + 1);
    assert!(after.values().all(|row| row.due_at == began + Length::hours(20)), "{after:?}");
    assert_eq!(moved(&a, 1).await.len(), 1);

    // Its other revision is shown, once it has lasted longer than a minute: each has said by what it works before the clock goes on.
    let ours = b.app().config().revision.clone();
    shown_until(dir.path(), &url, |_, status| {
        let by_name = revisions(status);
        by_name["ward-a"] == revision && by_name["ward-b"] == ours
    })
    .await;
    clock.0.store(0, Ordering::SeqCst);
    let shown = shown_until(dir.path(), &url, |text, _| text.contains("different configurations for ")).await;
    let by_name = revisions(&shown.1);
    assert!(shown.0.contains("the daemons have worked by different configurations for "), "{}", shown.0);
    assert!(
        by_name["ward-a"] == revision && by_name["ward-b"] == b.app().config().revision && by_name["ward-b"] != revision,
        "{by_name:?}"
    );
    assert!(by_name.values().all(|revision| shown.0.contains(revision.as_str())), "{}", shown.0);
    assert!(shown.1["configurations_differ_ms"].as_i64().unwrap() > 60_000, "{}", shown.1);

    // With the same files and a reload they are one again, and nothing moves a second time.
    fs::remove_dir_all(folder("b").join("schedules.d")).unwrap();
    fs::copy(folder("a").join("rules.d/edit.toml"), folder("b").join("rules.d/edit.toml")).unwrap();
    b.app().reload().run(b.app()).await.unwrap();
    assert_eq!(b.app().config().revision, revision);
    // Text and JSON are two looks, one after the other.
    let agrees = |text: &str, status: &Value| status["configurations_differ_ms"].is_null() && !text.contains("different configurations");
    shown_until(dir.path(), &url, agrees).await;
    settle(&a, &clock).await;
    assert_eq!((moved(&a, 1).await.len(), moved(&a, ORDERS + 1).await.len()), (1, 0));

    // Each alone, from the journal: the rules were told once.
    let export = reqwest::get(format!("http://{}/v1/export", b.address())).await.unwrap().text().await.unwrap();
    assert_eq!(export.lines().filter(|line| line.contains("\"parcelward.configuration\"")).count(), 1);
    let until = clock.now();
    let live = lived(&*a.app().store, &orders_of(&export)).await.unwrap();
    b.stop().await.unwrap();
    a.stop().await.unwrap();
    let (replay, code, stderr) = replayed(binary::path().unwrap(), &export, until).unwrap();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(difference(&live, &replay), None);
}
