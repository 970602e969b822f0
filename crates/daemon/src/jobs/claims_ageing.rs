//! `claims-ageing`: claims against couriers whose next step has waited for long, the oldest first, with the money at stake.

use super::Options;
use super::listing::{at_stake, counted, tasks};
use crate::http::App;
use parcelward_casework::instant::Length;
use parcelward_casework::words::CaseKind;
use parcelward_scheduler::cron::Done;
use parcelward_store::{TaskFilter, TaskRow};
use serde_json::{Value, json};
use std::fmt::Write;

/// How long a step has waited.
const OLDER_THAN: Length = Length::days(7);
/// Claims that are named.
const NAMED: usize = 100;

pub(super) async fn run(app: &App, options: Options<'_>) -> Result<Done, String> {
    let now = app.now();
    let older_than = options.length("older_than", OLDER_THAN);
    let filter = TaskFilter { case_kind: Some(CaseKind::Claim), ..TaskFilter::default() };
    let all = tasks(app, &filter).await?;
    let open = all.len();
    let mut old: Vec<TaskRow> = all.into_iter().filter(|task| now.since(task.opened_at) >= older_than).collect();
    old.sort_by_key(|task| task.opened_at);
    let stake = at_stake(&old);
    let message = format!("{} of {open} have waited for {older_than} or longer, {stake} yuan at stake", counted(old.len(), "claim step"));
    let mut text = format!("{message}\n\n");
    let days = |task: &TaskRow| now.since(task.opened_at).as_millis() / 86_400_000;
    for task in old.iter().take(NAMED) {
        let courier = task.waybill.as_ref().map_or("-", |waybill| waybill.courier.word());
        let money = task.money.map_or_else(String::new, |money| format!("  ¥{money}"));
        let _ = writeln!(text, "  {:>3} d  {courier}  {}  order {}{money}  {}", days(task), task.kind, task.order.order_id, task.task_id);
    }
    if old.len() > NAMED {
        let _ = writeln!(text, "  … and {} more", old.len() - NAMED);
    }
    let one = |task: &TaskRow| {
        json!({
            "task_id": task.task_id, "kind": task.kind.word(), "order_id": task.order.order_id, "days": days(task),
            "courier": task.waybill.as_ref().map(|waybill| waybill.courier.word()), "money": task.money.map(|money| money.to_string()),
        })
    };
    let claims: Vec<Value> = old.iter().take(NAMED).map(one).collect();
    let report = json!({ "open": open, "old": old.len(), "money": stake.to_string(), "claims": claims, "text": text });
    Ok(Done { message, report: Some(report.to_string()) })
}
