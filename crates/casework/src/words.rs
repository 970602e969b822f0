//! The closed vocabularies of the contract: every word that may stand in a fact or a decision.
//!
//! Each enum is written once, with its persisted word beside it; these words are durable names and never change.

/// Declares an enum whose variants are persisted words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $(#[doc = concat!("`", $word, "`")] $(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// Every persisted word, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
            /// The persisted word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
            /// The value of a persisted word, if it is one.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;
            fn from_str(word: &str) -> Result<Self, $crate::words::UnknownWord> {
                Self::from_word(word).ok_or_else(|| $crate::words::UnknownWord { word: word.chars().take(64).collect(), known: Self::WORDS })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Word;
                impl serde::de::Visitor<'_> for Word {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(f, "one of {}", $name::WORDS.join(", "))
                    }
                    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<$name, E> {
                        $name::from_word(word).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(word), &self))
                    }
                }
                d.deserialize_str(Word)
            }
        }
    };
}

pub(crate) use words;

/// A word that is not in its vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {}", known.join(", "))]
pub struct UnknownWord {
    /// What was given (cut at 64 characters).
    pub word: String,
    /// What would have been accepted.
    pub known: &'static [&'static str],
}

words! {
    /// Where the order was placed.
    Platform { Pinduoduo = "pinduoduo", Taobao = "taobao", Tmall = "tmall", Jd = "jd", Douyin = "douyin", Other = "other" }
}
words! {
    /// A courier, by the contract's code.
    Courier { Sf = "sf", Zto = "zto", Yto = "yto", Sto = "sto", Yunda = "yunda", Jt = "jt", Jd = "jd", Ems = "ems", Deppon = "deppon", Other = "other" }
}
words! {
    /// The types of facts, without the `parcelward.` prefix.
    FactType {
        Order = "order", Shipment = "shipment", Tracking = "tracking", AfterSale = "after_sale", BuyerRequest = "buyer_request",
        Dispute = "dispute", Commitment = "commitment", Claim = "claim", Evidence = "evidence", Message = "message", Note = "note",
        Report = "report", OperationUpdate = "operation_update", TaskUpdate = "task_update", Coverage = "coverage", Disruption = "disruption",
        Configuration = "configuration",
    }
}
words! {
    /// What other rules do to clocks that run.
    OpenDeadlines { Keep = "keep", Move = "move" }
}
words! {
    /// State of an order as the platform tells it.
    OrderStatus { Paid = "paid", Cancelled = "cancelled", Closed = "closed" }
}
words! {
    /// Which way a parcel travels, and why.
    Direction { Outbound = "outbound", Return = "return", Reship = "reship" }
}
words! {
    /// What a tracking event says.
    TrackingStatus {
        Registered = "registered", Collected = "collected", InTransit = "in_transit", Arrived = "arrived",
        OutForDelivery = "out_for_delivery", DeliveryFailed = "delivery_failed", ReadyForPickup = "ready_for_pickup",
        Delivered = "delivered", Refused = "refused", Returning = "returning", Returned = "returned",
        Exception = "exception", Unrecognized = "unrecognized",
    }
}
words! {
    /// Why a tracking event is an exception.
    ExceptionReason {
        Damaged = "damaged", Lost = "lost", Misrouted = "misrouted", OutOfRange = "out_of_range", AddressUnknown = "address_unknown",
        RecipientUnreachable = "recipient_unreachable", Intercepted = "intercepted", Held = "held", Other = "other",
    }
}
words! {
    /// Who saw a tracking event.
    SeenBy { Courier = "courier", Platform = "platform", Aggregator = "aggregator" }
}
words! {
    /// Kinds of after-sales.
    AfterSaleKind { RefundOnly = "refund_only", ReturnRefund = "return_refund", Exchange = "exchange", Reship = "reship", Repair = "repair" }
}
words! {
    /// States of after-sales.
    AfterSaleStatus {
        Requested = "requested", Agreed = "agreed", Rejected = "rejected", BuyerShipped = "buyer_shipped", Received = "received",
        Refunded = "refunded", Closed = "closed", Cancelled = "cancelled",
    }
}
words! {
    /// Who decided an after-sale.
    DecidedBy { Merchant = "merchant", Platform = "platform", Timeout = "timeout", Buyer = "buyer" }
}
words! {
    /// What a buyer asks for.
    BuyerAsk {
        ChangeAddress = "change_address", Cancel = "cancel", Urge = "urge", NotReceived = "not_received", Damaged = "damaged",
        Misrouted = "misrouted", Compensate = "compensate", WrongContact = "wrong_contact", SelfPickupForced = "self_pickup_forced",
    }
}
words! {
    /// What the buyer would rather have.
    BuyerWants { Reship = "reship", Refund = "refund", Keep = "keep" }
}
words! {
    /// States of a dispute.
    DisputeStatus {
        Opened = "opened", EvidenceRequested = "evidence_requested", EvidenceSubmitted = "evidence_submitted", Ruled = "ruled",
        Appealed = "appealed", AppealRuled = "appeal_ruled", Closed = "closed",
    }
}
words! {
    /// For whom the platform ruled.
    Ruling { Merchant = "merchant", Buyer = "buyer", Split = "split" }
}
words! {
    /// What was promised.
    Promise { Reship = "reship", Reply = "reply", Compensate = "compensate", RefundFreight = "refund_freight", Other = "other" }
}
words! {
    /// States of a promise.
    CommitmentStatus { Made = "made", Kept = "kept", Withdrawn = "withdrawn" }
}
words! {
    /// States of a claim against a courier.
    ClaimStatus { Filed = "filed", Answered = "answered", Decided = "decided", Paid = "paid", Refused = "refused", Withdrawn = "withdrawn" }
}
words! {
    /// Kinds of evidence.
    EvidenceKind {
        OuterPackaging = "outer_packaging", WaybillLabel = "waybill_label", Damage = "damage", Contents = "contents",
        GoodsValueStatement = "goods_value_statement", TrackingScreenshot = "tracking_screenshot", SignOffProof = "sign_off_proof",
        Chat = "chat", Weight = "weight", Other = "other",
    }
}
words! {
    /// Who wrote a message.
    MessageFrom { Buyer = "buyer", Merchant = "merchant", Courier = "courier", Platform = "platform" }
}
words! {
    /// What an adapter (or a person) says about a requested operation.
    OperationStatus { Accepted = "accepted", Succeeded = "succeeded", Failed = "failed", Rejected = "rejected", Unknown = "unknown" }
}
words! {
    /// What a person does with a task.
    TaskVerb { Claimed = "claimed", Done = "done", Dismissed = "dismissed", Snoozed = "snoozed", Reopened = "reopened", Assigned = "assigned" }
}
words! {
    /// What a disruption does to deadlines.
    DisruptionEffect { Waive = "waive", Suspend = "suspend", Extend = "extend" }
}
words! {
    /// The 21 kinds of cases.
    CaseKind {
        LateShipment = "late_shipment", Uncollected = "uncollected", Stalled = "stalled", Undelivered = "undelivered", Lost = "lost",
        Intercept = "intercept", OutOfRange = "out_of_range", BadAddress = "bad_address", AddressChange = "address_change",
        Misrouted = "misrouted", Damaged = "damaged", NotReceived = "not_received", ReturnParcel = "return_parcel", AfterSale = "after_sale",
        Exchange = "exchange", Repair = "repair", Dispute = "dispute", Commitment = "commitment", Claim = "claim", Complaint = "complaint",
        BuyerRequest = "buyer_request",
    }
}
words! {
    /// How a case ended.
    CaseOutcome {
        Recovered = "recovered", Shipped = "shipped", Corrected = "corrected", Delivered = "delivered", Returned = "returned",
        Reshipped = "reshipped", Refunded = "refunded", Compensated = "compensated", Found = "found", Explained = "explained",
        Declined = "declined", Answered = "answered", Kept = "kept", Broken = "broken", Withdrawn = "withdrawn", Paid = "paid",
        Refused = "refused", Won = "won", Lost = "lost", Filed = "filed", WrittenOff = "written_off", ClosedByHand = "closed_by_hand",
    }
}
words! {
    /// What a courier can be asked to do.
    OperationKind {
        Intercept = "intercept", InterceptCancel = "intercept_cancel", AddressChange = "address_change", PhoneChange = "phone_change",
        Urge = "urge", Claim = "claim", Complaint = "complaint",
    }
}
words! {
    /// Every kind of follow-up task.
    TaskKind {
        ShipNow = "ship_now", HandOverToCourier = "hand_over_to_courier", TraceUnhandedParcel = "trace_unhanded_parcel", PullParcel = "pull_parcel",
        AppealOrder = "appeal_order", AppealBadAddress = "appeal_bad_address", AppealAutoRefund = "appeal_auto_refund", AppealRuling = "appeal_ruling",
        CheckRuling = "check_ruling", CheckAppealResult = "check_appeal_result", ConfirmMoneyBack = "confirm_money_back", ChaseCourier = "chase_courier",
        TellBuyer = "tell_buyer", ReassureBuyer = "reassure_buyer", AnswerBuyer = "answer_buyer", ExplainTooLate = "explain_too_late",
        DecideReshipOrRefund = "decide_reship_or_refund", DecideReship = "decide_reship", CorrectRecipient = "correct_recipient",
        ArrangeRedelivery = "arrange_redelivery", RemindPickup = "remind_pickup", ConfirmLoss = "confirm_loss",
        AskBuyerReshipOrRefund = "ask_buyer_reship_or_refund", Reship = "reship", SendReplacement = "send_replacement",
        SendRepairedBack = "send_repaired_back", SendToMaker = "send_to_maker", RefundBuyer = "refund_buyer",
        InterceptByPhone = "intercept_by_phone", CancelInterceptByPhone = "cancel_intercept_by_phone", ChangeAddressByPhone = "change_address_by_phone",
        ChangePhoneByPhone = "change_phone_by_phone", ChaseIntercept = "chase_intercept", ChaseAddressChange = "chase_address_change",
        AskBuyerToRefuse = "ask_buyer_to_refuse", RecoverFromBuyer = "recover_from_buyer",
        CheckOutcomeBeforeAppealCloses = "check_outcome_before_appeal_closes", ChangeCourier = "change_courier", ChooseDeliveryPlan = "choose_delivery_plan",
        CorrectOrderAddress = "correct_order_address", AgreeAddressChangeFee = "agree_address_change_fee", CollectDamageEvidence = "collect_damage_evidence",
        AssessDamage = "assess_damage", PayCompensation = "pay_compensation", HelpBuyerLook = "help_buyer_look", OfferSolution = "offer_solution",
        ChaseReturn = "chase_return", DecideReturnMissing = "decide_return_missing", AskReturnWaybill = "ask_return_waybill",
        AskBuyerToChaseReturn = "ask_buyer_to_chase_return", InspectReturn = "inspect_return", ExtendOrAppealReturn = "extend_or_appeal_return",
        SettleReturn = "settle_return", AnswerAfterSale = "answer_after_sale", RecordAutoRefund = "record_auto_refund",
        PrepareEvidence = "prepare_evidence", SubmitEvidence = "submit_evidence", KeepCommitment = "keep_commitment",
        FileClaimByHand = "file_claim_by_hand", ChaseClaim = "chase_claim", ConfirmClaimPayment = "confirm_claim_payment", WithdrawClaim = "withdraw_claim",
        ComplainToHeadquarters = "complain_to_headquarters", ComplainToAuthority = "complain_to_authority", CheckComplaint = "check_complaint",
        FollowUp = "follow_up", ReviewCase = "review_case", CourierOutage = "courier_outage",
    }
}
words! {
    /// Who works a task.
    Queue { Warehouse = "warehouse", Service = "service", Lead = "lead" }
}
words! {
    /// How pressing a task is. Never falls.
    Urgency { Normal = "normal", High = "high", Critical = "critical" }
}
words! {
    /// The clock that a deadline runs on.
    ClockKind { Hours = "hours", WorkingDays = "working_days", StaffedHours = "staffed_hours" }
}
words! {
    /// What the engine advises on an answer to the platform.
    Advice {
        AgreeAndIntercept = "agree_and_intercept", SteerToRefusal = "steer_to_refusal", AgreeRefund = "agree_refund",
        RefuseWithEvidence = "refuse_with_evidence", CancelOrder = "cancel_order",
    }
}
words! {
    /// Languages of the shipped texts.
    Language { ZhCn = "zh-CN", En = "en" }
}
words! {
    /// The types of decisions, without the `parcelward.` prefix.
    DecisionType {
        CaseOpened = "case.opened", CaseClosed = "case.closed", DeadlineSet = "deadline.set", DeadlineMoved = "deadline.moved",
        DeadlineMet = "deadline.met", DeadlineBreached = "deadline.breached", DeadlineCancelled = "deadline.cancelled",
        TaskOpened = "task.opened", TaskUpdated = "task.updated", TaskClosed = "task.closed",
        OperationRequested = "operation.requested", OperationSettled = "operation.settled", CoverageNoted = "coverage.noted",
    }
}
words! {
    /// Every outcome that a task may be done with, plus the engine's own `missed`, `dismissed` and `not_needed`.
    TaskOutcome {
        Shipped = "shipped", HandedOver = "handed_over", NotFound = "not_found", Found = "found", LostAtOutlet = "lost_at_outlet",
        NeverPacked = "never_packed", Pulled = "pulled", AlreadyGone = "already_gone", Filed = "filed", NotWorthIt = "not_worth_it",
        Won = "won", Lost = "lost", NoAnswer = "no_answer", Received = "received", Missing = "missing", Accepted = "accepted",
        Moving = "moving", Refused = "refused", Told = "told", Reship = "reship", Refund = "refund", Wait = "wait", Corrected = "corrected",
        Unreachable = "unreachable", Arranged = "arranged", Searching = "searching", Keep = "keep", OutOfStock = "out_of_stock",
        Refunded = "refunded", TurnedRound = "turned_round", Changed = "changed", Waiting = "waiting", WillRefuse = "will_refuse",
        WillKeep = "will_keep", Paid = "paid", WrittenOff = "written_off", Returning = "returning", Signed = "signed",
        StillMoving = "still_moving", Forward = "forward", ChangeAddress = "change_address", WaitAndReship = "wait_and_reship",
        SelfPickup = "self_pickup", NotPossible = "not_possible", BuyerPays = "buyer_pays", MerchantPays = "merchant_pays", Free = "free",
        Declined = "declined", NotObtainable = "not_obtainable", Minor = "minor", Severe = "severe", DiscountNextTime = "discount_next_time",
        Compensate = "compensate", Got = "got", AsExpected = "as_expected", Damaged = "damaged", Short = "short", Empty = "empty",
        NotOurs = "not_ours", NotArrived = "not_arrived", Extended = "extended", Rejected = "rejected", Appealed = "appealed",
        Agree = "agree", Talked = "talked", Refuse = "refuse", Noted = "noted", Appeal = "appeal", Prepared = "prepared",
        Submitted = "submitted", Kept = "kept", NotNeeded = "not_needed", NewTime = "new_time", Answered = "answered", Decided = "decided",
        Withdrawn = "withdrawn", Satisfied = "satisfied", NotSatisfied = "not_satisfied", Done = "done", CloseCase = "close_case",
        Restored = "restored", Missed = "missed", Dismissed = "dismissed", NoLongerNeeded = "no_longer_needed",
    }
}

impl Platform {
    /// The prefix of this platform's rule ids (`pdd`, `tb`, `jd`, `dy`, `other`).
    #[must_use]
    pub const fn rule_prefix(self) -> &'static str {
        match self {
            Platform::Pinduoduo => "pdd",
            Platform::Taobao | Platform::Tmall => "tb",
            Platform::Jd => "jd",
            Platform::Douyin => "dy",
            Platform::Other => "other",
        }
    }
}

impl Courier {
    /// Whether this courier's own interface offers an operation (as of 2026-11; SF "1.8", ZTO "1.7" and "1.8", YTO "2.6", STO "3.5",
    /// J&T "5", JDL "2.4" of the couriers' published interfaces). Yunda, EMS and Deppon publish tracking only. No courier publishes
    /// a complaint about itself.
    #[must_use]
    pub const fn offers(self, kind: OperationKind) -> bool {
        use OperationKind as K;
        match self {
            Courier::Sf => matches!(kind, K::Intercept | K::InterceptCancel | K::AddressChange | K::PhoneChange),
            Courier::Zto => !matches!(kind, K::Complaint),
            Courier::Yto | Courier::Sto => matches!(kind, K::Intercept | K::InterceptCancel | K::AddressChange),
            Courier::Jt => matches!(kind, K::Intercept | K::AddressChange),
            Courier::Jd => matches!(kind, K::Intercept),
            Courier::Yunda | Courier::Ems | Courier::Deppon | Courier::Other => false,
        }
    }
}

impl TrackingStatus {
    /// A scan is any tracking status but `registered` and `unrecognized`.
    #[must_use]
    pub const fn is_scan(self) -> bool {
        !matches!(self, TrackingStatus::Registered | TrackingStatus::Unrecognized)
    }
}
