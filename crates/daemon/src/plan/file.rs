//! One case file, as it is and as it would be.

use super::{AskedOperation, MovedDeadline, OpenedTask, Plan, Shift};
use parcelward_casework::casefile::{CaseFile, Deadline, DeadlineState, Task};
use parcelward_casework::decision::{Decision, DecisionBody};
use parcelward_casework::instant::Instant;
use parcelward_casework::rules::Rules;
use parcelward_casework::world::World;
use parcelward_casework::{Signal, decide};
use std::cmp::Ordering;

/// What a case file is looked at with.
pub(super) struct Look<'a> {
    pub rules: &'a Rules,
    pub world: &'a World,
    /// The same world with the rules applied.
    pub planned: &'a World,
    pub now: Instant,
}

impl Look<'_> {
    /// Adds what would happen in a case file to a plan.
    pub fn at(&self, file: &CaseFile, out: &mut Plan) {
        out.counts.case_files += 1;
        // One that changed while others were looked at is looked at as of then.
        let now = self.now.max(file.clock);
        let is = decide(file.clone(), self.rules, self.world, now, Signal::TimePassed);
        let would = decide(file.clone(), self.rules, self.planned, now, Signal::TimePassed);
        let order = file.key.to_string();
        let moved: Vec<&str> = would.decisions.iter().filter_map(set_anew).collect();
        for (before, after) in is.file.deadlines.iter().zip(&would.file.deadlines) {
            out.counts.running += u64::from(before.state == DeadlineState::Running);
            if moved.contains(&before.id.as_str()) {
                self.deadline(before, after, file, &order, out);
            }
        }
        tasks(&is.file.tasks, &would.file.tasks, out);
        for decision in news(&is.decisions, &would.decisions) {
            opened(decision, &order, out);
        }
    }

    fn deadline(&self, before: &Deadline, after: &Deadline, file: &CaseFile, order: &str, out: &mut Plan) {
        let shift = match after.due_at.cmp(&before.due_at) {
            _ if after.due_at != before.due_at && after.acts_at <= self.now => Shift::AlreadyPast,
            Ordering::Less => Shift::Earlier,
            Ordering::Greater => Shift::Later,
            Ordering::Equal => Shift::Rungs,
        };
        *match shift {
            Shift::AlreadyPast => &mut out.counts.already_past,
            Shift::Earlier => &mut out.counts.earlier,
            Shift::Later => &mut out.counts.later,
            Shift::Rungs => &mut out.counts.rungs,
        } += 1;
        let ahead = |deadline: &Deadline| deadline.rungs.iter().filter(|at| **at > self.now).map(ToString::to_string).collect();
        out.deadlines.push(MovedDeadline {
            deadline_id: before.id.clone(),
            rule: before.rule.id(file.key.platform),
            order: order.to_owned(),
            shift,
            due_at: before.due_at.to_string(),
            new_due_at: after.due_at.to_string(),
            rungs: ahead(before),
            new_rungs: ahead(after),
        });
    }
}

/// The deadline that a decision sets anew because of the rules.
fn set_anew(decision: &Decision) -> Option<&str> {
    match &decision.body {
        DecisionBody::DeadlineMoved(moved) => moved.applied.is_some().then_some(moved.deadline_id.as_str()),
        _ => None,
    }
}

/// Counts open tasks that close or change.
fn tasks(is: &[Task], would: &[Task], out: &mut Plan) {
    for (before, after) in is.iter().zip(would).filter(|(before, _)| before.is_open()) {
        if !after.is_open() {
            out.counts.tasks_close += 1;
        } else if before.due_at != after.due_at || before.urgency != after.urgency {
            out.counts.tasks_change += 1;
        }
    }
}

/// The decisions that open or ask for something, without those that would be made anyway.
fn news<'a>(is: &'a [Decision], would: &'a [Decision]) -> Vec<&'a Decision> {
    let mut anyway: Vec<String> = is.iter().filter_map(asks).collect();
    let new = would.iter().filter(|decision| {
        let Some(asked) = asks(decision) else { return false };
        match anyway.iter().position(|known| *known == asked) {
            Some(at) => {
                anyway.swap_remove(at);
                false
            }
            None => true,
        }
    });
    new.collect()
}

/// What a decision asks for, told apart from others; `None` where it asks for nothing.
fn asks(decision: &Decision) -> Option<String> {
    match &decision.body {
        DecisionBody::TaskOpened(task) => Some(format!("{} {:?}", task.kind, task.waybill)),
        DecisionBody::OperationRequested(operation) => Some(format!("{} {}", operation.kind, operation.waybill)),
        _ => None,
    }
}

fn opened(decision: &Decision, order: &str, out: &mut Plan) {
    match &decision.body {
        DecisionBody::TaskOpened(task) => {
            out.counts.tasks_open += 1;
            out.tasks.push(OpenedTask {
                kind: task.kind.word().to_owned(),
                title: task.title.clone(),
                queue: task.queue.word().to_owned(),
                urgency: task.urgency.word().to_owned(),
                due_at: task.due_at.to_string(),
                order: order.to_owned(),
            });
        }
        DecisionBody::OperationRequested(operation) => {
            out.counts.operations += 1;
            out.operations.push(AskedOperation {
                kind: operation.kind.word().to_owned(),
                waybill: operation.waybill.to_string(),
                order: order.to_owned(),
            });
        }
        _ => {}
    }
}
