//! What a next step is: playbook law 2, read from the case file alone.

use parcelward_casework::casefile::*;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::*;

/// An open task, an operation in flight, a running deadline of the case or of its parcel, a time at which something comes back, or
/// another open case that it waits for (which must itself have a next step of its own).
pub fn has_next_step(file: &CaseFile, at: usize) -> bool {
    let mut seen = Vec::new();
    let mut next = Some(at);
    while let Some(case) = next.filter(|c| !seen.contains(c) && file.cases[*c].closed.is_none()) {
        if has_a_step_of_its_own(file, case) {
            return true;
        }
        seen.push(case);
        next = file.cases[case].waits_for.map(|c| c as usize);
    }
    false
}

fn has_a_step_of_its_own(file: &CaseFile, at: usize) -> bool {
    let is_it = |case: Option<Index>| case == u32::try_from(at).ok();
    let mut running = file.deadlines.iter().filter(|d| d.state == DeadlineState::Running);
    file.tasks.iter().any(|t| is_it(t.case) && t.is_open())
        || file.operations.iter().any(|o| is_it(Some(o.case)) && is_in_flight(file, o))
        || file.timers.iter().any(|t| is_it(t.case) && matches!(t.kind, TimerKind::AskAgain(_)))
        || running.any(|d| is_of_case(file, d, at))
}

/// Asked of the courier, or accepted by it; where a person asks, their task must be open (playbook law 5).
fn is_in_flight(file: &CaseFile, operation: &Operation) -> bool {
    match operation.state {
        OperationState::Requested | OperationState::Accepted | OperationState::Unknown => true,
        OperationState::ByHand => operation.bracket.is_some_and(|t| file.tasks[t as usize].is_open()),
        OperationState::Settled(_) => false,
    }
}

/// `presumed_lost` is not counted; an order's shipping deadlines are `late_shipment`'s only.
fn is_of_case(file: &CaseFile, deadline: &Deadline, at: usize) -> bool {
    let case = &file.cases[at];
    if deadline.rule == RuleKind::PresumedLost {
        return false;
    }
    match deadline.subject {
        Subject::Order => case.kind == CaseKind::LateShipment,
        Subject::Parcel(p) => case.parcel == Some(p) || case.subject == deadline.subject || case.reship == Some(p),
        Subject::AfterSale(a) => case.subject == deadline.subject || case.after_sale == Some(a),
        Subject::Operation(o) => file.operations[o as usize].case as usize == at,
        Subject::Case(c) => c as usize == at,
        Subject::Dispute(_) | Subject::Commitment(_) => case.subject == deadline.subject,
    }
}

/// When every clock has run out a person has the case, or the one that it waits for.
pub fn is_with_a_person(file: &CaseFile, at: usize) -> bool {
    let mut chain = vec![at];
    while let Some(next) = chain.last().and_then(|c| file.cases[*c].waits_for).map(|c| c as usize).filter(|c| !chain.contains(c)) {
        chain.push(next);
    }
    let has_task = |c: &usize| file.tasks.iter().any(|t| t.is_open() && t.case.map(|c| c as usize) == Some(*c));
    chain.iter().any(has_task)
}
