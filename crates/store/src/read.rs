//! What lists and views are asked for and what they show.

use crate::Cursor;
use crate::change::StoredFile;
use parcelward_casework::casefile::Index;
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::money::Money;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::*;
use parcelward_casework::world::Reach;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<T, C = Cursor> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where the next page begins, if there may be one.
    pub next: Option<C>,
}

/// The word of a task list's `state` filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskListState {
    /// Nobody has it.
    Open,
    /// Somebody has it.
    Claimed,
    /// It sleeps.
    Snoozed,
    /// It ended.
    Closed,
}

impl TaskListState {
    /// The persisted word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            TaskListState::Open => "open",
            TaskListState::Claimed => "claimed",
            TaskListState::Snoozed => "snoozed",
            TaskListState::Closed => "closed",
        }
    }

    /// The value of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Claimed, Self::Snoozed, Self::Closed].into_iter().find(|s| s.word() == word)
    }
}

/// Which tasks a list shows. An absent field does not restrict, but for `state`: absent means every task that has not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Who works them.
    pub queue: Option<Queue>,
    /// Where they stand.
    pub state: Option<TaskListState>,
    /// How pressing they are.
    pub urgency: Option<Urgency>,
    /// Who has them.
    pub assignee: Option<String>,
    /// Due before this instant.
    pub due_before: Option<Instant>,
    /// Of which platform.
    pub platform: Option<Platform>,
    /// Of which shop.
    pub shop: Option<String>,
    /// About parcels of which courier.
    pub courier: Option<Courier>,
    /// In cases of which kind.
    pub case_kind: Option<CaseKind>,
    /// Of which order (its number on the platform).
    pub order_id: Option<String>,
    /// Of which kind.
    pub kind: Option<TaskKind>,
}

/// A task as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRow {
    /// Its id.
    pub task_id: String,
    /// Its kind.
    pub kind: TaskKind,
    /// The order.
    pub order: OrderKey,
    /// Its case's id.
    pub case_id: Option<String>,
    /// Its case's kind.
    pub case_kind: Option<CaseKind>,
    /// The parcel it is about.
    pub waybill: Option<Waybill>,
    /// Who works it.
    pub queue: Queue,
    /// How pressing it is.
    pub urgency: Urgency,
    /// Until when.
    pub due_at: Instant,
    /// The deadline that gives the due time.
    pub deadline_id: Option<String>,
    /// Where it stands.
    pub state: TaskListState,
    /// Until when it sleeps, if it does.
    pub snoozed_until: Option<Instant>,
    /// How it ended.
    pub outcome: Option<TaskOutcome>,
    /// Who has it.
    pub assignee: Option<String>,
    /// When it opened.
    pub opened_at: Instant,
    /// Changes so far.
    pub version: u64,
    /// What the engine advises.
    pub advice: Option<Advice>,
    /// Yuan at stake.
    pub money: Option<Money>,
    /// The `data` of the decision that opened it, as JSON: title, why, steps, links, outcomes, reply template. `{}` where it is not known.
    pub opened: String,
}

/// Which deadlines a list shows. An absent field does not restrict, but for `state`: absent means every running one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadlineFilter {
    /// The rule's id (`pdd.collect`).
    pub rule: Option<String>,
    /// Where they stand.
    pub state: Option<parcelward_casework::casefile::DeadlineState>,
    /// Due before this instant.
    pub due_before: Option<Instant>,
    /// Of which platform.
    pub platform: Option<Platform>,
    /// Of which shop.
    pub shop: Option<String>,
    /// Of which order (its number on the platform).
    pub order_id: Option<String>,
}

/// A deadline as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadlineRow {
    /// Its id.
    pub deadline_id: String,
    /// The rule's id.
    pub rule: String,
    /// The order.
    pub order: OrderKey,
    /// The parcel it is about.
    pub waybill: Option<Waybill>,
    /// When its clock started.
    pub starts_at: Instant,
    /// When it is due.
    pub due_at: Instant,
    /// Where it stands.
    pub state: parcelward_casework::casefile::DeadlineState,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// It lies past the calendar.
    pub provisional: bool,
    /// Its breach costs nothing.
    pub waived: bool,
    /// Met by news that came after the breach.
    pub late_news: bool,
    /// The `data` of the decision that set it, as JSON (`clock`, `consequence`, `computed_due_at`). `{}` where it is not known.
    pub set: String,
}

/// A case in its order's case file.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The whole case file.
    pub stored: StoredFile,
    /// Which of its cases.
    pub index: Index,
}

/// Whether a journal line says what was told or what was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Told.
    Fact,
    /// Decided.
    Decision,
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its place in the whole journal.
    pub seq: u64,
    /// Its place among the order's lines, from 1; 0 where it has no order.
    pub line: u64,
    /// Told or decided.
    pub kind: EntryKind,
    /// Its type (`parcelward.order`).
    pub type_: String,
    /// Who said it, and its id there.
    pub id: FactId,
    /// When it happened, or was decided.
    pub time: Instant,
    /// When it was received, or the instant of the batch in which it was decided.
    pub recorded: Instant,
    /// The configuration under which it was received or decided, by its number: see [`crate::Store::revision`]. Absent in lines of databases that did
    /// not keep it yet.
    pub config: Option<u32>,
    /// The line itself, without its end.
    pub json: String,
}

/// Which words about coverage a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageFilter {
    /// Of which courier.
    pub courier: Option<Courier>,
    /// Of which province (without its ending).
    pub province: Option<String>,
    /// Only what still holds: of several words about one area the newest.
    pub newest_only: bool,
}

/// A word about coverage.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverageRow {
    /// Its place; larger is later.
    pub position: u64,
    /// What it says.
    pub reach: Reach,
    /// When it became known.
    pub known_at: Instant,
    /// The fact that said or showed it.
    pub cause: FactId,
    /// An order's scans showed it; nobody told it as such.
    pub from_scans: bool,
    /// A remark.
    pub note: Option<String>,
}

/// A disruption as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct DisruptionRow {
    /// Its place; larger is later.
    pub position: u64,
    /// What it says.
    pub fact: parcelward_casework::fact::DisruptionFact,
    /// When it became known.
    pub known_at: Instant,
    /// The fact that said so.
    pub cause: FactId,
}

/// Counts as a merchant's parcel centre shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Board {
    /// Parcels declared and not collected whose limit ends within the horizon (or ended).
    pub soon_uncollected: u64,
    /// Open cases of parcels that no longer move.
    pub stalled: u64,
    /// Open cases of parcels that were not delivered.
    pub undelivered: u64,
    /// Open cases of parcels that the courier does not reach.
    pub out_of_range: u64,
    /// Open cases of parcels that come back.
    pub coming_back: u64,
    /// After-sales whose answer is due within the horizon (or was).
    pub after_sales_soon_due: u64,
    /// Open tasks that want evidence.
    pub evidence_wanted: u64,
    /// Open cases by kind.
    pub open_cases: BTreeMap<CaseKind, u64>,
    /// Running deadlines due within the horizon, by rule (all platforms together).
    pub running_due: BTreeMap<RuleKind, u64>,
}

/// Sizes, for metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open cases by kind.
    pub open_cases: BTreeMap<CaseKind, u64>,
    /// Tasks that have not ended, by queue.
    pub open_tasks: BTreeMap<Queue, u64>,
    /// Running deadlines.
    pub running_deadlines: u64,
    /// Facts that wait for their order.
    pub parked_facts: u64,
    /// Case files set aside.
    pub set_aside: u64,
    /// Case files that are due now but not woken yet.
    pub overdue_files: u64,
    /// How late the most overdue one is, in milliseconds.
    pub overdue_ms: u64,
    /// Facts that came for orders whose case files had left into an archive.
    pub late_facts: u64,
}

/// A case file that the wake lane leaves out, because waking it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The order.
    pub order: OrderKey,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Instant,
}

/// How long a daemon is remembered that is not heard of any more.
pub(crate) const FORGOTTEN_AFTER: Length = Length::days(7);

/// A daemon that works on the database, as it said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonRow {
    /// Random word of this boot: a daemon that starts again is another one.
    pub boot_id: String,
    /// What people call it.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// The revision of the configuration that it works by.
    pub revision: String,
    /// When it started, by its own clock.
    pub started_at: Instant,
    /// When it said so, by its own clock.
    pub beat_at: Instant,
    /// How late the most overdue case file was, in milliseconds.
    pub lag_ms: u64,
    /// Batches that it has committed.
    pub batches: u64,
    /// Why its last batch failed, while it fails.
    pub failing: Option<String>,
    /// What else it says of itself.
    pub notes: DaemonNotes,
}

/// What a daemon says of itself beside what every version says. A part that is absent is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DaemonNotes {
    /// Since when it works by its configuration, in milliseconds UTC by its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_since_ms: Option<i64>,
    /// Why it could not read its configuration again, while it works by the old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Why its clock is in doubt, while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// Its lanes beside the wake lane, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lanes: BTreeMap<String, LaneNote>,
}

/// What a daemon says of one of its lanes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LaneNote {
    /// One word for people: `working`, `waiting`, `down`.
    pub state: String,
    /// How much waits for it now.
    pub waiting: u64,
    /// How late the most overdue of that is, in milliseconds.
    pub lag_ms: u64,
    /// Why it does not work as it should, while it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl DaemonNotes {
    pub(crate) fn to_text(&self) -> String {
        // Texts and numbers only: it cannot fail, and if it did, notes are the least of what is lost.
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// Another version may say it in another way: what is not understood is not known.
    pub(crate) fn from_text(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// A case file as it lies in the database, with everything that follows from it, all of one moment: for whoever checks.
#[derive(Debug, Clone)]
pub struct FileRecord {
    /// The order.
    pub order: OrderKey,
    /// The case file; why it cannot be read where it cannot.
    pub stored: Result<StoredFile, String>,
    /// Its own next moment as stored.
    pub next_wake_at: Option<Instant>,
    /// Why it is set aside, if it is.
    pub set_aside: Option<String>,
    /// Whether it is stored as open.
    pub is_open: bool,
    /// Journal lines that it should have.
    pub lines: u64,
    /// Journal lines that it has, and the number of the last.
    pub journal: (u64, u64),
    /// What lists show of it: a text for each table and id, equal where the lines are.
    pub(crate) lists: BTreeMap<(&'static str, String), String>,
}

impl Board {
    /// From the counts that the databases give.
    pub(crate) fn of(open_cases: BTreeMap<CaseKind, u64>, running_due: BTreeMap<RuleKind, u64>, evidence_wanted: u64) -> Board {
        let cases = |kind: CaseKind| open_cases.get(&kind).copied().unwrap_or_default();
        let due = |kinds: &[RuleKind]| kinds.iter().filter_map(|kind| running_due.get(kind)).sum();
        let answers = [RuleKind::AfterSaleResponse, RuleKind::RefundResponse, RuleKind::AfterSaleReview, RuleKind::ReturnReceipt];
        Board {
            soon_uncollected: due(&[RuleKind::Collect]),
            stalled: cases(CaseKind::Stalled),
            undelivered: cases(CaseKind::Undelivered),
            out_of_range: cases(CaseKind::OutOfRange),
            coming_back: cases(CaseKind::ReturnParcel),
            after_sales_soon_due: due(&answers),
            evidence_wanted,
            open_cases,
            running_due,
        }
    }
}
