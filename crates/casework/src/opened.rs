//! What is open in a case file, or was: cases, tasks, deadlines, courier operations and timers.
//!
//! Plain state. Deliberately absent: what was told (`told`), and every rule of when to open or close (`playbook`).

use crate::casefile::Index;
use crate::fact::Address;
use crate::instant::Instant;
use crate::money::Money;
use crate::rule_kind::RuleKind;
use crate::words::*;
use serde::{Deserialize, Serialize};

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
    /// The rules that it runs by: those of the world up to this position (0: before any were changed).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ruled_by: u32,
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

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
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
    /// The last four digits of the phone that it gives the parcel, where it gives another one: a courier that took it wants these from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_tail: Option<String>,
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
