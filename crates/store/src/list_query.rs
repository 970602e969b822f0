//! The questions behind lists, the same for every database but for how it writes a flag.

use crate::Cursor;
use crate::read::*;
use crate::rows::{deadline_word, place, rule_word};
use parcelward_casework::casefile::DeadlineState;
use parcelward_casework::words::*;
use sqlx::{Database, Encode, QueryBuilder, Type};

const TASK_COLUMNS: &str = "SELECT platform, shop, order_id, task_id, kind, case_id, case_kind, courier, number, queue, urgency, due_at, \
     deadline_id, state, snoozed_until, outcome, assignee, opened_at, version, advice, money_fen, opened FROM task WHERE ";
const DEADLINE_COLUMNS: &str = "SELECT platform, shop, order_id, deadline_id, rule, courier, number, starts_at, due_at, state, ended_at, \
     provisional, waived, late_news, told FROM deadline WHERE ";
pub(crate) const CHANGE_COLUMNS: &str = "SELECT position, at, source, id, kind, told, note, from_scans FROM world_change WHERE ";

/// What a database writes after the name of a flag to say that it is set, and that it is not: the partial indexes are chosen by this term.
#[derive(Clone, Copy)]
pub(crate) struct Flags {
    pub(crate) set: &'static str,
    pub(crate) unset: &'static str,
}

/// A question in the making.
pub(crate) struct Question<DB: Database>(pub(crate) QueryBuilder<DB>);

impl<DB: Database> Question<DB>
where
    for<'q> String: Encode<'q, DB> + Type<DB>,
    for<'q> i64: Encode<'q, DB> + Type<DB>,
{
    fn new(columns: &'static str) -> Self {
        Question(QueryBuilder::new(columns))
    }

    fn flag(&mut self, column: &'static str, set: bool, flags: Flags) {
        self.0.push(column).push(if set { flags.set } else { flags.unset });
    }

    /// Adds ` AND column = value` where a value is asked for.
    fn equals(&mut self, column: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.push(" AND ").push(column).push(" = ").push_bind(value.to_owned());
        }
    }

    fn order_by(&mut self, order: &'static str, limit: u32) {
        self.0.push(" ORDER BY ").push(order).push(" LIMIT ").push_bind(i64::from(limit));
    }

    pub(crate) fn tasks(filter: &TaskFilter, after: Option<&Cursor>, limit: u32, flags: Flags) -> Self {
        let mut query = Question::new(TASK_COLUMNS);
        query.flag("is_open", filter.state != Some(TaskListState::Closed), flags);
        query.equals("state", filter.state.map(TaskListState::word));
        query.equals("queue", filter.queue.map(Queue::word));
        query.equals("urgency", filter.urgency.map(Urgency::word));
        query.equals("assignee", filter.assignee.as_deref());
        query.equals("platform", filter.platform.map(Platform::word));
        query.equals("shop", filter.shop.as_deref());
        query.equals("courier", filter.courier.map(Courier::word));
        query.equals("case_kind", filter.case_kind.map(CaseKind::word));
        query.equals("order_id", filter.order_id.as_deref());
        query.equals("kind", filter.kind.map(TaskKind::word));
        if let Some(before) = filter.due_before {
            query.0.push(" AND due_at < ").push_bind(before.millis());
        }
        if let Some(Cursor { due_ms, money_fen, id }) = after {
            query.0.push(" AND due_at >= ").push_bind(*due_ms).push(" AND (due_at > ").push_bind(*due_ms);
            query.0.push(" OR money_fen < ").push_bind(*money_fen).push(" OR (money_fen = ").push_bind(*money_fen);
            query.0.push(" AND task_id > ").push_bind(id.clone()).push("))");
        }
        query.order_by("due_at, money_fen DESC, task_id", limit);
        query
    }

    pub(crate) fn task(task_id: &str) -> Self {
        let mut query = Question::new(TASK_COLUMNS);
        query.0.push("task_id = ").push_bind(task_id.to_owned());
        query
    }

    pub(crate) fn deadlines(filter: &DeadlineFilter, after: Option<&Cursor>, limit: u32, flags: Flags) -> Self {
        let state = filter.state.unwrap_or(DeadlineState::Running);
        let mut query = Question::new(DEADLINE_COLUMNS);
        query.flag("is_running", state == DeadlineState::Running, flags);
        query.equals("state", Some(deadline_word(state)));
        query.equals("rule", filter.rule.as_deref());
        query.equals("rule_kind", filter.rule.as_deref().and_then(rule_word));
        query.equals("platform", filter.platform.map(Platform::word));
        query.equals("shop", filter.shop.as_deref());
        query.equals("order_id", filter.order_id.as_deref());
        if let Some(before) = filter.due_before {
            query.0.push(" AND due_at < ").push_bind(before.millis());
        }
        if let Some(Cursor { due_ms, id, .. }) = after {
            query.0.push(" AND due_at >= ").push_bind(*due_ms).push(" AND (due_at > ").push_bind(*due_ms);
            query.0.push(" OR deadline_id > ").push_bind(id.clone()).push(")");
        }
        query.order_by("due_at, deadline_id", limit);
        query
    }

    pub(crate) fn coverage(filter: &CoverageFilter, before: Option<u64>, limit: u32, flags: Flags) -> Self {
        let mut query = Question::new(CHANGE_COLUMNS);
        query.0.push("kind = 'reach' AND position < ").push_bind(before.map_or(i64::MAX, place));
        if filter.newest_only {
            query.0.push(" AND ");
            query.flag("is_newest", true, flags);
        }
        query.equals("courier", filter.courier.map(Courier::word));
        query.equals("province", filter.province.as_deref());
        query.order_by("position DESC", limit);
        query
    }

    pub(crate) fn disruptions(before: Option<u64>, limit: u32, flags: Flags) -> Self {
        let mut query = Question::new(CHANGE_COLUMNS);
        query.0.push("kind = 'disruption' AND ");
        query.flag("is_newest", true, flags);
        query.0.push(" AND position < ").push_bind(before.map_or(i64::MAX, place));
        query.order_by("position DESC", limit);
        query
    }
}
