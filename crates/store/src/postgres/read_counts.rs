//! Counts, the next moment, and what the database says of itself.

use super::link::Link;
use crate::read::*;
use crate::rows::{Columns, all, at, count, set_aside, sizes, tally};
use crate::{MAX_PAGE, StoreError};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::*;
use std::collections::BTreeMap;

pub(super) async fn next_wake_at(link: &mut Link) -> Result<Option<Instant>, StoreError> {
    let row = link.query(
        "SELECT EXISTS (SELECT 1 FROM rouse) AS rousing, (SELECT next_wake_at FROM case_file \
         WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL ORDER BY next_wake_at LIMIT 1) AS next",
    );
    let row = row.fetch_one(link.on()).await?;
    let next = row.number_or_none("next")?.map(Instant::from_millis);
    Ok(if row.flag("rousing")? { Some(Instant::MIN) } else { next })
}

pub(super) async fn high_water(link: &mut Link) -> Result<Instant, StoreError> {
    at(&link.query("SELECT clock_high_water AS at FROM db_meta WHERE id = 1").fetch_one(link.on()).await?, "at")
}

pub(super) async fn renewed_at(link: &mut Link) -> Result<Option<Instant>, StoreError> {
    let row = link.query("SELECT renewed_at FROM db_meta WHERE id = 1").fetch_one(link.on()).await?;
    Ok(row.number_or_none("renewed_at")?.map(Instant::from_millis))
}

pub(super) async fn incarnation(link: &mut Link) -> Result<String, StoreError> {
    let row = link.query("SELECT incarnation FROM db_meta WHERE id = 1").fetch_one(link.on()).await?;
    Ok(row.text("incarnation")?.to_owned())
}

pub(super) async fn aside(link: &mut Link, limit: u32) -> Result<Vec<SetAside>, StoreError> {
    let rows = link.query(
        "SELECT platform, shop, order_id, set_aside_why, set_aside_at FROM case_file WHERE set_aside_at IS NOT NULL \
         ORDER BY set_aside_at, no LIMIT $1",
    );
    all(&rows.bind(i64::from(limit.clamp(1, MAX_PAGE))).fetch_all(link.on()).await?, set_aside)
}

async fn open_cases(link: &mut Link) -> Result<BTreeMap<CaseKind, u64>, StoreError> {
    let rows = link.query("SELECT kind AS word, count(*) AS count FROM open_case GROUP BY kind").fetch_all(link.on()).await?;
    tally(&rows, CaseKind::from_word)
}

pub(super) async fn board(link: &mut Link, now: Instant, horizon: Length) -> Result<Board, StoreError> {
    let due = link
        .query("SELECT rule_kind AS word, count(*) AS count FROM deadline WHERE is_running AND due_at < $1 GROUP BY rule_kind")
        .bind((now + horizon).millis())
        .fetch_all(link.on())
        .await?;
    let wanted = link.query(
        "SELECT count(*) AS count FROM task WHERE is_open AND kind IN ('prepare_evidence', 'submit_evidence', 'collect_damage_evidence')",
    );
    let wanted = count(&wanted.fetch_one(link.on()).await?, "count")?;
    Ok(Board::of(open_cases(link).await?, tally(&due, RuleKind::from_word)?, wanted))
}

pub(super) async fn counts(link: &mut Link, now: Instant) -> Result<Counts, StoreError> {
    let queues = link.query("SELECT queue AS word, count(*) AS count FROM task WHERE is_open GROUP BY queue").fetch_all(link.on()).await?;
    let row = link.query(
        "SELECT (SELECT count(*) FROM deadline WHERE is_running) AS running_deadlines, \
         (SELECT count(*) FROM inbox WHERE state = 'parked') AS parked_facts, \
         (SELECT count(*) FROM case_file WHERE set_aside_at IS NOT NULL) AS set_aside, \
         (SELECT count(*) FROM late_fact) AS late_facts, \
         (SELECT count(*) FROM case_file WHERE next_wake_at <= $1 AND next_wake_at IS NOT NULL AND set_aside_at IS NULL) AS overdue_files, \
         (SELECT coalesce(greatest(0, $1 - min(next_wake_at)), 0) FROM case_file \
         WHERE next_wake_at <= $1 AND next_wake_at IS NOT NULL AND set_aside_at IS NULL) AS overdue_ms",
    );
    let row = row.bind(now.millis()).fetch_one(link.on()).await?;
    let (open_cases, open_tasks) = (open_cases(link).await?, tally(&queues, Queue::from_word)?);
    Ok(Counts { open_cases, open_tasks, ..sizes(&row)? })
}
