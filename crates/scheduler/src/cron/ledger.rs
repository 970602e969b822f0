//! The schedules at work: the sweep that claims what is owed, and the runs that come of it.

use super::plan::plan;
use super::runs::{Jobs, run_all};
use super::schedule::{Overlap, Schedule};
use super::ticker;
use crate::clock::Clock;
use parcelward_casework::instant::{Instant, Length};
use parcelward_store::{RunEnd, RunRow, RunState, ScheduleRow, SharedStore, SlotClaim, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A daemon that was not heard of for so long is taken for dead, and its runs for lost.
const DEAD: Length = Length::minutes(1);
/// How often what is left behind is looked for.
const TIDY: Length = Length::millis(30_000);
/// How long runs are kept.
const KEPT: Length = Length::days(92);
/// How many runs of a schedule may wait for their turn.
const QUEUE: usize = 100;

/// What a timetable is started with.
#[derive(Debug, Clone)]
pub struct TimetableOptions {
    /// The boot of this daemon, as it stands in the database.
    pub boot_id: String,
    /// The revision of the configuration that the schedules are of.
    pub revision: String,
    /// How long a stop waits for what runs.
    pub stop_time: Duration,
    /// Whether it ticks by itself; tests sweep by hand.
    pub ticks: bool,
}

/// Why a request about a schedule came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum TimetableError {
    /// There is no schedule of this name.
    #[error("there is no schedule of this name")]
    Unknown,
    /// It was asked for twice in the same millisecond, or it runs and may not run twice.
    #[error("a run of this schedule has not ended yet")]
    Busy,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A schedule with what is known of it.
#[derive(Debug, Clone)]
pub struct Known {
    /// The schedule.
    pub schedule: Arc<Schedule>,
    /// What the ledger says; `None` where it is switched off, or not taken over yet.
    pub row: Option<ScheduleRow>,
    /// Another daemon has taken over another wording of it; this one does not fire it.
    pub contested: bool,
    /// By how much its firings come after their slots.
    pub shift: Length,
}

#[derive(Debug, Default)]
struct State {
    schedules: Vec<Arc<Schedule>>,
    revision: String,
    seed: Option<String>,
    adopted: bool,
    rows: BTreeMap<String, ScheduleRow>,
    due: BTreeMap<String, Option<Instant>>,
    warned: BTreeSet<String>,
    tidied_at: Option<Instant>,
    forgot_at: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) store: SharedStore,
    pub(super) jobs: Arc<dyn Jobs>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stop: CancellationToken,
    pub(super) cut_off: CancellationToken,
    boot_id: String,
    state: tokio::sync::Mutex<State>,
    /// Runs that this daemon has in hand.
    mine: Mutex<BTreeSet<(String, Instant)>>,
    tasks: TaskTracker,
}

/// The schedules at work on one daemon.
#[derive(Debug, Clone)]
pub struct Timetable {
    inner: Arc<Inner>,
    stop_time: Duration,
}

impl Timetable {
    /// Starts it. The ledger is asked with the first sweep.
    #[must_use]
    pub fn start(
        store: SharedStore,
        jobs: Arc<dyn Jobs>,
        clock: Arc<dyn Clock>,
        schedules: Vec<Arc<Schedule>>,
        options: TimetableOptions,
    ) -> Self {
        let state = State { schedules: sorted(schedules), revision: options.revision, ..State::default() };
        let inner = Arc::new(Inner {
            store,
            jobs,
            clock,
            stop: CancellationToken::new(),
            cut_off: CancellationToken::new(),
            boot_id: options.boot_id,
            state: tokio::sync::Mutex::new(state),
            mine: Mutex::default(),
            tasks: TaskTracker::new(),
        });
        if options.ticks {
            inner.tasks.spawn(ticker::keep(Arc::clone(&inner)));
        }
        Timetable { inner, stop_time: options.stop_time }
    }

    /// Puts the schedules of another configuration in force, from this moment on.
    pub async fn set(&self, schedules: Vec<Arc<Schedule>>, revision: String) {
        let mut state = self.inner.state.lock().await;
        (state.schedules, state.revision, state.adopted) = (sorted(schedules), revision, false);
        state.warned.clear();
        // A failure is said by the next sweep, which tries again.
        if let Err(error) = self.inner.adopt(&mut state).await {
            tracing::warn!(%error, "the schedules of the new configuration are not in force yet");
        }
    }

    /// Claims what is owed now and starts it. Called by the ticker; by hand in tests.
    ///
    /// # Errors
    /// Where the ledger does not answer; the next sweep makes up for it.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.inner.sweep().await
    }

    /// Every schedule, by name.
    pub async fn known(&self) -> Vec<Known> {
        let state = self.inner.state.lock().await;
        let known = |schedule: &Arc<Schedule>| {
            let row = state.rows.get(schedule.name()).filter(|row| row.digest == schedule.digest()).cloned();
            let contested = schedule.spec().enabled && state.adopted && row.is_none();
            let shift = schedule.shift(state.seed.as_deref().unwrap_or_default());
            Known { schedule: Arc::clone(schedule), row, contested, shift }
        };
        state.schedules.iter().map(known).collect()
    }

    /// Runs a schedule now, whether it is switched on or not. Gives the instant under which the run is kept; it runs on when this returns.
    ///
    /// # Errors
    /// [`TimetableError`].
    pub async fn run_now(&self, name: &str) -> Result<Instant, TimetableError> {
        let inner = &self.inner;
        let state = inner.state.lock().await;
        let schedule = state.schedules.iter().find(|s| s.name() == name).cloned().ok_or(TimetableError::Unknown)?;
        if schedule.spec().overlap == Overlap::Skip && inner.store.open_runs().await?.iter().any(|run| run.schedule == name) {
            return Err(TimetableError::Busy);
        }
        let now = inner.clock.now();
        inner.take_mine(name, now);
        match inner.store.claim_by_hand(&inner.boot_id, name, now).await {
            Ok(true) => {
                inner.tasks.spawn(run_all(Arc::clone(inner), schedule, vec![now], true));
                Ok(now)
            }
            refused => {
                inner.forget_mine(name, now);
                refused?;
                Err(TimetableError::Busy)
            }
        }
    }

    /// Stops it: no further sweep; what runs may end within the stop time, and is noted as lost where it does not.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(self.stop_time, self.inner.tasks.wait()).await.is_err() {
            self.inner.cut_off.cancel();
            // What is cut off only writes its last line; a database that does not answer is not waited for.
            let _ = tokio::time::timeout(Duration::from_secs(2), self.inner.tasks.wait()).await;
        }
    }

    /// Waits until nothing that was claimed runs any more. For tests; the ticker must not tick.
    pub async fn idle(&self) {
        while !self.inner.mine().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn sorted(mut schedules: Vec<Arc<Schedule>>) -> Vec<Arc<Schedule>> {
    schedules.sort_by(|a, b| a.name().cmp(b.name()));
    schedules
}

impl Inner {
    /// Takes the schedules over into the ledger.
    async fn adopt(&self, state: &mut State) -> Result<(), StoreError> {
        if state.seed.is_none() {
            state.seed = Some(self.store.incarnation().await?);
        }
        let enabled = state.schedules.iter().filter(|schedule| schedule.spec().enabled);
        let named: Vec<(String, String)> = enabled.map(|s| (s.name().to_owned(), s.digest().to_owned())).collect();
        let rows = self.store.adopt_schedules(&named, self.clock.now()).await?;
        self.take_rows(state, rows);
        state.adopted = true;
        Ok(())
    }

    fn take_rows(&self, state: &mut State, rows: Vec<ScheduleRow>) {
        state.rows = rows.into_iter().map(|row| (row.name.clone(), row)).collect();
        state.due.clear();
    }

    /// When a schedule is due next, from the row as it is known here.
    fn due(state: &mut State, schedule: &Schedule) -> Option<Instant> {
        let row = state.rows.get(schedule.name()).filter(|row| row.digest == schedule.digest())?;
        let (upto, shift) = (row.upto, schedule.shift(state.seed.as_deref().unwrap_or_default()));
        *state.due.entry(schedule.name().to_owned()).or_insert_with(|| schedule.next_after(upto).map(|slot| slot + shift))
    }

    pub(super) async fn sweep(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut state = self.state.lock().await;
        if !state.adopted {
            self.adopt(&mut state).await?;
        }
        let now = self.clock.now();
        self.tidy(&mut state, now).await?;
        let schedules: Vec<Arc<Schedule>> = state.schedules.iter().filter(|s| s.spec().enabled).cloned().collect();
        let due: Vec<Arc<Schedule>> = schedules.into_iter().filter(|s| Self::due(&mut state, s).is_some_and(|at| at <= now)).collect();
        if due.is_empty() {
            return Ok(());
        }
        let open = self.store.open_runs().await?;
        let claims: Vec<SlotClaim> = due.iter().filter_map(|schedule| claim(&state, schedule, &open, now)).collect();
        // They are in hand before they are claimed, so that nobody takes them for left behind.
        for claim in &claims {
            claim.runs.iter().filter(|run| run.passed_over.is_none()).for_each(|run| self.take_mine(&claim.schedule, run.slot));
        }
        let answers = self.store.claim_slots(&self.boot_id, &claims, now).await;
        let won = answers.as_ref().map(Vec::as_slice).unwrap_or_default();
        let mut stale = false;
        for (n, claim) in claims.iter().enumerate() {
            let slots = won.get(n).cloned().flatten();
            let runs = claim.runs.iter().filter(|run| run.passed_over.is_none()).map(|run| run.slot);
            let (mine, not): (Vec<Instant>, Vec<Instant>) = runs.partition(|slot| slots.as_ref().is_some_and(|won| won.contains(slot)));
            not.into_iter().for_each(|slot| self.forget_mine(&claim.schedule, slot));
            if slots.is_none() {
                stale = true;
                continue;
            }
            if let Some(row) = state.rows.get_mut(&claim.schedule) {
                (row.upto, row.skipped) = (claim.upto, row.skipped + claim.skipped);
            }
            state.due.remove(&claim.schedule);
            claim.runs.iter().filter_map(|run| Some((run.slot, run.passed_over.as_ref()?))).for_each(|(slot, why)| {
                tracing::warn!(schedule = claim.schedule, %slot, skipped = claim.skipped, "passed over: {why}");
            });
            let schedule = due.iter().find(|schedule| schedule.name() == claim.schedule);
            if let Some(schedule) = schedule.filter(|_| !mine.is_empty()) {
                self.tasks.spawn(run_all(Arc::clone(self), Arc::clone(schedule), mine, false));
            }
        }
        if stale {
            let rows = self.store.schedules().await?;
            self.take_rows(&mut state, rows);
        }
        answers.map(|_| ())
    }

    /// Looks now and then for what dead daemons left behind, and for schedules that nobody fires.
    async fn tidy(&self, state: &mut State, now: Instant) -> Result<(), StoreError> {
        let due = state.tidied_at.is_none_or(|at| now.since(at) >= TIDY || now < at);
        if !due {
            return Ok(());
        }
        state.tidied_at = Some(now);
        let open: Vec<RunRow> = self.store.open_runs().await?;
        let contested: Vec<String> = state
            .schedules
            .iter()
            .filter(|s| s.spec().enabled && state.rows.get(s.name()).is_none_or(|row| row.digest != s.digest()))
            .map(|s| s.name().to_owned())
            .collect();
        if !open.is_empty() || !contested.is_empty() {
            let alive = self.store.daemons(parcelward_store::MAX_PAGE).await?;
            let alive: Vec<_> = alive.into_iter().filter(|d| now.since(d.beat_at) < DEAD && d.boot_id != self.boot_id).collect();
            for run in open.iter().filter(|run| now.since(run.claimed_at) >= DEAD) {
                let in_hand = match run.boot_id == self.boot_id {
                    true => self.mine().contains(&(run.schedule.clone(), run.slot)),
                    false => alive.iter().any(|daemon| daemon.boot_id == run.boot_id),
                };
                if !in_hand {
                    tracing::warn!(schedule = run.schedule, slot = %run.slot, "its daemon ended while it ran; it is not run again");
                    let message = "its daemon ended while it ran".to_owned();
                    let end = RunEnd { state: RunState::Lost, message, report: None };
                    self.store.end_run(&run.schedule, run.slot, &end, now).await?;
                }
            }
            let rival = alive.iter().find(|daemon| !daemon.revision.starts_with(&state.revision));
            match rival {
                // Whoever took the other wording over is gone: this one holds again, from now on.
                None if !contested.is_empty() => self.adopt(state).await?,
                None => {}
                Some(rival) => {
                    let (rows, name) = (self.store.schedules().await?, rival.name.clone());
                    self.take_rows(state, rows);
                    for schedule in contested {
                        if state.warned.insert(schedule.clone()) {
                            tracing::warn!(schedule, "{name} works by another configuration, which holds for this schedule");
                        }
                    }
                }
            }
        }
        if state.forgot_at.is_none_or(|at| now.since(at) >= Length::hours(1)) {
            state.forgot_at = Some(now);
            self.store.forget_runs(now - KEPT).await?;
        }
        Ok(())
    }

    fn mine(&self) -> std::sync::MutexGuard<'_, BTreeSet<(String, Instant)>> {
        self.mine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_mine(&self, schedule: &str, slot: Instant) {
        self.mine().insert((schedule.to_owned(), slot));
    }

    pub(super) fn forget_mine(&self, schedule: &str, slot: Instant) {
        self.mine().remove(&(schedule.to_owned(), slot));
    }
}

/// What is claimed for a schedule that is due.
fn claim(state: &State, schedule: &Schedule, open: &[RunRow], now: Instant) -> Option<SlotClaim> {
    let row = state.rows.get(schedule.name())?;
    let upto = now - schedule.shift(state.seed.as_deref().unwrap_or_default());
    if upto <= row.upto {
        return None;
    }
    let waiting: Vec<&RunRow> = open.iter().filter(|run| run.schedule == schedule.name()).collect();
    let busy = match schedule.spec().overlap {
        Overlap::Skip => waiting.first().map(|run| format!("the run of {} had not ended", run.slot)),
        Overlap::Queue => (waiting.len() >= QUEUE).then(|| format!("{QUEUE} runs wait for their turn already")),
    };
    let planned = plan(schedule, &schedule.owed(row.upto, upto), upto, busy.as_deref());
    let (skipped, runs) = (planned.skipped, planned.rows);
    Some(SlotClaim { schedule: row.name.clone(), digest: row.digest.clone(), after: row.upto, upto, skipped, runs })
}
