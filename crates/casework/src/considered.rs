//! Which rules look at a subject, and why those that ask for nothing do not: reasons for people, never read by a decision.
//!
//! `wants` says what is asked for and stays as short as decisions need it; this says the rest, and a law holds the two together: of every
//! rule that could be about a subject, either the one asks for it or the other says why not, never both and never neither.
//! Deliberately absent: how long a rule is and what became of a deadline that it set (the case file and `rules` say that).

use crate::casefile::*;
use crate::instant::Instant;
use crate::look::index;
use crate::parcel::Phase;
use crate::rule_kind::RuleKind as K;
use crate::rules::Rules;
use crate::wants::wants;
pub use crate::why_not::WhyNot;
use crate::words::*;

/// What a rule says to a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Its clock started then, and either runs or ended.
    Asks(Instant),
    /// It asks for nothing.
    Nothing(WhyNot),
}

/// A rule that looked at a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// The rule.
    pub rule: K,
    /// Its id on the order's platform; where that has no such rule, the id on one that has.
    pub id: String,
    /// What it looked at.
    pub subject: Subject,
    /// What it says.
    pub says: Says,
}

/// Every rule that could be about these subjects, in the rules' own order, each with what it says.
#[must_use]
pub fn considered(file: &CaseFile, rules: &Rules, subjects: &[Subject]) -> Vec<Considered> {
    let mut asked = Vec::new();
    wants(file, rules, &mut asked);
    let mut out = Vec::new();
    for &subject in subjects {
        for rule in candidates(file, subject) {
            let wanted = asked.iter().rev().find(|(k, s, _)| *k == rule && *s == subject).map(|(_, _, want)| want.clock().start);
            let says = match (wanted, why_not(file, rule, subject)) {
                (Some(start), _) => Says::Asks(start),
                (None, Some(why)) => Says::Nothing(why),
                (None, None) => continue,
            };
            out.push(Considered { rule, id: id_of(rule, file.key.platform), subject, says });
        }
    }
    out
}

fn id_of(rule: K, platform: Platform) -> String {
    let has = Platform::ALL.iter().copied().find(|p| rule.exists_for(*p)).filter(|_| !rule.exists_for(platform));
    rule.id(has.unwrap_or(platform))
}

/// Everything that a case file's rules can be about.
#[must_use]
pub fn subjects(file: &CaseFile) -> Vec<Subject> {
    let parcels = (0..file.parcels.len()).map(|i| Subject::Parcel(index(i)));
    let operations = (0..file.operations.len()).map(|i| Subject::Operation(index(i)));
    let sales = (0..file.after_sales.len()).map(|i| Subject::AfterSale(index(i)));
    let disputes = (0..file.disputes.len()).map(|i| Subject::Dispute(index(i)));
    let promises = (0..file.commitments.len()).map(|i| Subject::Commitment(index(i)));
    let cases = (0..file.cases.len()).map(|i| Subject::Case(index(i)));
    [Subject::Order].into_iter().chain(parcels).chain(operations).chain(sales).chain(disputes).chain(promises).chain(cases).collect()
}

/// The parcel that a subject is about, if it is about one.
#[must_use]
pub fn parcel_of(file: &CaseFile, subject: Subject) -> Option<Index> {
    file.parcel_of_subject(subject)
}

/// Rules of a parcel that goes to the buyer for the first time.
const OF_OUTBOUND: [K; 4] = [K::Collect, K::SecondScan, K::FirstHub, K::Movement];
/// Rules of a parcel that goes to the buyer in the place of another.
const OF_RESHIP: [K; 2] = [K::ReshipCollect, K::ReshipMovement];
/// Rules of whatever goes to the buyer.
const OF_OURS: [K; 3] = [K::DeliveryAttempt, K::PickupWait, K::PresumedLost];
/// Rules of every parcel.
const OF_ALL: [K; 7] =
    [K::ReturnHome, K::ReturnMovement, K::ClaimFiling, K::ClaimAnswer, K::ClaimDecision, K::ClaimPayout, K::AuthorityLatest];

/// The rules that could be about a subject.
#[must_use]
pub fn candidates(file: &CaseFile, subject: Subject) -> Vec<K> {
    let mut rules = Vec::new();
    match subject {
        Subject::Order => {
            rules.push(K::ShipBy);
            // Before there is a parcel, its rules are asked of the order: that is why they do not run.
            if !file.parcels.iter().any(|p| p.direction == Direction::Outbound) {
                rules.extend(OF_OUTBOUND);
            }
        }
        Subject::Parcel(i) => {
            let Some(parcel) = file.parcels.get(i as usize) else { return rules };
            match parcel.direction {
                Direction::Outbound => rules.extend(OF_OUTBOUND.into_iter().chain(OF_OURS)),
                Direction::Reship => rules.extend(OF_RESHIP.into_iter().chain(OF_OURS)),
                Direction::Return => {}
            }
            rules.extend(OF_ALL);
        }
        Subject::Operation(i) => {
            rules.push(K::OperationAnswer);
            match file.operations.get(i as usize).map(|o| o.kind) {
                Some(OperationKind::Intercept) => rules.push(K::InterceptResult),
                Some(OperationKind::AddressChange) => rules.push(K::AddressChangeResult),
                _ => {}
            }
        }
        Subject::AfterSale(_) => rules.extend([
            K::AfterSaleResponse,
            K::RefundResponse,
            K::AfterSaleReview,
            K::ReturnWaybill,
            K::ReturnReceipt,
            K::AutoRefundAppeal,
        ]),
        Subject::Dispute(_) => rules.extend([K::Intervention, K::DisputeAnswer, K::Evidence, K::RulingWait, K::RulingAppeal]),
        Subject::Commitment(_) => rules.push(K::CommitmentDue),
        Subject::Case(i) => {
            rules.push(K::FirstAnswer);
            if file.cases.get(i as usize).is_some_and(|c| c.kind == CaseKind::NotReceived) {
                rules.push(K::NotReceived);
            }
            rules.extend([K::AppealAnswer, K::ComplaintAnswer]);
        }
    }
    rules
}

/// Why a rule asks for nothing of a subject; `None` where it asks for something.
#[must_use]
pub fn why_not(file: &CaseFile, rule: K, subject: Subject) -> Option<WhyNot> {
    if !rule.exists_for(file.key.platform) {
        return Some(WhyNot::OtherPlatform(Platform::ALL.iter().copied().filter(|p| rule.exists_for(*p)).collect()));
    }
    match subject {
        Subject::Order if rule == K::ShipBy => of_order(file),
        Subject::Order => Some(WhyNot::NotShipped),
        Subject::Parcel(i) => of_parcel(file, rule, i),
        Subject::Operation(i) => of_operation(file, rule, file.operations.get(i as usize)?),
        Subject::AfterSale(i) => of_after_sale(file, rule, i),
        Subject::Dispute(i) => of_dispute(rule, file.disputes.get(i as usize)?),
        Subject::Commitment(i) => file.commitments.get(i as usize)?.made_at.is_none().then_some(WhyNot::NotPromised),
        Subject::Case(i) => of_case(file, rule, file.cases.get(i as usize)?),
    }
}

fn of_order(file: &CaseFile) -> Option<WhyNot> {
    if file.order.is_none() {
        Some(WhyNot::OrderUnknown)
    } else if file.shipped_at().is_some() {
        None
    } else {
        called_off(file)
    }
}

fn called_off(file: &CaseFile) -> Option<WhyNot> {
    if file.is_called_off() { Some(WhyNot::CalledOff) } else { file.refunded_since().map(|_| WhyNot::Refunded) }
}

/// Where a parcel stands, as far as nothing more is waited for.
const fn over(phase: Phase) -> Option<WhyNot> {
    match phase {
        Phase::Delivered => Some(WhyNot::Over("signed for")),
        Phase::Refused => Some(WhyNot::Over("refused by the recipient")),
        Phase::Back => Some(WhyNot::Over("on its way back")),
        Phase::Home => Some(WhyNot::Over("back at its sender")),
        Phase::Lost => Some(WhyNot::Lost),
        Phase::Unscanned | Phase::Moving | Phase::OutForDelivery | Phase::Waiting => None,
    }
}

fn of_parcel(file: &CaseFile, rule: K, i: Index) -> Option<WhyNot> {
    let parcel = file.parcels.get(i as usize)?;
    match rule {
        K::ReturnHome | K::ReturnMovement => of_way_back(file, rule, i, parcel),
        K::ClaimFiling | K::ClaimAnswer | K::ClaimDecision | K::ClaimPayout | K::AuthorityLatest => of_claim(file, rule, i, parcel),
        _ => of_way_out(file, rule, i, parcel),
    }
}

fn of_way_out(file: &CaseFile, rule: K, i: Index, parcel: &Parcel) -> Option<WhyNot> {
    if let Some(new) = parcel.replaced_by {
        return Some(WhyNot::Replaced(file.parcel(new).waybill.clone()));
    }
    if !parcel.is_scanned()
        && let Some(why) = match parcel.direction {
            Direction::Outbound => called_off(file),
            _ => file.is_called_off().then_some(WhyNot::CalledOff),
        }
    {
        return Some(why);
    }
    let (first, phase) = (parcel.first_scan(), parcel.phase());
    let lost = || (phase == Phase::Lost).then_some(WhyNot::Lost);
    match rule {
        K::ReshipCollect if !parcel.declared => return Some(WhyNot::NotDeclared),
        K::Collect | K::ReshipCollect => return first.is_none().then(lost).flatten(),
        _ if first.is_none() => return Some(WhyNot::NotScanned),
        _ => {}
    }
    match rule {
        K::SecondScan => parcel.events().nth(1).is_none().then(|| over(phase)).flatten(),
        K::FirstHub => first_hub_is_unseen(file, i).then(lost).flatten(),
        K::Movement if waits_for_second_scan(file, i, parcel) => Some(WhyNot::NoSecondScan),
        K::Movement | K::ReshipMovement => lost(),
        K::DeliveryAttempt => (!was_tried(file, rule, i)).then_some(WhyNot::NoAttempt),
        K::PickupWait => (!was_tried(file, rule, i)).then_some(WhyNot::NotAtPickup),
        _ => None,
    }
}

fn first_hub_is_unseen(file: &CaseFile, i: Index) -> bool {
    crate::wants::first_hub(file.parcel(i)).is_none()
}

fn waits_for_second_scan(file: &CaseFile, i: Index, parcel: &Parcel) -> bool {
    let breached = |d: &Deadline| d.rule == K::SecondScan && d.subject == Subject::Parcel(i) && d.state == DeadlineState::Breached;
    K::SecondScan.exists_for(file.key.platform) && parcel.events().nth(1).is_none() && !file.deadlines.iter().any(breached)
}

/// Whether the parcel was out for delivery, or put down at a pick-up point, before it turned round.
fn was_tried(file: &CaseFile, rule: K, i: Index) -> bool {
    let parcel = file.parcel(i);
    let turned = parcel.turned_since();
    let of_rule = |s: &Scan| match s.status {
        TrackingStatus::OutForDelivery | TrackingStatus::DeliveryFailed => rule == K::DeliveryAttempt,
        TrackingStatus::ReadyForPickup => rule == K::PickupWait,
        _ => false,
    };
    parcel.events().take_while(|s| turned.is_none_or(|turned| s.at < turned)).any(of_rule)
}

fn of_way_back(file: &CaseFile, rule: K, i: Index, parcel: &Parcel) -> Option<WhyNot> {
    let start = match parcel.direction {
        Direction::Return if file.turned_into(i).is_some() => Some(parcel.declared_at),
        Direction::Return => parcel.first_scan(),
        _ => parcel.turned_since(),
    };
    let Some(start) = start else {
        return Some(if parcel.direction == Direction::Return { WhyNot::NotScanned } else { WhyNot::NotTurned });
    };
    if let Some(new) = parcel.replaced_by {
        return Some(WhyNot::Replaced(file.parcel(new).waybill.clone()));
    }
    if parcel.lost_since().is_some() {
        return Some(WhyNot::Lost);
    }
    let scanned = parcel.home_since().is_some() || parcel.events().any(|s| s.at >= start && s.status != TrackingStatus::Refused);
    (rule == K::ReturnMovement && !scanned).then_some(WhyNot::NoScanOfTheWayBack)
}

fn of_claim(file: &CaseFile, rule: K, i: Index, parcel: &Parcel) -> Option<WhyNot> {
    let claim = file.claim_on(i).map(|c| &file.claims[c as usize]);
    let ended_as = |status| claim.and_then(|c| c.ended).is_some_and(|(_, s)| s == status);
    match rule {
        K::ClaimFiling => {
            let open = |kind| file.open_case_on(kind, i).is_some();
            let damaged = parcel.damaged_at.is_some() && (claim.is_some() || open(CaseKind::Damaged) || open(CaseKind::Claim));
            if !damaged && parcel.lost_since().is_none() && parcel.claim_wanted_at.is_none() {
                return Some(WhyNot::NothingToClaim);
            }
            claim.is_some_and(|c| c.filed_at.is_none() && c.ended.is_some()).then_some(WhyNot::ClaimOver)
        }
        K::ClaimAnswer => claim.and_then(|c| c.filed_at).is_none().then_some(WhyNot::NoClaim),
        K::ClaimDecision => match claim {
            None => Some(WhyNot::NoClaim),
            Some(c) if c.answered_at.is_none() => Some(WhyNot::ClaimNotAnswered),
            Some(c) => (ended_as(ClaimStatus::Withdrawn) && c.decided_at.is_none()).then_some(WhyNot::ClaimOver),
        },
        K::ClaimPayout => match claim {
            None => Some(WhyNot::NoClaim),
            Some(c) if c.decided_at.is_none() => Some(WhyNot::ClaimNotDecided),
            Some(c) if c.amount.is_none() => Some(WhyNot::NothingAwarded),
            Some(c) => (c.ended.is_some() && !ended_as(ClaimStatus::Paid)).then_some(WhyNot::ClaimOver),
        },
        _ => {
            let open = file.open_case_on(CaseKind::Claim, i).is_some() || file.open_case_on(CaseKind::Complaint, i).is_some();
            let done = parcel.authority_at.is_some() || ended_as(ClaimStatus::Paid);
            let asks = open || (done && file.running(K::AuthorityLatest, Subject::Parcel(i)).is_some());
            (!asks).then_some(WhyNot::NothingToComplainOf)
        }
    }
}

fn of_operation(file: &CaseFile, rule: K, operation: &Operation) -> Option<WhyNot> {
    if rule == K::OperationAnswer {
        let by_hand = (!operation.requested).then_some(WhyNot::ByHand);
        return by_hand.or(operation.taken_over.then_some(WhyNot::TakenOver));
    }
    if operation.result_from.is_none() {
        return Some(WhyNot::NotAccepted);
    }
    let parcel = file.parcel(operation.parcel);
    let phase = parcel.phase();
    let refused = matches!(operation.state, OperationState::Settled(OperationStatus::Failed | OperationStatus::Rejected));
    if rule == K::InterceptResult && parcel.turned_since().is_some() {
        return None;
    }
    if rule == K::AddressChangeResult {
        let succeeded = operation.state == OperationState::Settled(OperationStatus::Succeeded);
        if (!refused && phase == Phase::Delivered && parcel.newest().is_some()) || succeeded {
            return None;
        }
    }
    if refused {
        return Some(WhyNot::OperationRefused);
    }
    let sale = file.cases.get(operation.case as usize).and_then(|c| c.after_sale).and_then(|a| file.after_sales.get(a as usize));
    if rule == K::InterceptResult && sale.is_some_and(|s| s.refund_step().is_none()) {
        return Some(WhyNot::RefundWithdrawn);
    }
    over(phase).or((!operation.is_live()).then_some(WhyNot::OperationOver))
}

fn of_after_sale(file: &CaseFile, rule: K, i: Index) -> Option<WhyNot> {
    use AfterSaleStatus as S;
    let sale = file.after_sales.get(i as usize)?;
    match rule {
        K::ReturnReceipt => sale.at(S::BuyerShipped).is_none().then_some(WhyNot::NotSentBack),
        K::ReturnWaybill if !sale.goods_come_back() => Some(WhyNot::GoodsStay),
        K::ReturnWaybill if sale.at(S::Agreed).is_none() => Some(WhyNot::NotAgreed),
        K::ReturnWaybill => {
            let asks = |n: usize| sale.steps[n + 1..].iter().find(|s| s.status != S::Agreed).is_none_or(|s| s.status == S::BuyerShipped);
            let mut agreed = sale.steps.iter().enumerate().filter(|(_, s)| s.status == S::Agreed);
            (!agreed.any(|(n, _)| asks(n))).then_some(WhyNot::AgreementOver)
        }
        K::AutoRefundAppeal => of_auto_refund(file, sale, i),
        _ => sale.at(S::Requested).is_none().then_some(WhyNot::NotAsked),
    }
}

fn of_auto_refund(file: &CaseFile, sale: &AfterSale, i: Index) -> Option<WhyNot> {
    if sale.appealable_at.is_none() {
        return Some(WhyNot::NoAutoRefund);
    }
    let case = file.cases.iter().rfind(|c| c.kind == CaseKind::Intercept && c.after_sale == Some(i));
    let parcel = case.and_then(|c| file.parcel_of_subject(c.subject)).or_else(|| file.outbound().next_back().map(|(p, _)| p));
    let turned = parcel.is_some_and(|p| file.parcel(p).turned_since().is_some());
    if sale.appeal_filed_at.is_some() || turned {
        None
    } else if sale.refund_step().is_none() {
        Some(WhyNot::RefundWithdrawn)
    } else {
        case.is_none_or(|c| c.closed.is_some()).then_some(WhyNot::InterceptOver)
    }
}

fn of_dispute(rule: K, dispute: &Dispute) -> Option<WhyNot> {
    use DisputeStatus as S;
    let has = |status: S| dispute.steps.iter().any(|s| s.status == status);
    match rule {
        K::Evidence => (!has(S::EvidenceRequested)).then_some(WhyNot::NoEvidenceWanted),
        K::RulingWait => (!has(S::EvidenceSubmitted)).then_some(WhyNot::NoEvidenceGiven),
        K::RulingAppeal if !has(S::Ruled) => Some(WhyNot::NotRuled),
        K::RulingAppeal => {
            let against = |s: &DisputeStep| s.status == S::Ruled && matches!(s.ruling, Some(Ruling::Buyer | Ruling::Split));
            (!dispute.steps.iter().any(against)).then_some(WhyNot::RuledForUs)
        }
        _ => (!has(S::Opened)).then_some(WhyNot::NotOpened),
    }
}

fn of_case(file: &CaseFile, rule: K, case: &Case) -> Option<WhyNot> {
    if case.closed.is_some() {
        return Some(WhyNot::CaseClosed);
    }
    match rule {
        K::AppealAnswer => {
            let told = match case.subject {
                Subject::Dispute(d) => file.disputes[d as usize].steps.iter().any(|s| s.status == DisputeStatus::Appealed),
                _ => false,
            };
            (case.appeal_filed_at.is_none() && !told).then_some(WhyNot::NoAppeal)
        }
        K::ComplaintAnswer => case.complained_at.is_none().then_some(WhyNot::NoComplaint),
        _ => case.asked_at.is_none().then_some(WhyNot::NotAsked),
    }
}
