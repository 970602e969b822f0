//! The reasons for which a rule asks for nothing, in words for people.
//!
//! Deliberately absent: which of them holds (`considered`).

use crate::fact::Waybill;
use crate::words::Platform;

/// Why a rule asks for nothing of a subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// Only these platforms have such a rule.
    #[error("only {} {} such a rule", list(.0), if .0.len() == 1 { "has" } else { "have" })]
    OtherPlatform(Vec<Platform>),
    /// The order itself was never told.
    #[error("the order itself is not known yet, only what was said about it")]
    OrderUnknown,
    /// No parcel of the order was declared.
    #[error("not shipped yet: no parcel has been declared")]
    NotShipped,
    /// The order was cancelled or closed before it went.
    #[error("the order was cancelled or closed before it was sent")]
    CalledOff,
    /// Its money went back before it went.
    #[error("the whole order was refunded before it was sent")]
    Refunded,
    /// The parcel goes on under another number.
    #[error("the parcel goes on as {}:{}; that number has the clock", .0.courier, .0.number)]
    Replaced(Waybill),
    /// The parcel is not declared on the platform.
    #[error("the parcel is not declared on the platform")]
    NotDeclared,
    /// No courier has scanned the parcel.
    #[error("it starts with the first scan, and the parcel has none yet")]
    NotScanned,
    /// The second scan has its own rule, which comes first.
    #[error("it starts with the second scan; until then the rule of the second scan runs")]
    NoSecondScan,
    /// The parcel counts as lost.
    #[error("the parcel is lost; no scan is waited for")]
    Lost,
    /// The parcel is signed for, refused or on its way back.
    #[error("the parcel is {0}; no such scan is waited for any more")]
    Over(&'static str),
    /// It was not out for delivery.
    #[error("the parcel was not out for delivery")]
    NoAttempt,
    /// It waits at no pick-up point.
    #[error("the parcel was not put down at a pick-up point")]
    NotAtPickup,
    /// It does not come back.
    #[error("the parcel does not come back")]
    NotTurned,
    /// It comes back, and was not scanned since it turned round.
    #[error("the parcel has not been scanned since it turned round")]
    NoScanOfTheWayBack,
    /// Nothing that a claim could be for.
    #[error("there is nothing to claim: the parcel is neither lost nor damaged")]
    NothingToClaim,
    /// No claim was filed.
    #[error("no claim has been filed")]
    NoClaim,
    /// The courier has not said that it has the claim.
    #[error("the courier has not answered the claim yet")]
    ClaimNotAnswered,
    /// The courier has not decided.
    #[error("the claim is not decided yet")]
    ClaimNotDecided,
    /// The courier pays nothing.
    #[error("the courier's decision names no sum to be paid")]
    NothingAwarded,
    /// The claim ended.
    #[error("the claim is over")]
    ClaimOver,
    /// No claim or complaint is open.
    #[error("no claim and no complaint is open on the parcel")]
    NothingToComplainOf,
    /// A person asks, from the start.
    #[error("a person asks the courier by phone; no interface is waited for")]
    ByHand,
    /// A person took it over.
    #[error("a person took it over from the courier's interface")]
    TakenOver,
    /// The courier has not taken the request.
    #[error("it starts when the courier takes the request")]
    NotAccepted,
    /// The courier refused.
    #[error("the courier refused the request")]
    OperationRefused,
    /// It ended.
    #[error("the request is over")]
    OperationOver,
    /// The refund that it was for was taken back.
    #[error("the refund that it was for was taken back")]
    RefundWithdrawn,
    /// The buyer has not asked.
    #[error("the buyer has not asked for it")]
    NotAsked,
    /// Nobody sent goods back.
    #[error("the buyer has not sent the goods back")]
    NotSentBack,
    /// This kind of after-sale brings nothing back.
    #[error("no goods come back in this kind of after-sale")]
    GoodsStay,
    /// It is not agreed.
    #[error("the after-sale has not been agreed to")]
    NotAgreed,
    /// It went another way before goods were sent.
    #[error("the after-sale ended, or was answered anew, before the goods were sent")]
    AgreementOver,
    /// Nothing was refunded over our heads.
    #[error("the platform has refunded nothing by itself that could be appealed")]
    NoAutoRefund,
    /// The intercept that it belongs to is over.
    #[error("the intercept that it belongs to is over")]
    InterceptOver,
    /// The dispute is not opened.
    #[error("the dispute has not been opened")]
    NotOpened,
    /// No evidence is wanted.
    #[error("the platform has asked for no evidence")]
    NoEvidenceWanted,
    /// No evidence went in.
    #[error("no evidence has been handed in that a ruling could follow")]
    NoEvidenceGiven,
    /// No ruling yet.
    #[error("the platform has not ruled")]
    NotRuled,
    /// The ruling is ours.
    #[error("the ruling went for the merchant: nothing to appeal")]
    RuledForUs,
    /// The promise was not made.
    #[error("the promise itself was never recorded, only its end")]
    NotPromised,
    /// No appeal was filed.
    #[error("no appeal has been filed in this case")]
    NoAppeal,
    /// No complaint was made.
    #[error("no complaint has been made in this case")]
    NoComplaint,
    /// The case is closed.
    #[error("the case is closed")]
    CaseClosed,
}

fn list(platforms: &[Platform]) -> String {
    let words: Vec<&str> = platforms.iter().map(|p| p.word()).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
