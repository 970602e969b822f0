//! `not_received`: signed for, and the buyer has it not.

use super::{claim, serve};
use crate::casefile::*;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// The buyer says so.
pub(super) fn asked(run: &mut Run<'_>, parcel: Option<Index>) -> Option<Index> {
    parcel.map(|parcel| begin(run, parcel))
}

/// Helps to look first.
pub(super) fn begin(run: &mut Run<'_>, parcel: Index) -> Index {
    let case = run.open_case(CaseKind::NotReceived, Subject::Parcel(parcel), None);
    if run.file.open_task(case, TaskKind::OfferSolution).is_none() && run.case(case).serve.is_none() {
        run.ask(Ask::of(TaskKind::HelpBuyerLook, case));
    }
    case
}

/// A rung of `not_received`: something is offered.
pub(super) fn rung(run: &mut Run<'_>, subject: Subject) {
    if let Subject::Case(case) = subject {
        offer(run, case);
    }
}

fn offer(run: &mut Run<'_>, case: Index) {
    let deadline = run.file.running(crate::rule_kind::RuleKind::NotReceived, Subject::Case(case));
    run.ask(Ask::of(TaskKind::OfferSolution, case).due_with(deadline));
}

/// `help_buyer_look`, `offer_solution`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    if d.kind == TaskKind::OfferSolution {
        run.case_mut(d.case).offered_at = Some(d.at);
    }
    match (d.kind, d.outcome) {
        (TaskKind::HelpBuyerLook, TaskOutcome::NotFound) => offer(run, d.case),
        (_, TaskOutcome::Found) => run.close_case(d.case, CaseOutcome::Found),
        (_, outcome) => {
            run.case_mut(d.case).decided = Some(outcome);
            run.drop_task(d.case, TaskKind::HelpBuyerLook);
            match outcome {
                TaskOutcome::Reship => serve::reship(run, d.case),
                TaskOutcome::Refund => serve::refund(run, d.case),
                _ => serve::compensate(run, d.case, d.answers.amount),
            }
            if let Some(parcel) = d.parcel.filter(|_| outcome != TaskOutcome::Compensate) {
                claim::request(run, parcel, "not_received");
            }
        }
    }
}

/// Closes it when the buyer is served.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    if let Some(outcome) = serve::outcome(run, case) {
        run.close_case(case, outcome);
    }
}
