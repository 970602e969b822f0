//! Brings the case file's deadlines in line with what its state asks for: set, moved, met, cancelled.
//!
//! Deliberately absent: what the state asks for (`wants`), and what a rung or a breach leads to (`playbook`).

use crate::calendar::{StaffedHours, next_local};
use crate::casefile::*;
use crate::decision::*;
use crate::instant::Instant;
use crate::look::index;
use crate::rule_change::RuleChange;
use crate::rule_kind::RuleKind;
use crate::rules::{Ladder, RuleVersion, Rules, Span};
use crate::run::{Run, TaskChange};
use crate::wants::{Clock, Want, wants};
use crate::words::*;

/// A due time and when its rungs act.
struct Due {
    due_at: Instant,
    computed_due_at: Option<Instant>,
    provisional: bool,
    clock: ClockKind,
    rungs: Vec<Instant>,
    acts_at: Instant,
    at_due: bool,
}

/// What an existing deadline is to a want.
enum Found {
    /// It runs and is the one.
    Running(usize),
    /// It was declared breached, and is the one.
    Breached(usize),
    /// It ended, and nothing more is asked.
    Over,
    /// There is none: a new one is to be set.
    None,
}

impl<'a> Run<'a> {
    /// Sets, moves, meets and cancels deadlines until they are what the state asks for.
    pub(crate) fn reconcile(&mut self) {
        if self.reconciled == Some(self.moves) {
            return;
        }
        let mut list = std::mem::take(&mut self.wants);
        list.clear();
        wants(&self.file, self.rules, &mut list);
        let mut wanted = vec![false; self.file.deadlines.len()];
        for (rule, subject, want) in &list {
            self.reconcile_one(*rule, *subject, want, &list, &mut wanted);
        }
        for (at, wanted) in wanted.into_iter().enumerate() {
            if !wanted && self.file.deadlines[at].state == DeadlineState::Running {
                self.end_deadline(at, DeadlineState::Cancelled, false);
            }
        }
        self.wants = list;
        self.reconciled = Some(self.moves);
    }

    fn reconcile_one(&mut self, rule: RuleKind, subject: Subject, want: &Want, list: &crate::wants::Wants, wanted: &mut [bool]) {
        let clock = *want.clock();
        let met = matches!(want, Want::Met(..));
        match self.find(rule, subject, &clock, met, list, wanted) {
            Found::Running(at) => {
                wanted[at] = true;
                match want {
                    Want::Running(_) => self.move_deadline(at, &clock),
                    Want::Met(_, proof) => self.meet(at, *proof),
                }
            }
            Found::Breached(at) => {
                // News that what was asked had been done in time, after the breach was declared.
                let proof = match want {
                    Want::Met(_, proof) => Some(*proof),
                    Want::Running(_) => (rule.restarts() && clock.start > self.file.deadlines[at].starts_at).then_some(clock.start),
                };
                match proof {
                    Some(proof) if self.file.deadlines[at].is_in_time(proof) => {
                        self.end_deadline(at, DeadlineState::Met, true);
                        self.undo_breach(at);
                        if let Want::Running(_) = want {
                            self.set(rule, subject, &clock);
                        }
                    }
                    Some(_) if matches!(want, Want::Running(_)) => {
                        self.set(rule, subject, &clock);
                    }
                    _ => {}
                }
            }
            Found::Over => {}
            Found::None => {
                let at = self.set(rule, subject, &clock);
                if let Want::Met(_, proof) = want {
                    self.meet(at, *proof);
                }
            }
        }
    }

    /// The deadline that a want is about. A clock that may run again is told apart by its start.
    fn find(&self, rule: RuleKind, subject: Subject, clock: &Clock, met: bool, list: &crate::wants::Wants, wanted: &[bool]) -> Found {
        let of_rule = || {
            let all = self.file.deadlines.iter().enumerate();
            all.filter(|(at, d)| *at < wanted.len() && d.rule == rule && d.subject == subject && !d.undone)
        };
        if rule.restarts() {
            return match of_rule().next_back() {
                None => Found::None,
                Some((at, d)) => match d.state {
                    DeadlineState::Running => Found::Running(at),
                    DeadlineState::Breached => Found::Breached(at),
                    // Met at rest, or cancelled when lost: it is asked for again because a scan came that neither rests nor ends it.
                    DeadlineState::Met | DeadlineState::Cancelled if met => Found::Over,
                    DeadlineState::Met | DeadlineState::Cancelled => Found::None,
                },
            };
        }
        let exact = of_rule().rfind(|(at, d)| (d.starts_at == clock.start || !rule.recurs()) && !wanted.get(*at).copied().unwrap_or(false));
        match exact {
            Some((at, d)) => match d.state {
                DeadlineState::Running => Found::Running(at),
                DeadlineState::Breached => Found::Breached(at),
                DeadlineState::Met if !met && rule.is_met_by_scans() => Found::None,
                DeadlineState::Met => Found::Over,
                // A cause that is back is a new deadline; one that was met after all is not worth one.
                DeadlineState::Cancelled if met => Found::Over,
                DeadlineState::Cancelled => Found::None,
            },
            None => {
                // Its start was corrected: it is the running one that nothing else asks for.
                let asked_for = |start: Instant| list.iter().any(|(r, s, w)| *r == rule && *s == subject && w.clock().start == start);
                match of_rule().rfind(|(at, d)| d.state == DeadlineState::Running && !wanted[*at] && !asked_for(d.starts_at)) {
                    Some((at, _)) => Found::Running(at),
                    None => Found::None,
                }
            }
        }
    }

    /// Sets a deadline; its index.
    fn set(&mut self, rule: RuleKind, subject: Subject, clock: &Clock) -> usize {
        let due = self.due(self.rules, rule, subject, clock);
        self.file.seq += 1;
        let id = format!("{}-l{}", self.file.tag, self.file.seq);
        let (waybill, after_sale_id) = self.named(subject);
        let body = DeadlineSet {
            deadline_id: id.clone(),
            rule: rule.id(self.file.key.platform),
            order: self.file.key.clone(),
            waybill,
            after_sale_id,
            starts_at: clock.start,
            due_at: due.due_at,
            computed_due_at: due.computed_due_at,
            clock: due.clock,
            provisional: due.provisional,
            consequence: self.texts.consequence(rule).to_owned(),
        };
        self.file.deadlines.push(Deadline {
            id,
            rule,
            subject,
            starts_at: clock.start,
            due_at: due.due_at,
            computed_due_at: due.computed_due_at,
            clock: due.clock,
            provisional: due.provisional,
            rungs: due.rungs,
            acted: 0,
            acts_at: due.acts_at,
            at_due: due.at_due,
            state: DeadlineState::Running,
            ended_at: None,
            proof: None,
            variant: clock.variant.map(str::to_owned),
            late_news: false,
            waived: false,
            breach_tasks: Vec::new(),
            breach_case: None,
            undone: false,
            first_task_at: None,
            ruled_by: self.world.ruled_by(self.file.world_seen),
        });
        self.emit(DecisionBody::DeadlineSet(body));
        self.file.deadlines.len() - 1
    }

    /// Takes a new start, a new due time or a new ladder over.
    fn move_deadline(&mut self, at: usize, clock: &Clock) {
        let old = &self.file.deadlines[at];
        let (rule, subject) = (old.rule, old.subject);
        let restarted = rule.restarts() && old.starts_at != clock.start;
        let current = self.world.ruled_by(self.file.world_seen);
        if (restarted || self.rule_change.is_some()) && old.ruled_by != current {
            // A clock that starts again starts by the rules of its new start.
            self.file.deadlines[at].ruled_by = current;
            self.moves += 1;
        }
        let old = &self.file.deadlines[at];
        let (rules, clock) = match old.ruled_by == current {
            true => (self.rules, *clock),
            false => self.by_its_own_rules(old, clock),
        };
        let clock = &clock;
        let ladder_changed = old.variant.as_deref() != clock.variant;
        let settled = self.rule_change.is_none() && old.starts_at == clock.start && !ladder_changed && old.proof.is_none();
        if settled && self.is_settled(at, clock) {
            return;
        }
        let due = self.due(rules, rule, subject, clock);
        let rule_change = self.rule_change.filter(|_| self.differs(at, &due));
        let deadline = &mut self.file.deadlines[at];
        let moved = deadline.due_at != due.due_at;
        if restarted || ladder_changed {
            deadline.acted = 0;
        }
        let same = !moved && !restarted && !ladder_changed && deadline.starts_at == clock.start && deadline.rungs == due.rungs;
        if same && rule_change.is_none() {
            return;
        }
        deadline.proof = None;
        deadline.starts_at = clock.start;
        deadline.due_at = due.due_at;
        deadline.computed_due_at = due.computed_due_at;
        deadline.provisional = due.provisional;
        deadline.clock = due.clock;
        deadline.at_due = due.at_due;
        // Rungs that lie ahead again act again; those that have passed have acted.
        let passed = due.rungs.iter().take_while(|r| **r <= self.now).count();
        deadline.acted = deadline.acted.min(u8::try_from(passed).unwrap_or(u8::MAX));
        deadline.rungs = due.rungs;
        deadline.acts_at = due.acts_at;
        deadline.variant = clock.variant.map(str::to_owned);
        self.moves += 1;
        if moved || restarted || rule_change.is_some() {
            let mut body = self.deadline_changed(at);
            body.applied = rule_change.map(|rule_change| Box::new(self.applied(at, rule_change)));
            self.emit(DecisionBody::DeadlineMoved(body));
            let (at, due_at) = (index(at), self.file.deadlines[at].due_at);
            for task in self.open_tasks_of(at) {
                self.change_task(task, TaskChange { due_at: Some(due_at), ..TaskChange::default() });
            }
        }
    }

    /// Sets every clock that runs anew by the rules of a rule change. What has ended stays as it ended.
    pub(crate) fn set_anew(&mut self, rule_change: &'a RuleChange) {
        self.rule_change = Some(rule_change);
        self.reconcile();
        self.rule_change = None;
        self.reconciled = None;
    }

    /// The rules that a deadline was set by, and its clock as those have it.
    fn by_its_own_rules(&self, deadline: &Deadline, clock: &Clock) -> (&'a Rules, Clock) {
        let rules = self.world.rules(deadline.ruled_by, self.given);
        // Of these two, the rules say more than the length.
        if !matches!(deadline.rule, RuleKind::FirstHub | RuleKind::PresumedLost) {
            return (rules, *clock);
        }
        let mut list = Vec::new();
        wants(&self.file, rules, &mut list);
        let same = |(rule, subject, want): &&(RuleKind, Subject, Want)| {
            *rule == deadline.rule && *subject == deadline.subject && want.clock().start == clock.start
        };
        (rules, list.iter().find(same).map_or(*clock, |(_, _, want)| *want.clock()))
    }

    /// Whether a due time, or a rung that is still to act, would be another.
    fn differs(&self, at: usize, due: &Due) -> bool {
        let is = &self.file.deadlines[at];
        let acted = usize::from(is.acted);
        let passed = due.rungs.iter().take_while(|rung| **rung <= self.now).count().min(acted);
        is.due_at != due.due_at || is.acts_at != due.acts_at || is.rungs.get(acted..) != due.rungs.get(passed..)
    }

    fn applied(&self, at: usize, rule_change: &RuleChange) -> Applied {
        let fact = rule_change.fact();
        Applied {
            revision: fact.revision.clone(),
            by: fact.by.clone(),
            reason: fact.reason.clone(),
            rungs: self.file.deadlines[at].rungs.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether nothing that a due time hangs on can have changed, short of computing it again.
    fn is_settled(&self, at: usize, clock: &Clock) -> bool {
        let old = &self.file.deadlines[at];
        let given = match clock.given {
            Some(given) => old.computed_due_at.is_some() && old.due_at == given,
            None => old.computed_due_at.is_none(),
        };
        given && clock.floor.is_none_or(|floor| floor <= old.due_at) && self.seen().is_calm()
    }

    /// What was asked was done at `proof`: in time, the deadline is met; late, its breach stands and is declared in its turn.
    fn meet(&mut self, at: usize, proof: Instant) {
        self.file.deadlines[at].proof = Some(proof);
        if self.file.deadlines[at].is_in_time(proof) {
            self.end_deadline(at, DeadlineState::Met, false);
        }
    }

    fn end_deadline(&mut self, at: usize, state: DeadlineState, late_news: bool) {
        let now = self.now;
        let deadline = &mut self.file.deadlines[at];
        deadline.state = state;
        deadline.ended_at = Some(now);
        deadline.late_news = late_news;
        let body = self.deadline_changed(at);
        self.emit(if state == DeadlineState::Met { DecisionBody::DeadlineMet(body) } else { DecisionBody::DeadlineCancelled(body) });
        for task in self.open_tasks_of(index(at)) {
            self.close_task(task, TaskOutcome::NotNeeded);
        }
    }

    /// Closes what a breach opened that was none.
    fn undo_breach(&mut self, at: usize) {
        for task in std::mem::take(&mut self.file.deadlines[at].breach_tasks) {
            self.close_task(task, TaskOutcome::NotNeeded);
        }
        if let Some(case) = self.file.deadlines[at].breach_case.take() {
            self.close_case(case, CaseOutcome::Recovered);
        }
    }

    /// The open tasks that are due with a deadline.
    pub(crate) fn open_tasks_of(&self, deadline: Index) -> Vec<Index> {
        let tasks = self.file.tasks.iter().enumerate();
        tasks.filter(|(_, t)| t.deadline == Some(deadline) && t.is_open()).map(|(i, _)| index(i)).collect()
    }

    /// The body of a decision that moves or ends a deadline.
    pub(crate) fn deadline_changed(&self, at: usize) -> DeadlineChanged {
        let deadline = &self.file.deadlines[at];
        let (waybill, after_sale_id) = self.named(deadline.subject);
        DeadlineChanged {
            deadline_id: deadline.id.clone(),
            rule: deadline.rule.id(self.file.key.platform),
            due_at: deadline.due_at,
            order: self.file.key.clone(),
            waybill,
            after_sale_id,
            waived: deadline.waived,
            late_news: deadline.late_news,
            applied: None,
        }
    }

    fn named(&self, subject: Subject) -> (Option<crate::fact::Waybill>, Option<String>) {
        let waybill = self.file.parcel_of_subject(subject).map(|p| self.file.parcel(p).waybill.clone());
        let sale = match subject {
            Subject::AfterSale(i) => Some(i),
            Subject::Case(c) => self.case(c).after_sale,
            _ => None,
        };
        (waybill, sale.map(|i| self.file.after_sales[i as usize].id.clone()))
    }

    fn due(&self, rules: &Rules, rule: RuleKind, subject: Subject, clock: &Clock) -> Due {
        let platform = self.file.key.platform;
        let Some(version) = rules.version(rule, platform, clock.start) else {
            // `Rules::compile` refuses a configuration in which a rule is missing.
            return Due {
                due_at: Instant::MAX,
                computed_due_at: None,
                provisional: true,
                clock: ClockKind::Hours,
                rungs: Vec::new(),
                acts_at: Instant::MAX,
                at_due: false,
            };
        };
        let span = clock.variant.and_then(|v| version.variants.get(v)).copied().unwrap_or(version.span);
        let staffed = rules.staffed(version.queue);
        let (mut computed, provisional) = match span {
            Span::Hours(length) => (clock.start + length, false),
            Span::StaffedHours(length) => (staffed.add(clock.start, length), false),
            Span::NextLocal(minute) => (next_local(clock.start, minute), false),
            Span::WorkingDays(n) => rules.working_days().add(clock.start, n),
        };
        computed = clock.floor.map_or(computed, |floor| computed.max(floor));
        let seen = self.seen();
        let mut due_at = clock.given.unwrap_or(computed);
        if !seen.is_calm() {
            let id = rule.id(platform);
            let scope = self.scope(&id, self.file.parcel_of_subject(subject));
            computed = span.stand_still(seen, &scope, clock.start, computed, staffed);
            due_at = seen.extend(&scope, clock.given.unwrap_or(computed));
        }
        let rungs = rungs(version, clock, due_at, staffed);
        let at_due = matches!(version.ladder, Ladder::AtDue);
        let acts_at = if at_due { staffed.next_start(due_at).unwrap_or(due_at) } else { due_at };
        let computed_due_at = clock.given.map(|_| computed);
        Due { due_at, computed_due_at, provisional: provisional && clock.given.is_none(), clock: span.clock(), rungs, acts_at, at_due }
    }
}

/// When the rungs of a ladder act: that long before the due time; outside staffed hours earlier, never before the start or an earlier rung.
fn rungs(version: &RuleVersion, clock: &Clock, due_at: Instant, staffed: &StaffedHours) -> Vec<Instant> {
    let Ladder::Before(steps) = version.ladder_of(clock.variant) else { return Vec::new() };
    let mut acts = Vec::with_capacity(steps.len());
    for step in steps {
        let mut at = due_at - step.before;
        if at >= clock.start && !staffed.contains(at) {
            at = staffed.before_last_end(at).unwrap_or(at);
        }
        if at < clock.start {
            at = staffed.next_start(clock.start).filter(|next| *next < due_at).unwrap_or(clock.start);
        }
        acts.push(acts.last().map_or(at, |earlier| at.max(*earlier)));
    }
    acts
}
