//! `address_change`: the buyer wants the parcel somewhere else.
//!
//! Who pays is agreed before the courier is asked, unless the merchant's policy says that the merchant does.

use super::serve;
use crate::casefile::*;
use crate::decision::OperationDetails;
use crate::fact::Address;
use crate::money::Money;
use crate::parcel::Phase;
use crate::rules::FeePayer;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// Somebody wants another address. The case, where one opens.
pub(crate) fn asked(run: &mut Run<'_>, parcel: Option<Index>, address: Option<Address>) -> Option<Index> {
    let phase = parcel.map(|p| run.file.parcel(p).phase());
    let (subject, parcel) = match (parcel, phase) {
        (Some(parcel), Some(phase)) if phase != Phase::Unscanned => (Subject::Parcel(parcel), Some(parcel)),
        _ => (Subject::Order, None),
    };
    let case = run.open_case(CaseKind::AddressChange, subject, parcel);
    if address.is_some() {
        run.case_mut(case).new_address = address;
    }
    match (parcel, phase) {
        (None, _) => {
            run.ask(Ask::of(TaskKind::CorrectOrderAddress, case));
        }
        (Some(parcel), Some(Phase::Moving | Phase::Waiting)) => agree(run, case, parcel),
        _ => {
            run.ask(Ask::of(TaskKind::ExplainTooLate, case));
        }
    }
    Some(case)
}

fn agree(run: &mut Run<'_>, case: Index, parcel: Index) {
    if run.file.live_operation(parcel, OperationKind::AddressChange).is_some() {
        return;
    }
    match run.rules.policy.payer {
        FeePayer::Merchant => change(run, case, parcel, None, Some("merchant")),
        FeePayer::Ask => {
            run.ask(Ask::of(TaskKind::AgreeAddressChangeFee, case));
        }
    }
}

fn change(run: &mut Run<'_>, case: Index, parcel: Index, fee: Option<Money>, payer: Option<&str>) {
    let address = run.case(case).new_address.clone();
    let details = OperationDetails { address, fee, payer: payer.map(str::to_owned), ..OperationDetails::default() };
    run.request(OperationKind::AddressChange, parcel, case, details);
}

/// `agree_address_change_fee`, `chase_address_change`, `correct_order_address`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    let operation = run.file.tasks[d.task as usize].operation;
    let payer = match d.outcome {
        TaskOutcome::BuyerPays => Some("buyer"),
        TaskOutcome::MerchantPays => Some("merchant"),
        TaskOutcome::Free => Some("nobody"),
        _ => None,
    };
    match (d.outcome, run.case(d.case).parcel) {
        (TaskOutcome::BuyerPays | TaskOutcome::MerchantPays | TaskOutcome::Free, Some(parcel)) => {
            change(run, d.case, parcel, d.answers.fee, payer);
        }
        (TaskOutcome::Declined, _) => run.close_case(d.case, CaseOutcome::Declined),
        (TaskOutcome::NotPossible, _) => {
            run.ask(Ask::of(TaskKind::AnswerBuyer, d.case));
        }
        (TaskOutcome::Changed, _) => {
            if let Some(operation) = operation {
                run.settle(operation, OperationStatus::Succeeded, None);
            }
        }
        (TaskOutcome::Refused, _) => {
            if let Some(operation) = operation {
                run.refuse(operation, OperationStatus::Rejected, None, true);
            }
        }
        (TaskOutcome::Waiting, _) => run.comes_back(d.kind, d.case, d.answers.until),
        // Corrected: the order's fact is waited for.
        _ => {}
    }
}

/// An order fact came; `corrected` where it brought another recipient.
pub(crate) fn order_told(run: &mut Run<'_>, corrected: bool) {
    if let Some(case) = run.file.open_case(CaseKind::AddressChange, Subject::Order).filter(|_| corrected) {
        run.close_case(case, CaseOutcome::Corrected);
    }
}

/// Closes it when the parcel arrived at its new address or went back; says it is too late when it is.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else {
        // The parcel left before its label was changed: now the courier is asked.
        let left = run.file.outbound().map(|(i, p)| (i, p.phase())).rfind(|(_, phase)| phase.is_on_its_way());
        if let (Some((parcel, phase)), Some(_)) = (left, run.file.open_task(case, TaskKind::CorrectOrderAddress)) {
            if run.file.open_case(CaseKind::AddressChange, Subject::Parcel(parcel)).is_some() {
                // The parcel has such a case already: the wish goes there.
                let address = run.case(case).new_address.clone();
                run.close_case(case, CaseOutcome::Recovered);
                asked(run, Some(parcel), address);
                return;
            }
            run.drop_task(case, TaskKind::CorrectOrderAddress);
            let state = run.case_mut(case);
            state.subject = Subject::Parcel(parcel);
            state.parcel = Some(parcel);
            match phase {
                Phase::OutForDelivery => {
                    run.ask(Ask::of(TaskKind::ExplainTooLate, case));
                }
                _ => agree(run, case, parcel),
            }
        } else if run.file.is_called_off() {
            run.close_case(case, CaseOutcome::Recovered);
        }
        return;
    };
    let accepted = |o: &Operation| {
        let taken = o.result_from.is_some() || o.state == OperationState::Settled(OperationStatus::Succeeded);
        let refused = matches!(o.state, OperationState::Settled(OperationStatus::Rejected | OperationStatus::Failed));
        o.case == case && o.kind == OperationKind::AddressChange && taken && !refused
    };
    let changed = run.file.operations.iter().any(accepted);
    let phase = run.file.parcel(parcel).phase();
    match phase {
        Phase::Delivered if changed => run.close_case(case, CaseOutcome::Delivered),
        Phase::Back | Phase::Home | Phase::Refused => {
            serve::close_with_parcel(run, case);
        }
        Phase::Lost => run.close_case(case, CaseOutcome::Lost),
        Phase::Delivered | Phase::OutForDelivery if run.file.open_task(case, TaskKind::AgreeAddressChangeFee).is_some() => {
            run.drop_task(case, TaskKind::AgreeAddressChangeFee);
            run.ask(Ask::of(TaskKind::ExplainTooLate, case));
        }
        _ => {}
    }
}
