//! Nothing leaves the line and nothing is erased in it: that has tests of its own, on real stores.

use crate::line::Line;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::Instant;
use parcelward_store::*;

const NONE: &str = "nothing leaves here";

#[async_trait::async_trait]
#[allow(unused_variables, reason = "nobody calls them")]
impl RetentionStore for Line {
    async fn old_files(&self, step: Step, before: Instant, after: u64) -> Result<Page<OldFile, u64>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn erase_file(&self, file: &OldFile, before: Instant, now: Instant) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn erase_loose(&self, before: Instant, now: Instant, limit: u32) -> Result<u64, StoreError> {
        unreachable!("{NONE}")
    }
    async fn begin_archive(&self, name: &str, owner: &str, now: Instant) -> Result<Option<u64>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn drop_archive(&self, no: u64) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn finish_archive(&self, no: u64, lines: u64, sha256: &str, files: &[OldFile], before: Instant) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn archives(&self, limit: u32) -> Result<Vec<ArchiveRow>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn archived_order(&self, order: &OrderKey) -> Result<Option<ArchivedOrder>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn late_facts(&self, limit: u32) -> Result<Vec<LateFact>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn set_hold(&self, hold: &Hold) -> Result<Option<bool>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn release_hold(&self, word: &Hold) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn holds(&self, limit: u32) -> Result<Vec<Hold>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn hold_words(&self, order: &OrderKey) -> Result<Vec<HoldWord>, StoreError> {
        unreachable!("{NONE}")
    }
}
