//! One attempt at an operation: sending it, looking for it, or asking how it stands. The attempt is durable before this begins, and its end
//! is written before the desk hears of it, so that whoever dies on the way leaves something that the next one can read.

use super::facts::{self, Update};
use super::lane::Own;
use super::{LaneError, LaneOptions, looking, spread_of};
use parcelward_casework::decision::OperationDetails;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::watch;
use parcelward_casework::words::{ClaimStatus, OperationKind, OperationStatus};
use parcelward_courier::{
    Accepted, Call, ClientReference, CourierAdapter, CourierError, Identity, Looked, NotSentReason, PhoneTail, Progress, RefusalKind,
    Ticket, UnclearReason, perform,
};
use parcelward_store::lanes::{AttemptEnd, AttemptMode, ClaimedOperation, GateKind, Look, Phase};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// The first look for a request of which no clear answer came.
const FIRST_LOOK: Length = Length::millis(30_000);
/// A request that a courier turns away for now is tried again after this.
const NOT_YET: Length = Length::minutes(30);
/// What was not sent because the clock is in doubt is looked at again after this.
const CLOCK_IN_DOUBT: Length = Length::millis(10_000);
/// How often what changes a parcel's way waits for a look at the parcel, and how long each time.
const LOOKS_FIRST: (u32, Length) = (3, Length::millis(3_000));
/// And a claim for a look at both sources: nothing runs away from it.
const LOOKS_BEFORE_MONEY: (u32, Length) = (10, Length::minutes(1));
/// An accepted one is asked about for this long.
const WATCHED_FOR: Length = Length::days(45);

#[derive(Deserialize)]
struct Intent {
    #[serde(default)]
    details: OperationDetails,
}

/// One attempt, to its end.
pub(super) async fn attempt(own: &Own, operation: ClaimedOperation) {
    let id = operation.operation_id.clone();
    if let Err(error) = make(own, operation).await {
        tracing::warn!(operation = id, account = own.account.name, %error, "an attempt's end could not be stored; it counts as unclear");
    }
}

async fn make(own: &Own, operation: ClaimedOperation) -> Result<(), LaneError> {
    let now = own.shared.now();
    let Some(adapter) = own.account.adapter(operation.waybill.courier).map(Arc::clone) else {
        // The account serves this courier no longer. What was sent stays a person's to find out.
        let made = Made::new(&operation, now);
        let ended = match operation.mode {
            AttemptMode::Send => made.told(Phase::Done, OperationStatus::Rejected, Some("no_account")),
            AttemptMode::Look => made.told(Phase::Done, OperationStatus::Unknown, Some("no_account")),
            AttemptMode::Watch => made.end(Phase::Done, now, "no_account"),
        };
        return ended.record(own, "parcelward/lanes").await;
    };
    let call = Call::at(now, format!("{}-{}", operation.operation_id, operation.attempt)).within(own.shared.options.call);
    let made = match operation.mode {
        AttemptMode::Send => send(own, &*adapter, &call, &operation).await?,
        AttemptMode::Look => looking::look(own, &*adapter, &call, &operation).await?,
        AttemptMode::Watch => ask_state(own, &*adapter, &call, &operation).await?,
    };
    let made = made.with_exchanges(&call);
    made.record(own, &facts::source(adapter.identity())).await
}

/// What an attempt came to, as it is being worked out.
pub(super) struct Made<'a> {
    pub(super) operation: &'a ClaimedOperation,
    pub(super) end: AttemptEnd,
    /// What the desk is told, if anything.
    status: Option<OperationStatus>,
    reason: Option<String>,
    accepted: Accepted,
    /// Facts beside it.
    texts: Vec<String>,
}

impl<'a> Made<'a> {
    pub(super) fn new(operation: &'a ClaimedOperation, now: Instant) -> Self {
        let end = AttemptEnd {
            operation_id: operation.operation_id.clone(),
            attempt: operation.attempt,
            ended_at: now,
            phase: Phase::Done,
            not_before: now,
            tries: operation.tries,
            looks: operation.looks,
            first_look_at: operation.first_look_at,
            sent_at: None,
            cleared: false,
            tell: None,
            outcome: String::new(),
            detail: None,
            exchange: None,
        };
        Made { operation, end, status: None, reason: None, accepted: Accepted::default(), texts: Vec::new() }
    }

    pub(super) fn end(mut self, phase: Phase, not_before: Instant, outcome: &str) -> Self {
        (self.end.phase, self.end.not_before, self.end.outcome) = (phase, not_before, outcome.to_owned());
        self
    }

    pub(super) fn told(self, phase: Phase, status: OperationStatus, reason: Option<&str>) -> Self {
        let now = self.end.ended_at;
        let mut made = self.end(phase, now, status.word());
        (made.status, made.reason) = (Some(status), reason.map(str::to_owned));
        made
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.end.detail = Some(detail.into());
        self
    }

    pub(super) fn accepted(mut self, adapter: &dyn CourierAdapter, accepted: Accepted) -> Self {
        let (kind, now) = (self.operation.kind, self.end.ended_at);
        let phase = if can_be_watched(adapter, kind) { Phase::Watched } else { Phase::Done };
        if let Some(number) = accepted.new_number.as_deref().filter(|number| *number != self.operation.waybill.number) {
            let order = &self.operation.order;
            self.texts.push(facts::replaced(adapter.identity(), order, &self.operation.waybill, number, None, now));
        }
        self.accepted = accepted;
        let mut made = self.told(phase, OperationStatus::Accepted, None);
        made.end.not_before = now + watch_pause(kind, Length::ZERO);
        made
    }

    fn with_exchanges(mut self, call: &Call) -> Self {
        let exchanges = call.exchanges();
        self.end.exchange = (!exchanges.is_empty()).then(|| serde_json::to_string(&exchanges).unwrap_or_default());
        self
    }

    /// Writes the end, and then tells the desk.
    async fn record(mut self, own: &Own, source: &str) -> Result<(), LaneError> {
        let by = self.operation.attempt.to_string();
        let mut texts = Vec::new();
        if let Some(status) = self.status {
            texts.push(facts::update(&Update {
                source,
                operation_id: &self.operation.operation_id,
                by: &by,
                status,
                reference: self.accepted.reference.as_deref(),
                reason: self.reason.as_deref(),
                fee: self.accepted.fee,
                at: self.end.ended_at,
            }));
        }
        texts.append(&mut self.texts);
        self.end.tell = (!texts.is_empty()).then(|| texts.join("\n"));
        metrics::counter!(crate::metric::COURIER_ATTEMPTS, "account" => own.account.name.clone(), "outcome" => self.end.outcome.clone())
            .increment(1);
        if !own.shared.store.end_attempt(&own.shared.owner, &self.end).await? {
            tracing::warn!(operation = self.end.operation_id, "the attempt took longer than its lease; its end is found out anew");
            return Ok(());
        }
        let Some(json) = self.end.tell else { return Ok(()) };
        own.shared.submit(texts).await?;
        let told = parcelward_store::lanes::Untold { operation_id: self.end.operation_id, json };
        Ok(own.shared.store.told(&told).await?)
    }
}

/// Whether an account can be asked how an accepted request stands.
fn can_be_watched(adapter: &dyn CourierAdapter, kind: OperationKind) -> bool {
    match kind {
        OperationKind::Intercept => adapter.intercept_state().is_some(),
        OperationKind::Claim => adapter.claims().is_some(),
        OperationKind::Complaint => adapter.work_orders().is_some(),
        _ => false,
    }
}

/// How often it is asked, by how long ago it was asked for.
fn watch_pause(kind: OperationKind, age: Length) -> Length {
    match kind {
        OperationKind::Intercept if age < Length::hours(2) => Length::minutes(15),
        OperationKind::Intercept => Length::hours(1),
        _ => Length::hours(6),
    }
}

/// After how long a request that was taken is sure to show; `None` where nobody can look.
pub(super) fn shows_after(options: &LaneOptions, adapter: &dyn CourierAdapter, kind: OperationKind) -> Option<Length> {
    let found = adapter.look_up().and_then(|look| look.finds(kind));
    let millis = |time: Duration| Length::millis(i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4));
    found.map(millis).or_else(|| (kind == OperationKind::Intercept && adapter.intercept_state().is_some()).then_some(options.visible_after))
}

pub(super) fn backoff(options: &LaneOptions, tries: u32) -> Length {
    let pause = options.backoff.as_millis() << tries.min(7);
    Length::millis(pause / 2 + spread_of(pause / 2))
}

// --- sending

async fn send<'a>(own: &Own, adapter: &dyn CourierAdapter, call: &Call, operation: &'a ClaimedOperation) -> Result<Made<'a>, LaneError> {
    let now = own.shared.now();
    let made = Made::new(operation, now);
    let Ok(intent) = serde_json::from_str::<Intent>(&operation.intent) else {
        return Ok(made.told(Phase::Done, OperationStatus::Rejected, Some("request_unreadable")));
    };
    let file = own.shared.store.case_file(&operation.order).await?;
    let changes_the_way = !matches!(operation.kind, OperationKind::Claim | OperationKind::Complaint);
    if changes_the_way && file.as_ref().is_some_and(|stored| watch::is_final(&stored.file, &operation.waybill)) {
        return Ok(made.told(Phase::Done, OperationStatus::Rejected, Some("parcel_is_final")));
    }
    let (looks, pause) = if operation.kind == OperationKind::Claim { LOOKS_BEFORE_MONEY } else { LOOKS_FIRST };
    if operation.looks < looks && wants_look(own, operation, now).await? {
        let mut held = made.end(Phase::Planned, now + pause, "looking_first");
        held.end.looks += 1;
        return Ok(held);
    }
    if let Some(doubt) = own.shared.clock.doubt() {
        // It came into doubt since the attempt was begun.
        return Ok(made.end(Phase::Planned, now + CLOCK_IN_DOUBT, "clock_in_doubt").detail(doubt));
    }
    let ticket = Ticket {
        waybill: operation.waybill.clone(),
        reference: match ClientReference::new(&operation.client_ref) {
            Some(reference) => reference,
            None => return Ok(made.told(Phase::Done, OperationStatus::Rejected, Some("request_unreadable"))),
        },
        reason: intent.details.reason.clone(),
        phone_tail: file.and_then(|stored| watch::phone_tail(&stored.file, &operation.waybill)).as_deref().and_then(PhoneTail::of),
    };
    let earlier = match operation.kind {
        OperationKind::InterceptCancel => own.shared.store.sent_intercept(&operation.waybill).await?,
        _ => None,
    };
    let earlier_ref = earlier.as_ref().and_then(|(name, _)| ClientReference::new(name));
    let earlier = (earlier_ref.as_ref(), earlier.as_ref().and_then(|(_, courier)| courier.as_deref()));
    let answer = perform_once(own, adapter, call, operation.kind, ticket, &intent.details, earlier).await;
    own.learn(GateKind::Act, answer.as_ref().err()).await?;
    let mut made = Made::new(operation, own.shared.now());
    made.end.looks = 0;
    Ok(match answer {
        Ok(accepted) => {
            made.end.sent_at = Some(now);
            made.accepted(adapter, accepted)
        }
        Err(error) => not_accepted(own, adapter, made, &error, now),
    })
}

async fn perform_once(
    own: &Own,
    adapter: &dyn CourierAdapter,
    call: &Call,
    kind: OperationKind,
    ticket: Ticket,
    details: &OperationDetails,
    earlier: (Option<&ClientReference>, Option<&str>),
) -> Result<Accepted, CourierError> {
    // The account's own gate is passed inside the call; the time bounds both. A call that is cut short may have been sent.
    let performed = tokio::time::timeout(own.shared.options.call, perform(adapter, call, kind, ticket, details, earlier)).await;
    performed.unwrap_or_else(|_| Err(CourierError::unconfirmed(UnclearReason::Timeout, "no answer in the call's time")))
}

/// Whether the parcel is to be looked at before anything is asked about it. It is where somebody told of it whom nobody can check; before an
/// intercept where the courier's last look is old; before a claim where either source's is. Has it looked at, at once.
async fn wants_look(own: &Own, operation: &ClaimedOperation, now: Instant) -> Result<bool, LaneError> {
    let trackers = own.shared.routes.trackers(operation.waybill.courier, &operation.order.shop);
    let looks = own.shared.store.last_looks(&operation.waybill).await?;
    let is_old = |look: &Look| match operation.kind {
        OperationKind::Intercept => look.place == 0 && now.since(look.asked_at) > own.shared.options.fresh,
        OperationKind::Claim => now.since(look.asked_at) > own.shared.options.fresh,
        _ => false,
    };
    let asked = |look: &Look| usize::from(look.place) < trackers.len();
    if !looks.iter().any(|look| asked(look) && (look.in_doubt || is_old(look))) {
        return Ok(false);
    }
    own.shared.store.hasten(&operation.waybill, now).await?;
    own.shared.rouse.notify_waiters();
    Ok(true)
}

/// No yes: planned again, refused, or unclear.
fn not_accepted<'a>(own: &Own, adapter: &dyn CourierAdapter, mut made: Made<'a>, error: &CourierError, sent: Instant) -> Made<'a> {
    let (options, kind, now) = (&own.shared.options, made.operation.kind, made.end.ended_at);
    let can_look = shows_after(options, adapter, kind).is_some();
    match error {
        CourierError::NotSent { reason, detail, retry_after } if reason.is_passing() => {
            made.end.tries += 1;
            if made.end.tries >= options.tries && !waits_for_nobody(*reason) {
                return made.told(Phase::Done, OperationStatus::Rejected, Some("not_sent")).detail(detail);
            }
            let told = retry_after.map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(0));
            let wait = Length::millis(told).max(backoff(options, made.end.tries - 1));
            made.end(Phase::Planned, now + wait, "not_sent").detail(detail)
        }
        CourierError::NotSent { reason, detail, .. } => {
            let word = reason.to_string().replace(' ', "_");
            made.told(Phase::Done, OperationStatus::Rejected, Some(&word)).detail(detail)
        }
        CourierError::Refused(refusal) => match refusal.kind {
            RefusalKind::NotYet if made.end.tries + 1 < options.tries => {
                made.end.tries += 1;
                made.end(Phase::Planned, now + NOT_YET, "not_yet").detail(error.to_string())
            }
            RefusalKind::AlreadyAsked if can_look => {
                made.end.sent_at = Some(sent);
                made.end(Phase::Unclear, now, "already_asked").detail(error.to_string())
            }
            RefusalKind::AlreadyAsked => {
                made.end.sent_at = Some(sent);
                made.told(Phase::Done, OperationStatus::Unknown, Some("already_asked")).detail(error.to_string())
            }
            _ => {
                let reason = refusal.to_string();
                made.told(Phase::Done, OperationStatus::Rejected, Some(&reason))
            }
        },
        CourierError::Unconfirmed { detail, .. } => {
            made.end.sent_at = Some(sent);
            if can_look {
                made.end(Phase::Unclear, now + FIRST_LOOK, "unconfirmed").detail(detail)
            } else {
                made.told(Phase::Done, OperationStatus::Unknown, Some("unconfirmed")).detail(detail)
            }
        }
    }
}

/// Our own limits are no reason to give up: their time comes.
const fn waits_for_nobody(reason: NotSentReason) -> bool {
    matches!(reason, NotSentReason::Limited | NotSentReason::Throttled)
}

// --- asking how an accepted one stands

async fn ask_state<'a>(
    own: &Own,
    adapter: &dyn CourierAdapter,
    call: &Call,
    operation: &'a ClaimedOperation,
) -> Result<Made<'a>, LaneError> {
    let state = state(own, adapter, call, operation).await;
    own.learn(GateKind::Ask, state.as_ref().err()).await?;
    let now = own.shared.now();
    let made = Made::new(operation, now);
    let age = now.since(operation.asked_at);
    let later = now + watch_pause(operation.kind, age);
    Ok(match state {
        _ if age > WATCHED_FOR => made.end(Phase::Done, now, "watched_long_enough"),
        Ok(None) => made.end(Phase::Done, now, "nothing_to_ask"),
        Ok(Some(stands)) => stands_so(adapter.identity(), made, &stands, later),
        Err(error) => {
            let wait = Length::millis(error.retry_after().map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(0)));
            made.end(Phase::Watched, later.max(now + wait), "not_answered").detail(error.to_string())
        }
    })
}

/// How a request stands, and what the courier last said about it.
struct Stands {
    progress: Option<Progress>,
    words: Option<String>,
}

async fn state(own: &Own, adapter: &dyn CourierAdapter, call: &Call, operation: &ClaimedOperation) -> Result<Option<Stands>, CourierError> {
    let (waybill, reference) = (&operation.waybill, operation.reference.as_deref());
    let asking = async {
        match operation.kind {
            OperationKind::Intercept => {
                let Some(ability) = adapter.intercept_state() else { return Ok(None) };
                Ok(Some(match ability.state_of_intercept(call, waybill, reference).await? {
                    Looked::Seen(state) => Stands { progress: Some(state.progress), words: state.text },
                    Looked::NotSeen => Stands { progress: None, words: None },
                }))
            }
            kind @ (OperationKind::Claim | OperationKind::Complaint) => {
                let Some(reference) = reference else { return Ok(None) };
                let asked = match (kind, adapter.claims(), adapter.work_orders()) {
                    (OperationKind::Claim, Some(claims), _) => claims.claim_state(call, waybill, reference).await?,
                    (OperationKind::Complaint, _, Some(orders)) => orders.work_order_state(call, waybill, reference).await?,
                    _ => return Ok(None),
                };
                let words = asked.replies.last().map(|reply| reply.text.clone()).or(asked.state.text);
                Ok(Some(Stands { progress: Some(asked.state.progress), words }))
            }
            _ => Ok(None),
        }
    };
    let asked = tokio::time::timeout(own.shared.options.call, asking).await;
    asked.unwrap_or_else(|_| Err(CourierError::unconfirmed(UnclearReason::Timeout, "no answer in the call's time")))
}

fn stands_so<'a>(identity: &Identity, mut made: Made<'a>, stands: &Stands, later: Instant) -> Made<'a> {
    use Progress as P;
    let words = stands.words.as_deref();
    match (made.operation.kind, stands.progress) {
        (OperationKind::Claim, Some(progress)) => {
            let status = match progress {
                P::Succeeded => Some(ClaimStatus::Decided),
                P::Failed => Some(ClaimStatus::Refused),
                P::Cancelled => Some(ClaimStatus::Withdrawn),
                // Ended or answered in words: a person reads them.
                P::Closed => Some(ClaimStatus::Answered),
                P::Pending | P::UnderWay | P::Unrecognized => words.map(|_| ClaimStatus::Answered),
            };
            let ended = matches!(progress, P::Succeeded | P::Failed | P::Cancelled | P::Closed);
            if let (Some(status), Some(claim_id)) = (status, made.operation.reference.as_deref()) {
                let operation = made.operation;
                let (source, at) = (facts::source(identity), made.end.ended_at);
                made.texts.push(facts::claim(&source, &operation.order, &operation.waybill, claim_id, status, words, at));
                if progress == P::Closed {
                    // Paid or not stands in the words, and nothing more will come.
                    made.texts.push(facts::claim_closed(&source, &operation.order, &operation.waybill, claim_id, words, at));
                }
            }
            let (phase, outcome) = if ended { (Phase::Done, "ended") } else { (Phase::Watched, "pending") };
            made.end(phase, later, outcome)
        }
        (_, Some(P::Succeeded)) => made.told(Phase::Done, OperationStatus::Succeeded, words),
        (OperationKind::Complaint, Some(P::Closed | P::Failed)) => made.told(Phase::Done, OperationStatus::Succeeded, words),
        (_, Some(P::Failed)) => made.told(Phase::Done, OperationStatus::Failed, words.or(Some("failed"))),
        (_, Some(P::Cancelled)) => made.told(Phase::Done, OperationStatus::Failed, Some("cancelled")),
        // Ended without a word on how: the scans say it.
        (_, Some(P::Closed)) => made.end(Phase::Done, later, "closed"),
        (_, Some(P::Pending | P::UnderWay | P::Unrecognized) | None) => made.end(Phase::Watched, later, "pending"),
    }
}
