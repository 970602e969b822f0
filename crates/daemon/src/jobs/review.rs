//! `review`: what falls due before the next review, by queue and person, with the money at stake; and what was breached since the last one.

use super::kind::Job;
use super::listing::{at_stake, by_person, counted, shown, tasks};
use crate::client::text::local;
use crate::http::App;
use parcelward_casework::casefile::DeadlineState;
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::cron::{Done, Firing};
use parcelward_store::{DeadlineFilter, DeadlineRow, TaskFilter};
use serde_json::{Value, json};
use std::fmt::Write;

/// How far it looks where there is no other review.
const USUAL: Length = Length::hours(24);
/// Breaches that are read at most, and that are named.
const MOST: usize = 5_000;
const NAMED: usize = 50;

pub(super) async fn run(app: &App, firing: &Firing) -> Result<Done, String> {
    let now = app.now();
    let (since, until) = (last(app, firing).await?, next(app, firing, now));
    let due = tasks(app, &TaskFilter { due_before: Some(until), ..TaskFilter::default() }).await?;
    let breached = breached(app, since).await?;
    let overdue = due.iter().filter(|task| task.due_at < now).count();
    let (count, stake) = (due.len(), at_stake(&due));
    let waived = breached.iter().filter(|deadline| deadline.waived).count();
    let mut message = format!("{} due until {}", counted(count, "task"), local(&until.to_string()));
    if overdue > 0 {
        let _ = write!(message, ", {overdue} overdue");
    }
    let _ = write!(message, ", {stake} yuan at stake; {} missed since {}", counted(breached.len(), "deadline"), local(&since.to_string()));
    if waived > 0 {
        let _ = write!(message, " ({waived} without cost)");
    }
    let mut text = format!("{message}\n");
    let people = shown(&by_person(due), now, &mut text);
    let missed = missed(&breached, &mut text);
    let report = json!({
        "since": since.to_string(), "until": until.to_string(), "due": count, "overdue": overdue, "money": stake.to_string(),
        "breached": breached.len(), "waived": waived, "people": people, "missed": missed, "text": text,
    });
    Ok(Done { message, report: Some(report.to_string()) })
}

/// The reviews of the configuration that are switched on, and this one.
fn reviews(app: &App, firing: &Firing) -> Vec<std::sync::Arc<parcelward_scheduler::cron::Schedule>> {
    let config = app.config();
    let others = config.schedules.iter().filter(|s| s.spec().enabled && s.spec().job == Job::Review.word());
    let others = others.filter(|s| s.name() != firing.schedule.name()).cloned();
    others.chain([std::sync::Arc::clone(&firing.schedule)]).collect()
}

/// When the last review was, of whatever schedule.
async fn last(app: &App, firing: &Firing) -> Result<Instant, String> {
    let mut last = firing.previous;
    for review in reviews(app, firing) {
        let runs = app.store.runs(review.name(), Some(firing.slot), 20).await.map_err(|e| format!("the runs could not be read: {e}"))?;
        let good = runs.rows.iter().find(|run| run.state == parcelward_store::RunState::Ok).map(|run| run.slot);
        last = last.max(good);
    }
    Ok(last.unwrap_or(firing.slot - USUAL))
}

/// When the next review will be.
fn next(app: &App, firing: &Firing, now: Instant) -> Instant {
    reviews(app, firing).iter().filter_map(|review| review.next_after(now.max(firing.slot))).min().unwrap_or(now + USUAL)
}

/// Deadlines that were missed since; those that fell due before it and were found out later are in the list of the time they fell due.
async fn breached(app: &App, since: Instant) -> Result<Vec<DeadlineRow>, String> {
    let filter = DeadlineFilter { state: Some(DeadlineState::Breached), ..DeadlineFilter::default() };
    // The list is sorted by due time: it is entered where the last review ended.
    let mut after = format!("{}.-1.~", since.millis() - 1).parse().ok();
    let mut rows = Vec::new();
    loop {
        let page = app.store.deadlines(&filter, after.as_ref(), 500).await.map_err(|e| format!("the deadlines could not be read: {e}"))?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() || rows.len() >= MOST {
            return Ok(rows);
        }
    }
}

fn missed(breached: &[DeadlineRow], text: &mut String) -> Value {
    if !breached.is_empty() {
        let _ = writeln!(text, "\nmissed: {}", counted(breached.len(), "deadline"));
    }
    for deadline in breached.iter().take(NAMED) {
        let cost = if deadline.waived { "  without cost" } else { "" };
        let due = local(&deadline.due_at.to_string());
        let _ = writeln!(text, "  {due}  {}  order {}{cost}", deadline.rule, deadline.order.order_id);
    }
    if breached.len() > NAMED {
        let _ = writeln!(text, "  … and {} more", breached.len() - NAMED);
    }
    let one = |deadline: &DeadlineRow| {
        json!({
            "deadline_id": deadline.deadline_id, "rule": deadline.rule, "order_id": deadline.order.order_id,
            "due_at": deadline.due_at.to_string(), "waived": deadline.waived,
        })
    };
    Value::Array(breached.iter().take(NAMED).map(one).collect())
}
