//! From what J&T answers to what the port says. Pure: text in, value out.

use crate::codes;
use crate::wire::{Envelope, Parcel, Scan, SubscribedAnswer};
use parcelward_courier::json;
use parcelward_courier::{
    Accepted, CourierError, History, RefusalKind, SubscribeQuery, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason,
    local_time,
};
use serde_json::Value;

/// The payload of an answer, or its no. Refusals come within HTTP 200.
fn payload(text: &str) -> Result<Value, CourierError> {
    let envelope: Envelope = json::read(text)?;
    match envelope.code.as_str() {
        codes::YES => Ok(json::unwrapped(envelope.data)),
        "" => Err(malformed("it says neither yes nor no")),
        code => Err(CourierError::refused(RefusalKind::Unrecognized, code, envelope.msg.as_str())),
    }
}

/// A number that the answer leaves out is not mentioned; nor is one whose scans cannot be read, so that it does not cost the others their
/// answer. Where nothing at all can be read, the answer is malformed.
pub(crate) fn tracked(queries: &[TrackingQuery], text: &str) -> Result<TrackingReport, CourierError> {
    let (mut answers, mut unread) = (Vec::new(), None);
    for (n, parcel) in json::listed(payload(text)?).into_iter().enumerate() {
        match parcel_of(parcel, &format!("data[{n}]")) {
            Ok(answer) => answers.push(answer),
            Err(error) => unread = Some(error),
        }
    }
    match unread {
        Some(error) if answers.is_empty() => Err(error),
        _ => Ok(TrackingReport::of(queries, answers)),
    }
}

fn parcel_of(parcel: Value, place: &str) -> Result<(String, Tracked), CourierError> {
    let parcel: Parcel = json::shaped(parcel, place)?;
    let number = parcel.bill_code.given().ok_or_else(|| malformed(&format!("no number at {place}.billCode")))?;
    let events = events(parcel.details, &format!("{place}.details"))?;
    Ok((number, Tracked::Known(History::new(events))))
}

/// The scans of a list, in its order; the list may stand as text.
pub(crate) fn events(details: Value, place: &str) -> Result<Vec<TrackingEvent>, CourierError> {
    let scans = json::listed(details).into_iter().enumerate();
    scans.map(|(n, scan)| event(json::shaped(scan, &format!("{place}[{n}]"))?, &format!("{place}[{n}]"))).collect()
}

fn event(scan: Scan, place: &str) -> Result<TrackingEvent, CourierError> {
    let at = local_time::parse(scan.scan_time.as_str()).ok_or_else(|| malformed(&format!("no time at {place}.scanTime")))?;
    let mut code = scan.scan_type.0;
    let (mut status, mut reason) = codes::scan_type(&code);
    if let Some(kind) = scan.problem_type.given().filter(|_| code == codes::PROBLEM) {
        (status, reason) = codes::problem(&kind);
        code = format!("{code}/{kind}");
    }
    let mut event = TrackingEvent::new(at, code, status, reason);
    event.description = scan.desc.given();
    event.place = match (scan.scan_network_city.given(), scan.scan_network_name.given()) {
        (Some(city), Some(name)) => Some(format!("{city} {name}")),
        (one, other) => one.or(other),
    };
    Ok(event)
}

/// An intercept or an address change that was taken. What its payload holds is not published, and is not read.
pub(crate) fn taken(text: &str) -> Result<Accepted, CourierError> {
    payload(text).map(|_| Accepted::default())
}

/// One answer for each number, or `SUCCESS` for all of them.
pub(crate) fn subscribed(queries: &[SubscribeQuery], text: &str) -> Result<Vec<Result<(), CourierError>>, CourierError> {
    let list = match payload(text)? {
        Value::String(word) if word.eq_ignore_ascii_case("SUCCESS") => return Ok(queries.iter().map(|_| Ok(())).collect()),
        Value::Object(mut data) => json::listed(data.remove("list").unwrap_or_default()),
        _ => return Err(malformed("another shape than expected at data")),
    };
    let list: Vec<SubscribedAnswer> =
        list.into_iter().enumerate().map(|(n, one)| json::shaped(one, &format!("data.list[{n}]"))).collect::<Result<_, _>>()?;
    let answer = |query: &SubscribeQuery| {
        let told = list.iter().find(|one| one.waybill_code.as_str().eq_ignore_ascii_case(&query.number)).and_then(|one| one.is_success);
        match told {
            Some(yes) if yes.0 => Ok(()),
            Some(_) => Err(CourierError::refused(RefusalKind::Unrecognized, "", "not subscribed")),
            None => Err(malformed("nothing is said about this number")),
        }
    };
    Ok(queries.iter().map(answer).collect())
}

fn malformed(what: &str) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}
