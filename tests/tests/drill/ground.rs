//! A shop whose parcels are with simulated couriers.

use crate::ends::Ends;
use crate::orders::Order;
use parcelward::config::load_with;
use parcelward::serve::{Running, start};
use parcelward::simulated::{PUSH_SECRET, PushPlace, write_accounts};
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::Clock;
use parcelward_simulator::{RunningSimulator, Simulator, SimulatorSettings, WorldClock};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The wall's clock, and so much on: couriers and daemons of this process share it.
#[derive(Debug, Clone, Default)]
pub struct ShiftedClock(Arc<AtomicI64>);

impl ShiftedClock {
    pub fn advance(&self, by: Length) {
        self.0.fetch_add(by.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Instant {
        let wall = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
        Instant::from_millis(i64::try_from(wall).unwrap() + self.0.load(Ordering::SeqCst))
    }
}

/// The couriers, their parcels, and the configuration with accounts at all of them.
pub struct Ground {
    pub sim: RunningSimulator,
    pub clock: ShiftedClock,
    pub config: tempfile::TempDir,
    /// What the facts' times are counted from.
    pub began: Instant,
}

impl Ground {
    /// With these orders' parcels, all on their way.
    pub async fn with(orders: &[Order], seed: u64) -> Ground {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = ShiftedClock::default();
        let of_world = clock.clone();
        let settings = SimulatorSettings {
            clock: WorldClock::of(move || of_world.now()),
            seed,
            parcels_appear: false,
            ..SimulatorSettings::default()
        };
        let sim = Simulator::start(settings).await.unwrap();
        orders.iter().for_each(|order| sim.world().register(order.parcel()));
        let config = tempfile::tempdir().unwrap();
        write_accounts(config.path(), &sim, &PushPlace { base: None, secret: PUSH_SECRET.to_owned() }).unwrap();
        // What is looked at is what is asked, not how fast.
        for file in std::fs::read_dir(config.path().join("couriers")).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("per_second = 50\nper_minute = 3000", "per_second = 200\nper_minute = 12000")).unwrap();
        }
        let began = clock.now();
        Ground { sim, clock, config, began }
    }

    /// A daemon in this process, whose clock is the couriers'.
    pub async fn open(&self, url: &str) -> Running {
        let settings = [("SERVER__LISTEN", "127.0.0.1:0"), ("DATABASE__URL", url)];
        let settings = settings.into_iter().map(|(name, value)| (format!("PARCELWARD_{name}"), value.to_owned()));
        start(load_with(Some(self.config.path()), settings).unwrap(), Arc::new(self.clock.clone())).await.unwrap()
    }

    /// What the shop's system tells of these orders.
    pub fn facts(&self, orders: &[Order]) -> Vec<Value> {
        orders.iter().flat_map(|order| order.facts(self.began)).collect()
    }

    /// Lets days pass, first by a few hours and then by half a day, until everything that was asked for has an end. Only what had none is
    /// looked at again on the way; what became of all is counted at last.
    pub async fn settle(&self, running: &Running, orders: &[Order]) -> Ends {
        let store = &*running.app().store;
        let mut without_end = orders.to_vec();
        for hours in [1, 4, 4, 12, 12, 12, 12, 24, 24, 24] {
            self.clock.advance(Length::hours(hours));
            self.idle(running).await;
            let ends = Ends::of(store, &without_end).await;
            let left: BTreeSet<u64> = ends.silent.iter().map(|(n, _)| *n).chain(ends.never_requested.iter().copied()).collect();
            without_end.retain(|order| left.contains(&order.n));
            if without_end.is_empty() {
                break;
            }
        }
        Ends::of(store, orders).await
    }

    /// Waits until no lane has anything due, twice in a row: what one has done may be another's. Where nothing moves, since an account is to
    /// be left alone, its time passes.
    async fn idle(&self, running: &Running) {
        let lanes = running.lanes().await.unwrap();
        let (mut quiet, mut still, mut before) = (0, 0, 0);
        for _ in 0..6_000 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let Ok(status) = lanes.status().await else { continue };
            let waits: u64 = status.iter().map(|lane| lane.backlog.operations + lane.backlog.polls).sum();
            quiet = if waits == 0 { quiet + 1 } else { 0 };
            still = if waits == before { still + 1 } else { 0 };
            before = waits;
            if quiet == 3 {
                return;
            }
            if still > 5 && waits > 0 {
                self.clock.advance(Length::minutes(2));
            }
        }
        panic!("something is due for ever: {before}");
    }

    /// The courier took nothing twice.
    pub fn nothing_was_taken_twice(&self) {
        let twice = self.sim.ledger().accepted_twice();
        assert!(twice.is_empty(), "taken twice: {twice:#?}");
    }
}

/// Hands facts in; says whether all were taken.
pub async fn tell(client: &reqwest::Client, base: &str, facts: &[Value]) -> bool {
    let Ok(answer) = client.post(format!("{base}/v1/facts")).json(&facts).send().await else { return false };
    if answer.status() == 503 {
        return false;
    }
    let Ok(text) = answer.text().await else { return false };
    let Ok(body) = serde_json::from_str::<Value>(&text) else { return false };
    assert_eq!(body["rejected"], 0, "{body}");
    true
}
