//! The handle that everyone holds: facts go in, receipts come out.

use crate::cache::Cache;
use crate::clock::Clock;
use crate::engine::{Casework, Engine};
use crate::presence::{self, LaneNotes, Presence};
use crate::receipt::{DeskError, Incoming, Receipt};
use crate::shadow::Shadow;
use crate::writer::{Looked, Pause, Writer, read_world};
use arc_swap::ArcSwap;
use parcelward_casework::instant::Instant;
use parcelward_casework::rules::Rules;
use parcelward_store::{LaneNote, SharedStore, StoreError};
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How the desk works. The defaults suit one machine.
#[derive(Debug, Clone)]
pub struct DeskOptions {
    /// Facts of one batch at most; a single larger request is still one batch.
    pub batch_facts: usize,
    /// Bytes of one batch at most, likewise.
    pub batch_bytes: usize,
    /// Bytes of facts that may wait; further requests wait before they are taken in.
    pub waiting_bytes: usize,
    /// Case files woken in one transaction at most.
    pub batch_wakes: u32,
    /// The same while nobody waits for the writer: more each time that more were due, up to this. Many due ones share the pages that they
    /// touch; a request that comes meanwhile waits for the one transaction.
    pub batch_wakes_alone: u32,
    /// Case files kept in memory between batches.
    pub cached_files: usize,
    /// What people call this daemon. Any number may bear one name.
    pub name: String,
    /// The revision of the configuration that it starts with.
    pub revision: String,
    /// The number under which the store knows that configuration.
    pub config: Option<u32>,
    /// What the length of pauses between tries is drawn from, so that two desks do not wait alike. Another number each time, by default.
    pub chance: u64,
}

impl Default for DeskOptions {
    fn default() -> Self {
        DeskOptions {
            batch_facts: 1_000,
            batch_bytes: 8 << 20,
            waiting_bytes: 64 << 20,
            batch_wakes: 200,
            batch_wakes_alone: 2_000,
            cached_files: 1_000,
            name: presence::name_of_machine(),
            revision: String::new(),
            config: None,
            chance: BuildHasher::hash_one(&RandomState::new(), 0),
        }
    }
}

/// The desk's last sign of life, for health checks and the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// Batches committed since the start.
    pub batches: u64,
    /// How often a batch was tried again because the database did not take it: another daemon was faster, or the connection was lost.
    pub retries: u64,
    /// The instant of the newest one.
    pub recorded: Option<Instant>,
    /// The next moment at which a case file wants to be woken.
    pub next_wake_at: Option<Instant>,
    /// Why the last batch failed, while it fails.
    pub failing: Option<String>,
}

/// Where facts are handed in. Clones are the same desk.
#[derive(Debug, Clone)]
pub struct Desk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: mpsc::UnboundedSender<Request>,
    room: Arc<Semaphore>,
    room_size: u32,
    rules: Arc<ArcSwap<InForce>>,
    revision: Arc<ArcSwap<String>>,
    refused: Arc<ArcSwap<Option<String>>>,
    boot_id: String,
    name: String,
    lanes: Arc<LaneNotes>,
    pulse: watch::Receiver<Pulse>,
    looked: Arc<Looked>,
    stop: CancellationToken,
    ended: watch::Receiver<bool>,
    leaving: Mutex<Option<JoinHandle<()>>>,
}

/// What is decided by.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) rules: Arc<Rules>,
    /// Its number in the store.
    pub(crate) config: Option<u32>,
    /// Whether some batch has named that number.
    pub(crate) named: AtomicBool,
    /// What runs beside.
    pub(crate) shadow: Option<Shadow>,
}

impl InForce {
    fn new(rules: Arc<Rules>, config: Option<u32>) -> Self {
        InForce { rules, config, named: AtomicBool::new(false), shadow: None }
    }
}

/// A request that waits.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) facts: Vec<Incoming>,
    pub(crate) answer: oneshot::Sender<Result<Vec<Receipt>, DeskError>>,
    pub(crate) _room: tokio::sync::OwnedSemaphorePermit,
}

impl Desk {
    /// Reads what the store knows of the world and starts the writer.
    ///
    /// # Errors
    /// Any [`StoreError`] of that reading.
    pub async fn start(store: SharedStore, rules: Arc<Rules>, clock: Arc<dyn Clock>, options: DeskOptions) -> Result<Desk, StoreError> {
        Desk::start_with(Arc::new(Casework), store, rules, clock, options).await
    }

    /// The same with another engine.
    ///
    /// # Errors
    /// Any [`StoreError`] of reading the world.
    pub async fn start_with(
        engine: Arc<dyn Engine>,
        store: SharedStore,
        rules: Arc<Rules>,
        clock: Arc<dyn Clock>,
        options: DeskOptions,
    ) -> Result<Desk, StoreError> {
        let world = Arc::new(read_world(&store).await?);
        // What was set aside by an earlier version may be well with this one.
        let taken_back = store.take_back().await?;
        if taken_back > 0 {
            tracing::info!(taken_back, "case files that were set aside are tried again");
        }
        let (queue, waiting) = mpsc::unbounded_channel();
        let room_size = u32::try_from(options.waiting_bytes).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 3);
        let (beat, pulse) = watch::channel(Pulse { batches: 0, retries: 0, recorded: None, next_wake_at: None, failing: None });
        let (end, ended) = watch::channel(false);
        let rules = Arc::new(ArcSwap::from_pointee(InForce::new(rules, options.config)));
        let stop = CancellationToken::new();
        let looked = Looked::start();
        let boot_id = uuid::Uuid::new_v4().simple().to_string();
        let revision = Arc::new(ArcSwap::from_pointee(options.revision.clone()));
        let refused = Arc::new(ArcSwap::from_pointee(None));
        let lanes = Arc::new(LaneNotes::default());
        let name = options.name.clone();
        let presence = Presence {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            pulse: pulse.clone(),
            name: options.name.clone(),
            revision: Arc::clone(&revision),
            refused: Arc::clone(&refused),
            boot_id: boot_id.clone(),
            lanes: Arc::clone(&lanes),
        };
        let writer = Writer {
            store,
            engine,
            clock,
            rules: Arc::clone(&rules),
            cache: Cache::new(options.cached_files),
            options,
            queue: waiting,
            stop: stop.clone(),
            beat: beat.clone(),
            looked: Arc::clone(&looked),
            world,
            waiting: VecDeque::new(),
            pause: Pause::default(),
            rousing: false,
            rush: 0,
        };
        let writing = tokio::spawn(writer.run());
        tokio::spawn(async move {
            if let Err(error) = writing.await {
                tracing::error!(%error, "the writer ended by a fault of this program; nothing is taken any more");
                beat.send_modify(|pulse| pulse.failing = Some("the writer ended by a fault of this program".to_owned()));
            }
            end.send_replace(true);
        });
        let leaving = tokio::spawn(presence.keep(ended.clone()));
        let room = Arc::new(Semaphore::new(room_size as usize));
        Ok(Desk {
            shared: Arc::new(Shared {
                queue,
                room,
                room_size,
                rules,
                revision,
                refused,
                boot_id,
                name,
                lanes,
                pulse,
                looked,
                stop,
                ended,
                leaving: Mutex::new(Some(leaving)),
            }),
        })
    }

    /// Hands in a request's facts. All of them lie in one batch and bear one `recordedtime`; the receipts are in their order, and everything
    /// that they say is durable. Waits while too much is waiting already.
    ///
    /// # Errors
    /// [`DeskError`] where none of the request was taken.
    pub async fn submit(&self, facts: Vec<Incoming>) -> Result<Vec<Receipt>, DeskError> {
        if facts.is_empty() {
            return Ok(Vec::new());
        }
        let bytes: usize = facts.iter().map(|f| f.json.len() + 512).sum();
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.shared.room_size);
        let room = Arc::clone(&self.shared.room).acquire_many_owned(bytes).await.map_err(|_| DeskError::Stopping)?;
        let (answer, answered) = oneshot::channel();
        self.shared.queue.send(Request { facts, answer, _room: room }).map_err(|_| DeskError::Stopping)?;
        answered.await.map_err(|_| DeskError::Stopping)?
    }

    /// Puts other rules in force, from the next batch on, and the number under which the store knows them
    /// ([`parcelward_store::Store::note_revision`]).
    pub fn set_rules(&self, rules: Arc<Rules>, config: Option<u32>) {
        self.shared.rules.store(Arc::new(InForce::new(rules, config)));
    }

    /// Lets other rules run beside, or none. They go with the next [`Desk::set_rules`].
    pub fn set_shadow(&self, shadow: Option<Shadow>) {
        let held = self.shared.rules.load();
        let named = AtomicBool::new(held.named.load(std::sync::atomic::Ordering::Relaxed));
        let next = InForce { rules: Arc::clone(&held.rules), config: held.config, named, shadow };
        self.shared.rules.store(Arc::new(next));
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.shared.rules.load().rules)
    }

    /// Notes the revision of the configuration in force, for whoever looks at the daemons.
    pub fn set_revision(&self, revision: impl Into<String>) {
        self.shared.revision.store(Arc::new(revision.into()));
    }

    /// Notes why another configuration could not be taken, for whoever looks at the daemons; nothing, once one was.
    pub fn set_refused(&self, why: Option<String>) {
        self.shared.refused.store(Arc::new(why));
    }

    /// Notes how a lane beside the wake lane stands, for whoever looks at the daemons; `None` where there is no such lane any more. It is told
    /// with the next sign of life.
    pub fn note_lane(&self, lane: &str, note: Option<LaneNote>) {
        self.shared.lanes.note(lane, note);
    }

    /// What people call this daemon.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// The random word of this boot, under which the database knows this daemon.
    #[must_use]
    pub fn boot_id(&self) -> &str {
        &self.shared.boot_id
    }

    /// The desk's signs of life; changes after every batch.
    #[must_use]
    pub fn pulse(&self) -> watch::Receiver<Pulse> {
        self.shared.pulse.clone()
    }

    /// How long ago the wake lane last looked for what is due: at most a few seconds, and the length of a transaction, while it lives.
    #[must_use]
    pub fn quiet_for(&self) -> Duration {
        self.shared.looked.ago()
    }

    /// Stops taking requests, finishes those that wait, and returns when the last one is durable. The store stays open.
    pub async fn stop(&self) {
        self.shared.room.close();
        self.shared.stop.cancel();
        self.ended().await;
        // The store may be closed after this: nothing of ours is to come late.
        if let Some(leaving) = self.shared.leaving.lock().await.take() {
            let _ = leaving.await;
        }
    }

    /// Returns when the writer has ended: after [`Desk::stop`], or by a fault. A daemon that sees the latter should end, to be started anew.
    pub async fn ended(&self) {
        let mut ended = self.shared.ended.clone();
        // An error means that the one who tells has gone, which is the same.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}
