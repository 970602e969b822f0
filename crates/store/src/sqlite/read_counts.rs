//! Counts, the next moment, and what the database says of itself.

use crate::read::*;
use crate::rows::{all, count, set_aside, sizes, tally};
use crate::{MAX_PAGE, StoreError};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::*;
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

pub(super) async fn next_wake_at(on: &mut SqliteConnection) -> Result<Option<Instant>, StoreError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM rouse), (SELECT next_wake_at FROM case_file \
         WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL ORDER BY next_wake_at LIMIT 1)",
    )
    .fetch_one(on)
    .await?;
    let rousing: bool = row.try_get(0)?;
    let next: Option<i64> = row.try_get(1)?;
    Ok(if rousing { Some(Instant::MIN) } else { next.map(Instant::from_millis) })
}

pub(super) async fn high_water(readers: &SqlitePool) -> Result<Instant, StoreError> {
    let ms: i64 = sqlx::query_scalar("SELECT clock_high_water FROM db_meta WHERE id = 1").fetch_one(readers).await?;
    Ok(Instant::from_millis(ms))
}

pub(super) async fn renewed_at(readers: &SqlitePool) -> Result<Option<Instant>, StoreError> {
    let ms: Option<i64> = sqlx::query_scalar("SELECT renewed_at FROM db_meta WHERE id = 1").fetch_one(readers).await?;
    Ok(ms.map(Instant::from_millis))
}

pub(super) async fn incarnation(readers: &SqlitePool) -> Result<String, StoreError> {
    Ok(sqlx::query_scalar("SELECT incarnation FROM db_meta WHERE id = 1").fetch_one(readers).await?)
}

pub(super) async fn aside(readers: &SqlitePool, limit: u32) -> Result<Vec<SetAside>, StoreError> {
    let rows = sqlx::query(
        "SELECT platform, shop, order_id, set_aside_why, set_aside_at FROM case_file WHERE set_aside_at IS NOT NULL \
         ORDER BY set_aside_at, no LIMIT ?1",
    )
    .bind(limit.clamp(1, MAX_PAGE))
    .fetch_all(readers)
    .await?;
    all(&rows, set_aside)
}

async fn open_cases(readers: &SqlitePool) -> Result<BTreeMap<CaseKind, u64>, StoreError> {
    let rows = sqlx::query("SELECT kind AS word, count(*) AS count FROM open_case GROUP BY kind").fetch_all(readers).await?;
    tally(&rows, CaseKind::from_word)
}

pub(super) async fn board(readers: &SqlitePool, now: Instant, horizon: Length) -> Result<Board, StoreError> {
    let due =
        sqlx::query("SELECT rule_kind AS word, count(*) AS count FROM deadline WHERE is_running = 1 AND due_at < ?1 GROUP BY rule_kind");
    let due = due.bind((now + horizon).millis()).fetch_all(readers).await?;
    let wanted = sqlx::query(
        "SELECT count(*) AS count FROM task WHERE is_open = 1 \
         AND kind IN ('prepare_evidence', 'submit_evidence', 'collect_damage_evidence')",
    );
    let wanted = count(&wanted.fetch_one(readers).await?, "count")?;
    Ok(Board::of(open_cases(readers).await?, tally(&due, RuleKind::from_word)?, wanted))
}

pub(super) async fn counts(readers: &SqlitePool, now: Instant) -> Result<Counts, StoreError> {
    let queues =
        sqlx::query("SELECT queue AS word, count(*) AS count FROM task WHERE is_open = 1 GROUP BY queue").fetch_all(readers).await?;
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM deadline WHERE is_running = 1) AS running_deadlines, \
         (SELECT count(*) FROM inbox WHERE state = 'parked') AS parked_facts, \
         (SELECT count(*) FROM case_file WHERE set_aside_at IS NOT NULL) AS set_aside, \
         (SELECT count(*) FROM late_fact) AS late_facts, \
         (SELECT count(*) FROM case_file WHERE next_wake_at <= ?1 AND set_aside_at IS NULL) AS overdue_files, \
         (SELECT coalesce(max(0, ?1 - min(next_wake_at)), 0) FROM case_file WHERE next_wake_at <= ?1 AND set_aside_at IS NULL) \
         AS overdue_ms",
    )
    .bind(now.millis())
    .fetch_one(readers)
    .await?;
    let (open_cases, open_tasks) = (open_cases(readers).await?, tally(&queues, Queue::from_word)?);
    Ok(Counts { open_cases, open_tasks, ..sizes(&row)? })
}
