//! What every request shares.

use parcelward_casework::instant::Instant;
use parcelward_scheduler::{Clock, Desk};
use parcelward_store::SharedStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Mutex;

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
    /// When the database was last seen to take a write, and how that went.
    pub(super) probed: Mutex<Option<(std::time::Instant, Result<(), String>)>>,
}

impl App {
    /// Brings the parts together.
    #[must_use]
    pub fn new(store: SharedStore, desk: Desk, clock: Arc<dyn Clock>, config: Arc<crate::config::Loaded>) -> Arc<Self> {
        Arc::new(App { store, desk, clock, config, stopping: AtomicBool::new(false), probed: Mutex::new(None) })
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
