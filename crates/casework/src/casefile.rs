//! `CaseFile`: everything known and everything open about one order.
//!
//! Plain state, serialisable, without behaviour beyond look-ups. Deliberately absent: messages and notes (the journal keeps them; they
//! move nothing) and personal data other than the order's one recipient.

use crate::fact::{Address, Item, OrderKey, Waybill};
use crate::instant::Instant;
use crate::money::Money;
use crate::words::*;
use serde::{Deserialize, Serialize};

pub use crate::opened::*;
pub use crate::told::*;

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
