//! From what EMS answers to what the port says. Pure: text in, value out.

use crate::codes;
use crate::wire::{Envelope, Trace};
use parcelward_courier::json::Text;
use parcelward_courier::{
    CourierError, History, RefusalKind, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason, json, local_time,
};
use serde_json::Value;

const OK: &str = "00000";

fn malformed(what: impl Into<String>) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}

/// EMS publishes no list of codes, and answers that there is nothing under the code of success: its words decide before its code does.
pub(crate) fn tracked(query: &TrackingQuery, text: &str) -> Result<TrackingReport, CourierError> {
    let envelope: Envelope = json::read(text)?;
    let (code, words) = (envelope.ret_code.as_str(), envelope.ret_msg.as_str());
    if code.is_empty() {
        return Err(malformed("retCode is empty"));
    }
    let traces = traces(envelope.ret_body);
    if words.contains("无客户信息") {
        return Err(CourierError::refused(RefusalKind::Account, code, words));
    }
    if words.contains("查无") && traces.as_ref().is_ok_and(Vec::is_empty) {
        return Ok(TrackingReport::one(query, Tracked::NotFound));
    }
    if code != OK {
        return Err(CourierError::refused(RefusalKind::Unrecognized, code, words));
    }
    let events: Result<Vec<TrackingEvent>, CourierError> =
        traces?.into_iter().enumerate().map(|(n, trace)| asked(query, trace, &format!("responseItems[{n}]"))).collect();
    Ok(TrackingReport::one(query, Tracked::Known(History::new(events?))))
}

/// The scans, as a list, as one, or within `responseItems`.
pub(crate) fn traces(body: Value) -> Result<Vec<Value>, CourierError> {
    match json::unwrapped(body) {
        Value::Object(mut fields) => match fields.remove("responseItems") {
            Some(items) => traces(items),
            None if fields.contains_key("opTime") => Ok(vec![Value::Object(fields)]),
            None if fields.is_empty() => Ok(Vec::new()),
            None => Err(malformed("no responseItems in retBody")),
        },
        Value::Array(items) => Ok(items),
        Value::Null => Ok(Vec::new()),
        _ => Err(malformed("retBody is neither an object nor a list")),
    }
}

fn asked(query: &TrackingQuery, trace: Value, place: &str) -> Result<TrackingEvent, CourierError> {
    let trace: Trace = json::shaped(trace, place)?;
    let other = trace.waybill_no.as_str().trim();
    if !other.is_empty() && !other.eq_ignore_ascii_case(&query.number) {
        return Err(malformed(format!("another parcel at {place}")));
    }
    event(trace).ok_or_else(|| malformed(format!("no time at {place}.opTime")))
}

/// A scan, asked for or pushed; nothing where it has no time.
pub(crate) fn event(trace: Trace) -> Option<TrackingEvent> {
    let at = local_time::parse(trace.op_time.as_str())?;
    let (mut code, attempt) = (trace.op_code.given().unwrap_or_default(), trace.attempt_delivery_code.given().unwrap_or_default());
    let (status, reason) = codes::scan(&code, &attempt);
    if code == "705" && !attempt.is_empty() {
        code = format!("{code}/{attempt}");
    }
    let mut event = TrackingEvent::new(at, code, status, reason);
    event.place = place_of(trace.op_org_city, trace.op_org_name);
    event.description = trace.op_desc.given().or_else(|| trace.op_name.given());
    Some(event)
}

/// `杭州市 杭州转运中心`.
fn place_of(city: Text, name: Text) -> Option<String> {
    match (city.given(), name.given()) {
        (Some(city), Some(name)) if !name.starts_with(&city) => Some(format!("{city} {name}")),
        (city, name) => name.or(city),
    }
}
