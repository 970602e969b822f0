//! Running a claimed slot: its turn, the job, how it ended.

use super::ledger::Inner;
use super::schedule::{Overlap, Schedule};
use async_trait::async_trait;
use parcelward_casework::instant::Instant;
use parcelward_store::{RunEnd, RunState};
use std::sync::Arc;
use std::time::Duration;

/// What jobs do. Implemented by whoever has the parts that they need.
#[async_trait]
pub trait Jobs: Send + Sync + std::fmt::Debug {
    /// Runs the job of a firing.
    ///
    /// # Errors
    /// In a sentence, for people: it is kept with the run. No personal data.
    async fn run(&self, firing: &Firing) -> Result<Done, String>;
}

/// A firing.
#[derive(Debug, Clone)]
pub struct Firing {
    /// The schedule.
    pub schedule: Arc<Schedule>,
    /// When it was due; by hand, when it was asked for.
    pub slot: Instant,
    /// A person asked for it.
    pub by_hand: bool,
    /// The slot of the newest run before it that went well.
    pub previous: Option<Instant>,
    /// The slot that comes next.
    pub next: Option<Instant>,
}

/// How a job ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// In a sentence, for the log and the list.
    pub message: String,
    /// What it found, as JSON.
    pub report: Option<String>,
}

/// How long one waits before it looks again whether its turn has come.
const TURN: Duration = Duration::from_millis(500);
/// How often the end of a run is written where the database does not answer.
const TRIES: u32 = 10;
/// Runs among which the last good one is looked for.
const LOOK_BACK: u32 = 50;

/// Runs claimed slots of one schedule one after the other.
pub(super) async fn run_all(inner: Arc<Inner>, schedule: Arc<Schedule>, slots: Vec<Instant>, by_hand: bool) {
    for slot in slots {
        let end = tokio::select! {
            biased;
            end = run_one(&inner, &schedule, slot, by_hand) => end,
            () = inner.cut_off.cancelled() => {
                RunEnd { state: RunState::Lost, message: "the daemon stopped before it had ended".to_owned(), report: None }
            }
        };
        log(schedule.name(), slot, &end);
        metrics::counter!(crate::metric::SCHEDULE_RUNS, "state" => end.state.word()).increment(1);
        for tries in 1..=TRIES {
            match inner.store.end_run(schedule.name(), slot, &end, inner.clock.now()).await {
                Ok(()) => break,
                Err(error) if tries == TRIES => tracing::error!(schedule = schedule.name(), %error, "the end of a run could not be stored"),
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
        inner.forget_mine(schedule.name(), slot);
    }
}

async fn run_one(inner: &Arc<Inner>, schedule: &Arc<Schedule>, slot: Instant, by_hand: bool) -> RunEnd {
    let name = schedule.name();
    if schedule.spec().overlap == Overlap::Queue {
        while !is_its_turn(inner, name, slot).await {
            tokio::time::sleep(TURN).await;
        }
    }
    if let Err(error) = inner.store.start_run(name, slot, inner.clock.now()).await {
        tracing::warn!(schedule = name, %error, "the start of a run could not be stored");
    }
    let before = inner.store.runs(name, Some(slot), LOOK_BACK).await.map(|page| page.rows).unwrap_or_default();
    let previous = before.iter().find(|run| run.state == RunState::Ok).map(|run| run.slot);
    let firing = Firing { schedule: Arc::clone(schedule), slot, by_hand, previous, next: schedule.next_after(inner.clock.now().max(slot)) };
    // A job that panics fails; the others go on.
    let jobs = Arc::clone(&inner.jobs);
    let mut job = AbortOnDrop(tokio::spawn(async move { jobs.run(&firing).await }));
    match (&mut job.0).await {
        Ok(Ok(done)) => RunEnd { state: RunState::Ok, message: done.message, report: done.report },
        Ok(Err(message)) => RunEnd { state: RunState::Failed, message, report: None },
        Err(_) => RunEnd { state: RunState::Failed, message: "the job broke off; the log says why".to_owned(), report: None },
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether no earlier run of the schedule is open, on any daemon.
async fn is_its_turn(inner: &Inner, name: &str, slot: Instant) -> bool {
    match inner.store.open_runs().await {
        Ok(open) => !open.iter().any(|run| run.schedule == name && run.slot < slot),
        Err(_) => false,
    }
}

fn log(schedule: &str, slot: Instant, end: &RunEnd) {
    match end.state {
        RunState::Ok => tracing::info!(schedule, %slot, "{}", end.message),
        _ => tracing::warn!(schedule, %slot, state = end.state.word(), "{}", end.message),
    }
}
