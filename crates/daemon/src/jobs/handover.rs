//! `handover`: at the end of a shift, what each person has in hand, and what falls due before the queue is staffed again.

use super::Options;
use super::listing::{at_stake, by_person, counted, shown, tasks};
use crate::http::App;
use parcelward_casework::instant::Length;
use parcelward_scheduler::cron::Done;
use parcelward_store::TaskFilter;
use serde_json::json;

/// Falls due within this length, at the least.
const WITHIN: Length = Length::hours(8);

pub(super) async fn run(app: &App, options: Options<'_>) -> Result<Done, String> {
    let now = app.now();
    let within = now + options.length("within", WITHIN);
    let rules = app.desk.rules();
    let open = tasks(app, &TaskFilter::default()).await?;
    let handed: Vec<_> = open
        .into_iter()
        .filter(|task| {
            let staffed = rules.staffed(task.queue).next_start(now).unwrap_or(within);
            task.assignee.is_some() || task.due_at < within.max(staffed)
        })
        .collect();
    let in_hand = handed.iter().filter(|task| task.assignee.is_some()).count();
    let (count, stake) = (handed.len(), at_stake(&handed));
    let message = format!("{} handed over, {in_hand} of them in somebody's hands, {stake} yuan at stake", counted(count, "task"));
    let mut text = format!("{message}\n");
    let people = shown(&by_person(handed), now, &mut text);
    let report = json!({ "count": count, "in_hand": in_hand, "money": stake.to_string(), "people": people, "text": text });
    Ok(Done { message, report: Some(report.to_string()) })
}
