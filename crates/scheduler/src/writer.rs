//! The one task that writes: it takes what waits, wakes what is due, and sleeps until the next moment.
//!
//! Nothing here is inside a `select!` that could be dropped half-way: a transaction always ends by itself.

use crate::batch::{self, Bench, Done, Limits, Skip, Trouble};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::desk::{DeskOptions, InForce, Pulse, Request};
use crate::engine::Engine;
use crate::metric;
use crate::receipt::{DeskError, Incoming, Receipt};
use arc_swap::ArcSwap;
use parcelward_casework::fact::FactBody;
use parcelward_casework::instant::Instant;
use parcelward_casework::world::World;
use parcelward_store::{SharedStore, StoreError, crash_point};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// The longest sleep on one timer: the wall clock may jump, the machine may sleep, another process may write.
const LONGEST_SLEEP: Duration = Duration::from_secs(2);
/// How long a transaction is tried that the database does not take: long enough for a server that starts again.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest pause between two tries. Short: after an outage every daemon has long waits behind it and comes back at the same moment, and who is
/// faster meanwhile (news of the world) would send a slow one round again and again, for seconds.
const LONGEST_WAIT: Duration = Duration::from_millis(200);
/// The pause after a look that found nothing to do although something is due: another daemon has it in hand.
const LULL: Duration = Duration::from_millis(20);
/// Case files that news of the world reaches in one step, for each that a batch may wake.
const ROUSED_A_WAKE: u32 = 4;
/// The longest pause after a failure that trying again does not mend at once: what fell due meanwhile is to be done within 5 s of its end.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

pub(crate) struct Writer {
    pub(crate) store: SharedStore,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<InForce>>,
    pub(crate) options: DeskOptions,
    pub(crate) queue: mpsc::UnboundedReceiver<Request>,
    pub(crate) stop: CancellationToken,
    pub(crate) beat: watch::Sender<Pulse>,
    pub(crate) looked: Arc<Looked>,
    pub(crate) world: Arc<World>,
    pub(crate) cache: Cache,
    pub(crate) waiting: VecDeque<Request>,
    pub(crate) pause: Pause,
    /// News of the world is on its way to case files.
    pub(crate) rousing: bool,
    /// Case files that are woken in one transaction while nobody waits: more each time that more were due.
    pub(crate) rush: u32,
}

/// When the writer last looked for what is to do: a writer that hangs does not.
#[derive(Debug)]
pub(crate) struct Looked {
    start: std::time::Instant,
    at_ms: AtomicU64,
}

impl Looked {
    pub(crate) fn start() -> Arc<Self> {
        Arc::new(Looked { start: std::time::Instant::now(), at_ms: AtomicU64::new(0) })
    }

    fn now(&self) {
        self.at_ms.store(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How long ago.
    pub(crate) fn ago(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.at_ms.load(Ordering::Relaxed)))
    }
}

/// The pause that wakes make after a failure, longer each time until something is committed.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    length: Duration,
    until: Option<tokio::time::Instant>,
}

impl Pause {
    fn longer(&mut self) {
        self.length = (self.length * 2).clamp(Duration::from_millis(200), LONGEST_PAUSE);
        self.until = Some(tokio::time::Instant::now() + self.length);
    }

    /// A short one, after which nothing has failed.
    fn lull(&mut self) {
        self.until = Some(tokio::time::Instant::now() + LULL);
    }

    fn end(&mut self) {
        *self = Pause::default();
    }

    /// What is left of it.
    fn left(&self) -> Duration {
        self.until.map_or(Duration::ZERO, |until| until.saturating_duration_since(tokio::time::Instant::now()))
    }
}

/// Reads what the store knows of the world.
pub(crate) async fn read_world(store: &SharedStore) -> Result<World, StoreError> {
    let mut world = World::default();
    let mut tx = store.begin().await?;
    let changes = tx.world_from(0).await;
    tx.rollback().await;
    for change in changes? {
        world.push(change);
    }
    Ok(world)
}

impl Writer {
    /// Runs until the desk is stopped and everything that waited is answered.
    pub(crate) async fn run(mut self) {
        let mut next_wake_at = Some(Instant::MIN);
        loop {
            self.looked.now();
            let stopping = self.stop.is_cancelled();
            if stopping {
                self.queue.close();
            }
            self.drain();
            let may_wake = !stopping && self.pause.left().is_zero();
            let due = may_wake && next_wake_at.is_some_and(|at| at <= self.clock.now());
            if self.waiting.is_empty() && !due {
                if stopping {
                    return;
                }
                self.sleep(next_wake_at).await;
                // Another process may have written meanwhile; a failing store may be back. Where the moment has come or somebody hands
                // something in, a transaction follows that finds out for itself, and the question after it.
                let come = may_wake && next_wake_at.is_some_and(|at| at <= self.clock.now());
                if self.waiting.is_empty() && !come {
                    next_wake_at = self.next_wake_at(next_wake_at).await;
                }
                continue;
            }
            if due && self.rousing {
                self.rouse().await;
            }
            let requests = self.take_batch();
            let wakes = match (due, requests.is_empty()) {
                (false, _) => 0,
                (true, true) => self.rush.max(self.options.batch_wakes),
                (true, false) => self.options.batch_wakes,
            };
            let more_due = self.serve(requests, wakes).await;
            self.rush = if more_due { wakes.saturating_mul(2).min(self.options.batch_wakes_alone) } else { 0 };
            next_wake_at = self.next_wake_at(next_wake_at).await;
            if more_due {
                next_wake_at = Some(Instant::MIN);
            }
        }
    }

    /// Takes over what was handed in meanwhile, without waiting.
    fn drain(&mut self) {
        while let Ok(request) = self.queue.try_recv() {
            self.waiting.push_back(request);
        }
        metrics::gauge!(metric::REQUESTS_WAITING).set(self.waiting.len() as f64);
    }

    /// Sleeps until the next moment, a request, or the stop: never longer than the longest sleep.
    async fn sleep(&mut self, next_wake_at: Option<Instant>) {
        let pause = self.pause.left();
        let until = match next_wake_at {
            _ if !pause.is_zero() => pause,
            Some(at) => Duration::from_millis(at.since(self.clock.now()).as_millis().max(0).unsigned_abs()),
            None => LONGEST_SLEEP,
        };
        tokio::select! {
            biased;
            request = self.queue.recv() => match request {
                Some(request) => self.waiting.push_back(request),
                // Nobody holds the desk any more.
                None => self.stop.cancel(),
            },
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(until.min(LONGEST_SLEEP)) => {}
        }
    }

    /// Carries news of the world on by a step.
    async fn rouse(&mut self) {
        let step = async {
            let mut tx = self.store.begin().await?;
            match tx.rouse_some(self.options.batch_wakes.max(1).saturating_mul(ROUSED_A_WAKE)).await {
                Ok(count) => {
                    crash_point!("wake.roused")?;
                    tx.commit().await?;
                    crash_point!("wake.rouse_done").map(|()| count)
                }
                Err(error) => {
                    tx.rollback().await;
                    Err(error)
                }
            }
        };
        match step.await {
            Ok(_) => {}
            Err(error) if error.is_transient() => tracing::debug!(%error, "news of the world is carried on later"),
            Err(error) => {
                tracing::error!(%error, "news of the world cannot be carried on");
                self.pause.longer();
            }
        }
    }

    async fn next_wake_at(&mut self, before: Option<Instant>) -> Option<Instant> {
        match self.store.next_wake_at().await {
            Ok(next) => {
                self.rousing = next == Some(Instant::MIN);
                self.beat.send_modify(|pulse| pulse.next_wake_at = next);
                next
            }
            Err(error) => {
                tracing::error!(%error, "the next moment cannot be read");
                self.pause.longer();
                before
            }
        }
    }

    /// Whole requests up to the size of a batch, one at least.
    fn take_batch(&mut self) -> Vec<Request> {
        let (mut taken, mut facts, mut bytes) = (Vec::new(), 0, 0);
        while let Some(next) = self.waiting.front() {
            facts += next.facts.len();
            bytes += next.facts.iter().map(|f| f.json.len()).sum::<usize>();
            if !taken.is_empty() && (facts > self.options.batch_facts || bytes > self.options.batch_bytes) {
                break;
            }
            taken.extend(self.waiting.pop_front());
        }
        taken
    }

    /// Commits requests and wakes, in as many transactions as it takes to isolate what cannot be committed. Says whether more is due.
    async fn serve(&mut self, requests: Vec<Request>, wakes: u32) -> bool {
        let mut work = vec![(requests, wakes)];
        let mut more_due = false;
        while let Some((mut requests, wakes)) = work.pop() {
            if requests.is_empty() && wakes == 0 {
                continue;
            }
            match self.commit(&requests, wakes).await {
                Ok(Some(done)) => more_due |= self.committed(requests, done).await,
                Ok(None) => self.pause.lull(),
                Err(error) if error.is_about_the_change() && requests.len() > 1 => {
                    let later = requests.split_off(requests.len() / 2);
                    work.extend([(Vec::new(), wakes), (later, 0), (requests, 0)]);
                }
                Err(error) if error.is_about_the_change() && !requests.is_empty() && wakes > 0 => {
                    work.extend([(Vec::new(), wakes), (requests, 0)]);
                }
                Err(error) if error.is_about_the_change() && requests.is_empty() && wakes > 1 => {
                    work.push((requests, wakes / 2));
                    more_due = true;
                }
                Err(error) => self.failed(requests, error),
            }
        }
        more_due
    }

    /// One transaction, tried again while the database does not take it or deciding panics. Nothing has happened where it fails.
    async fn commit(&mut self, requests: &[Request], wakes: u32) -> Result<Option<Done>, StoreError> {
        let facts: Vec<&Incoming> = requests.iter().flat_map(|r| &r.facts).collect();
        let mut skip = Skip::default();
        let mut limits = Limits { wakes, alone: false };
        let started = tokio::time::Instant::now();
        let mut tries = 0;
        loop {
            let error = match self.attempt(&facts, &limits, &skip).await {
                Ok(None) => return Ok(None),
                Ok(Some(done)) => {
                    self.note_broken(&skip, &done).await;
                    return Ok(Some(done));
                }
                Err(Trouble::Fact(at)) => {
                    let id = facts.get(at).map(|f| (f.fact.id.source.as_str(), f.fact.id.id.as_str()));
                    tracing::error!(?id, "deciding a fact panicked; the fact is refused");
                    metrics::counter!(metric::ENGINE_PANICS).increment(1);
                    skip.facts.insert(at);
                    continue;
                }
                Err(Trouble::Wake(order)) => {
                    tracing::error!(%order, "waking a case file panicked; it is set aside");
                    metrics::counter!(metric::ENGINE_PANICS).increment(1);
                    skip.wakes.insert(order, "waking it failed");
                    continue;
                }
                Err(Trouble::Unstorable(order, error)) => {
                    tracing::error!(%order, %error, "what waking a case file leads to cannot be stored; it is set aside");
                    skip.wakes.insert(order, "what waking it leads to cannot be stored");
                    continue;
                }
                Err(Trouble::News(error)) => {
                    limits.alone = true;
                    error
                }
                Err(Trouble::Store(error)) => error,
            };
            tries += 1;
            if !error.is_transient() || started.elapsed() > PATIENCE {
                return Err(error);
            }
            tracing::debug!(%error, tries, "the transaction is tried again");
            metrics::counter!(metric::RETRIES).increment(1);
            self.beat.send_modify(|pulse| pulse.retries += 1);
            tokio::time::sleep(wait(tries, &mut self.options.chance)).await;
        }
    }

    /// One try, in a span of its own.
    async fn attempt(&mut self, facts: &[&Incoming], limits: &Limits, skip: &Skip) -> Result<Option<Done>, Trouble> {
        let empty = tracing::field::Empty;
        let span = tracing::debug_span!(
            "transaction",
            facts = facts.len(),
            wakes = empty,
            decisions = empty,
            database_ms = empty,
            decide_ms = empty,
            result = empty
        );
        let started = std::time::Instant::now();
        let done = self.try_once(facts, limits, skip).instrument(span.clone()).await;
        let took = started.elapsed();
        let result = match &done {
            Ok(Some(done)) => {
                metrics::histogram!(metric::TRANSACTION).record(took.as_secs_f64());
                span.record("wakes", done.tally.lateness.len());
                span.record("decisions", done.tally.decisions);
                span.record("decide_ms", milliseconds(done.tally.decided_in));
                span.record("database_ms", milliseconds(took.saturating_sub(done.tally.decided_in)));
                "committed"
            }
            Ok(None) => "nothing_to_do",
            Err(_) => "rolled_back",
        };
        span.record("result", result);
        span.in_scope(|| tracing::debug!("transaction"));
        done
    }

    async fn try_once(&mut self, facts: &[&Incoming], limits: &Limits, skip: &Skip) -> Result<Option<Done>, Trouble> {
        let held = self.rules.load_full();
        let named = held.named.load(Ordering::Relaxed);
        let bench = Bench {
            engine: &*self.engine,
            rules: &held.rules,
            config: held.config,
            config_is_new: !named,
            shadowed: held.shadow.is_some(),
            cache: &self.cache,
            skip,
        };
        let mut tx = self.store.begin().await?;
        match batch::run(&mut *tx, &bench, Arc::clone(&self.world), self.clock.now(), facts, limits).await {
            Ok(None) => {
                tx.rollback().await;
                Ok(None)
            }
            Ok(Some(mut done)) => {
                let started = std::time::Instant::now();
                tx.commit().await?;
                if let Some(shadow) = &held.shadow {
                    shadow.look(std::mem::take(&mut done.seen));
                }
                metrics::histogram!(metric::COMMIT).record(started.elapsed().as_secs_f64());
                held.named.store(true, Ordering::Relaxed);
                Ok(Some(done))
            }
            Err(trouble) => {
                tx.rollback().await;
                Err(trouble)
            }
        }
    }

    /// Sets aside what could not be woken or read, so that it stands in nobody's way.
    async fn note_broken(&mut self, skip: &Skip, done: &Done) {
        let left_out = skip.wakes.iter().map(|(order, why)| (order, *why));
        let unreadable = done.unreadable.iter().map(|(order, why)| (order, why.as_str()));
        for (order, why) in left_out.chain(unreadable) {
            self.set_aside(order, why).await;
        }
    }

    async fn set_aside(&mut self, order: &parcelward_casework::fact::OrderKey, why: &str) {
        tracing::error!(%order, why, "the case file is set aside");
        metrics::counter!(metric::SET_ASIDE).increment(1);
        if let Err(error) = self.store.set_aside(order, why, self.clock.now()).await {
            tracing::error!(%order, %error, "the case file could not be set aside");
            self.pause.longer();
        }
    }

    /// Takes a committed batch over and answers its requests. Says whether more is due.
    async fn committed(&mut self, requests: Vec<Request>, done: Done) -> bool {
        let Done { recorded, receipts, world, kept, tally, more_due, .. } = done;
        self.world = world;
        for (order, kept) in kept {
            self.cache.put(order, kept);
        }
        self.pause.end();
        tally.tell(requests.iter().flat_map(|r| &r.facts).zip(&receipts));
        // More than a few milliseconds mean that the clock was set back: instants go on from the newest one.
        let set_back = recorded.since(self.clock.now()).as_millis().max(0) as f64 / 1000.0;
        metrics::gauge!(metric::CLOCK_SET_BACK).set(set_back);
        // An error here would be one of the answer only, which nobody waits for.
        let _ = crash_point!("commit.answered");
        if is_about_tasks(&requests) {
            let _ = crash_point!("task_update.done");
        }
        let mut receipts = receipts.into_iter();
        for request in requests {
            let answer: Vec<Receipt> = receipts.by_ref().take(request.facts.len()).collect();
            // Whoever asked may have gone; what was journalled stays.
            let _ = request.answer.send(Ok(answer));
        }
        self.beat.send_modify(|pulse| {
            pulse.batches += 1;
            pulse.recorded = Some(recorded);
            pulse.failing = None;
        });
        more_due
    }

    /// Answers requests of which nothing was taken.
    fn failed(&mut self, requests: Vec<Request>, error: StoreError) {
        tracing::error!(%error, requests = requests.len(), "nothing of the batch was taken");
        metrics::counter!(metric::BATCHES_FAILED).increment(1);
        self.beat.send_modify(|pulse| pulse.failing = Some(error.to_string()));
        let error = Arc::new(error);
        for request in requests {
            let _ = request.answer.send(Err(DeskError::Store(Arc::clone(&error))));
        }
        self.pause.longer();
    }
}

/// The pause before a transaction is tried again: twice as long each time, and for a part by chance, so that two that stand in each other's
/// way do not meet again.
fn wait(tries: u32, chance: &mut u64) -> Duration {
    let longest = Duration::from_millis(5 << tries.min(10)).min(LONGEST_WAIT);
    *chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    longest.mul_f64(0.5 + (*chance >> 33) as f64 / f64::from(1_u32 << 31) / 2.0)
}

/// Whether somebody tells what people did with tasks.
fn is_about_tasks(requests: &[Request]) -> bool {
    requests.iter().flat_map(|r| &r.facts).any(|f| matches!(f.fact.body, FactBody::TaskUpdate(_)))
}

fn milliseconds(length: Duration) -> f64 {
    length.as_secs_f64() * 1000.0
}
