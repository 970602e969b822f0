//! A place with a ledger, a clock held by hand, and jobs that note that they ran.

use async_trait::async_trait;
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::Clock;
use parcelward_scheduler::cron::{CatchUp, Done, Firing, Jobs, Overlap, Schedule, ScheduleSpec, Timetable, TimetableOptions};
use parcelward_store::{RunRow, SharedStore, StoreOptions, open};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

pub fn time(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn set(&self, text: &str) {
        self.0.store(time(text).millis(), Ordering::SeqCst);
    }

    pub fn on(&self, by: Length) {
        self.0.fetch_add(by.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Jobs by name: `note` notes, `fail` fails, `panic` panics, `wait` waits until it is let go.
#[derive(Debug)]
pub struct Noted {
    pub ran: Mutex<Vec<(String, Instant)>>,
    pub gate: Semaphore,
}

#[async_trait]
impl Jobs for Noted {
    async fn run(&self, firing: &Firing) -> Result<Done, String> {
        self.ran.lock().unwrap().push((firing.schedule.name().to_owned(), firing.slot));
        match firing.schedule.spec().job.as_str() {
            "fail" => return Err("no such folder".to_owned()),
            "panic" => panic!("as told"),
            "wait" => self.gate.acquire().await.unwrap().forget(),
            _ => {}
        }
        Ok(Done { message: "noted".to_owned(), report: Some("{}".to_owned()) })
    }
}

pub enum Place {
    File(tempfile::TempDir),
    Server(String),
}

/// What several daemons share.
pub struct Ground {
    pub place: Place,
    pub clock: Arc<HandClock>,
    pub jobs: Arc<Noted>,
}

impl Place {
    /// The database, for what a test prints.
    pub fn name(&self) -> &'static str {
        match self {
            Place::File(_) => "SQLite",
            Place::Server(_) => "PostgreSQL",
        }
    }

    pub fn on_sqlite() -> Ground {
        Ground::at(Place::File(tempfile::tempdir().unwrap()))
    }

    pub async fn on_postgres() -> Ground {
        Ground::at(Place::Server(crate::server::shared().fresh().await))
    }
}

/// One daemon's part.
pub struct Daemon {
    pub table: Timetable,
    pub store: SharedStore,
}

impl Ground {
    fn at(place: Place) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(time("2026-03-10T08:00:00+08:00").millis())));
        Ground { place, clock, jobs: Arc::new(Noted { ran: Mutex::default(), gate: Semaphore::new(0) }) }
    }

    pub async fn store(&self) -> SharedStore {
        let url = match &self.place {
            Place::File(folder) => format!("sqlite:{}", folder.path().join("parcelward.db").display()),
            Place::Server(name) => crate::server::shared().url(name),
        };
        open(&url, &StoreOptions::default()).await.unwrap()
    }

    pub async fn daemon(&self, boot: &str, specs: &[ScheduleSpec]) -> Daemon {
        let store = self.store().await;
        let options =
            TimetableOptions { boot_id: boot.to_owned(), revision: boot.to_owned(), stop_time: Duration::from_secs(20), ticks: false };
        let jobs: Arc<dyn Jobs> = Arc::<Noted>::clone(&self.jobs);
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&self.clock);
        let table = Timetable::start(Arc::clone(&store), jobs, clock, compiled(specs), options);
        let daemon = Daemon { table, store };
        daemon.table.sweep().await.unwrap();
        daemon
    }

    /// What ran since it was asked last, in order.
    pub fn ran(&self) -> Vec<(String, Instant)> {
        let mut ran = std::mem::take(&mut *self.jobs.ran.lock().unwrap());
        ran.sort();
        ran
    }
}

impl Daemon {
    pub async fn sweep(&self) {
        self.table.sweep().await.unwrap();
        self.table.idle().await;
    }

    pub async fn set(&self, specs: &[ScheduleSpec]) {
        self.table.set(compiled(specs), "another".to_owned()).await;
    }

    pub async fn runs(&self, name: &str) -> Vec<RunRow> {
        self.store.runs(name, None, 1000).await.unwrap().rows
    }

    pub async fn skipped(&self, name: &str) -> u64 {
        self.store.schedules().await.unwrap().into_iter().find(|row| row.name == name).unwrap().skipped
    }

    pub async fn stop(self) {
        self.table.stop().await;
        self.store.close().await;
    }
}

pub fn compiled(specs: &[ScheduleSpec]) -> Vec<Arc<Schedule>> {
    specs.iter().map(|spec| Arc::new(Schedule::new(spec.clone()).unwrap())).collect()
}

pub fn spec(name: &str, cron: &str) -> ScheduleSpec {
    ScheduleSpec {
        name: name.to_owned(),
        cron: cron.to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        job: "note".to_owned(),
        catch_up: CatchUp::Once,
        overlap: Overlap::Skip,
        jitter: Length::millis(0),
        enabled: true,
        options: serde_json::Map::new(),
    }
}

pub fn in_zone(zone: &str, cron: &str) -> Schedule {
    Schedule::new(ScheduleSpec { zone: zone.to_owned(), ..spec("s", cron) }).unwrap()
}
