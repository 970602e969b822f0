//! A daemon's sign of life in the database, for `parcelward status` on any machine.
//!
//! Nothing is decided by it: who is silent has lost nothing, and who is heard of owns nothing.

use crate::clock::Clock;
use crate::desk::Pulse;
use arc_swap::ArcSwap;
use parcelward_casework::instant::Instant;
use parcelward_store::{DaemonNotes, DaemonRow, LaneNote, SharedStore};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How often a daemon says that it lives.
pub const BEAT: Duration = Duration::from_secs(5);

pub(crate) struct Presence {
    pub(crate) store: SharedStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pulse: watch::Receiver<Pulse>,
    pub(crate) name: String,
    pub(crate) revision: Arc<ArcSwap<String>>,
    /// Why the configuration could not be read again.
    pub(crate) refused: Arc<ArcSwap<Option<String>>>,
    pub(crate) boot_id: String,
    pub(crate) lanes: Arc<LaneNotes>,
}

/// What the lanes beside the wake lane say of themselves, by name.
#[derive(Debug, Default)]
pub(crate) struct LaneNotes(Mutex<BTreeMap<String, LaneNote>>);

impl LaneNotes {
    pub(crate) fn note(&self, lane: &str, note: Option<LaneNote>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match note {
            Some(note) => all.insert(lane.to_owned(), note),
            None => all.remove(lane),
        };
    }

    fn all(&self) -> BTreeMap<String, LaneNote> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Presence {
    /// Beats until the desk has ended, and then takes its leave.
    pub(crate) async fn keep(self, mut ended: watch::Receiver<bool>) {
        let started_at = self.clock.now();
        let (mut revision, mut since) = (self.revision.load_full(), started_at);
        loop {
            let now = self.revision.load_full();
            if now != revision {
                (revision, since) = (now, self.clock.now());
            }
            self.beat(started_at, &revision, since).await;
            tokio::select! {
                biased;
                _ = ended.wait_for(|ended| *ended) => break,
                () = tokio::time::sleep(BEAT) => {}
            }
        }
        if let Err(error) = self.store.leave(&self.boot_id).await {
            tracing::debug!(%error, "this daemon's row stays behind");
        }
    }

    async fn beat(&self, started_at: Instant, revision: &str, since: Instant) {
        let pulse = self.pulse.borrow().clone();
        let now = self.clock.now();
        // News on its way counts as due since ever; it says nothing about lateness.
        let due = pulse.next_wake_at.filter(|at| *at > Instant::MIN && *at < now);
        let row = DaemonRow {
            boot_id: self.boot_id.clone(),
            name: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: revision.to_owned(),
            started_at,
            beat_at: now,
            lag_ms: due.map_or(0, |at| now.since(at).as_millis().unsigned_abs()),
            batches: pulse.batches,
            failing: pulse.failing,
            notes: DaemonNotes {
                revision_since_ms: Some(since.millis()),
                refused: Option::clone(&self.refused.load()),
                clock: self.clock.doubt(),
                lanes: self.lanes.all(),
            },
        };
        if let Err(error) = self.store.beat(&row).await {
            tracing::warn!(%error, "this daemon's sign of life could not be stored");
        }
    }
}

/// What people call this daemon where nobody named it: its machine.
pub(crate) fn name_of_machine() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    kernel.or_else(|| std::env::var("HOSTNAME").ok()).filter(|name| !name.is_empty()).unwrap_or_else(|| "unnamed".to_owned())
}
