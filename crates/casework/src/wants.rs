//! Which deadlines a case file asks for: read from its state alone, rule by rule, as `rules.md`'s table has them.
//!
//! Deliberately absent: what happens at a rung or a breach (`playbook`) and how long a rule is (`rules`).

use crate::casefile::*;
use crate::instant::{Instant, Length};
use crate::look::index;
use crate::parcel::Phase;
use crate::region::short_province;
use crate::rule_kind::RuleKind as K;
use crate::rules::{Rules, Span};
use crate::words::*;

/// When a clock starts, and what decides its due time beside the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// When it starts.
    pub start: Instant,
    /// The due time that the platform gave.
    pub given: Option<Instant>,
    /// Never due before this.
    pub floor: Option<Instant>,
    /// The rule's variant.
    pub variant: Option<&'static str>,
}

/// What the state asks of a rule about a subject. What it does not ask for is cancelled where it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// The clock runs.
    Running(Clock),
    /// It was met at that time in the world.
    Met(Clock, Instant),
}

impl Want {
    /// Its clock.
    pub(crate) const fn clock(&self) -> &Clock {
        match self {
            Want::Running(clock) | Want::Met(clock, _) => clock,
        }
    }
}

/// The list that the rules write into.
pub(crate) type Wants = Vec<(K, Subject, Want)>;

const fn from(start: Instant) -> Clock {
    Clock { start, given: None, floor: None, variant: None }
}

/// Running, or met where there is a time at which it was.
fn until(clock: Clock, met: Option<Instant>) -> Want {
    met.map_or(Want::Running(clock), |at| Want::Met(clock, at))
}

/// Every deadline that the case file asks for.
pub(crate) fn wants(file: &CaseFile, rules: &Rules, out: &mut Wants) {
    order(file, out);
    for (i, parcel) in file.parcels.iter().enumerate() {
        let (i, subject) = (index(i), Subject::Parcel(index(i)));
        match parcel.direction {
            Direction::Outbound => outbound(file, rules, i, parcel, out),
            Direction::Reship => reship(file, parcel, subject, rules, out),
            Direction::Return => {}
        }
        way_back(file, i, parcel, out);
        claims(file, i, parcel, out);
    }
    for (i, operation) in file.operations.iter().enumerate() {
        operation_clocks(file, index(i), operation, out);
    }
    for (i, sale) in file.after_sales.iter().enumerate() {
        after_sale(file, index(i), sale, out);
    }
    for (i, dispute) in file.disputes.iter().enumerate() {
        dispute_clocks(file.key.platform, Subject::Dispute(index(i)), dispute, out);
    }
    for (i, commitment) in file.commitments.iter().enumerate() {
        commitment_clock(file, Subject::Commitment(index(i)), commitment, out);
    }
    for (i, case) in file.cases.iter().enumerate().filter(|(_, c)| c.closed.is_none()) {
        case_clocks(file, Subject::Case(index(i)), case, out);
    }
}

fn order(file: &CaseFile, out: &mut Wants) {
    let Some(order) = &file.order else { return };
    let clock = Clock { given: order.ship_by, ..from(order.paid_at) };
    let shipped = file.shipped_at();
    if shipped.is_none() && (file.is_called_off() || file.refunded_since().is_some()) {
        return;
    }
    out.push((K::ShipBy, Subject::Order, until(clock, shipped)));
}

/// Whether an unscanned parcel will not go any more.
fn is_called_off(file: &CaseFile, parcel: &Parcel) -> bool {
    !parcel.is_scanned() && parcel.direction == Direction::Outbound && (file.is_called_off() || file.refunded_since().is_some())
}

fn outbound(file: &CaseFile, rules: &Rules, i: Index, parcel: &Parcel, out: &mut Wants) {
    let (subject, platform) = (Subject::Parcel(i), file.key.platform);
    if !parcel.is_current() || is_called_off(file, parcel) {
        return;
    }
    let phase = parcel.phase();
    let first = parcel.first_scan();
    if first.is_some() || phase != Phase::Lost {
        out.push((K::Collect, subject, until(from(parcel.declared_at), first)));
    }
    let Some(first) = first else { return };
    if K::SecondScan.exists_for(platform) {
        match parcel.events().nth(1) {
            Some(second) => out.push((K::SecondScan, subject, Want::Met(from(first), second.at))),
            None if !phase.is_final() => out.push((K::SecondScan, subject, Want::Running(from(first)))),
            None => {}
        }
    }
    if K::FirstHub.exists_for(platform) {
        let variant = hub_variant(file, rules, parcel);
        let clock = Clock { variant, ..from(first) };
        match first_hub(parcel) {
            Some(at) => out.push((K::FirstHub, subject, Want::Met(clock, at))),
            None if phase != Phase::Lost => out.push((K::FirstHub, subject, Want::Running(clock))),
            None => {}
        }
    }
    let start = if K::SecondScan.exists_for(platform) && parcel.events().nth(1).is_none() {
        // The second scan never came: its breach starts the clock, as long after the first scan as it was due, if that is corrected since.
        file.deadlines
            .iter()
            .rfind(|d| d.rule == K::SecondScan && d.subject == subject && d.state == DeadlineState::Breached)
            .map(|d| first + d.due_at.since(d.starts_at))
    } else {
        parcel.newest().map(|s| s.at)
    };
    movement(K::Movement, parcel, start, subject, out);
    delivery(parcel, subject, out);
    presumed_lost(parcel, subject, rules, out);
}

fn reship(file: &CaseFile, parcel: &Parcel, subject: Subject, rules: &Rules, out: &mut Wants) {
    if !parcel.is_current() || (!parcel.is_scanned() && file.is_called_off()) {
        return;
    }
    let first = parcel.first_scan();
    if parcel.declared && (first.is_some() || parcel.phase() != Phase::Lost) {
        out.push((K::ReshipCollect, subject, until(from(parcel.declared_at), first)));
    }
    movement(K::ReshipMovement, parcel, parcel.newest().map(|s| s.at), subject, out);
    delivery(parcel, subject, out);
    presumed_lost(parcel, subject, rules, out);
}

fn movement(rule: K, parcel: &Parcel, start: Option<Instant>, subject: Subject, out: &mut Wants) {
    let Some(start) = start else { return };
    let phase = parcel.phase();
    let want = match phase {
        Phase::Unscanned | Phase::Lost => return,
        Phase::Moving => Want::Running(from(start)),
        Phase::OutForDelivery | Phase::Waiting | Phase::Delivered => Want::Met(from(start), start),
        Phase::Refused | Phase::Back | Phase::Home => {
            let turned = parcel.turned_since().unwrap_or(start);
            Want::Met(from(turned), turned)
        }
    };
    out.push((rule, subject, want));
}

const fn delivery_rule(scan: &Scan) -> Option<K> {
    match scan.status {
        TrackingStatus::OutForDelivery | TrackingStatus::DeliveryFailed => Some(K::DeliveryAttempt),
        TrackingStatus::ReadyForPickup => Some(K::PickupWait),
        _ => None,
    }
}

/// Attempts to deliver and waits at a pick-up point, each met by the scan after it; none once the parcel turned round.
fn delivery(parcel: &Parcel, subject: Subject, out: &mut Wants) {
    let turned = parcel.turned_since();
    let mut events = parcel.events().peekable();
    while let Some(scan) = events.next() {
        let Some(rule) = delivery_rule(scan) else { continue };
        // Of two attempts at one instant, one clock starts.
        if events.peek().is_some_and(|next| next.at == scan.at && delivery_rule(next) == Some(rule)) {
            continue;
        }
        if turned.is_some_and(|turned| scan.at >= turned) {
            break;
        }
        let next = events.peek().map(|s| s.at).or(parcel.lost_at.filter(|lost| *lost >= scan.at));
        out.push((rule, subject, until(from(scan.at), next)));
    }
}

fn presumed_lost(parcel: &Parcel, subject: Subject, rules: &Rules, out: &mut Wants) {
    let (Some(first), Some(newest)) = (parcel.first_scan(), parcel.newest()) else { return };
    let quiet = match rules.version(K::PresumedLost, Platform::Other, first).and_then(|v| v.variants.get("quiet")) {
        Some(Span::Hours(quiet)) => *quiet,
        _ => Length::hours(48),
    };
    let clock = Clock { floor: Some(newest.at + quiet), variant: parcel.same_city.then_some("same_city"), ..from(first) };
    // What ended it once ended it, whatever was scanned later: scans in any order end in the same.
    let ends = |s: &Scan| {
        use TrackingStatus as T;
        matches!(s.status, T::Delivered | T::Refused | T::ReadyForPickup) || s.turns_round() || s.is_exception(ExceptionReason::Lost)
    };
    let met = [parcel.events().find(|s| ends(s)).map(|s| s.at), parcel.turned_at, parcel.lost_at].into_iter().flatten().min();
    out.push((K::PresumedLost, subject, until(clock, met)));
}

/// When the parcel was seen to pass its first hub.
pub(crate) fn first_hub(parcel: &Parcel) -> Option<Instant> {
    use TrackingStatus as T;
    let (mut arrived, mut moved) = (false, false);
    for scan in parcel.events() {
        let passed = match scan.status {
            T::InTransit if arrived || moved => true,
            T::Arrived if arrived => true,
            T::OutForDelivery | T::ReadyForPickup | T::DeliveryFailed | T::Delivered | T::Refused | T::Returning | T::Returned => true,
            T::Exception => scan.is_exception(ExceptionReason::Intercepted),
            _ => false,
        };
        if passed {
            return Some(scan.at);
        }
        arrived |= scan.status == T::Arrived;
        moved |= scan.status == T::InTransit;
    }
    parcel.turned_at
}

fn hub_variant(file: &CaseFile, rules: &Rules, parcel: &Parcel) -> Option<&'static str> {
    let to = parcel.destination.as_ref().and_then(|a| a.province.as_deref());
    let to = to.or_else(|| file.order.as_ref().and_then(|o| o.recipient.as_ref()).and_then(|r| r.province.as_deref()))?;
    let to = short_province(to);
    if rules.policy.far_remote.contains(&to) { Some("far_remote") } else { rules.policy.remote.contains(&to).then_some("remote") }
}

fn way_back(file: &CaseFile, i: Index, parcel: &Parcel, out: &mut Wants) {
    let subject = Subject::Parcel(i);
    let start = match parcel.direction {
        // Under a new number for the way back it turned round when it got that number.
        Direction::Return if file.turned_into(i).is_some() => Some(parcel.declared_at),
        Direction::Return => parcel.first_scan(),
        _ => parcel.turned_since(),
    };
    let Some(start) = start else { return };
    if !parcel.is_current() || parcel.lost_since().is_some() {
        return;
    }
    let received = parcel.after_sale.and_then(|a| file.after_sales.get(a as usize)).and_then(|s| s.at(AfterSaleStatus::Received));
    out.push((K::ReturnHome, subject, until(from(start), parcel.inspected_at.or(received))));
    let newest = parcel.events().rfind(|s| s.at >= start && s.status != TrackingStatus::Refused);
    if let Some(home) = parcel.home_since() {
        out.push((K::ReturnMovement, subject, Want::Met(from(home), home)));
    } else if let Some(newest) = newest {
        out.push((K::ReturnMovement, subject, until(from(newest.at), parcel.inspected_at)));
    }
}

fn claims(file: &CaseFile, i: Index, parcel: &Parcel, out: &mut Wants) {
    let subject = Subject::Parcel(i);
    let claim = file.claim_on(i).map(|c| &file.claims[c as usize]);
    let damaged = parcel.damaged_at.filter(|_| {
        claim.is_some() || file.open_case_on(CaseKind::Damaged, i).is_some() || file.open_case_on(CaseKind::Claim, i).is_some()
    });
    let known = [parcel.lost_since(), damaged, parcel.claim_wanted_at].into_iter().flatten().min();
    if let Some(known) = known {
        let over = claim.is_some_and(|c| c.filed_at.is_none() && c.ended.is_some());
        match claim.and_then(|c| c.filed_at) {
            Some(filed) => out.push((K::ClaimFiling, subject, Want::Met(from(known), filed))),
            None if !over => out.push((K::ClaimFiling, subject, Want::Running(from(known)))),
            None => {}
        }
    }
    if let Some(claim) = claim {
        claim_clocks(claim, subject, out);
    }
    let open = file.open_case_on(CaseKind::Claim, i).is_some() || file.open_case_on(CaseKind::Complaint, i).is_some();
    let paid = claim.and_then(|c| c.ended).filter(|(_, s)| *s == ClaimStatus::Paid).map(|(at, _)| at);
    let done = parcel.authority_at.or(paid);
    if open || (done.is_some() && file.running(K::AuthorityLatest, subject).is_some()) {
        out.push((K::AuthorityLatest, subject, until(from(parcel.declared_at), done)));
    }
}

fn claim_clocks(claim: &Claim, subject: Subject, out: &mut Wants) {
    let ended = claim.ended.map(|(at, _)| at);
    if let Some(filed) = claim.filed_at {
        let later = [claim.answered_at, claim.decided_at, ended].into_iter().flatten().min();
        out.push((K::ClaimAnswer, subject, until(from(filed), later)));
    }
    let withdrawn = claim.ended.is_some_and(|(_, s)| s == ClaimStatus::Withdrawn);
    if let Some(answered) = claim.answered_at
        && (!withdrawn || claim.decided_at.is_some())
    {
        out.push((K::ClaimDecision, subject, until(from(answered), claim.decided_at.or(ended))));
    }
    if let Some(decided) = claim.decided_at.filter(|_| claim.amount.is_some())
        && (ended.is_none() || claim.ended.is_some_and(|(_, s)| s == ClaimStatus::Paid))
    {
        out.push((K::ClaimPayout, subject, until(from(decided), ended)));
    }
}

fn operation_clocks(file: &CaseFile, i: Index, operation: &Operation, out: &mut Wants) {
    let subject = Subject::Operation(i);
    if operation.requested && !operation.taken_over {
        let answered = [operation.answered_at, operation.settled_at].into_iter().flatten().min();
        out.push((K::OperationAnswer, subject, until(from(operation.asked_at), answered)));
    }
    let Some(start) = operation.result_from else { return };
    let parcel = file.parcel(operation.parcel);
    let refused = matches!(operation.state, OperationState::Settled(OperationStatus::Failed | OperationStatus::Rejected));
    match operation.kind {
        OperationKind::Intercept => {
            let withdrawn = file
                .cases
                .get(operation.case as usize)
                .and_then(|c| c.after_sale)
                .and_then(|a| file.after_sales.get(a as usize))
                .is_some_and(|s| s.refund_step().is_none());
            if let Some(turned) = parcel.turned_since() {
                out.push((K::InterceptResult, subject, Want::Met(from(start), turned)));
            } else if !refused && !withdrawn && !parcel.phase().is_final() && operation.is_live() {
                out.push((K::InterceptResult, subject, Want::Running(from(start))));
            }
        }
        OperationKind::AddressChange => {
            let delivered = (parcel.phase() == Phase::Delivered).then(|| parcel.newest().map(|s| s.at)).flatten();
            if !refused && (delivered.is_some() || (operation.is_live() && !parcel.phase().is_final())) {
                out.push((K::AddressChangeResult, subject, until(from(start), delivered)));
            } else if operation.state == OperationState::Settled(OperationStatus::Succeeded) {
                out.push((K::AddressChangeResult, subject, Want::Met(from(start), operation.settled_at.unwrap_or(start))));
            }
        }
        _ => {}
    }
}

fn after_sale(file: &CaseFile, i: Index, sale: &AfterSale, out: &mut Wants) {
    use AfterSaleStatus as S;
    let (subject, platform) = (Subject::AfterSale(i), file.key.platform);
    let response = [K::AfterSaleResponse, K::RefundResponse, K::AfterSaleReview].into_iter().find(|k| k.exists_for(platform));
    for (n, step) in sale.steps.iter().enumerate() {
        let later = &sale.steps[n + 1..];
        match (step.status, response) {
            (S::Requested, Some(rule)) => {
                // What was shipped after it was asked does not lengthen the answer's time.
                let variant = (!file.is_shipped_at(step.at)).then_some("unshipped");
                let clock = Clock { given: step.respond_by, variant, ..from(step.at) };
                out.push((rule, subject, until(clock, later.first().map(|s| s.at))));
            }
            (S::BuyerShipped, _) => {
                let end = later.iter().position(|s| matches!(s.status, S::Refunded | S::Closed | S::Cancelled | S::Rejected));
                // While the goods come home the platform may give another limit with a later step.
                let told = sale.steps[n..].iter().take(end.map_or(usize::MAX, |end| end + 1)).rev().find_map(|s| s.respond_by);
                let clock = Clock { given: sale.extended_until.or(told), ..from(step.at) };
                out.push((K::ReturnReceipt, subject, until(clock, end.map(|end| later[end].at))));
            }
            (S::Agreed, _) if sale.goods_come_back() => return_waybill(file, subject, sale, n, out),
            _ => {}
        }
    }
    auto_refund_appeal(file, subject, sale, out);
}

/// The buyer is to say by what parcel the goods of this agreement come, unless it was taken back or ended.
fn return_waybill(file: &CaseFile, subject: Subject, sale: &AfterSale, agreed: usize, out: &mut Wants) {
    use AfterSaleStatus as S;
    let (start, later) = (sale.steps[agreed].at, &sale.steps[agreed + 1..]);
    let (sent, ended) = match later.iter().find(|s| s.status != S::Agreed) {
        Some(step) if step.status == S::BuyerShipped => (Some(step.at), false),
        Some(_) => (None, true),
        None => (None, false),
    };
    // A number alone sends nothing: its first scan says as much as the platform's word.
    let scanned = || sale.return_parcel.and_then(|p| file.parcel(p).first_scan()).map(|first| first.max(start));
    if !ended {
        out.push((K::ReturnWaybill, subject, until(from(start), sent.or_else(scanned))));
    }
}

fn auto_refund_appeal(file: &CaseFile, subject: Subject, sale: &AfterSale, out: &mut Wants) {
    let (Some(start), Subject::AfterSale(i)) = (sale.appealable_at, subject) else { return };
    if !K::AutoRefundAppeal.exists_for(file.key.platform) {
        return;
    }
    let case = file.cases.iter().rfind(|c| c.kind == CaseKind::Intercept && c.after_sale == Some(i));
    let parcel = case.and_then(|c| file.parcel_of_subject(c.subject)).or_else(|| file.outbound().next_back().map(|(p, _)| p));
    let (turned, signed) = parcel.map_or((None, false), |p| {
        let parcel = file.parcel(p);
        (parcel.turned_since(), parcel.phase() == Phase::Delivered)
    });
    let clock = Clock { variant: signed.then_some("signed"), ..from(start) };
    let met = sale.appeal_filed_at.or(turned);
    if met.is_some() || (sale.refund_step().is_some() && case.is_some_and(|c| c.closed.is_none())) {
        out.push((K::AutoRefundAppeal, subject, until(clock, met)));
    }
}

fn dispute_clocks(platform: Platform, subject: Subject, dispute: &Dispute, out: &mut Wants) {
    use DisputeStatus as S;
    let later = |n: usize, ends: &[S]| dispute.steps[n + 1..].iter().find(|s| ends.contains(&s.status)).map(|s| s.at);
    for (n, step) in dispute.steps.iter().enumerate() {
        let next = dispute.steps.get(n + 1).map(|s| s.at);
        match step.status {
            S::Opened if K::Intervention.exists_for(platform) => out.push((K::Intervention, subject, until(from(step.at), next))),
            S::Opened => {
                let done = [next, dispute.prepared_at].into_iter().flatten().min();
                out.push((K::DisputeAnswer, subject, until(from(step.at), done)));
            }
            S::EvidenceRequested => {
                // The limit may have been named before evidence was wanted, but not with an earlier round's.
                let since = dispute.steps[..n].iter().rposition(|s| s.status == S::EvidenceRequested).map_or(0, |before| before + 1);
                let given = dispute.steps[since..=n].iter().rev().find_map(|s| s.evidence_by);
                out.push((K::Evidence, subject, until(Clock { given, ..from(step.at) }, next)));
            }
            S::Ruled if matches!(step.ruling, Some(Ruling::Buyer | Ruling::Split)) => {
                let clock = Clock { given: step.appeal_by, ..from(step.at) };
                let done = [later(n, &[S::Appealed, S::AppealRuled, S::Closed]), dispute.appeal_done_at].into_iter().flatten().min();
                out.push((K::RulingAppeal, subject, until(clock, done)));
            }
            _ => {}
        }
    }
    // Evidence that is asked for once more starts the wait anew.
    if let Some(n) = dispute.steps.iter().rposition(|s| s.status == S::EvidenceSubmitted) {
        let ruled = later(n, &[S::Ruled, S::AppealRuled, S::Closed]);
        out.push((K::RulingWait, subject, until(from(dispute.steps[n].at), ruled)));
    }
}

fn commitment_clock(file: &CaseFile, subject: Subject, commitment: &Commitment, out: &mut Wants) {
    let Some(made_at) = commitment.made_at else { return };
    let variant = match commitment.promise {
        Promise::Reply => Some("reply"),
        Promise::Reship => Some("reship"),
        _ => None,
    };
    let clock = Clock { given: commitment.due_at, variant, ..from(made_at) };
    let sent = if commitment.promise == Promise::Reship {
        let keeps = |p: &&Parcel| match &commitment.waybill {
            Some(waybill) => &p.waybill == waybill,
            None => p.direction == Direction::Reship && p.declared_at >= made_at,
        };
        file.parcels.iter().filter(keeps).filter_map(Parcel::first_scan).min()
    } else {
        None
    };
    let met = [commitment.ended.map(|(at, _)| at), sent].into_iter().flatten().min();
    out.push((K::CommitmentDue, subject, until(clock, met)));
}

fn case_clocks(file: &CaseFile, subject: Subject, case: &Case, out: &mut Wants) {
    if let Some(asked) = case.asked_at {
        out.push((K::FirstAnswer, subject, until(from(asked), case.answered_at)));
        if case.kind == CaseKind::NotReceived {
            // Said again later, it is the same loss: its clock started with the first word.
            let first = file.deadlines.iter().find(|d| d.rule == K::NotReceived && d.subject == subject).map(|d| d.starts_at);
            out.push((K::NotReceived, subject, until(from(first.unwrap_or(asked)), case.offered_at)));
        }
    }
    let appealed = match case.subject {
        Subject::Dispute(d) => {
            let told = file.disputes[d as usize].steps.iter().find(|s| s.status == DisputeStatus::Appealed).map(|s| s.at);
            [told, case.appeal_filed_at].into_iter().flatten().min()
        }
        _ => case.appeal_filed_at,
    };
    if let Some(filed) = appealed {
        let ruled = match case.subject {
            Subject::Dispute(d) => file.disputes[d as usize]
                .steps
                .iter()
                .find(|s| matches!(s.status, DisputeStatus::AppealRuled | DisputeStatus::Closed))
                .map(|s| s.at),
            _ => None,
        };
        out.push((K::AppealAnswer, subject, until(from(filed), case.appeal_answered_at.or(ruled))));
    }
    if let Some(made) = case.complained_at {
        out.push((K::ComplaintAnswer, subject, until(from(made), case.complaint_answered_at)));
    }
}
