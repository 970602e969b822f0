//! The store on SQLite: one connection that writes, several that read.
//!
//! WAL with `synchronous=FULL`: what is acknowledged survives a power cut. The writing connection is taken with `BEGIN IMMEDIATE`, so that
//! a transaction never finds out late that it may not write.

mod bulk;
mod checks;
mod lanes;
mod open;
mod read_counts;
mod read_files;
mod read_lists;
mod save;
mod transaction;
mod write_lists;

pub(crate) use open::open;

use crate::StoreError;
use crate::change::StoredFile;
use crate::kept::Kept;
use crate::lanes::*;
use crate::ledger::{RunEnd, RunRow, ScheduleRow, SlotClaim};
use crate::read::*;
use crate::retention::*;
use crate::revisions::{NewRevision, RevisionRow};
use crate::{Cursor, Store, Transaction};
use async_trait::async_trait;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::Courier;
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection, SqlitePool};

/// A store on a SQLite file.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    writer: transaction::Pen,
    readers: SqlitePool,
    /// Of the readers, for the question that the wake lane asks after every batch.
    waking: Kept<Sqlite>,
}

/// A reading connection in use.
struct Reading(PoolConnection<Sqlite>);

impl Reading {
    fn on(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }

    fn query<'q>(&self, sql: &'static str) -> Query<'q, Sqlite, SqliteArguments> {
        sqlx::query(sql)
    }
}

/// What the ledger of schedules does on a file.
#[allow(dead_code, reason = "of the questions, a transaction that writes needs one")]
mod ledger {
    crate::ledger::ledger!(super::transaction::Writing);

    /// The questions, on a connection that only reads.
    pub(super) mod read {
        crate::ledger::questions!(super::super::Reading);
    }
}

/// Configurations that were in force, on a file.
#[allow(dead_code, reason = "a transaction that writes needs none of the questions")]
mod revisions {
    crate::revisions::revisions!(super::transaction::Writing);

    /// The questions, on a connection that only reads.
    pub(super) mod read {
        crate::revisions::questions!(super::super::Reading);
    }
}

/// What leaves a file, and what is erased in it.
#[allow(dead_code, reason = "a transaction that writes needs none of the questions")]
mod retention {
    crate::retention::calls::retention!(super::transaction::Writing, "");

    /// The questions, on a connection that only reads.
    pub(super) mod read {
        crate::retention::questions!(super::super::Reading);
    }
}

/// One question.
macro_rules! read {
    ($store:expr, $module:ident :: $what:ident ( $($argument:expr),* )) => {{
        let mut reading = Reading($store.readers.acquire().await?);
        $module::read::$what(&mut reading $(, $argument)*).await
    }};
}

/// One change: a transaction, what is done in it, the end.
macro_rules! write {
    ($store:expr, $module:ident :: $what:ident ( $($argument:expr),* )) => {{
        let mut tx = transaction::Writing::begin(&$store.writer).await?;
        let answer = $module::$what(&mut tx $(, $argument)*).await?;
        Box::new(tx).commit().await?;
        Ok(answer)
    }};
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(transaction::Writing::begin(&self.writer).await?))
    }

    async fn next_wake_at(&self) -> Result<Option<Instant>, StoreError> {
        let mut reader = self.waking.acquire().await?;
        let next = read_counts::next_wake_at(&mut reader).await?;
        self.waking.put(reader);
        Ok(next)
    }

    async fn high_water(&self) -> Result<Instant, StoreError> {
        read_counts::high_water(&self.readers).await
    }

    async fn incarnation(&self) -> Result<String, StoreError> {
        read_counts::incarnation(&self.readers).await
    }

    async fn renewed_at(&self) -> Result<Option<Instant>, StoreError> {
        read_counts::renewed_at(&self.readers).await
    }

    async fn set_aside(&self, order: &OrderKey, reason: &str, now: Instant) -> Result<(), StoreError> {
        let mut tx = transaction::Writing::begin(&self.writer).await?;
        tx.set_aside(order, reason, now).await?;
        Box::new(tx).commit().await
    }

    async fn take_back(&self) -> Result<u64, StoreError> {
        let mut tx = transaction::Writing::begin(&self.writer).await?;
        let count = tx.take_back().await?;
        Box::new(tx).commit().await?;
        Ok(count)
    }

    async fn aside(&self, limit: u32) -> Result<Vec<SetAside>, StoreError> {
        read_counts::aside(&self.readers, limit).await
    }

    async fn schedules(&self) -> Result<Vec<ScheduleRow>, StoreError> {
        read!(self, ledger::schedules())
    }

    async fn adopt_schedules(&self, schedules: &[(String, String)], now: Instant) -> Result<Vec<ScheduleRow>, StoreError> {
        write!(self, ledger::adopt_schedules(schedules, now))
    }

    async fn claim_slots(&self, boot_id: &str, claims: &[SlotClaim], now: Instant) -> Result<Vec<Option<Vec<Instant>>>, StoreError> {
        write!(self, ledger::claim_slots(boot_id, claims, now))
    }

    async fn claim_by_hand(&self, boot_id: &str, schedule: &str, now: Instant) -> Result<bool, StoreError> {
        write!(self, ledger::claim_by_hand(boot_id, schedule, now))
    }

    async fn start_run(&self, schedule: &str, slot: Instant, now: Instant) -> Result<(), StoreError> {
        write!(self, ledger::start_run(schedule, slot, now))
    }

    async fn end_run(&self, schedule: &str, slot: Instant, end: &RunEnd, now: Instant) -> Result<(), StoreError> {
        write!(self, ledger::end_run(schedule, slot, end, now))
    }

    async fn open_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        read!(self, ledger::open_runs())
    }

    async fn runs(&self, schedule: &str, before: Option<Instant>, limit: u32) -> Result<Page<RunRow, Instant>, StoreError> {
        read!(self, ledger::runs(schedule, before, limit))
    }

    async fn forget_runs(&self, before: Instant) -> Result<u64, StoreError> {
        write!(self, ledger::forget_runs(before))
    }

    async fn note_revision(&self, new: &NewRevision<'_>, now: Instant) -> Result<u32, StoreError> {
        write!(self, revisions::note_revision(new, now))
    }

    async fn revision(&self, no: u32) -> Result<Option<RevisionRow>, StoreError> {
        read!(self, revisions::revision(no))
    }

    async fn revision_named(&self, word: &str) -> Result<Option<RevisionRow>, StoreError> {
        read!(self, revisions::revision_named(word))
    }

    async fn revisions(&self, limit: u32) -> Result<Vec<RevisionRow>, StoreError> {
        read!(self, revisions::revisions(limit))
    }

    async fn beat(&self, daemon: &DaemonRow) -> Result<(), StoreError> {
        let mut tx = transaction::Writing::begin(&self.writer).await?;
        tx.beat(daemon).await?;
        Box::new(tx).commit().await
    }

    async fn leave(&self, boot_id: &str) -> Result<(), StoreError> {
        let mut tx = transaction::Writing::begin(&self.writer).await?;
        tx.leave(boot_id).await?;
        Box::new(tx).commit().await
    }

    async fn daemons(&self, limit: u32) -> Result<Vec<DaemonRow>, StoreError> {
        checks::daemons(&self.readers, limit).await
    }

    async fn renew_incarnation(&self) -> Result<String, StoreError> {
        let incarnation = uuid::Uuid::new_v4().simple().to_string();
        let mut tx = transaction::Writing::begin(&self.writer).await?;
        tx.renew_incarnation(&incarnation).await?;
        Box::new(tx).commit().await?;
        Ok(incarnation)
    }

    async fn records(&self, after: u64, limit: u32) -> Result<Page<FileRecord, u64>, StoreError> {
        checks::records(&self.readers, after, limit).await
    }

    async fn faults(&self) -> Result<Vec<u64>, StoreError> {
        checks::faults(&self.readers).await
    }

    async fn tasks(&self, filter: &TaskFilter, after: Option<&Cursor>, limit: u32) -> Result<Page<TaskRow>, StoreError> {
        read_lists::tasks(&self.readers, filter, after, limit).await
    }

    async fn task(&self, task_id: &str) -> Result<Option<TaskRow>, StoreError> {
        read_lists::task(&self.readers, task_id).await
    }

    async fn deadlines(&self, filter: &DeadlineFilter, after: Option<&Cursor>, limit: u32) -> Result<Page<DeadlineRow>, StoreError> {
        read_lists::deadlines(&self.readers, filter, after, limit).await
    }

    async fn case_file(&self, order: &OrderKey) -> Result<Option<StoredFile>, StoreError> {
        read_files::case_file(&self.readers, order).await
    }

    async fn open_files(&self, after: u64, limit: u32) -> Result<Page<StoredFile, u64>, StoreError> {
        read_files::open_files(&self.readers, after, limit).await
    }

    async fn case(&self, case_id: &str) -> Result<Option<CaseView>, StoreError> {
        read_files::case(&self.readers, case_id).await
    }

    async fn order_of_waybill(&self, waybill: &Waybill) -> Result<Option<OrderKey>, StoreError> {
        read_files::order_of_waybill(&self.readers, waybill).await
    }

    async fn timeline(&self, order: &OrderKey, after_line: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError> {
        read_files::timeline(&self.readers, order, after_line, limit).await
    }

    async fn facts_after(&self, after_seq: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError> {
        read_files::facts_after(&self.readers, after_seq, limit).await
    }

    async fn coverage(&self, filter: &CoverageFilter, before: Option<u64>, limit: u32) -> Result<Page<CoverageRow, u64>, StoreError> {
        read_lists::coverage(&self.readers, filter, before, limit).await
    }

    async fn disruptions(&self, before: Option<u64>, limit: u32) -> Result<Page<DisruptionRow, u64>, StoreError> {
        read_lists::disruptions(&self.readers, before, limit).await
    }

    async fn board(&self, now: Instant, horizon: Length) -> Result<Board, StoreError> {
        read_counts::board(&self.readers, now, horizon).await
    }

    async fn counts(&self, now: Instant) -> Result<Counts, StoreError> {
        read_counts::counts(&self.readers, now).await
    }

    async fn probe(&self, now: Instant) -> Result<(), StoreError> {
        let mut tx = transaction::Writing::begin(&self.writer).await?;
        tx.probe(now).await?;
        Box::new(tx).commit().await
    }

    async fn close(&self) {
        // Readers first: the last connection to close is the writer, and it copies the log home.
        self.waking.close().await;
        self.writer.close().await;
    }
}

crate::lane_calls::lane_store!(SqliteStore, lanes, |store| transaction::Writing::begin(&store.writer).await?, |tx| Box::new(tx)
    .commit()
    .await);

// What is removed is overwritten, not only left out: free pages of a file can be read by whoever has it.
crate::retention::calls::retention_store!(
    SqliteStore,
    retention::read,
    retention,
    |store| Reading(store.readers.acquire().await?),
    |_reading| Ok::<(), StoreError>(()),
    transaction::Writing::begin_thorough(&store.writer).await?,
    |tx| tx.end_thorough().await,
    Box::new(tx).rollback().await
);
