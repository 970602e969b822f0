//! `undelivered`: a parcel at its destination that does not reach the recipient.
//!
//! Deliberately absent: an area that the courier does not serve (`out_of_range`).

use super::serve;
use crate::casefile::*;
use crate::decision::OperationDetails;
use crate::fact::Address;
use crate::look::index;
use crate::parcel::Phase;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// What a scan asks for, where it keeps the parcel from its recipient.
fn task_of(scan: &Scan) -> Option<TaskKind> {
    match (scan.status, scan.reason) {
        (TrackingStatus::DeliveryFailed, _) => Some(TaskKind::ArrangeRedelivery),
        (TrackingStatus::Exception, Some(reason)) => match reason {
            ExceptionReason::RecipientUnreachable | ExceptionReason::AddressUnknown => Some(TaskKind::CorrectRecipient),
            ExceptionReason::Held => Some(TaskKind::ArrangeRedelivery),
            ExceptionReason::Other => Some(TaskKind::ChaseCourier),
            _ => None,
        },
        _ => None,
    }
}

/// The newest scan of a parcel.
pub(super) fn scanned(run: &mut Run<'_>, parcel: Index, scan: &Scan) {
    let state = run.file.parcel(parcel);
    if !state.is_ours() || state.turned_since().is_some() || !state.is_current() {
        return;
    }
    let Some(task) = task_of(scan) else { return };
    let case = run.open_case(CaseKind::Undelivered, Subject::Parcel(parcel), None);
    run.case_mut(case).scan_at = Some(scan.at);
    let words = match scan.reason {
        Some(reason) => run.texts.word("exception_reason", reason.word()).to_owned(),
        None => run.texts.word("exception_reason", scan.status.word()).to_owned(),
    };
    run.case_mut(case).words = Some(words);
    run.ask(Ask::of(task, case));
}

/// A parcel waits at a pick-up point.
pub(super) fn rung_of_pickup(run: &mut Run<'_>, subject: Subject) {
    let case = run.open_case(CaseKind::Undelivered, subject, None);
    run.ask(Ask::of(TaskKind::RemindPickup, case));
}

/// A day after a delivery attempt nothing was scanned.
pub(super) fn attempt_due(run: &mut Run<'_>, subject: Subject) {
    let case = run.open_case(CaseKind::Undelivered, subject, None);
    run.ask(Ask::of(TaskKind::ChaseCourier, case));
}

/// The buyer says that name, phone or address is wrong.
pub(super) fn asked(run: &mut Run<'_>, parcel: Option<Index>) -> Option<Index> {
    let phase = parcel.map(|p| run.file.parcel(p).phase());
    match (parcel, phase) {
        (Some(parcel), Some(phase)) if phase == Phase::Unscanned || phase.is_on_its_way() => {
            let case = run.open_case(CaseKind::Undelivered, Subject::Parcel(parcel), None);
            run.ask(Ask::of(TaskKind::CorrectRecipient, case));
            Some(case)
        }
        (None, _) => super::address_change::asked(run, parcel, None),
        _ => super::buyer_request::asked(run, BuyerAsk::WrongContact, parcel),
    }
}

/// `correct_recipient`, `arrange_redelivery`, `remind_pickup`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    match d.outcome {
        TaskOutcome::Corrected => {
            let Some(parcel) = d.parcel else { return };
            let address = d.answers.address.clone().filter(|a| a.detail.is_some() || a.province.is_some() || a.city.is_some());
            let phone = d.answers.phone.clone().or_else(|| d.answers.address.as_ref().and_then(|a| a.phone.clone()));
            if let Some(phone) = phone.filter(|_| address.is_none()) {
                let details = OperationDetails { phone: Some(phone), ..OperationDetails::default() };
                run.request(OperationKind::PhoneChange, parcel, d.case, details);
            }
            if address.is_some() {
                let address = address.map(|a| Address { phone: a.phone.or_else(|| d.answers.phone.clone()), ..a });
                let other = super::address_change::asked(run, Some(parcel), address);
                run.case_mut(d.case).waits_for = other;
            }
        }
        TaskOutcome::Unreachable => {
            run.ask(Ask::of(TaskKind::DecideReshipOrRefund, d.case));
        }
        // Arranged, told, refused: the next scan is waited for.
        _ => {}
    }
}

/// Closes it when the parcel arrives, goes back, or its next scan is none of these.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    if serve::close_with_parcel(run, case) {
        return;
    }
    let Some(parcel) = run.case(case).parcel else { return };
    let state = run.file.parcel(parcel);
    if state.lost_since().is_some() {
        run.close_case(case, CaseOutcome::Lost);
        return;
    }
    let since = run.case(case).scan_at;
    let moved_on = state.newest().is_some_and(|s| since.is_none_or(|at| s.at > at) && task_of(s).is_none());
    // What the buyer said about a wrong contact stays true until it is corrected.
    let still_wrong = run.case(case).asked_at.is_some()
        && (run.file.open_task(case, TaskKind::CorrectRecipient).is_some() || has_live_correction(run, case));
    if moved_on && !still_wrong {
        run.close_case(case, CaseOutcome::Recovered);
    } else if let Some(outcome) = serve::outcome(run, case) {
        run.close_case(case, outcome);
    }
}

fn has_live_correction(run: &Run<'_>, case: Index) -> bool {
    let operations = run.file.operations.iter().enumerate().map(|(i, o)| (index(i), o));
    operations.into_iter().any(|(_, o)| o.case == case && o.is_live() && o.kind == OperationKind::PhoneChange)
        || run.case(case).waits_for.is_some_and(|other| run.file.is_case_open(other))
}
