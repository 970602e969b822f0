//! Persistence of case files: one [`Store`] for every database.
//!
//! Everything that must happen together goes through a [`Transaction`]; everything that is shown goes through the read methods of [`Store`],
//! which never wait for a writer and always have a bound.
//!
//! Deliberately absent: the clock (every instant is an argument), the rules (what a signal leads to), and couriers.
#![forbid(unsafe_code)]

/// A place at which a test can break this program off; see `faults`. Gives a `Result<(), StoreError>`.
#[cfg(feature = "faults")]
#[macro_export]
macro_rules! crash_point {
    ($label:literal) => {
        $crate::faults::reach($label).await
    };
}

/// A place at which a test can break this program off: nothing, without the feature `faults`.
#[cfg(not(feature = "faults"))]
#[macro_export]
macro_rules! crash_point {
    ($label:literal) => {
        ::core::result::Result::<(), $crate::StoreError>::Ok(())
    };
}

mod backup;
mod change;
mod cursor;
pub mod doctor;
mod error;
#[cfg(feature = "faults")]
pub mod faults;
mod journal;
mod kept;
mod lane_calls;
mod lane_views;
pub mod lanes;
mod ledger;
mod list_query;
mod open;
mod postgres;
mod projection;
mod read;
mod retention;
mod revisions;
mod rows;
mod sqlite;
mod sqlx_error;
mod store;

pub use backup::{Backup, BackupError, Restored, backup, restore};
pub use change::{
    Batch, DecisionEntry, Entry, FactEntry, FileChange, FileStamp, LateEntry, Locked, ParkedFact, RouseScope, Seen, StoredFile, Waiting,
    WorldNews,
};
pub use cursor::Cursor;
pub use error::StoreError;
pub use ledger::{RunEnd, RunRow, RunState, ScheduleRow, SlotClaim, SlotRun};
pub use open::{StoreOptions, open};
pub use read::{
    Board, CaseView, Counts, CoverageFilter, CoverageRow, DaemonNotes, DaemonRow, DeadlineFilter, DeadlineRow, DisruptionRow, EntryKind,
    FileRecord, JournalRow, LaneNote, Page, SetAside, TaskFilter, TaskListState, TaskRow,
};
pub use retention::{ArchiveRow, ArchivedOrder, Hold, HoldWord, LateFact, OldFile, RetentionStore, Step, Tombstone};
pub use revisions::{NewRevision, RevisionRow};
pub use store::{SharedStore, Store, Transaction};

/// The most rows that one read gives back.
pub const MAX_PAGE: u32 = 1_000;
