//! Serving the buyer: a new parcel, the money, or a compensation. Shared by the cases that end in one of these.
//!
//! The engine asks for it; a person sends and pays. Deliberately absent: when each case may ask (its own playbook).

use crate::casefile::*;
use crate::instant::Instant;
use crate::look::index;
use crate::money::Money;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// Asks the warehouse for a new parcel.
pub(super) fn reship(run: &mut Run<'_>, case: Index) {
    run.case_mut(case).serve = Some(Serve::Reship);
    run.ask(Ask::of(TaskKind::Reship, case).in_own_hours());
}

/// Asks for the money to go back.
pub(super) fn refund(run: &mut Run<'_>, case: Index) {
    run.case_mut(case).serve = Some(Serve::Refund);
    let sale = run.case(case).after_sale.and_then(|s| run.file.after_sales[s as usize].amount);
    run.ask(Ask::of(TaskKind::RefundBuyer, case).in_own_hours().worth(sale));
}

/// Asks for a compensation; above the caps it is the lead's.
pub(super) fn compensate(run: &mut Run<'_>, case: Index, amount: Option<Money>) {
    run.case_mut(case).serve = Some(Serve::Compensate);
    run.case_mut(case).amount = amount;
    let ask = Ask::of(TaskKind::PayCompensation, case).in_own_hours().worth(amount);
    let ask = if amount.is_some_and(|sum| is_over_the_cap(run, sum)) { ask.for_queue(Queue::Lead) } else { ask };
    run.ask(ask);
}

fn is_over_the_cap(run: &Run<'_>, sum: Money) -> bool {
    let paid = |since: Instant| run.file.compensations.iter().filter(|(at, _)| *at >= since).fold(Money::ZERO, |all, (_, m)| all + *m);
    let today = crate::calendar::local_midnight(run.now);
    let policy = &run.rules.policy;
    paid(Instant::MIN) + sum > policy.compensation_per_order || paid(today) + sum > policy.compensation_per_day
}

/// `decide_reship_or_refund`, `decide_reship`.
pub(super) fn decided(run: &mut Run<'_>, d: Done<'_>) {
    match d.outcome {
        TaskOutcome::Reship => {
            reship(run, d.case);
            if run.case(d.case).kind == CaseKind::Misrouted {
                super::misrouted::reshipping(run, d.case);
            }
        }
        TaskOutcome::Refund => refund(run, d.case),
        _ => run.comes_back(d.kind, d.case, d.answers.until),
    }
}

/// `reship`, `send_replacement`, `send_repaired_back`, `send_to_maker`, `refund_buyer`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    match (d.kind, d.outcome) {
        (TaskKind::RefundBuyer, _) => run.case_mut(d.case).served = Some(CaseOutcome::Refunded),
        (_, TaskOutcome::OutOfStock) => refund(run, d.case),
        (TaskKind::SendToMaker, _) => super::repair::sent_to_maker(run, d.case),
        _ => {
            run.case_mut(d.case).serve = Some(Serve::Reship);
            // Until the parcel is declared, nothing but this asks after it.
            let at = run.now + run.rules.again.undeclared;
            run.ask_again(d.kind, d.case, at);
            if let Some(waybill) = &d.answers.waybill {
                let parcel = run.register(waybill, Direction::Reship, d.at);
                run.case_mut(d.case).reship = Some(parcel);
            }
        }
    }
}

/// `pay_compensation`.
pub(super) fn compensated(run: &mut Run<'_>, d: Done<'_>) {
    match d.outcome {
        TaskOutcome::Paid => {
            let sum = d.answers.amount.or(run.case(d.case).amount).unwrap_or(Money::ZERO);
            run.file.compensations.push((d.at, sum));
            run.case_mut(d.case).served = Some(CaseOutcome::Compensated);
        }
        TaskOutcome::DiscountNextTime => run.case_mut(d.case).served = Some(CaseOutcome::Compensated),
        _ => {}
    }
    if run.case(d.case).kind == CaseKind::BuyerRequest {
        let outcome = run.case(d.case).served.unwrap_or(CaseOutcome::Declined);
        super::buyer_request::answered(run, d.case, outcome);
    }
}

/// How the buyer was served, if so.
pub(super) fn outcome(run: &Run<'_>, case: Index) -> Option<CaseOutcome> {
    run.case(case).served
}

/// The choice of how to serve the buyer is open again: what it had asked for is not needed.
pub(super) fn undo_choice(run: &mut Run<'_>, case: Index, kind: TaskKind) {
    for follows in [TaskKind::Reship, TaskKind::RefundBuyer, TaskKind::PayCompensation] {
        run.drop_task(case, follows);
    }
    let lost = run.case(case).kind == CaseKind::Lost;
    let state = run.case_mut(case);
    (state.serve, state.served, state.reship) = (None, None, None);
    // A loss stays known, whatever the buyer wants for it.
    state.decided = lost.then_some(TaskOutcome::Lost);
    if kind == TaskKind::OfferSolution {
        state.offered_at = None;
    }
}

/// The money that was to have gone back, or been paid, was not.
pub(super) fn undo(run: &mut Run<'_>, case: Index, kind: TaskKind, outcome: TaskOutcome) {
    run.case_mut(case).served = None;
    if kind == TaskKind::PayCompensation && outcome == TaskOutcome::Paid {
        run.file.compensations.pop();
    }
}

/// Links the new parcel, sees it scanned, or sees the money gone back.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let state = run.case(case);
    if state.served.is_some() {
        return;
    }
    match state.serve {
        Some(Serve::Reship) => {
            let parcel = state.reship.or_else(|| unlinked_reship(run, state.opened_at));
            let Some(parcel) = parcel else { return };
            if run.case(case).reship.is_none() {
                run.case_mut(case).reship = Some(parcel);
            }
            if run.file.parcel(parcel).declared || run.file.parcel(parcel).is_scanned() {
                for kind in [TaskKind::Reship, TaskKind::SendReplacement, TaskKind::SendRepairedBack] {
                    run.drop_task(case, kind);
                }
            }
            if run.file.parcel(parcel).is_scanned() {
                run.case_mut(case).served = Some(CaseOutcome::Reshipped);
            }
        }
        Some(Serve::Refund) if run.file.refunded_since().is_some() => {
            run.drop_task(case, TaskKind::RefundBuyer);
            run.case_mut(case).served = Some(CaseOutcome::Refunded);
        }
        _ => {}
    }
}

/// Whether the new parcel was declared or scanned.
pub(super) fn is_sent(run: &Run<'_>, case: Index) -> bool {
    run.case(case).reship.is_some_and(|p| run.file.parcel(p).declared || run.file.parcel(p).is_scanned())
}

/// A reship parcel declared since, that serves no other case.
fn unlinked_reship(run: &Run<'_>, since: Instant) -> Option<Index> {
    let taken = |p: Index| run.file.cases.iter().any(|c| c.reship == Some(p));
    let parcels = run.file.parcels.iter().enumerate().map(|(i, p)| (index(i), p));
    parcels
        .filter(|(i, p)| p.direction == Direction::Reship && p.declared_at >= since && p.is_current() && !taken(*i))
        .map(|(i, _)| i)
        .next()
}

/// The buyer says what they would rather have: whoever was to ask need not.
pub(super) fn buyer_wants(run: &mut Run<'_>, wants: BuyerWants) {
    for at in 0..run.file.cases.len() {
        let case = index(at);
        if !run.file.is_case_open(case) {
            continue;
        }
        let Some(task) = run.file.open_task(case, TaskKind::AskBuyerReshipOrRefund) else { continue };
        let outcome = match wants {
            BuyerWants::Reship => TaskOutcome::Reship,
            BuyerWants::Refund => TaskOutcome::Refund,
            BuyerWants::Keep => TaskOutcome::Keep,
        };
        run.close_task(task, outcome);
        super::lost::buyer_chose(run, case, outcome);
    }
}

/// What follows from the way in which a parcel came to an end that several cases share: `true` where it closed the case.
pub(super) fn close_with_parcel(run: &mut Run<'_>, case: Index) -> bool {
    use crate::parcel::Phase;
    let Some(parcel) = run.case(case).parcel.filter(|_| !run.file.is_as_reported(case)) else { return false };
    let outcome = match run.file.parcel(parcel).phase() {
        Phase::Delivered => CaseOutcome::Delivered,
        Phase::Refused => CaseOutcome::Refused,
        Phase::Back | Phase::Home => CaseOutcome::Returned,
        _ => return false,
    };
    run.close_case(case, outcome);
    true
}
