//! `stalled`: a parcel without the scan that should have come.
//!
//! Deliberately absent: the fresh look at courier and aggregator that every rung deserves; the lanes ask faster where a case is open.

use super::{is_quiet, serve};
use crate::casefile::*;
use crate::decision::OperationDetails;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// A rung of `second_scan` or `first_hub`.
pub(super) fn rung_of_first_scans(run: &mut Run<'_>, subject: Subject) {
    if let Some((case, parcel)) = open(run, subject) {
        urge(run, case, parcel);
    }
}

/// A rung of `movement`: urge, tell the buyer, decide.
pub(super) fn rung_of_movement(run: &mut Run<'_>, subject: Subject, n: usize) {
    let Some((case, parcel)) = open(run, subject) else { return };
    match n {
        0 => urge(run, case, parcel),
        1 => {
            run.ask(Ask::of(TaskKind::TellBuyer, case));
        }
        2 => {
            run.ask(Ask::of(TaskKind::DecideReshipOrRefund, case));
        }
        _ => {}
    }
}

/// Opens the case. While an intercept, an address change, a return or a loss is open on the parcel, one `chase_courier` is all it asks.
fn open(run: &mut Run<'_>, subject: Subject) -> Option<(Index, Index)> {
    let Subject::Parcel(parcel) = subject else { return None };
    let case = run.open_case(CaseKind::Stalled, subject, None);
    if !is_quiet(run, parcel) {
        return Some((case, parcel));
    }
    if !run.case(case).chased {
        run.case_mut(case).chased = true;
        run.ask(Ask::of(TaskKind::ChaseCourier, case));
    }
    None
}

/// Asks the courier to hurry; not while that is asked already.
pub(super) fn urge(run: &mut Run<'_>, case: Index, parcel: Index) {
    run.request(OperationKind::Urge, parcel, case, OperationDetails::default());
}

/// What the courier said on the phone, in whatever case.
pub(super) fn courier_chased(run: &mut Run<'_>, d: Done<'_>) {
    let operation = run.file.tasks[d.task as usize].operation;
    match d.outcome {
        TaskOutcome::Accepted => {
            if let Some(operation) = operation {
                run.accept(operation, d.at, d.answers.reference.clone(), None);
            }
            let at = run.now + run.rules.again.courier_looks;
            run.ask_again(TaskKind::ChaseCourier, d.case, at);
        }
        TaskOutcome::Moving => {
            if let Some(operation) = operation {
                run.accept(operation, d.at, None, None);
            }
        }
        TaskOutcome::Lost => {
            if let Some(parcel) = d.parcel.or(run.case(d.case).parcel) {
                super::lost::told(run, parcel, d.at);
            }
        }
        _ => {
            if let Some(operation) = operation {
                run.refuse(operation, OperationStatus::Rejected, None, false);
            }
        }
    }
}

/// Closes it at a newer scan, at a loss, or when the buyer was served.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else { return };
    let state = run.file.parcel(parcel);
    let since = run.case(case).scan_at;
    let newer = state.newest().is_some_and(|s| since.is_none_or(|at| s.at > at));
    if state.lost_since().is_some() {
        run.close_case(case, CaseOutcome::Lost);
    } else if newer || state.turned_since().is_some() {
        run.close_case(case, CaseOutcome::Recovered);
    } else if let Some(outcome) = serve::outcome(run, case) {
        run.close_case(case, outcome);
    }
}
