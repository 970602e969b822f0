//! `claim`: compensation asked of the courier, from the request to the money.
//!
//! Deliberately absent: how much is right. The statement drafted from the order is what a person signs.

use super::complaint;
use crate::casefile::*;
use crate::decision::OperationDetails;
use crate::instant::Instant;
use crate::look::index;
use crate::money::Money;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// Claims for a parcel, once per waybill: the case and the request in one step.
pub(super) fn request(run: &mut Run<'_>, parcel: Index, reason: &str) {
    if is_under_way(run, parcel) {
        return;
    }
    if run.file.parcel(parcel).lost_since().is_none() && run.file.parcel(parcel).damaged_at.is_none() {
        let now = run.now;
        run.file.parcels[parcel as usize].claim_wanted_at.get_or_insert(now);
        run.moves += 1;
    }
    let case = open(run, parcel, reason);
    run.reconcile();
    let details = OperationDetails {
        reason: Some(reason.to_owned()),
        amount: run.claim_value(parcel),
        statement: Some(statement(run, parcel)),
        recipient: run.file.order.as_ref().and_then(|o| o.recipient.clone()),
        ..OperationDetails::default()
    };
    run.request(OperationKind::Claim, parcel, case, details);
}

/// Whether a claim on a parcel is open or was settled.
pub(super) fn is_under_way(run: &Run<'_>, parcel: Index) -> bool {
    run.file.claim_on(parcel).is_some() || run.file.cases.iter().any(|c| c.kind == CaseKind::Claim && c.subject == Subject::Parcel(parcel))
}

fn open(run: &mut Run<'_>, parcel: Index, reason: &str) -> Index {
    let case = run.open_case(CaseKind::Claim, Subject::Parcel(parcel), None);
    if run.case(case).words.is_none() {
        run.case_mut(case).words = Some(run.texts.word("exception_reason", reason).to_owned());
    }
    case
}

/// The goods-value statement, drafted from the order: waybill, items, amounts, and where it went (to the city).
pub(crate) fn statement(run: &Run<'_>, parcel: Index) -> String {
    let waybill = &run.file.parcel(parcel).waybill;
    let mut text = format!("{} {}", run.texts.word("courier", waybill.courier.word()), waybill.number);
    if let Some(area) = &run.file.recipient_area {
        for part in [&area.province, &area.city].into_iter().flatten() {
            text.push(' ');
            text.push_str(part);
        }
    }
    if let Some(order) = &run.file.order {
        for item in &order.items {
            let name = item.title.as_deref().or(item.sku.as_deref()).unwrap_or("?");
            text.push_str(&format!("; {name} × {}", item.quantity));
            if let Some(price) = item.price {
                text.push_str(&format!(" = {}", price * item.quantity));
            }
        }
        if let Some(amount) = order.amount {
            text.push_str(&format!("; {amount}"));
        }
    }
    text
}

/// A claim's status became known.
pub(crate) fn told(run: &mut Run<'_>, parcel: Index, status: ClaimStatus, at: Instant, id: Option<String>, amount: Option<Money>) {
    let known = run.file.claim_on(parcel);
    let claim = known.unwrap_or_else(|| {
        run.file.claims.push(Claim::new(parcel));
        index(run.file.claims.len() - 1)
    });
    let state = &mut run.file.claims[claim as usize];
    if matches!(state.ended, Some((_, ClaimStatus::Paid | ClaimStatus::Withdrawn))) {
        return;
    }
    let stage = (state.answered_at, state.decided_at, state.ended);
    state.id = id.or(state.id.take());
    if !matches!(status, ClaimStatus::Refused | ClaimStatus::Withdrawn) {
        state.filed_at.get_or_insert(at);
    }
    match status {
        ClaimStatus::Filed => {}
        ClaimStatus::Answered => {
            state.answered_at.get_or_insert(at);
            state.ended = None;
        }
        ClaimStatus::Decided => {
            state.decided_at = Some(at);
            state.amount = amount.or(state.amount);
            state.ended = None;
        }
        ClaimStatus::Paid => {
            state.amount = amount.or(state.amount);
            state.ended = Some((at, status));
        }
        ClaimStatus::Refused | ClaimStatus::Withdrawn => state.ended = Some((at, status)),
    }
    let moved_on = stage != (state.answered_at, state.decided_at, state.ended);
    if moved_on {
        state.unanswered = 0;
    }
    run.moves += 1;
    let ended = run.file.claims[claim as usize].ended.is_some();
    let exists = run.file.open_case_on(CaseKind::Claim, parcel);
    let case = match exists {
        Some(case) => case,
        None if ended && is_under_way_case(run, parcel) => return,
        None => open(run, parcel, "other"),
    };
    run.reconcile();
    if moved_on {
        run.drop_task(case, TaskKind::ChaseClaim);
    }
}

fn is_under_way_case(run: &Run<'_>, parcel: Index) -> bool {
    run.file.cases.iter().any(|c| c.kind == CaseKind::Claim && c.subject == Subject::Parcel(parcel))
}

/// A rung of `claim_filing`: it is filed now.
pub(super) fn rung_of_filing(run: &mut Run<'_>, subject: Subject) {
    let Subject::Parcel(parcel) = subject else { return };
    let reason = if run.file.parcel(parcel).damaged_at.is_some() { "damaged" } else { "lost" };
    request(run, parcel, reason);
}

/// A rung or a due time asks for something in the claim's case.
pub(super) fn ask(run: &mut Run<'_>, subject: Subject, kind: TaskKind) {
    let Subject::Parcel(parcel) = subject else { return };
    let Some(case) = run.file.open_case_on(CaseKind::Claim, parcel) else { return };
    let amount = run.file.claim_on(parcel).and_then(|c| run.file.claims[c as usize].amount).or_else(|| run.claim_value(parcel));
    run.ask(Ask::of(kind, case).worth(amount));
}

/// `file_claim_by_hand`, `chase_claim`, `confirm_claim_payment`, `withdraw_claim`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    let Some(parcel) = run.case(d.case).parcel else { return };
    let operation = run.file.tasks[d.task as usize].operation;
    let amount = d.answers.amount;
    match (d.kind, d.outcome) {
        (TaskKind::FileClaimByHand, TaskOutcome::Filed) => match operation {
            Some(operation) => run.accept(operation, d.at, d.answers.reference.clone(), None),
            None => told(run, parcel, ClaimStatus::Filed, d.at, d.answers.reference.clone(), None),
        },
        (TaskKind::FileClaimByHand, _) => match operation {
            Some(operation) => run.refuse(operation, OperationStatus::Rejected, None, false),
            None => told(run, parcel, ClaimStatus::Refused, d.at, None, None),
        },
        (_, TaskOutcome::Answered) => told(run, parcel, ClaimStatus::Answered, d.at, None, None),
        (_, TaskOutcome::Decided) => told(run, parcel, ClaimStatus::Decided, d.at, None, amount),
        (_, TaskOutcome::Refused) => told(run, parcel, ClaimStatus::Refused, d.at, None, None),
        (_, TaskOutcome::Paid) => told(run, parcel, ClaimStatus::Paid, d.at, None, amount),
        (_, TaskOutcome::Withdrawn) => told(run, parcel, ClaimStatus::Withdrawn, d.at, None, None),
        (_, TaskOutcome::NoAnswer) => {
            let claim = run.file.claim_on(parcel);
            let unanswered = claim.map_or(1, |c| {
                let state = &mut run.file.claims[c as usize];
                state.unanswered = state.unanswered.saturating_add(1);
                state.unanswered
            });
            if unanswered < 2 {
                let at = run.now + run.rules.again.no_answer;
                run.ask_again(d.kind, d.case, at);
            } else {
                complain(run, d.case);
            }
        }
        _ => complain(run, d.case),
    }
}

fn complain(run: &mut Run<'_>, case: Index) {
    run.ask(Ask::of(TaskKind::ComplainToHeadquarters, case).in_own_hours());
}

/// Nobody complains of a refusal, or the answer to the complaint satisfies: it is accepted.
pub(super) fn refusal_accepted(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel.filter(|_| run.case(case).kind == CaseKind::Claim) else { return };
    let refused = run.file.claim_on(parcel).is_some_and(|c| matches!(run.file.claims[c as usize].ended, Some((_, ClaimStatus::Refused))));
    if refused {
        run.close_case(case, CaseOutcome::Refused);
    }
}

/// What somebody had said of the claim does not hold.
pub(super) fn undo(run: &mut Run<'_>, case: Index, outcome: TaskOutcome) {
    let Some(claim) = run.case(case).parcel.and_then(|p| run.file.claim_on(p)) else { return };
    let state = &mut run.file.claims[claim as usize];
    match outcome {
        TaskOutcome::Filed => state.filed_at = None,
        TaskOutcome::Answered => state.answered_at = None,
        TaskOutcome::Decided => (state.decided_at, state.amount) = (None, None),
        TaskOutcome::Paid | TaskOutcome::Refused | TaskOutcome::Withdrawn => state.ended = None,
        _ => {}
    }
}

/// A lost parcel was found: the claim on it is taken back.
pub(super) fn parcel_found(run: &mut Run<'_>, parcel: Index) {
    if let Some(case) = run.file.open_case_on(CaseKind::Claim, parcel) {
        run.drop_task(case, TaskKind::FileClaimByHand);
        run.ask(Ask::of(TaskKind::WithdrawClaim, case).in_own_hours());
    }
}

/// Closes it when paid or withdrawn; a refusal is complained of or accepted.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else { return };
    let Some(claim) = run.file.claim_on(parcel) else { return };
    match run.file.claims[claim as usize].ended {
        Some((_, ClaimStatus::Paid)) => {
            run.close_case(case, CaseOutcome::Paid);
            complaint::claim_paid(run, parcel);
        }
        Some((_, ClaimStatus::Withdrawn)) => run.close_case(case, CaseOutcome::Withdrawn),
        Some((_, ClaimStatus::Refused)) if run.case(case).decided != Some(TaskOutcome::Refused) => {
            run.case_mut(case).decided = Some(TaskOutcome::Refused);
            for kind in [TaskKind::ChaseClaim, TaskKind::ConfirmClaimPayment, TaskKind::FileClaimByHand] {
                run.drop_task(case, kind);
            }
            complain(run, case);
        }
        // The courier thought better of it: nobody need complain of the refusal.
        None if run.case(case).decided == Some(TaskOutcome::Refused) => {
            run.case_mut(case).decided = None;
            run.drop_task(case, TaskKind::ComplainToHeadquarters);
        }
        _ => {}
    }
}
