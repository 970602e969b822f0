//! `uncollected`: a declared parcel that no courier has scanned.
//!
//! Deliberately absent: a refund that comes before the first scan (`intercept`, `pull_parcel`).

use crate::casefile::*;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// A rung of `collect`: the warehouse hands it over, then the courier is urged as well.
pub(super) fn rung(run: &mut Run<'_>, subject: Subject, n: usize) {
    let Subject::Parcel(parcel) = subject else { return };
    let case = run.open_case(CaseKind::Uncollected, subject, None);
    match n {
        0 => {
            run.ask(Ask::of(TaskKind::HandOverToCourier, case));
        }
        1 => super::stalled::urge(run, case, parcel),
        _ => {}
    }
}

/// It counts as fake shipping now: where is the parcel, and the buyer should hear of it.
pub(super) fn breached(run: &mut Run<'_>, subject: Subject) {
    let case = run.open_case(CaseKind::Uncollected, subject, None);
    run.ask(Ask::of(TaskKind::TraceUnhandedParcel, case));
    run.ask(Ask::of(TaskKind::TellBuyer, case));
}

/// What the warehouse found.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    match d.outcome {
        TaskOutcome::NotFound => {
            run.ask(Ask::of(TaskKind::TraceUnhandedParcel, d.case));
        }
        TaskOutcome::Found | TaskOutcome::NeverPacked => hand_over(run, d.case),
        TaskOutcome::LostAtOutlet => {
            if let Some(parcel) = run.case(d.case).parcel {
                super::lost::told(run, parcel, d.at);
            }
        }
        // Handed over: the scan is waited for, and the deadline runs on.
        _ => {}
    }
}

/// Asks for the hand-over, due with the collection's deadline while it runs.
pub(super) fn hand_over(run: &mut Run<'_>, case: Index) {
    let subject = run.case(case).subject;
    let running = run.file.running(RuleKind::Collect, subject).or_else(|| run.file.running(RuleKind::ReshipCollect, subject));
    run.ask(Ask::of(TaskKind::HandOverToCourier, case).due_with(running));
}

/// Closes it at the first scan, or when the parcel will not go.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else { return };
    let state = run.file.parcel(parcel);
    let outbound = state.direction == Direction::Outbound;
    if state.is_scanned() {
        if state.lost_since().is_some() {
            run.close_case(case, CaseOutcome::Lost);
        } else {
            run.close_case(case, CaseOutcome::Recovered);
        }
    } else if state.lost_since().is_some() {
        run.close_case(case, CaseOutcome::Lost);
    } else if outbound && run.file.refunded_since().is_some() {
        run.close_case(case, CaseOutcome::Refunded);
    } else if outbound && run.file.is_called_off() {
        run.close_case(case, CaseOutcome::Recovered);
    }
}
