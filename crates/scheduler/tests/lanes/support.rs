//! A yard: a database, a clock held by hand, desks and lanes on it.

use crate::courier::Ledger;
use parcelward_casework::casefile::{CaseFile, OperationState};
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::{Courier, Platform};
use parcelward_courier::{CourierAdapter, Limits, TrackingStatus};
use parcelward_scheduler::lanes::{LaneOptions, Lanes};
use parcelward_scheduler::{AccountLane, Clock, Desk, DeskOptions, Incoming, Routes};
use parcelward_store::{SharedStore, StoreOptions, open};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// An instant some minutes into a working day.
pub fn at(minutes: i64) -> Instant {
    Instant::parse("2026-03-10T09:00:00+08:00").unwrap() + Length::minutes(minutes)
}

enum Place {
    File(tempfile::TempDir),
    Server(String),
}

pub struct Yard {
    place: Place,
    pub clock: Arc<HandClock>,
    pub options: LaneOptions,
}

/// A daemon.
pub struct Daemon {
    pub desk: Desk,
    pub store: SharedStore,
    pub lanes: Lanes,
}

impl Yard {
    fn at_place(place: Place) -> Self {
        Yard { place, clock: Arc::new(HandClock(AtomicI64::new(at(0).millis()))), options: LaneOptions::default() }
    }

    pub fn on_sqlite() -> Self {
        Yard::at_place(Place::File(tempfile::tempdir().unwrap()))
    }

    pub async fn on_postgres() -> Self {
        Yard::at_place(Place::Server(crate::server::shared().fresh().await))
    }

    /// Another, empty database of the same kind, by the same clock.
    pub async fn another(&self) -> Self {
        let other = match self.place {
            Place::File(_) => Yard::on_sqlite(),
            Place::Server(_) => Yard::on_postgres().await,
        };
        Yard { clock: Arc::clone(&self.clock), options: self.options.clone(), ..other }
    }

    pub fn set(&self, instant: Instant) {
        self.clock.0.store(instant.millis(), Ordering::SeqCst);
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    pub fn pass(&self, length: Length) {
        self.set(self.now() + length);
    }

    pub async fn store(&self) -> SharedStore {
        let url = match &self.place {
            Place::File(folder) => format!("sqlite:{}", folder.path().join("parcelward.db").display()),
            Place::Server(name) => crate::server::shared().url(name),
        };
        open(&url, &StoreOptions::default()).await.unwrap()
    }

    /// A daemon with this courier as its only account.
    pub async fn daemon(&self, courier: &Arc<Ledger>) -> Daemon {
        self.daemon_with(routes(courier)).await
    }

    pub async fn daemon_with(&self, routes: Routes) -> Daemon {
        let clock = Arc::<HandClock>::clone(&self.clock);
        self.daemon_by(clock, routes).await
    }

    /// A daemon that goes by a clock of its own.
    pub async fn daemon_by(&self, clock: Arc<dyn Clock>, routes: Routes) -> Daemon {
        let store = self.store().await;
        let desk = Desk::start(Arc::clone(&store), crate::shipped::rules(), Arc::clone(&clock), DeskOptions::default()).await.unwrap();
        let lanes = Lanes::prepare(desk.clone(), Arc::clone(&store), routes, clock, self.options.clone());
        Daemon { desk, store, lanes }
    }
}

pub fn routes(courier: &Arc<Ledger>) -> Routes {
    Routes::new(vec![account(courier)])
}

pub fn account(courier: &Arc<Ledger>) -> AccountLane {
    let adapter: Arc<dyn CourierAdapter> = Arc::<Ledger>::clone(courier);
    AccountLane::new(courier.identity().account.clone(), vec![adapter])
}

pub fn ledger() -> Arc<Ledger> {
    Ledger::new("zto-main", Limits::NONE)
}

pub fn key(n: u32) -> OrderKey {
    OrderKey { platform: Platform::Douyin, shop: "shop".to_owned(), order_id: n.to_string() }
}

pub fn number(n: u32) -> String {
    format!("7{n:011}")
}

pub fn waybill(n: u32) -> Waybill {
    Waybill { courier: Courier::Zto, number: number(n) }
}

pub fn incoming(id: &str, type_: &str, time: Instant, data: &str) -> Incoming {
    let json =
        format!(r#"{{"specversion":"1.0","id":"{id}","source":"test","type":"parcelward.{type_}","time":"{time}","data":{{{data}}}}}"#);
    Incoming { fact: parse_fact(&json).unwrap(), json }
}

fn shipped(courier: &str, n: u32, now: Instant) -> Vec<Incoming> {
    let order = format!(r#""platform":"douyin","shop":"shop","order_id":"{n}""#);
    let before = now - Length::hours(1);
    vec![
        incoming(
            &format!("o{n}"),
            "order",
            before,
            &format!(
                r#"{order},"paid_at":"{before}","amount":"99.00","recipient":{{"province":"湖南","city":"长沙","phone":"13812345678"}}"#
            ),
        ),
        incoming(
            &format!("s{n}"),
            "shipment",
            before,
            &format!(r#"{order},"waybill":{{"courier":"{courier}","number":"{}"}},"declared_at":"{before}""#, number(n)),
        ),
    ]
}

impl Daemon {
    /// An order and its parcel, shipped an hour ago.
    pub async fn ship(&self, n: u32, now: Instant) {
        self.ship_many(n..=n, now).await;
    }

    pub async fn ship_many(&self, all: std::ops::RangeInclusive<u32>, now: Instant) {
        self.ship_by("zto", all, now).await;
    }

    pub async fn ship_by(&self, courier: &str, all: std::ops::RangeInclusive<u32>, now: Instant) {
        self.take(all.flat_map(|n| shipped(courier, n, now)).collect()).await;
    }

    pub async fn scan(&self, n: u32, at: Instant, status: TrackingStatus) {
        let data = format!(r#""waybill":{{"courier":"zto","number":"{}"}},"status":"{}""#, number(n), status.word());
        self.take(vec![incoming(&format!("t{n}-{}", at.millis()), "tracking", at, &data)]).await;
    }

    /// The courier says that it is lost: compensation is claimed.
    pub async fn lose(&self, n: u32, at: Instant) {
        let waybill = number(n);
        let data = format!(r#""waybill":{{"courier":"zto","number":"{waybill}"}},"status":"exception","reason":"lost""#);
        self.take(vec![incoming(&format!("l{n}"), "tracking", at, &data)]).await;
    }

    /// The buyer gets the money back while the parcel travels: it is to be intercepted.
    pub async fn refund(&self, n: u32, now: Instant) {
        let data = format!(
            r#""platform":"douyin","shop":"shop","order_id":"{n}","after_sale_id":"a{n}","kind":"refund_only","status":"refunded""#
        );
        self.take(vec![incoming(&format!("a{n}"), "after_sale", now, &data)]).await;
    }

    pub async fn take(&self, facts: Vec<Incoming>) {
        for receipt in self.desk.submit(facts).await.unwrap() {
            assert!(receipt.is_kept(), "{receipt:?}");
        }
    }

    pub async fn file(&self, n: u32) -> CaseFile {
        CaseFile::clone(&self.store.case_file(&key(n)).await.unwrap().unwrap().file)
    }

    /// The state of an order's intercept by interface.
    pub async fn intercept(&self, n: u32) -> OperationState {
        self.file(n).await.operations.iter().find(|o| o.requested).expect("an intercept was decided").state
    }

    /// Dies: nothing is finished, nothing given back.
    pub async fn die(self) {
        drop(self.lanes);
        self.desk.stop().await;
        self.store.close().await;
    }
}
