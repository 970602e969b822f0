//! A desk in a folder of its own, with a clock held by hand and an engine that does what a note tells it.

use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::Platform;
use parcelward_scheduler::{Clock, Desk, DeskOptions, Engine, Incoming, Receipt};
use parcelward_store::{JournalRow, SharedStore, StoreOptions, open};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

pub use crate::shipped::rules;

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn at(instant: Instant) -> Arc<Self> {
        Arc::new(HandClock(AtomicI64::new(instant.millis())))
    }

    pub fn set(&self, instant: Instant) {
        self.0.store(instant.millis(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// An instant some seconds into the day.
pub fn at(seconds: i64) -> Instant {
    Instant::from_millis(1_773_000_000_000) + Length::millis(seconds * 1000)
}

/// Where the database is.
pub enum Place {
    File(tempfile::TempDir),
    Server(&'static crate::server::Server, String),
}

/// A place where desks can be opened, closed and opened again.
pub struct Office {
    pub place: Place,
    pub clock: Arc<HandClock>,
    pub options: DeskOptions,
}

/// An open desk.
pub struct Open {
    pub desk: Desk,
    pub store: SharedStore,
}

impl Office {
    pub fn at(place: Place) -> Self {
        Office { place, clock: HandClock::at(at(0)), options: DeskOptions::default() }
    }

    pub fn on_sqlite() -> Self {
        Office::at(Place::File(tempfile::tempdir().unwrap()))
    }

    pub async fn on_postgres() -> Self {
        let server = crate::server::shared();
        Office::at(Place::Server(server, server.fresh().await))
    }

    pub fn url(&self) -> String {
        match &self.place {
            Place::File(folder) => format!("sqlite:{}", folder.path().join("parcelward.db").display()),
            Place::Server(server, name) => server.url(name),
        }
    }

    /// A store of its own, as another daemon would have it.
    pub async fn store(&self) -> SharedStore {
        open(&self.url(), &StoreOptions::default()).await.unwrap()
    }

    /// A statement behind the store's back.
    pub async fn execute(&self, sql: impl Into<String>) {
        let sql = sqlx::AssertSqlSafe(sql.into());
        match &self.place {
            Place::File(_) => {
                let raw = sqlx::SqlitePool::connect(&self.url()).await.unwrap();
                sqlx::raw_sql(sql).execute(&raw).await.unwrap();
                raw.close().await;
            }
            Place::Server(server, name) => {
                sqlx::raw_sql(sql).execute(&mut server.raw(name).await).await.unwrap();
            }
        }
    }

    pub async fn open(&self) -> Open {
        self.open_with(Arc::new(crate::toy::Toy)).await
    }

    pub async fn open_with(&self, engine: Arc<dyn Engine>) -> Open {
        let store = self.store().await;
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&self.clock);
        let desk = Desk::start_with(engine, Arc::clone(&store), rules(), clock, self.options.clone()).await.unwrap();
        Open { desk, store }
    }
}

impl Open {
    pub async fn close(self) {
        self.desk.stop().await;
        self.store.close().await;
    }

    /// Hands one fact in.
    pub async fn tell(&self, fact: Incoming) -> Receipt {
        self.desk.submit(vec![fact]).await.unwrap().remove(0)
    }

    pub async fn timeline(&self, n: u32) -> Vec<JournalRow> {
        self.store.timeline(&order(n), 0, 1000).await.unwrap().rows
    }

    pub async fn facts(&self) -> Vec<JournalRow> {
        self.store.facts_after(0, 1000).await.unwrap().rows
    }

    /// The ids of an order's journal lines, decisions by what they say.
    pub async fn lines(&self, n: u32) -> Vec<String> {
        self.timeline(n).await.iter().map(|row| crate::toy::said(row).unwrap_or_else(|| row.id.id.clone())).collect()
    }

    /// Waits until an order's journal says something.
    pub async fn wait_for(&self, n: u32, what: &str) {
        for _ in 0..400 {
            if self.lines(n).await.iter().any(|line| line == what) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("order {n} never says {what}: {:?}", self.lines(n).await);
    }
}

pub fn order(n: u32) -> OrderKey {
    OrderKey { platform: Platform::Jd, shop: "shop".to_owned(), order_id: n.to_string() }
}

fn incoming(id: &str, type_: &str, data: &str) -> Incoming {
    let json =
        format!(r#"{{"specversion":"1.0","id":"{id}","source":"test","type":"parcelward.{type_}","time":"{}","data":{data}}}"#, at(0));
    Incoming { fact: parse_fact(&json).unwrap(), json }
}

/// A note: the toy engine does what its text says.
pub fn note(id: &str, n: u32, text: &str) -> Incoming {
    incoming(id, "note", &format!(r#"{{"platform":"jd","shop":"shop","order_id":"{n}","text":"{text}"}}"#))
}

pub fn tracking(id: &str, number: &str) -> Incoming {
    incoming(id, "tracking", &format!(r#"{{"waybill":{{"courier":"zto","number":"{number}"}},"status":"collected"}}"#))
}

pub fn task_update(id: &str, task_id: &str) -> Incoming {
    incoming(id, "task_update", &format!(r#"{{"task_id":"{task_id}","status":"claimed"}}"#))
}

pub fn operation_update(id: &str, by: &str) -> Incoming {
    incoming(id, "operation_update", &format!(r#"{{{by},"status":"accepted"}}"#))
}

pub fn coverage(id: &str, province: &str, serves: bool) -> Incoming {
    incoming(id, "coverage", &format!(r#"{{"courier":"zto","province":"{province}","serves":{serves}}}"#))
}

pub fn disruption(id: &str) -> Incoming {
    let (from, until) = (at(0), at(3600));
    incoming(id, "disruption", &format!(r#"{{"disruption_id":"{id}","from":"{from}","until":"{until}","effect":"waive"}}"#))
}

/// What is accepted without anything special.
pub fn accepted(n: u32) -> Receipt {
    Receipt::Accepted { order: Some(order(n)), parked: false, clock_skew: false }
}
