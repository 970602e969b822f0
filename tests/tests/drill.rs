//! The restore drill: yesterday's copy is brought back, the daemon starts, people tell it again what it forgot, and no courier is asked for
//! anything twice.
//!
//! The courier is a stand-in, and so is the lane that sends: it keeps the one rule that every lane has to keep. What is open in a database that
//! is not known to be whole is looked up before it is sent. A lane that does not keep it is tried as well, so that the drill is seen to find out.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../../crates/store/tests/support/server.rs"]
#[allow(dead_code, reason = "the store's own tests use more of it")]
mod server;

use parcelward::config::load_with;
use parcelward::serve::{Running, start};
use parcelward_casework::instant::Instant;
use parcelward_scheduler::{Casework, Clock};
use parcelward_store::{EntryKind, doctor::examine, restore};
use serde_json::{Value, json};
use server::Server;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A clock that the drill holds; it moves by a millisecond with each look.
#[derive(Debug)]
struct HeldClock(AtomicI64);

impl Clock for HeldClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// What the courier was asked for: by key, how often it was filed.
#[derive(Debug, Default)]
struct StandInCourier {
    filed: BTreeMap<String, u32>,
}

/// Where the database is.
enum Place {
    File(tempfile::TempDir),
    Server(&'static Server, String),
}

impl Place {
    fn url(&self) -> String {
        match self {
            Place::File(folder) => format!("sqlite:{}", folder.path().join("shop.db").display()),
            Place::Server(server, name) => server.url(name),
        }
    }

    async fn backup(&self, to: &Path) {
        match self {
            Place::File(_) => drop(parcelward_store::backup(&self.url(), to).await.unwrap()),
            Place::Server(server, name) => tool(server, "pg_dump", &["--format=custom", "--file", to.to_str().unwrap(), name]),
        }
    }

    /// The copy is brought back as an operator does it. The database that was there is gone.
    async fn restore(self, from: &Path) -> Place {
        match self {
            Place::File(_) => {
                assert!(restore(&self.url(), Some(from), true).await.unwrap().before.is_some());
                self
            }
            Place::Server(server, _) => {
                let name = server.fresh().await;
                tool(server, "pg_restore", &["--exit-on-error", "--dbname", &name, from.to_str().unwrap()]);
                restore(&server.url(&name), None, false).await.unwrap();
                Place::Server(server, name)
            }
        }
    }
}

/// One of the server's own tools.
fn tool(server: &Server, name: &str, arguments: &[&str]) {
    let mut command = Command::new(server.binaries().join(name));
    command.args(["--host", server.folder().to_str().unwrap(), "--username", "parcelward"]).args(arguments);
    let out = command.output().unwrap();
    assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
}

async fn open(place: &Place, clock: &Arc<HeldClock>) -> Running {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = [("SERVER__LISTEN", "127.0.0.1:0"), ("DATABASE__URL", &place.url())];
    let settings = settings.into_iter().map(|(name, value)| (format!("PARCELWARD_{name}"), value.to_owned()));
    start(load_with(None, settings).unwrap(), Arc::clone(clock) as Arc<dyn Clock>).await.unwrap()
}

async fn tell(running: &Running, facts: &[Value]) {
    let url = format!("http://{}/v1/facts", running.address());
    let answer = reqwest::Client::new().post(url).json(&facts).send().await.unwrap();
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(body["rejected"], 0, "{body}");
}

/// An order whose parcel is on its way when the refund is agreed: the courier is to be asked to intercept it.
fn refunded_on_the_way(n: u32) -> Vec<Value> {
    let fact = |kind: &str, time: &str, data: Value| {
        json!({"specversion": "1.0", "id": format!("{kind}-{n}"), "source": "shop", "type": format!("parcelward.{kind}"),
            "time": time, "data": data})
    };
    let with = |fields: Value| {
        let mut data = json!({"platform": "pinduoduo", "shop": "s", "order_id": format!("O{n}")});
        fields.as_object().unwrap().iter().for_each(|(name, value)| data[name] = value.clone());
        data
    };
    let waybill = json!({"courier": "yto", "number": format!("YT{n}")});
    vec![
        fact("order", "2026-03-10T08:00:00+08:00", with(json!({"paid_at": "2026-03-10T08:00:00+08:00", "amount": "59.90"}))),
        fact("shipment", "2026-03-10T10:00:00+08:00", with(json!({"waybill": waybill, "declared_at": "2026-03-10T10:00:00+08:00"}))),
        fact("tracking", "2026-03-10T12:00:00+08:00", json!({"waybill": waybill, "status": "in_transit", "place": "杭州"})),
        fact(
            "after_sale",
            "2026-03-10T14:00:00+08:00",
            with(json!({"after_sale_id": format!("A{n}"), "kind": "refund_only", "status": "agreed", "amount": "59.90"})),
        ),
    ]
}

/// What is requested and of which nothing is known yet, by id, with its key.
async fn unconfirmed(running: &Running, orders: &[u32]) -> Vec<(String, String)> {
    let store = &running.app().store;
    let (mut asked, mut known) = (Vec::new(), BTreeSet::new());
    for n in orders {
        let key = parcelward_casework::fact::OrderKey {
            platform: parcelward_casework::words::Platform::Pinduoduo,
            shop: "s".to_owned(),
            order_id: format!("O{n}"),
        };
        for row in store.timeline(&key, 0, 500).await.unwrap().rows {
            let line: Value = serde_json::from_str(&row.json).unwrap();
            let text = |name: &str| line["data"][name].as_str().unwrap_or_default().to_owned();
            match (row.kind, row.type_.as_str()) {
                (EntryKind::Decision, "parcelward.operation.requested") => asked.push((text("operation_id"), text("idempotency_key"))),
                (EntryKind::Fact, "parcelward.operation_update") => drop(known.insert(text("operation_id"))),
                _ => {}
            }
        }
    }
    asked.into_iter().filter(|(id, _)| !known.contains(id)).collect()
}

/// A pass of the stand-in lane: sends what is not confirmed, and tells what came of it.
async fn pass(running: &Running, orders: &[u32], courier: &mut StandInCourier, looks_up: bool) -> (u32, u32) {
    // In a database that was brought back, attempts may be missing.
    let in_doubt = running.app().store.renewed_at().await.unwrap().is_some();
    let (mut sent, mut found) = (0, 0);
    for (id, key) in unconfirmed(running, orders).await {
        if in_doubt && looks_up && courier.filed.contains_key(&key) {
            found += 1;
        } else {
            *courier.filed.entry(key).or_default() += 1;
            sent += 1;
        }
        let time = running.app().clock.now().to_string();
        tell(
            running,
            &[json!({"specversion": "1.0", "id": format!("answer-{id}"), "source": "courier", "type": "parcelward.operation_update", "time": time,
                "data": {"operation_id": id, "status": "accepted"}})],
        )
        .await;
    }
    (sent, found)
}

/// The drill. Gives what the courier was asked for in the end.
async fn drill(place: Place, looks_up: bool) -> StandInCourier {
    let clock = Arc::new(HeldClock(AtomicI64::new(Instant::parse("2026-03-10T15:00:00+08:00").unwrap().millis())));
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("yesterday");
    let mut courier = StandInCourier::default();

    let running = open(&place, &clock).await;
    let incarnation = running.app().store.incarnation().await.unwrap();
    for n in [1, 2] {
        tell(&running, &refunded_on_the_way(n)).await;
    }
    assert_eq!(pass(&running, &[1], &mut courier, looks_up).await, (1, 0), "the first is sent, and its answer known");
    // While it works.
    place.backup(&copy).await;
    assert_eq!(pass(&running, &[1, 2], &mut courier, looks_up).await, (1, 0), "the copy does not know that the second was sent");
    tell(&running, &refunded_on_the_way(3)).await;
    assert_eq!(pass(&running, &[1, 2, 3], &mut courier, looks_up).await, (1, 0), "nor that there is a third");
    running.stop().await.unwrap();

    let place = place.restore(&copy).await;
    let running = open(&place, &clock).await;
    let store = Arc::clone(&running.app().store);
    assert_ne!(store.incarnation().await.unwrap(), incarnation);
    assert_eq!(unconfirmed(&running, &[1, 2, 3]).await.len(), 1, "the second is open again");
    // The shop's system sends again what it sent since yesterday, and something new.
    for n in 1..=4 {
        tell(&running, &refunded_on_the_way(n)).await;
    }
    let (sent, found) = pass(&running, &[1, 2, 3, 4], &mut courier, looks_up).await;
    assert_eq!((sent, found), if looks_up { (1, 2) } else { (3, 0) });

    // Decisions continue: a day later nothing has moved, and people are told.
    clock.0.fetch_add(26 * 3_600_000, Ordering::SeqCst);
    for _ in 0..1_000 {
        let next = store.next_wake_at().await.unwrap();
        if next.is_none_or(|at| at.millis() > clock.0.load(Ordering::SeqCst)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for n in 1..=4 {
        let url = format!("http://{}/v1/tasks?order_id=O{n}", running.address());
        let tasks: Value = serde_json::from_str(&reqwest::get(url).await.unwrap().text().await.unwrap()).unwrap();
        assert!(!tasks["items"].as_array().unwrap().is_empty(), "nobody is told of order {n}");
    }
    assert_eq!(examine(&*store, &Casework, false).await.unwrap().findings, []);
    running.stop().await.unwrap();
    courier
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filed_twice_after_a_restore_on_sqlite() {
    let courier = drill(Place::File(tempfile::tempdir().unwrap()), true).await;
    assert_eq!(courier.filed.values().copied().collect::<Vec<_>>(), [1; 4], "{courier:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filed_twice_after_a_restore_on_postgresql() {
    let server = server::shared();
    let courier = drill(Place::Server(server, server.fresh().await), true).await;
    assert_eq!(courier.filed.values().copied().collect::<Vec<_>>(), [1; 4], "{courier:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drill_finds_out_who_does_not_look_up() {
    let courier = drill(Place::File(tempfile::tempdir().unwrap()), false).await;
    assert_eq!(courier.filed.values().filter(|times| **times == 2).count(), 2, "{courier:?}");
}
