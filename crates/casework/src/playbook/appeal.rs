//! Appeals to the platform, in whatever case: filed, answered, and the money that comes back.
//!
//! Deliberately absent: filing it. That answers the platform, and is a person's.

use super::dispute;
use crate::casefile::*;
use crate::look::index;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// `appeal_order`, `appeal_bad_address`, `appeal_auto_refund`, `appeal_ruling`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    if let (TaskKind::AppealRuling, Subject::Dispute(i)) = (d.kind, run.case(d.case).subject) {
        // Filed or not worth it: the limit for the appeal has done its work.
        run.file.disputes[i as usize].appeal_done_at = Some(d.at);
        run.moves += 1;
    }
    if d.outcome == TaskOutcome::NotWorthIt {
        let others = run.file.tasks.iter().any(|t| t.case == Some(d.case) && t.is_open());
        // The order is still to be shipped: only the appeal is given up.
        if d.kind != TaskKind::AppealOrder || !others {
            run.close_case(d.case, CaseOutcome::WrittenOff);
        }
        return;
    }
    let case = run.case_mut(d.case);
    case.appeal_filed_at = Some(d.at);
    case.appeal_answered_at = None;
    if d.kind == TaskKind::AppealAutoRefund
        && let Some(sale) = sale_of(run, d.case)
    {
        run.file.after_sales[sale as usize].appeal_filed_at = Some(d.at);
    }
}

/// The after-sale that a case is about.
pub(super) fn sale_of(run: &Run<'_>, case: Index) -> Option<Index> {
    let case = run.case(case);
    match case.subject {
        Subject::AfterSale(sale) => Some(sale),
        _ => case.after_sale,
    }
}

/// The appeal against an after-sale's refund was filed in another case: this one waits for it and ends as it does.
pub(super) fn goes_with_another(run: &mut Run<'_>, case: Index) -> bool {
    let Some(sale) = sale_of(run, case).filter(|s| run.file.after_sales[*s as usize].appeal_filed_at.is_some()) else { return false };
    if run.case(case).appeal_filed_at.is_some() {
        return false;
    }
    let of_sale = |c: &Case| c.subject == Subject::AfterSale(sale) || c.after_sale == Some(sale);
    let Some(other) = run.file.cases.iter().rposition(|c| c.appeal_filed_at.is_some() && of_sale(c)) else { return false };
    match run.file.cases[other].closed {
        Some((_, outcome)) => run.close_case(case, outcome),
        None if run.case(case).waits_for != Some(index(other)) => run.case_mut(case).waits_for = Some(index(other)),
        None => {}
    }
    true
}

/// `appeal_answer` is due: is there an answer?
pub(super) fn check(run: &mut Run<'_>, subject: Subject) {
    if let Subject::Case(case) = subject
        && run.file.is_case_open(case)
    {
        run.ask(Ask::of(TaskKind::CheckAppealResult, case));
    }
}

/// `check_appeal_result`, `confirm_money_back`.
pub(super) fn answered(run: &mut Run<'_>, d: Done<'_>) {
    match (d.kind, d.outcome) {
        (TaskKind::ConfirmMoneyBack, TaskOutcome::Received) => run.close_case(d.case, CaseOutcome::Won),
        (TaskKind::ConfirmMoneyBack, _) => {
            run.ask(Ask::of(TaskKind::ReviewCase, d.case));
        }
        (_, TaskOutcome::NoAnswer) => {
            let at = run.now + run.rules.again.no_answer;
            run.ask_again(d.kind, d.case, at);
        }
        (_, outcome) => {
            run.case_mut(d.case).appeal_answered_at = Some(d.at);
            let won = outcome == TaskOutcome::Won;
            if let Subject::Dispute(dispute) = run.case(d.case).subject {
                dispute::appeal_ruled(run, dispute, if won { Ruling::Merchant } else { Ruling::Buyer }, d.at);
            }
            if won {
                run.ask(Ask::of(TaskKind::ConfirmMoneyBack, d.case).worth(d.answers.amount));
            } else {
                run.close_case(d.case, CaseOutcome::Lost);
            }
        }
    }
}

/// A filed appeal was not: its clock stops, and the limit for filing it runs again.
pub(super) fn undo(run: &mut Run<'_>, case: Index, kind: TaskKind, outcome: TaskOutcome) {
    if let (TaskKind::AppealRuling, Subject::Dispute(i)) = (kind, run.case(case).subject) {
        run.file.disputes[i as usize].appeal_done_at = None;
    }
    if outcome != TaskOutcome::Filed {
        return;
    }
    let state = run.case_mut(case);
    state.appeal_filed_at = None;
    state.appeal_answered_at = None;
    if let Some(sale) = sale_of(run, case) {
        run.file.after_sales[sale as usize].appeal_filed_at = None;
    }
}
