//! Counts, the next moment, and what the database says of itself.

use super::error::bad_word;
use super::transaction::order_key;
use crate::read::*;
use crate::{MAX_PAGE, StoreError};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::*;
use sqlx::{Row, SqlitePool};
use std::collections::BTreeMap;

pub(super) async fn next_wake_at(readers: &SqlitePool) -> Result<Option<Instant>, StoreError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM rouse), (SELECT next_wake_at FROM case_file \
         WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL ORDER BY next_wake_at LIMIT 1)",
    )
    .fetch_one(readers)
    .await?;
    let rousing: bool = row.try_get(0)?;
    let next: Option<i64> = row.try_get(1)?;
    Ok(if rousing { Some(Instant::MIN) } else { next.map(Instant::from_millis) })
}

pub(super) async fn high_water(readers: &SqlitePool) -> Result<Instant, StoreError> {
    let ms: i64 = sqlx::query_scalar("SELECT clock_high_water FROM db_meta WHERE id = 1").fetch_one(readers).await?;
    Ok(Instant::from_millis(ms))
}

pub(super) async fn incarnation(readers: &SqlitePool) -> Result<String, StoreError> {
    Ok(sqlx::query_scalar("SELECT incarnation FROM db_meta WHERE id = 1").fetch_one(readers).await?)
}

pub(super) async fn last_run(readers: &SqlitePool, schedule: &str) -> Result<Option<Instant>, StoreError> {
    let slot: Option<i64> =
        sqlx::query_scalar("SELECT max(slot) FROM schedule_run WHERE schedule = ?1").bind(schedule).fetch_one(readers).await?;
    Ok(slot.map(Instant::from_millis))
}

pub(super) async fn aside(readers: &SqlitePool, limit: u32) -> Result<Vec<SetAside>, StoreError> {
    let rows = sqlx::query(
        "SELECT platform, shop, order_id, set_aside_why, set_aside_at FROM case_file WHERE set_aside_at IS NOT NULL \
         ORDER BY set_aside_at, no LIMIT ?1",
    )
    .bind(limit.clamp(1, MAX_PAGE))
    .fetch_all(readers)
    .await?;
    rows.iter()
        .map(|row| {
            let reason: Option<String> = row.try_get(3)?;
            let since = Instant::from_millis(row.try_get(4)?);
            Ok(SetAside { order: order_key(row, 0)?, reason: reason.unwrap_or_default(), since })
        })
        .collect()
}

fn count(row: &sqlx::sqlite::SqliteRow, at: usize) -> Result<u64, StoreError> {
    Ok(row.try_get::<i64, _>(at)?.unsigned_abs())
}

async fn open_cases(readers: &SqlitePool) -> Result<BTreeMap<CaseKind, u64>, StoreError> {
    let rows = sqlx::query("SELECT kind, count(*) FROM open_case GROUP BY kind").fetch_all(readers).await?;
    rows.iter().map(|row| Ok((CaseKind::from_word(row.try_get(0)?).ok_or_else(|| bad_word("open_case.kind"))?, count(row, 1)?))).collect()
}

pub(super) async fn board(readers: &SqlitePool, now: Instant, horizon: Length) -> Result<Board, StoreError> {
    let open_cases = open_cases(readers).await?;
    let rows = sqlx::query("SELECT rule_kind, count(*) FROM deadline WHERE is_running = 1 AND due_at < ?1 GROUP BY rule_kind")
        .bind((now + horizon).millis())
        .fetch_all(readers)
        .await?;
    let running_due: BTreeMap<RuleKind, u64> = rows
        .iter()
        .map(|row| Ok((RuleKind::from_word(row.try_get(0)?).ok_or_else(|| bad_word("deadline.rule_kind"))?, count(row, 1)?)))
        .collect::<Result<_, StoreError>>()?;
    let row = sqlx::query(
        "SELECT count(*) FROM task WHERE is_open = 1 AND kind IN ('prepare_evidence', 'submit_evidence', 'collect_damage_evidence')",
    )
    .fetch_one(readers)
    .await?;
    let cases = |kinds: &[CaseKind]| kinds.iter().filter_map(|kind| open_cases.get(kind)).sum();
    let due = |kinds: &[RuleKind]| kinds.iter().filter_map(|kind| running_due.get(kind)).sum();
    Ok(Board {
        soon_uncollected: due(&[RuleKind::Collect]),
        stalled: cases(&[CaseKind::Stalled]),
        undelivered: cases(&[CaseKind::Undelivered]),
        out_of_range: cases(&[CaseKind::OutOfRange]),
        coming_back: cases(&[CaseKind::ReturnParcel]),
        after_sales_soon_due: due(&[
            RuleKind::AfterSaleResponse,
            RuleKind::RefundResponse,
            RuleKind::AfterSaleReview,
            RuleKind::ReturnReceipt,
        ]),
        evidence_wanted: count(&row, 0)?,
        open_cases,
        running_due,
    })
}

pub(super) async fn counts(readers: &SqlitePool, now: Instant) -> Result<Counts, StoreError> {
    let queues = sqlx::query("SELECT queue, count(*) FROM task WHERE is_open = 1 GROUP BY queue").fetch_all(readers).await?;
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM deadline WHERE is_running = 1), (SELECT count(*) FROM inbox WHERE state = 'parked'), \
         (SELECT count(*) FROM case_file WHERE set_aside_at IS NOT NULL), \
         (SELECT count(*) FROM case_file WHERE next_wake_at <= ?1 AND set_aside_at IS NULL), \
         (SELECT coalesce(max(0, ?1 - min(next_wake_at)), 0) FROM case_file WHERE next_wake_at <= ?1 AND set_aside_at IS NULL)",
    )
    .bind(now.millis())
    .fetch_one(readers)
    .await?;
    Ok(Counts {
        open_cases: open_cases(readers).await?,
        open_tasks: queues
            .iter()
            .map(|row| Ok((Queue::from_word(row.try_get(0)?).ok_or_else(|| bad_word("task.queue"))?, count(row, 1)?)))
            .collect::<Result<_, StoreError>>()?,
        running_deadlines: count(&row, 0)?,
        parked_facts: count(&row, 1)?,
        set_aside: count(&row, 2)?,
        overdue_files: count(&row, 3)?,
        overdue_ms: count(&row, 4)?,
    })
}
