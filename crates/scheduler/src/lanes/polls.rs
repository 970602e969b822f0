//! One tracking call: the question, its answers as facts, and when each parcel is asked next.

use super::lane::{Own, Slot};
use super::{LaneError, facts, questions, spread};
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::TrackingStatus;
use parcelward_courier::{Call, CourierAdapter, CourierError, History, NotSentReason, PhoneTail, Tracked, TrackingQuery};
use parcelward_store::lanes::{ClaimedPoll, GateKind, PollEnd};

/// After a call that failed, its parcels are asked again after this, at the earliest.
const AFTER_FAILURE: Length = Length::minutes(2);
/// Two sources are compared where both looked within this time.
const SAME_TIME: Length = Length::hours(2);

/// A parcel that was in hand and not asked about.
pub(super) fn unasked(poll: ClaimedPoll, again_at: Instant) -> PollEnd {
    PollEnd {
        waybill: poll.waybill,
        place: poll.place,
        fence: poll.fence,
        asked_at: None,
        changed_at: poll.changed_at,
        failures: poll.failures,
        answer: None,
        newest: None,
        again_at,
        spread: 0.0,
    }
}

/// Asks about parcels of one courier in one call. The next call may be made as soon as the courier has answered.
pub(super) async fn ask(own: &Own, slot: Slot, chosen: Vec<ClaimedPoll>, now: Instant) {
    if let Err(error) = ask_and_record(own, slot, chosen, now).await {
        tracing::warn!(account = own.account.name, %error, "answers about parcels could not be stored; they are asked again");
    }
}

async fn ask_and_record(own: &Own, slot: Slot, chosen: Vec<ClaimedPoll>, now: Instant) -> Result<(), LaneError> {
    let Some(courier) = chosen.first().map(|poll| poll.waybill.courier) else { return Ok(()) };
    let Some(adapter) = own.account.adapter(courier) else {
        let ends: Vec<PollEnd> = chosen.into_iter().map(|poll| unasked(poll, now + Length::hours(1))).collect();
        return Ok(own.ends.store(&own.shared.store, ends, Vec::new()).await?);
    };
    let queries: Vec<TrackingQuery> = chosen
        .iter()
        .map(|poll| TrackingQuery { number: poll.waybill.number.clone(), phone_tail: poll.phone_tail.as_deref().and_then(PhoneTail::of) })
        .collect();
    let (call, answer) = track(own, &**adapter, &queries, now).await;
    own.learn(GateKind::Ask, answer.as_ref().err()).await?;
    drop(slot);
    let said = questions::said(own, &call, &chosen, &answer, now);
    let ended = own.shared.now();
    let ends = match answer {
        Ok(outcomes) => answers(own, &**adapter, chosen, outcomes, ended).await?,
        Err(error) => {
            tracing::debug!(account = own.account.name, %error, "a question about parcels failed");
            let wait = error.retry_after().map_or(AFTER_FAILURE, |w| Length::millis(i64::try_from(w.as_millis()).unwrap_or(0)));
            let again = |poll| unasked(poll, ended + wait + Length::millis(super::spread_of(AFTER_FAILURE.as_millis())));
            chosen.into_iter().map(again).collect()
        }
    };
    Ok(own.ends.store(&own.shared.store, ends, said).await?)
}

/// Asks; what was said stays with the call.
async fn track(
    own: &Own,
    adapter: &dyn CourierAdapter,
    queries: &[TrackingQuery],
    now: Instant,
) -> (Call, Result<Vec<Tracked>, CourierError>) {
    let permit = adapter.transport().gate().pass_within(std::time::Duration::from_secs(2)).await;
    let call = Call::at(now, uuid::Uuid::new_v4().simple().to_string()).within(own.shared.options.call);
    let call = match permit {
        Ok(permit) => call.with_permit(permit),
        Err(_) => return (call, Err(CourierError::not_sent(NotSentReason::Limited, "the account's own gate"))),
    };
    let timeout = |_| CourierError::unconfirmed(parcelward_courier::UnclearReason::Timeout, "no answer in the call's time");
    let report = tokio::time::timeout(own.shared.options.call, adapter.track(&call, queries)).await.map_err(timeout).flatten();
    let outcomes = report.map(|report| {
        let mut outcomes: Vec<Tracked> = report.parcels().iter().map(|parcel| parcel.outcome.clone()).collect();
        outcomes.resize_with(queries.len(), || Tracked::NotMentioned);
        outcomes
    });
    (call, outcomes)
}

/// Hands every new answer in, and says when each parcel is asked next.
async fn answers(
    own: &Own,
    adapter: &dyn CourierAdapter,
    chosen: Vec<ClaimedPoll>,
    outcomes: Vec<Tracked>,
    now: Instant,
) -> Result<Vec<PollEnd>, LaneError> {
    let (mut ends, mut texts) = (Vec::with_capacity(chosen.len()), Vec::new());
    let gap = Length::millis(i64::try_from(own.account.limits.least_gap.as_millis()).unwrap_or(0));
    for (poll, outcome) in chosen.into_iter().zip(outcomes) {
        let mut end = PollEnd { asked_at: Some(now), again_at: now + gap, spread: spread(), ..unasked(poll.clone(), now) };
        match outcome {
            Tracked::Known(history) => {
                end.failures = 0;
                let answer = fingerprint(&history);
                let newest = history.events().iter().rev().find(|event| event.status != TrackingStatus::Unrecognized);
                end.newest = newest.map(|event| (event.status.word().to_owned(), event.at));
                if poll.both {
                    // Before the desk hears of it: its word may end the reason for which both were asked.
                    texts.extend(disagreement(own, &poll, end.newest.as_ref(), now).await?);
                }
                if poll.answer.as_ref() != Some(&answer) {
                    texts.extend(told(own, adapter, &poll.waybill, &history).await?);
                    end.changed_at = now;
                }
                end.answer = Some(answer);
            }
            Tracked::NotFound | Tracked::NotMentioned | Tracked::Refused(_) => end.failures = poll.failures.saturating_add(1),
        }
        if end.changed_at.millis() == 0 {
            end.changed_at = now;
        }
        ends.push(end);
    }
    own.shared.submit(texts).await?;
    Ok(ends)
}

pub(super) fn fingerprint(history: &History) -> String {
    // Only told apart from the answer before: a debug text holds every field that a fact has.
    let text = format!("{:?}", history.events());
    format!("{:08x}{:08x}", facts::hash(&text), text.len())
}

/// The facts of a history; of a new number as well.
async fn told(own: &Own, adapter: &dyn CourierAdapter, waybill: &Waybill, history: &History) -> Result<Vec<String>, LaneError> {
    let identity = adapter.identity();
    let mut texts = Vec::new();
    for event in history.events() {
        let event = event.clone();
        let new_number = event.new_number.clone().filter(|number| *number != waybill.number && !number.is_empty());
        let Some(number) = new_number else {
            texts.push(facts::tracking(identity, waybill, &event));
            continue;
        };
        let Some(order) = own.shared.store.order_of_waybill(waybill).await? else { continue };
        let stored = own.shared.store.case_file(&order).await?;
        let file = stored.as_ref().map(|stored| &*stored.file);
        texts.extend(facts::under_new_number(identity, (&order, file), waybill, event, &number));
    }
    Ok(texts)
}

/// Whether two sources' newest words of a parcel contradict each other.
#[must_use]
pub fn disagree(one: &str, other: &str) -> bool {
    coarse(one) != coarse(other)
}

/// What a status says of where the parcel is, coarsely.
fn coarse(status: &str) -> &str {
    match status {
        "delivered" => "delivered",
        "returning" | "returned" | "refused" => "back",
        "exception" => "exception",
        _ => "on its way",
    }
}

/// Where the other source looked lately and says another thing, a note for the order's timeline.
async fn disagreement(
    own: &Own,
    poll: &ClaimedPoll,
    newest: Option<&(String, Instant)>,
    now: Instant,
) -> Result<Option<String>, LaneError> {
    let Some(mine) = newest else { return Ok(None) };
    let looks = own.shared.store.last_looks(&poll.waybill).await?;
    let other = looks.into_iter().find(|look| look.place != poll.place && now.since(look.asked_at) <= SAME_TIME);
    let Some(theirs) = other.and_then(|look| look.newest).filter(|theirs| disagree(&theirs.0, &mine.0)) else { return Ok(None) };
    let theirs = &theirs;
    let Some(order) = own.shared.store.order_of_waybill(&poll.waybill).await? else { return Ok(None) };
    metrics::counter!(crate::metric::COURIER_DISAGREEMENTS, "courier" => poll.waybill.courier.word()).increment(1);
    let (courier, aggregator) = if poll.place == 0 { (mine, theirs) } else { (theirs, mine) };
    Ok(Some(facts::disagreement(&order, &poll.waybill, (&courier.0, courier.1), (&aggregator.0, aggregator.1), now)))
}
