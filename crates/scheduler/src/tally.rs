//! What a batch amounts to in numbers. Counted while it is decided, told to the metrics once it is committed: what is rolled back was never counted.

use crate::metric;
use crate::receipt::{Incoming, Receipt, Refused};
use metrics::{counter, histogram};
use parcelward_casework::decision::{Cause, Decision, DecisionBody};
use parcelward_casework::fact::{Fact, FactBody};
use parcelward_casework::instant::Instant;
use parcelward_casework::words::{
    CaseKind, CaseOutcome, DecisionType, OperationKind, OperationStatus, Queue, TaskKind, TaskOutcome, TrackingStatus,
};
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// The numbers of one batch.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) decisions: usize,
    /// How late each woken case file was, in milliseconds.
    pub(crate) lateness: Vec<i64>,
    /// What deciding took.
    pub(crate) decided_in: Duration,
    types: HashMap<DecisionType, u64>,
    cases_opened: HashMap<CaseKind, u64>,
    cases_closed: HashMap<(CaseKind, CaseOutcome), u64>,
    tasks_opened: HashMap<(TaskKind, Queue), u64>,
    tasks_closed: HashMap<(TaskKind, TaskOutcome), u64>,
    requested: HashMap<OperationKind, u64>,
    settled: HashMap<(OperationKind, OperationStatus), u64>,
    rules: HashMap<String, OfRule>,
}

/// What became of one rule's deadlines.
#[derive(Debug, Default)]
struct OfRule {
    met: u64,
    breached: u64,
    /// In milliseconds, one a rung or due time that acted.
    lateness: Vec<i64>,
    /// In milliseconds, one a task.
    notice: Vec<i64>,
}

fn add<K: Eq + Hash>(counts: &mut HashMap<K, u64>, key: K) {
    *counts.entry(key).or_default() += 1;
}

impl Tally {
    pub(crate) fn decision(&mut self, decision: &Decision, recorded: Instant) {
        self.decisions += 1;
        add(&mut self.types, decision.body.decision_type());
        let acting = match decision.because.first() {
            Some(Cause::Rule { rule, .. }) => Some(rule.as_str()),
            _ => None,
        };
        match &decision.body {
            DecisionBody::CaseOpened(d) => add(&mut self.cases_opened, d.kind),
            DecisionBody::CaseClosed(d) => add(&mut self.cases_closed, (d.kind, d.outcome)),
            DecisionBody::DeadlineMet(d) if !d.late_news => self.rule(&d.rule).met += 1,
            DecisionBody::DeadlineBreached(d) => {
                let late = recorded.since(decision.time).as_millis().max(0);
                let of_rule = self.rule(&d.rule);
                of_rule.breached += u64::from(!d.waived);
                of_rule.lateness.push(late);
            }
            DecisionBody::TaskOpened(d) => {
                add(&mut self.tasks_opened, (d.kind, d.queue));
                if let Some(rule) = acting {
                    let late = recorded.since(decision.time).as_millis().max(0);
                    let of_rule = self.rule(rule);
                    of_rule.lateness.push(late);
                    of_rule.notice.push(d.due_at.since(recorded).as_millis().max(0));
                }
            }
            DecisionBody::TaskClosed(d) => add(&mut self.tasks_closed, (d.kind, d.outcome)),
            DecisionBody::OperationRequested(d) => add(&mut self.requested, d.kind),
            DecisionBody::OperationSettled(d) => add(&mut self.settled, (d.kind, d.status)),
            _ => {}
        }
    }

    fn rule(&mut self, rule: &str) -> &mut OfRule {
        if !self.rules.contains_key(rule) {
            self.rules.insert(rule.to_owned(), OfRule::default());
        }
        self.rules.entry(rule.to_owned()).or_default()
    }

    /// Tells the metrics. The facts are those of the batch, with their answers.
    pub(crate) fn tell<'a>(&self, answered: impl Iterator<Item = (&'a Incoming, &'a Receipt)>) {
        self.tell_facts(answered);
        for (kind, n) in &self.types {
            counter!(metric::DECISIONS, "type" => kind.word()).increment(*n);
        }
        for (kind, n) in &self.cases_opened {
            counter!(metric::CASES_OPENED, "kind" => kind.word()).increment(*n);
        }
        for ((kind, outcome), n) in &self.cases_closed {
            counter!(metric::CASES_CLOSED, "kind" => kind.word(), "outcome" => outcome.word()).increment(*n);
        }
        for ((kind, queue), n) in &self.tasks_opened {
            counter!(metric::TASKS_OPENED, "kind" => kind.word(), "queue" => queue.word()).increment(*n);
        }
        for ((kind, outcome), n) in &self.tasks_closed {
            counter!(metric::TASKS_CLOSED, "kind" => kind.word(), "outcome" => outcome.word()).increment(*n);
        }
        for (kind, n) in &self.requested {
            counter!(metric::OPERATIONS_REQUESTED, "kind" => kind.word()).increment(*n);
        }
        for ((kind, status), n) in &self.settled {
            counter!(metric::OPERATIONS_SETTLED, "kind" => kind.word(), "status" => status.word()).increment(*n);
        }
        for (rule, of_rule) in &self.rules {
            of_rule.tell(rule);
        }
        counter!(metric::WAKES).increment(self.lateness.len() as u64);
        let lateness = histogram!(metric::WAKE_LATENESS);
        self.lateness.iter().for_each(|ms| lateness.record(seconds(*ms)));
        counter!(metric::BATCHES).increment(1);
        histogram!(metric::BATCH_WAKES).record(self.lateness.len() as f64);
        histogram!(metric::DECIDE).record(self.decided_in.as_secs_f64());
    }

    fn tell_facts<'a>(&self, answered: impl Iterator<Item = (&'a Incoming, &'a Receipt)>) {
        let (mut results, mut unrecognized, mut all) = (HashMap::new(), HashMap::new(), 0_u64);
        for (incoming, receipt) in answered {
            all += 1;
            add(&mut results, (incoming.fact.body.fact_type(), result(receipt)));
            if let (Some(courier), Receipt::Accepted { .. }) = (unrecognized_by(&incoming.fact), receipt) {
                add(&mut unrecognized, courier);
            }
        }
        for ((kind, result), n) in results {
            counter!(metric::FACTS, "type" => kind.word(), "result" => result).increment(n);
        }
        for (courier, n) in unrecognized {
            counter!(metric::UNRECOGNIZED, "courier" => courier.word()).increment(n);
        }
        histogram!(metric::BATCH_FACTS).record(all as f64);
    }
}

impl OfRule {
    fn tell(&self, rule: &str) {
        if self.met > 0 {
            counter!(metric::DEADLINES_MET, "rule" => rule.to_owned()).increment(self.met);
        }
        if self.breached > 0 {
            counter!(metric::DEADLINES_BREACHED, "rule" => rule.to_owned()).increment(self.breached);
        }
        if !self.lateness.is_empty() {
            let lateness = histogram!(metric::RULE_LATENESS, "rule" => rule.to_owned());
            self.lateness.iter().for_each(|ms| lateness.record(seconds(*ms)));
        }
        if !self.notice.is_empty() {
            let notice = histogram!(metric::TASK_NOTICE, "rule" => rule.to_owned());
            self.notice.iter().for_each(|ms| notice.record(seconds(*ms)));
        }
    }
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

fn unrecognized_by(fact: &Fact) -> Option<parcelward_casework::words::Courier> {
    match &fact.body {
        FactBody::Tracking(scan) if scan.status == TrackingStatus::Unrecognized => Some(scan.waybill.courier),
        _ => None,
    }
}

/// The answer in a word, for metrics and spans.
pub(crate) const fn result(receipt: &Receipt) -> &'static str {
    match receipt {
        Receipt::Accepted { parked: false, .. } => "accepted",
        Receipt::Accepted { parked: true, .. } => "parked",
        Receipt::Duplicate { .. } => "duplicate",
        Receipt::Conflict => "conflict",
        Receipt::Refused(Refused::FileBroken(_)) => "broken",
        Receipt::Refused(_) => "refused",
    }
}
