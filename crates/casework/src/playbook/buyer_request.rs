//! `buyer_request`: what a buyer asks that no other case is about. Somebody answers.

use super::{after_sale, serve, stalled};
use crate::casefile::*;
use crate::look::index;
use crate::run::{Ask, Run};
use crate::words::*;

/// The buyer asks: urge, compensate, cancel, not received before delivery, or something that came too late for a case of its own.
pub(super) fn asked(run: &mut Run<'_>, ask: BuyerAsk, parcel: Option<Index>) -> Option<Index> {
    let case = run.open_case(CaseKind::BuyerRequest, Subject::Order, parcel);
    let words = run.texts.word("buyer_ask", ask.word()).to_owned();
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

/// A rung or the breach of `first_answer` makes the case's task more pressing: the first one, but rather ours than one that asks the
/// courier.
pub(super) fn press_first_answer(run: &mut Run<'_>, subject: Subject, urgency: Urgency) {
    let Subject::Case(case) = subject else { return };
    let mut open = run.file.tasks.iter().enumerate().filter(|(_, t)| t.case == Some(case) && t.is_open());
    let first = open.clone().next();
    if let Some((task, _)) = open.find(|(_, t)| t.operation.is_none()).or(first) {
        let task = index(task);
        run.raise(task, urgency);
    }
}

/// Answered: the case ends with its last task.
pub(super) fn answered(run: &mut Run<'_>, case: Index, outcome: CaseOutcome) {
    let busy = |t: &Task| t.case == Some(case) && t.is_open() && t.kind != TaskKind::ChaseCourier;
    if !run.file.tasks.iter().any(busy) {
        run.close_case(case, outcome);
    }
}
