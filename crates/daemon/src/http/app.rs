//! What every request shares.

use parcelward_casework::instant::Instant;
use parcelward_scheduler::{Clock, Desk};
use parcelward_store::SharedStore;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How many locks stand for all tasks. Two tasks may share one; that costs a wait, nothing else.
const LOCKS: usize = 256;

/// What every request shares.
#[derive(Debug)]
pub struct App {
    /// Where case files and lists are.
    pub store: SharedStore,
    /// Where facts are handed in.
    pub desk: Desk,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The configuration, for the parts that read their own folder of it.
    pub config: Arc<crate::config::Loaded>,
    /// Set once the daemon stops.
    stopping: AtomicBool,
    /// Requests that change a task look at it first: two of them on one task take turns.
    locks: Vec<Arc<Mutex<()>>>,
    /// When the database was last seen to take a write, and how that went.
    pub(super) probed: Mutex<Option<(std::time::Instant, Result<(), String>)>>,
}

impl App {
    /// Brings the parts together.
    #[must_use]
    pub fn new(store: SharedStore, desk: Desk, clock: Arc<dyn Clock>, config: Arc<crate::config::Loaded>) -> Arc<Self> {
        let locks = (0..LOCKS).map(|_| Arc::new(Mutex::new(()))).collect();
        Arc::new(App { store, desk, clock, config, stopping: AtomicBool::new(false), locks, probed: Mutex::new(None) })
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

    /// Waits for the turn of these tasks. Turns are taken in one order, so that two requests never wait for each other.
    pub async fn turn(&self, task_ids: impl IntoIterator<Item = &str>) -> Vec<OwnedMutexGuard<()>> {
        let mut numbers: Vec<usize> = task_ids
            .into_iter()
            .map(|id| {
                let mut hasher = DefaultHasher::new();
                id.hash(&mut hasher);
                usize::try_from(hasher.finish() % LOCKS as u64).unwrap_or(0)
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut guards = Vec::with_capacity(numbers.len());
        for number in numbers {
            guards.push(Arc::clone(&self.locks[number]).lock_owned().await);
        }
        guards
    }
}
