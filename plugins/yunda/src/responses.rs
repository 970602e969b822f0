//! From what Yunda answers to what the port says. Pure: text in, value out.

use crate::codes;
use crate::wire::{Envelope, Parcel, Step};
use parcelward_courier::json;
use parcelward_courier::{
    CourierError, History, RefusalKind, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason, local_time,
};
use serde_json::Value;

/// The payload of an answer, or its no. Refusals come within HTTP 200.
fn payload(text: &str) -> Result<Value, CourierError> {
    let envelope: Envelope = json::read(text)?;
    if envelope.result.0 {
        Ok(json::unwrapped(envelope.data))
    } else {
        Err(CourierError::refused(RefusalKind::Unrecognized, envelope.code.as_str(), envelope.message.as_str()))
    }
}

pub(crate) fn tracked(query: &TrackingQuery, text: &str) -> Result<TrackingReport, CourierError> {
    let outcome = match payload(text)? {
        Value::Null => Tracked::NotMentioned,
        data => parcel(query, json::shaped(data, "data")?)?,
    };
    Ok(TrackingReport::one(query, outcome))
}

/// The gateway's yes may hold a no about the parcel: not subscribed, not this account's.
fn parcel(query: &TrackingQuery, parcel: Parcel) -> Result<Tracked, CourierError> {
    let other = parcel.mailno.as_str();
    if !other.is_empty() && !other.eq_ignore_ascii_case(&query.number) {
        return Err(malformed("another parcel at data.mailno"));
    }
    let steps = json::listed(parcel.steps);
    if steps.is_empty() && parcel.result.is_some_and(|result| !result.0) {
        let refused = CourierError::refused(RefusalKind::Unrecognized, "", parcel.remark.as_str());
        return match refused {
            CourierError::Refused(refusal) => Ok(Tracked::Refused(refusal)),
            error => Err(error),
        };
    }
    let events = steps.into_iter().enumerate().map(|(n, step)| {
        let place = format!("data.steps[{n}]");
        event(json::shaped(step, &place)?, &place)
    });
    Ok(Tracked::Known(History::new(events.collect::<Result<_, _>>()?)))
}

fn event(step: Step, place: &str) -> Result<TrackingEvent, CourierError> {
    let at = local_time::parse(step.time.as_str()).ok_or_else(|| malformed(&format!("no time at {place}.time")))?;
    let (status, reason) = codes::status(step.status.as_str());
    let code = match (step.status.given(), step.action.given()) {
        (Some(status), Some(action)) => format!("{status}/{action}"),
        (one, other) => one.or(other).unwrap_or_default(),
    };
    let mut event = TrackingEvent::new(at, code, status, reason);
    event.description = step.description.given();
    event.place = match (step.city.given(), step.station_name.given()) {
        (Some(city), Some(name)) => Some(format!("{city} {name}")),
        (one, other) => one.or(other),
    };
    Ok(event)
}

pub(crate) fn subscribed(text: &str) -> Result<(), CourierError> {
    payload(text).map(|_| ())
}

fn malformed(what: &str) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}
