//! `misrouted`: a parcel sorted to the wrong place.

use super::serve;
use crate::casefile::*;
use crate::decision::OperationDetails;
use crate::look::index;
use crate::run::{Ask, Run};
use crate::words::*;

/// The newest scan of a parcel.
pub(super) fn scanned(run: &mut Run<'_>, parcel: Index, scan: &Scan) {
    let state = run.file.parcel(parcel);
    if scan.is_exception(ExceptionReason::Misrouted) && state.is_ours() && state.turned_since().is_none() {
        let case = begin(run, parcel);
        run.case_mut(case).scan_at = Some(scan.at);
    }
}

/// The buyer sees it in the wrong place.
pub(super) fn asked(run: &mut Run<'_>, parcel: Option<Index>) -> Option<Index> {
    parcel.map(|parcel| begin(run, parcel))
}

/// Reassures the buyer; one who presses gets a decision instead.
pub(super) fn begin(run: &mut Run<'_>, parcel: Index) -> Index {
    let case = run.open_case(CaseKind::Misrouted, Subject::Parcel(parcel), None);
    if run.case(case).serve.is_none() {
        let kind = if run.file.is_urgent() { TaskKind::DecideReship } else { TaskKind::ReassureBuyer };
        run.ask(Ask::of(kind, case));
    }
    case
}

/// The buyer presses: every open case of this kind needs a decision.
pub(super) fn pressed(run: &mut Run<'_>) {
    for at in 0..run.file.cases.len() {
        let case = index(at);
        let state = run.case(case);
        if state.kind == CaseKind::Misrouted && state.closed.is_none() && state.serve.is_none() {
            run.drop_task(case, TaskKind::ReassureBuyer);
            run.ask(Ask::of(TaskKind::DecideReship, case));
        }
    }
}

/// A new parcel goes out: the old one is called back.
pub(super) fn reshipping(run: &mut Run<'_>, case: Index) {
    if let Some(parcel) = run.case(case).parcel {
        let details = OperationDetails { reason: Some("reshipped".to_owned()), ..OperationDetails::default() };
        run.request(OperationKind::Intercept, parcel, case, details);
    }
}

/// Closes it when the parcel is on its way again or there, or replaced and turned round.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else { return };
    let state = run.file.parcel(parcel);
    let turned = state.turned_since().is_some();
    let newer =
        state.newest().is_some_and(|s| run.case(case).scan_at.is_none_or(|at| s.at > at) && !s.is_exception(ExceptionReason::Misrouted));
    let lost = state.lost_since().is_some();
    if run.case(case).serve == Some(Serve::Reship) {
        if run.case(case).served.is_some() && (turned || lost) {
            run.close_case(case, CaseOutcome::Reshipped);
        } else if state.phase() == crate::parcel::Phase::Delivered {
            run.close_case(case, CaseOutcome::Delivered);
        }
        return;
    }
    if lost {
        run.close_case(case, CaseOutcome::Lost);
    } else if !serve::close_with_parcel(run, case) {
        if newer {
            run.close_case(case, CaseOutcome::Recovered);
        } else if let Some(outcome) = serve::outcome(run, case) {
            run.close_case(case, outcome);
        }
    }
}
