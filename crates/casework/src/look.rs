//! Look-ups on a case file that more than one playbook or rule asks.

use crate::casefile::*;
use crate::instant::Instant;
use crate::money::Money;
use crate::words::*;

/// Makes an index of a position; lists of a case file stay far below four thousand million.
pub(crate) fn index(position: usize) -> Index {
    Index::try_from(position).unwrap_or(Index::MAX)
}

impl AfterSale {
    /// Its newest step.
    pub(crate) fn status(&self) -> Option<AfterSaleStatus> {
        self.steps.last().map(|s| s.status)
    }

    /// When it first had this status.
    pub(crate) fn at(&self, status: AfterSaleStatus) -> Option<Instant> {
        self.steps.iter().find(|s| s.status == status).map(|s| s.at)
    }

    /// Whether nothing more is asked.
    pub(crate) fn is_over(&self) -> bool {
        use AfterSaleStatus as S;
        matches!(self.status(), Some(S::Refunded | S::Closed | S::Cancelled | S::Rejected))
    }

    /// Whether it gives money back, not goods.
    pub(crate) const fn asks_refund(&self) -> bool {
        matches!(self.kind, AfterSaleKind::RefundOnly | AfterSaleKind::ReturnRefund)
    }

    /// Whether goods come back for it.
    pub(crate) const fn goods_come_back(&self) -> bool {
        matches!(self.kind, AfterSaleKind::ReturnRefund | AfterSaleKind::Exchange | AfterSaleKind::Repair)
    }

    /// The step that decided to give the money back, if that still holds: refunded, or a refund-only agreed to.
    pub(crate) fn refund_step(&self) -> Option<&AfterSaleStep> {
        use AfterSaleStatus as S;
        let decides = |s: &AfterSaleStep| s.status == S::Refunded || (s.status == S::Agreed && self.kind == AfterSaleKind::RefundOnly);
        match self.status()? {
            S::Refunded | S::Agreed | S::Closed | S::Received | S::BuyerShipped => {}
            S::Requested | S::Rejected | S::Cancelled => return None,
        }
        let last_no = self.steps.iter().rposition(|s| matches!(s.status, S::Requested | S::Rejected | S::Cancelled)).map_or(0, |i| i + 1);
        self.steps[last_no..].iter().find(|s| decides(s))
    }

    /// Who decided a step: where nobody is named, the merchant if our own task was done with `agree`, else the platform.
    pub(crate) fn decider(&self, step: &AfterSaleStep) -> DecidedBy {
        step.by.unwrap_or(if self.we_agreed { DecidedBy::Merchant } else { DecidedBy::Platform })
    }
}

impl Deadline {
    /// Whether what was done at an instant was in time. One that acts at its due time can be met until it acts.
    pub(crate) fn is_in_time(&self, done: Instant) -> bool {
        done <= self.due_at || (self.at_due && done <= self.acts_at)
    }
}

impl Dispute {
    /// Its newest step.
    pub(crate) fn status(&self) -> Option<DisputeStatus> {
        self.steps.last().map(|s| s.status)
    }

    /// The newest ruling, and whether it is the answer to an appeal.
    pub(crate) fn ruling(&self) -> Option<(Ruling, bool)> {
        self.steps.iter().rev().find_map(|s| s.ruling.map(|r| (r, s.status == DisputeStatus::AppealRuled)))
    }
}

impl CaseFile {
    /// Outbound parcels that no other took the place of.
    pub(crate) fn outbound(&self) -> impl DoubleEndedIterator<Item = (Index, &Parcel)> {
        self.parcels.iter().enumerate().filter(|(_, p)| p.direction == Direction::Outbound && p.is_current()).map(|(i, p)| (index(i), p))
    }

    /// When the order was first declared shipped.
    pub(crate) fn shipped_at(&self) -> Option<Instant> {
        self.parcels.iter().filter(|p| p.direction == Direction::Outbound && p.declared).map(|p| p.declared_at).min()
    }

    /// Whether an outbound parcel was declared or scanned by this instant.
    pub(crate) fn is_shipped_at(&self, at: Instant) -> bool {
        let scanned = |p: &Parcel| p.direction == Direction::Outbound && p.first_scan().is_some_and(|first| first <= at);
        self.shipped_at().is_some_and(|declared| declared <= at) || self.parcels.iter().any(scanned)
    }

    /// Whether the order was cancelled or closed.
    pub(crate) fn is_called_off(&self) -> bool {
        self.order.as_ref().is_some_and(|o| o.status != OrderStatus::Paid)
    }

    /// Whether an after-sale is about the whole order's money.
    pub(crate) fn is_whole(&self, sale: &AfterSale) -> bool {
        match (sale.amount, self.order.as_ref().and_then(|o| o.amount)) {
            (Some(part), Some(whole)) => part >= whole,
            _ => true,
        }
    }

    /// When the whole order's money was decided to go back.
    pub(crate) fn refunded_since(&self) -> Option<Instant> {
        self.after_sales.iter().filter(|s| s.asks_refund() && self.is_whole(s)).filter_map(|s| s.refund_step()).map(|s| s.at).min()
    }

    /// Whether the whole order's money is asked back and not yet answered.
    pub(crate) fn is_refund_asked(&self) -> bool {
        self.after_sales.iter().any(|s| s.asks_refund() && self.is_whole(s) && s.status() == Some(AfterSaleStatus::Requested))
    }

    /// The parcel of ours that goes on under a new number, where this one's was replaced; else this one.
    pub(crate) fn goes_on_as(&self, parcel: Index) -> Index {
        let mut at = parcel;
        for _ in 0..self.parcels.len() {
            match self.parcel(at).replaced_by.filter(|new| self.parcel(*new).is_ours()) {
                Some(new) => at = new,
                None => break,
            }
        }
        at
    }

    /// The parcel that a fact without a waybill means: the newest one that goes to the buyer.
    pub(crate) fn main_parcel(&self) -> Option<Index> {
        self.parcels.iter().rposition(|p| p.is_ours() && p.is_current()).map(index)
    }

    /// The outbound parcel that an after-sale is about: the newest one on its way, else the newest.
    pub(crate) fn parcel_on_its_way(&self) -> Option<Index> {
        self.parcels.iter().rposition(|p| p.is_ours() && p.is_current() && p.phase().is_on_its_way()).map(index)
    }

    /// The parcel of ours whose goods come home under this return number, where a courier gave it a new one for the way back.
    pub(crate) fn turned_into(&self, number: Index) -> Option<&Parcel> {
        let replaced = |i: Index| self.parcels.iter().position(|p| p.replaced_by == Some(i)).map(index);
        let mut at = replaced(number)?;
        // A number is replaced by a later one: the chain ends.
        for _ in 0..self.parcels.len() {
            if self.parcel(at).is_ours() {
                return Some(self.parcel(at)).filter(|_| !self.parcel(number).is_ours());
            }
            at = replaced(at)?;
        }
        None
    }

    /// A parcel.
    pub(crate) fn parcel(&self, i: Index) -> &Parcel {
        &self.parcels[i as usize]
    }

    /// The open case of a kind about a subject.
    pub(crate) fn open_case(&self, kind: CaseKind, subject: Subject) -> Option<Index> {
        self.cases.iter().rposition(|c| c.closed.is_none() && c.kind == kind && c.subject == subject).map(index)
    }

    /// The open case of a kind whose subject or parcel is this parcel.
    pub(crate) fn open_case_on(&self, kind: CaseKind, parcel: Index) -> Option<Index> {
        self.cases
            .iter()
            .rposition(|c| c.closed.is_none() && c.kind == kind && (c.subject == Subject::Parcel(parcel) || c.parcel == Some(parcel)))
            .map(index)
    }

    /// Whether a case is open.
    pub(crate) fn is_case_open(&self, case: Index) -> bool {
        self.cases.get(case as usize).is_some_and(|c| c.closed.is_none())
    }

    /// Whether a person opened a case by hand and its parcel was not scanned since: what the scans say, that person knew.
    pub(crate) fn is_as_reported(&self, case: Index) -> bool {
        let case = &self.cases[case as usize];
        case.by_hand && case.parcel.is_none_or(|p| self.parcel(p).newest().map(|s| s.at) == case.scan_at)
    }

    /// The open task of a kind in a case.
    pub(crate) fn open_task(&self, case: Index, kind: TaskKind) -> Option<Index> {
        self.tasks.iter().rposition(|t| t.case == Some(case) && t.kind == kind && t.is_open()).map(index)
    }

    /// The live operation of a kind on a parcel.
    pub(crate) fn live_operation(&self, parcel: Index, kind: OperationKind) -> Option<Index> {
        self.operations.iter().rposition(|o| o.parcel == parcel && o.kind == kind && o.is_live() && !self.is_given_up(o)).map(index)
    }

    /// Whether nobody works on an operation any more: a person was to, and their task went with its case.
    pub(crate) fn is_given_up(&self, operation: &Operation) -> bool {
        let by_person = operation.taken_over || operation.state == OperationState::ByHand;
        let is_worked_on = || operation.bracket.is_some_and(|t| self.tasks[t as usize].is_open());
        by_person && operation.state != OperationState::Accepted && !is_worked_on()
    }

    /// The newest claim on a parcel.
    pub(crate) fn claim_on(&self, parcel: Index) -> Option<Index> {
        self.claims.iter().rposition(|c| c.parcel == parcel).map(index)
    }

    /// The running deadline of a rule about a subject.
    pub(crate) fn running(&self, rule: crate::rule_kind::RuleKind, subject: Subject) -> Option<Index> {
        self.deadlines.iter().rposition(|d| d.state == DeadlineState::Running && d.rule == rule && d.subject == subject).map(index)
    }

    /// The parcel that a subject is about.
    pub(crate) fn parcel_of_subject(&self, subject: Subject) -> Option<Index> {
        match subject {
            Subject::Parcel(p) => Some(p),
            Subject::Operation(o) => self.operations.get(o as usize).map(|o| o.parcel),
            Subject::Case(c) => {
                let case = self.cases.get(c as usize)?;
                case.parcel.or_else(|| match case.subject {
                    Subject::Case(_) => None,
                    subject => self.parcel_of_subject(subject),
                })
            }
            Subject::AfterSale(a) => self.after_sales.get(a as usize).and_then(|s| s.return_parcel),
            Subject::Order | Subject::Dispute(_) | Subject::Commitment(_) => None,
        }
    }

    /// The whole order's amount in yuan.
    pub(crate) fn amount(&self) -> Option<Money> {
        self.order.as_ref().and_then(|o| o.amount)
    }

    /// Whether the buyer pressed in any request.
    pub(crate) fn is_urgent(&self) -> bool {
        self.requests.iter().any(|r| r.urgent)
    }

    /// What the buyer last said they want.
    pub(crate) fn buyer_wants(&self) -> Option<BuyerWants> {
        self.requests.iter().rev().find_map(|r| r.wants)
    }
}
