//! `bad_address`: a recipient that names two provinces, or a city outside its province. Nothing is printed before it is cleared up.
//!
//! Deliberately absent: the check itself (`region`).

use super::late_shipment::close_unless_appealed;
use crate::casefile::*;
use crate::region::contradiction;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run};
use crate::words::*;

/// An order fact came; `changed` where the recipient is new.
pub(crate) fn order_told(run: &mut Run<'_>, changed: bool) {
    if !changed || run.file.shipped_at().is_some() || run.file.is_called_off() {
        return;
    }
    let recipient = run.file.order.as_ref().and_then(|o| o.recipient.as_ref());
    let Some(found) = recipient.and_then(contradiction) else { return };
    let case = run.open_case(CaseKind::BadAddress, Subject::Order, None);
    let words = format!("{} / {}", found.first, found.second);
    run.case_mut(case).words = Some(words);
    ask(run, case);
}

/// Asks for the appeal, due with the shipping limit.
pub(super) fn ask(run: &mut Run<'_>, case: Index) {
    let deadline = run.file.running(RuleKind::ShipBy, Subject::Order);
    run.ask(Ask::of(TaskKind::AppealBadAddress, case).due_with(deadline));
}

/// Closes it when the recipient is corrected or the order shipped; an appeal filed is waited for.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let still = run.file.order.as_ref().and_then(|o| o.recipient.as_ref()).is_some_and(|r| contradiction(r).is_some());
    let by_hand = run.case(case).by_hand;
    let outcome = if run.file.shipped_at().is_some() {
        CaseOutcome::Shipped
    } else if run.file.refunded_since().is_some() {
        CaseOutcome::Refunded
    } else if run.file.is_called_off() {
        CaseOutcome::Recovered
    } else if !still && !by_hand {
        CaseOutcome::Corrected
    } else {
        return;
    };
    close_unless_appealed(run, case, outcome);
}
