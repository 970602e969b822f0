//! The table of follow-up tasks: the outcomes that each kind may be done with, the answers that go with them, and the evidence wanted.
//!
//! The playbook's task table in code, because what follows from an outcome is code as well. Deliberately absent: queues, hours and
//! urgencies (`config/rules/tasks.toml`), titles and steps (`config/templates/`).

use crate::fact::Answers;
use crate::words::{EvidenceKind, TaskKind, TaskOutcome};

crate::words::words! {
    /// The answers that an outcome may carry.
    Answer {
        Amount = "amount", Fee = "fee", Waybill = "waybill", Until = "until", Reference = "reference", Address = "address", Phone = "phone",
        Cause = "cause", Outcome = "outcome",
    }
}

/// One way in which a task may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Its outcome.
    pub outcome: TaskOutcome,
    /// Without these it is refused.
    pub required: &'static [Answer],
    /// These may come with it.
    pub optional: &'static [Answer],
}

const fn way(outcome: TaskOutcome) -> Way {
    Way { outcome, required: &[], optional: &[] }
}

const fn must(outcome: TaskOutcome, required: &'static [Answer]) -> Way {
    Way { outcome, required, optional: &[] }
}

const fn may(outcome: TaskOutcome, optional: &'static [Answer]) -> Way {
    Way { outcome, required: &[], optional }
}

/// The ways in which a task of this kind may be done, in the order in which they are offered.
#[must_use]
pub const fn ways(kind: TaskKind) -> &'static [Way] {
    use Answer as A;
    use TaskKind as K;
    use TaskOutcome as O;
    match kind {
        K::ShipNow => const { &[way(O::Shipped)] },
        K::HandOverToCourier => const { &[way(O::HandedOver), way(O::NotFound)] },
        K::TraceUnhandedParcel => const { &[way(O::Found), way(O::LostAtOutlet), way(O::NeverPacked)] },
        K::PullParcel => const { &[way(O::Pulled), way(O::AlreadyGone)] },
        K::AppealOrder | K::AppealBadAddress | K::AppealAutoRefund | K::AppealRuling => const { &[way(O::Filed), way(O::NotWorthIt)] },
        K::CheckRuling | K::CheckAppealResult => const { &[may(O::Won, &[A::Amount]), way(O::Lost), way(O::NoAnswer)] },
        K::ConfirmMoneyBack => const { &[must(O::Received, &[A::Amount]), way(O::Missing)] },
        K::ChaseCourier => const { &[may(O::Accepted, &[A::Reference]), way(O::Moving), way(O::Lost), way(O::Refused)] },
        K::TellBuyer | K::ReassureBuyer | K::AnswerBuyer | K::ExplainTooLate => const { &[may(O::Told, &[A::Until]), way(O::NoAnswer)] },
        K::DecideReshipOrRefund | K::DecideReship => const { &[way(O::Reship), way(O::Refund), may(O::Wait, &[A::Until])] },
        K::CorrectRecipient => const { &[may(O::Corrected, &[A::Phone, A::Address]), way(O::Unreachable)] },
        K::ArrangeRedelivery => const { &[may(O::Arranged, &[A::Until]), way(O::Refused)] },
        K::RemindPickup => const { &[way(O::Told), way(O::Refused)] },
        K::ConfirmLoss => const { &[way(O::Lost), way(O::Found), must(O::Searching, &[A::Until])] },
        K::AskBuyerReshipOrRefund => const { &[way(O::Reship), way(O::Refund), way(O::Keep)] },
        K::Reship | K::SendReplacement | K::SendRepairedBack | K::SendToMaker => {
            const { &[may(O::Shipped, &[A::Waybill]), way(O::OutOfStock)] }
        }
        K::RefundBuyer => const { &[may(O::Refunded, &[A::Amount])] },
        K::InterceptByPhone | K::CancelInterceptByPhone | K::ChangeAddressByPhone | K::ChangePhoneByPhone => {
            const { &[may(O::Accepted, &[A::Reference, A::Fee]), way(O::Refused)] }
        }
        K::ChaseIntercept => const { &[way(O::TurnedRound), way(O::Refused), must(O::Waiting, &[A::Until])] },
        K::ChaseAddressChange => const { &[way(O::Changed), way(O::Refused), must(O::Waiting, &[A::Until])] },
        K::AskBuyerToRefuse => const { &[way(O::WillRefuse), way(O::WillKeep), way(O::NoAnswer)] },
        K::RecoverFromBuyer => const { &[must(O::Paid, &[A::Amount]), way(O::WrittenOff), must(O::Returning, &[A::Waybill])] },
        K::CheckOutcomeBeforeAppealCloses => const { &[way(O::Signed), way(O::StillMoving)] },
        K::ChangeCourier => const { &[way(O::Changed)] },
        K::ChooseDeliveryPlan => {
            const { &[way(O::Forward), may(O::ChangeAddress, &[A::Address]), way(O::WaitAndReship), way(O::SelfPickup)] }
        }
        K::CorrectOrderAddress => const { &[way(O::Corrected), way(O::NotPossible)] },
        K::AgreeAddressChangeFee => {
            const { &[must(O::BuyerPays, &[A::Fee]), must(O::MerchantPays, &[A::Fee]), way(O::Free), way(O::Declined)] }
        }
        K::CollectDamageEvidence => const { &[way(O::NotObtainable)] },
        K::AssessDamage => const { &[may(O::Minor, &[A::Amount]), way(O::Severe), way(O::Refund)] },
        K::PayCompensation => const { &[may(O::Paid, &[A::Amount, A::Reference]), way(O::DiscountNextTime), way(O::Declined)] },
        K::HelpBuyerLook => const { &[way(O::Found), way(O::NotFound)] },
        K::OfferSolution => const { &[way(O::Found), way(O::Reship), way(O::Refund), must(O::Compensate, &[A::Amount])] },
        K::ChaseReturn => const { &[way(O::Moving), way(O::Lost)] },
        K::DecideReturnMissing => const { &[may(O::Wait, &[A::Until]), way(O::Lost)] },
        K::AskReturnWaybill | K::AskBuyerToChaseReturn => const { &[must(O::Got, &[A::Waybill]), way(O::Told), way(O::NoAnswer)] },
        K::InspectReturn => {
            const { &[way(O::AsExpected), way(O::Damaged), way(O::Short), way(O::Empty), way(O::NotOurs), way(O::NotArrived)] }
        }
        K::ExtendOrAppealReturn => const { &[may(O::Extended, &[A::Until]), way(O::Rejected), way(O::Appealed)] },
        K::SettleReturn => const { &[may(O::Refunded, &[A::Amount]), way(O::Refused)] },
        K::AnswerAfterSale => const { &[way(O::Agree), way(O::Talked), way(O::Refuse)] },
        K::RecordAutoRefund => const { &[may(O::Noted, &[A::Cause]), way(O::Appeal)] },
        K::PrepareEvidence => const { &[way(O::Prepared)] },
        K::SubmitEvidence => const { &[way(O::Submitted)] },
        K::KeepCommitment => const { &[way(O::Kept), way(O::NotNeeded), may(O::NewTime, &[A::Until])] },
        K::FileClaimByHand => const { &[must(O::Filed, &[A::Reference]), way(O::Refused)] },
        K::ChaseClaim => const { &[way(O::Answered), must(O::Decided, &[A::Amount]), way(O::Refused), way(O::NoAnswer)] },
        K::ConfirmClaimPayment => const { &[must(O::Paid, &[A::Amount]), way(O::Missing)] },
        K::WithdrawClaim => const { &[way(O::Withdrawn)] },
        K::ComplainToHeadquarters | K::ComplainToAuthority => const { &[may(O::Filed, &[A::Reference])] },
        K::CheckComplaint => const { &[way(O::Satisfied), way(O::NotSatisfied), way(O::NoAnswer)] },
        K::FollowUp => const { &[way(O::Done)] },
        K::ReviewCase => const { &[must(O::Wait, &[A::Until]), may(O::CloseCase, &[A::Outcome])] },
        K::CourierOutage => const { &[way(O::Restored)] },
    }
}

/// The first answer that an outcome needs and that is not there.
#[must_use]
pub fn missing_answer(kind: TaskKind, outcome: TaskOutcome, answers: &Answers) -> Option<Answer> {
    let way = ways(kind).iter().find(|w| w.outcome == outcome)?;
    way.required.iter().copied().find(|answer| !has(answers, *answer))
}

/// Whether an answer is given.
fn has(answers: &Answers, answer: Answer) -> bool {
    match answer {
        Answer::Amount => answers.amount.is_some(),
        Answer::Fee => answers.fee.is_some(),
        Answer::Waybill => answers.waybill.is_some(),
        Answer::Until => answers.until.is_some(),
        Answer::Reference => answers.reference.as_deref().is_some_and(|r| !r.trim().is_empty()),
        Answer::Address => answers.address.is_some(),
        Answer::Phone => answers.phone.is_some(),
        Answer::Cause => answers.cause.is_some(),
        Answer::Outcome => answers.outcome.is_some(),
    }
}

/// The four photos of damage.
pub const DAMAGE_PHOTOS: &[EvidenceKind] =
    &[EvidenceKind::OuterPackaging, EvidenceKind::WaybillLabel, EvidenceKind::Damage, EvidenceKind::Contents];

/// What a dispute needs to be shown, read from its reason: three kinds at most, since the platform takes three pictures.
#[must_use]
pub fn dispute_evidence(reason: Option<&str>) -> Vec<EvidenceKind> {
    use EvidenceKind as E;
    let reason = reason.unwrap_or_default().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| reason.contains(w));
    if says(&["not_received", "not received", "未收到", "没收到", "物流", "logistics"]) {
        vec![E::TrackingScreenshot, E::SignOffProof, E::Chat]
    } else if says(&["damage", "broken", "破损", "损坏", "碎"]) {
        vec![E::OuterPackaging, E::Damage, E::Chat]
    } else if says(&["short", "empty", "missing", "少件", "漏发", "空包", "少发"]) {
        vec![E::Weight, E::Contents, E::Chat]
    } else if says(&["quality", "fake", "describ", "质量", "假货", "不符"]) {
        vec![E::Contents, E::Chat, E::Other]
    } else {
        vec![E::Chat, E::TrackingScreenshot]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_can_be_done_and_no_way_stands_twice() {
        for &kind in TaskKind::ALL {
            let ways = ways(kind);
            assert!(!ways.is_empty(), "{kind}");
            for (i, a) in ways.iter().enumerate() {
                assert!(!ways[i + 1..].iter().any(|b| a.outcome == b.outcome), "{kind} {}", a.outcome);
            }
        }
    }

    #[test]
    fn a_missing_answer_is_named() {
        let none = Answers::default();
        assert_eq!(missing_answer(TaskKind::FileClaimByHand, TaskOutcome::Filed, &none), Some(Answer::Reference));
        assert_eq!(missing_answer(TaskKind::FileClaimByHand, TaskOutcome::Refused, &none), None);
        let blank = Answers { reference: Some(" ".to_owned()), ..Answers::default() };
        assert_eq!(missing_answer(TaskKind::FileClaimByHand, TaskOutcome::Filed, &blank), Some(Answer::Reference));
    }

    #[test]
    fn a_dispute_asks_for_three_pictures_at_most() {
        for reason in [None, Some("未收到货"), Some("商品破损"), Some("少件"), Some("质量问题"), Some("?")] {
            assert!((1..=3).contains(&dispute_evidence(reason).len()), "{reason:?}");
        }
    }
}
