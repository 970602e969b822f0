//! From what STO answers to what the port says. Pure: text in, value out.

use crate::codes;
use crate::wire::{Envelope, Inner, Scan, SubscribedAnswer, XmlEnvelope};
use parcelward_courier::json::{self, Flag, Text};
use parcelward_courier::{
    Accepted, CourierError, History, RefusalKind, SubscribeQuery, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason,
    local_time,
};
use serde_json::Value;

/// The payload of an answer, or its no. Refusals come within HTTP 200, the gateway's own in XML or in JSON.
fn payload(text: &str) -> Result<Value, CourierError> {
    let envelope = if text.trim_start().starts_with('<') { xml(text)? } else { json::read(text)? };
    match envelope.success {
        Some(Flag(true)) => Ok(json::unwrapped(envelope.data)),
        Some(Flag(false)) => {
            Err(CourierError::refused(RefusalKind::Unrecognized, envelope.error_code.as_str(), envelope.error_msg.as_str()))
        }
        None => Err(malformed("it says neither yes nor no")),
    }
}

fn xml(text: &str) -> Result<Envelope, CourierError> {
    let answer: XmlEnvelope = quick_xml::de::from_str(text).map_err(|_| malformed("XML that is no answer"))?;
    let success = match answer.success.trim() {
        "true" => Some(Flag(true)),
        "false" => Some(Flag(false)),
        _ => None,
    };
    Ok(Envelope { success, error_code: Text(answer.error_code), error_msg: Text(answer.error_msg), data: Value::Null })
}

/// Scans by waybill. A number that the answer leaves out is not mentioned; nor is one whose scans cannot be read, so that it does not cost
/// the others their answer. Where nothing at all can be read, the answer is malformed.
pub(crate) fn tracked(queries: &[TrackingQuery], text: &str) -> Result<TrackingReport, CourierError> {
    let parcels = match payload(text)? {
        Value::Object(parcels) => parcels,
        Value::Null => serde_json::Map::new(),
        _ => return Err(malformed("no object at data")),
    };
    let (mut answers, mut unread) = (Vec::new(), None);
    for (n, (number, scans)) in parcels.into_iter().enumerate() {
        match history(&number, scans, &format!("data, parcel {n}")) {
            Ok(history) => answers.push((number, Tracked::Known(history))),
            Err(error) => unread = Some(error),
        }
    }
    match unread {
        Some(error) if answers.is_empty() => Err(error),
        _ => Ok(TrackingReport::of(queries, answers)),
    }
}

fn history(number: &str, scans: Value, place: &str) -> Result<History, CourierError> {
    let mut events = Vec::new();
    for (n, scan) in json::listed(scans).into_iter().enumerate() {
        let scan: Scan = json::shaped(scan, &format!("{place}[{n}]"))?;
        let other = scan.waybill_no.as_str();
        if !other.is_empty() && !other.eq_ignore_ascii_case(number) {
            return Err(malformed(&format!("another parcel at {place}[{n}]")));
        }
        events.push(event(scan, &format!("{place}[{n}]"))?);
    }
    Ok(History::new(events))
}

pub(crate) fn event(scan: Scan, place: &str) -> Result<TrackingEvent, CourierError> {
    let at = local_time::parse(scan.op_time.as_str()).ok_or_else(|| malformed(&format!("no time at {place}.opTime")))?;
    let mut code = scan.scan_type.0;
    let (status, reason) = codes::scan_type(&code);
    if let Some(issue) = scan.issue_name.given().filter(|_| code == codes::PROBLEM) {
        code = format!("{code}/{issue}");
    }
    let mut event = TrackingEvent::new(at, code, status, reason);
    event.description = scan.memo.given();
    event.place = match (scan.op_org_city_name.given(), scan.op_org_name.given()) {
        (Some(city), Some(name)) => Some(format!("{city} {name}")),
        (one, other) => one.or(other),
    };
    event.event_id = scan.out_biz_code.given();
    Ok(event)
}

/// An intercept, an address change or a withdrawal. What its payload holds is not published: of it, a no is heard and nothing else.
pub(crate) fn taken(text: &str) -> Result<Accepted, CourierError> {
    let data = payload(text)?;
    if data.is_object() {
        let inner: Inner = json::shaped(data, "data")?;
        if inner.success.is_some_and(|success| !success.0) {
            return Err(CourierError::refused(RefusalKind::Unrecognized, inner.error_code.as_str(), inner.error_msg.as_str()));
        }
    }
    Ok(Accepted::default())
}

/// One answer for each number.
pub(crate) fn subscribed(queries: &[SubscribeQuery], text: &str) -> Result<Vec<Result<(), CourierError>>, CourierError> {
    let list = json::listed(payload(text)?).into_iter().enumerate();
    let list: Vec<SubscribedAnswer> = list.map(|(n, one)| json::shaped(one, &format!("data[{n}]"))).collect::<Result<_, _>>()?;
    if list.is_empty() {
        return Err(malformed("nothing at data"));
    }
    let answer = |query: &SubscribeQuery| {
        let told = list.iter().find(|one| one.waybill_no.as_str().eq_ignore_ascii_case(&query.number));
        match told {
            Some(one) if one.status.0 => Ok(()),
            Some(one) => Err(CourierError::refused(RefusalKind::Unrecognized, "", one.message.as_str())),
            None => Err(malformed("nothing is said about this number")),
        }
    };
    Ok(queries.iter().map(answer).collect())
}

fn malformed(what: &str) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}
