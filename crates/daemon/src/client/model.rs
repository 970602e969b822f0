//! What the API answers, as far as commands show it. What is absent reads as empty, so that a newer or an older daemon can be asked.
#![allow(missing_docs, reason = "the names of the API, described at /openapi.json")]

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Waybill {
    pub courier: String,
    pub number: String,
}

impl Waybill {
    /// As it is written on the command line.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.courier, self.number)
    }
}

/// The waybill's name, where there is one.
#[must_use]
pub fn waybill_name(waybill: Option<&Waybill>) -> String {
    waybill.map(Waybill::name).unwrap_or_default()
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Order {
    pub platform: String,
    pub shop: String,
    pub order_id: String,
}

impl Order {
    /// As it is written on the command line.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.platform, self.shop, self.order_id)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Way {
    pub outcome: String,
    pub title: String,
    pub required: Vec<String>,
    pub optional: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    pub title: String,
    pub uri: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Task {
    pub task_id: String,
    pub kind: String,
    #[serde(flatten)]
    pub order: Order,
    pub account: Option<String>,
    pub couriers: Vec<String>,
    pub endangered: Vec<Endangered>,
    pub sources: Vec<SourceLook>,
    pub disagreement: Option<Disagreement>,
    pub case_id: Option<String>,
    pub case_kind: Option<String>,
    pub waybill: Option<Waybill>,
    pub queue: String,
    pub urgency: String,
    pub due_at: String,
    pub seconds_left: i64,
    pub deadline_id: Option<String>,
    pub state: String,
    pub snoozed_until: Option<String>,
    pub outcome: Option<String>,
    pub assignee: Option<String>,
    pub opened_at: String,
    pub version: u64,
    pub money_at_stake: Option<String>,
    pub title: String,
    pub why: String,
    pub missed: String,
    pub advice_text: Option<String>,
    pub steps: Vec<String>,
    pub links: Vec<Link>,
    pub evidence_wanted: Vec<String>,
    pub outcomes: Vec<Way>,
    pub reply_template: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Disagreement {
    pub noticed_at: String,
    pub text: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Endangered {
    pub courier: String,
    pub title: String,
    pub count: u64,
    pub first_due_at: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SourceLook {
    pub account: Option<String>,
    pub seen_by: Option<String>,
    pub asked_at: String,
    pub status: Option<String>,
    pub status_at: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TaskPage {
    pub items: Vec<Task>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Case {
    pub case_id: String,
    pub kind: String,
    pub title: String,
    pub waybill: Option<Waybill>,
    pub about: Option<String>,
    pub opened_at: String,
    pub closed_at: Option<String>,
    pub outcome: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Clock {
    pub deadline_id: String,
    pub rule: String,
    pub title: String,
    pub waybill: Option<Waybill>,
    pub starts_at: String,
    pub due_at: String,
    pub state: String,
    pub ended_at: Option<String>,
    pub waived: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Operation {
    pub operation_id: String,
    pub kind: String,
    pub waybill: Option<Waybill>,
    pub state: String,
    pub asked_at: String,
    pub settled_at: Option<String>,
    pub courier_reference: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CaseView {
    #[serde(flatten)]
    pub case: Case,
    pub order: Order,
    pub tasks: Vec<Task>,
    pub deadlines: Vec<Clock>,
    pub operations: Vec<Operation>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Item {
    pub sku: Option<String>,
    pub title: Option<String>,
    pub quantity: u32,
    pub price: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrderState {
    pub status: String,
    pub paid_at: String,
    pub ship_by: Option<String>,
    pub amount: Option<String>,
    pub items: Vec<Item>,
    pub recipient: Option<BTreeMap<String, Option<String>>>,
    pub planned_courier: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Scan {
    pub time: String,
    pub status: String,
    pub reason: Option<String>,
    pub place: Option<String>,
    pub repeated: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Parcel {
    pub waybill: Waybill,
    pub direction: String,
    pub declared_at: Option<String>,
    pub status: Option<String>,
    pub estimated_delivery_at: Option<String>,
    pub replaced_by: Option<Waybill>,
    pub scans: Vec<Scan>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Matter {
    pub matter: String,
    pub id: Option<String>,
    pub kind: Option<String>,
    pub status: Option<String>,
    pub since: Option<String>,
    pub due_at: Option<String>,
    pub amount: Option<String>,
    pub waybill: Option<Waybill>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Evidence {
    pub evidence_id: String,
    pub kind: String,
    pub waybill: Option<Waybill>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Line {
    pub line: u64,
    pub what: String,
    #[serde(rename = "type")]
    pub type_: String,
    pub source: String,
    pub id: String,
    pub time: String,
    pub recordedtime: String,
    pub data: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrderView {
    #[serde(flatten)]
    pub name: Order,
    pub next_wake_at: Option<String>,
    pub order: Option<OrderState>,
    pub parcels: Vec<Parcel>,
    pub matters: Vec<Matter>,
    pub evidence: Vec<Evidence>,
    pub cases: Vec<Case>,
    pub deadlines: Vec<Clock>,
    pub operations: Vec<Operation>,
    pub tasks: Vec<Task>,
    pub timeline: Vec<Line>,
    pub timeline_next: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Board {
    pub hours: u32,
    pub soon_uncollected: u64,
    pub stalled: u64,
    pub undelivered: u64,
    pub out_of_range: u64,
    pub coming_back: u64,
    pub after_sales_soon_due: u64,
    pub evidence_wanted: u64,
    pub open_cases: BTreeMap<String, u64>,
    pub running_due: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Reason {
    pub what: String,
    pub text: String,
    pub time: Option<String>,
    pub source: Option<String>,
    pub id: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Step {
    pub time: String,
    pub decision: String,
    pub text: String,
    pub because: Vec<Reason>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SumLine {
    pub text: String,
    pub at: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rung {
    pub before: String,
    pub at: String,
    pub acted: bool,
    pub moved: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RuleAccount {
    pub deadline_id: Option<String>,
    pub rule: String,
    pub title: String,
    pub consequence: String,
    pub length: String,
    pub clock: String,
    pub source: Option<String>,
    pub as_of: Option<String>,
    pub confidence: Option<String>,
    pub sum: Vec<SumLine>,
    pub due_at: String,
    pub state: String,
    pub rungs: Vec<Rung>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Explanation {
    pub id: String,
    pub what: String,
    pub kind: String,
    pub title: String,
    pub state: String,
    pub order: Order,
    pub rule: Option<RuleAccount>,
    pub steps: Vec<Step>,
}
