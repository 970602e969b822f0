//! `after_sale`: the platform waits for our answer, and decides by itself where none comes.
//!
//! Deliberately absent: the answer. It is a person's, with the facts and the advice on the task.

use super::{advice_on_the_way, appeal, intercept};
use crate::casefile::*;
use crate::look::index;
use crate::parcel::Phase;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run, TaskChange};
use crate::update::Done;
use crate::words::*;

/// An after-sale fact came.
pub(crate) fn told(run: &mut Run<'_>, sale: Index) {
    let state = &run.file.after_sales[sale as usize];
    match state.status() {
        Some(AfterSaleStatus::Requested) if state.kind == AfterSaleKind::RefundOnly && run.file.parcel_on_its_way().is_some() => {
            answer(run, sale);
        }
        Some(AfterSaleStatus::Refunded | AfterSaleStatus::Agreed) if is_unseen_auto_refund(state) => {
            let case = open(run, sale);
            run.ask(Ask::of(TaskKind::RecordAutoRefund, case).worth(run.file.after_sales[sale as usize].amount));
        }
        _ => {}
    }
}

/// Decided by platform or timeout, and nothing was ever seen asked.
fn is_unseen_auto_refund(sale: &AfterSale) -> bool {
    let [step] = sale.steps.as_slice() else { return false };
    let refunds = step.status == AfterSaleStatus::Refunded || sale.kind == AfterSaleKind::RefundOnly;
    refunds && matches!(sale.decider(step), DecidedBy::Platform | DecidedBy::Timeout)
}

fn open(run: &mut Run<'_>, sale: Index) -> Index {
    let parcel = run.file.parcel_on_its_way().or_else(|| run.file.main_parcel());
    let case = run.open_case(CaseKind::AfterSale, Subject::AfterSale(sale), parcel);
    let words = run.file.after_sales[sale as usize].reason.clone();
    let state = run.case_mut(case);
    state.after_sale = Some(sale);
    state.words = words;
    case
}

/// A rung of the response rule.
pub(super) fn rung(run: &mut Run<'_>, subject: Subject) {
    if let Subject::AfterSale(sale) = subject {
        answer(run, sale);
    }
}

/// Asks for the answer, with advice while the parcel is on its way.
pub(super) fn answer(run: &mut Run<'_>, sale: Index) {
    let case = open(run, sale);
    let subject = Subject::AfterSale(sale);
    let rules = [RuleKind::AfterSaleResponse, RuleKind::RefundResponse, RuleKind::AfterSaleReview];
    let deadline = rules.into_iter().find_map(|rule| run.file.running(rule, subject));
    let urgency = if run.file.parcel_on_its_way().is_some() { Urgency::High } else { Urgency::Normal };
    let ask = Ask::of(TaskKind::AnswerAfterSale, case).due_with(deadline).at_least(urgency).advised(advice(run, sale));
    run.ask(ask.worth(run.file.after_sales[sale as usize].amount));
}

fn advice(run: &Run<'_>, sale: Index) -> Option<Advice> {
    let state = &run.file.after_sales[sale as usize];
    let parcel = run.file.parcel_on_its_way()?;
    (state.kind == AfterSaleKind::RefundOnly && run.file.is_whole(state)).then(|| advice_on_the_way(run, parcel))
}

/// Unanswered: the platform refunds by itself.
pub(super) fn breached(run: &mut Run<'_>, subject: Subject) {
    let Subject::AfterSale(sale) = subject else { return };
    let case = open(run, sale);
    run.ask(Ask::of(TaskKind::RecordAutoRefund, case).worth(run.file.after_sales[sale as usize].amount));
}

/// `answer_after_sale`, `record_auto_refund`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    let sale = appeal::sale_of(run, d.case);
    match (d.outcome, sale) {
        (TaskOutcome::Agree, Some(sale)) => {
            run.file.after_sales[sale as usize].we_agreed = true;
            run.moves += 1;
        }
        (TaskOutcome::Talked, Some(_)) => {
            let task = &run.file.tasks[d.task as usize];
            let ask = Ask::of(d.kind, d.case).due_with(task.deadline).at_least(task.urgency).advised(task.advice).worth(task.money).again();
            run.ask(ask);
        }
        (TaskOutcome::Noted, _) if run.case(d.case).kind == CaseKind::AfterSale => run.close_case(d.case, CaseOutcome::Refunded),
        (TaskOutcome::Appeal, _) => intercept::ask_for_appeal(run, d.case),
        // Refused: the platform's fact is waited for.
        _ => {}
    }
}

/// Keeps the advice true, and closes the case at any later status, or once an automatic refund is recorded.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Subject::AfterSale(sale) = run.case(case).subject else { return };
    let status = run.file.after_sales[sale as usize].status();
    let appealed = run.case(case).appeal_filed_at.is_some();
    let busy = |kind: TaskKind| run.file.open_task(case, kind).is_some();
    if appealed || busy(TaskKind::AppealAutoRefund) || busy(TaskKind::ConfirmMoneyBack) {
        return;
    }
    if status == Some(AfterSaleStatus::Requested) {
        if let (Some(task), Some(advice)) = (run.file.open_task(case, TaskKind::AnswerAfterSale), advice(run, sale)) {
            run.change_task(task, TaskChange { advice: Some(advice), ..TaskChange::default() });
        }
        return;
    }
    let outcome = match status {
        Some(AfterSaleStatus::Refunded) => CaseOutcome::Refunded,
        Some(AfterSaleStatus::Rejected) => CaseOutcome::Refused,
        Some(AfterSaleStatus::Cancelled | AfterSaleStatus::Closed) => CaseOutcome::Withdrawn,
        Some(_) => CaseOutcome::Answered,
        None => return,
    };
    let state = &run.file.after_sales[sale as usize];
    let by_platform = state.refund_step().is_some_and(|step| matches!(state.decider(step), DecidedBy::Platform | DecidedBy::Timeout));
    let recording =
        |t: &Task| t.case == Some(case) && t.kind == TaskKind::RecordAutoRefund && t.state != TaskState::Closed(TaskOutcome::NotNeeded);
    if by_platform && run.file.tasks.iter().any(recording) {
        // It is closed when somebody has recorded how it came about, or decided otherwise.
        if !busy(TaskKind::RecordAutoRefund) {
            appeal::goes_with_another(run, case);
        }
        return;
    }
    run.close_case(case, outcome);
}

/// Advice on a buyer's wish to cancel.
pub(super) fn advice_on_cancelling(run: &Run<'_>, parcel: Option<Index>) -> Option<Advice> {
    match parcel.map(|p| (p, run.file.parcel(p).phase())) {
        None | Some((_, Phase::Unscanned)) => Some(Advice::CancelOrder),
        Some((p, phase)) if phase.is_on_its_way() => Some(advice_on_the_way(run, p)),
        _ => None,
    }
}

/// The open after-sale that nobody has answered yet.
pub(super) fn unanswered(run: &Run<'_>) -> Option<Index> {
    run.file.after_sales.iter().rposition(|s| s.status() == Some(AfterSaleStatus::Requested)).map(index)
}
