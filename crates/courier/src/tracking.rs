//! Tracking: what is asked, what each parcel's answer is, and a history that does not depend on the order in which it came.

use crate::error::{CourierError, Refusal};
use crate::request::PhoneTail;
use parcelward_casework::fact::{TrackingFact, Waybill};
use parcelward_casework::instant::{Instant, rfc3339};
use parcelward_casework::words::{ExceptionReason, SeenBy, TrackingStatus};
use serde::Serialize;

/// A parcel to ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingQuery {
    /// The courier's number.
    pub number: String,
    /// The last four digits of the recipient's or sender's phone: some couriers want them.
    pub phone_tail: Option<PhoneTail>,
}

impl TrackingQuery {
    /// About a number alone.
    #[must_use]
    pub fn number(number: impl Into<String>) -> Self {
        TrackingQuery { number: number.into(), phone_tail: None }
    }
}

/// One scan, as the courier told it. `Debug` masks telephone numbers in its words.
#[derive(Clone, PartialEq, Serialize)]
pub struct TrackingEvent {
    /// When it happened, by the courier's own clock.
    #[serde(with = "rfc3339")]
    pub at: Instant,
    /// What it says; `unrecognized` where the code is in no table.
    pub status: TrackingStatus,
    /// Why, with `exception`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ExceptionReason>,
    /// The courier's own code, always kept.
    pub code: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The courier's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The courier's own id of the event, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// When the courier now means to deliver.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub estimated_delivery_at: Option<Instant>,
    /// A new number under which the parcel travels on (redirected, returned).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_number: Option<String>,
}

impl TrackingEvent {
    /// A scan with its time, code and what the code means; the rest is added by field.
    #[must_use]
    pub fn new(at: Instant, code: impl Into<String>, status: TrackingStatus, reason: Option<ExceptionReason>) -> Self {
        TrackingEvent {
            at,
            status,
            reason,
            code: code.into(),
            place: None,
            description: None,
            event_id: None,
            estimated_delivery_at: None,
            new_number: None,
        }
    }

    /// The same event has the same key, whenever and however often it is told. Holds no personal data.
    #[must_use]
    pub fn key(&self, waybill: &Waybill) -> String {
        match &self.event_id {
            Some(id) => format!("{}/{}/{}/{id}", waybill.courier, waybill.number, self.at.millis()),
            None => format!("{}/{}/{}/{}", waybill.courier, waybill.number, self.at.millis(), self.code),
        }
    }

    /// The event as a fact of the contract; its `time` is [`TrackingEvent::at`].
    #[must_use]
    pub fn into_fact(self, waybill: Waybill, seen_by: SeenBy) -> TrackingFact {
        TrackingFact {
            waybill,
            status: self.status,
            place: self.place,
            description: self.description,
            code: Some(self.code).filter(|code| !code.is_empty()),
            reason: self.reason,
            estimated_delivery_at: self.estimated_delivery_at,
            seen_by: Some(seen_by),
        }
    }

    fn is_same(&self, other: &TrackingEvent) -> bool {
        match (&self.event_id, &other.event_id) {
            (Some(a), Some(b)) => a == b && self.at == other.at,
            _ => self.at == other.at && self.code == other.code && self.place == other.place,
        }
    }
}

impl std::fmt::Debug for TrackingEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrackingEvent")
            .field("at", &self.at.to_string())
            .field("status", &self.status)
            .field("reason", &self.reason)
            .field("code", &self.code)
            .field("place", &self.place)
            .field("description", &self.description.as_deref().map(crate::mask::phones))
            .field("new_number", &self.new_number)
            .finish_non_exhaustive()
    }
}

/// The events of one parcel, oldest first, each once.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct History(Vec<TrackingEvent>);

impl History {
    /// Sorts by the events' own times and folds what was told twice. Two different events of one instant keep the order they came in,
    /// turned round where the courier answers newest first.
    #[must_use]
    pub fn new(mut events: Vec<TrackingEvent>) -> Self {
        let newest_first = matches!((events.first(), events.last()), (Some(first), Some(last)) if first.at > last.at);
        if newest_first {
            events.reverse();
        }
        events.sort_by_key(|event| event.at);
        let mut history: Vec<TrackingEvent> = Vec::with_capacity(events.len());
        for event in events {
            let twice = history.iter().rev().take_while(|seen| seen.at == event.at).any(|seen| seen.is_same(&event));
            if !twice {
                history.push(event);
            }
        }
        History(history)
    }

    /// Oldest first.
    #[must_use]
    pub fn events(&self) -> &[TrackingEvent] {
        &self.0
    }

    /// Oldest first, to keep.
    #[must_use]
    pub fn into_events(self) -> Vec<TrackingEvent> {
        self.0
    }

    /// The newest by its own time.
    #[must_use]
    pub fn latest(&self) -> Option<&TrackingEvent> {
        self.0.last()
    }
}

/// What became of one parcel's question. Not found, known without a scan, and no answer are three things.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tracked {
    /// The courier knows it; the history may be empty.
    Known(History),
    /// The courier says it knows no such number (or none any more).
    NotFound,
    /// The courier will not say (phone does not match, not ours): its code and words.
    #[serde(serialize_with = "refusal_words")]
    Refused(Refusal),
    /// The courier answered, and said nothing about this number.
    NotMentioned,
}

fn refusal_words<S: serde::Serializer>(refusal: &Refusal, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&format!("{} {}", refusal.kind.word(), refusal.code))
}

/// One parcel's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParcelReport {
    /// The number that was asked.
    pub number: String,
    /// What became of it.
    pub outcome: Tracked,
}

/// The answers to one tracking call: one for each number that was asked, in that order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct TrackingReport(Vec<ParcelReport>);

impl TrackingReport {
    /// Puts answers to questions: what was not answered is [`Tracked::NotMentioned`], what was not asked is left out. Numbers are compared
    /// without regard to case, as couriers write them.
    #[must_use]
    pub fn of(queries: &[TrackingQuery], answers: impl IntoIterator<Item = (String, Tracked)>) -> Self {
        let mut parcels: Vec<ParcelReport> =
            queries.iter().map(|q| ParcelReport { number: q.number.clone(), outcome: Tracked::NotMentioned }).collect();
        for (number, outcome) in answers {
            if let Some(parcel) = parcels.iter_mut().find(|p| p.number.eq_ignore_ascii_case(number.trim())) {
                parcel.outcome = outcome;
            }
        }
        TrackingReport(parcels)
    }

    /// The answer to a question about one parcel.
    #[must_use]
    pub fn one(query: &TrackingQuery, outcome: Tracked) -> Self {
        TrackingReport(vec![ParcelReport { number: query.number.clone(), outcome }])
    }

    /// The answers, in the order of the questions.
    #[must_use]
    pub fn parcels(&self) -> &[ParcelReport] {
        &self.0
    }

    /// The answers, to keep.
    #[must_use]
    pub fn into_parcels(self) -> Vec<ParcelReport> {
        self.0
    }
}

/// The one question of a call, for couriers that take one a call.
///
/// # Errors
/// [`CourierError::NotSent`] where it is none or more: the lane broke the limit.
pub fn only(queries: &[TrackingQuery]) -> Result<&TrackingQuery, CourierError> {
    match queries {
        [one] => Ok(one),
        many => Err(CourierError::not_sent(
            crate::NotSentReason::Unsupported,
            format!("{} numbers in one call, and this courier takes one", many.len()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: &str, code: &str) -> TrackingEvent {
        TrackingEvent::new(crate::local_time::parse(at).unwrap(), code, TrackingStatus::InTransit, None)
    }

    #[test]
    fn a_history_does_not_depend_on_the_order_it_came_in() {
        let (a, b, c) = (event("2026-03-10 08:00:00", "1"), event("2026-03-10 09:00:00", "2"), event("2026-03-10 09:00:00", "3"));
        let told = History::new(vec![a.clone(), b.clone(), c.clone(), b.clone()]);
        assert_eq!(told.events(), [a.clone(), b.clone(), c.clone()]);
        assert_eq!(History::new(vec![c.clone(), b.clone(), a.clone()]), told);
        assert_eq!(told.latest(), Some(&c));
    }

    #[test]
    fn every_question_has_one_answer() {
        let queries = [TrackingQuery::number("YT1"), TrackingQuery::number("YT2"), TrackingQuery::number("YT3")];
        let answers = [("yt2".to_owned(), Tracked::NotFound), ("YT9".to_owned(), Tracked::NotFound)];
        let report = TrackingReport::of(&queries, answers);
        let outcomes: Vec<&Tracked> = report.parcels().iter().map(|p| &p.outcome).collect();
        assert_eq!(outcomes, [&Tracked::NotMentioned, &Tracked::NotFound, &Tracked::NotMentioned]);
        assert!(only(&queries).is_err() && only(&queries[..1]).is_ok());
    }
}
