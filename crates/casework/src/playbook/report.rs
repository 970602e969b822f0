//! `parcelward.report`: a person opens a case by hand, as if its cause had come.
//!
//! Where that needs a fact that is not there, `review_case` opens in it.

use super::*;
use crate::fact::ReportFact;

/// Opens the case.
pub(crate) fn report(run: &mut Run<'_>, f: &ReportFact, at: Instant) {
    let parcel = f.waybill.as_ref().and_then(|w| run.file.parcel_of(w)).or_else(|| run.file.main_parcel());
    let case = match (by_parcel(f.case), parcel) {
        (true, Some(parcel)) => Some(open_on(run, f.case, parcel, at)),
        (true, None) if f.case == CaseKind::OutOfRange => open_otherwise(run, f.case, None),
        (true, None) => None,
        (false, _) => open_otherwise(run, f.case, parcel),
    };
    let case = case.unwrap_or_else(|| run.open_case(f.case, Subject::Order, parcel));
    if !run.file.is_case_open(case) {
        return;
    }
    run.case_mut(case).by_hand = true;
    if f.text.is_some() {
        run.case_mut(case).words.clone_from(&f.text);
    }
    let busy = run.file.tasks.iter().any(|t| t.case == Some(case) && t.is_open())
        || run.file.operations.iter().any(|o| o.case == case && o.is_live());
    if !busy {
        run.ask(Ask::of(TaskKind::ReviewCase, case).saying(f.text.clone()));
    } else if matches!(f.case, CaseKind::NotReceived | CaseKind::AddressChange | CaseKind::BuyerRequest) {
        // These have no other cause than the buyer's word: as if it had come, its clocks run.
        run.case_mut(case).asked_at.get_or_insert(at);
    }
}

/// Whether a case of this kind is about a parcel.
const fn by_parcel(kind: CaseKind) -> bool {
    matches!(
        kind,
        CaseKind::Uncollected
            | CaseKind::Stalled
            | CaseKind::Undelivered
            | CaseKind::Lost
            | CaseKind::Intercept
            | CaseKind::OutOfRange
            | CaseKind::Misrouted
            | CaseKind::Damaged
            | CaseKind::NotReceived
            | CaseKind::ReturnParcel
            | CaseKind::Claim
            | CaseKind::Complaint
    )
}

fn open_on(run: &mut Run<'_>, kind: CaseKind, parcel: Index, at: Instant) -> Index {
    let subject = Subject::Parcel(parcel);
    match kind {
        CaseKind::Lost => {
            lost::told(run, parcel, at);
            return run.open_case(kind, subject, None);
        }
        CaseKind::Misrouted => return misrouted::begin(run, parcel),
        CaseKind::Damaged => {
            if let Some(case) = damaged::asked(run, Some(parcel), at) {
                return case;
            }
        }
        CaseKind::NotReceived if run.file.parcel(parcel).phase() == Phase::Delivered => return not_received::begin(run, parcel),
        CaseKind::Claim => {
            claim::request(run, parcel, "other");
            return run.open_case(kind, subject, None);
        }
        CaseKind::Complaint => return complaint::begin(run, parcel),
        _ => {}
    }
    let case = run.open_case(kind, subject, None);
    run.case_mut(case).by_hand = true;
    match kind {
        CaseKind::Intercept => intercept::react(run, case),
        CaseKind::Uncollected if !run.file.parcel(parcel).is_scanned() => uncollected::hand_over(run, case),
        CaseKind::Stalled if run.file.parcel(parcel).phase().is_on_its_way() => stalled::urge(run, case, parcel),
        CaseKind::Undelivered if run.file.parcel(parcel).phase().is_on_its_way() => {
            run.ask(Ask::of(TaskKind::ChaseCourier, case));
        }
        CaseKind::OutOfRange => {
            run.ask(Ask::of(TaskKind::ChooseDeliveryPlan, case));
        }
        _ => {}
    }
    case
}

fn open_otherwise(run: &mut Run<'_>, kind: CaseKind, parcel: Option<Index>) -> Option<Index> {
    match kind {
        CaseKind::LateShipment => {
            let case = run.open_case(kind, Subject::Order, None);
            if run.file.shipped_at().is_none() {
                let deadline = run.file.running(K::ShipBy, Subject::Order);
                run.ask(Ask::of(TaskKind::ShipNow, case).due_with(deadline));
            }
            Some(case)
        }
        CaseKind::BadAddress => {
            let case = run.open_case(kind, Subject::Order, None);
            run.case_mut(case).by_hand = true;
            bad_address::ask(run, case);
            Some(case)
        }
        CaseKind::AddressChange => address_change::asked(run, parcel, None),
        CaseKind::AfterSale => {
            let sale = after_sale::unanswered(run)?;
            after_sale::answer(run, sale);
            run.file.open_case(kind, Subject::AfterSale(sale))
        }
        CaseKind::OutOfRange if run.file.awaits_coverage().is_some() => {
            let case = run.open_case(kind, Subject::Order, None);
            run.ask(Ask::of(TaskKind::ChangeCourier, case).in_own_hours());
            Some(case)
        }
        CaseKind::BuyerRequest => {
            let case = run.open_case(kind, Subject::Order, parcel);
            run.ask(Ask::of(TaskKind::AnswerBuyer, case));
            Some(case)
        }
        _ => None,
    }
}
