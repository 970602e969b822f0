//! Rules as operators write them, before anything is checked.
//!
//! Deliberately absent: what they mean (`rules` compiles them).

use crate::money::Money;
use crate::words::{Language, Queue, Urgency};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When the buyer is served after a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReshipPolicy {
    /// Before the courier pays.
    First,
    /// After the courier has decided.
    AfterClaim,
    /// Before the courier pays where the order is cheaper than `reship_below`.
    BelowAmount,
}

/// Who pays for an address change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeePayer {
    /// Agreed with the buyer first.
    Ask,
    /// The merchant: asked at once, no task.
    Merchant,
}

/// The merchant's own choices.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Reship first, or after the claim.
    pub reship: ReshipPolicy,
    /// The amount in yuan for `below_amount`.
    pub reship_below: Money,
    /// Who pays for an address change.
    pub payer: FeePayer,
    /// A compensation above this sum for one order goes to the lead, in yuan.
    pub compensation_per_order: Money,
    /// Compensations above this sum for one order in a day go to the lead, in yuan.
    pub compensation_per_day: Money,
    /// Agree and intercept only where the estimated arrival is further away than this.
    pub eta_gate: String,
    /// When an answer that is none is asked for again.
    pub again: RawAgain,
    /// A task with at least this much at stake is `high` when opened, in yuan (0: never).
    pub urgent_amount: Money,
    /// Provinces with the longer first-hub limit.
    pub remote: Vec<String>,
    /// Provinces with the longest.
    pub far_remote: Vec<String>,
}

/// When an answer that is none is asked for again, as operators write it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAgain {
    /// A courier that "looks into it" is left in peace this long.
    pub courier_looks: String,
    /// A platform, a courier or a buyer that has not answered.
    pub no_answer: String,
    /// A buyer who did not pick up the phone or read the message.
    pub by_phone: String,
    /// A buyer who has not said by what parcel the goods come back, or where it is.
    pub return_silent: String,
    /// A buyer's parcel that has not been scanned at all.
    pub return_unscanned: String,
    /// A new parcel that was said to be sent and is not declared.
    pub undeclared: String,
    /// What an extension of the goods' receipt is worth where nobody said until when.
    pub extension: String,
}

/// A ladder as operators write it: a list of lengths or `"at due"`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawLadder {
    /// Lengths before the due time.
    Before(Vec<String>),
    /// `"at due"`.
    Word(String),
}

/// A rule as operators write it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawRule {
    /// `48h`, `4 working days`, `2 staffed hours`, `next 10:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<String>,
    /// Lengths for named situations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<String, String>,
    /// Its rungs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder: Option<RawLadder>,
    /// Its rungs once signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder_signed: Option<RawLadder>,
    /// Whose staffed hours its rungs keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// First day it holds (`2026-01-01`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<String>,
    /// First day it no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<String>,
    /// Where the number comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// As of when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// How sure it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// Other versions: each says what differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<RawRule>,
}

/// A task kind's numbers as operators write them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTask {
    /// Who works it.
    pub queue: Queue,
    /// Staffed hours until due.
    pub hours: u16,
    /// Urgency when opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
}

/// A queue's staffed hours as operators write them (`"09:00-22:00"`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawStaffed {
    /// Every day.
    pub daily: Vec<String>,
    /// Days that differ: `mon` … `sun`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub days: BTreeMap<String, Vec<String>>,
}

/// A calendar file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RawCalendar {
    /// The last day that the notice covers.
    pub covers_until: String,
    /// Days off.
    pub days_off: Vec<String>,
    /// Weekend days on which people work.
    pub makeup_workdays: Vec<String>,
}

/// Everything that operators write about rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RawRules {
    /// Rules by id.
    #[serde(default)]
    pub rule: BTreeMap<String, RawRule>,
    /// Task kinds by name.
    #[serde(default)]
    pub task: BTreeMap<String, RawTask>,
    /// Staffed hours by queue.
    #[serde(default)]
    pub staffed: BTreeMap<String, RawStaffed>,
    /// Policies.
    pub policy: Policy,
    /// The language of texts.
    pub language: Language,
}
