//! The deadline rules by name. Ids are durable; a platform's rule is its prefix and the word (`pdd.collect`).

use crate::words::{Platform, TaskKind};

crate::words::words! {
    /// Every deadline rule. Those with a dot in their word stand for all platforms.
    RuleKind {
        ShipBy = "ship_by", Collect = "collect", SecondScan = "second_scan", FirstHub = "first_hub", Movement = "movement",
        AfterSaleResponse = "after_sale_response", RefundResponse = "refund_response", AfterSaleReview = "after_sale_review",
        ReturnReceipt = "return_receipt", AutoRefundAppeal = "auto_refund_appeal", Intervention = "intervention", Evidence = "evidence",
        RulingWait = "ruling_wait", RulingAppeal = "ruling_appeal", AppealAnswer = "appeal_answer",
        InterceptResult = "courier.intercept_result", AddressChangeResult = "courier.address_change_result",
        OperationAnswer = "courier.operation_answer", DeliveryAttempt = "courier.delivery_attempt", PickupWait = "courier.pickup_wait",
        PresumedLost = "courier.presumed_lost", ClaimFiling = "courier.claim_filing", ClaimAnswer = "courier.claim_answer",
        ClaimDecision = "courier.claim_decision", ClaimPayout = "courier.claim_payout", ComplaintAnswer = "courier.complaint_answer",
        AuthorityLatest = "courier.authority_latest",
        ReshipCollect = "internal.reship_collect", ReshipMovement = "internal.reship_movement", ReturnHome = "internal.return_home",
        ReturnMovement = "internal.return_movement", ReturnWaybill = "internal.return_waybill", CommitmentDue = "internal.commitment",
        FirstAnswer = "internal.first_answer", NotReceived = "internal.not_received", DisputeAnswer = "internal.dispute_answer",
    }
}

impl RuleKind {
    /// Whether each platform has a rule of its own of this name.
    #[must_use]
    pub fn is_platform_rule(self) -> bool {
        !self.word().contains('.')
    }

    /// Whether a platform has this rule at all.
    #[must_use]
    pub fn exists_for(self, platform: Platform) -> bool {
        use RuleKind as K;
        match self {
            K::SecondScan => matches!(platform, Platform::Pinduoduo | Platform::Jd),
            K::FirstHub | K::AutoRefundAppeal => platform == Platform::Pinduoduo,
            K::AfterSaleResponse => matches!(platform, Platform::Pinduoduo | Platform::Douyin | Platform::Other),
            K::RefundResponse | K::Intervention => matches!(platform, Platform::Taobao | Platform::Tmall),
            K::AfterSaleReview => platform == Platform::Jd,
            K::DisputeAnswer => !matches!(platform, Platform::Taobao | Platform::Tmall),
            _ => true,
        }
    }

    /// The rule's id on a platform: `pdd.collect`, `courier.claim_filing`.
    #[must_use]
    pub fn id(self, platform: Platform) -> String {
        if self.is_platform_rule() { format!("{}.{}", platform.rule_prefix(), self.word()) } else { self.word().to_owned() }
    }

    /// The situations for which a length of its own can be given (`variants`, and `ladder_signed` for `signed`).
    #[must_use]
    pub const fn variants(self) -> &'static [&'static str] {
        match self {
            RuleKind::FirstHub => &["remote", "far_remote"],
            RuleKind::AfterSaleResponse | RuleKind::RefundResponse | RuleKind::AfterSaleReview => &["unshipped"],
            RuleKind::AutoRefundAppeal => &["signed"],
            RuleKind::PresumedLost => &["same_city", "quiet"],
            RuleKind::CommitmentDue => &["reply", "reship"],
            _ => &[],
        }
    }

    /// The tasks that people get for this rule, on its rungs or at its due time; one of them at least must be possible on a platform.
    #[must_use]
    pub const fn tasks(self) -> &'static [TaskKind] {
        use RuleKind as K;
        use TaskKind as T;
        match self {
            K::ShipBy => &[T::ShipNow, T::AppealOrder],
            K::Collect | K::ReshipCollect => &[T::HandOverToCourier, T::TraceUnhandedParcel, T::ChaseCourier],
            K::SecondScan | K::FirstHub | K::DeliveryAttempt => &[T::ChaseCourier],
            K::Movement | K::ReshipMovement => &[T::ChaseCourier, T::TellBuyer, T::DecideReshipOrRefund],
            K::AfterSaleResponse | K::RefundResponse | K::AfterSaleReview => &[T::AnswerAfterSale],
            K::ReturnReceipt => &[T::SettleReturn, T::ExtendOrAppealReturn],
            K::ReturnHome | K::ReturnMovement => &[T::ChaseReturn],
            K::ReturnWaybill => &[T::AskReturnWaybill],
            K::AutoRefundAppeal => &[T::AppealAutoRefund, T::CheckOutcomeBeforeAppealCloses],
            K::Evidence => &[T::SubmitEvidence],
            K::Intervention | K::DisputeAnswer => &[T::PrepareEvidence],
            K::RulingWait => &[T::CheckRuling],
            K::RulingAppeal => &[T::AppealRuling],
            K::AppealAnswer => &[T::CheckAppealResult],
            K::InterceptResult => &[T::ChaseIntercept],
            K::AddressChangeResult => &[T::ChaseAddressChange],
            K::OperationAnswer => &[T::InterceptByPhone, T::ChangeAddressByPhone, T::ChaseCourier],
            K::PickupWait => &[T::RemindPickup],
            K::PresumedLost => &[T::ConfirmLoss],
            K::ClaimFiling => &[T::FileClaimByHand],
            K::ClaimAnswer | K::ClaimDecision => &[T::ChaseClaim],
            K::ClaimPayout => &[T::ConfirmClaimPayment],
            K::ComplaintAnswer => &[T::CheckComplaint],
            K::AuthorityLatest => &[T::ComplainToAuthority],
            K::CommitmentDue => &[T::KeepCommitment],
            K::FirstAnswer => &[T::AnswerBuyer],
            K::NotReceived => &[T::OfferSolution],
        }
    }

    /// Whether each new scan moves the deadline instead of ending it.
    #[must_use]
    pub const fn restarts(self) -> bool {
        matches!(self, RuleKind::Movement | RuleKind::ReshipMovement | RuleKind::ReturnMovement)
    }

    /// Whether scans alone meet it. One that turns out to have been told before may so leave what it met open.
    #[must_use]
    pub const fn is_met_by_scans(self) -> bool {
        use RuleKind as K;
        matches!(self, K::SecondScan | K::FirstHub | K::DeliveryAttempt | K::PickupWait | K::PresumedLost)
    }

    /// Whether an electronic waybill waives the penalty of a breach.
    #[must_use]
    pub const fn is_waived_by_electronic_waybill(self) -> bool {
        matches!(self, RuleKind::Collect | RuleKind::SecondScan)
    }

    /// Whether the cause may come again, so that a later start is a deadline of its own.
    #[must_use]
    pub const fn recurs(self) -> bool {
        use RuleKind as K;
        matches!(
            self,
            K::Movement
                | K::ReshipMovement
                | K::ReturnMovement
                | K::DeliveryAttempt
                | K::PickupWait
                | K::AfterSaleResponse
                | K::RefundResponse
                | K::AfterSaleReview
                | K::ReturnReceipt
                | K::Evidence
                | K::RulingAppeal
                | K::RulingWait
                | K::AppealAnswer
                | K::ComplaintAnswer
                | K::ClaimFiling
                | K::ClaimAnswer
                | K::ClaimDecision
                | K::ClaimPayout
                | K::ReturnHome
                | K::ReturnWaybill
                | K::AutoRefundAppeal
                | K::Intervention
                | K::DisputeAnswer
                | K::CommitmentDue
                | K::FirstAnswer
        )
    }
}
