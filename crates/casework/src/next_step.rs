//! No open case without a next step (playbook laws 2 and 10).
//!
//! Deliberately absent: what the next step should be. Where there is none, a person decides.

use crate::casefile::*;
use crate::look::index;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run};
use crate::words::*;

impl CaseFile {
    /// Whether an open case waits for something that will come: a task, an operation, a deadline, a timer, or another open case.
    ///
    /// An operation is in flight until it is answered. Then its result's clock, its parcel's, or a person's task is what comes next; an
    /// answer with nothing behind it is no next step.
    #[must_use]
    pub fn has_next_step(&self, at: Index) -> bool {
        let case = &self.cases[at as usize];
        self.tasks.iter().any(|t| t.case == Some(at) && t.is_open())
            || self.operations.iter().any(|o| o.case == at && o.state == OperationState::Requested)
            || self.timers.iter().any(|t| t.case == Some(at) && matches!(t.kind, TimerKind::AskAgain(_)))
            || case.waits_for.is_some_and(|other| self.is_case_open(other))
            || self.deadlines.iter().any(|d| d.state == DeadlineState::Running && self.is_deadline_of(d, at))
    }

    /// Whether a deadline is a case's own or its parcel's. An order's shipping deadlines are `late_shipment`'s only.
    fn is_deadline_of(&self, deadline: &Deadline, at: Index) -> bool {
        let case = &self.cases[at as usize];
        match deadline.subject {
            Subject::Case(c) => c == at,
            Subject::Operation(o) => self.operations[o as usize].case == at,
            Subject::Order => deadline.rule == RuleKind::ShipBy && case.kind == CaseKind::LateShipment,
            Subject::Parcel(_) if matches!(deadline.rule, RuleKind::PresumedLost | RuleKind::AuthorityLatest) => false,
            Subject::Parcel(p) => case.parcel == Some(p) || case.reship == Some(p),
            Subject::AfterSale(a) => case.after_sale == Some(a) || case.subject == Subject::AfterSale(a),
            subject => case.subject == subject,
        }
    }
}

impl Run<'_> {
    /// Opens `review_case` in every case that has no next step. Says whether there was one.
    pub(crate) fn review_cases(&mut self) -> bool {
        let mut found = false;
        for at in 0..self.file.cases.len() {
            let at = index(at);
            if self.file.is_case_open(at) && !self.file.has_next_step(at) {
                let words = self.case(at).words.clone();
                self.ask(Ask::of(TaskKind::ReviewCase, at).in_own_hours().saying(words));
                found = true;
            }
        }
        found
    }
}
