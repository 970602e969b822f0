//! Ends of questions, written together: while one transaction commits, the answers that come meanwhile wait for the next.

use parcelward_store::lanes::{PollEnd, Question};
use parcelward_store::{SharedStore, StoreError};
use std::sync::PoisonError;

/// Ends that wait, and who writes them.
#[derive(Debug, Default)]
pub(super) struct Ends {
    waiting: std::sync::Mutex<(Vec<PollEnd>, Vec<Question>)>,
    writing: tokio::sync::Mutex<()>,
}

impl Ends {
    /// Stores these ends and what was said, with those of other calls. Returns once somebody has tried to.
    ///
    /// # Errors
    /// Any [`StoreError`], told to the one call that wrote for all: nothing of theirs is stored then, and the parcels come back when their
    /// leases end.
    pub(super) async fn store(&self, store: &SharedStore, ends: Vec<PollEnd>, said: Vec<Question>) -> Result<(), StoreError> {
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.0.extend(ends);
            waiting.1.extend(said);
        }
        let _writing = self.writing.lock().await;
        let (ends, said) = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if !said.is_empty() {
            // The answers themselves are what counts: they are handed in whatever becomes of this.
            if let Err(error) = store.note_questions(&said).await {
                tracing::warn!(%error, "what was said about parcels could not be kept");
            }
        }
        if ends.is_empty() { Ok(()) } else { store.end_polls(&ends).await }
    }
}
