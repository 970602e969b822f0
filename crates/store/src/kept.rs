//! Connections that stay out of their pool between two uses.
//!
//! A pool asks a connection whether it is well each time it comes back, and some before they go out again: a crossing to another thread or a
//! round trip to a server each time, a fifth of what waking one case file costs. Whoever uses a connection all the time keeps it instead.
//! Only one that ended its work cleanly is kept; of any other the pool takes care.

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// After so many uses a connection goes back all the same: the pool sees to it that none grows too old.
const USES: u32 = 1_000;

/// A pool and one connection of it.
pub(crate) struct Kept<DB: Database> {
    pool: Pool<DB>,
    slot: Mutex<Option<PoolConnection<DB>>>,
    uses: AtomicU32,
}

impl<DB: Database> Kept<DB> {
    pub(crate) fn new(pool: Pool<DB>) -> Self {
        Kept { pool, slot: Mutex::new(None), uses: AtomicU32::new(0) }
    }

    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// The one that is kept, if nobody has it.
    pub(crate) fn take(&self) -> Option<PoolConnection<DB>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The one that is kept, or another one of the pool.
    pub(crate) async fn acquire(&self) -> Result<PoolConnection<DB>, sqlx::Error> {
        match self.take() {
            Some(connection) => Ok(connection),
            None => self.pool.acquire().await,
        }
    }

    /// Keeps a connection with which all is well, unless somebody may be waiting for it at the pool.
    pub(crate) fn put(&self, connection: PoolConnection<DB>) {
        let sought = self.pool.num_idle() == 0 && self.pool.size() >= self.pool.options().get_max_connections();
        if !sought {
            self.keep(connection);
        }
    }

    /// Keeps it although the pool has no other: for one whose users wait for their turn elsewhere.
    pub(crate) fn keep(&self, connection: PoolConnection<DB>) {
        if self.uses.fetch_add(1, Ordering::Relaxed) % USES == USES - 1 {
            return;
        }
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked with the slot in hand: who closes the pool empties the slot afterwards, and waits for every connection.
        if !self.pool.is_closed() {
            *slot = Some(connection);
        }
    }

    /// Closes the one that is kept, and the pool.
    pub(crate) async fn close(&self) {
        let closed = self.pool.close();
        drop(self.take());
        closed.await;
    }
}

impl<DB: Database> Drop for Kept<DB> {
    fn drop(&mut self) {
        // Going back to the pool needs a runtime, and there may be none any more: it is closed where it stands.
        if let Some(connection) = self.take() {
            drop(connection.leak());
        }
    }
}

impl<DB: Database> std::fmt::Debug for Kept<DB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("pool", &self.pool).finish_non_exhaustive()
    }
}
