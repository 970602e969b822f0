//! Decisions: what is decided, in the contract's own JSON.
//!
//! Deliberately absent: how a decision is reached (`engine`, `playbook`).

use crate::fact::{Address, FactId, OrderKey, Waybill};
use crate::instant::{Instant, rfc3339};
use crate::money::Money;
use crate::words::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The `source` of every decision.
pub const SOURCE: &str = "parcelward";

/// What caused a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cause {
    /// A fact.
    Fact(FactId),
    /// A rung of a rule, or its due time.
    Rule {
        /// The rule's id.
        rule: String,
        /// Which rung (`12h`), or `due`.
        rung: String,
    },
    /// A task that was done.
    Task {
        /// Its id.
        task_id: String,
        /// How.
        outcome: TaskOutcome,
    },
}

/// A decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Its id: the order's tag and a running number.
    pub id: String,
    /// When it is made.
    pub time: Instant,
    /// What was decided.
    pub body: DecisionBody,
    /// What caused it.
    pub because: Vec<Cause>,
}

/// A case opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseOpened {
    /// Its id.
    pub case_id: String,
    /// Its kind.
    pub kind: CaseKind,
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// The parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waybill: Option<Waybill>,
    /// The after-sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_sale_id: Option<String>,
    /// The dispute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute_id: Option<String>,
    /// The promise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment_id: Option<String>,
}

/// A case closed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseClosed {
    /// Its id.
    pub case_id: String,
    /// Its kind.
    pub kind: CaseKind,
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// How.
    pub outcome: CaseOutcome,
}

/// A deadline was set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadlineSet {
    /// Its id.
    pub deadline_id: String,
    /// Its rule.
    pub rule: String,
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// The parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waybill: Option<Waybill>,
    /// The after-sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_sale_id: Option<String>,
    /// When its clock started.
    #[serde(with = "rfc3339")]
    pub starts_at: Instant,
    /// When it is due.
    #[serde(with = "rfc3339")]
    pub due_at: Instant,
    /// When it would be due by the rule, where the platform gave the time.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub computed_due_at: Option<Instant>,
    /// Its clock.
    pub clock: ClockKind,
    /// It lies past the calendar.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// What it costs when missed.
    pub consequence: String,
}

/// A deadline moved or ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadlineChanged {
    /// Its id.
    pub deadline_id: String,
    /// Its rule.
    pub rule: String,
    /// When it is (or was) due.
    #[serde(with = "rfc3339")]
    pub due_at: Instant,
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// The parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waybill: Option<Waybill>,
    /// The after-sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_sale_id: Option<String>,
    /// The breach costs nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
    /// Met by news that came after the breach.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub late_news: bool,
    /// It was set anew because other rules were applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<Box<Applied>>,
}

/// Who applied the rules that a deadline was set anew by, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The configuration's revision.
    pub revision: String,
    /// Who applied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When its rungs act since then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rungs: Vec<String>,
}

/// A task opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskOpened {
    /// Its id.
    pub task_id: String,
    /// Its kind.
    pub kind: TaskKind,
    /// Its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
    /// Its case's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_kind: Option<CaseKind>,
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// The parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waybill: Option<Waybill>,
    /// The after-sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_sale_id: Option<String>,
    /// The dispute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute_id: Option<String>,
    /// The promise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment_id: Option<String>,
    /// Who works it.
    pub queue: Queue,
    /// How pressing it is.
    pub urgency: Urgency,
    /// Until when.
    #[serde(with = "rfc3339")]
    pub due_at: Instant,
    /// The deadline that gives the due time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_id: Option<String>,
    /// One line.
    pub title: String,
    /// Why.
    pub why: String,
    /// What happens if it is missed.
    pub missed: String,
    /// What the engine advises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
    /// The menu path on this platform.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// What should be collected.
    pub evidence_wanted: Vec<EvidenceKind>,
    /// How it may be done.
    pub outcomes: Vec<TaskOutcome>,
    /// Yuan at stake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money_at_stake: Option<Money>,
    /// A reply to the buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_template: Option<String>,
    /// The drafted goods-value statement, where a claim is filed by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

/// A task changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskUpdated {
    /// Its id.
    pub task_id: String,
    /// Its kind.
    pub kind: TaskKind,
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// `open`, `claimed` or `snoozed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// Now more pressing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// Now due.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Instant>,
    /// Now of this deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_id: Option<String>,
    /// Now of this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// Now advised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
    /// Now with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
}

/// A task ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskClosed {
    /// Its id.
    pub task_id: String,
    /// Its kind.
    pub kind: TaskKind,
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// How.
    pub outcome: TaskOutcome,
}

/// What the courier is asked, beyond the waybill.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperationDetails {
    /// The new address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The new phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Why, in the contract's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fee agreed, in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// Who pays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// The value of the goods, in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// A drafted statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// To whom the goods went: a part of the statement that is kept apart, because it is personal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Address>,
}

/// A courier is to be asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperationRequested {
    /// Its id.
    pub operation_id: String,
    /// Its kind.
    pub kind: OperationKind,
    /// The order.
    #[serde(flatten)]
    pub order: OrderKey,
    /// The parcel.
    pub waybill: Waybill,
    /// The case that asks.
    pub case_id: String,
    /// The same for the same request, always.
    pub idempotency_key: String,
    /// What else.
    pub details: OperationDetails,
}

/// An operation ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperationSettled {
    /// Its id.
    pub operation_id: String,
    /// Its kind.
    pub kind: OperationKind,
    /// How.
    pub status: OperationStatus,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A courier was seen to reach an area or not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageNoted {
    /// The courier.
    pub courier: Courier,
    /// Where.
    pub province: String,
    /// Narrower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Narrower still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// Whether it reaches it.
    pub serves: bool,
    /// The parcel that showed it.
    pub waybill: Waybill,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each variant is the decision type of its name")]
pub enum DecisionBody {
    CaseOpened(CaseOpened),
    CaseClosed(CaseClosed),
    DeadlineSet(DeadlineSet),
    DeadlineMoved(DeadlineChanged),
    DeadlineMet(DeadlineChanged),
    DeadlineBreached(DeadlineChanged),
    DeadlineCancelled(DeadlineChanged),
    TaskOpened(Box<TaskOpened>),
    TaskUpdated(TaskUpdated),
    TaskClosed(TaskClosed),
    OperationRequested(Box<OperationRequested>),
    OperationSettled(OperationSettled),
    CoverageNoted(CoverageNoted),
}

impl DecisionBody {
    /// Its type.
    #[must_use]
    pub const fn decision_type(&self) -> DecisionType {
        match self {
            DecisionBody::CaseOpened(_) => DecisionType::CaseOpened,
            DecisionBody::CaseClosed(_) => DecisionType::CaseClosed,
            DecisionBody::DeadlineSet(_) => DecisionType::DeadlineSet,
            DecisionBody::DeadlineMoved(_) => DecisionType::DeadlineMoved,
            DecisionBody::DeadlineMet(_) => DecisionType::DeadlineMet,
            DecisionBody::DeadlineBreached(_) => DecisionType::DeadlineBreached,
            DecisionBody::DeadlineCancelled(_) => DecisionType::DeadlineCancelled,
            DecisionBody::TaskOpened(_) => DecisionType::TaskOpened,
            DecisionBody::TaskUpdated(_) => DecisionType::TaskUpdated,
            DecisionBody::TaskClosed(_) => DecisionType::TaskClosed,
            DecisionBody::OperationRequested(_) => DecisionType::OperationRequested,
            DecisionBody::OperationSettled(_) => DecisionType::OperationSettled,
            DecisionBody::CoverageNoted(_) => DecisionType::CoverageNoted,
        }
    }
}

impl Serialize for DecisionBody {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            DecisionBody::CaseOpened(d) => d.serialize(s),
            DecisionBody::CaseClosed(d) => d.serialize(s),
            DecisionBody::DeadlineSet(d) => d.serialize(s),
            DecisionBody::DeadlineMoved(d)
            | DecisionBody::DeadlineMet(d)
            | DecisionBody::DeadlineBreached(d)
            | DecisionBody::DeadlineCancelled(d) => d.serialize(s),
            DecisionBody::TaskOpened(d) => d.serialize(s),
            DecisionBody::TaskUpdated(d) => d.serialize(s),
            DecisionBody::TaskClosed(d) => d.serialize(s),
            DecisionBody::OperationRequested(d) => d.serialize(s),
            DecisionBody::OperationSettled(d) => d.serialize(s),
            DecisionBody::CoverageNoted(d) => d.serialize(s),
        }
    }
}

impl Decision {
    /// The decision as one line of the contract's JSON, without the line's end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut line = Vec::with_capacity(512);
        self.write_json(&mut line);
        // What serde_json writes is UTF-8.
        String::from_utf8(line).unwrap_or_default()
    }

    /// Appends the same line to `out`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"specversion":"1.0","id":"#);
        write(out, &self.id);
        out.extend_from_slice(br#","source":"parcelward","type":"parcelward."#);
        out.extend_from_slice(self.body.decision_type().word().as_bytes());
        out.extend_from_slice(br#"","time":"#);
        write(out, &self.time.text());
        out.extend_from_slice(br#","data":"#);
        write(out, &self.body);
        // `because` is the last field of `data`: every body is an object that has others before it.
        out.pop();
        out.extend_from_slice(br#","because":"#);
        write(out, &self.because);
        out.extend_from_slice(b"}}");
    }
}

/// Serialising plain structs of strings and numbers into memory does not fail.
fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok());
}

/// Twelve characters that stand for an order in ids: the same for the same order, always.
#[must_use]
pub fn order_tag(key: &OrderKey) -> String {
    short_hash(&[key.platform.word(), &key.shop, &key.order_id])
}

/// The first 60 bits of a SHA-256 over length-delimited parts, in Crockford's base 32.
#[must_use]
pub(crate) fn short_hash(parts: &[&str]) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut bits = u64::from_be_bytes([digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]]);
    let mut out = String::with_capacity(12);
    for _ in 0..12 {
        out.push(char::from(LETTERS[usize::try_from(bits >> 59).unwrap_or(0)]));
        bits <<= 5;
    }
    out
}
