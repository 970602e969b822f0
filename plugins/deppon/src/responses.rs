//! From what Deppon answers to what the port says. Pure: text in, value out.

use crate::codes;
use crate::wire::{Envelope, Parcel, Scan};
use parcelward_courier::json;
use parcelward_courier::{
    CourierError, History, RefusalKind, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason, local_time,
};
use serde_json::Value;

/// The payload of an answer, or its no. Refusals come within HTTP 200; a yes with the code of a no is a no.
fn payload(text: &str) -> Result<Value, CourierError> {
    let envelope: Envelope = json::read(text)?;
    match envelope.result_code.as_str() {
        codes::YES | "" if envelope.result.0 => Ok(json::unwrapped(envelope.response_param)),
        code => Err(CourierError::refused(codes::refusal(code), code, envelope.reason.as_str())),
    }
}

pub(crate) fn tracked(query: &TrackingQuery, text: &str) -> Result<TrackingReport, CourierError> {
    let outcome = match payload(text)? {
        Value::Null => Tracked::NotMentioned,
        data => Tracked::Known(history(query, json::shaped(data, "responseParam")?)?),
    };
    Ok(TrackingReport::one(query, outcome))
}

fn history(query: &TrackingQuery, parcel: Parcel) -> Result<History, CourierError> {
    let other = parcel.tracking_number.as_str();
    if !other.is_empty() && !other.eq_ignore_ascii_case(&query.number) {
        return Err(malformed("another parcel at responseParam.tracking_number"));
    }
    let events = json::listed(parcel.trace_list).into_iter().enumerate().map(|(n, scan)| {
        let place = format!("responseParam.trace_list[{n}]");
        event(json::shaped(scan, &place)?, &place)
    });
    Ok(History::new(events.collect::<Result<_, _>>()?))
}

fn event(scan: Scan, place: &str) -> Result<TrackingEvent, CourierError> {
    let at = local_time::parse(scan.time.as_str()).ok_or_else(|| malformed(&format!("no time at {place}.time")))?;
    let (status, reason) = codes::status(scan.status.as_str());
    let mut event = TrackingEvent::new(at, scan.status.0, status, reason);
    event.description = scan.description.given();
    event.place = match (scan.city.given(), scan.site.given()) {
        (Some(city), Some(site)) => Some(format!("{city} {site}")),
        (one, other) => one.or(other),
    };
    Ok(event)
}

/// Subscribed already is a yes.
pub(crate) fn subscribed(text: &str) -> Result<(), CourierError> {
    match payload(text) {
        Ok(_) => Ok(()),
        Err(CourierError::Refused(refusal)) if refusal.kind == RefusalKind::AlreadyAsked => Ok(()),
        Err(error) => Err(error),
    }
}

fn malformed(what: &str) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}
