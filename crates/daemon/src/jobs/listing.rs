//! Tasks as reports list them: read whole, by queue and person, the least time left first.

use crate::client::text::local_short;
use crate::http::App;
use parcelward_casework::instant::Instant;
use parcelward_casework::money::Money;
use parcelward_casework::words::Queue;
use parcelward_store::{TaskFilter, TaskListState, TaskRow};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Tasks that are read for a report at most.
const MOST: usize = 20_000;
/// Tasks that a report names of each person; the others are counted.
const NAMED: usize = 50;
const PAGE: u32 = 500;

/// Tasks of a filter.
///
/// # Errors
/// In a sentence.
pub(super) async fn tasks(app: &App, filter: &TaskFilter) -> Result<Vec<TaskRow>, String> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = app.store.tasks(filter, after.as_ref(), PAGE).await.map_err(|e| format!("the tasks could not be read: {e}"))?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() || rows.len() >= MOST {
            return Ok(rows);
        }
    }
}

/// The sum of what is at stake.
pub(super) fn at_stake<'t>(tasks: impl IntoIterator<Item = &'t TaskRow>) -> Money {
    tasks.into_iter().filter_map(|task| task.money).fold(Money::ZERO, |sum, money| sum + money)
}

/// Tasks by queue, and in it by person: those that nobody has first.
pub(super) fn by_person(tasks: Vec<TaskRow>) -> BTreeMap<Queue, BTreeMap<Option<String>, Vec<TaskRow>>> {
    let mut queues: BTreeMap<Queue, BTreeMap<Option<String>, Vec<TaskRow>>> = BTreeMap::new();
    for task in tasks {
        queues.entry(task.queue).or_default().entry(task.assignee.clone()).or_default().push(task);
    }
    queues
}

/// The same as JSON, and as lines below `text`.
pub(super) fn shown(queues: &BTreeMap<Queue, BTreeMap<Option<String>, Vec<TaskRow>>>, now: Instant, text: &mut String) -> Value {
    let mut json = Vec::new();
    for (queue, people) in queues {
        for (person, tasks) in people {
            let who = person.as_deref().unwrap_or("(nobody)");
            let stake = at_stake(tasks);
            let _ = writeln!(text, "\n{queue}, {who}: {}, {stake} yuan at stake", counted(tasks.len(), "task"));
            for task in tasks.iter().take(NAMED) {
                let late = if task.due_at < now { " OVERDUE" } else { "" };
                let money = task.money.map_or_else(String::new, |money| format!("  ¥{money}"));
                let snoozed = if task.state == TaskListState::Snoozed { "  snoozed" } else { "" };
                let due = local_short(&task.due_at.to_string());
                let _ = writeln!(text, "  {due}{late}  {}{money}{snoozed}  {}", task.task_id, title(task));
            }
            if tasks.len() > NAMED {
                let _ = writeln!(text, "  … and {} more", tasks.len() - NAMED);
            }
            let named: Vec<Value> = tasks.iter().take(NAMED).map(one).collect();
            json.push(json!({
                "queue": queue.word(), "assignee": person, "count": tasks.len(), "money": stake.to_string(), "tasks": named,
            }));
        }
    }
    Value::Array(json)
}

fn one(task: &TaskRow) -> Value {
    json!({
        "task_id": task.task_id, "kind": task.kind.word(), "title": title(task), "order_id": task.order.order_id,
        "urgency": task.urgency.word(), "state": task.state.word(), "due_at": task.due_at.to_string(),
        "money": task.money.map(|money| money.to_string()),
    })
}

fn title(task: &TaskRow) -> String {
    let opened: Value = serde_json::from_str(&task.opened).unwrap_or_default();
    opened["title"].as_str().unwrap_or_else(|| task.kind.word()).to_owned()
}

/// `1 task`, `2 tasks`.
pub(super) fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
