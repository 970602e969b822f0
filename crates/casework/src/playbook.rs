//! The playbooks: what is done in each situation. One file a case kind, and three for what several of them share (`serve`: the buyer
//! gets a new parcel or the money; `appeal`; `talk`).
//!
//! This file only says who is asked: which playbook hears of a fact, a rung, a breach, a task that was done. A playbook's `react` looks
//! at the state and does what follows from it; it is called until nothing changes, so it must do each thing once.
//! Deliberately absent: numbers, queues and words, which are configuration.

pub(crate) mod address_change;
pub(crate) mod after_sale;
mod appeal;
pub(crate) mod bad_address;
mod buyer_request;
pub(crate) mod claim;
pub(crate) mod commitment;
pub(crate) mod complaint;
mod damaged;
pub(crate) mod dispute;
mod exchange;
pub(crate) mod intercept;
mod late_shipment;
pub(crate) mod lost;
mod misrouted;
mod not_received;
mod out_of_range;
mod repair;
mod report;
mod return_parcel;
mod serve;
mod stalled;
mod talk;
mod uncollected;
mod undelivered;
mod undo;

use crate::casefile::*;
use crate::fact::{BuyerRequestFact, FactId};
use crate::instant::Instant;
use crate::look::index;
use crate::parcel::Phase;
use crate::rule_kind::RuleKind as K;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;
use crate::world::{Change, News};

pub(crate) use report::report;
pub(crate) use undo::undo;

/// Whether a change of the world can touch a case file.
pub(crate) fn concerns(file: &CaseFile, change: &Change) -> bool {
    match &change.news {
        News::Disruption(_) => file.is_open(),
        News::Rules(change) => change.moves() && file.is_open(),
        News::Reach(reach) => {
            file.awaits_coverage().is_some_and(|(courier, province)| courier == reach.courier && province == reach.province)
        }
    }
}

/// A rung of a deadline acts. Rungs of one instant come one after the other.
pub(crate) fn rung(run: &mut Run<'_>, deadline: Index, n: usize) {
    let (rule, subject) = rule_of(run, deadline);
    match rule {
        K::ShipBy => late_shipment::rung(run, deadline),
        K::Collect | K::ReshipCollect => uncollected::rung(run, subject, n),
        K::SecondScan | K::FirstHub => stalled::rung_of_first_scans(run, subject),
        K::Movement | K::ReshipMovement => stalled::rung_of_movement(run, subject, n),
        K::AfterSaleResponse | K::RefundResponse | K::AfterSaleReview => after_sale::rung(run, subject),
        K::ReturnReceipt => return_parcel::rung_of_receipt(run, subject),
        K::ReturnHome | K::ReturnMovement => return_parcel::chase(run, subject),
        K::ReturnWaybill => return_parcel::rung_of_waybill(run, subject),
        K::AutoRefundAppeal => intercept::rung_of_appeal(run, subject),
        K::Evidence => dispute::ask(run, subject, TaskKind::SubmitEvidence),
        K::Intervention | K::DisputeAnswer => dispute::ask(run, subject, TaskKind::PrepareEvidence),
        K::RulingAppeal => dispute::ask(run, subject, TaskKind::AppealRuling),
        K::InterceptResult => ask_in_operations_case(run, subject, TaskKind::ChaseIntercept),
        K::AddressChangeResult => ask_in_operations_case(run, subject, TaskKind::ChaseAddressChange),
        K::PickupWait => undelivered::rung_of_pickup(run, subject),
        K::ClaimFiling => claim::rung_of_filing(run, subject),
        K::ClaimDecision => claim::ask(run, subject, TaskKind::ChaseClaim),
        K::ClaimPayout => claim::ask(run, subject, TaskKind::ConfirmClaimPayment),
        K::AuthorityLatest => complaint::rung_of_authority(run, subject),
        K::CommitmentDue => commitment::rung(run, subject),
        K::FirstAnswer => {
            if let Some(rung) = run.rung {
                buyer_request::press_first_answer(run, subject, rung.urgency);
            }
        }
        K::NotReceived => not_received::rung(run, subject),
        // These act at their due time only.
        K::RulingWait
        | K::AppealAnswer
        | K::OperationAnswer
        | K::DeliveryAttempt
        | K::PresumedLost
        | K::ClaimAnswer
        | K::ComplaintAnswer => {}
    }
}

/// Whether a deadline's task gives way to another at the breach.
pub(crate) const fn gives_way(rule: K, task: TaskKind) -> bool {
    matches!(
        (rule, task),
        (K::Collect | K::ReshipCollect, TaskKind::HandOverToCourier)
            | (K::AfterSaleResponse | K::RefundResponse | K::AfterSaleReview, TaskKind::AnswerAfterSale)
            | (K::ReturnReceipt, TaskKind::ExtendOrAppealReturn | TaskKind::SettleReturn)
            | (K::ReturnHome, TaskKind::ChaseReturn)
            | (K::ClaimDecision, TaskKind::ChaseClaim)
            | (K::ClaimPayout, TaskKind::ConfirmClaimPayment)
    )
}

/// A deadline was breached, or an `at due` one acts.
pub(crate) fn breached(run: &mut Run<'_>, deadline: Index) {
    let (rule, subject) = rule_of(run, deadline);
    match rule {
        K::Collect | K::ReshipCollect => uncollected::breached(run, subject),
        K::AfterSaleResponse | K::RefundResponse | K::AfterSaleReview => after_sale::breached(run, subject),
        K::ReturnReceipt => return_parcel::breached_receipt(run, subject),
        K::ReturnHome => return_parcel::breached_home(run, subject),
        K::ReturnMovement => return_parcel::chase(run, subject),
        K::RulingWait => dispute::ask(run, subject, TaskKind::CheckRuling),
        K::AppealAnswer => appeal::check(run, subject),
        K::OperationAnswer => {
            if let Subject::Operation(operation) = subject {
                run.take_over(operation);
            }
        }
        K::DeliveryAttempt => undelivered::attempt_due(run, subject),
        K::PresumedLost => lost::presumed(run, subject),
        K::ClaimAnswer => claim::ask(run, subject, TaskKind::ChaseClaim),
        K::ClaimDecision | K::ClaimPayout => complaint::of_parcel(run, subject),
        K::ComplaintAnswer => complaint::check(run, subject),
        K::FirstAnswer => buyer_request::press_first_answer(run, subject, Urgency::Critical),
        _ => {}
    }
}

fn rule_of(run: &Run<'_>, deadline: Index) -> (K, Subject) {
    let deadline = &run.file.deadlines[deadline as usize];
    (deadline.rule, deadline.subject)
}

fn ask_in_operations_case(run: &mut Run<'_>, subject: Subject, kind: TaskKind) {
    let Subject::Operation(at) = subject else { return };
    let (case, parcel) = (run.file.operations[at as usize].case, run.file.operations[at as usize].parcel);
    if run.file.is_case_open(case) {
        run.ask(Ask::of(kind, case).on(Some(parcel)).by_hand(at));
    }
}

/// A scan came in: news to the parcel, and perhaps its newest.
pub(crate) fn scanned(run: &mut Run<'_>, parcel: Index, scan: &Scan, is_newest: bool, id: &FactId) {
    damaged::scanned(run, parcel, scan);
    if !is_newest {
        return;
    }
    lost::scanned(run, parcel, scan);
    out_of_range::scanned(run, parcel, scan, id);
    misrouted::scanned(run, parcel, scan);
    undelivered::scanned(run, parcel, scan);
    return_parcel::scanned(run, parcel, scan);
}

/// The buyer asks for something.
pub(crate) fn buyer_asks(run: &mut Run<'_>, f: &BuyerRequestFact, parcel: Option<Index>, at: Instant) {
    let phase = parcel.map(|p| run.file.parcel(p).phase());
    let delivered = phase == Some(Phase::Delivered);
    let case = match f.request {
        BuyerAsk::ChangeAddress => address_change::asked(run, parcel, f.new_address.clone()),
        BuyerAsk::NotReceived if delivered => not_received::asked(run, parcel),
        BuyerAsk::Damaged if parcel.is_some() => damaged::asked(run, parcel, at),
        BuyerAsk::Misrouted if phase.is_some_and(Phase::is_on_its_way) => misrouted::asked(run, parcel),
        BuyerAsk::WrongContact => undelivered::asked(run, parcel),
        BuyerAsk::SelfPickupForced if phase.is_some_and(|p| p.is_on_its_way() || p == Phase::Delivered) => out_of_range::asked(run, parcel),
        _ => buyer_request::asked(run, f.request, parcel),
    };
    if let Some(case) = case {
        let asked = run.case_mut(case);
        // Asked again before anybody answered, the buyer waits since the first time: a clock starts once.
        if asked.asked_at.is_none() || asked.answered_at.is_some() {
            asked.asked_at = Some(at);
            asked.answered_at = None;
        }
    }
    if let Some(wants) = f.wants {
        serve::buyer_wants(run, wants);
    }
    if f.urgent == Some(true) {
        misrouted::pressed(run);
    }
}

/// A person has done a task.
pub(crate) fn done(run: &mut Run<'_>, d: Done<'_>) {
    use TaskKind as T;
    if !run.file.is_case_open(d.case) {
        return;
    }
    match d.kind {
        T::ShipNow | T::FollowUp | T::CourierOutage => {}
        T::HandOverToCourier | T::TraceUnhandedParcel => uncollected::done(run, d),
        T::PullParcel | T::AskBuyerToRefuse | T::RecoverFromBuyer | T::CheckOutcomeBeforeAppealCloses => intercept::done(run, d),
        T::AppealOrder | T::AppealBadAddress | T::AppealAutoRefund | T::AppealRuling => appeal::done(run, d),
        T::CheckRuling => dispute::done(run, d),
        T::CheckAppealResult | T::ConfirmMoneyBack => appeal::answered(run, d),
        T::ChaseCourier => stalled::courier_chased(run, d),
        T::TellBuyer | T::ReassureBuyer | T::AnswerBuyer | T::ExplainTooLate => talk::done(run, d),
        T::DecideReshipOrRefund | T::DecideReship => serve::decided(run, d),
        T::CorrectRecipient | T::ArrangeRedelivery | T::RemindPickup => undelivered::done(run, d),
        T::ConfirmLoss | T::AskBuyerReshipOrRefund => lost::done(run, d),
        T::Reship | T::SendReplacement | T::SendRepairedBack | T::SendToMaker | T::RefundBuyer => serve::done(run, d),
        T::InterceptByPhone | T::CancelInterceptByPhone | T::ChangeAddressByPhone | T::ChangePhoneByPhone => by_phone(run, d),
        T::ChaseIntercept => intercept::chased(run, d),
        T::ChaseAddressChange | T::CorrectOrderAddress | T::AgreeAddressChangeFee => address_change::done(run, d),
        T::ChangeCourier | T::ChooseDeliveryPlan => out_of_range::done(run, d),
        T::CollectDamageEvidence | T::AssessDamage => damaged::done(run, d),
        T::PayCompensation => serve::compensated(run, d),
        T::HelpBuyerLook | T::OfferSolution => not_received::done(run, d),
        T::ChaseReturn
        | T::DecideReturnMissing
        | T::AskReturnWaybill
        | T::AskBuyerToChaseReturn
        | T::InspectReturn
        | T::ExtendOrAppealReturn
        | T::SettleReturn => return_parcel::done(run, d),
        T::AnswerAfterSale | T::RecordAutoRefund => after_sale::done(run, d),
        T::PrepareEvidence | T::SubmitEvidence => dispute::done(run, d),
        T::KeepCommitment => commitment::done(run, d),
        T::FileClaimByHand | T::ChaseClaim | T::ConfirmClaimPayment | T::WithdrawClaim => claim::done(run, d),
        T::ComplainToHeadquarters | T::ComplainToAuthority | T::CheckComplaint => complaint::done(run, d),
        T::ReviewCase => match d.outcome {
            TaskOutcome::CloseCase => run.close_case(d.case, d.answers.outcome.unwrap_or(CaseOutcome::ClosedByHand)),
            _ => run.comes_back(d.kind, d.case, d.answers.until),
        },
    }
}

/// A bracket task that a courier's hotline answered: `accepted` and `refused` count as the operation's.
fn by_phone(run: &mut Run<'_>, d: Done<'_>) {
    let Some(operation) = run.file.tasks[d.task as usize].operation else { return };
    match d.outcome {
        TaskOutcome::Accepted => run.accept(operation, d.at, d.answers.reference.clone(), d.answers.amount),
        _ => run.refuse(operation, OperationStatus::Rejected, None, false),
    }
}

/// A person put a task aside. Its operation is then asked of nobody.
pub(crate) fn dismissed(run: &mut Run<'_>, task: Index) {
    let state = &run.file.tasks[task as usize];
    let (kind, case, operation) = (state.kind, state.case, state.operation);
    if let Some(operation) = operation.filter(|&o| run.file.operations[o as usize].bracket == Some(task)) {
        run.settle(operation, OperationStatus::Failed, Some("dismissed"));
    }
    if let Some(case) = case.filter(|_| kind == TaskKind::ComplainToHeadquarters) {
        claim::refusal_accepted(run, case);
    }
}

/// A task that is asked again at its time, about the same operation where it was about one: nobody asks after one that has ended.
pub(crate) fn ask_again(run: &mut Run<'_>, kind: TaskKind, case: Index) {
    let before = run.file.tasks.iter().rfind(|t| t.case == Some(case) && t.kind == kind);
    let operation = before.and_then(|t| t.operation);
    let ask = Ask::of(kind, case).about(operation).again();
    match kind {
        _ if operation.is_some_and(|o| !run.file.operations[o as usize].is_live()) => {}
        TaskKind::CheckRuling | TaskKind::CheckAppealResult if run.case(case).appeal_answered_at.is_some() => {}
        TaskKind::AskBuyerReshipOrRefund | TaskKind::ConfirmLoss if run.case(case).serve.is_some() => {}
        TaskKind::Reship | TaskKind::SendReplacement | TaskKind::SendRepairedBack if serve::is_sent(run, case) => {}
        TaskKind::ChaseReturn if run.case(case).parcel.is_some_and(|p| run.file.parcel(p).is_scanned()) => {}
        _ => {
            run.ask(ask);
        }
    }
}

/// Lets every open case, and every cause of one, follow from the state.
pub(crate) fn react(run: &mut Run<'_>) {
    late_shipment::open(run);
    out_of_range::open(run);
    intercept::open(run);
    return_parcel::open(run);
    exchange::open(run);
    for at in 0..run.file.cases.len() {
        let at = index(at);
        if !run.file.is_case_open(at) {
            continue;
        }
        serve::react(run, at);
        match run.case(at).kind {
            CaseKind::LateShipment => late_shipment::react(run, at),
            CaseKind::BadAddress => bad_address::react(run, at),
            CaseKind::Uncollected => uncollected::react(run, at),
            CaseKind::Stalled => stalled::react(run, at),
            CaseKind::Undelivered => undelivered::react(run, at),
            CaseKind::Lost => lost::react(run, at),
            CaseKind::Intercept => intercept::react(run, at),
            CaseKind::OutOfRange => out_of_range::react(run, at),
            CaseKind::AddressChange => address_change::react(run, at),
            CaseKind::Misrouted => misrouted::react(run, at),
            CaseKind::Damaged => damaged::react(run, at),
            CaseKind::NotReceived => not_received::react(run, at),
            CaseKind::ReturnParcel => return_parcel::react(run, at),
            CaseKind::AfterSale => after_sale::react(run, at),
            CaseKind::Exchange => exchange::react(run, at),
            CaseKind::Repair => repair::react(run, at),
            CaseKind::Dispute => dispute::react(run, at),
            CaseKind::Commitment => commitment::react(run, at),
            CaseKind::Claim => claim::react(run, at),
            CaseKind::Complaint => complaint::react(run, at),
            CaseKind::BuyerRequest => {}
        }
    }
}

/// Advice on giving the money back while the parcel is on its way: only where it can still be caught.
pub(crate) fn advice_on_the_way(run: &Run<'_>, parcel: Index) -> Advice {
    let parcel = run.file.parcel(parcel);
    let far = parcel.eta.is_some_and(|eta| eta.since(run.now) > run.rules.eta_gate);
    if far && parcel.phase() != Phase::OutForDelivery { Advice::AgreeAndIntercept } else { Advice::SteerToRefusal }
}

/// Whether a decided intercept, an address change, a return or a loss is open on a parcel: its stalled case then asks little.
pub(crate) fn is_quiet(run: &Run<'_>, parcel: Index) -> bool {
    [CaseKind::Intercept, CaseKind::AddressChange, CaseKind::ReturnParcel, CaseKind::Lost]
        .into_iter()
        .any(|kind| run.file.open_case_on(kind, parcel).is_some())
}

impl CaseFile {
    /// The courier and the province that this order waits to be shipped with and to: news of that courier's reach there concerns it.
    #[must_use]
    pub fn awaits_coverage(&self) -> Option<(Courier, String)> {
        let order = self.order.as_ref().filter(|o| o.status == OrderStatus::Paid)?;
        let province = self.recipient_area.as_ref()?.province.as_deref()?;
        if self.shipped_at().is_some() || self.refunded_since().is_some() {
            return None;
        }
        Some((order.planned_courier?, crate::region::short_province(province)))
    }
}
