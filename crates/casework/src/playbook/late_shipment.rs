//! `late_shipment`: an order that is not declared shipped, before and past the platform's limit.
//!
//! Deliberately absent: an address that contradicts itself (`bad_address`) and a courier that does not reach it (`out_of_range`).

use crate::casefile::*;
use crate::instant::Instant;
use crate::look::index;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run, Rung};
use crate::words::*;

/// A rung of `ship_by`.
pub(super) fn rung(run: &mut Run<'_>, deadline: Index) {
    if run.file.is_refund_asked() {
        return;
    }
    let first = !was_asked(run, deadline, TaskKind::ShipNow);
    let case = run.open_case(CaseKind::LateShipment, Subject::Order, None);
    if first || run.file.open_task(case, TaskKind::ShipNow).is_some() {
        run.ask(Ask::of(TaskKind::ShipNow, case));
    }
    if !was_asked(run, deadline, TaskKind::AppealOrder) && is_hindered(run) {
        run.ask(Ask::of(TaskKind::AppealOrder, case));
    }
}

/// Whether a task of a kind was opened for a deadline (or past it) and not withdrawn by the engine itself.
fn was_asked(run: &Run<'_>, deadline: Index, kind: TaskKind) -> bool {
    let withdrawn = TaskState::Closed(TaskOutcome::NotNeeded);
    let due_at = run.file.deadlines[deadline as usize].due_at;
    let for_it = |t: &Task| t.deadline == Some(deadline) || t.opened_at >= due_at;
    run.file.tasks.iter().any(|t| t.kind == kind && for_it(t) && t.state != withdrawn)
}

/// Whether the planned courier does not reach the address, or a disruption lies on the order.
fn is_hindered(run: &Run<'_>) -> bool {
    let seen = run.seen();
    let unreached = run.file.awaits_planned_courier().is_some_and(|(courier, area)| seen.out_of_reach(courier, area, run.now));
    let id = RuleKind::ShipBy.id(run.file.key.platform);
    unreached || seen.is_disrupted(&run.scope(&id, None), run.now)
}

/// A rung or a breach that passed while a refund was asked acts when the refund is no longer asked.
pub(super) fn open(run: &mut Run<'_>) {
    let Some(deadline) = unmet(run) else { return };
    let state = &run.file.deadlines[deadline as usize];
    let (acted, rungs) = (usize::from(state.acted), state.rungs.len());
    if acted == 0 || run.file.is_refund_asked() || was_asked(run, deadline, TaskKind::ShipNow) {
        return;
    }
    if run.file.open_case(CaseKind::LateShipment, Subject::Order).is_some_and(|c| run.file.open_task(c, TaskKind::ShipNow).is_some()) {
        return;
    }
    let urgency = match rungs - acted {
        0 => Urgency::Critical,
        1 => Urgency::High,
        _ => Urgency::Normal,
    };
    let outer = run.rung.replace(Rung { deadline, urgency });
    rung(run, deadline);
    run.rung = outer;
}

/// The shipping deadline of an order that is still to be shipped, before or past its due time.
fn unmet(run: &Run<'_>) -> Option<Index> {
    let file = &run.file;
    if file.shipped_at().is_some() || file.is_called_off() || file.refunded_since().is_some() {
        return None;
    }
    let unmet = |d: &Deadline| d.rule == RuleKind::ShipBy && matches!(d.state, DeadlineState::Running | DeadlineState::Breached);
    file.deadlines.iter().rposition(unmet).map(index)
}

/// Closes it when the order is declared, called off or refunded; an appeal filed is waited for.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    if run.file.is_refund_asked() {
        run.drop_task(case, TaskKind::ShipNow);
    }
    let outcome = if run.file.shipped_at().is_some() {
        CaseOutcome::Shipped
    } else if run.file.refunded_since().is_some() {
        CaseOutcome::Refunded
    } else if run.file.is_called_off() {
        CaseOutcome::Recovered
    } else {
        return;
    };
    close_unless_appealed(run, case, outcome);
}

/// Closes a case whose cause is gone, unless an appeal filed in it waits for its answer: then only its other tasks end.
pub(super) fn close_unless_appealed(run: &mut Run<'_>, case: Index, outcome: CaseOutcome) {
    let state = run.case(case);
    let unanswered = |at: Instant| state.appeal_answered_at.is_none_or(|answered| answered < at);
    if state.appeal_filed_at.is_some_and(unanswered) {
        for kind in [TaskKind::ShipNow, TaskKind::AppealOrder, TaskKind::AppealBadAddress] {
            run.drop_task(case, kind);
        }
    } else if run.file.open_task(case, TaskKind::ConfirmMoneyBack).is_none() {
        run.close_case(case, outcome);
    }
}
