//! `replay --summary`: counts by case, task and deadline rule, and how much notice people had.
//!
//! Deliberately absent: any judgement. What was decided is counted as it was decided.

use parcelward_casework::decision::{Decision, DecisionBody};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::{CaseKind, TaskKind, TaskOutcome};
use std::collections::{BTreeMap, HashMap};

/// Counts of one rule's deadlines.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct RuleCounts {
    /// Set.
    pub set: u64,
    /// Met in time.
    pub met: u64,
    /// Met by news that came after the breach.
    pub met_late: u64,
    /// Breached, waived ones not counted.
    pub breached: u64,
    /// Breached, and waived.
    pub waived: u64,
    /// Came due, of an `at due` rule: no breach, a moment to look.
    pub came_due: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// Whole minutes between the first task and the due time, and how often; less than none is none.
    notice: BTreeMap<u32, u64>,
}

/// A deadline that runs.
#[derive(Debug)]
struct Running {
    rule: usize,
    due_at: Instant,
    /// A task was opened for this due time.
    told: bool,
}

/// Counts of everything that was decided.
#[derive(Debug, Default)]
pub struct Summary {
    at_due: Vec<String>,
    cases: BTreeMap<CaseKind, (u64, u64)>,
    tasks: BTreeMap<TaskKind, (u64, BTreeMap<TaskOutcome, u64>)>,
    rule_numbers: BTreeMap<String, usize>,
    rules: Vec<RuleCounts>,
    running: HashMap<String, Running>,
}

impl Summary {
    /// Counts from nothing. `at_due` names the rules whose due time is no breach.
    #[must_use]
    pub fn new(at_due: Vec<String>) -> Self {
        Summary { at_due, ..Summary::default() }
    }

    /// Counts a decision.
    pub fn count(&mut self, decision: &Decision) {
        match &decision.body {
            DecisionBody::CaseOpened(d) => self.cases.entry(d.kind).or_default().0 += 1,
            DecisionBody::CaseClosed(d) => self.cases.entry(d.kind).or_default().1 += 1,
            DecisionBody::TaskOpened(d) => {
                self.tasks.entry(d.kind).or_default().0 += 1;
                self.notice(d.deadline_id.as_deref(), decision.time);
            }
            DecisionBody::TaskUpdated(d) => self.notice(d.deadline_id.as_deref(), decision.time),
            DecisionBody::TaskClosed(d) => *self.tasks.entry(d.kind).or_default().1.entry(d.outcome).or_default() += 1,
            DecisionBody::DeadlineSet(d) => {
                let rule = self.number(&d.rule);
                self.rules[rule].set += 1;
                self.running.insert(d.deadline_id.clone(), Running { rule, due_at: d.due_at, told: false });
            }
            DecisionBody::DeadlineMoved(d) => {
                // A clock that starts again gives its notice again.
                let rule = self.number(&d.rule);
                self.running.insert(d.deadline_id.clone(), Running { rule, due_at: d.due_at, told: false });
            }
            DecisionBody::DeadlineMet(d) => self.ended(&d.deadline_id, &d.rule, |counts| {
                *(if d.late_news { &mut counts.met_late } else { &mut counts.met }) += 1;
            }),
            DecisionBody::DeadlineBreached(d) => {
                let at_due = self.at_due.contains(&d.rule);
                self.ended(&d.deadline_id, &d.rule, |counts| {
                    *(if at_due {
                        &mut counts.came_due
                    } else if d.waived {
                        &mut counts.waived
                    } else {
                        &mut counts.breached
                    }) += 1;
                });
            }
            DecisionBody::DeadlineCancelled(d) => self.ended(&d.deadline_id, &d.rule, |counts| counts.cancelled += 1),
            DecisionBody::OperationRequested(_) | DecisionBody::OperationSettled(_) | DecisionBody::CoverageNoted(_) => {}
        }
    }

    /// A rule's counts.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&RuleCounts> {
        self.rule_numbers.get(id).map(|n| &self.rules[*n])
    }

    fn number(&mut self, rule: &str) -> usize {
        if let Some(number) = self.rule_numbers.get(rule) {
            return *number;
        }
        self.rules.push(RuleCounts::default());
        self.rule_numbers.insert(rule.to_owned(), self.rules.len() - 1);
        self.rules.len() - 1
    }

    fn ended(&mut self, id: &str, rule: &str, count: impl FnOnce(&mut RuleCounts)) {
        let rule = self.number(rule);
        count(&mut self.rules[rule]);
        self.running.remove(id);
    }

    fn notice(&mut self, deadline: Option<&str>, at: Instant) {
        let Some(running) = deadline.and_then(|id| self.running.get_mut(id)) else { return };
        if !running.told {
            running.told = true;
            let minutes = u32::try_from(running.due_at.since(at).as_millis().max(0) / 60_000).unwrap_or(u32::MAX);
            *self.rules[running.rule].notice.entry(minutes).or_default() += 1;
        }
    }
}

impl RuleCounts {
    /// Deadlines that still run.
    #[must_use]
    pub const fn running(&self) -> u64 {
        // What was breached and then met by late news ended once.
        let ended = self.met + self.breached + self.waived + self.came_due + self.cancelled;
        self.set.saturating_sub(ended)
    }

    /// The least and the middle notice that a first task gave, over the deadlines that had one.
    #[must_use]
    pub fn notice(&self) -> Option<(Length, Length)> {
        let least = *self.notice.keys().next()?;
        let half = self.notice.values().sum::<u64>().div_ceil(2);
        let mut passed = 0;
        let middle = self.notice.iter().find(|(_, n)| {
            passed += **n;
            passed >= half
        });
        let minutes = |m: u32| Length::minutes(i64::from(m));
        Some((minutes(least), minutes(*middle?.0)))
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let opened: u64 = self.cases.values().map(|(opened, _)| opened).sum();
        writeln!(f, "cases                         opened    closed      open")?;
        for (kind, (opened, closed)) in &self.cases {
            writeln!(f, "  {:<24}{opened:>10}{closed:>10}{:>10}", kind.word(), opened.saturating_sub(*closed))?;
        }
        let tasks: u64 = self.tasks.values().map(|(opened, _)| opened).sum();
        writeln!(f, "\ntasks                         opened    closed    missed      open  outcomes")?;
        for (kind, (opened, closed)) in &self.tasks {
            let (missed, all) = (closed.get(&TaskOutcome::Missed).copied().unwrap_or(0), closed.values().sum::<u64>());
            let outcomes: Vec<String> =
                closed.iter().filter(|(o, _)| **o != TaskOutcome::Missed).map(|(outcome, n)| format!("{outcome} {n}")).collect();
            let open = opened.saturating_sub(all);
            let line = format!("  {:<24}{opened:>10}{all:>10}{missed:>10}{open:>10}  {}", kind.word(), outcomes.join(", "));
            writeln!(f, "{}", line.trim_end())?;
        }
        writeln!(
            f,
            "\ndeadlines                        set       met met late  breached    waived  came due cancelled   running  notice: least, middle"
        )?;
        for (rule, number) in &self.rule_numbers {
            let c = &self.rules[*number];
            let notice = c.notice().map(|(least, middle)| format!("  {least}, {middle}")).unwrap_or_default();
            let counts = [c.set, c.met, c.met_late, c.breached, c.waived, c.came_due, c.cancelled, c.running()];
            let counts: String = counts.iter().map(|n| format!("{n:>10}")).collect();
            writeln!(f, "  {rule:<24}{}{notice}", &counts)?;
        }
        let sum = |of: fn(&RuleCounts) -> u64| self.rules.iter().map(of).sum::<u64>();
        writeln!(
            f,
            "\n{opened} cases, {tasks} tasks, {} deadlines: {} met, {} breached, {} waived",
            sum(|c| c.set),
            sum(|c| c.met + c.met_late),
            sum(|c| c.breached),
            sum(|c| c.waived)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::decision::{DeadlineChanged, DeadlineSet};
    use parcelward_casework::fact::OrderKey;
    use parcelward_casework::words::{ClockKind, Platform};

    fn decision(time: &str, body: DecisionBody) -> Decision {
        Decision { id: String::new(), time: Instant::parse(time).unwrap(), body, because: Vec::new() }
    }

    fn order() -> OrderKey {
        OrderKey { platform: Platform::Pinduoduo, shop: "s".to_owned(), order_id: "1".to_owned() }
    }

    fn set(id: &str, rule: &str, due: &str) -> DecisionBody {
        DecisionBody::DeadlineSet(DeadlineSet {
            deadline_id: id.to_owned(),
            rule: rule.to_owned(),
            order: order(),
            waybill: None,
            after_sale_id: None,
            starts_at: Instant::parse("2026-03-10T00:00:00Z").unwrap(),
            due_at: Instant::parse(due).unwrap(),
            computed_due_at: None,
            clock: ClockKind::Hours,
            provisional: false,
            consequence: String::new(),
        })
    }

    fn changed(id: &str, rule: &str, waived: bool, late_news: bool) -> DeadlineChanged {
        let due_at = Instant::parse("2026-03-11T00:00:00Z").unwrap();
        DeadlineChanged {
            applied: None,
            deadline_id: id.to_owned(),
            rule: rule.to_owned(),
            due_at,
            order: order(),
            waybill: None,
            after_sale_id: None,
            waived,
            late_news,
        }
    }

    fn told(id: &str) -> DecisionBody {
        DecisionBody::TaskUpdated(parcelward_casework::decision::TaskUpdated {
            task_id: "t".to_owned(),
            kind: TaskKind::HandOverToCourier,
            order: order(),
            status: None,
            urgency: None,
            due_at: None,
            deadline_id: Some(id.to_owned()),
            queue: None,
            advice: None,
            assignee: None,
        })
    }

    #[test]
    fn counts_what_became_of_each_deadline_and_the_notice_given() {
        let mut summary = Summary::new(vec!["pdd.ruling_wait".to_owned()]);
        let (start, due) = ("2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z");
        for id in ["a", "b", "c", "d"] {
            summary.count(&decision(start, set(id, "pdd.collect", due)));
        }
        summary.count(&decision(start, set("w", "pdd.ruling_wait", due)));
        summary.count(&decision("2026-03-10T12:00:00Z", told("a")));
        summary.count(&decision("2026-03-10T18:00:00Z", told("a")));
        summary.count(&decision("2026-03-10T20:00:00Z", told("b")));
        summary.count(&decision(due, DecisionBody::DeadlineMet(changed("a", "pdd.collect", false, false))));
        summary.count(&decision(due, DecisionBody::DeadlineBreached(changed("b", "pdd.collect", false, false))));
        summary.count(&decision(due, DecisionBody::DeadlineMet(changed("b", "pdd.collect", false, true))));
        summary.count(&decision(due, DecisionBody::DeadlineBreached(changed("c", "pdd.collect", true, false))));
        summary.count(&decision(due, DecisionBody::DeadlineBreached(changed("w", "pdd.ruling_wait", false, false))));
        let collect = summary.rule("pdd.collect").unwrap();
        assert_eq!((collect.set, collect.met, collect.met_late, collect.breached, collect.waived, collect.running()), (4, 1, 1, 1, 1, 1));
        assert_eq!(collect.notice(), Some((Length::hours(4), Length::hours(4))), "only the first task counts");
        assert_eq!((summary.rule("pdd.ruling_wait").unwrap().came_due, summary.rule("pdd.ruling_wait").unwrap().breached), (1, 0));
        let text = summary.to_string();
        assert!(text.contains("0 cases, 0 tasks, 5 deadlines: 2 met, 1 breached, 1 waived"), "{text}");
    }
}
