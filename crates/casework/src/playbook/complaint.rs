//! `complaint`: the courier did not decide or pay in its time. First its headquarters, then the authority (12305).
//!
//! The authority takes a complaint after seven days without an answer or where the answer does not satisfy, within a year, and not of
//! what is before a court. No courier takes complaints about itself by interface.

use super::claim;
use crate::casefile::*;
use crate::decision::OperationDetails;
use crate::instant::Instant;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// A claim's decision or payout is late.
pub(super) fn of_parcel(run: &mut Run<'_>, subject: Subject) {
    if let Subject::Parcel(parcel) = subject {
        begin(run, parcel);
    }
}

/// Complains about a parcel.
pub(super) fn begin(run: &mut Run<'_>, parcel: Index) -> Index {
    let case = run.open_case(CaseKind::Complaint, Subject::Parcel(parcel), None);
    if let Some(claim) = run.file.open_case_on(CaseKind::Claim, parcel) {
        // What comes of the claim is decided here; who was to complain in its own case need not.
        run.drop_task(claim, TaskKind::ComplainToHeadquarters);
        run.case_mut(claim).waits_for = Some(case);
    }
    let details = OperationDetails { reason: Some("claim".to_owned()), ..OperationDetails::default() };
    run.request(OperationKind::Complaint, parcel, case, details);
    case
}

/// A complaint was made: its answer's clock runs.
pub(crate) fn filed(run: &mut Run<'_>, case: Index, at: Instant, authority: bool) {
    let state = run.case_mut(case);
    state.complained_at = Some(at);
    state.complaint_answered_at = None;
    state.authority |= authority;
    let parcel = state.parcel;
    if let Some(parcel) = parcel.filter(|_| authority) {
        run.file.parcels[parcel as usize].authority_at.get_or_insert(at);
    }
}

/// The courier answered: a person judges the answer.
pub(crate) fn answered(run: &mut Run<'_>, case: Index, at: Instant) {
    run.case_mut(case).complaint_answered_at = Some(at);
    run.reconcile();
    if run.file.is_case_open(case) {
        run.ask(Ask::of(TaskKind::CheckComplaint, case).in_own_hours());
    }
}

/// `complaint_answer` acts.
pub(super) fn check(run: &mut Run<'_>, subject: Subject) {
    if let Subject::Case(case) = subject
        && run.file.is_case_open(case)
    {
        run.ask(Ask::of(TaskKind::CheckComplaint, case));
    }
}

/// A rung of `authority_latest`.
pub(super) fn rung_of_authority(run: &mut Run<'_>, subject: Subject) {
    let Subject::Parcel(parcel) = subject else { return };
    let case = run.file.open_case_on(CaseKind::Complaint, parcel).or_else(|| run.file.open_case_on(CaseKind::Claim, parcel));
    if let Some(case) = case {
        run.ask(Ask::of(TaskKind::ComplainToAuthority, case));
    }
}

/// `complain_to_headquarters`, `complain_to_authority`, `check_complaint`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    match (d.kind, d.outcome) {
        (TaskKind::ComplainToHeadquarters, _) => {
            match run.file.tasks[d.task as usize].operation {
                Some(operation) => run.accept(operation, d.at, d.answers.reference.clone(), None),
                None => filed(run, d.case, d.at, false),
            };
        }
        (TaskKind::ComplainToAuthority, _) => filed(run, d.case, d.at, true),
        (_, TaskOutcome::Satisfied) => {
            run.case_mut(d.case).complaint_answered_at = Some(d.at);
            if run.case(d.case).kind == CaseKind::Complaint {
                settle(run, d.case);
                run.close_case(d.case, CaseOutcome::Answered);
            } else {
                claim::refusal_accepted(run, d.case);
            }
        }
        _ => {
            run.case_mut(d.case).complaint_answered_at = Some(d.at);
            let kind = if run.case(d.case).authority { TaskKind::ReviewCase } else { TaskKind::ComplainToAuthority };
            run.ask(Ask::of(kind, d.case).in_own_hours());
        }
    }
}

/// The complaint's operation succeeds when it was answered.
fn settle(run: &mut Run<'_>, case: Index) {
    let parcel = run.case(case).parcel;
    if let Some(operation) = parcel.and_then(|p| run.file.live_operation(p, OperationKind::Complaint)) {
        run.settle(operation, OperationStatus::Succeeded, None);
    }
}

/// The claim was paid after all.
pub(super) fn claim_paid(run: &mut Run<'_>, parcel: Index) {
    if let Some(case) = run.file.open_case_on(CaseKind::Complaint, parcel) {
        settle(run, case);
        run.close_case(case, CaseOutcome::Paid);
    }
}

/// Nothing follows from the state alone.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else { return };
    let paid = run.file.claim_on(parcel).is_some_and(|c| matches!(run.file.claims[c as usize].ended, Some((_, ClaimStatus::Paid))));
    if paid {
        claim_paid(run, parcel);
    }
}
