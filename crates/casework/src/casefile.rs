//! `CaseFile`: everything known and everything open about one order.
//!
//! Plain state, serialisable, without behaviour beyond look-ups. Deliberately absent: messages and notes (the journal keeps them; they
//! move nothing) and personal data other than the order's one recipient.

use crate::fact::{Address, FactId, Item, OrderKey, Waybill};
use crate::instant::Instant;
use crate::money::Money;
use crate::rule_kind::RuleKind;
use crate::words::*;
use serde::{Deserialize, Serialize};

/// Position in one of the case file's lists.
pub type Index = u32;

/// One order's case file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseFile {
    /// The order.
    pub key: OrderKey,
    /// Twelve characters that stand for the order in ids.
    pub tag: String,
    /// Number of the last id given out.
    pub seq: u32,
    /// Decision time of the last decision or fact.
    pub clock: Instant,
    /// How many changes of the world it has read.
    #[serde(default)]
    pub world_seen: u32,
    /// The order itself, once told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderState>,
    /// Where the order goes, without anything personal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_area: Option<Area>,
    /// Its parcels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parcels: Vec<Parcel>,
    /// Its after-sales.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after_sales: Vec<AfterSale>,
    /// Its disputes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<Dispute>,
    /// Its promises.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<Commitment>,
    /// Its claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Its evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What the buyer asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<BuyerRequest>,
    /// Its cases, open and closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Case>,
    /// Its tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    /// Its deadlines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<Deadline>,
    /// Its courier operations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// What comes back at a time of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Timer>,
    /// Compensations paid: when, and how much in yuan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compensations: Vec<(Instant, Money)>,
}

/// The order as the platform tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderState {
    /// When it was paid.
    pub paid_at: Instant,
    /// Its state.
    pub status: OrderStatus,
    /// When this state was told, by the world's time.
    pub status_at: Instant,
    /// The platform's shipping limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_by: Option<Instant>,
    /// Whole amount in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What was bought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Address>,
    /// When the recipient last changed, by the world's time.
    pub recipient_at: Instant,
    /// The courier that the warehouse means to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_courier: Option<Courier>,
    /// The world's time of the newest order fact: an older one that arrives later changes nothing that a newer one said.
    pub told_at: Instant,
}

/// A place to province, city and district.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Area {
    /// Province as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// City as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// District as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
}

impl Area {
    /// The area of an address, without anything personal.
    #[must_use]
    pub fn of(address: &Address) -> Self {
        Area { province: address.province.clone(), city: address.city.clone(), district: address.district.clone() }
    }

    /// As an address, for comparisons.
    #[must_use]
    pub fn as_address(&self) -> Address {
        Address { province: self.province.clone(), city: self.city.clone(), district: self.district.clone(), ..Address::default() }
    }
}

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

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The order.
    Order,
    /// A parcel.
    Parcel(Index),
    /// An after-sale.
    AfterSale(Index),
    /// A dispute.
    Dispute(Index),
    /// A promise.
    Commitment(Index),
    /// An operation (of a deadline only).
    Operation(Index),
    /// A case (of a deadline only).
    Case(Index),
}

/// How far a decision to serve the buyer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serve {
    /// A new parcel is to go out.
    Reship,
    /// Money is to go back.
    Refund,
    /// Neither: settled by a compensation or a discount.
    Compensate,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: CaseKind,
    /// What it is about.
    pub subject: Subject,
    /// The parcel it is about as well, if its subject is no parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<Index>,
    /// When it opened.
    pub opened_at: Instant,
    /// When and how it closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<(Instant, CaseOutcome)>,
    /// The newest scan's time when its cause came (a newer scan may end it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_at: Option<Instant>,
    /// When a buyer asked for it (the first answer's clock).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Instant>,
    /// When the first task of it was done or dismissed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Instant>,
    /// When an appeal was filed in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_filed_at: Option<Instant>,
    /// When its appeal was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_answered_at: Option<Instant>,
    /// When a complaint was made in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complained_at: Option<Instant>,
    /// When that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complaint_answered_at: Option<Instant>,
    /// The authority was asked in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authority: bool,
    /// How the buyer is being served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve: Option<Serve>,
    /// The buyer is served: a new parcel scanned, or money back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<CaseOutcome>,
    /// The parcel that serves the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reship: Option<Index>,
    /// The after-sale that an intercept is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_sale: Option<Index>,
    /// The operation whose end it waits for, if it decides the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Index>,
    /// The case that it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Index>,
    /// A task's outcome that the case remembers for later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<TaskOutcome>,
    /// The one `chase_courier` of a case that may ask for nothing else was opened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chased: bool,
    /// The goods are inspected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inspected: bool,
    /// When a solution was offered to the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_at: Option<Instant>,
    /// The sum that was offered, in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// A person opened it by hand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// The buyer's new address, until it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_address: Option<Address>,
    /// What it is about, in words (a reason, a promise).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

impl Case {
    /// A case that has just opened.
    #[must_use]
    pub(crate) const fn new(id: String, kind: CaseKind, subject: Subject, opened_at: Instant) -> Self {
        Case {
            id,
            kind,
            subject,
            parcel: None,
            opened_at,
            closed: None,
            scan_at: None,
            asked_at: None,
            answered_at: None,
            appeal_filed_at: None,
            appeal_answered_at: None,
            complained_at: None,
            complaint_answered_at: None,
            authority: false,
            serve: None,
            served: None,
            reship: None,
            after_sale: None,
            operation: None,
            waits_for: None,
            decided: None,
            chased: false,
            inspected: false,
            offered_at: None,
            amount: None,
            by_hand: false,
            new_address: None,
            words: None,
        }
    }
}

/// State of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Nobody has it.
    Open,
    /// Somebody has it.
    Claimed,
    /// It sleeps until then.
    Snoozed(Instant),
    /// It ended.
    Closed(TaskOutcome),
}

impl TaskState {
    /// The word of a list's filter.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            TaskState::Open => "open",
            TaskState::Claimed => "claimed",
            TaskState::Snoozed(_) => "snoozed",
            TaskState::Closed(_) => "closed",
        }
    }
}

/// A follow-up task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: TaskKind,
    /// The case it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Index>,
    /// The parcel it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<Index>,
    /// The operation that it does by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Index>,
    /// The deadline that gives its due time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Index>,
    /// Who works it.
    pub queue: Queue,
    /// How pressing it is.
    pub urgency: Urgency,
    /// Until when.
    pub due_at: Instant,
    /// Where it stands.
    pub state: TaskState,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// When it opened.
    pub opened_at: Instant,
    /// Changes so far; a person names the one that they saw.
    pub version: u64,
    /// What it is advised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
    /// Yuan at stake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// The outcomes that it may be done with.
    pub outcomes: Vec<TaskOutcome>,
    /// It is asked again after having been answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl Task {
    /// Whether it still waits for a person.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state, TaskState::Closed(_))
    }
}

/// State of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineState {
    /// It runs.
    Running,
    /// Its cause was done in time.
    Met,
    /// Its due time passed.
    Breached,
    /// It no longer applies.
    Cancelled,
}

/// A deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deadline {
    /// Its id.
    pub id: String,
    /// Its rule.
    pub rule: RuleKind,
    /// What it is about.
    pub subject: Subject,
    /// When its clock started.
    pub starts_at: Instant,
    /// When it is due.
    pub due_at: Instant,
    /// When it would be due by the rule, where the platform gave the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_due_at: Option<Instant>,
    /// Its clock.
    pub clock: ClockKind,
    /// The due time lies past the calendar.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// When each rung acts.
    pub rungs: Vec<Instant>,
    /// How many rungs have acted.
    pub acted: u8,
    /// When the due time acts (later than `due_at` for an `at due` rule in unstaffed hours).
    pub acts_at: Instant,
    /// Whether its ladder is `at due`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_due: bool,
    /// Where it stands.
    pub state: DeadlineState,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// When, in the world, what met it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Instant>,
    /// The rule's variant that it runs by (`remote`, `signed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Met by late news after its breach.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late_news: bool,
    /// The breach was waived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
    /// The tasks that its breach opened: closed on late news.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breach_tasks: Vec<Index>,
    /// The case that its breach opened: closed on late news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breach_case: Option<Index>,
    /// The task that had met it was reopened: it is set anew under a new id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undone: bool,
    /// When its first task was opened (for the notice given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_task_at: Option<Instant>,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// The courier is to be asked.
    Requested,
    /// A person is to ask.
    ByHand,
    /// The courier took it.
    Accepted,
    /// Sent, no clear answer.
    Unknown,
    /// It ended.
    Settled(OperationStatus),
}

/// A courier operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: OperationKind,
    /// The parcel.
    pub parcel: Index,
    /// The case that asked.
    pub case: Index,
    /// Where it stands.
    pub state: OperationState,
    /// Whether the courier's interface was asked (else a person was from the start).
    pub requested: bool,
    /// When it was asked for.
    pub asked_at: Instant,
    /// When it was first answered (accepted, rejected, failed, or unknown where a result rule follows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Instant>,
    /// When its result's clock started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_from: Option<Instant>,
    /// When it settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Instant>,
    /// The task that does it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<Index>,
    /// The bracket task took it over: nothing is sent any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken_over: bool,
    /// The courier's number of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl Operation {
    /// Whether it may still take effect.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        !matches!(self.state, OperationState::Settled(_))
    }
}

/// What happens at a timer's instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// A task is asked again.
    AskAgain(TaskKind),
    /// A note reminds: its text.
    Remind(String),
    /// Something that is known ends then: its case looks at what holds.
    LookAgain,
}

/// Something that comes back at its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timer {
    /// When.
    pub at: Instant,
    /// For which case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Index>,
    /// About which parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<Index>,
    /// What.
    pub kind: TimerKind,
    /// What caused it.
    pub because: Vec<crate::decision::Cause>,
}

impl CaseFile {
    /// An empty case file.
    #[must_use]
    pub fn new(key: OrderKey) -> Self {
        let tag = crate::decision::order_tag(&key);
        CaseFile {
            key,
            tag,
            seq: 0,
            clock: Instant::MIN,
            world_seen: 0,
            order: None,
            recipient_area: None,
            parcels: Vec::new(),
            after_sales: Vec::new(),
            disputes: Vec::new(),
            commitments: Vec::new(),
            claims: Vec::new(),
            evidence: Vec::new(),
            requests: Vec::new(),
            cases: Vec::new(),
            tasks: Vec::new(),
            deadlines: Vec::new(),
            operations: Vec::new(),
            timers: Vec::new(),
            compensations: Vec::new(),
        }
    }

    /// The parcel of a waybill.
    #[must_use]
    pub fn parcel_of(&self, waybill: &Waybill) -> Option<Index> {
        self.parcels.iter().position(|p| &p.waybill == waybill).and_then(|i| Index::try_from(i).ok())
    }

    /// Whether anything is still open: a case, a task, a deadline, an operation or a timer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.timers.is_empty()
            || self.deadlines.iter().any(|d| d.state == DeadlineState::Running)
            || self.cases.iter().any(|c| c.closed.is_none())
            || self.tasks.iter().any(Task::is_open)
    }

    /// The waybills of its parcels.
    pub fn waybills(&self) -> impl Iterator<Item = &Waybill> {
        self.parcels.iter().map(|p| &p.waybill)
    }
}

/// A fact's identity in a `because`.
pub type FactRef = FactId;
