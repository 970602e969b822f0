//! What a case file was told: parcels and their scans, after-sales, disputes, promises, claims, evidence and wishes.
//!
//! Plain state. Deliberately absent: what was opened because of it (`opened`), and what a parcel's scans amount to (`parcel`).

use crate::casefile::{Area, Index};
use crate::fact::{Address, Waybill};
use crate::instant::Instant;
use crate::money::Money;
use crate::words::*;
use serde::{Deserialize, Serialize};

/// A parcel of the order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// Its number.
    pub waybill: Waybill,
    /// Which way it travels.
    pub direction: Direction,
    /// When it was given to the platform; registered otherwise where absent.
    pub declared_at: Instant,
    /// Whether a shipment fact declared it.
    pub declared: bool,
    /// Electronic waybill: fake-shipping penalties are waived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub electronic: bool,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Area>,
    /// To where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Area>,
    /// Whether it stays within one city, where both ends are known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_city: bool,
    /// When the courier means to deliver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Instant>,
    /// Insured value in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insured: Option<Money>,
    /// The parcel that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Index>,
    /// The after-sale whose goods come back in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_sale: Option<Index>,
    /// Every scan told, sorted by its own time, repeated ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scans: Vec<Scan>,
    /// Turned round since, as a person heard it from the courier before any scan showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned_at: Option<Instant>,
    /// Known lost since, otherwise than by a scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_at: Option<Instant>,
    /// Damage known since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged_at: Option<Instant>,
    /// A claim asked for since (without loss or damage by scan).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_wanted_at: Option<Instant>,
    /// When the goods were inspected at home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspected_at: Option<Instant>,
    /// When a complaint was made to the authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority_at: Option<Instant>,
}

impl Parcel {
    /// A parcel of which only the number and the way is known.
    #[must_use]
    pub fn new(waybill: Waybill, direction: Direction, declared_at: Instant) -> Self {
        Parcel {
            waybill,
            direction,
            declared_at,
            declared: false,
            electronic: false,
            origin: None,
            destination: None,
            same_city: false,
            eta: None,
            insured: None,
            replaced_by: None,
            after_sale: None,
            scans: Vec::new(),
            turned_at: None,
            lost_at: None,
            damaged_at: None,
            claim_wanted_at: None,
            inspected_at: None,
            authority_at: None,
        }
    }
}

/// A tracking event that is a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// When, by its own time.
    pub at: Instant,
    /// What.
    pub status: TrackingStatus,
    /// Why, with `exception`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ExceptionReason>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Who saw it.
    pub seen_by: SeenBy,
    /// Told before: the same event as an earlier scan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
}

/// One step of an after-sale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AfterSaleStep {
    /// When, by its own time.
    pub at: Instant,
    /// What.
    pub status: AfterSaleStatus,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<DecidedBy>,
    /// The platform's limit for our answer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond_by: Option<Instant>,
}

/// An after-sale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AfterSale {
    /// Its number.
    pub id: String,
    /// What is asked.
    pub kind: AfterSaleKind,
    /// Its steps, sorted by their own time.
    pub steps: Vec<AfterSaleStep>,
    /// Amount in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The parcel in which the goods come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_parcel: Option<Index>,
    /// Our own task was done with `agree`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub we_agreed: bool,
    /// Whether the outbound parcel was on its way when the refund was decided, or first scanned after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appealable_at: Option<Instant>,
    /// A person agreed a later limit for the goods' receipt with the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_until: Option<Instant>,
    /// An appeal against the automatic refund was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_filed_at: Option<Instant>,
    /// Parcels that an intercept was decided for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intercepted: Vec<Index>,
}

impl AfterSale {
    /// An after-sale of which nothing but its number and kind is known.
    #[must_use]
    pub(crate) const fn new(id: String, kind: AfterSaleKind) -> Self {
        AfterSale {
            id,
            kind,
            steps: Vec::new(),
            amount: None,
            reason: None,
            return_parcel: None,
            we_agreed: false,
            appealable_at: None,
            extended_until: None,
            appeal_filed_at: None,
            intercepted: Vec::new(),
        }
    }
}

/// One step of a dispute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisputeStep {
    /// When, by its own time.
    pub at: Instant,
    /// What.
    pub status: DisputeStatus,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
    /// The platform's limit for evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_by: Option<Instant>,
    /// The platform's limit for an appeal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_by: Option<Instant>,
}

impl DisputeStep {
    /// A step without limits or ruling.
    #[must_use]
    pub(crate) const fn new(at: Instant, status: DisputeStatus) -> Self {
        DisputeStep { at, status, ruling: None, evidence_by: None, appeal_by: None }
    }
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dispute {
    /// Its number.
    pub id: String,
    /// Its steps, sorted by their own time.
    pub steps: Vec<DisputeStep>,
    /// The after-sale it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_sale: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Amount in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// `prepare_evidence` was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepared_at: Option<Instant>,
    /// `appeal_ruling` was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_done_at: Option<Instant>,
}

impl Dispute {
    /// A dispute of which nothing but its number is known.
    #[must_use]
    pub(crate) const fn new(id: String) -> Self {
        Dispute { id, steps: Vec::new(), after_sale: None, reason: None, amount: None, prepared_at: None, appeal_done_at: None }
    }
}

/// A promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commitment {
    /// Its id.
    pub id: String,
    /// What was promised.
    pub promise: Promise,
    /// When; `None` until it is told as made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Instant>,
    /// By when, as said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Instant>,
    /// In what words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The parcel that keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waybill: Option<Waybill>,
    /// How and when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(Instant, CommitmentStatus)>,
}

impl Commitment {
    /// A promise of which nothing but its number and kind is known.
    #[must_use]
    pub(crate) const fn new(id: String, promise: Promise) -> Self {
        Commitment { id, promise, made_at: None, due_at: None, text: None, waybill: None, ended: None }
    }
}

/// A claim against a courier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The parcel.
    pub parcel: Index,
    /// The courier's number of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When it was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed_at: Option<Instant>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Instant>,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Instant>,
    /// With what amount in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// When it was paid, refused or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(Instant, ClaimStatus)>,
    /// `chase_claim` was done `no_answer` this often.
    #[serde(default)]
    pub unanswered: u8,
}

impl Claim {
    /// A claim of which nothing is known yet.
    #[must_use]
    pub(crate) const fn new(parcel: Index) -> Self {
        Claim { parcel, id: None, filed_at: None, answered_at: None, decided_at: None, amount: None, ended: None, unanswered: 0 }
    }
}

/// Evidence that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its id.
    pub id: String,
    /// What it shows.
    pub kind: EvidenceKind,
    /// Of which parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waybill: Option<Waybill>,
}

/// What the buyer asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuyerRequest {
    /// When.
    pub at: Instant,
    /// What.
    pub ask: BuyerAsk,
    /// About which parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<Index>,
    /// Whether they press.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    /// What they would rather have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants: Option<BuyerWants>,
    /// Where it should go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_address: Option<Address>,
}
