//! Tables of tasks, cases, deadlines and operations, the same in every command that shows them.

use super::model::{Case, Clock, Operation, Task, waybill_name};
use super::table::{Column, Look, Table};
use super::text::{from_now, local_short, time_left};
use parcelward_casework::instant::Instant;

/// Tasks, as a person who works them reads them.
#[must_use]
pub fn tasks(tasks: &[Task]) -> Table {
    let mut table = Table::new(&[
        Column::new("LEFT"),
        Column::new("DUE").leaves(1),
        Column::new("URGENCY").leaves(2),
        Column::new("YUAN").right(),
        Column::new("QUEUE").leaves(4),
        Column::new("STATE").leaves(3),
        Column::new("TASK").flexible(),
        Column::new("ID"),
    ]);
    for task in tasks {
        let left = if task.state == "closed" { String::new() } else { time_left(task.seconds_left) };
        let due = local_short(&task.due_at);
        let look = if task.state == "closed" { Look::Faint } else { Look::of_urgency(&task.urgency) };
        let money = task.money_at_stake.as_deref().unwrap_or_default();
        table.row(look, &[&left, &due, &task.urgency, money, &task.queue, &state(task), &task.title, &task.task_id]);
    }
    table
}

/// Where a task stands, and with whom.
#[must_use]
pub fn state(task: &Task) -> String {
    match (task.state.as_str(), &task.assignee) {
        ("open", Some(name)) => format!("for {name}"),
        ("claimed", Some(name)) => format!("with {name}"),
        ("snoozed", _) => format!("sleeps until {}", task.snoozed_until.as_deref().map(local_short).unwrap_or_default()),
        ("closed", _) => task.outcome.clone().unwrap_or_else(|| "closed".to_owned()),
        (state, _) => state.to_owned(),
    }
}

/// Cases, open ones in full light.
#[must_use]
pub fn cases(cases: &[Case]) -> Table {
    let columns = ["CASE", "KIND", "ABOUT", "OPENED", "CLOSED", "ID"].map(Column::new);
    let mut table = Table::new(&[columns[0].flexible(), columns[1], columns[2].leaves(1), columns[3].leaves(0), columns[4], columns[5]]);
    for case in cases {
        let about = case.about.clone().unwrap_or_else(|| waybill_name(case.waybill.as_ref()));
        let closed = match (&case.outcome, &case.closed_at) {
            (Some(outcome), Some(at)) => format!("{outcome} {}", local_short(at)),
            _ => String::new(),
        };
        let look = if case.closed_at.is_some() { Look::Faint } else { Look::Plain };
        table.row(look, &[&case.title, &case.kind, &about, &local_short(&case.opened_at), &closed, &case.case_id]);
    }
    table
}

/// Deadlines with the time left of those that run.
#[must_use]
pub fn clocks(clocks: &[Clock], now: Instant) -> Table {
    let columns = ["DEADLINE", "RULE", "PARCEL", "STARTED", "DUE", "STATE", "ID"].map(Column::new);
    let [title, rule, parcel, started, due, state, id] = columns;
    let mut table = Table::new(&[title.flexible(), rule.leaves(2), parcel.leaves(0), started.leaves(1), due, state, id]);
    for clock in clocks {
        let (state, look) = match clock.state.as_str() {
            "running" => (from_now(&clock.due_at, now), Look::Plain),
            "breached" if clock.waived => ("breached, waived".to_owned(), Look::Faint),
            "breached" => ("breached".to_owned(), Look::Alarm),
            state => (format!("{state} {}", clock.ended_at.as_deref().map(local_short).unwrap_or_default()), Look::Faint),
        };
        let (parcel, started, due) = (waybill_name(clock.waybill.as_ref()), local_short(&clock.starts_at), local_short(&clock.due_at));
        table.row(look, &[&clock.title, &clock.rule, &parcel, &started, &due, &state, &clock.deadline_id]);
    }
    table
}

/// What couriers were asked.
#[must_use]
pub fn operations(operations: &[Operation]) -> Table {
    let columns = ["COURIER ASKED TO", "PARCEL", "ASKED", "STATE", "REFERENCE", "ID"].map(Column::new);
    let [kind, parcel, asked, state, reference, id] = columns;
    let mut table = Table::new(&[kind, parcel.leaves(1), asked.leaves(0), state, reference.leaves(2), id]);
    for operation in operations {
        let ended = operation.settled_at.as_deref().map(local_short).unwrap_or_default();
        let look = if operation.settled_at.is_some() { Look::Faint } else { Look::Plain };
        let state = format!("{} {ended}", operation.state.replace('_', " "));
        let reference = operation.courier_reference.clone().unwrap_or_default();
        let parcel = waybill_name(operation.waybill.as_ref());
        table.row(look, &[&operation.kind, &parcel, &local_short(&operation.asked_at), &state, &reference, &operation.operation_id]);
    }
    table
}
