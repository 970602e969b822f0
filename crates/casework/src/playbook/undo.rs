//! A task that somebody ended is reopened: what its outcome had brought about is taken back.
//!
//! Deliberately absent: what left the house all the same (an operation requested, a message sent), and the clocks that run again
//! (`update`).

use super::{appeal, claim, commitment, dispute, serve};
use crate::casefile::*;
use crate::run::Run;
use crate::words::*;

/// Takes back what a task had brought about, as far as the case file remembers it.
pub(crate) fn undo(run: &mut Run<'_>, task: Index, outcome: TaskOutcome) {
    use TaskKind as T;
    let state = &run.file.tasks[task as usize];
    let (kind, parcel, operation, Some(case)) = (state.kind, state.parcel, state.operation, state.case) else { return };
    // It is open itself: nothing asks for it once more.
    run.drop_task(case, kind);
    match kind {
        T::AppealOrder | T::AppealBadAddress | T::AppealAutoRefund | T::AppealRuling => appeal::undo(run, case, kind, outcome),
        T::SubmitEvidence | T::PrepareEvidence => dispute::undo(run, case, kind),
        T::CheckRuling | T::CheckAppealResult if matches!(outcome, TaskOutcome::Won | TaskOutcome::Lost) => {
            run.case_mut(case).appeal_answered_at = None;
            dispute::undo(run, case, kind);
            for follows in [T::AppealRuling, T::ConfirmMoneyBack] {
                run.drop_task(case, follows);
            }
        }
        T::KeepCommitment => commitment::undo(run, case),
        T::OfferSolution | T::AssessDamage | T::AskBuyerReshipOrRefund | T::DecideReshipOrRefund | T::DecideReship => {
            serve::undo_choice(run, case, kind);
        }
        T::RefundBuyer | T::PayCompensation => serve::undo(run, case, kind, outcome),
        T::AnswerAfterSale => {
            if let Some(sale) = appeal::sale_of(run, case).filter(|_| outcome == TaskOutcome::Agree) {
                run.file.after_sales[sale as usize].we_agreed = false;
            }
        }
        T::InspectReturn => {
            run.case_mut(case).inspected = false;
            run.drop_task(case, T::SettleReturn);
            if let Some(p) = parcel {
                run.file.parcels[p as usize].inspected_at = None;
            }
        }
        T::ChaseIntercept if outcome == TaskOutcome::TurnedRound => {
            if let Some(p) = parcel {
                run.file.parcels[p as usize].turned_at = None;
            }
        }
        T::ChaseClaim | T::ConfirmClaimPayment | T::WithdrawClaim | T::FileClaimByHand => claim::undo(run, case, outcome),
        T::ComplainToHeadquarters | T::ComplainToAuthority => {
            let state = run.case_mut(case);
            state.complained_at = None;
            if let Some(p) = parcel.filter(|_| kind == T::ComplainToAuthority) {
                state.authority = false;
                run.file.parcels[p as usize].authority_at = None;
            }
        }
        _ => {}
    }
    if let Some(operation) = operation {
        run.ask_by_hand_again(operation, task);
    }
    run.moves += 1;
}
