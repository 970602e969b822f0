//! What the courier lanes read and write: attempts, polls, gates, and tasks about an account.
//!
//! Every method is one short transaction of its own, and none is open while a courier is called. Leases carry a fence (the attempt's or the
//! poll's number): what a lane writes after its lease was taken over changes nothing.
//! Deliberately absent: when to ask and what an answer means (the lanes'); the case files, which follow facts handed in at the desk.

use crate::StoreError;
pub use crate::lane_views::{OperationLane, PollState, Question, TroubledCall};
use async_trait::async_trait;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::{Courier, OperationKind};

/// For so long after the incarnation changed, what is decided anew may be what was sent in the time that was lost: the facts of that time are told
/// again, and lead to the same requests.
pub const IN_DOUBT: Length = Length::days(7);

/// Where the lane stands with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// To be sent.
    Planned,
    /// An attempt was begun; where its lease has ended, nobody knows whether it was sent.
    Sending,
    /// Sent without a clear answer: to be looked up, never to be sent.
    Unclear,
    /// Taken by the courier: its end is asked for.
    Watched,
    /// Nothing more is asked.
    Done,
}

impl Phase {
    /// Its stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Phase::Planned => "planned",
            Phase::Sending => "sending",
            Phase::Unclear => "unclear",
            Phase::Watched => "watched",
            Phase::Done => "done",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Phase::Planned, Phase::Sending, Phase::Unclear, Phase::Watched, Phase::Done].into_iter().find(|phase| phase.word() == word)
    }
}

/// What an attempt does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptMode {
    /// Sends the request, for the first and only time.
    Send,
    /// Looks for an earlier one.
    Look,
    /// Asks how an accepted one stands.
    Watch,
}

impl AttemptMode {
    /// Its stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            AttemptMode::Send => "send",
            AttemptMode::Look => "look",
            AttemptMode::Watch => "watch",
        }
    }
}

/// An operation that no account has yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnroutedOperation {
    /// Its id.
    pub operation_id: String,
    /// What is asked.
    pub kind: OperationKind,
    /// The parcel.
    pub waybill: Waybill,
    /// The order's shop.
    pub shop: String,
    /// What the decision told, as JSON.
    pub intent: String,
}

/// An operation that this daemon has in hand, under the number of an attempt that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedOperation {
    /// Its id.
    pub operation_id: String,
    /// The order.
    pub order: OrderKey,
    /// What is asked.
    pub kind: OperationKind,
    /// The parcel.
    pub waybill: Waybill,
    /// What the decision told, as JSON.
    pub intent: String,
    /// The attempt's number: the fence of everything that is written about it.
    pub attempt: u64,
    /// What the attempt does.
    pub mode: AttemptMode,
    /// It was planned under another incarnation of the database, or soon after it changed: an attempt may have been made that is not known
    /// here.
    pub foreign: bool,
    /// Attempts in a row that were not sent.
    pub tries: u32,
    /// Look-ups so far.
    pub looks: u32,
    /// When the first was made.
    pub first_look_at: Option<Instant>,
    /// When it was last sent, as far as is known.
    pub sent_at: Option<Instant>,
    /// When it was asked for.
    pub asked_at: Instant,
    /// Our name for it.
    pub client_ref: String,
    /// The courier's number of it.
    pub reference: Option<String>,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptEnd {
    /// Which operation.
    pub operation_id: String,
    /// Which attempt.
    pub attempt: u64,
    /// When it ended.
    pub ended_at: Instant,
    /// Where the operation stands now.
    pub phase: Phase,
    /// Not looked at before.
    pub not_before: Instant,
    /// Attempts in a row that were not sent.
    pub tries: u32,
    /// Look-ups so far.
    pub looks: u32,
    /// When the first was made.
    pub first_look_at: Option<Instant>,
    /// When it was sent, where it was.
    pub sent_at: Option<Instant>,
    /// It is certain that no earlier attempt is missing: it counts as planned under the present incarnation.
    pub cleared: bool,
    /// A fact for the desk, whole.
    pub tell: Option<String>,
    /// One word for the attempt's end.
    pub outcome: String,
    /// In words, without personal data.
    pub detail: Option<String>,
    /// What was said on the wire, masked, as JSON. Of questions it is kept while they are among the newest.
    pub exchange: Option<String>,
}

/// An attempt as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its number.
    pub number: u64,
    /// `send`, `look` or `watch`.
    pub mode: String,
    /// By which account.
    pub account: String,
    /// Since when.
    pub started_at: Instant,
    /// Until when; none where it runs, or where its daemon died.
    pub ended_at: Option<Instant>,
    /// How it ended, in one word.
    pub outcome: Option<String>,
    /// In words.
    pub detail: Option<String>,
    /// What was said on the wire, masked, as JSON.
    pub exchange: Option<String>,
}

/// A fact that is still to be handed in at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// About which operation.
    pub operation_id: String,
    /// The fact.
    pub json: String,
}

/// Parcels of one courier and shop whose questions no account has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollGroup {
    /// The courier.
    pub courier: Courier,
    /// The shop.
    pub shop: String,
    /// 0 who is trusted most, 1 the other source.
    pub place: u8,
    /// Who has them now; none where nobody.
    pub account: Option<String>,
}

/// A parcel that this daemon is to ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedPoll {
    /// The parcel.
    pub waybill: Waybill,
    /// 0 who is trusted most, 1 the other source.
    pub place: u8,
    /// The number of this claim.
    pub fence: u64,
    /// The rung that it is wanted by, if any.
    pub acts_at: Option<Instant>,
    /// When it was asked last; [`Instant::MIN`] or earlier where never.
    pub asked_at: Instant,
    /// When an answer last said something new.
    pub changed_at: Instant,
    /// Questions in a row without an answer about it.
    pub failures: u32,
    /// A fingerprint of the last answer.
    pub answer: Option<String>,
    /// The last four digits of the recipient's phone.
    pub phone_tail: Option<String>,
    /// By what it was chosen.
    pub rank: Instant,
    /// Both sources are asked about it.
    pub both: bool,
    /// This account never asked the courier to tell of it by itself.
    pub unsubscribed: bool,
}

/// The last look at a parcel by one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// 0 who is trusted most, 1 the other source.
    pub place: u8,
    /// When it was asked last; the beginning of 1970 where never.
    pub asked_at: Instant,
    /// The newest scan's status that it told, and that scan's time.
    pub newest: Option<(String, Instant)>,
    /// Since then somebody told of the parcel whom nobody can check.
    pub in_doubt: bool,
}

/// What came of asking a courier to tell of a parcel by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionEnd {
    /// It will; with `true` the account takes what it tells, and the parcel is asked about more seldom.
    Taken(bool),
    /// It will not: it is not asked again.
    Refused,
    /// It was not asked: it may be asked another time.
    NotAsked,
}

/// What came of asking about a parcel.
#[derive(Debug, Clone, PartialEq)]
pub struct PollEnd {
    /// The parcel.
    pub waybill: Waybill,
    /// 0 who is trusted most, 1 the other source.
    pub place: u8,
    /// The claim's number.
    pub fence: u64,
    /// When it was asked; none where it was not, and is to be asked again at [`PollEnd::again_at`].
    pub asked_at: Option<Instant>,
    /// When an answer last said something new.
    pub changed_at: Instant,
    /// Questions in a row without an answer about it.
    pub failures: u32,
    /// A fingerprint of the answer.
    pub answer: Option<String>,
    /// The newest scan's status, and its time.
    pub newest: Option<(String, Instant)>,
    /// Not asked again before, whatever presses.
    pub again_at: Instant,
    /// A random number from 0 to 1.
    pub spread: f64,
}

/// Of what kind a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GateKind {
    /// A question.
    Ask,
    /// It changes something.
    Act,
}

impl GateKind {
    /// Its stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            GateKind::Ask => "ask",
            GateKind::Act => "act",
        }
    }
}

/// Whether calls may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatePass {
    /// Yes.
    Open,
    /// One, by this daemon: whether the courier answers again.
    Probe,
    /// Not before then.
    Closed(Instant),
}

/// A gate as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateRow {
    /// The account.
    pub account: String,
    /// `ask` or `act`.
    pub kind: String,
    /// The courier, or we, said: not before then.
    pub blocked_until: Instant,
    /// Failures in a row.
    pub failures: u32,
    /// Since when the breaker is open, if it is.
    pub open_since: Option<Instant>,
    /// When it is tried again.
    pub open_until: Instant,
    /// Why.
    pub why: Option<String>,
}

/// What an account may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The time between two calls, in microseconds.
    pub apart_us: i64,
    /// Calls in any 24 hours, for whom asks.
    pub per_day: Option<u32>,
    /// The time between two calls that do not press, in microseconds; 0 where they may be made as fast as others.
    pub slow_apart_us: i64,
}

/// Calls that were given to this daemon, the first at `from_us`, each `apart_us` after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// When the first may be made, in microseconds UTC.
    pub from_us: i64,
    /// How many; 0 where the day is spent.
    pub calls: u32,
}

/// A task about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTask {
    /// Its id.
    pub task_id: String,
    /// Its kind.
    pub kind: String,
    /// Which account.
    pub account: String,
    /// Whose.
    pub courier: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Since when.
    pub opened_at: Instant,
    /// Until when.
    pub due_at: Instant,
    /// Since when it is not.
    pub closed_at: Option<Instant>,
    /// How it ended.
    pub outcome: Option<String>,
    /// The decision's `data`, as JSON.
    pub told: String,
}

/// Deadlines of one rule that run about parcels of some couriers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endangered {
    /// The rule's kind.
    pub rule: String,
    /// How many.
    pub count: u64,
    /// When the first is due.
    pub first_due_at: Instant,
}

/// What waits for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Operations that are due.
    pub operations: u64,
    /// Parcels that are due.
    pub polls: u64,
    /// How long the longest of them has waited.
    pub lag: Length,
    /// Parcels that are watched at all.
    pub watched: u64,
    /// Calls given out in the last 24 hours.
    pub spent_today: u64,
}

/// The place under which what a courier told by itself stands among what was said about a parcel ([`Question::place`]). Durable.
pub const PUSHED: u8 = 2;

/// The lanes' part of a store.
#[async_trait]
#[allow(clippy::missing_errors_doc, reason = "every method: any StoreError; nothing has happened then")]
pub trait LaneStore: Send + Sync + std::fmt::Debug {
    /// Operations that no account has, at most `limit`.
    async fn unrouted_operations(&self, limit: u32) -> Result<Vec<UnroutedOperation>, StoreError>;
    /// Gives an operation to an account, under our name for it.
    async fn route_operation(&self, operation_id: &str, account: &str, client_ref: &str) -> Result<(), StoreError>;
    /// Ends an operation for which nobody is there with a fact for the desk.
    async fn end_unrouted(&self, operation_id: &str, tell: &str) -> Result<(), StoreError>;
    /// Takes operations that were never tried, and the polls of the groups given, back from their accounts: routes changed.
    async fn unroute(&self, gone: &[PollGroup]) -> Result<(), StoreError>;
    /// How many operations of an account are due, counted up to `limit`. Without `may_send` those that were never sent do not count.
    async fn due_operations(&self, account: &str, now: Instant, may_send: bool, limit: u32) -> Result<u32, StoreError>;
    /// Begins attempts of an account's operations that are due, at most `limit`: durable when it returns. One whose daemon died is an
    /// unclear one; one planned under another incarnation, or within [`IN_DOUBT`] of a change of it, is looked up. Without `may_send` none that
    /// was never sent is begun.
    async fn claim_operations(
        &self,
        account: &str,
        owner: &str,
        now: Instant,
        lease: Length,
        may_send: bool,
        limit: u32,
    ) -> Result<Vec<ClaimedOperation>, StoreError>;
    /// Ends an attempt. `false` where it is no longer this daemon's: nothing has changed then.
    async fn end_attempt(&self, owner: &str, end: &AttemptEnd) -> Result<bool, StoreError>;
    /// Facts that are still to be handed in.
    async fn untold(&self, limit: u32) -> Result<Vec<Untold>, StoreError>;
    /// A fact was handed in.
    async fn told(&self, untold: &Untold) -> Result<(), StoreError>;
    /// The attempts of an operation, in order; of very many the newest.
    async fn attempts(&self, operation_id: &str) -> Result<Vec<AttemptRow>, StoreError>;
    /// Where an operation stands in its courier's lane.
    async fn operation_lane(&self, operation_id: &str) -> Result<Option<OperationLane>, StoreError>;
    /// How each source is asked about a parcel.
    async fn poll_states(&self, waybill: &Waybill) -> Result<Vec<PollState>, StoreError>;
    /// Keeps what was said about parcels; of each parcel and source the newest few.
    async fn note_questions(&self, questions: &[Question]) -> Result<(), StoreError>;
    /// What is kept of what was said about a parcel, by source, the oldest first; what the courier told by itself comes last ([`PUSHED`]).
    async fn questions(&self, waybill: &Waybill) -> Result<Vec<Question>, StoreError>;
    /// The newest calls of an account within a time that did not go well, at most `limit`, the oldest first.
    async fn troubled_calls(&self, account: &str, from: Instant, until: Instant, limit: u32) -> Result<Vec<TroubledCall>, StoreError>;
    /// The intercept that is to be withdrawn on a parcel: our name for it, and the courier's.
    async fn sent_intercept(&self, waybill: &Waybill) -> Result<Option<(String, Option<String>)>, StoreError>;

    /// Groups of parcels: those that no account has, or all.
    async fn poll_groups(&self, unrouted_only: bool) -> Result<Vec<PollGroup>, StoreError>;
    /// Gives a group's parcels that no account has to one; the empty name where there is none.
    async fn route_polls(&self, group: &PollGroup, account: &str) -> Result<(), StoreError>;
    /// Takes parcels of an account that are due in hand, by rank, at most `limit`; none was asked within `least_gap`.
    async fn claim_polls(
        &self,
        account: &str,
        now: Instant,
        least_gap: Length,
        lease: Length,
        limit: u32,
    ) -> Result<Vec<ClaimedPoll>, StoreError>;
    /// Records what came of asking, and when each is asked next.
    async fn end_polls(&self, ends: &[PollEnd]) -> Result<(), StoreError>;
    /// Has a parcel asked about at once, at every source.
    async fn hasten(&self, waybill: &Waybill, now: Instant) -> Result<(), StoreError>;
    /// Somebody told of a parcel whom nobody can check. With `at_once` it is asked about at once, even where its case file does not watch it (any
    /// more); else it is in doubt until it is asked about in its turn.
    async fn doubt(&self, waybill: &Waybill, phone_tail: Option<&str>, now: Instant, at_once: bool) -> Result<(), StoreError>;
    /// The last look at a parcel, by source.
    async fn last_looks(&self, waybill: &Waybill) -> Result<Vec<Look>, StoreError>;
    /// Parcels of which nothing was heard since then are asked about at once, where an account can ask; of the other source with `both`, where it is watched by it. Gives
    /// how many.
    async fn hasten_silent(&self, heard_before: Instant, now: Instant, both: bool) -> Result<u64, StoreError>;
    /// Notes, before a courier is asked, that it is asked to tell of a parcel by itself. `false` where it was asked before.
    async fn begin_subscription(&self, account: &str, waybill: &Waybill, now: Instant) -> Result<bool, StoreError>;
    /// What came of it.
    async fn end_subscription(
        &self,
        account: &str,
        waybill: &Waybill,
        end: SubscriptionEnd,
        detail: Option<&str>,
    ) -> Result<(), StoreError>;

    /// Whether calls of a kind may be made; a breaker that is open long enough lets one daemon try.
    async fn pass(&self, account: &str, kind: GateKind, owner: &str, now: Instant, probe: Length) -> Result<GatePass, StoreError>;
    /// Nothing of a kind is to be asked before then, by anybody.
    async fn block(&self, account: &str, kind: GateKind, until: Instant, why: &str) -> Result<(), StoreError>;
    /// A call failed: after `threshold` in a row, or where it was a probe, the breaker is open until then. Gives since when it is open.
    async fn note_failure(
        &self,
        account: &str,
        kind: GateKind,
        now: Instant,
        threshold: u32,
        open_until: Instant,
        why: &str,
    ) -> Result<Option<Instant>, StoreError>;
    /// A call went well. `true` where the breaker was open.
    async fn note_success(&self, account: &str, kind: GateKind) -> Result<bool, StoreError>;
    /// Every gate.
    async fn gates(&self) -> Result<Vec<GateRow>, StoreError>;
    /// Gives calls out to this daemon: at most `calls`, none at the same time as another daemon's, never more than the day allows.
    async fn take_slice(&self, account: &str, now: Instant, allowance: &Allowance, calls: u32) -> Result<Slice, StoreError>;

    /// Opens a task about an account, unless one of its kind is open. `true` where it was opened.
    async fn open_account_task(&self, task: &AccountTask) -> Result<bool, StoreError>;
    /// Closes an open task about an account. `true` where it was open.
    async fn close_account_task(&self, task_id: &str, outcome: &str, now: Instant) -> Result<bool, StoreError>;
    /// Tasks about accounts, the newest first: the open ones, or all.
    async fn account_tasks(&self, open_only: bool, limit: u32) -> Result<Vec<AccountTask>, StoreError>;
    /// Deadlines that run about a courier's parcels and are due until then, by rule.
    async fn endangered(&self, courier: Courier, until: Instant) -> Result<Vec<Endangered>, StoreError>;
    /// What waits for an account. A parcel that was asked about within `least_gap` does not wait.
    async fn backlog(&self, account: &str, now: Instant, least_gap: Length) -> Result<Backlog, StoreError>;
}
