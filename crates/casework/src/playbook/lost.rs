//! `lost`: presumed by the standard's time limit, or known from the courier. The buyer is served, the courier pays.
//!
//! Deliberately absent: the claim's own clocks (`claim`).

use super::{claim, serve};
use crate::casefile::*;
use crate::instant::Instant;
use crate::rules::ReshipPolicy;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// The newest scan of a parcel.
pub(super) fn scanned(run: &mut Run<'_>, parcel: Index, scan: &Scan) {
    if scan.is_exception(ExceptionReason::Lost) {
        known(run, parcel);
    } else if run.file.parcel(parcel).is_found_by_newest() && run.file.open_case(CaseKind::Lost, Subject::Parcel(parcel)).is_none() {
        // The buyer was served long ago; what is claimed from the courier is to be taken back all the same.
        claim::parcel_found(run, parcel);
    }
}

/// A person heard that a parcel is lost.
pub(super) fn told(run: &mut Run<'_>, parcel: Index, at: Instant) {
    let newest = run.file.parcel(parcel).newest().map(|s| s.at);
    if run.file.parcel(parcel).lost_since().is_none() {
        // What a person was told now is news to every scan so far.
        run.file.parcels[parcel as usize].lost_at = Some(newest.map_or(at, |scan| at.max(scan)));
        run.moves += 1;
    }
    run.reconcile();
    known(run, parcel);
}

/// A parcel is known to be lost.
pub(crate) fn known(run: &mut Run<'_>, parcel: Index) {
    let state = run.file.parcel(parcel);
    if state.direction == Direction::Return && !state.declared && super::return_parcel::buyers_parcel_lost(run, parcel) {
        return;
    }
    let case = run.open_case(CaseKind::Lost, Subject::Parcel(parcel), None);
    let newest = run.file.parcel(parcel).newest().map(|s| s.at);
    let state = run.case_mut(case);
    if state.decided.is_none() {
        state.decided = Some(TaskOutcome::Lost);
    }
    state.scan_at = newest;
    run.drop_task(case, TaskKind::ConfirmLoss);
    claim::request(run, parcel, "lost");
    if run.file.parcel(parcel).direction == Direction::Return || run.case(case).serve.is_some() {
        return;
    }
    if run.file.refunded_since().is_some() {
        run.case_mut(case).served = Some(CaseOutcome::Refunded);
        return;
    }
    match run.file.buyer_wants() {
        Some(BuyerWants::Reship) => buyer_chose(run, case, TaskOutcome::Reship),
        Some(BuyerWants::Refund) => buyer_chose(run, case, TaskOutcome::Refund),
        _ => {
            run.ask(Ask::of(TaskKind::AskBuyerReshipOrRefund, case).in_own_hours());
        }
    }
}

/// `presumed_lost` acts: is it?
pub(super) fn presumed(run: &mut Run<'_>, subject: Subject) {
    let case = run.open_case(CaseKind::Lost, subject, None);
    run.ask(Ask::of(TaskKind::ConfirmLoss, case));
}

/// `confirm_loss`, `ask_buyer_reship_or_refund`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    match (d.kind, d.outcome) {
        (TaskKind::ConfirmLoss, TaskOutcome::Lost) => {
            if let Some(parcel) = d.parcel {
                told(run, parcel, d.at);
            }
        }
        (TaskKind::ConfirmLoss, TaskOutcome::Found) => run.close_case(d.case, CaseOutcome::Found),
        (TaskKind::ConfirmLoss, _) => run.comes_back(d.kind, d.case, d.answers.until),
        (_, outcome) => buyer_chose(run, d.case, outcome),
    }
}

/// The buyer wants a new parcel, the money, or to wait.
pub(super) fn buyer_chose(run: &mut Run<'_>, case: Index, outcome: TaskOutcome) {
    if outcome == TaskOutcome::Keep {
        let at = run.now + run.rules.again.no_answer;
        run.ask_again(TaskKind::AskBuyerReshipOrRefund, case, at);
        return;
    }
    run.case_mut(case).decided = Some(outcome);
    if run.case(case).kind == CaseKind::Lost && !may_serve(run, case) {
        let parcel = run.case(case).parcel;
        let claim = parcel.and_then(|p| run.file.open_case_on(CaseKind::Claim, p));
        run.case_mut(case).waits_for = claim;
        return;
    }
    carry_out(run, case);
}

fn carry_out(run: &mut Run<'_>, case: Index) {
    match run.case(case).decided {
        Some(TaskOutcome::Reship) => serve::reship(run, case),
        Some(TaskOutcome::Refund) => serve::refund(run, case),
        _ => {}
    }
}

/// Whether the merchant's policy lets the buyer be served before the courier has decided.
fn may_serve(run: &Run<'_>, case: Index) -> bool {
    let policy = &run.rules.policy;
    let first = match policy.reship {
        ReshipPolicy::First => true,
        ReshipPolicy::AfterClaim => false,
        ReshipPolicy::BelowAmount => run.file.amount().is_some_and(|amount| amount < policy.reship_below),
    };
    let decided = || {
        let claim = run.case(case).parcel.and_then(|p| run.file.claim_on(p)).map(|c| &run.file.claims[c as usize]);
        claim.is_some_and(|c| c.decided_at.is_some() || c.ended.is_some())
    };
    first || decided()
}

/// Serves the buyer once it may; closes when that is done and the claim is under way, or when the parcel is found.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else { return };
    let state = run.file.parcel(parcel);
    let newer = state.newest().is_some_and(|s| run.case(case).scan_at.is_none_or(|at| s.at > at));
    if state.lost_since().is_none() && newer {
        run.close_case(case, CaseOutcome::Found);
        claim::parcel_found(run, parcel);
        return;
    }
    let chosen = matches!(run.case(case).decided, Some(TaskOutcome::Reship | TaskOutcome::Refund));
    if chosen && run.case(case).serve.is_none() && run.case(case).served.is_none() && may_serve(run, case) {
        carry_out(run, case);
    }
    if run.case(case).serve.is_none() && run.case(case).served.is_none() && run.file.refunded_since().is_some() && state_known(run, case) {
        run.drop_task(case, TaskKind::AskBuyerReshipOrRefund);
        run.case_mut(case).served = Some(CaseOutcome::Refunded);
    }
    let claimed = run.file.open_case_on(CaseKind::Claim, parcel).is_some() || run.file.claim_on(parcel).is_some();
    if !claimed {
        return;
    }
    if run.file.parcel(parcel).direction == Direction::Return {
        run.close_case(case, CaseOutcome::Filed);
    } else if let Some(outcome) = serve::outcome(run, case) {
        run.close_case(case, outcome);
    }
}

fn state_known(run: &Run<'_>, case: Index) -> bool {
    run.case(case).parcel.is_some_and(|p| run.file.parcel(p).lost_since().is_some())
}
