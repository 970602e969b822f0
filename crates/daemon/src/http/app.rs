//! What every request shares.

use crate::config::{Couriers, Loaded};
use crate::reload::Reload;
use arc_swap::ArcSwap;
use parcelward_casework::instant::Instant;
use parcelward_scheduler::cron::Timetable;
use parcelward_scheduler::lanes::{LaneOptions, Lanes};
use parcelward_scheduler::{Clock, Desk};
use parcelward_store::SharedStore;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

/// How many large bodies are read at a time.
const UPLOADS: usize = 8;

/// What every request shares.
#[derive(Debug)]
pub struct App {
    /// Where case files and lists are.
    pub store: SharedStore,
    /// Where facts are handed in.
    pub desk: Desk,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The configuration in force; a reload puts another in its place, whole.
    config: ArcSwap<Loaded>,
    /// Reads the configuration again.
    reload: Reload,
    /// What is done at fixed times, once it runs.
    timetable: OnceLock<Timetable>,
    /// The courier lanes of the accounts in force, while they run.
    lanes: Mutex<Option<Arc<Lanes>>>,
    /// Set once the daemon stops.
    stopping: AtomicBool,
    /// Large bodies are read by so many requests at a time; others wait, so that memory stays bounded.
    pub(super) uploads: Semaphore,
    /// When the database was last seen to take a write, and how that went.
    pub(super) probed: Mutex<Option<(std::time::Instant, Result<(), String>)>>,
}

impl App {
    /// Brings the parts together.
    #[must_use]
    pub fn new(store: SharedStore, desk: Desk, clock: Arc<dyn Clock>, config: Arc<Loaded>) -> Arc<Self> {
        let reload = Reload::new(config.dir.as_deref());
        Arc::new(App {
            reload,
            store,
            desk,
            clock,
            config: ArcSwap::new(config),
            timetable: OnceLock::new(),
            lanes: Mutex::new(None),
            stopping: AtomicBool::new(false),
            uploads: Semaphore::new(UPLOADS),
            probed: Mutex::new(None),
        })
    }

    /// Waits for room to read a large body.
    pub(super) async fn room(&self) -> Option<SemaphorePermit<'_>> {
        self.room_for(1).await
    }

    /// Waits for room to read a body that is so many times as large as others.
    pub(super) async fn room_for(&self, times: usize) -> Option<SemaphorePermit<'_>> {
        // It is never closed; if it were, there would be nothing to wait for.
        self.uploads.acquire_many(u32::try_from(times.min(UPLOADS)).unwrap_or(1)).await.ok()
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> Arc<Loaded> {
        self.config.load_full()
    }

    /// What reads the configuration again.
    #[must_use]
    pub const fn reload(&self) -> &Reload {
        &self.reload
    }

    /// Puts another configuration in force, from the next request and the next batch on. `no` is the number under which the store knows it.
    pub(crate) fn set_config(&self, config: Arc<Loaded>, no: u32) {
        self.desk.set_rules(Arc::new(config.rules.clone()), Some(no));
        self.desk.set_revision(config.revision.clone());
        self.config.store(config);
    }

    /// The schedules at work; `None` until they are.
    #[must_use]
    pub fn timetable(&self) -> Option<&Timetable> {
        self.timetable.get()
    }

    /// Puts the schedules to work, once.
    pub(crate) fn set_timetable(&self, timetable: Timetable) {
        // A second one is never started.
        let _ = self.timetable.set(timetable);
    }

    /// Runs the lanes of the accounts in force; those that run are ended before, so that no account has two.
    pub(crate) async fn run_lanes(&self) {
        let mut lanes = self.lanes.lock().await;
        if let Some(running) = lanes.take() {
            running.stop().await;
        }
        if !self.is_stopping() {
            let routes = (*self.config().couriers.routes).clone();
            let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
            *lanes = Some(Arc::new(Lanes::start(self.desk.clone(), store, routes, clock, LaneOptions::default())));
        }
    }

    /// Puts other accounts in the place of those in force, and runs their lanes. The rules and everything else stay.
    pub(crate) async fn open_accounts(&self, couriers: Couriers) {
        let config = Loaded { couriers, ..(*self.config()).clone() };
        self.config.store(Arc::new(config));
        self.run_lanes().await;
    }

    /// Ends the lanes: what is under way is waited for and recorded.
    pub(crate) async fn stop_lanes(&self) {
        if let Some(running) = self.lanes.lock().await.take() {
            running.stop().await;
        }
    }

    /// The lanes that run.
    pub(crate) async fn lanes(&self) -> Option<Arc<Lanes>> {
        self.lanes.lock().await.clone()
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// From now on it is stopping.
    pub fn begin_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether it is stopping.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
