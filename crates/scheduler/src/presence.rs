//! A daemon's sign of life in the database, for `parcelward status` on any machine.
//!
//! Nothing is decided by it: who is silent has lost nothing, and who is heard of owns nothing.

use crate::clock::Clock;
use crate::desk::Pulse;
use arc_swap::ArcSwap;
use parcelward_casework::instant::Instant;
use parcelward_store::{DaemonRow, SharedStore};
use std::sync::Arc;
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
    pub(crate) boot_id: String,
}

impl Presence {
    /// Beats until the desk has ended, and then takes its leave.
    pub(crate) async fn keep(self, mut ended: watch::Receiver<bool>) {
        let started_at = self.clock.now();
        loop {
            self.beat(started_at).await;
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

    async fn beat(&self, started_at: Instant) {
        let pulse = self.pulse.borrow().clone();
        let now = self.clock.now();
        // News on its way counts as due since ever; it says nothing about lateness.
        let due = pulse.next_wake_at.filter(|at| *at > Instant::MIN && *at < now);
        let row = DaemonRow {
            boot_id: self.boot_id.clone(),
            name: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: String::clone(&self.revision.load()),
            started_at,
            beat_at: now,
            lag_ms: due.map_or(0, |at| now.since(at).as_millis().unsigned_abs()),
            batches: pulse.batches,
            failing: pulse.failing,
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
