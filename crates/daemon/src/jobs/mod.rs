//! What schedules do. One file a job: what it looks at, and the report that is kept with its run.
//!
//! A report is JSON with a `text` for people; it holds no names, phones or addresses. Deliberately absent: when a job runs and whether it is
//! owed (`parcelward_scheduler::cron`).

mod calendar_coverage;
mod claims_ageing;
mod export;
mod handover;
mod kind;
mod lanes;
mod listing;
mod retention;
mod review;

pub use kind::{Job, Wanted};

use crate::http::App;
use async_trait::async_trait;
use parcelward_casework::instant::Length;
use parcelward_scheduler::cron::{Done, Firing, Jobs, Timetable, TimetableOptions};
use serde_json::{Map, Value};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long a stop waits for jobs that run.
const STOP_TIME: Duration = Duration::from_secs(5);

/// Puts the schedules of the configuration to work.
pub(crate) fn start(app: &Arc<App>) -> Timetable {
    let config = app.config();
    let jobs = DaemonJobs { app: Arc::downgrade(app) };
    let options =
        TimetableOptions { boot_id: app.desk.boot_id().to_owned(), revision: config.revision.clone(), stop_time: STOP_TIME, ticks: true };
    Timetable::start(Arc::clone(&app.store), Arc::new(jobs), Arc::clone(&app.clock), config.schedules.clone(), options)
}

/// The jobs of a daemon.
#[derive(Debug)]
struct DaemonJobs {
    /// The daemon holds the timetable that holds the jobs.
    app: Weak<App>,
}

#[async_trait]
impl Jobs for DaemonJobs {
    async fn run(&self, firing: &Firing) -> Result<Done, String> {
        let app = self.app.upgrade().ok_or("the daemon is stopping")?;
        let spec = firing.schedule.spec();
        let options = Options(&spec.options);
        match Job::from_word(&spec.job).ok_or("this version does not know the job")? {
            Job::Review => review::run(&app, firing).await,
            Job::Handover => handover::run(&app, options).await,
            Job::ClaimsAgeing => claims_ageing::run(&app, options).await,
            Job::CalendarCoverage => calendar_coverage::run(&app, options),
            Job::Export => export::run(&app, options).await,
            Job::Retention => retention::run(&app).await,
            Job::PollTracking => lanes::poll_tracking(&app, options).await,
            Job::RecheckBothSources => lanes::recheck_both_sources(&app, options).await,
        }
    }
}

/// What a job is told; checked when the configuration was read.
#[derive(Clone, Copy)]
struct Options<'a>(&'a Map<String, Value>);

impl Options<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn length(&self, name: &str, usual: Length) -> Length {
        self.text(name).and_then(|text| Length::parse(text).ok()).unwrap_or(usual)
    }

    fn count(&self, name: &str, usual: usize) -> usize {
        self.0.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(usual)
    }
}
