//! From what the carrier answers to what the port says. Pure: text in, value out.

use crate::codes::{self, Failure};
use crate::wire::{Envelope, Parcel, Scan, Taken};
use parcelward_courier::{
    Accepted, CourierError, History, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason, json, local_time,
};
use serde_json::Value;

/// The payload of an answer. A business failure comes within HTTP 200, as does the gateway's.
fn payload(text: &str) -> Result<Value, CourierError> {
    let envelope: Envelope = json::read(text)?;
    let code = envelope.code.as_str();
    if code == "0" {
        return Ok(envelope.data);
    }
    Err(match codes::failure(code) {
        Failure::Throttled => CourierError::throttled(code, None),
        Failure::Unclear => CourierError::unconfirmed(UnclearReason::CourierFailed, code),
        Failure::Refused(kind) => CourierError::refused(kind, code, envelope.message.as_str()),
    })
}

/// Not found, known without a scan, and not mentioned are three things.
pub(crate) fn tracked(queries: &[TrackingQuery], text: &str) -> Result<TrackingReport, CourierError> {
    let mut answers = Vec::new();
    for (n, parcel) in json::listed(payload(text)?).into_iter().enumerate() {
        let place = format!("data[{n}]");
        let parcel: Parcel = json::shaped(parcel, &place)?;
        let outcome = if parcel.found == Some(false) { Tracked::NotFound } else { Tracked::Known(history(parcel.scans, &place)?) };
        answers.push((parcel.number.0, outcome));
    }
    Ok(TrackingReport::of(queries, answers))
}

fn history(scans: Vec<Scan>, place: &str) -> Result<History, CourierError> {
    let mut events = Vec::with_capacity(scans.len());
    for scan in scans {
        let at = local_time::parse(scan.time.as_str())
            .ok_or_else(|| CourierError::unconfirmed(UnclearReason::Malformed, format!("no time in {place}.scans")))?;
        let (status, reason) = codes::scan(scan.code.as_str());
        let mut event = TrackingEvent::new(at, scan.code.0, status, reason);
        event.place = scan.place.given();
        event.description = scan.text.given();
        events.push(event);
    }
    Ok(History::new(events))
}

pub(crate) fn intercept_taken(text: &str) -> Result<Accepted, CourierError> {
    let taken: Taken = json::shaped(payload(text)?, "data")?;
    Ok(Accepted::with(taken.id.given()))
}
