//! `out_of_range`: the courier does not deliver at the address. Before shipping another courier is chosen, after it another way.
//!
//! What one parcel shows is noted for every later order.

use super::{address_change, serve};
use crate::casefile::*;
use crate::decision::{Cause, CoverageNoted, DecisionBody};
use crate::fact::FactId;
use crate::region::short_province;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;
use crate::world::{Change, News, Reach};

/// The newest scan of a parcel.
pub(super) fn scanned(run: &mut Run<'_>, parcel: Index, scan: &Scan, id: &FactId) {
    let state = run.file.parcel(parcel);
    if !scan.is_exception(ExceptionReason::OutOfRange) || !state.is_ours() || state.turned_since().is_some() {
        return;
    }
    note(run, parcel, id.clone());
    let case = run.open_case(CaseKind::OutOfRange, Subject::Parcel(parcel), None);
    run.ask(Ask::of(TaskKind::ChooseDeliveryPlan, case));
}

/// The buyer is made to fetch it somewhere.
pub(super) fn asked(run: &mut Run<'_>, parcel: Option<Index>) -> Option<Index> {
    let parcel = parcel?;
    let id = run.because.iter().find_map(|c| match c {
        Cause::Fact(id) => Some(id.clone()),
        _ => None,
    });
    if let Some(id) = id {
        note(run, parcel, id);
    }
    let case = run.open_case(CaseKind::OutOfRange, Subject::Parcel(parcel), None);
    run.ask(Ask::of(TaskKind::ChooseDeliveryPlan, case));
    Some(case)
}

/// Notes that the courier does not reach the parcel's destination.
fn note(run: &mut Run<'_>, parcel: Index, cause: FactId) {
    let state = run.file.parcel(parcel);
    let waybill = state.waybill.clone();
    let Some(area) = state.destination.clone().or_else(|| run.file.recipient_area.clone()) else { return };
    let Some(province) = area.province.as_deref().map(short_province) else { return };
    if run.noted.iter().any(|c| c.cause == cause) || run.seen().out_of_reach(waybill.courier, &area, run.now) {
        return;
    }
    let reach = Reach {
        courier: waybill.courier,
        province: province.clone(),
        city: area.city.clone(),
        district: area.district.clone(),
        serves: false,
        at: run.now,
        until: None,
    };
    run.noted.push(Change { at: run.now, cause, news: News::Reach(reach) });
    let body = CoverageNoted { courier: waybill.courier, province, city: area.city, district: area.district, serves: false, waybill };
    run.emit(DecisionBody::CoverageNoted(body));
}

/// Before shipping: the planned courier is known not to reach the address.
pub(super) fn open(run: &mut Run<'_>) {
    let unreached = is_unreached(run);
    let open = run.file.open_case(CaseKind::OutOfRange, Subject::Order);
    if !unreached || open.is_some() {
        return;
    }
    // One that a person has answered stays answered until something changes.
    let by_person = |c: &Case| c.closed.is_some_and(|(_, outcome)| outcome != CaseOutcome::Recovered);
    let of_order = |c: &&Case| c.kind == CaseKind::OutOfRange && c.subject == Subject::Order;
    if run.file.cases.iter().filter(of_order).any(|c| by_person(c) && c.words == planned(run)) {
        return;
    }
    let case = run.open_case(CaseKind::OutOfRange, Subject::Order, None);
    let words = planned(run);
    run.case_mut(case).words = words;
    run.ask(Ask::of(TaskKind::ChangeCourier, case).in_own_hours());
}

fn planned(run: &Run<'_>) -> Option<String> {
    run.file.awaits_coverage().map(|(courier, province)| format!("{} / {province}", run.texts.word("courier", courier.word())))
}

fn is_unreached(run: &Run<'_>) -> bool {
    run.file.awaits_planned_courier().is_some_and(|(courier, area)| run.seen().out_of_reach(courier, area, run.now))
}

/// Looks again when the word that a courier does not reach the address ends.
fn watch_its_end(run: &mut Run<'_>, case: Index) {
    let word = run.file.awaits_planned_courier().and_then(|(courier, area)| run.seen().no_reach(courier, area, run.now));
    let Some((cause, Some(until))) = word else { return };
    let known = |t: &Timer| t.case == Some(case) && t.kind == TimerKind::LookAgain && t.at == until;
    if !run.file.timers.iter().any(known) {
        let because = vec![Cause::Fact(cause.clone())];
        run.file.timers.push(Timer { at: until, case: Some(case), parcel: None, kind: TimerKind::LookAgain, because });
        run.moves += 1;
    }
}

impl CaseFile {
    /// The planned courier and the destination of an order that is still to be shipped.
    pub(super) fn awaits_planned_courier(&self) -> Option<(Courier, &Area)> {
        let (courier, _) = self.awaits_coverage()?;
        Some((courier, self.recipient_area.as_ref()?))
    }
}

/// `change_courier`, `choose_delivery_plan`.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    match d.outcome {
        TaskOutcome::Changed => run.close_case(d.case, CaseOutcome::Corrected),
        TaskOutcome::ChangeAddress => {
            let other = address_change::asked(run, d.parcel, d.answers.address.clone());
            run.case_mut(d.case).waits_for = other;
        }
        // Forwarded, fetched by the buyer, or sent again once it is home: the scans are waited for.
        outcome => run.case_mut(d.case).decided = Some(outcome),
    }
}

/// Whether somebody chose to wait for this parcel and send it again.
pub(super) fn waits_to_reship(run: &Run<'_>, parcel: Index) -> bool {
    let mut cases = run.file.cases.iter();
    cases.any(|c| c.kind == CaseKind::OutOfRange && c.parcel == Some(parcel) && c.decided == Some(TaskOutcome::WaitAndReship))
}

/// Closes it when the parcel arrived, went back or got another address, or the order another courier.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    if run.case(case).subject == Subject::Order {
        if run.file.shipped_at().is_some() {
            run.close_case(case, CaseOutcome::Shipped);
        } else if !is_unreached(run) && !run.case(case).by_hand {
            let outcome = if run.file.refunded_since().is_some() { CaseOutcome::Refunded } else { CaseOutcome::Recovered };
            let outcome = if run.case(case).words == planned(run) || planned(run).is_none() { outcome } else { CaseOutcome::Corrected };
            run.close_case(case, outcome);
        } else {
            watch_its_end(run, case);
        }
        return;
    }
    let delivered_before = run.case(case).asked_at.is_some()
        && run.case(case).scan_at == run.case(case).parcel.and_then(|p| run.file.parcel(p).newest()).map(|s| s.at);
    if !delivered_before && serve::close_with_parcel(run, case) {
        return;
    }
    let Some(parcel) = run.case(case).parcel else { return };
    if run.file.parcel(parcel).lost_since().is_some() {
        run.close_case(case, CaseOutcome::Lost);
        return;
    }
    let readdressed = run.file.operations.iter().any(|o| {
        o.parcel == parcel
            && o.kind == OperationKind::AddressChange
            && o.asked_at >= run.case(case).opened_at
            && matches!(o.state, OperationState::Accepted | OperationState::Settled(OperationStatus::Succeeded))
    });
    if readdressed {
        run.close_case(case, CaseOutcome::Corrected);
    }
}
