//! For whoever checks: case files with everything that follows from them, and counts of faults.

use crate::doctor::FAULTS;
use crate::read::*;
use crate::rows::{Columns, LISTED, RECORD, all, count, daemon_row, join_records, place, record};
use crate::{MAX_PAGE, StoreError};
use sqlx::{AssertSqlSafe, SqlitePool};

pub(super) async fn records(readers: &SqlitePool, after: u64, limit: u32) -> Result<Page<FileRecord, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    // One moment for all questions.
    let mut tx = readers.begin().await?;
    let sql = format!("SELECT 0 AS batch, {RECORD} FROM case_file WHERE no > ?1 ORDER BY no LIMIT ?2");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(place(after)).bind(limit).fetch_all(&mut *tx).await?;
    let files: Vec<(i64, FileRecord)> = all(&rows, |row| Ok((row.number("no")?, record(row)?)))?;
    let (Some(first), Some(last)) = (files.first().map(|f| f.0), files.last().map(|f| f.0)) else {
        return Ok(Page { rows: Vec::new(), next: None });
    };
    let mut lists = Vec::new();
    for (table, columns) in LISTED {
        let sql = format!("SELECT {columns} FROM {table} WHERE file_no >= ?1 AND file_no <= ?2");
        lists.push((table, sqlx::query(AssertSqlSafe(sql)).bind(first).bind(last).fetch_all(&mut *tx).await?));
    }
    let journal = sqlx::query(
        "SELECT file_no, count(*) AS lines, max(line) AS last FROM journal WHERE file_no >= ?1 AND file_no <= ?2 GROUP BY file_no",
    );
    let journal = journal.bind(first).bind(last).fetch_all(&mut *tx).await?;
    let next = (files.len() == limit as usize).then_some(last.unsigned_abs());
    Ok(Page { rows: join_records(files, &lists, &journal)?, next })
}

pub(super) async fn faults(readers: &SqlitePool) -> Result<Vec<u64>, StoreError> {
    let mut tx = readers.begin().await?;
    // A page that no question happens to touch may be damaged as well.
    let whole: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut *tx).await?;
    if whole != "ok" {
        return Err(StoreError::Corrupt(whole));
    }
    let mut counts = Vec::with_capacity(FAULTS.len());
    for (_, question) in FAULTS {
        counts.push(count(&sqlx::query(question).fetch_one(&mut *tx).await?, "count")?);
    }
    Ok(counts)
}

pub(super) async fn daemons(readers: &SqlitePool, limit: u32) -> Result<Vec<DaemonRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM daemon ORDER BY beat_at DESC, boot_id LIMIT ?1").bind(limit.clamp(1, MAX_PAGE));
    all(&rows.fetch_all(readers).await?, daemon_row)
}
