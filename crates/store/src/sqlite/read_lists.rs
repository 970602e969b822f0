//! Lists of tasks and deadlines.

use super::error::bad_word;
use super::transaction::order_key;
use super::write_lists::deadline_word;
use crate::read::*;
use crate::{Cursor, MAX_PAGE, StoreError};
use parcelward_casework::casefile::DeadlineState;
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::Instant;
use parcelward_casework::money::Money;
use parcelward_casework::words::*;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

const TASK_COLUMNS: &str = "SELECT platform, shop, order_id, task_id, kind, case_id, case_kind, courier, number, queue, urgency, due_at, \
     deadline_id, state, snoozed_until, outcome, assignee, opened_at, version, advice, money_fen, opened FROM task WHERE ";
const DEADLINE_COLUMNS: &str = "SELECT platform, shop, order_id, deadline_id, rule, courier, number, starts_at, due_at, state, ended_at, \
     provisional, waived, late_news, told FROM deadline WHERE ";

/// Adds ` AND column = value` where a value is asked for.
fn equals(query: &mut QueryBuilder<Sqlite>, column: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        query.push(" AND ").push(column).push(" = ").push_bind(value.to_owned());
    }
}

pub(super) async fn tasks(
    readers: &SqlitePool,
    filter: &TaskFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<TaskRow>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut query = QueryBuilder::<Sqlite>::new(TASK_COLUMNS);
    // The partial indexes are chosen by this term.
    query.push(if filter.state == Some(TaskListState::Closed) { "is_open = 0" } else { "is_open = 1" });
    equals(&mut query, "state", filter.state.map(TaskListState::word));
    equals(&mut query, "queue", filter.queue.map(Queue::word));
    equals(&mut query, "urgency", filter.urgency.map(Urgency::word));
    equals(&mut query, "assignee", filter.assignee.as_deref());
    equals(&mut query, "platform", filter.platform.map(Platform::word));
    equals(&mut query, "shop", filter.shop.as_deref());
    equals(&mut query, "courier", filter.courier.map(Courier::word));
    equals(&mut query, "case_kind", filter.case_kind.map(CaseKind::word));
    equals(&mut query, "order_id", filter.order_id.as_deref());
    equals(&mut query, "kind", filter.kind.map(TaskKind::word));
    if let Some(before) = filter.due_before {
        query.push(" AND due_at < ").push_bind(before.millis());
    }
    if let Some(Cursor { due_ms, money_fen, id }) = after {
        query.push(" AND due_at >= ").push_bind(*due_ms).push(" AND (due_at > ").push_bind(*due_ms);
        query.push(" OR money_fen < ").push_bind(*money_fen).push(" OR (money_fen = ").push_bind(*money_fen);
        query.push(" AND task_id > ").push_bind(id.clone()).push("))");
    }
    query.push(" ORDER BY due_at, money_fen DESC, task_id LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(readers).await?;
    let rows: Vec<TaskRow> = rows.iter().map(task_row).collect::<Result<_, _>>()?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|last| Cursor {
        due_ms: last.due_at.millis(),
        money_fen: last.money.map_or(-1, Money::fen),
        id: last.task_id.clone(),
    });
    Ok(Page { rows, next })
}

pub(super) async fn task(readers: &SqlitePool, task_id: &str) -> Result<Option<TaskRow>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new(TASK_COLUMNS);
    query.push("task_id = ").push_bind(task_id);
    query.build().fetch_optional(readers).await?.as_ref().map(task_row).transpose()
}

/// A word of a closed vocabulary in a column.
fn word<T>(row: &SqliteRow, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    read(row.try_get::<&str, _>(column)?).ok_or_else(|| bad_word(column))
}

/// The same where it may be absent.
fn word_option<T>(row: &SqliteRow, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
    match row.try_get::<Option<&str>, _>(column)? {
        None => Ok(None),
        Some(text) => read(text).map(Some).ok_or_else(|| bad_word(column)),
    }
}

fn waybill(row: &SqliteRow) -> Result<Option<Waybill>, StoreError> {
    let courier = word_option(row, "courier", Courier::from_word)?;
    let number: Option<String> = row.try_get("number")?;
    Ok(courier.zip(number).map(|(courier, number)| Waybill { courier, number }))
}

fn at(row: &SqliteRow, column: &str) -> Result<Instant, StoreError> {
    Ok(Instant::from_millis(row.try_get(column)?))
}

fn at_option(row: &SqliteRow, column: &str) -> Result<Option<Instant>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Instant::from_millis))
}

fn task_row(row: &SqliteRow) -> Result<TaskRow, StoreError> {
    let money: i64 = row.try_get("money_fen")?;
    Ok(TaskRow {
        task_id: row.try_get("task_id")?,
        kind: word(row, "kind", TaskKind::from_word)?,
        order: order_key(row, 0)?,
        case_id: row.try_get("case_id")?,
        case_kind: word_option(row, "case_kind", CaseKind::from_word)?,
        waybill: waybill(row)?,
        queue: word(row, "queue", Queue::from_word)?,
        urgency: word(row, "urgency", Urgency::from_word)?,
        due_at: at(row, "due_at")?,
        deadline_id: row.try_get("deadline_id")?,
        state: word(row, "state", TaskListState::from_word)?,
        snoozed_until: at_option(row, "snoozed_until")?,
        outcome: word_option(row, "outcome", TaskOutcome::from_word)?,
        assignee: row.try_get("assignee")?,
        opened_at: at(row, "opened_at")?,
        version: row.try_get::<i64, _>("version")?.cast_unsigned(),
        advice: word_option(row, "advice", Advice::from_word)?,
        money: (money >= 0).then(|| Money::from_fen(money)),
        opened: row.try_get("opened")?,
    })
}

pub(super) async fn deadlines(
    readers: &SqlitePool,
    filter: &DeadlineFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<DeadlineRow>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let state = filter.state.unwrap_or(DeadlineState::Running);
    let mut query = QueryBuilder::<Sqlite>::new(DEADLINE_COLUMNS);
    query.push(if state == DeadlineState::Running { "is_running = 1" } else { "is_running = 0" });
    equals(&mut query, "state", Some(deadline_word(state)));
    equals(&mut query, "rule", filter.rule.as_deref());
    equals(&mut query, "rule_kind", filter.rule.as_deref().and_then(rule_word));
    equals(&mut query, "platform", filter.platform.map(Platform::word));
    equals(&mut query, "shop", filter.shop.as_deref());
    equals(&mut query, "order_id", filter.order_id.as_deref());
    if let Some(before) = filter.due_before {
        query.push(" AND due_at < ").push_bind(before.millis());
    }
    if let Some(Cursor { due_ms, id, .. }) = after {
        query.push(" AND due_at >= ").push_bind(*due_ms).push(" AND (due_at > ").push_bind(*due_ms);
        query.push(" OR deadline_id > ").push_bind(id.clone()).push(")");
    }
    query.push(" ORDER BY due_at, deadline_id LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(readers).await?;
    let rows: Vec<DeadlineRow> = rows.iter().map(deadline_row).collect::<Result<_, _>>()?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|last| Cursor {
        due_ms: last.due_at.millis(),
        money_fen: -1,
        id: last.deadline_id.clone(),
    });
    Ok(Page { rows, next })
}

/// The word of a rule's kind by the rule's id, so that the index of kinds serves: `pdd.collect` is `collect`.
fn rule_word(rule: &str) -> Option<&'static str> {
    use parcelward_casework::rule_kind::RuleKind;
    RuleKind::ALL.iter().find(|kind| Platform::ALL.iter().any(|platform| kind.id(*platform) == rule)).map(|kind| kind.word())
}

fn deadline_row(row: &SqliteRow) -> Result<DeadlineRow, StoreError> {
    let states = [DeadlineState::Running, DeadlineState::Met, DeadlineState::Breached, DeadlineState::Cancelled];
    Ok(DeadlineRow {
        deadline_id: row.try_get("deadline_id")?,
        rule: row.try_get("rule")?,
        order: order_key(row, 0)?,
        waybill: waybill(row)?,
        starts_at: at(row, "starts_at")?,
        due_at: at(row, "due_at")?,
        state: word(row, "state", |text| states.into_iter().find(|s| deadline_word(*s) == text))?,
        ended_at: at_option(row, "ended_at")?,
        provisional: row.try_get("provisional")?,
        waived: row.try_get("waived")?,
        late_news: row.try_get("late_news")?,
        set: row.try_get("told")?,
    })
}
