//! Writing what lists show: tasks, deadlines, open cases, operations and the waybill index.

use super::bulk::Insert;
use crate::StoreError;
use crate::lanes::IN_DOUBT;
use crate::projection::Lines;
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
    "ON CONFLICT (operation_id) DO UPDATE SET state = excluded.state, reference = excluded.reference, courier = excluded.courier, \
     number = excluded.number, phase = CASE WHEN excluded.state = 'settled' THEN 'done' ELSE operation.phase END, \
     intent = CASE WHEN excluded.intent = '{}' THEN operation.intent ELSE excluded.intent END",
);
static POLL: Insert = Insert::new(
    "INSERT INTO poll (courier, number, place, file_no, shop, every_ms, acts_at, phone_tail, next_at, rank_at)",
    10,
    "ON CONFLICT (courier, number, place) DO UPDATE SET account = CASE WHEN poll.shop = excluded.shop THEN poll.account END, \
     file_no = excluded.file_no, shop = excluded.shop, every_ms = excluded.every_ms, acts_at = excluded.acts_at, \
     phone_tail = excluded.phone_tail, doubt = CASE WHEN poll.doubt > 0 THEN 1 ELSE 0 END, \
     next_at = CASE WHEN poll.asked_at = 0 THEN min(poll.next_at, excluded.next_at) ELSE min(poll.next_at, poll.asked_at + \
     CASE WHEN poll.pushed = 1 AND excluded.every_ms >= 3600000 THEN 3 ELSE 1 END * excluded.every_ms, max(poll.asked_at + 600000, excluded.acts_at - 3300000)) END, \
     rank_at = min(poll.next_at + 86400000, CASE WHEN poll.asked_at + 3600000 >= excluded.acts_at THEN excluded.acts_at + 3600000 \
     ELSE excluded.acts_at END)",
);

/// Writes the difference that a batch makes.
pub(super) async fn write(on: &mut SqliteConnection, lines: &Lines<'_>) -> Result<(), StoreError> {
    WAYBILL.run(on, &lines.waybills, |query, w| query.bind(w.number).bind(w.courier).bind(w.no)).await?;
    write_tasks(on, lines).await?;
    write_deadlines(on, lines).await?;
    OPERATION
        .run(on, &lines.operations, |query, o| {
            query
                .bind(o.operation_id)
                .bind(o.no)
                .bind(o.kind)
                .bind(o.courier)
                .bind(o.number)
                .bind(o.case_id)
                .bind(o.state)
                .bind(o.asked_at)
                .bind(o.reference)
                .bind(o.intent.as_str())
        })
        .await?;
    if !lines.operations.is_empty() {
        // Soon after the incarnation changed it stands under none: what was sent in the time that was lost may be decided again.
        let planned = "UPDATE operation SET incarnation = (SELECT CASE WHEN operation.asked_at < m.renewed_at + ?1 THEN '' ELSE m.incarnation END \
                       FROM db_meta AS m WHERE m.id = 1) \
                       WHERE operation_id IN (SELECT value FROM json_each(?2)) AND incarnation IS NULL";
        let ids: Vec<&str> = lines.operations.iter().map(|o| o.operation_id).collect();
        let ids = serde_json::to_string(&ids).map_err(|e| StoreError::Defect(e.to_string()))?;
        sqlx::query(planned).bind(IN_DOUBT.as_millis()).bind(ids).execute(&mut *on).await?;
    }
    write_polls(on, lines).await?;
    OPEN_CASE.run(on, &lines.opened, |query, c| query.bind(c.case_id).bind(c.no).bind(c.kind).bind(c.opened_at)).await?;
    if !lines.closed.is_empty() {
        let list = serde_json::to_string(&lines.closed).map_err(|e| StoreError::Defect(e.to_string()))?;
        sqlx::query("DELETE FROM open_case WHERE case_id IN (SELECT value FROM json_each(?1))").bind(list).execute(on).await?;
    }
    Ok(())
}

async fn write_polls(on: &mut SqliteConnection, lines: &Lines<'_>) -> Result<(), StoreError> {
    for (courier, number, place) in &lines.unwatched {
        let gone = sqlx::query("DELETE FROM poll WHERE courier = ?1 AND number = ?2 AND place = ?3 AND doubt = 0");
        gone.bind(courier).bind(number).bind(place).execute(&mut *on).await?;
        // What somebody told whom nobody can check is asked about all the same.
        let doubted = sqlx::query("UPDATE poll SET doubt = 2 WHERE courier = ?1 AND number = ?2 AND place = ?3 AND doubt = 1");
        doubted.bind(courier).bind(number).bind(place).execute(&mut *on).await?;
    }
    POLL.run(on, &lines.polls, |query, p| {
        query
            .bind(p.courier)
            .bind(p.number)
            .bind(p.place)
            .bind(p.no)
            .bind(p.shop)
            .bind(p.every_ms)
            .bind(p.acts_at)
            .bind(p.phone_tail.as_deref())
            .bind(p.first_at)
            .bind(p.rank_at)
    })
    .await?;
    for (courier, number, at) in &lines.both {
        let now =
            sqlx::query("UPDATE poll SET next_at = ?1, rank_at = min(rank_at, ?1) WHERE courier = ?2 AND number = ?3 AND next_at > ?1");
        now.bind(at).bind(courier).bind(number).execute(&mut *on).await?;
    }
    Ok(())
}

async fn write_tasks(on: &mut SqliteConnection, lines: &Lines<'_>) -> Result<(), StoreError> {
    TASK.run(on, &lines.tasks, |query, t| {
        query
            .bind(t.task_id)
            .bind(t.no)
            .bind(t.kind)
            .bind(t.platform)
            .bind(t.shop)
            .bind(t.order_id)
            .bind(t.case_id)
            .bind(t.case_kind)
            .bind(t.courier)
            .bind(t.number)
            .bind(t.queue)
            .bind(t.urgency)
            .bind(t.due_at)
            .bind(t.deadline_id)
            .bind(t.state)
            .bind(t.is_open)
            .bind(t.snoozed_until)
            .bind(t.outcome)
            .bind(t.assignee)
            .bind(t.opened_at)
            .bind(t.version)
            .bind(t.advice)
            .bind(t.money_fen)
            .bind(t.opened.as_str())
    })
    .await?;
    Ok(())
}

async fn write_deadlines(on: &mut SqliteConnection, lines: &Lines<'_>) -> Result<(), StoreError> {
    DEADLINE
        .run(on, &lines.deadlines, |query, d| {
            query
                .bind(d.deadline_id)
                .bind(d.no)
                .bind(d.rule.as_str())
                .bind(d.rule_kind)
                .bind(d.platform)
                .bind(d.shop)
                .bind(d.order_id)
                .bind(d.courier)
                .bind(d.number)
                .bind(d.starts_at)
                .bind(d.due_at)
                .bind(d.state)
                .bind(d.is_running)
                .bind(d.ended_at)
                .bind(d.provisional)
                .bind(d.waived)
                .bind(d.late_news)
                .bind(d.told.as_str())
        })
        .await?;
    Ok(())
}
