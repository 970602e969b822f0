//! For whoever checks: case files with everything that follows from them, counts of faults, and which daemons live.

use super::link::Link;
use crate::doctor::FAULTS;
use crate::read::*;
use crate::rows::{Columns, LISTED, RECORD, all, count, daemon_row, join_records, place, record};
use crate::{MAX_PAGE, StoreError};
use sqlx::AssertSqlSafe;

/// A page, inside a transaction that sees one moment.
pub(super) async fn records(link: &mut Link, after: u64, limit: u32) -> Result<Page<FileRecord, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let named = link.named();
    let sql = format!("SELECT batch, {RECORD} FROM case_file WHERE no > $1 ORDER BY no LIMIT $2");
    let rows = sqlx::query(AssertSqlSafe(sql)).persistent(named).bind(place(after)).bind(i64::from(limit)).fetch_all(link.on()).await?;
    let files: Vec<(i64, FileRecord)> = all(&rows, |row| Ok((row.number("no")?, record(row)?)))?;
    let (Some(first), Some(last)) = (files.first().map(|f| f.0), files.last().map(|f| f.0)) else {
        return Ok(Page { rows: Vec::new(), next: None });
    };
    let mut lists = Vec::new();
    for (table, columns) in LISTED {
        let sql = format!("SELECT {columns} FROM {table} WHERE file_no >= $1 AND file_no <= $2");
        let rows = sqlx::query(AssertSqlSafe(sql)).persistent(named).bind(first).bind(last).fetch_all(link.on()).await?;
        lists.push((table, rows));
    }
    let journal = link
        .query("SELECT file_no, count(*) AS lines, max(line) AS last FROM journal WHERE file_no >= $1 AND file_no <= $2 GROUP BY file_no");
    let journal = journal.bind(first).bind(last).fetch_all(link.on()).await?;
    let next = (files.len() == limit as usize).then_some(last.unsigned_abs());
    Ok(Page { rows: join_records(files, &lists, &journal)?, next })
}

/// Inside a transaction that sees one moment.
pub(super) async fn faults(link: &mut Link) -> Result<Vec<u64>, StoreError> {
    // These go through whole tables.
    sqlx::raw_sql("SET LOCAL statement_timeout = 0").execute(link.on()).await?;
    let mut counts = Vec::with_capacity(FAULTS.len());
    for (_, question) in FAULTS {
        counts.push(count(&link.query(question).fetch_one(link.on()).await?, "count")?);
    }
    Ok(counts)
}

pub(super) async fn daemons(link: &mut Link, limit: u32) -> Result<Vec<DaemonRow>, StoreError> {
    let rows = link.query(
        "SELECT boot_id, name, version, revision, started_at, beat_at, lag_ms, batches, failing, notes FROM daemon \
         ORDER BY beat_at DESC, boot_id LIMIT $1",
    );
    all(&rows.bind(i64::from(limit.clamp(1, MAX_PAGE))).fetch_all(link.on()).await?, daemon_row)
}

pub(super) async fn beat(link: &mut Link, daemon: &DaemonRow) -> Result<(), StoreError> {
    let beat = link.query(
        "INSERT INTO daemon (boot_id, name, version, revision, started_at, beat_at, lag_ms, batches, failing, notes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (boot_id) DO UPDATE SET revision = excluded.revision, \
         beat_at = excluded.beat_at, lag_ms = excluded.lag_ms, batches = excluded.batches, failing = excluded.failing, \
         notes = excluded.notes",
    );
    let beat = beat.bind(&daemon.boot_id).bind(&daemon.name).bind(&daemon.version).bind(&daemon.revision);
    let beat = beat.bind(daemon.started_at.millis()).bind(daemon.beat_at.millis()).bind(place(daemon.lag_ms));
    beat.bind(place(daemon.batches)).bind(&daemon.failing).bind(daemon.notes.to_text()).execute(link.on()).await?;
    let forgotten = (daemon.beat_at - FORGOTTEN_AFTER).millis();
    link.query("DELETE FROM daemon WHERE beat_at < $1").bind(forgotten).execute(link.on()).await?;
    Ok(())
}
