//! Facts: what Parcelward is told, as typed bodies in a CloudEvents envelope (the contract's "Facts").
//!
//! Deliberately absent: unknown fields of `data`. They stay in the journal's own text and never reach a rule.

use crate::instant::{Instant, rfc3339};
use crate::money::Money;
use crate::rule_source::RuleSource;
use crate::words::*;
use serde::{Deserialize, Serialize};

/// The names that identify a fact: together unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FactId {
    /// Who said it.
    pub source: String,
    /// Its id there.
    pub id: String,
}

/// An order, by the three names that stand in every fact about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OrderKey {
    /// Where it was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// Its number there.
    pub order_id: String,
}

/// A waybill: a courier and its number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Waybill {
    /// The courier.
    pub courier: Courier,
    /// The courier's number.
    pub number: String,
}

/// An address, every part optional. Personal: `Debug` shows only province and city.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// The recipient's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The recipient's phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Province, with or without its ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// Prefecture-level city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// District or county.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// Street and house, as the buyer wrote them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("province", &self.province).field("city", &self.city).finish_non_exhaustive()
    }
}

/// One item of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The merchant's stock-keeping unit.
    #[serde(default)]
    pub sku: Option<String>,
    /// What the buyer read.
    #[serde(default)]
    pub title: Option<String>,
    /// How many.
    #[serde(default = "one")]
    pub quantity: u32,
    /// Price of one, in yuan.
    #[serde(default)]
    pub price: Option<Money>,
}

const fn one() -> u32 {
    1
}

/// `parcelward.order`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// When it was paid.
    #[serde(with = "rfc3339")]
    pub paid_at: Instant,
    /// Its state.
    #[serde(default)]
    pub status: Option<OrderStatus>,
    /// The platform's own shipping limit.
    #[serde(default, with = "rfc3339::option")]
    pub ship_by: Option<Instant>,
    /// Whole amount in yuan.
    #[serde(default)]
    pub amount: Option<Money>,
    /// What was bought.
    #[serde(default)]
    pub items: Vec<Item>,
    /// Where it goes.
    #[serde(default)]
    pub recipient: Option<Address>,
    /// The courier that the warehouse means to use.
    #[serde(default)]
    pub planned_courier: Option<Courier>,
    /// The buyer's pseudonym on the platform.
    #[serde(default)]
    pub buyer_id: Option<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The merchant's remark.
    #[serde(default)]
    pub remark: Option<String>,
}

/// `parcelward.shipment`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShipmentFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// The parcel's number.
    pub waybill: Waybill,
    /// When the waybill was given to the platform.
    #[serde(with = "rfc3339")]
    pub declared_at: Instant,
    /// Which way it travels; outbound where absent.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// An electronic waybill: the platform waives fake-shipping penalties.
    #[serde(default)]
    pub electronic_waybill: Option<bool>,
    /// From where.
    #[serde(default)]
    pub origin: Option<Address>,
    /// To where.
    #[serde(default)]
    pub destination: Option<Address>,
    /// Insured value in yuan.
    #[serde(default)]
    pub insured_value: Option<Money>,
    /// Freight in yuan.
    #[serde(default)]
    pub freight: Option<Money>,
    /// When the courier means to deliver.
    #[serde(default, with = "rfc3339::option")]
    pub estimated_delivery_at: Option<Instant>,
    /// The waybill that this one replaces.
    #[serde(default)]
    pub replaces: Option<Waybill>,
}

/// `parcelward.tracking`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackingFact {
    /// Which parcel.
    pub waybill: Waybill,
    /// What happened.
    pub status: TrackingStatus,
    /// Where.
    #[serde(default)]
    pub place: Option<String>,
    /// The courier's words.
    #[serde(default)]
    pub description: Option<String>,
    /// The courier's own code.
    #[serde(default)]
    pub code: Option<String>,
    /// Why, with `exception`.
    #[serde(default)]
    pub reason: Option<ExceptionReason>,
    /// When the courier now means to deliver.
    #[serde(default, with = "rfc3339::option")]
    pub estimated_delivery_at: Option<Instant>,
    /// Who saw it; the courier where absent.
    #[serde(default)]
    pub seen_by: Option<SeenBy>,
}

/// `parcelward.after_sale`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AfterSaleFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// Its number on the platform.
    pub after_sale_id: String,
    /// What is asked.
    pub kind: AfterSaleKind,
    /// Where it stands.
    pub status: AfterSaleStatus,
    /// Who decided.
    #[serde(default)]
    pub decided_by: Option<DecidedBy>,
    /// The buyer's reason.
    #[serde(default)]
    pub reason: Option<String>,
    /// The buyer's words.
    #[serde(default)]
    pub description: Option<String>,
    /// Amount in yuan; the whole order where absent.
    #[serde(default)]
    pub amount: Option<Money>,
    /// The platform's own limit for our answer.
    #[serde(default, with = "rfc3339::option")]
    pub respond_by: Option<Instant>,
    /// The parcel in which the goods come back.
    #[serde(default)]
    pub return_waybill: Option<Waybill>,
}

/// `parcelward.buyer_request`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuyerRequestFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// What is asked.
    pub request: BuyerAsk,
    /// About which parcel.
    #[serde(default)]
    pub waybill: Option<Waybill>,
    /// Where it should go instead.
    #[serde(default)]
    pub new_address: Option<Address>,
    /// The buyer's words.
    #[serde(default)]
    pub text: Option<String>,
    /// Whether the buyer presses.
    #[serde(default)]
    pub urgent: Option<bool>,
    /// What the buyer would rather have.
    #[serde(default)]
    pub wants: Option<BuyerWants>,
}

/// `parcelward.dispute`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisputeFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// Its number on the platform.
    pub dispute_id: String,
    /// Where it stands.
    pub status: DisputeStatus,
    /// The after-sale it is about.
    #[serde(default)]
    pub after_sale_id: Option<String>,
    /// The platform's own limit for evidence.
    #[serde(default, with = "rfc3339::option")]
    pub evidence_by: Option<Instant>,
    /// For whom the platform ruled.
    #[serde(default)]
    pub ruling: Option<Ruling>,
    /// The platform's own limit for an appeal.
    #[serde(default, with = "rfc3339::option")]
    pub appeal_by: Option<Instant>,
    /// What it is about.
    #[serde(default)]
    pub reason: Option<String>,
    /// Amount in yuan.
    #[serde(default)]
    pub amount: Option<Money>,
}

/// `parcelward.commitment`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommitmentFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// Its id.
    pub commitment_id: String,
    /// What was promised.
    pub promise: Promise,
    /// Where it stands.
    pub status: CommitmentStatus,
    /// By when.
    #[serde(default, with = "rfc3339::option")]
    pub due_at: Option<Instant>,
    /// In what words.
    #[serde(default)]
    pub text: Option<String>,
    /// The parcel that keeps it.
    #[serde(default)]
    pub waybill: Option<Waybill>,
}

/// `parcelward.claim`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// Which parcel.
    pub waybill: Waybill,
    /// The courier's number of it.
    pub claim_id: String,
    /// Where it stands.
    pub status: ClaimStatus,
    /// Amount in yuan.
    #[serde(default)]
    pub amount: Option<Money>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who said so.
    #[serde(default)]
    pub by: Option<String>,
}

/// `parcelward.evidence`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// Its id.
    pub evidence_id: String,
    /// What it shows.
    pub kind: EvidenceKind,
    /// Where it is kept.
    pub uri: String,
    /// Of which parcel.
    #[serde(default)]
    pub waybill: Option<Waybill>,
    /// Hash of its bytes.
    #[serde(default)]
    pub sha256: Option<String>,
    /// A remark.
    #[serde(default)]
    pub note: Option<String>,
}

/// `parcelward.message`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// Who wrote.
    pub from: MessageFrom,
    /// What.
    pub text: String,
    /// Where.
    #[serde(default)]
    pub channel: Option<String>,
    /// About which parcel.
    #[serde(default)]
    pub waybill: Option<Waybill>,
}

/// `parcelward.note`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoteFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// The note.
    pub text: String,
    /// Who wrote it.
    #[serde(default)]
    pub by: Option<String>,
    /// The case it belongs to.
    #[serde(default)]
    pub case_id: Option<String>,
    /// When to be reminded.
    #[serde(default, with = "rfc3339::option")]
    pub remind_at: Option<Instant>,
}

/// `parcelward.report`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportFact {
    /// Where the order was placed.
    pub platform: Platform,
    /// The merchant's shop there.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
    /// The case to open.
    pub case: CaseKind,
    /// About which parcel.
    #[serde(default)]
    pub waybill: Option<Waybill>,
    /// In what words.
    #[serde(default)]
    pub text: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub by: Option<String>,
}

/// `parcelward.operation_update`: names the operation by its id, or by waybill and kind (the newest such).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperationUpdateFact {
    /// Which operation.
    #[serde(default)]
    pub operation_id: Option<String>,
    /// Else: of which parcel.
    #[serde(default)]
    pub waybill: Option<Waybill>,
    /// Else: of which kind.
    #[serde(default)]
    pub kind: Option<OperationKind>,
    /// What the courier said.
    pub status: OperationStatus,
    /// The courier's number of it.
    #[serde(default)]
    pub courier_reference: Option<String>,
    /// The courier's reason.
    #[serde(default)]
    pub reason: Option<String>,
    /// What it costs, in yuan.
    #[serde(default)]
    pub fee: Option<Money>,
    /// What the courier pays, in yuan.
    #[serde(default)]
    pub amount: Option<Money>,
}

/// A person's answers on a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// Amount in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Fee in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// A parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waybill: Option<Waybill>,
    /// Until when.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Somebody's number of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// A new address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// A new phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Why an automatic refund came about (`late`, `unseen`, `accepted`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The outcome with which `close_case` closes its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CaseOutcome>,
}

/// `parcelward.task_update`: names the task by its id, or by order and kind (the newest open one).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskUpdateFact {
    /// Which task.
    #[serde(default)]
    pub task_id: Option<String>,
    /// Else: of which order.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Else: of which order.
    #[serde(default)]
    pub shop: Option<String>,
    /// Else: of which order.
    #[serde(default)]
    pub order_id: Option<String>,
    /// Else: of which kind.
    #[serde(default)]
    pub kind: Option<TaskKind>,
    /// What was done with it.
    pub status: TaskVerb,
    /// How it was done.
    #[serde(default)]
    pub outcome: Option<TaskOutcome>,
    /// The answers that the outcome asks for.
    #[serde(default)]
    pub answers: Answers,
    /// A remark.
    #[serde(default)]
    pub note: Option<String>,
    /// Who did it.
    #[serde(default)]
    pub by: Option<String>,
    /// To whom it goes.
    #[serde(default)]
    pub assignee: Option<String>,
    /// Until when it sleeps.
    #[serde(default, with = "rfc3339::option")]
    pub snooze_until: Option<Instant>,
    /// The version of the task that the person saw.
    #[serde(default)]
    pub expected_version: Option<u64>,
}

/// `parcelward.coverage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoverageFact {
    /// Which courier.
    pub courier: Courier,
    /// Where.
    pub province: String,
    /// Whether it reaches the place.
    pub serves: bool,
    /// Narrower.
    #[serde(default)]
    pub city: Option<String>,
    /// Narrower still.
    #[serde(default)]
    pub district: Option<String>,
    /// Until when this holds.
    #[serde(default, with = "rfc3339::option")]
    pub until: Option<Instant>,
    /// A remark.
    #[serde(default)]
    pub note: Option<String>,
}

/// `parcelward.configuration`: from now on these rules hold, for every order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigurationFact {
    /// The short word for what the configuration says.
    pub revision: String,
    /// Its rules, all of them, as operators write them.
    pub rules: Box<RuleSource>,
    /// The rules that had held until then; told with the first change only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<RuleSource>>,
    /// What becomes of clocks that run; they keep their due times where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_deadlines: Option<OpenDeadlines>,
    /// Who applied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `parcelward.disruption`. An absent list means all; lists are combined with *and*.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisruptionFact {
    /// Its id; a second one of this id replaces it.
    pub disruption_id: String,
    /// From when.
    #[serde(with = "rfc3339")]
    pub from: Instant,
    /// Until when.
    #[serde(with = "rfc3339")]
    pub until: Instant,
    /// What it does.
    pub effect: DisruptionEffect,
    /// For which couriers.
    #[serde(default)]
    pub couriers: Vec<Courier>,
    /// For which destination provinces.
    #[serde(default)]
    pub provinces: Vec<String>,
    /// For which destination cities.
    #[serde(default)]
    pub cities: Vec<String>,
    /// For which sites (the newest scan's place).
    #[serde(default)]
    pub sites: Vec<String>,
    /// For which platforms.
    #[serde(default)]
    pub platforms: Vec<Platform>,
    /// For which shops.
    #[serde(default)]
    pub shops: Vec<String>,
    /// For which rules, by id.
    #[serde(default)]
    pub rules: Vec<String>,
    /// By how much, with `extend` (`24h`, `2d`).
    #[serde(default)]
    pub extend_by: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

macro_rules! names_order {
    ($($fact:ty),+) => { $(impl $fact {
        /// The order that it names.
        #[must_use]
        pub fn order(&self) -> OrderKey {
            OrderKey { platform: self.platform, shop: self.shop.clone(), order_id: self.order_id.clone() }
        }
    })+ };
}

names_order!(
    OrderFact,
    ShipmentFact,
    AfterSaleFact,
    BuyerRequestFact,
    DisputeFact,
    CommitmentFact,
    ClaimFact,
    EvidenceFact,
    MessageFact,
    NoteFact,
    ReportFact
);

/// What a fact says.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "facts are short-lived and moved by reference")]
pub enum FactBody {
    /// An order.
    Order(OrderFact),
    /// A parcel was declared.
    Shipment(ShipmentFact),
    /// A tracking event.
    Tracking(TrackingFact),
    /// An after-sale moved.
    AfterSale(AfterSaleFact),
    /// The buyer asks.
    BuyerRequest(BuyerRequestFact),
    /// A dispute moved.
    Dispute(DisputeFact),
    /// A promise moved.
    Commitment(CommitmentFact),
    /// A claim moved.
    Claim(ClaimFact),
    /// Evidence was kept.
    Evidence(EvidenceFact),
    /// Somebody wrote.
    Message(MessageFact),
    /// Staff noted.
    Note(NoteFact),
    /// A person opens a case.
    Report(ReportFact),
    /// A courier answered.
    OperationUpdate(OperationUpdateFact),
    /// A person worked a task.
    TaskUpdate(TaskUpdateFact),
    /// A courier reaches an area or not.
    Coverage(CoverageFact),
    /// Times are not normal.
    Disruption(DisruptionFact),
    /// Other rules hold.
    Configuration(Box<ConfigurationFact>),
}

/// A fact in its envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its identity.
    pub id: FactId,
    /// When it happened in the world.
    pub time: Instant,
    /// When Parcelward received it; `None` before that.
    pub recorded: Option<Instant>,
    /// What it says.
    pub body: FactBody,
    /// Order-independent fingerprint of type, time and data: equal for the same fact said again.
    pub fingerprint: u64,
}

impl Fact {
    /// When it is decided: received, else happened.
    #[must_use]
    pub fn decided_at(&self) -> Instant {
        self.recorded.unwrap_or(self.time)
    }

    /// Its own time, cut to its `recordedtime` where it claims to come more than ten minutes from the future (`clock_skew`).
    #[must_use]
    pub fn effective_time(&self) -> (Instant, bool) {
        match self.recorded {
            Some(recorded) if self.time.since(recorded) > crate::instant::Length::minutes(10) => (recorded, true),
            _ => (self.time, false),
        }
    }
}

impl FactBody {
    /// Its type.
    #[must_use]
    pub const fn fact_type(&self) -> FactType {
        match self {
            FactBody::Order(_) => FactType::Order,
            FactBody::Shipment(_) => FactType::Shipment,
            FactBody::Tracking(_) => FactType::Tracking,
            FactBody::AfterSale(_) => FactType::AfterSale,
            FactBody::BuyerRequest(_) => FactType::BuyerRequest,
            FactBody::Dispute(_) => FactType::Dispute,
            FactBody::Commitment(_) => FactType::Commitment,
            FactBody::Claim(_) => FactType::Claim,
            FactBody::Evidence(_) => FactType::Evidence,
            FactBody::Message(_) => FactType::Message,
            FactBody::Note(_) => FactType::Note,
            FactBody::Report(_) => FactType::Report,
            FactBody::OperationUpdate(_) => FactType::OperationUpdate,
            FactBody::TaskUpdate(_) => FactType::TaskUpdate,
            FactBody::Coverage(_) => FactType::Coverage,
            FactBody::Disruption(_) => FactType::Disruption,
            FactBody::Configuration(_) => FactType::Configuration,
        }
    }

    /// The order that the fact names itself, if it names one.
    #[must_use]
    pub fn order(&self) -> Option<OrderKey> {
        match self {
            FactBody::Order(f) => Some(f.order()),
            FactBody::Shipment(f) => Some(f.order()),
            FactBody::AfterSale(f) => Some(f.order()),
            FactBody::BuyerRequest(f) => Some(f.order()),
            FactBody::Dispute(f) => Some(f.order()),
            FactBody::Commitment(f) => Some(f.order()),
            FactBody::Claim(f) => Some(f.order()),
            FactBody::Evidence(f) => Some(f.order()),
            FactBody::Message(f) => Some(f.order()),
            FactBody::Note(f) => Some(f.order()),
            FactBody::Report(f) => Some(f.order()),
            FactBody::TaskUpdate(f) => match (f.platform, &f.shop, &f.order_id) {
                (Some(platform), Some(shop), Some(order_id)) => Some(OrderKey { platform, shop: shop.clone(), order_id: order_id.clone() }),
                _ => None,
            },
            FactBody::Tracking(_)
            | FactBody::OperationUpdate(_)
            | FactBody::Coverage(_)
            | FactBody::Disruption(_)
            | FactBody::Configuration(_) => None,
        }
    }
}

impl std::fmt::Display for OrderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.platform, self.shop, self.order_id)
    }
}

impl std::fmt::Display for Waybill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.courier, self.number)
    }
}
