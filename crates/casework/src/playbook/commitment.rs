//! `commitment`: what was promised has a time.

use crate::casefile::*;
use crate::instant::Instant;
use crate::look::index;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// A promise was made: at once nothing but its deadline.
pub(crate) fn made(run: &mut Run<'_>, at: Index) {
    let commitment = &run.file.commitments[at as usize];
    let words = commitment.text.clone().unwrap_or_else(|| run.texts.word("promise", commitment.promise.word()).to_owned());
    let parcel = run.file.main_parcel();
    let case = run.open_case(CaseKind::Commitment, Subject::Commitment(at), parcel);
    run.case_mut(case).words = Some(words);
}

/// Somebody told the buyer "until then": a promise to reply.
pub(super) fn promised(run: &mut Run<'_>, case: Index, at: Instant, until: Instant) {
    let id = format!("{}-p{}", run.file.tag, run.file.seq + 1);
    let text = run.case(case).words.clone();
    let promise = Commitment { made_at: Some(at), due_at: Some(until), text, ..Commitment::new(id, Promise::Reply) };
    run.file.commitments.push(promise);
    made(run, index(run.file.commitments.len() - 1));
}

/// A rung of `commitment`.
pub(super) fn rung(run: &mut Run<'_>, subject: Subject) {
    if let Some(case) = run.file.open_case(CaseKind::Commitment, subject) {
        run.ask(Ask::of(TaskKind::KeepCommitment, case));
    }
}

/// `keep_commitment`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    let Subject::Commitment(i) = run.case(d.case).subject else { return };
    run.moves += 1;
    match d.outcome {
        TaskOutcome::Kept => run.file.commitments[i as usize].ended = Some((d.at, CommitmentStatus::Kept)),
        TaskOutcome::NotNeeded => run.file.commitments[i as usize].ended = Some((d.at, CommitmentStatus::Withdrawn)),
        _ => {
            let until = d.answers.until.unwrap_or(run.now + run.rules.again.no_answer);
            run.file.commitments[i as usize].due_at = Some(until);
            if is_broken(run, i) {
                // The old time was missed; the new one is a clock of its own.
                run.file.commitments[i as usize].made_at = Some(d.at);
            }
        }
    }
}

fn is_broken(run: &Run<'_>, commitment: Index) -> bool {
    let subject = Subject::Commitment(commitment);
    let last = run.file.deadlines.iter().rfind(|d| d.rule == RuleKind::CommitmentDue && d.subject == subject);
    last.is_some_and(|d| d.state == DeadlineState::Breached)
}

/// A promise marked as kept was not.
pub(super) fn undo(run: &mut Run<'_>, case: Index) {
    if let Subject::Commitment(i) = run.case(case).subject {
        run.file.commitments[i as usize].ended = None;
        run.moves += 1;
    }
}

/// Closes it when the promise is kept, taken back, or broken and answered.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Subject::Commitment(i) = run.case(case).subject else { return };
    let kept_by_parcel = run
        .file
        .deadlines
        .iter()
        .rfind(|d| d.rule == RuleKind::CommitmentDue && d.subject == Subject::Commitment(i))
        .is_some_and(|d| d.state == DeadlineState::Met);
    let outcome = match run.file.commitments[i as usize].ended {
        Some((_, CommitmentStatus::Withdrawn)) => CaseOutcome::Withdrawn,
        Some(_) if is_broken(run, i) => CaseOutcome::Broken,
        Some(_) => CaseOutcome::Kept,
        None if kept_by_parcel => CaseOutcome::Kept,
        None if is_broken(run, i) && super::commitment::sent_late(run, i) => CaseOutcome::Broken,
        None => return,
    };
    run.close_case(case, outcome);
}

/// Whether the parcel that keeps a broken promise was scanned after all.
fn sent_late(run: &Run<'_>, commitment: Index) -> bool {
    let state = &run.file.commitments[commitment as usize];
    state.promise == Promise::Reship
        && run.file.parcels.iter().any(|p| {
            let named = state.waybill.as_ref().is_none_or(|w| *w == p.waybill);
            p.direction == Direction::Reship && named && state.made_at.is_some_and(|made| p.declared_at >= made) && p.is_scanned()
        })
}
