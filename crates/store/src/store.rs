//! The interface that every database implements.

use crate::change::{Batch, FileStamp, Locked, ParkedFact, Seen, StoredFile};
use crate::ledger::{RunEnd, RunRow, ScheduleRow, SlotClaim};
use crate::read::*;
use crate::revisions::{NewRevision, RevisionRow};
use crate::{Cursor, StoreError};
use async_trait::async_trait;
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::world::Change;
use std::sync::Arc;

/// Where case files are kept. Cheap to share; every method may be called from many tasks at once.
#[async_trait]
pub trait Store: crate::lanes::LaneStore + Send + Sync + std::fmt::Debug {
    /// Begins a transaction that writes. On a database with one writer it waits for its turn.
    ///
    /// # Errors
    /// Any [`StoreError`]; nothing has happened then.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// The earliest moment at which a case file wants to be woken; an instant in the past where news of the world still has to reach some.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn next_wake_at(&self) -> Result<Option<Instant>, StoreError>;

    /// The instant of the newest batch: no later batch may have an earlier one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn high_water(&self) -> Result<Instant, StoreError>;

    /// Random word that changes when the database is restored from a copy.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn incarnation(&self) -> Result<String, StoreError>;

    /// When the incarnation last changed, by the clock of whoever changed it; `None` where it never did. Facts that were lost with the time
    /// before it may be told again after it, and lead to what was already sent: for some time after it everything is looked up first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn renewed_at(&self) -> Result<Option<Instant>, StoreError>;

    /// Marks a case file so that the wake lane leaves it out, with the reason shown to people.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn set_aside(&self, order: &OrderKey, reason: &str, now: Instant) -> Result<(), StoreError>;

    /// Takes every case file that was set aside back (after an upgrade). Gives how many.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn take_back(&self) -> Result<u64, StoreError>;

    /// Case files that are set aside, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn aside(&self, limit: u32) -> Result<Vec<SetAside>, StoreError>;

    /// What the ledger knows of each schedule, by name.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn schedules(&self) -> Result<Vec<ScheduleRow>, StoreError>;

    /// Takes over the schedules of a configuration, as names and digests: one that is new or has another digest counts from `now` on, one
    /// that is not named is forgotten; its runs stay. Gives what holds then, by name.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn adopt_schedules(&self, schedules: &[(String, String)], now: Instant) -> Result<Vec<ScheduleRow>, StoreError>;

    /// Claims firings, all or none: for each claim, in its order, the slots that the caller may run, or has noted as passed over. `None` where the
    /// ledger no longer stands where the claim believes. Claims are to be sorted by schedule.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn claim_slots(&self, boot_id: &str, claims: &[SlotClaim], now: Instant) -> Result<Vec<Option<Vec<Instant>>>, StoreError>;

    /// Notes a run that a person asked for: `false` where that instant is taken.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn claim_by_hand(&self, boot_id: &str, schedule: &str, now: Instant) -> Result<bool, StoreError>;

    /// Notes that a claimed run started.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn start_run(&self, schedule: &str, slot: Instant, now: Instant) -> Result<(), StoreError>;

    /// Notes how a run ended. What has ended already stays as it is.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn end_run(&self, schedule: &str, slot: Instant, end: &RunEnd, now: Instant) -> Result<(), StoreError>;

    /// Runs that were claimed and have not ended, by schedule and slot, at most [`crate::MAX_PAGE`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn open_runs(&self) -> Result<Vec<RunRow>, StoreError>;

    /// The runs of a schedule, the newest first; `next` is the slot to go on from (downwards).
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn runs(&self, schedule: &str, before: Option<Instant>, limit: u32) -> Result<Page<RunRow, Instant>, StoreError>;

    /// Forgets runs that were claimed before an instant and have ended. Gives how many.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn forget_runs(&self, before: Instant) -> Result<u64, StoreError>;

    /// Notes a configuration that comes into force, once; gives its number, by which [`crate::Batch::config`] names it. Also forgets those that no
    /// line of the journal names and no daemon works by, a day after they were noted.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn note_revision(&self, new: &NewRevision<'_>, now: Instant) -> Result<u32, StoreError>;

    /// A configuration that was in force, by its number.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn revision(&self, no: u32) -> Result<Option<RevisionRow>, StoreError>;

    /// The same by its word.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn revision_named(&self, word: &str) -> Result<Option<RevisionRow>, StoreError>;

    /// The configurations that were in force, without their values and files, the one that was first noted last first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn revisions(&self, limit: u32) -> Result<Vec<RevisionRow>, StoreError>;

    /// Notes that a daemon lives, and forgets those that have not been heard of for a week. Also notices that the database came to another
    /// server, where it can: its incarnation changes then.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn beat(&self, daemon: &DaemonRow) -> Result<(), StoreError>;

    /// Forgets a daemon that stopped.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn leave(&self, boot_id: &str) -> Result<(), StoreError>;

    /// The daemons that were heard of last, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn daemons(&self, limit: u32) -> Result<Vec<DaemonRow>, StoreError>;

    /// Notices that the database came to another server, where it can: its incarnation changes then. Asked before anything is sent that
    /// must not be sent twice.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn notice_failover(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Gives the database a new incarnation, as after a restore. Gives it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn renew_incarnation(&self) -> Result<String, StoreError>;

    /// Case files after the given place (0 for all) with everything that follows from them, for whoever checks; `next` is the place to go
    /// on from.
    ///
    /// # Errors
    /// Any [`StoreError`]; what cannot be read is in the records.
    async fn records(&self, after: u64, limit: u32) -> Result<Page<FileRecord, u64>, StoreError>;

    /// How often each of [`crate::doctor::FAULTS`] is there.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn faults(&self) -> Result<Vec<u64>, StoreError>;

    /// A page of tasks, sorted by due time, then money (most first), then id. `limit` is cut at [`crate::MAX_PAGE`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn tasks(&self, filter: &TaskFilter, after: Option<&Cursor>, limit: u32) -> Result<Page<TaskRow>, StoreError>;

    /// One task.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn task(&self, task_id: &str) -> Result<Option<TaskRow>, StoreError>;

    /// A page of deadlines, sorted by due time, then id.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn deadlines(&self, filter: &DeadlineFilter, after: Option<&Cursor>, limit: u32) -> Result<Page<DeadlineRow>, StoreError>;

    /// An order's case file.
    ///
    /// # Errors
    /// Any [`StoreError`]; [`StoreError::Unreadable`] where it cannot be read.
    async fn case_file(&self, order: &OrderKey) -> Result<Option<StoredFile>, StoreError>;

    /// Case files in which something is open, after the given place (0 for all); `next` is the place to go on from. Those that are set aside are
    /// left out.
    ///
    /// # Errors
    /// Any [`StoreError`]; [`StoreError::Unreadable`] where one cannot be read.
    async fn open_files(&self, after: u64, limit: u32) -> Result<Page<StoredFile, u64>, StoreError>;

    /// A case by its id, open or closed.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn case(&self, case_id: &str) -> Result<Option<CaseView>, StoreError>;

    /// The order to which a waybill belongs.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn order_of_waybill(&self, waybill: &Waybill) -> Result<Option<OrderKey>, StoreError>;

    /// An order's journal lines after the given one (0 for all), in order; `next` is the line to go on from.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn timeline(&self, order: &OrderKey, after_line: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError>;

    /// The facts of the whole journal after the given place (0 for all), in the order in which they were received; `next` is the place to
    /// go on from. Facts that still wait for their order are among them. Nothing is ever added before what was given: while a writer is
    /// under way, what others wrote after it began is given when it has ended.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn facts_after(&self, after_seq: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError>;

    /// Words about coverage, the newest first; `next` is the place to go on from (downwards).
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn coverage(&self, filter: &CoverageFilter, before: Option<u64>, limit: u32) -> Result<Page<CoverageRow, u64>, StoreError>;

    /// Disruptions, of several of one id the newest, the newest first; `next` is the place to go on from (downwards).
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn disruptions(&self, before: Option<u64>, limit: u32) -> Result<Page<DisruptionRow, u64>, StoreError>;

    /// Counts of what is open; `horizon` says how far ahead "soon" reaches.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn board(&self, now: Instant, horizon: Length) -> Result<Board, StoreError>;

    /// Sizes for metrics.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn counts(&self, now: Instant) -> Result<Counts, StoreError>;

    /// A real write, durable when it returns: whether the store can be trusted with facts.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn probe(&self, now: Instant) -> Result<(), StoreError>;

    /// Waits for what runs, writes everything home and closes. Every later call fails.
    async fn close(&self);
}

/// A transaction that writes. Dropped without [`Transaction::commit`] it changes nothing.
#[async_trait]
pub trait Transaction: Send {
    /// Keeps every other writer from committing until this transaction ends: a batch that tells news of the world asks for it once its
    /// case files are locked, before it reads the world and takes its instant, so that nobody decides later without knowing the news.
    /// Where there is only one writer, nothing happens.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn hold_world(&mut self) -> Result<(), StoreError>;

    /// The batch's one instant: `now`, but later than every earlier batch's. Kept over restarts. What was locked and read before is older
    /// than it; what is locked or read after it and is not older gives [`StoreError::Retry`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn take_instant(&mut self, now: Instant) -> Result<Instant, StoreError>;

    /// Every change of the world from the given position on, in order: what became known since the caller last looked.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn world_from(&mut self, position: u32) -> Result<Vec<Change>, StoreError>;

    /// What is known of these facts' identities, in their order.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn seen(&mut self, ids: &[FactId]) -> Result<Vec<Option<Seen>>, StoreError>;

    /// The orders to which these waybills belong, in their order.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn orders_of_waybills(&mut self, waybills: &[Waybill]) -> Result<Vec<Option<OrderKey>>, StoreError>;

    /// The orders for which these tags (the first part of an id) stand, in their order.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn orders_of_tags(&mut self, tags: &[String]) -> Result<Vec<Option<OrderKey>>, StoreError>;

    /// Locks case files, each named once, and reads those whose version the caller does not know. The answers are in the order asked.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn lock(&mut self, orders: &[(OrderKey, Option<FileStamp>)]) -> Result<Vec<Locked>, StoreError>;

    /// Case files that want to be woken at or before the instant that a batch would have `now`, the earliest first, at most `limit`;
    /// none that is set aside, and none that another writer has in hand. Those that are given are locked.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn due(&mut self, now: Instant, limit: u32) -> Result<Vec<OrderKey>, StoreError>;

    /// Facts that wait for these waybills, in the order in which they were received.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn parked(&mut self, waybills: &[Waybill]) -> Result<Vec<ParkedFact>, StoreError>;

    /// Carries news of the world on to at most `limit` of the case files that earlier batches meant to rouse. Gives how many were roused.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn rouse_some(&mut self, limit: u32) -> Result<u32, StoreError>;

    /// To be called now and then while the caller computes: a database may end transactions in which nothing happens.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn stay(&mut self) -> Result<(), StoreError>;

    /// Writes a batch. Every order named in its entries must be among its files. Gives the new stamps of its files, in
    /// their order.
    ///
    /// # Errors
    /// [`StoreError::Retry`] where another writer changed one of the files, or the world, since they were read; any other [`StoreError`].
    async fn save(&mut self, batch: &Batch) -> Result<Vec<FileStamp>, StoreError>;

    /// Takes away what lists show of a case file, but for the ids that are kept and for what only the lists know; [`Transaction::save`] of the
    /// same case file with no `before` writes the rest anew.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn clear_lists(&mut self, stamp: FileStamp, kept: &[String]) -> Result<(), StoreError>;

    /// Makes it all durable.
    ///
    /// # Errors
    /// Any [`StoreError`]; nothing has happened then.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;

    /// Takes it all back.
    async fn rollback(self: Box<Self>);
}

/// A store that is shared.
pub type SharedStore = Arc<dyn Store>;
