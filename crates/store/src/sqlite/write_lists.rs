//! Writing what lists show: tasks, deadlines, open cases, operations and the waybill index.

use super::bulk::Insert;
use crate::StoreError;
use crate::change::{Batch, FileStamp};
use crate::projection::{self, Told};
use parcelward_casework::casefile::{Case, CaseFile, Deadline, DeadlineState, Operation, OperationState, Task, TaskState};
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::Instant;
use sqlx::SqliteConnection;

static WAYBILL: Insert = Insert::new("INSERT INTO waybill_index (number, courier, file_no)", 3, "ON CONFLICT DO NOTHING");
static TASK: Insert = Insert::new(
    "INSERT INTO task (task_id, file_no, kind, platform, shop, order_id, case_id, case_kind, courier, number, queue, urgency, due_at, \
     deadline_id, state, is_open, snoozed_until, outcome, assignee, opened_at, version, advice, money_fen, opened)",
    24,
    "ON CONFLICT (task_id) DO UPDATE SET case_id = excluded.case_id, case_kind = excluded.case_kind, courier = excluded.courier, \
     number = excluded.number, queue = excluded.queue, urgency = excluded.urgency, due_at = excluded.due_at, \
     deadline_id = excluded.deadline_id, state = excluded.state, is_open = excluded.is_open, snoozed_until = excluded.snoozed_until, \
     outcome = excluded.outcome, assignee = excluded.assignee, version = excluded.version, advice = excluded.advice, \
     money_fen = excluded.money_fen, opened = CASE WHEN excluded.opened = '{}' THEN task.opened ELSE excluded.opened END",
);
static DEADLINE: Insert = Insert::new(
    "INSERT INTO deadline (deadline_id, file_no, rule, rule_kind, platform, shop, order_id, courier, number, starts_at, due_at, state, \
     is_running, ended_at, provisional, waived, late_news, told)",
    18,
    "ON CONFLICT (deadline_id) DO UPDATE SET courier = excluded.courier, number = excluded.number, starts_at = excluded.starts_at, \
     due_at = excluded.due_at, state = excluded.state, is_running = excluded.is_running, ended_at = excluded.ended_at, \
     provisional = excluded.provisional, waived = excluded.waived, late_news = excluded.late_news, \
     told = CASE WHEN excluded.told = '{}' THEN deadline.told ELSE excluded.told END",
);
static OPEN_CASE: Insert = Insert::new("INSERT INTO open_case (case_id, file_no, kind, opened_at)", 4, "");
static OPERATION: Insert = Insert::new(
    "INSERT INTO operation (operation_id, file_no, kind, courier, number, case_id, state, asked_at, reference, intent)",
    10,
    "ON CONFLICT (operation_id) DO UPDATE SET state = excluded.state, reference = excluded.reference, \
     intent = CASE WHEN excluded.intent = '{}' THEN operation.intent ELSE excluded.intent END",
);

/// Something of a case file, with the row's number.
struct Of<'a, T> {
    no: i64,
    file: &'a CaseFile,
    it: &'a T,
    told: String,
}

/// Writes the difference that a batch makes.
pub(super) async fn write(on: &mut SqliteConnection, batch: &Batch, stamps: &[FileStamp]) -> Result<(), StoreError> {
    let told = projection::told(&batch.entries);
    let (mut tasks, mut deadlines, mut operations) = (Vec::new(), Vec::new(), Vec::new());
    let mut opened: Vec<(i64, &Case)> = Vec::new();
    let mut closed: Vec<&str> = Vec::new();
    let mut waybills: Vec<(i64, &Waybill)> = Vec::new();
    for (change, stamp) in batch.files.iter().zip(stamps) {
        let (file, no, difference) = (&*change.after, stamp.no, projection::difference(change));
        tasks.extend(difference.tasks.iter().map(|&i| of(file, no, &file.tasks[i], &file.tasks[i].id, &told)));
        deadlines.extend(difference.deadlines.iter().map(|&i| of(file, no, &file.deadlines[i], &file.deadlines[i].id, &told)));
        operations.extend(difference.operations.iter().map(|&i| of(file, no, &file.operations[i], &file.operations[i].id, &told)));
        opened.extend(difference.opened_cases.iter().map(|&i| (no, &file.cases[i])));
        closed.extend(difference.closed_cases.iter().map(|&i| file.cases[i].id.as_str()));
        waybills.extend(difference.waybills.iter().map(|&i| (no, &file.parcels[i].waybill)));
    }
    WAYBILL.run(on, &waybills, |query, (no, waybill)| query.bind(waybill.number.as_str()).bind(waybill.courier.word()).bind(*no)).await?;
    write_tasks(on, &tasks).await?;
    write_deadlines(on, &deadlines).await?;
    write_operations(on, &operations).await?;
    OPEN_CASE
        .run(on, &opened, |query, (no, case)| query.bind(case.id.as_str()).bind(*no).bind(case.kind.word()).bind(case.opened_at.millis()))
        .await?;
    if !closed.is_empty() {
        let list = serde_json::to_string(&closed).map_err(|e| StoreError::Defect(e.to_string()))?;
        sqlx::query("DELETE FROM open_case WHERE case_id IN (SELECT value FROM json_each(?1))").bind(list).execute(on).await?;
    }
    Ok(())
}

fn of<'a, T>(file: &'a CaseFile, no: i64, it: &'a T, id: &str, told: &Told<'_>) -> Of<'a, T> {
    Of { no, file, it, told: projection::told_json(told, id) }
}

async fn write_tasks(on: &mut SqliteConnection, rows: &[Of<'_, Task>]) -> Result<(), StoreError> {
    TASK.run(on, rows, |query, row| {
        let (file, task) = (row.file, row.it);
        let case = projection::case_at(file, task.case);
        let waybill = projection::waybill_of_task(file, task);
        let deadline = task.deadline.and_then(|i| file.deadlines.get(usize::try_from(i).ok()?));
        let (snoozed, outcome) = match task.state {
            TaskState::Snoozed(until) => (Some(until.millis()), None),
            TaskState::Closed(outcome) => (None, Some(outcome.word())),
            TaskState::Open | TaskState::Claimed => (None, None),
        };
        query
            .bind(task.id.as_str())
            .bind(row.no)
            .bind(task.kind.word())
            .bind(file.key.platform.word())
            .bind(file.key.shop.as_str())
            .bind(file.key.order_id.as_str())
            .bind(case.map(|c| c.id.as_str()))
            .bind(case.map(|c| c.kind.word()))
            .bind(waybill.map(|w| w.courier.word()))
            .bind(waybill.map(|w| w.number.as_str()))
            .bind(task.queue.word())
            .bind(task.urgency.word())
            .bind(task.due_at.millis())
            .bind(deadline.map(|d| d.id.as_str()))
            .bind(task.state.word())
            .bind(task.is_open())
            .bind(snoozed)
            .bind(outcome)
            .bind(task.assignee.as_deref())
            .bind(task.opened_at.millis())
            .bind(task.version.cast_signed())
            .bind(task.advice.map(|a| a.word()))
            .bind(task.money.map_or(-1, |m| m.fen()))
            .bind(row.told.as_str())
    })
    .await?;
    Ok(())
}

/// The word that stands for a deadline's state in the database.
pub(super) const fn deadline_word(state: DeadlineState) -> &'static str {
    match state {
        DeadlineState::Running => "running",
        DeadlineState::Met => "met",
        DeadlineState::Breached => "breached",
        DeadlineState::Cancelled => "cancelled",
    }
}

async fn write_deadlines(on: &mut SqliteConnection, rows: &[Of<'_, Deadline>]) -> Result<(), StoreError> {
    let rules: Vec<(String, &Of<'_, Deadline>)> = rows.iter().map(|row| (row.it.rule.id(row.file.key.platform), row)).collect();
    DEADLINE
        .run(on, &rules, |query, (rule, row)| {
            let (file, deadline) = (row.file, row.it);
            let waybill = projection::waybill_of_deadline(file, deadline);
            query
                .bind(deadline.id.as_str())
                .bind(row.no)
                .bind(rule.as_str())
                .bind(deadline.rule.word())
                .bind(file.key.platform.word())
                .bind(file.key.shop.as_str())
                .bind(file.key.order_id.as_str())
                .bind(waybill.map(|w| w.courier.word()))
                .bind(waybill.map(|w| w.number.as_str()))
                .bind(deadline.starts_at.millis())
                .bind(deadline.due_at.millis())
                .bind(deadline_word(deadline.state))
                .bind(deadline.state == DeadlineState::Running)
                .bind(deadline.ended_at.map(Instant::millis))
                .bind(deadline.provisional)
                .bind(deadline.waived)
                .bind(deadline.late_news)
                .bind(row.told.as_str())
        })
        .await?;
    Ok(())
}

async fn write_operations(on: &mut SqliteConnection, rows: &[Of<'_, Operation>]) -> Result<(), StoreError> {
    for row in rows {
        if projection::waybill_of_operation(row.file, row.it).is_none() || projection::case_at(row.file, Some(row.it.case)).is_none() {
            return Err(StoreError::Defect(format!("operation {} has no parcel or no case", row.it.id)));
        }
    }
    OPERATION
        .run(on, rows, |query, row| {
            let (file, operation) = (row.file, row.it);
            let waybill = projection::waybill_of_operation(file, operation);
            let state = match operation.state {
                OperationState::Requested => "requested",
                OperationState::ByHand => "by_hand",
                OperationState::Accepted => "accepted",
                OperationState::Unknown => "unknown",
                OperationState::Settled(_) => "settled",
            };
            query
                .bind(operation.id.as_str())
                .bind(row.no)
                .bind(operation.kind.word())
                .bind(waybill.map(|w| w.courier.word()))
                .bind(waybill.map(|w| w.number.as_str()))
                .bind(projection::case_at(file, Some(operation.case)).map(|c| c.id.as_str()))
                .bind(state)
                .bind(operation.asked_at.millis())
                .bind(operation.reference.as_deref())
                .bind(row.told.as_str())
        })
        .await?;
    Ok(())
}
