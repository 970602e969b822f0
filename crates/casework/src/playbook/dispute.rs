//! `dispute`: the platform judges. One chance to show evidence, one to appeal.

use crate::casefile::*;
use crate::instant::Instant;
use crate::look::index;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// A dispute fact came.
pub(crate) fn told(run: &mut Run<'_>, dispute: Index) {
    let case = case_of(run, dispute);
    let words = run.file.disputes[dispute as usize].reason.clone();
    if let Some(case) = case
        && words.is_some()
        && run.case(case).words != words
    {
        run.case_mut(case).words = words;
    }
}

/// The dispute's open case. A dispute that goes on after its case was closed opens a new one.
fn case_of(run: &mut Run<'_>, dispute: Index) -> Option<Index> {
    let subject = Subject::Dispute(dispute);
    if run.file.open_case(CaseKind::Dispute, subject).is_none() && is_over(run, dispute) {
        let had = run.file.cases.iter().any(|c| c.kind == CaseKind::Dispute && c.subject == subject);
        if had {
            return None;
        }
    }
    let parcel = run.file.main_parcel();
    let sale = run.file.disputes[dispute as usize].after_sale.clone();
    let sale = sale.and_then(|id| run.file.after_sales.iter().position(|s| s.id == id)).map(index);
    let case = run.open_case(CaseKind::Dispute, subject, parcel);
    if run.case(case).after_sale != sale {
        run.case_mut(case).after_sale = sale;
    }
    Some(case)
}

fn is_over(run: &Run<'_>, dispute: Index) -> bool {
    let state = &run.file.disputes[dispute as usize];
    matches!(state.status(), Some(DisputeStatus::Closed | DisputeStatus::AppealRuled))
        || (state.status() == Some(DisputeStatus::Ruled) && matches!(state.ruling(), Some((Ruling::Merchant, _))))
}

/// A rung or a due time asks for something in the dispute's case.
pub(super) fn ask(run: &mut Run<'_>, subject: Subject, kind: TaskKind) {
    let Subject::Dispute(dispute) = subject else { return };
    let Some(case) = run.file.open_case(CaseKind::Dispute, subject) else { return };
    let amount = run.file.disputes[dispute as usize].amount;
    let words = if kind == TaskKind::AppealRuling { ground(run, dispute) } else { None };
    run.ask(Ask::of(kind, case).worth(amount).saying(words));
}

/// On what ground the ruling can be appealed, in words.
fn ground(run: &Run<'_>, dispute: Index) -> Option<String> {
    let state = &run.file.disputes[dispute as usize];
    let reason = state.reason.as_deref().unwrap_or_default().to_lowercase();
    let sale = state.after_sale.as_ref().and_then(|id| run.file.after_sales.iter().find(|s| &s.id == id));
    let has_proof = run.file.evidence.iter().any(|e| e.kind == EvidenceKind::SignOffProof);
    let quality = run.file.parcels.iter().any(|p| p.damaged_at.is_some()) || reason.contains("quality") || reason.contains("质量");
    let word = if (reason.contains("freight") || reason.contains("运费")) && !quality {
        "freight_refunded"
    } else if has_proof {
        "proof_judged_void"
    } else if sale.is_some_and(|s| s.kind == AfterSaleKind::ReturnRefund && s.refund_step().is_some() && s.return_parcel.is_none()) {
        "no_return_waybill"
    } else {
        return None;
    };
    Some(run.texts.word("appeal_ground", word).to_owned())
}

/// `check_ruling`, `prepare_evidence`, `submit_evidence`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    let Subject::Dispute(i) = run.case(d.case).subject else { return };
    let dispute = &mut run.file.disputes[i as usize];
    run.moves += 1;
    match (d.kind, d.outcome) {
        (TaskKind::PrepareEvidence, _) => dispute.prepared_at = Some(d.at),
        (TaskKind::SubmitEvidence, _) => note(dispute, DisputeStatus::EvidenceSubmitted, None, d.at),
        (_, TaskOutcome::Won) => {
            note(dispute, DisputeStatus::Ruled, Some(Ruling::Merchant), d.at);
            run.ask(Ask::of(TaskKind::ConfirmMoneyBack, d.case).worth(d.answers.amount));
        }
        (_, TaskOutcome::Lost) => {
            note(dispute, DisputeStatus::Ruled, Some(Ruling::Buyer), d.at);
            run.reconcile();
            let deadline = run.file.running(RuleKind::RulingAppeal, Subject::Dispute(i));
            let words = ground(run, i);
            let amount = run.file.disputes[i as usize].amount;
            run.ask(Ask::of(TaskKind::AppealRuling, d.case).due_with(deadline).worth(amount).saying(words));
        }
        _ => {
            let at = run.now + run.rules.again.no_answer;
            run.ask_again(d.kind, d.case, at);
        }
    }
}

/// A person knew of a step before the platform told it.
fn note(dispute: &mut Dispute, status: DisputeStatus, ruling: Option<Ruling>, at: Instant) {
    let place = dispute.steps.partition_point(|s| s.at <= at);
    dispute.steps.insert(place, DisputeStep { ruling, ..DisputeStep::new(at, status) });
}

/// A person looked: the appeal was ruled on.
pub(super) fn appeal_ruled(run: &mut Run<'_>, dispute: Index, ruling: Ruling, at: Instant) {
    note(&mut run.file.disputes[dispute as usize], DisputeStatus::AppealRuled, Some(ruling), at);
    run.moves += 1;
}

/// Evidence handed in, or prepared, was not; a ruling was misread.
pub(super) fn undo(run: &mut Run<'_>, case: Index, kind: TaskKind) {
    if let Subject::Dispute(i) = run.case(case).subject {
        let dispute = &mut run.file.disputes[i as usize];
        let noted = match kind {
            TaskKind::SubmitEvidence => Some(DisputeStatus::EvidenceSubmitted),
            TaskKind::CheckRuling => Some(DisputeStatus::Ruled),
            TaskKind::CheckAppealResult => Some(DisputeStatus::AppealRuled),
            _ => {
                dispute.prepared_at = None;
                None
            }
        };
        if let Some(at) = dispute.steps.iter().rposition(|s| Some(s.status) == noted) {
            dispute.steps.remove(at);
        }
        run.moves += 1;
    }
}

/// Follows the dispute to its end.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Subject::Dispute(i) = run.case(case).subject else { return };
    let state = &run.file.disputes[i as usize];
    let (status, ruling) = (state.status(), state.ruling());
    let ruled = matches!(status, Some(DisputeStatus::Ruled | DisputeStatus::Appealed | DisputeStatus::AppealRuled | DisputeStatus::Closed));
    if ruled {
        for kind in [TaskKind::CheckRuling, TaskKind::SubmitEvidence, TaskKind::PrepareEvidence] {
            run.drop_task(case, kind);
        }
    }
    if matches!(status, Some(DisputeStatus::AppealRuled | DisputeStatus::Closed)) {
        run.drop_task(case, TaskKind::CheckAppealResult);
        run.drop_task(case, TaskKind::AppealRuling);
    }
    let confirming = run.file.tasks.iter().any(|t| t.case == Some(case) && t.kind == TaskKind::ConfirmMoneyBack);
    match (status, ruling) {
        _ if confirming => {}
        (Some(DisputeStatus::Ruled | DisputeStatus::AppealRuled), Some((Ruling::Merchant, _)))
        | (Some(DisputeStatus::AppealRuled), Some((Ruling::Split, _))) => {
            if was_money_taken(run, i) {
                let amount = run.file.disputes[i as usize].amount;
                run.ask(Ask::of(TaskKind::ConfirmMoneyBack, case).worth(amount));
            } else {
                run.close_case(case, CaseOutcome::Won);
            }
        }
        (Some(DisputeStatus::AppealRuled), Some((Ruling::Buyer, _))) => run.close_case(case, CaseOutcome::Lost),
        (Some(DisputeStatus::Closed), Some((Ruling::Merchant, _))) => run.close_case(case, CaseOutcome::Won),
        (Some(DisputeStatus::Closed), Some((Ruling::Buyer | Ruling::Split, _))) => run.close_case(case, CaseOutcome::Lost),
        (Some(DisputeStatus::Closed), None) => run.close_case(case, CaseOutcome::Withdrawn),
        _ => {}
    }
}

/// Whether the order's money (or a part of it) has gone to the buyer.
fn was_money_taken(run: &Run<'_>, dispute: Index) -> bool {
    let linked = run.file.disputes[dispute as usize].after_sale.as_ref();
    let mut sales = run.file.after_sales.iter().filter(|s| linked.is_none_or(|id| &s.id == id));
    sales.any(|s| s.refund_step().is_some())
}
