//! How a courier's work on an operation and on a parcel stands, for whoever looks at it. Deliberately absent: any choice of what is done next.

use crate::lanes::Phase;
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::OperationKind;

/// Where an operation stands in its courier's lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationLane {
    /// The account that has it; none where none was found yet.
    pub account: Option<String>,
    /// Where it stands.
    pub phase: Phase,
    /// Not looked at before.
    pub not_before: Instant,
    /// Until when the attempt that is under way may take; none where none is.
    pub lease_until: Option<Instant>,
    /// Attempts in a row that were not sent.
    pub tries: u32,
    /// Look-ups so far.
    pub looks: u32,
    /// When the first was made.
    pub first_look_at: Option<Instant>,
    /// When it was sent, as far as is known.
    pub sent_at: Option<Instant>,
    /// Our name for it at the courier.
    pub client_ref: Option<String>,
    /// An answer is stored that the desk has not taken yet.
    pub is_told: bool,
}

/// How a source is asked about a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollState {
    /// 0 who is trusted most, 1 the other source.
    pub place: u8,
    /// The account that asks; none or empty where nobody does.
    pub account: Option<String>,
    /// When it was asked last; none where never.
    pub asked_at: Option<Instant>,
    /// When an answer last said something new.
    pub changed_at: Option<Instant>,
    /// Questions in a row without an answer about it.
    pub failures: u32,
    /// The newest scan's status in its answers, and its time.
    pub newest: Option<(String, Instant)>,
    /// When it is asked next.
    pub next_at: Instant,
}

/// A question about a parcel, and what was said: one that brought news, or went wrong. Of others nothing is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The parcel.
    pub waybill: Waybill,
    /// 0 who is trusted most, 1 the other source, [`crate::lanes::PUSHED`] what the courier told by itself.
    pub place: u8,
    /// When it was asked, or told.
    pub asked_at: Instant,
    /// By which account.
    pub account: String,
    /// What came of it, in one word.
    pub outcome: String,
    /// In words, without personal data.
    pub detail: Option<String>,
    /// What was said on the wire, masked, as JSON.
    pub exchange: Option<String>,
}

/// A call of an account that did not go well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TroubledCall {
    /// When it was begun.
    pub at: Instant,
    /// The account.
    pub account: String,
    /// The parcel.
    pub waybill: Waybill,
    /// What was asked for; none where it was asked where the parcel is.
    pub operation: Option<OperationKind>,
    /// How it ended, in one word.
    pub outcome: String,
    /// In words.
    pub detail: Option<String>,
    /// What was said on the wire, masked, as JSON.
    pub exchange: Option<String>,
}
