//! A simulator, a desk on a file, and lanes with the couriers' real adapters.

use async_trait::async_trait;
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::Courier;
use parcelward_courier::{
    Account, Call, CourierAdapter, CourierError, Identity, Limits, LimitsSettings, TrackingQuery, TrackingReport, Transport,
    TransportSettings,
};
use parcelward_scheduler::lanes::{LaneOptions, Lanes};
use parcelward_scheduler::{AccountLane, Clock, Desk, DeskOptions, Incoming, Routes};
use parcelward_simulator::{
    Fault, FaultKind, FaultSpec, HandClock, Life, NewParcel, RunningSimulator, Service, Simulator, SimulatorSettings,
};
use parcelward_store::{SharedStore, StoreOptions, open};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// 2026-03-10 09:00 in Shanghai.
const BEGIN: Instant = Instant::from_millis(1_773_104_400_000);

/// No limit that a loop on one machine could reach.
const WIDE: LimitsSettings = LimitsSettings {
    per_second: Some(1_000_000),
    per_minute: Some(60_000_000),
    per_day: Some(u32::MAX),
    batch: None,
    least_gap_seconds: None,
};

#[derive(Debug)]
struct Still(HandClock);

impl Clock for Still {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

/// What was answered.
#[derive(Debug, Default)]
struct Heard {
    begun: AtomicUsize,
    ended: AtomicUsize,
    news: Notify,
}

/// An adapter whose answers are counted.
#[derive(Debug)]
struct Counted {
    inner: Arc<dyn CourierAdapter>,
    limits: Limits,
    heard: Arc<Heard>,
}

#[async_trait]
impl CourierAdapter for Counted {
    fn identity(&self) -> &Identity {
        self.inner.identity()
    }
    fn limits(&self) -> &Limits {
        &self.limits
    }
    fn transport(&self) -> &Transport {
        self.inner.transport()
    }
    fn sample_number(&self) -> &'static str {
        self.inner.sample_number()
    }
    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        self.heard.begun.fetch_add(1, Ordering::SeqCst);
        let report = self.inner.track(call, queries).await;
        self.heard.ended.fetch_add(1, Ordering::SeqCst);
        self.heard.news.notify_waiters();
        report
    }
}

pub struct Ground {
    sim: RunningSimulator,
    clock: HandClock,
    desk: Desk,
    store: SharedStore,
    routes: Routes,
    fast: Arc<Heard>,
    slow: Arc<Heard>,
    lanes: std::sync::OnceLock<Arc<Lanes>>,
    _folder: tempfile::TempDir,
}

pub fn number(courier: Courier, n: u32) -> String {
    match courier {
        Courier::Yto => format!("YT88{n:011}"),
        _ => format!("78{n:010}"),
    }
}

fn incoming(id: &str, type_: &str, at: Instant, data: &str) -> Incoming {
    let json = format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"bench","type":"parcelward.{type_}","time":"{at}","datacontenttype":"application/json","data":{{{data}}}}}"#
    );
    Incoming { fact: parse_fact(&json).unwrap(), json }
}

impl Ground {
    /// ZTO's parcels are there, and due.
    pub async fn begin(parcels: u32, at_once: usize) -> Ground {
        let clock = HandClock::at(BEGIN);
        let sim = Simulator::start(SimulatorSettings { clock: clock.clock(), ..SimulatorSettings::default() }).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = open(&format!("sqlite:{}", folder.path().join("bench.db").display()), &StoreOptions::default()).await.unwrap();
        let rules = parcelward::config::load_with(None, std::iter::empty()).unwrap().rules;
        let desk = Desk::start(Arc::clone(&store), Arc::new(rules), Arc::new(Still(clock.clone())), DeskOptions::default()).await.unwrap();
        let (fast, slow) = (Arc::<Heard>::default(), Arc::<Heard>::default());
        let mut ground =
            Ground { sim, clock, desk, store, routes: Routes::default(), fast, slow, lanes: std::sync::OnceLock::new(), _folder: folder };
        let accounts = [(Service::Zto, Courier::Zto, &ground.fast), (Service::Yto, Courier::Yto, &ground.slow)];
        let account = |(service, courier, heard): (Service, Courier, &Arc<Heard>)| {
            let inner = ground.adapter(service, courier, None);
            let counted = Counted { inner, limits: Limits::NONE, heard: Arc::clone(heard) };
            AccountLane { at_once, ..AccountLane::new(format!("{courier}-bench"), vec![Arc::new(counted)]) }
        };
        ground.routes = Routes::new(accounts.map(account).into());
        ground.ship(Courier::Zto, 0, parcels).await;
        ground
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    pub fn base(&self, service: Service) -> String {
        self.sim.base(service)
    }

    /// An adapter that talks to the simulator, or to another place.
    pub fn adapter(&self, service: Service, courier: Courier, elsewhere: Option<&str>) -> Arc<dyn CourierAdapter> {
        let plugin = if service == Service::Yto { parcelward_courier_yto::PLUGIN } else { parcelward_courier_zto::PLUGIN };
        let accounts = self.sim.accounts();
        let account = &accounts[&service];
        let text = elsewhere.map_or_else(|| account.settings.clone(), |url| account.settings.replace(&self.base(service), url));
        let built = (plugin.build)(&Account {
            name: "bench",
            settings: &text.parse().unwrap(),
            limits: &WIDE,
            transport: &TransportSettings { allow_plain_http: true, total_ms: 40_000, ..TransportSettings::default() },
            secrets: account,
            push_url: None,
        });
        let adapters = built.unwrap_or_else(|problems| panic!("{service}: {problems:?}"));
        adapters.into_iter().find(|adapter| adapter.identity().courier == courier).unwrap()
    }

    /// Parcels that were ordered a day ago and are on their way.
    pub async fn ship(&self, courier: Courier, from: u32, count: u32) {
        let (now, before) = (self.now(), self.now() - Length::hours(24));
        let mut facts = Vec::new();
        for n in from..from + count {
            self.sim.world().register(NewParcel::new(courier, number(courier, n), Life::Ordinary).aged(24.0));
            let order = format!(r#""platform":"douyin","shop":"shop","order_id":"{courier}{n}""#);
            let paid = format!(
                r#"{order},"paid_at":"{before}","amount":"99.00","recipient":{{"province":"湖南","city":"长沙","phone":"13000001234"}}"#
            );
            let sent = format!(r#"{order},"waybill":{{"courier":"{courier}","number":"{}"}},"declared_at":"{before}""#, number(courier, n));
            facts.push(incoming(&format!("o-{courier}-{n}"), "order", now, &paid));
            facts.push(incoming(&format!("s-{courier}-{n}"), "shipment", now, &sent));
        }
        while !facts.is_empty() {
            let part = facts.drain(..facts.len().min(400)).collect();
            for receipt in self.desk.submit(part).await.unwrap() {
                assert!(receipt.is_kept(), "{receipt:?}");
            }
        }
        if self.lanes.get().is_some() {
            self.all_are_due().await;
        }
    }

    /// With every parcel due.
    pub async fn start_lanes(&self) -> Arc<Lanes> {
        let clock = Arc::new(Still(self.clock.clone()));
        let lanes = Lanes::start(self.desk.clone(), Arc::clone(&self.store), self.routes.clone(), clock, LaneOptions::default());
        let lanes = Arc::clone(self.lanes.get_or_init(|| Arc::new(lanes)));
        self.all_are_due().await;
        lanes
    }

    /// Until so many of ZTO's calls have their answer.
    pub async fn answered(&self, count: usize) {
        while self.fast.ended.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Until what was answered is stored.
    pub async fn settled(&self) {
        loop {
            let mut waiting = 0;
            for lane in self.lanes.get().unwrap().status().await.unwrap() {
                waiting += lane.backlog.polls;
            }
            if waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    /// A minute later every parcel is due again, once each has its account.
    pub async fn all_are_due(&self) {
        while !self.store.poll_groups(true).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.clock.advance(Length::minutes(1));
        let now = self.now();
        self.store.hasten_silent(now, now, false).await.unwrap();
    }

    /// One of ZTO's parcels is due now.
    pub async fn is_due(&self, n: u32) {
        let waybill = Waybill { courier: Courier::Zto, number: number(Courier::Zto, n) };
        self.lanes.get().unwrap().look_again(&waybill, true).await.unwrap();
    }

    /// ZTO's next answer.
    pub fn next_answer(&self) -> impl Future<Output = ()> {
        let seen = self.fast.ended.load(Ordering::SeqCst);
        let heard = Arc::clone(&self.fast);
        async move {
            loop {
                let news = heard.news.notified();
                if heard.ended.load(Ordering::SeqCst) > seen {
                    return;
                }
                news.await;
            }
        }
    }

    /// Until as many of YTO's calls hang as may.
    pub async fn hanging(&self) {
        while self.slow.begun.load(Ordering::SeqCst) - self.slow.ended.load(Ordering::SeqCst) < crate::AT_ONCE {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn fault(&self, service: Service, kind: FaultKind, seconds: f64) {
        self.sim.faults().set(&FaultSpec { service: Some(service), fault: Fault { kind, probability: 1.0, seconds } });
    }

    pub fn no_faults(&self) {
        self.sim.faults().clear(None);
    }
}
