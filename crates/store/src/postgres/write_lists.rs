//! Writing what lists show: tasks, deadlines, open cases, operations and the waybill index.

use super::save::bind_columns;
use super::transaction::Writing;
use crate::change::Batch;
use crate::lanes::IN_DOUBT;
use crate::projection::Lines;
use crate::rows::Columns;
use crate::{StoreError, journal};
use std::collections::{BTreeMap, HashSet};

/// Writes the difference that a batch makes.
pub(super) async fn write(
    tx: &mut Writing,
    batch: &Batch,
    lines: &Lines<'_>,
    journal: &journal::Lines<'_>,
    number: i64,
) -> Result<(), StoreError> {
    write_waybills(tx, batch, lines, journal, number).await?;
    write_tasks(tx, lines).await?;
    write_deadlines(tx, lines).await?;
    write_operations(tx, lines).await?;
    write_polls(tx, lines).await?;
    if !lines.opened.is_empty() {
        let insert = tx.link.query(
            "INSERT INTO open_case (case_id, file_no, kind, opened_at) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], \
             $4::bigint[])",
        );
        bind_columns!(insert, lines.opened, |c| c.case_id, |c| c.no, |c| c.kind, |c| c.opened_at).execute(tx.link.on()).await?;
    }
    if !lines.closed.is_empty() {
        tx.link.query("DELETE FROM open_case WHERE case_id = ANY($1::text[])").bind(&lines.closed[..]).execute(tx.link.on()).await?;
    }
    Ok(())
}

/// Registers waybills, and meets at their rows whoever registers or parks at the same time.
async fn write_waybills(
    tx: &mut Writing,
    batch: &Batch,
    lines: &Lines<'_>,
    journal: &journal::Lines<'_>,
    number: i64,
) -> Result<(), StoreError> {
    let mut rows: BTreeMap<(&str, &str), Option<i64>> = BTreeMap::new();
    let parked = journal.taken.iter().filter_map(|t| t.parked);
    let mut must: HashSet<(&str, &str)> = parked.map(|w| (w.number.as_str(), w.courier.word())).collect();
    rows.extend(must.iter().map(|key| (*key, None)));
    for line in &lines.waybills {
        rows.entry((line.number, line.courier)).or_insert(Some(line.no));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let gained: Vec<(&str, &str)> = batch.owners.iter().map(|(w, _)| (w.number.as_str(), w.courier.word())).collect();
    must.extend(&gained);
    let rows: Vec<_> = rows.into_iter().collect();
    let insert = tx.link.query(
        "INSERT INTO waybill_index AS w (number, courier, file_no, batch) SELECT number, courier, file_no, $1 \
         FROM unnest($2::text[], $3::text[], $4::bigint[]) AS u (number, courier, file_no) ON CONFLICT (number, courier) \
         DO UPDATE SET file_no = excluded.file_no, batch = excluded.batch WHERE w.file_no IS NULL RETURNING w.number, w.courier",
    );
    let insert = bind_columns!(insert.bind(number), rows, |((n, _), _)| *n, |((_, c), _)| *c, |(_, no)| *no);
    let written = insert.fetch_all(tx.link.on()).await?;
    for row in &written {
        must.remove(&(row.text("number")?, row.text("courier")?));
    }
    if !must.is_empty() {
        return Err(StoreError::Retry("another writer registered a waybill".to_owned()));
    }
    if gained.is_empty() {
        return Ok(());
    }
    // Facts that were parked meanwhile would wait for ever.
    let waiting = tx.link.query(
        "SELECT EXISTS (SELECT 1 FROM unnest($1::text[], $2::text[]) AS u (number, courier) \
         JOIN inbox AS i ON i.state = 'parked' AND i.number = u.number AND i.courier = u.courier) AS waiting",
    );
    let waiting = bind_columns!(waiting, gained, |(n, _)| *n, |(_, c)| *c).fetch_one(tx.link.on()).await?;
    if waiting.flag("waiting")? { Err(StoreError::Retry("another writer parked a fact".to_owned())) } else { Ok(()) }
}

async fn write_tasks(tx: &mut Writing, lines: &Lines<'_>) -> Result<(), StoreError> {
    if lines.tasks.is_empty() {
        return Ok(());
    }
    let insert = tx.link.query(
        "INSERT INTO task (task_id, file_no, kind, platform, shop, order_id, case_id, case_kind, courier, number, queue, urgency, \
         due_at, deadline_id, state, is_open, snoozed_until, outcome, assignee, opened_at, version, advice, money_fen, opened) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
         $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::text[], $15::text[], $16::boolean[], $17::bigint[], \
         $18::text[], $19::text[], $20::bigint[], $21::bigint[], $22::text[], $23::bigint[], $24::text[]) \
         ON CONFLICT (task_id) DO UPDATE SET case_id = excluded.case_id, case_kind = excluded.case_kind, courier = excluded.courier, \
         number = excluded.number, queue = excluded.queue, urgency = excluded.urgency, due_at = excluded.due_at, \
         deadline_id = excluded.deadline_id, state = excluded.state, is_open = excluded.is_open, \
         snoozed_until = excluded.snoozed_until, outcome = excluded.outcome, assignee = excluded.assignee, version = excluded.version, \
         advice = excluded.advice, money_fen = excluded.money_fen, \
         opened = CASE WHEN excluded.opened = '{}' THEN task.opened ELSE excluded.opened END",
    );
    let insert = bind_columns!(
        insert,
        lines.tasks,
        |t| t.task_id,
        |t| t.no,
        |t| t.kind,
        |t| t.platform,
        |t| t.shop,
        |t| t.order_id,
        |t| t.case_id,
        |t| t.case_kind,
        |t| t.courier,
        |t| t.number,
        |t| t.queue,
        |t| t.urgency,
        |t| t.due_at,
        |t| t.deadline_id,
        |t| t.state,
        |t| t.is_open,
        |t| t.snoozed_until,
        |t| t.outcome,
        |t| t.assignee,
        |t| t.opened_at,
        |t| t.version,
        |t| t.advice,
        |t| t.money_fen,
        |t| t.opened.as_str(),
    );
    insert.execute(tx.link.on()).await?;
    Ok(())
}

async fn write_deadlines(tx: &mut Writing, lines: &Lines<'_>) -> Result<(), StoreError> {
    if lines.deadlines.is_empty() {
        return Ok(());
    }
    let insert = tx.link.query(
        "INSERT INTO deadline (deadline_id, file_no, rule, rule_kind, platform, shop, order_id, courier, number, starts_at, due_at, \
         state, is_running, ended_at, provisional, waived, late_news, told) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], \
         $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::text[], \
         $13::boolean[], $14::bigint[], $15::boolean[], $16::boolean[], $17::boolean[], $18::text[]) \
         ON CONFLICT (deadline_id) DO UPDATE SET courier = excluded.courier, number = excluded.number, \
         starts_at = excluded.starts_at, due_at = excluded.due_at, state = excluded.state, is_running = excluded.is_running, \
         ended_at = excluded.ended_at, provisional = excluded.provisional, waived = excluded.waived, late_news = excluded.late_news, \
         told = CASE WHEN excluded.told = '{}' THEN deadline.told ELSE excluded.told END",
    );
    let insert = bind_columns!(
        insert,
        lines.deadlines,
        |d| d.deadline_id,
        |d| d.no,
        |d| d.rule.as_str(),
        |d| d.rule_kind,
        |d| d.platform,
        |d| d.shop,
        |d| d.order_id,
        |d| d.courier,
        |d| d.number,
        |d| d.starts_at,
        |d| d.due_at,
        |d| d.state,
        |d| d.is_running,
        |d| d.ended_at,
        |d| d.provisional,
        |d| d.waived,
        |d| d.late_news,
        |d| d.told.as_str(),
    );
    insert.execute(tx.link.on()).await?;
    Ok(())
}

async fn write_operations(tx: &mut Writing, lines: &Lines<'_>) -> Result<(), StoreError> {
    if lines.operations.is_empty() {
        return Ok(());
    }
    let insert = tx.link.query(
        "INSERT INTO operation (operation_id, file_no, kind, courier, number, case_id, state, asked_at, reference, intent, incarnation) \
         SELECT u.*, CASE WHEN u.asked_at < m.renewed_at + $11 THEN '' ELSE m.incarnation END FROM db_meta AS m, unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], \
         $9::text[], $10::text[]) AS u (operation_id, file_no, kind, courier, number, case_id, state, asked_at, reference, intent) \
         WHERE m.id = 1 ON CONFLICT (operation_id) DO UPDATE SET state = excluded.state, reference = excluded.reference, \
         courier = excluded.courier, number = excluded.number, \
         phase = CASE WHEN excluded.state = 'settled' THEN 'done' ELSE operation.phase END, \
         intent = CASE WHEN excluded.intent = '{}' THEN operation.intent ELSE excluded.intent END",
    );
    let insert = bind_columns!(
        insert,
        lines.operations,
        |o| o.operation_id,
        |o| o.no,
        |o| o.kind,
        |o| o.courier,
        |o| o.number,
        |o| o.case_id,
        |o| o.state,
        |o| o.asked_at,
        |o| o.reference,
        |o| o.intent.as_str(),
    );
    // Soon after the incarnation changed it stands under none: what was sent in the time that was lost may be decided again.
    insert.bind(IN_DOUBT.as_millis()).execute(tx.link.on()).await?;
    Ok(())
}

async fn write_polls(tx: &mut Writing, lines: &Lines<'_>) -> Result<(), StoreError> {
    if !lines.unwatched.is_empty() {
        let gone = tx.link.query(
            "DELETE FROM poll AS p USING unnest($1::text[], $2::text[], $3::bigint[]) AS u (courier, number, place) \
             WHERE p.courier = u.courier AND p.number = u.number AND p.place = u.place AND p.doubt = 0",
        );
        bind_columns!(gone, lines.unwatched, |u| u.0, |u| u.1, |u| u.2).execute(tx.link.on()).await?;
        // What somebody told whom nobody can check is asked about all the same.
        let doubted = tx.link.query(
            "UPDATE poll AS p SET doubt = 2 FROM unnest($1::text[], $2::text[], $3::bigint[]) AS u (courier, number, place) \
             WHERE p.courier = u.courier AND p.number = u.number AND p.place = u.place AND p.doubt = 1",
        );
        bind_columns!(doubted, lines.unwatched, |u| u.0, |u| u.1, |u| u.2).execute(tx.link.on()).await?;
    }
    // The same parcel twice in one statement is refused by the server: two orders may name one waybill, and the later one counts.
    let polls: BTreeMap<_, _> = lines.polls.iter().map(|p| ((p.courier, p.number, p.place), p)).collect();
    if polls.is_empty() {
        return Ok(());
    }
    let polls: Vec<_> = polls.into_values().collect();
    let insert = tx.link.query(
        "INSERT INTO poll (courier, number, place, file_no, shop, every_ms, acts_at, phone_tail, next_at, rank_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], \
         $9::bigint[], $10::bigint[]) ON CONFLICT (courier, number, place) DO UPDATE SET \
         account = CASE WHEN poll.shop = excluded.shop THEN poll.account END, \
         file_no = excluded.file_no, shop = excluded.shop, every_ms = excluded.every_ms, acts_at = excluded.acts_at, \
         phone_tail = excluded.phone_tail, doubt = CASE WHEN poll.doubt > 0 THEN 1 ELSE 0 END, \
         next_at = CASE WHEN poll.asked_at = 0 THEN least(poll.next_at, excluded.next_at) ELSE least(poll.next_at, \
         poll.asked_at + CASE WHEN poll.pushed = 1 AND excluded.every_ms >= 3600000 THEN 3 ELSE 1 END * excluded.every_ms, \
         greatest(poll.asked_at + 600000, excluded.acts_at - 3300000)) END, \
         rank_at = least(poll.next_at + 86400000, CASE WHEN poll.asked_at + 3600000 >= excluded.acts_at \
         THEN excluded.acts_at + 3600000 ELSE excluded.acts_at END)",
    );
    let insert = bind_columns!(
        insert,
        polls,
        |p| p.courier,
        |p| p.number,
        |p| p.place,
        |p| p.no,
        |p| p.shop,
        |p| p.every_ms,
        |p| p.acts_at,
        |p| p.phone_tail.as_deref(),
        |p| p.first_at,
        |p| p.rank_at,
    );
    insert.execute(tx.link.on()).await?;
    if !lines.both.is_empty() {
        let both: BTreeMap<_, _> = lines.both.iter().map(|b| ((b.0, b.1), b.2)).collect();
        let both: Vec<_> = both.into_iter().collect();
        let now = tx.link.query(
            "UPDATE poll AS p SET next_at = u.at, rank_at = least(p.rank_at, u.at) \
             FROM unnest($1::text[], $2::text[], $3::bigint[]) AS u (courier, number, at) \
             WHERE p.courier = u.courier AND p.number = u.number AND p.next_at > u.at",
        );
        bind_columns!(now, both, |b| (b.0).0, |b| (b.0).1, |b| b.1).execute(tx.link.on()).await?;
    }
    Ok(())
}
