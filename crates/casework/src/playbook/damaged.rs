//! `damaged`: evidence first, then a judgement, then the buyer is served and the courier claimed from.

use super::{claim, serve};
use crate::casefile::*;
use crate::instant::Instant;
use crate::run::{Ask, Run};
use crate::task_table::DAMAGE_PHOTOS;
use crate::update::Done;
use crate::words::*;

/// Any scan of a parcel: damage stays true whatever was scanned later.
pub(super) fn scanned(run: &mut Run<'_>, parcel: Index, scan: &Scan) {
    if scan.is_exception(ExceptionReason::Damaged) && run.file.parcel(parcel).is_ours() {
        begin(run, parcel);
    }
}

/// The buyer says that it is damaged.
pub(super) fn asked(run: &mut Run<'_>, parcel: Option<Index>, at: Instant) -> Option<Index> {
    let parcel = parcel?;
    let known = run.file.parcel(parcel).damaged_at;
    run.file.parcels[parcel as usize].damaged_at = Some(known.map_or(at, |k| k.min(at)));
    run.moves += 1;
    Some(begin(run, parcel))
}

/// Starts collecting.
pub(super) fn begin(run: &mut Run<'_>, parcel: Index) -> Index {
    let case = run.open_case(CaseKind::Damaged, Subject::Parcel(parcel), None);
    run.reconcile();
    if run.case(case).decided.is_none() && !has_photos(run, parcel) {
        run.ask(Ask::of(TaskKind::CollectDamageEvidence, case));
    }
    case
}

fn has_photos(run: &Run<'_>, parcel: Index) -> bool {
    let waybill = &run.file.parcel(parcel).waybill;
    let shows = |kind: EvidenceKind| run.file.evidence.iter().any(|e| e.kind == kind && e.waybill.as_ref().is_none_or(|w| w == waybill));
    DAMAGE_PHOTOS.iter().all(|kind| shows(*kind))
}

/// `collect_damage_evidence`, `assess_damage`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    match d.outcome {
        TaskOutcome::NotObtainable => assess(run, d.case),
        outcome => {
            run.case_mut(d.case).decided = Some(outcome);
            match outcome {
                TaskOutcome::Minor => serve::compensate(run, d.case, d.answers.amount),
                TaskOutcome::Severe => serve::reship(run, d.case),
                _ => serve::refund(run, d.case),
            }
            if let Some(parcel) = run.case(d.case).parcel.filter(|_| outcome != TaskOutcome::Minor) {
                claim::request(run, parcel, "damaged");
            }
        }
    }
}

fn assess(run: &mut Run<'_>, case: Index) {
    run.case_mut(case).chased = true;
    run.ask(Ask::of(TaskKind::AssessDamage, case).in_own_hours());
}

/// Goes on when every photo is there; closes when the buyer is served and the claim under way.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Some(parcel) = run.case(case).parcel else { return };
    if run.case(case).decided.is_none() && !run.case(case).chased && has_photos(run, parcel) {
        run.drop_task(case, TaskKind::CollectDamageEvidence);
        assess(run, case);
    }
    match serve::outcome(run, case) {
        Some(CaseOutcome::Compensated) => run.close_case(case, CaseOutcome::Compensated),
        Some(outcome) if claim::is_under_way(run, parcel) => run.close_case(case, outcome),
        _ => {}
    }
}
