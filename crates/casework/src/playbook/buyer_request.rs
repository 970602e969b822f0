//! `buyer_request`: what a buyer asks that no other case is about. Somebody answers.

use super::{after_sale, serve, stalled};
use crate::casefile::*;
use crate::run::{Ask, Run};
use crate::words::*;

/// The buyer asks: urge, compensate, cancel, not received before delivery, or something that came too late for a case of its own.
pub(super) fn asked(run: &mut Run<'_>, ask: BuyerAsk, parcel: Option<Index>) -> Option<Index> {
    let case = run.open_case(CaseKind::BuyerRequest, Subject::Order, parcel);
    let words = run.rules.texts.word("buyer_ask", ask.word()).to_owned();
    run.case_mut(case).words = Some(words);
    let on_its_way = parcel.filter(|p| run.file.parcel(*p).phase().is_on_its_way());
    match ask {
        BuyerAsk::Compensate => serve::compensate(run, case, None),
        BuyerAsk::Cancel => {
            let advice = after_sale::advice_on_cancelling(run, parcel);
            run.ask(Ask::of(TaskKind::AnswerBuyer, case).advised(advice));
        }
        _ => {
            if let Some(parcel) = on_its_way {
                stalled::urge(run, case, parcel);
            }
            run.ask(Ask::of(TaskKind::AnswerBuyer, case));
        }
    }
    Some(case)
}

/// A rung of `first_answer` raises the case's task.
pub(super) fn rung_of_first_answer(run: &mut Run<'_>, subject: Subject) {
    let (Subject::Case(case), Some(rung)) = (subject, run.rung) else { return };
    let open = run.file.tasks.iter().position(|t| t.case == Some(case) && t.is_open());
    if let Some(task) = open.map(crate::look::index) {
        run.raise(task, rung.urgency);
    }
}

/// Answered: the case ends with its last task.
pub(super) fn answered(run: &mut Run<'_>, case: Index, outcome: CaseOutcome) {
    let busy = |t: &Task| t.case == Some(case) && t.is_open() && t.kind != TaskKind::ChaseCourier;
    if !run.file.tasks.iter().any(busy) {
        run.close_case(case, outcome);
    }
}
