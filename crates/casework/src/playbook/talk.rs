//! Talking to the buyer: `tell_buyer`, `reassure_buyer`, `answer_buyer`, `explain_too_late`.
//!
//! Deliberately absent: the words (`config/templates/`) and sending them.

use super::{buyer_request, commitment};
use crate::run::Run;
use crate::update::Done;
use crate::words::*;

/// Told: a time that was named is a promise to reply. Nobody answered: once more next day, by phone.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    if d.outcome == TaskOutcome::NoAnswer {
        if !run.file.tasks[d.task as usize].again {
            let at = run.now + run.rules.again.by_phone;
            run.ask_again(d.kind, d.case, at);
        }
        return;
    }
    if let Some(until) = d.answers.until {
        commitment::promised(run, d.case, d.at, until);
    }
    match (d.kind, run.case(d.case).kind) {
        (TaskKind::ExplainTooLate, _) => run.close_case(d.case, CaseOutcome::Explained),
        (TaskKind::AnswerBuyer, CaseKind::BuyerRequest) => buyer_request::answered(run, d.case, CaseOutcome::Answered),
        (TaskKind::AnswerBuyer, CaseKind::AddressChange) => run.close_case(d.case, CaseOutcome::Declined),
        _ => {}
    }
}
