//! The store on PostgreSQL 13 or later: many daemons, none of them the leader.
//!
//! Deliberately absent, so that databases that speak the same language stay open and poolers can stand between: advisory locks,
//! LISTEN/NOTIFY, functions in the database, settings of a session that matter beyond a transaction.

mod checks;
mod error;
mod lanes;
mod link;
mod migrate;
mod open;
mod read_counts;
mod read_files;
mod read_lists;
mod rouse;
mod save;
mod transaction;
mod write_lists;

pub(crate) use error::of_server;
pub(crate) use open::open;

use crate::change::StoredFile;
use crate::kept::Kept;
use crate::lanes::*;
use crate::ledger::{RunEnd, RunRow, ScheduleRow, SlotClaim};
use crate::read::*;
use crate::retention::*;
use crate::revisions::{NewRevision, RevisionRow};
use crate::{Cursor, Store, StoreError, Transaction};
use async_trait::async_trait;
/// What the ledger of schedules does on a server.
mod ledger {
    crate::ledger::ledger!(super::link::Link);
}

/// Configurations that were in force, on a server.
mod revisions {
    crate::revisions::revisions!(super::link::Link);
}

/// What leaves a server's database, and what is erased in it.
mod retention {
    crate::retention::calls::retention!(super::link::Link, " FOR UPDATE OF f");
}

use link::{Link, Manners, Purpose};
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::Courier;
use sqlx::{PgPool, Postgres};
use std::sync::Arc;
use transaction::Writing;

/// A store on a PostgreSQL server.
#[derive(Debug, Clone)]
pub(crate) struct PostgresStore {
    writers: Arc<Kept<Postgres>>,
    /// For instants alone: a writer that holds locks must never wait for a connection that another writer has.
    instants: Arc<Kept<Postgres>>,
    readers: PgPool,
    /// Of the readers, for the question that the wake lane asks after every batch.
    waking: Arc<Kept<Postgres>>,
    manners: Manners,
    /// Random word of this boot.
    owner: String,
}

/// One question: a connection, the answer, the end.
macro_rules! ask {
    ($store:expr, $module:ident :: $what:ident ( $($argument:expr),* )) => {{
        let mut link = Link::ask(&$store.readers, &$store.manners).await?;
        let answer = $module::$what(&mut link $(, $argument)*).await?;
        link.end().await?;
        Ok(answer)
    }};
}

/// One change: a transaction, what is done in it, the end.
macro_rules! write {
    ($store:expr, $module:ident :: $what:ident ( $($argument:expr),* )) => {{
        let mut link = $store.write().await?;
        let answer = $module::$what(&mut link $(, $argument)*).await?;
        link.end().await?;
        Ok(answer)
    }};
}

impl PostgresStore {
    async fn write(&self) -> Result<Link, StoreError> {
        Link::begin_kept(&self.writers, &self.manners, Purpose::Write).await
    }

    /// Gives the database a new incarnation where it no longer lies on the server, or on the timeline, on which it lay: it was restored
    /// there, or a standby took over, and what was committed last may be gone.
    async fn notice_cluster(&self) -> Result<(), StoreError> {
        let mut link = Link::begin_kept(&self.writers, &self.manners, Purpose::Read).await?;
        let found = link
            .query(
                "SELECT system_identifier::text || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS cluster \
                 FROM pg_control_system()",
            )
            .fetch_one(link.on())
            .await;
        let cluster = match found {
            Ok(row) => rows_text(&row)?,
            Err(error) => {
                // A server that does not say so, or not to us.
                tracing::debug!(error = %StoreError::from(error), "the server does not name itself; a failover has to be told by hand");
                link.back().await;
                return Ok(());
            }
        };
        link.end().await?;
        let mut link = self.write().await?;
        // Nothing is written where nothing changed.
        let changed = link
            .query(
                "UPDATE db_meta SET incarnation = CASE WHEN cluster IS NULL THEN incarnation ELSE $1 END, \
                 renewed_at = CASE WHEN cluster IS NULL THEN renewed_at ELSE (extract(epoch FROM clock_timestamp()) * 1000)::bigint END, \
                 cluster = $2 \
                 WHERE id = 1 AND cluster IS DISTINCT FROM $2",
            )
            .bind(uuid::Uuid::new_v4().simple().to_string())
            .bind(cluster)
            .execute(link.on())
            .await?;
        link.end().await?;
        if changed.rows_affected() == 1 {
            tracing::info!("the database lies on this server for the first time: its incarnation was renewed, unless it is new");
        }
        Ok(())
    }
}

fn rows_text(row: &sqlx::postgres::PgRow) -> Result<String, StoreError> {
    Ok(crate::rows::Columns::text(row, "cluster")?.to_owned())
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(Writing::begin(self).await?))
    }

    async fn next_wake_at(&self) -> Result<Option<Instant>, StoreError> {
        let asked = async {
            let mut link = Link::ask_kept(&self.waking, &self.manners).await?;
            let next = read_counts::next_wake_at(&mut link).await?;
            link.end().await?;
            Ok(next)
        };
        match asked.await {
            // Nobody looked whether the server had hung up on the one that was kept; the pool does.
            Err(error) if StoreError::is_transient(&error) => ask!(self, read_counts::next_wake_at()),
            answer => answer,
        }
    }

    async fn high_water(&self) -> Result<Instant, StoreError> {
        ask!(self, read_counts::high_water())
    }

    async fn incarnation(&self) -> Result<String, StoreError> {
        ask!(self, read_counts::incarnation())
    }

    async fn renewed_at(&self) -> Result<Option<Instant>, StoreError> {
        ask!(self, read_counts::renewed_at())
    }

    async fn set_aside(&self, order: &OrderKey, reason: &str, now: Instant) -> Result<(), StoreError> {
        let mut link = self.write().await?;
        link.query("UPDATE case_file SET set_aside_at = $1, set_aside_why = $2 WHERE order_id = $3 AND shop = $4 AND platform = $5")
            .bind(now.millis())
            .bind(reason)
            .bind(&order.order_id)
            .bind(&order.shop)
            .bind(order.platform.word())
            .execute(link.on())
            .await?;
        link.end().await
    }

    async fn take_back(&self) -> Result<u64, StoreError> {
        let mut link = self.write().await?;
        let done = link.query(
            "UPDATE case_file SET set_aside_at = NULL, set_aside_why = NULL WHERE no IN \
             (SELECT no FROM case_file WHERE set_aside_at IS NOT NULL ORDER BY no FOR UPDATE SKIP LOCKED)",
        );
        let count = done.execute(link.on()).await?.rows_affected();
        link.end().await?;
        Ok(count)
    }

    async fn aside(&self, limit: u32) -> Result<Vec<SetAside>, StoreError> {
        ask!(self, read_counts::aside(limit))
    }

    async fn schedules(&self) -> Result<Vec<ScheduleRow>, StoreError> {
        ask!(self, ledger::schedules())
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
        ask!(self, ledger::open_runs())
    }

    async fn runs(&self, schedule: &str, before: Option<Instant>, limit: u32) -> Result<Page<RunRow, Instant>, StoreError> {
        ask!(self, ledger::runs(schedule, before, limit))
    }

    async fn forget_runs(&self, before: Instant) -> Result<u64, StoreError> {
        write!(self, ledger::forget_runs(before))
    }

    async fn note_revision(&self, new: &NewRevision<'_>, now: Instant) -> Result<u32, StoreError> {
        write!(self, revisions::note_revision(new, now))
    }

    async fn revision(&self, no: u32) -> Result<Option<RevisionRow>, StoreError> {
        ask!(self, revisions::revision(no))
    }

    async fn revision_named(&self, word: &str) -> Result<Option<RevisionRow>, StoreError> {
        ask!(self, revisions::revision_named(word))
    }

    async fn revisions(&self, limit: u32) -> Result<Vec<RevisionRow>, StoreError> {
        ask!(self, revisions::revisions(limit))
    }

    async fn beat(&self, daemon: &DaemonRow) -> Result<(), StoreError> {
        let mut link = self.write().await?;
        checks::beat(&mut link, daemon).await?;
        link.end().await?;
        self.notice_cluster().await
    }

    async fn notice_failover(&self) -> Result<(), StoreError> {
        self.notice_cluster().await
    }

    async fn leave(&self, boot_id: &str) -> Result<(), StoreError> {
        let mut link = self.write().await?;
        link.query("DELETE FROM daemon WHERE boot_id = $1").bind(boot_id).execute(link.on()).await?;
        link.end().await
    }

    async fn daemons(&self, limit: u32) -> Result<Vec<DaemonRow>, StoreError> {
        ask!(self, checks::daemons(limit))
    }

    async fn renew_incarnation(&self) -> Result<String, StoreError> {
        let incarnation = uuid::Uuid::new_v4().simple().to_string();
        let mut link = self.write().await?;
        link.query("UPDATE db_meta SET incarnation = $1, renewed_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint WHERE id = 1")
            .bind(&incarnation)
            .execute(link.on())
            .await?;
        link.end().await?;
        Ok(incarnation)
    }

    async fn records(&self, after: u64, limit: u32) -> Result<Page<FileRecord, u64>, StoreError> {
        let mut link = Link::begin(&self.readers, &self.manners, Purpose::Snapshot).await?;
        let page = checks::records(&mut link, after, limit).await?;
        link.end().await?;
        Ok(page)
    }

    async fn faults(&self) -> Result<Vec<u64>, StoreError> {
        let mut link = Link::begin(&self.readers, &self.manners, Purpose::Snapshot).await?;
        let counts = checks::faults(&mut link).await?;
        link.end().await?;
        Ok(counts)
    }

    async fn tasks(&self, filter: &TaskFilter, after: Option<&Cursor>, limit: u32) -> Result<Page<TaskRow>, StoreError> {
        ask!(self, read_lists::tasks(filter, after, limit))
    }

    async fn task(&self, task_id: &str) -> Result<Option<TaskRow>, StoreError> {
        ask!(self, read_lists::task(task_id))
    }

    async fn deadlines(&self, filter: &DeadlineFilter, after: Option<&Cursor>, limit: u32) -> Result<Page<DeadlineRow>, StoreError> {
        ask!(self, read_lists::deadlines(filter, after, limit))
    }

    async fn case_file(&self, order: &OrderKey) -> Result<Option<StoredFile>, StoreError> {
        ask!(self, read_files::case_file(order))
    }

    async fn open_files(&self, after: u64, limit: u32) -> Result<Page<StoredFile, u64>, StoreError> {
        ask!(self, read_files::open_files(after, limit))
    }

    async fn case(&self, case_id: &str) -> Result<Option<CaseView>, StoreError> {
        ask!(self, read_files::case(case_id))
    }

    async fn order_of_waybill(&self, waybill: &Waybill) -> Result<Option<OrderKey>, StoreError> {
        ask!(self, read_files::order_of_waybill(waybill))
    }

    async fn timeline(&self, order: &OrderKey, after_line: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError> {
        ask!(self, read_files::timeline(order, after_line, limit))
    }

    async fn facts_after(&self, after_seq: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError> {
        let mut link = Link::ask(&self.readers, &self.manners).await?;
        let page = read_files::facts_after(&mut link, after_seq, limit).await?;
        // At the end of the journal: is it the end, or did a writer die on the way?
        let is_cut = page.next.is_none() && read_files::has_orphans(&mut link).await?;
        link.end().await?;
        if !is_cut {
            return Ok(page);
        }
        let mut link = self.write().await?;
        let given_up = read_files::give_up_orphans(&mut link).await?;
        link.end().await?;
        if given_up == 0 {
            return Ok(page);
        }
        ask!(self, read_files::facts_after(after_seq, limit))
    }

    async fn coverage(&self, filter: &CoverageFilter, before: Option<u64>, limit: u32) -> Result<Page<CoverageRow, u64>, StoreError> {
        ask!(self, read_lists::coverage(filter, before, limit))
    }

    async fn disruptions(&self, before: Option<u64>, limit: u32) -> Result<Page<DisruptionRow, u64>, StoreError> {
        ask!(self, read_lists::disruptions(before, limit))
    }

    async fn board(&self, now: Instant, horizon: Length) -> Result<Board, StoreError> {
        ask!(self, read_counts::board(now, horizon))
    }

    async fn counts(&self, now: Instant) -> Result<Counts, StoreError> {
        ask!(self, read_counts::counts(now))
    }

    async fn probe(&self, now: Instant) -> Result<(), StoreError> {
        let mut link = self.write().await?;
        link.query("UPDATE db_meta SET probed_at = $1 WHERE id = 1").bind(now.millis()).execute(link.on()).await?;
        link.end().await
    }

    async fn close(&self) {
        self.waking.close().await;
        self.writers.close().await;
        self.instants.close().await;
    }
}

crate::lane_calls::lane_store!(PostgresStore, lanes, |store| store.write().await?, |link| link.end().await);

crate::retention::calls::retention_store!(
    PostgresStore,
    retention,
    retention,
    |store| Link::ask(&store.readers, &store.manners).await?,
    |link| link.end().await,
    store.write().await?,
    |link| link.end().await,
    {
        let _ = link.back().await;
    }
);
