//! What people do with tasks: claim, done, dismiss, snooze, reopen, assign.
//!
//! Deliberately absent: what follows from an outcome (`playbook`).

use crate::casefile::*;
use crate::decision::Cause;
use crate::engine::Refusal;
use crate::fact::{Answers, TaskUpdateFact};
use crate::instant::Instant;
use crate::look::index;
use crate::playbook;
use crate::rule_kind::RuleKind;
use crate::run::{Run, TaskChange};
use crate::task_table::missing_answer;
use crate::wants::{Want, wants};
use crate::words::*;

/// A task that a person has just done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done<'f> {
    /// The task.
    pub task: Index,
    /// Its kind.
    pub kind: TaskKind,
    /// Its case.
    pub case: Index,
    /// The parcel it is about.
    pub parcel: Option<Index>,
    /// How it was done.
    pub outcome: TaskOutcome,
    /// With which answers.
    pub answers: &'f Answers,
    /// When, by the person's own time.
    pub at: Instant,
}

impl Run<'_> {
    /// Takes a task update in.
    pub(crate) fn take_task_update(&mut self, f: &TaskUpdateFact, at: Instant) -> Result<(), Refusal> {
        let task = self.named_task(f)?;
        let state = &self.file.tasks[task as usize];
        if f.expected_version.is_some_and(|v| v != state.version) {
            return Err(Refusal::Stale { actual: state.version });
        }
        match (f.status, state.state) {
            (TaskVerb::Reopened, TaskState::Closed(outcome)) => return self.reopen(task, outcome),
            (_, TaskState::Closed(outcome)) => return Err(Refusal::TaskClosed { outcome }),
            _ => {}
        }
        match f.status {
            TaskVerb::Claimed => self.claim(task, f),
            TaskVerb::Assigned => self.assign(task, f),
            TaskVerb::Snoozed => self.snooze(task, f),
            TaskVerb::Reopened => {
                self.change_task(task, TaskChange { state: Some(TaskState::Open), ..TaskChange::default() });
                Ok(())
            }
            TaskVerb::Dismissed => {
                self.dismiss(task);
                Ok(())
            }
            TaskVerb::Done => self.done(task, f, at),
        }
    }

    fn named_task(&self, f: &TaskUpdateFact) -> Result<Index, Refusal> {
        if let Some(id) = &f.task_id {
            let found = self.file.tasks.iter().position(|t| &t.id == id);
            return found.map(index).ok_or(Refusal::NoSuchTask { field: "task_id" });
        }
        let kind = f.kind.ok_or(Refusal::NoSuchTask { field: "kind" })?;
        let wanted = |t: &Task| t.kind == kind && (t.is_open() != (f.status == TaskVerb::Reopened));
        self.file.tasks.iter().rposition(wanted).map(index).ok_or(Refusal::NoSuchTask { field: "kind" })
    }

    fn claim(&mut self, task: Index, f: &TaskUpdateFact) -> Result<(), Refusal> {
        let Some(by) = f.by.clone().or_else(|| f.assignee.clone()) else {
            return Err(Refusal::Invalid { field: "data.by".to_owned(), message: "is missing: who claims it".to_owned() });
        };
        let state = &self.file.tasks[task as usize];
        if let (TaskState::Claimed, Some(other)) = (state.state, state.assignee.as_ref().filter(|a| **a != by)) {
            return Err(Refusal::ClaimedBy { by: other.clone() });
        }
        self.change_task(task, TaskChange { state: Some(TaskState::Claimed), assignee: Some(by), ..TaskChange::default() });
        Ok(())
    }

    fn assign(&mut self, task: Index, f: &TaskUpdateFact) -> Result<(), Refusal> {
        let Some(to) = f.assignee.clone() else {
            return Err(Refusal::Invalid { field: "data.assignee".to_owned(), message: "is missing: to whom it goes".to_owned() });
        };
        self.change_task(task, TaskChange { assignee: Some(to), ..TaskChange::default() });
        Ok(())
    }

    fn snooze(&mut self, task: Index, f: &TaskUpdateFact) -> Result<(), Refusal> {
        let Some(until) = f.snooze_until else {
            return Err(Refusal::Invalid { field: "data.snooze_until".to_owned(), message: "is missing: until when it sleeps".to_owned() });
        };
        if until <= self.now {
            return Err(Refusal::Invalid { field: "data.snooze_until".to_owned(), message: "lies in the past".to_owned() });
        }
        self.change_task(task, TaskChange { state: Some(TaskState::Snoozed(until)), ..TaskChange::default() });
        Ok(())
    }

    fn dismiss(&mut self, task: Index) {
        self.person_answered(task);
        self.close_task(task, TaskOutcome::Dismissed);
        self.because_of(task, TaskOutcome::Dismissed);
        playbook::dismissed(self, task);
    }

    fn done(&mut self, task: Index, f: &TaskUpdateFact, at: Instant) -> Result<(), Refusal> {
        let invalid = |field: &str, message: String| Refusal::Invalid { field: field.to_owned(), message };
        let state = &self.file.tasks[task as usize];
        let Some(outcome) = f.outcome else {
            return Err(invalid("data.outcome", format!("is missing: one of {}", words(&state.outcomes))));
        };
        if outcome == TaskOutcome::NoLongerNeeded {
            self.dismiss(task);
            return Ok(());
        }
        if !state.outcomes.contains(&outcome) {
            return Err(invalid("data.outcome", format!("`{outcome}` is not one of {}", words(&state.outcomes))));
        }
        if let Some(answer) = missing_answer(state.kind, outcome, &f.answers) {
            return Err(invalid(&format!("data.answers.{answer}"), format!("is missing with outcome `{outcome}`")));
        }
        let (kind, case, parcel) = (state.kind, state.case, state.parcel);
        self.person_answered(task);
        self.close_task(task, outcome);
        self.because_of(task, outcome);
        if let Some(case) = case {
            playbook::done(self, Done { task, kind, case, parcel, outcome, answers: &f.answers, at });
        }
        Ok(())
    }

    /// What follows from a task names it as its cause, beside the fact that told of it.
    fn because_of(&mut self, task: Index, outcome: TaskOutcome) {
        let task_id = self.file.tasks[task as usize].id.clone();
        self.because.push(Cause::Task { task_id, outcome });
    }

    /// The first task of a case that a person ends is the first answer to the buyer's request.
    fn person_answered(&mut self, task: Index) {
        let now = self.now;
        if let Some(case) = self.file.tasks[task as usize].case {
            self.file.cases[case as usize].answered_at.get_or_insert(now);
        }
        self.moves += 1;
    }

    /// A closed task comes back under its own id; a deadline that it had met is set anew where its due time is ahead.
    fn reopen(&mut self, task: Index, outcome: TaskOutcome) -> Result<(), Refusal> {
        let now = self.now;
        if let Some(case) = self.file.tasks[task as usize].case {
            let case = if self.file.is_case_open(case) { case } else { self.reopen_case(case) };
            self.file.tasks[task as usize].case = Some(case);
            self.take_first_answer_back(task, case);
        }
        playbook::undo(self, task, outcome);
        self.revive_deadlines();
        let deadline = self.file.tasks[task as usize].deadline.take();
        let rule = deadline.map(|d| (self.file.deadlines[d as usize].rule, self.file.deadlines[d as usize].subject));
        self.reconcile();
        let running = rule.and_then(|(rule, subject)| self.file.running(rule, subject));
        let own = self.rules.task(self.file.tasks[task as usize].kind);
        let queue = self.file.tasks[task as usize].queue;
        let due_at = running.map(|d| self.file.deadlines[d as usize].due_at);
        let due_at = due_at.unwrap_or_else(|| {
            let old = self.file.tasks[task as usize].due_at;
            if old > now { old } else { self.rules.staffed(queue).add(now, own.hours) }
        });
        // The task is opened as a change: `change_task` speaks of open tasks only.
        self.file.tasks[task as usize].state = TaskState::Claimed;
        self.change_task(
            task,
            TaskChange { state: Some(TaskState::Open), due_at: Some(due_at), deadline: running, ..TaskChange::default() },
        );
        Ok(())
    }

    /// The case that came after a closed one, or else a new one, which knows what the old one knew and whose clocks were the old one's.
    fn reopen_case(&mut self, case: Index) -> Index {
        let old = self.case(case).clone();
        if let Some(later) = self.file.open_case(old.kind, old.subject) {
            return later;
        }
        let again = self.open_case(old.kind, old.subject, old.parcel);
        let (id, opened_at) = (self.case(again).id.clone(), self.case(again).opened_at);
        *self.case_mut(again) = Case { id, opened_at, closed: None, waits_for: None, ..old };
        for deadline in self.file.deadlines.iter_mut().filter(|d| d.subject == Subject::Case(case)) {
            deadline.subject = Subject::Case(again);
        }
        again
    }

    /// The buyer has no answer yet where the only task that somebody ended is open again, and the time for it is not over.
    fn take_first_answer_back(&mut self, task: Index, case: Index) {
        let ended = |t: &Task| matches!(t.state, TaskState::Closed(o) if !matches!(o, TaskOutcome::NotNeeded | TaskOutcome::Missed));
        let mut others = self.file.tasks.iter().enumerate().filter(|(i, _)| index(*i) != task);
        let in_time = self.file.deadlines.iter().any(|d| {
            d.rule == RuleKind::FirstAnswer && d.subject == Subject::Case(case) && d.state == DeadlineState::Met && d.due_at > self.now
        });
        if in_time && !others.any(|(_, t)| t.case == Some(case) && ended(t)) {
            self.case_mut(case).answered_at = None;
        }
    }

    /// Clears the way for the deadlines that are asked for again, and whose due time is ahead, to be set anew.
    fn revive_deadlines(&mut self) {
        let mut wanted = std::mem::take(&mut self.wants);
        wanted.clear();
        wants(&self.file, self.rules, &mut wanted);
        for (rule, subject, want) in wanted.iter().filter(|(rule, _, _)| !rule.restarts()) {
            let Want::Running(clock) = want else { continue };
            let is_met = |d: &&mut Deadline| {
                d.rule == *rule && d.subject == *subject && d.starts_at == clock.start && d.state == DeadlineState::Met && !d.undone
            };
            for deadline in self.file.deadlines.iter_mut().filter(is_met).filter(|d| d.due_at > self.now) {
                deadline.undone = true;
            }
        }
        self.wants = wanted;
    }
}

fn words(outcomes: &[TaskOutcome]) -> String {
    outcomes.iter().map(|o| o.word()).collect::<Vec<_>>().join(", ")
}
