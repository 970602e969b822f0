//! `intercept`: the money was given back while the parcel is on its way (or before its first scan).
//!
//! The courier is asked to turn it round, once for the after-sale; where that comes too late, the buyer is asked to refuse it, and what
//! is signed for is appealed or recovered. Deliberately absent: partial refunds, which are compensation.

use super::appeal::{self, sale_of};
use crate::casefile::*;
use crate::decision::OperationDetails;
use crate::instant::Instant;
use crate::look::index;
use crate::parcel::Phase;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// Opens a case for every outbound parcel that a whole refund-only finds on its way, or that is scanned after it; and for one that any
/// whole refund finds declared and not scanned, since goods that never left cannot come back.
pub(super) fn open(run: &mut Run<'_>) {
    for sale in 0..run.file.after_sales.len() {
        let state = &run.file.after_sales[sale];
        if !state.asks_refund() || !run.file.is_whole(state) {
            continue;
        }
        let Some(step) = state.refund_step() else {
            // Given again, it is a new cause.
            run.file.after_sales[sale].intercepted.clear();
            continue;
        };
        let (decided_at, decider) = (step.at, state.decider(step));
        for parcel in 0..run.file.parcels.len() {
            open_for(run, index(sale), index(parcel), decided_at, decider);
        }
    }
}

fn open_for(run: &mut Run<'_>, sale: Index, parcel: Index, decided_at: Instant, decider: DecidedBy) {
    let state = run.file.parcel(parcel);
    let known = run.file.after_sales[sale as usize].intercepted.contains(&parcel);
    if state.direction != Direction::Outbound || !state.is_current() || state.lost_since().is_some() {
        return;
    }
    let first = state.first_scan();
    let refund_only = run.file.after_sales[sale as usize].kind == AfterSaleKind::RefundOnly;
    let caught = match first {
        None => state.declared,
        Some(_) if !refund_only => known,
        Some(first) => first > decided_at || state.was_on_its_way(decided_at),
    };
    if !caught {
        return;
    }
    if refund_only
        && matches!(decider, DecidedBy::Platform | DecidedBy::Timeout)
        && run.file.after_sales[sale as usize].appealable_at.is_none()
        && let Some(first) = first
    {
        run.file.after_sales[sale as usize].appealable_at = Some(decided_at.max(first));
        run.moves += 1;
    }
    if known || run.file.parcel(parcel).phase().is_back() {
        return;
    }
    run.file.after_sales[sale as usize].intercepted.push(parcel);
    let case = run.open_case(CaseKind::Intercept, Subject::Parcel(parcel), None);
    let words = run.file.after_sales[sale as usize].reason.clone();
    let opened = run.case_mut(case);
    opened.after_sale = Some(sale);
    opened.words = opened.words.take().or(words);
    run.reconcile();
}

/// Does what the parcel's place asks for.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else { return };
    let sale = run.case(case).after_sale;
    if sale.is_some_and(|s| run.file.after_sales[s as usize].refund_step().is_none()) {
        withdraw(run, case, parcel);
        return;
    }
    match run.file.parcel(parcel).phase() {
        Phase::Unscanned => {
            let decided = sale.is_some() || run.case(case).by_hand;
            if run.file.parcel(parcel).declared && decided && !asked(run, case, TaskKind::PullParcel) {
                run.ask(Ask::of(TaskKind::PullParcel, case));
            }
        }
        Phase::Moving | Phase::Waiting => {
            run.drop_task(case, TaskKind::PullParcel);
            ask_courier(run, case, parcel);
        }
        Phase::OutForDelivery => {
            run.drop_task(case, TaskKind::PullParcel);
            ask_to_refuse(run, case);
        }
        Phase::Delivered if appeal::goes_with_another(run, case) => {}
        Phase::Delivered => signed(run, case, sale),
        Phase::Refused => run.close_case(case, CaseOutcome::Refused),
        Phase::Back | Phase::Home => run.close_case(case, CaseOutcome::Returned),
        Phase::Lost => run.close_case(case, CaseOutcome::Lost),
    }
}

/// Whether a task of a kind was asked in a case, and not taken back by the engine itself.
fn asked(run: &Run<'_>, case: Index, kind: TaskKind) -> bool {
    let withdrawn = TaskState::Closed(TaskOutcome::NotNeeded);
    run.file.tasks.iter().any(|t| t.case == Some(case) && t.kind == kind && t.state != withdrawn)
}

/// The intercept, once for the after-sale; once more where the refund was withdrawn meanwhile and given again.
fn ask_courier(run: &mut Run<'_>, case: Index, parcel: Index) {
    let decided_at = run.case(case).after_sale.and_then(|s| run.file.after_sales[s as usize].refund_step()).map(|step| step.at);
    let since = |o: &Operation| decided_at.is_none_or(|decided| o.asked_at >= decided);
    let once = run.file.operations.iter().any(|o| o.case == case && o.kind == OperationKind::Intercept && since(o));
    if once || run.case(case).after_sale.is_none() && !run.case(case).by_hand {
        return;
    }
    let details = OperationDetails { reason: Some("refunded".to_owned()), amount: run.file.amount(), ..OperationDetails::default() };
    run.request(OperationKind::Intercept, parcel, case, details);
}

fn ask_to_refuse(run: &mut Run<'_>, case: Index) {
    if !asked(run, case, TaskKind::AskBuyerToRefuse) {
        run.ask(Ask::of(TaskKind::AskBuyerToRefuse, case).in_own_hours());
    }
}

/// The courier will not turn it round: while it is not delivered, the buyer may still refuse it.
pub(crate) fn refused(run: &mut Run<'_>, case: Index, parcel: Index) {
    if run.case(case).kind == CaseKind::Intercept && run.file.parcel(parcel).phase().is_on_its_way() {
        ask_to_refuse(run, case);
    }
}

/// Goods and money are with the buyer.
fn signed(run: &mut Run<'_>, case: Index, sale: Option<Index>) {
    for kind in [TaskKind::AskBuyerToRefuse, TaskKind::PullParcel, TaskKind::CheckOutcomeBeforeAppealCloses] {
        run.drop_task(case, kind);
    }
    let decider = sale.and_then(|s| {
        let sale = &run.file.after_sales[s as usize];
        sale.refund_step().map(|step| sale.decider(step))
    });
    match decider {
        Some(DecidedBy::Platform | DecidedBy::Timeout) => ask_for_appeal(run, case),
        Some(_) if !asked(run, case, TaskKind::RecoverFromBuyer) => {
            run.ask(Ask::of(TaskKind::RecoverFromBuyer, case).in_own_hours());
        }
        _ => {}
    }
}

/// The appeal against the automatic refund, due with its deadline where the platform has one.
pub(super) fn ask_for_appeal(run: &mut Run<'_>, case: Index) {
    let filed = sale_of(run, case).is_some_and(|s| run.file.after_sales[s as usize].appeal_filed_at.is_some());
    if filed || run.case(case).appeal_filed_at.is_some() || asked(run, case, TaskKind::AppealAutoRefund) {
        return;
    }
    let deadline = sale_of(run, case).and_then(|s| run.file.running(RuleKind::AutoRefundAppeal, Subject::AfterSale(s)));
    run.ask(Ask::of(TaskKind::AppealAutoRefund, case).due_with(deadline));
}

/// A rung of `auto_refund_appeal`: signed for, the appeal is pressed; else somebody looks before it closes.
pub(super) fn rung_of_appeal(run: &mut Run<'_>, subject: Subject) {
    let Subject::AfterSale(sale) = subject else { return };
    let case = run.file.cases.iter().rposition(|c| c.closed.is_none() && c.kind == CaseKind::Intercept && c.after_sale == Some(sale));
    let Some(case) = case.map(index) else { return };
    let delivered = run.case(case).parcel.is_some_and(|p| run.file.parcel(p).phase() == Phase::Delivered);
    if delivered || asked(run, case, TaskKind::AppealAutoRefund) {
        ask_for_appeal(run, case);
    } else if !asked(run, case, TaskKind::CheckOutcomeBeforeAppealCloses) {
        run.ask(Ask::of(TaskKind::CheckOutcomeBeforeAppealCloses, case));
    }
}

/// The refund is off: what is still under way is called back.
fn withdraw(run: &mut Run<'_>, case: Index, parcel: Index) {
    for kind in [TaskKind::AskBuyerToRefuse, TaskKind::PullParcel, TaskKind::AppealAutoRefund, TaskKind::RecoverFromBuyer] {
        run.drop_task(case, kind);
    }
    let Some(intercept) = run.file.live_operation(parcel, OperationKind::Intercept) else {
        if run.file.live_operation(parcel, OperationKind::InterceptCancel).is_none() {
            run.close_case(case, CaseOutcome::Withdrawn);
        }
        return;
    };
    if run.file.operations[intercept as usize].state == OperationState::ByHand {
        // Nobody has called yet.
        run.settle(intercept, OperationStatus::Failed, Some("withdrawn"));
        return;
    }
    // Asked by interface and perhaps heard: nobody repeats it by phone.
    run.drop_task(case, TaskKind::InterceptByPhone);
    let once = run.file.operations.iter().any(|o| o.case == case && o.kind == OperationKind::InterceptCancel);
    if !once {
        let details = OperationDetails { reason: Some("refund_withdrawn".to_owned()), ..OperationDetails::default() };
        run.request(OperationKind::InterceptCancel, parcel, case, details);
    }
}

/// `pull_parcel`, `ask_buyer_to_refuse`, `recover_from_buyer`, `check_outcome_before_appeal_closes`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    let Some(parcel) = run.case(d.case).parcel else { return };
    match d.outcome {
        TaskOutcome::Pulled => run.close_case(d.case, CaseOutcome::Recovered),
        TaskOutcome::AlreadyGone => ask_courier(run, d.case, parcel),
        TaskOutcome::Paid => run.close_case(d.case, CaseOutcome::Recovered),
        TaskOutcome::WrittenOff => run.close_case(d.case, CaseOutcome::WrittenOff),
        TaskOutcome::Returning => {
            let Some(waybill) = &d.answers.waybill else { return };
            let back = run.register(waybill, Direction::Return, d.at);
            let sale = run.case(d.case).after_sale;
            if let Some(sale) = sale {
                run.file.parcels[back as usize].after_sale.get_or_insert(sale);
            }
            let home = run.open_case(CaseKind::ReturnParcel, Subject::Parcel(back), None);
            run.case_mut(home).after_sale = sale;
            // Until its first scan nothing but this asks after it.
            let at = run.now + run.rules.again.return_unscanned;
            run.ask_again(TaskKind::ChaseReturn, home, at);
            run.close_case(d.case, CaseOutcome::Returned);
        }
        TaskOutcome::Signed => ask_for_appeal(run, d.case),
        // The buyer's word is not the parcel's: its next scan is waited for.
        _ => {}
    }
}

/// `chase_intercept`.
pub(super) fn chased(run: &mut Run<'_>, d: Done<'_>) {
    match d.outcome {
        TaskOutcome::TurnedRound => {
            if let Some(parcel) = run.case(d.case).parcel {
                run.file.parcels[parcel as usize].turned_at.get_or_insert(d.at);
                run.moves += 1;
            }
        }
        TaskOutcome::Refused => {
            if let Some(operation) = run.file.tasks[d.task as usize].operation {
                run.refuse(operation, OperationStatus::Rejected, None, false);
            }
        }
        _ => run.comes_back(d.kind, d.case, d.answers.until),
    }
}
