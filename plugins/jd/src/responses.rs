//! From what JD answers to what the port says. Pure: text in, value out.

use crate::codes::{self, Failure};
use crate::wire::{Envelope, Trace, Traces};
use parcelward_courier::{
    Accepted, CourierError, History, Picture, ProofAnswer, RefusalKind, Tracked, TrackingEvent, TrackingQuery, TrackingReport,
    UnclearReason, json, local_time,
};
use serde_json::Value;

/// Why there is no payload.
enum No {
    Error(CourierError),
    /// The interface's own no, within the gateway's yes.
    Business(Failure, CourierError),
}

impl No {
    fn into_error(self) -> CourierError {
        match self {
            No::Error(error) | No::Business(_, error) => error,
        }
    }
}

fn malformed(what: impl Into<String>) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}

fn failed(failure: Failure, code: &str, message: &str) -> CourierError {
    match failure {
        Failure::Unclear => CourierError::unconfirmed(UnclearReason::CourierFailed, format!("JD {code}")),
        Failure::Refused(kind) => CourierError::refused(kind, code, message),
        Failure::NotFound => CourierError::refused(RefusalKind::Input, code, message),
    }
}

/// The payload of an answer. The gateway's failures and the interface's come within HTTP 200 alike.
fn payload(text: &str) -> Result<Value, No> {
    let envelope: Envelope = json::read(text).map_err(No::Error)?;
    if let Some(failure) = envelope.error_response {
        let (code, words) = (failure.code.0, failure.zh_desc.given().or_else(|| failure.en_desc.given()).unwrap_or_default());
        return Err(No::Error(failed(codes::gateway(&code), &code, &words)));
    }
    let code = envelope.code.as_str();
    match (code, envelope.success.map(|flag| flag.0)) {
        ("", _) => Err(No::Error(malformed("code is missing"))),
        ("0" | "1000", None | Some(true)) => Ok(json::unwrapped(envelope.data)),
        ("0" | "1000", Some(false)) => Err(No::Error(malformed("code 0 without success"))),
        _ => {
            let failure = codes::business(code);
            Err(No::Business(failure, failed(failure, code, envelope.msg.as_str())))
        }
    }
}

pub(crate) fn tracked(query: &TrackingQuery, text: &str) -> Result<TrackingReport, CourierError> {
    let outcome = match payload(text) {
        Ok(data) => Tracked::Known(history(query, data)?),
        Err(No::Business(Failure::NotFound, _)) => Tracked::NotFound,
        // The gateway let the account in: this is about the parcel.
        Err(No::Business(_, CourierError::Refused(refusal))) if refusal.kind != RefusalKind::Account => Tracked::Refused(refusal),
        Err(no) => return Err(no.into_error()),
    };
    Ok(TrackingReport::one(query, outcome))
}

fn history(query: &TrackingQuery, data: Value) -> Result<History, CourierError> {
    let traces = match data {
        Value::Null => Value::Null,
        list @ Value::Array(_) => list,
        data => json::shaped::<Traces>(data, "data")?.trace_details,
    };
    let traces = json::listed(traces).into_iter().enumerate();
    let events: Result<Vec<TrackingEvent>, CourierError> = traces
        .map(|(n, trace)| {
            let place = format!("traceDetails[{n}]");
            event(json::shaped(trace, &place)?, &query.number).ok_or_else(|| malformed(format!("no time at {place}.operationTime")))
        })
        .collect();
    events.map(History::new)
}

fn event(trace: Trace, number: &str) -> Option<TrackingEvent> {
    let at = local_time::parse(trace.operation_time.as_str())?;
    let (state, category) = (trace.state.given().unwrap_or_default(), trace.category.given().unwrap_or_default());
    let remark = trace.operation_remark.given();
    let words = remark.as_deref().unwrap_or_default();
    let (status, reason) = codes::scan(&state, &category, words);
    let new_number = codes::new_number(&state, words, number);
    let mut event = TrackingEvent::new(at, if state.is_empty() { category } else { state }, status, reason);
    event.new_number = new_number;
    event.place = trace.operate_site.given();
    event.description = remark.or_else(|| trace.operation_title.given()).or_else(|| trace.category_name.given());
    Some(event)
}

/// Taken. Whether the order was cancelled or an intercept began is not told: the scans tell.
pub(crate) fn taken(text: &str) -> Result<Accepted, CourierError> {
    payload(text).map(|_| Accepted::default()).map_err(No::into_error)
}

/// The picture's address, under whatever name it stands: JD does not publish the answer's fields.
pub(crate) fn pictures(text: &str) -> Result<ProofAnswer, CourierError> {
    let data = payload(text).map_err(No::into_error)?;
    let mut found = Vec::new();
    addresses(&data, &mut found);
    let nothing = match &data {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(Value::is_null),
        _ => false,
    };
    if found.is_empty() && !nothing {
        return Err(malformed("no picture's address in data"));
    }
    Ok(ProofAnswer::Pictures(found))
}

fn addresses(value: &Value, found: &mut Vec<Picture>) {
    match value {
        Value::String(text) if text.starts_with("https://") || text.starts_with("http://") => found.push(Picture::Url(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| addresses(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| addresses(field, found)),
        _ => {}
    }
}
