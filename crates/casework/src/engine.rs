//! `decide`: one order's case file and one signal in, a [`Plan`] out.
//!
//! Time is walked in order: at one instant news first, then rungs, then due times. Deliberately absent: any clock, I/O or randomness.
//! `now` is an argument; the same inputs give the same plan and the same ids.

use crate::casefile::*;
use crate::decision::{Cause, Decision, DecisionBody};
use crate::fact::{Fact, FactId};
use crate::instant::Instant;
use crate::look::index;
use crate::playbook;
use crate::rules::Rules;
use crate::run::{Ask, Run, Rung, TaskChange};
use crate::words::*;
use crate::world::{Change, World};

/// Everything that can move a case file. A courier's answer is a fact as well (`parcelward.operation_update`).
#[derive(Debug, Clone, Copy)]
pub enum Signal<'a> {
    /// A fact, taken at `now`.
    Fact {
        /// The fact.
        fact: &'a Fact,
        /// The fact that released it, where it was parked until its order was known.
        released_by: Option<&'a FactId>,
    },
    /// Nothing but time: everything due at or before `now` is decided.
    TimePassed,
}

/// What a signal leads to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The case file after it.
    pub file: CaseFile,
    /// What was decided, in order.
    pub decisions: Vec<Decision>,
    /// What was learnt of couriers' reach: to be appended to the world before anything else is decided.
    pub noted: Vec<Change>,
    /// Why the fact had no effect, where it had none. What time brought is decided all the same.
    pub refused: Option<Refusal>,
}

/// Why a fact is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The fact names a task that the order has not, or not open.
    #[error("field `data.{field}`: the order has no such task{}", if *.field == "kind" { " open" } else { "" })]
    NoSuchTask {
        /// The field that names it.
        field: &'static str,
    },
    /// The fact names an operation that was never requested.
    #[error("field `data.{field}`: there is no such operation")]
    NoSuchOperation {
        /// The field that names it.
        field: &'static str,
    },
    /// The task is closed already; the update is journalled without effect.
    #[error("the task is closed already ({outcome})")]
    TaskClosed {
        /// How it was closed.
        outcome: TaskOutcome,
    },
    /// Somebody else has the task.
    #[error("the task is claimed by {by}")]
    ClaimedBy {
        /// Who.
        by: String,
    },
    /// The person saw an older version of the task.
    #[error("field `data.expected_version`: the task is at version {actual}")]
    Stale {
        /// The version that it is at.
        actual: u64,
    },
    /// Something is missing or does not fit.
    #[error("field `{field}`: {message}")]
    Invalid {
        /// The field (`data.answers.amount`).
        field: String,
        /// What is wrong with it.
        message: String,
    },
}

impl Refusal {
    /// Whether the fact is kept in the journal all the same, without effect: it was right when it was made.
    #[must_use]
    pub const fn is_journalled(&self) -> bool {
        matches!(self, Refusal::TaskClosed { .. })
    }

    /// The field that the refusal is about.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Refusal::NoSuchTask { field } | Refusal::NoSuchOperation { field } => format!("data.{field}"),
            Refusal::TaskClosed { .. } => "data.task_id".to_owned(),
            Refusal::ClaimedBy { .. } => "data.by".to_owned(),
            Refusal::Stale { .. } => "data.expected_version".to_owned(),
            Refusal::Invalid { field, .. } => field.clone(),
        }
    }
}

/// Decides what follows from a signal. Everything due before `now` is decided first.
#[must_use]
pub fn decide(mut file: CaseFile, rules: &Rules, world: &World, now: Instant, signal: Signal<'_>) -> Plan {
    if file.clock == Instant::MIN {
        file.world_seen = world.position();
    }
    let mut run = Run::new(file, rules, world, now);
    let mut refused = None;
    match signal {
        Signal::TimePassed => run.advance(now, true),
        Signal::Fact { fact, released_by } => {
            run.advance(now, false);
            let now = now.max(run.file.clock);
            run.now = now;
            run.file.clock = now;
            run.because = vec![Cause::Fact(fact.id.clone())];
            run.because.extend(released_by.cloned().map(Cause::Fact));
            refused = run.take(fact).err();
            run.settle_all();
        }
    }
    Plan { file: run.file, decisions: run.out, noted: run.noted, refused }
}

/// The case file's own next moment: the earliest of its rungs, due times, returning tasks and timers.
#[must_use]
pub fn next_wake_at(file: &CaseFile) -> Option<Instant> {
    next_moment(file).map(|(at, _)| at)
}

/// What comes next by itself. The order of the variants is the order at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Rung(Index),
    Returns(Index),
    Timer(Index),
    Due(Index),
    Overdue(Index),
}

fn next_moment(file: &CaseFile) -> Option<(Instant, Moment)> {
    let mut next: Option<(Instant, Moment)> = None;
    let mut offer = |at: Instant, moment: Moment| {
        let offered = (at.max(file.clock), moment);
        if next.is_none_or(|n| offered < n) {
            next = Some(offered);
        }
    };
    for (i, d) in file.deadlines.iter().enumerate().filter(|(_, d)| d.state == DeadlineState::Running) {
        // A rung of a deadline whose breach is certain has nothing left to warn of.
        match d.rungs.get(usize::from(d.acted)).filter(|_| d.proof.is_none()) {
            Some(rung) => offer(*rung, Moment::Rung(index(i))),
            None => offer(d.acts_at, Moment::Due(index(i))),
        }
    }
    for (i, t) in file.tasks.iter().enumerate().filter(|(_, t)| t.is_open()) {
        if let TaskState::Snoozed(until) = t.state {
            offer(until, Moment::Returns(index(i)));
        }
        let runs = t.deadline.is_some_and(|d| file.deadlines[d as usize].state == DeadlineState::Running);
        if !runs && t.urgency < Urgency::Critical {
            offer(t.due_at, Moment::Overdue(index(i)));
        }
    }
    for (i, t) in file.timers.iter().enumerate() {
        offer(t.at, Moment::Timer(index(i)));
    }
    next
}

impl Run<'_> {
    /// Decides everything that comes by itself before `limit` (and at it, where `inclusive`). News of the world comes at its own
    /// instant, before anything else there.
    fn advance(&mut self, limit: Instant, inclusive: bool) {
        loop {
            let within = |at: Instant| at < limit || (inclusive && at == limit);
            let next = next_moment(&self.file).filter(|(at, _)| within(*at));
            let news = self.world.changes().get(self.file.world_seen as usize).map(|c| c.at.max(self.file.clock)).filter(|at| *at <= limit);
            match (news, next) {
                (Some(at), None) => self.read_news(at),
                (Some(at), Some((moment, _))) if at <= moment => self.read_news(at),
                (_, Some((at, moment))) => {
                    self.now = at;
                    self.file.clock = at;
                    self.act(moment);
                }
                (None, None) => break,
            }
        }
    }

    fn read_news(&mut self, at: Instant) {
        let Some(change) = self.world.changes().get(self.file.world_seen as usize) else { return };
        let position = self.file.world_seen;
        self.file.world_seen += 1;
        let rule_change = self.world.rule_change(position);
        if rule_change.is_some() {
            self.rules = self.world.rules(self.file.world_seen, self.given);
        }
        if !playbook::concerns(&self.file, change) {
            return;
        }
        self.now = at;
        self.file.clock = at;
        self.because = vec![Cause::Fact(change.cause.clone())];
        self.reconciled = None;
        if let Some(rule_change) = rule_change {
            self.set_anew(rule_change);
        }
        self.settle_all();
    }

    fn act(&mut self, moment: Moment) {
        match moment {
            Moment::Rung(deadline) => self.act_rungs(deadline),
            Moment::Due(deadline) => self.act_due(deadline),
            Moment::Returns(task) => {
                self.because =
                    vec![Cause::Rule { rule: self.file.tasks[task as usize].kind.word().to_owned(), rung: "snoozed_until".to_owned() }];
                self.change_task(task, TaskChange { state: Some(TaskState::Open), ..TaskChange::default() });
            }
            Moment::Overdue(task) => {
                self.because = vec![Cause::Rule { rule: self.file.tasks[task as usize].kind.word().to_owned(), rung: "due".to_owned() }];
                self.change_task(task, TaskChange { urgency: Some(Urgency::Critical), ..TaskChange::default() });
            }
            Moment::Timer(timer) => self.act_timer(timer),
        }
        self.settle_all();
    }

    /// Every rung of a deadline that acts at this instant, together.
    fn act_rungs(&mut self, at: Index) {
        let deadline = &self.file.deadlines[at as usize];
        let (rule, first) = (deadline.rule, usize::from(deadline.acted));
        let last = first + deadline.rungs[first..].iter().take_while(|r| **r <= self.now).count();
        let urgency = match deadline.rungs.len() - last {
            0 if deadline.rungs.len() == 1 => Urgency::High,
            0 => Urgency::Critical,
            1 => Urgency::High,
            _ => Urgency::Normal,
        };
        let id = rule.id(self.file.key.platform);
        let names = self.rung_names(at);
        self.because = (first..last)
            .map(|n| Cause::Rule { rule: id.clone(), rung: names.get(n).cloned().unwrap_or_else(|| (n + 1).to_string()) })
            .collect();
        self.file.deadlines[at as usize].acted = u8::try_from(last).unwrap_or(u8::MAX);
        self.moves += 1;
        self.rung = Some(Rung { deadline: at, urgency });
        for n in first..last {
            playbook::rung(self, at, n);
        }
        self.rung = None;
        for task in self.open_tasks_of(at) {
            self.raise(task, urgency);
        }
    }

    fn rung_names(&self, at: Index) -> Vec<String> {
        use crate::rules::Ladder;
        let deadline = &self.file.deadlines[at as usize];
        let rules = self.world.rules(deadline.ruled_by, self.given);
        let version = rules.version(deadline.rule, self.file.key.platform, deadline.starts_at);
        match version.map(|v| v.ladder_of(deadline.variant.as_deref())) {
            Some(Ladder::Before(steps)) => steps.iter().map(|s| s.name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// A due time has come: the deadline ends breached.
    fn act_due(&mut self, at: Index) {
        let i = at as usize;
        let (rule, subject) = (self.file.deadlines[i].rule, self.file.deadlines[i].subject);
        let id = rule.id(self.file.key.platform);
        self.because = vec![Cause::Rule { rule: id.clone(), rung: "due".to_owned() }];
        let parcel = self.file.parcel_of_subject(subject);
        let electronic = parcel.is_some_and(|p| self.file.parcel(p).electronic) && rule.is_waived_by_electronic_waybill();
        let seen = self.seen();
        let waived = electronic || seen.is_waived(&self.scope(&id, parcel), self.file.deadlines[i].due_at);
        let now = self.now;
        let deadline = &mut self.file.deadlines[i];
        deadline.state = DeadlineState::Breached;
        deadline.ended_at = Some(now);
        deadline.waived = waived;
        let quiet = deadline.proof.is_some();
        let body = self.deadline_changed(i);
        self.emit(DecisionBody::DeadlineBreached(body));
        let attached = self.open_tasks_of(at);
        if quiet {
            return;
        }
        let (tasks, cases) = (self.file.tasks.len(), self.file.cases.len());
        for task in attached {
            if playbook::gives_way(rule, self.file.tasks[task as usize].kind) {
                self.close_task(task, TaskOutcome::Missed);
            } else {
                self.raise(task, Urgency::Critical);
            }
        }
        playbook::breached(self, at);
        let deadline = &mut self.file.deadlines[i];
        deadline.breach_tasks = (tasks..self.file.tasks.len()).map(index).collect();
        deadline.breach_case = (self.file.cases.len() > cases).then(|| index(cases));
    }

    fn act_timer(&mut self, at: Index) {
        let timer = self.file.timers.remove(at as usize);
        self.moves += 1;
        self.because = timer.because;
        match timer.kind {
            TimerKind::AskAgain(kind) => {
                let Some(case) = timer.case.filter(|c| self.file.is_case_open(*c)) else { return };
                playbook::ask_again(self, kind, case);
            }
            TimerKind::Remind(text) => {
                let ask = match timer.case.filter(|c| self.file.is_case_open(*c)) {
                    Some(case) => Ask::of(TaskKind::FollowUp, case),
                    None => Ask::of_order(TaskKind::FollowUp).on(timer.parcel),
                };
                self.ask(ask.saying(Some(text)));
            }
            // What follows is the case's own to see.
            TimerKind::LookAgain => {}
        }
    }

    /// Lets deadlines, operations and playbooks follow from the state until nothing more does; then looks for cases without a next step.
    pub(crate) fn settle_all(&mut self) {
        for _ in 0..2 {
            self.settle_down();
            if !self.review_cases() {
                return;
            }
        }
    }

    fn settle_down(&mut self) {
        /// Each pass either changes something for good or is the last: no chain of consequences is longer than this.
        const PASSES: usize = 24;
        for _ in 0..PASSES {
            let before = self.moves;
            self.settle_operations();
            self.reconcile();
            playbook::react(self);
            if self.moves == before {
                return;
            }
        }
        debug_assert!(false, "what follows from the state comes to no rest at {}", self.now);
    }
}
