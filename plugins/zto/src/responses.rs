//! From what ZTO answers to what the port says. Pure: text in, value out.

use crate::codes::{self, Failure};
use crate::wire::{Envelope, IncidentCreated, IncidentState, InterceptStatus, Intercepted, Scan};
use parcelward_courier::json::{self, Text};
use parcelward_courier::{
    Accepted, ClaimProgress, CourierError, CourierReply, History, Looked, Progress, RequestState, Tracked, TrackingEvent, TrackingQuery,
    TrackingReport, UnclearReason, local_time,
};
use serde_json::Value;

/// The payload of an answer, or why there is none. Business failures come within HTTP 200, as do the gateway's.
fn payload(text: &str) -> Result<Value, No> {
    let envelope: Envelope = json::read(text).map_err(No::Error)?;
    if envelope.status.0 {
        let payload = if envelope.data.is_null() { envelope.result } else { envelope.data };
        return Ok(json::unwrapped(payload));
    }
    let (code, message) = (envelope.status_code.as_str(), envelope.message.as_str());
    Err(match codes::failure(code) {
        Failure::Throttled => No::Error(CourierError::throttled(format!("ZTO {code}"), None)),
        Failure::Unclear => No::Error(CourierError::unconfirmed(UnclearReason::CourierFailed, format!("ZTO {code}"))),
        Failure::Refused(kind) => No::Error(CourierError::refused(kind, code, message)),
        Failure::NotFound => No::NotFound(CourierError::refused(parcelward_courier::RefusalKind::Input, code, message)),
    })
}

enum No {
    Error(CourierError),
    /// ZTO knows no such number; as an error of anything but tracking, a refusal.
    NotFound(CourierError),
}

fn accepted_payload(text: &str) -> Result<Value, CourierError> {
    payload(text).map_err(|no| match no {
        No::Error(error) | No::NotFound(error) => error,
    })
}

pub(crate) fn tracked(query: &TrackingQuery, text: &str) -> Result<TrackingReport, CourierError> {
    let outcome = match payload(text) {
        Ok(scans) => Tracked::Known(history(query, scans)?),
        Err(No::NotFound(_)) => Tracked::NotFound,
        // Of one parcel, not of the account: not bound, phone wanted or wrong. A refusal of the account stays an error.
        Err(No::Error(CourierError::Refused(refusal))) if refusal.code.starts_with('E') => Tracked::Refused(refusal),
        Err(No::Error(error)) => return Err(error),
    };
    Ok(TrackingReport::one(query, outcome))
}

fn history(query: &TrackingQuery, scans: Value) -> Result<History, CourierError> {
    let mut events = Vec::new();
    for (n, scan) in json::listed(scans).into_iter().enumerate() {
        let place = format!("result[{n}]");
        let scan: Scan = json::shaped(scan, &place)?;
        let other = scan.bill_code.as_str();
        if !other.is_empty() && !other.eq_ignore_ascii_case(&query.number) {
            return Err(CourierError::unconfirmed(UnclearReason::Malformed, format!("another parcel at {place}")));
        }
        let at = local_time::parse(scan.scan_date.as_str())
            .ok_or_else(|| CourierError::unconfirmed(UnclearReason::Malformed, format!("no time at {place}.scanDate")))?;
        let (status, reason) = codes::scan_type(scan.scan_type.as_str());
        let mut event = TrackingEvent::new(at, scan.scan_type.0, status, reason);
        event.description = scan.desc.given();
        event.place = scan.scan_site.and_then(|site| place_of(site.city, site.name));
        events.push(event);
    }
    Ok(History::new(events))
}

/// `杭州市 杭州转运中心`.
pub(crate) fn place_of(city: Text, name: Text) -> Option<String> {
    match (city.given(), name.given()) {
        (Some(city), Some(name)) => Some(format!("{city} {name}")),
        (one, other) => one.or(other),
    }
}

/// An answer whose payload says nothing that matters.
pub(crate) fn taken(text: &str) -> Result<Accepted, CourierError> {
    accepted_payload(text).map(|_| Accepted::default())
}

pub(crate) fn intercept_taken(text: &str) -> Result<Accepted, CourierError> {
    let payload = accepted_payload(text)?;
    if payload.is_null() {
        return Ok(Accepted::default());
    }
    let taken: Intercepted = json::shaped(payload, "data")?;
    Ok(Accepted::with(taken.center_biz_no.given()))
}

pub(crate) fn incident_taken(text: &str) -> Result<Accepted, CourierError> {
    let payload = accepted_payload(text)?;
    if payload.is_null() {
        return Ok(Accepted::default());
    }
    let taken: IncidentCreated = json::shaped(payload, "result")?;
    Ok(Accepted::with(taken.biz_no.given()))
}

pub(crate) fn intercept_state(text: &str) -> Result<Looked, CourierError> {
    let payload = match json::listed(accepted_payload(text)?) {
        mut list if !list.is_empty() => list.swap_remove(0),
        _ => return Ok(Looked::NotSeen),
    };
    let state: InterceptStatus = json::shaped(payload, "data")?;
    let Some(code) = state.status.given() else { return Ok(Looked::NotSeen) };
    let progress = codes::intercept_progress(&code);
    Ok(Looked::Seen(RequestState { progress, code, text: state.status_name.given(), reference: None }))
}

/// The intercept's state read as that of its withdrawal: it shows only once it has worked.
pub(crate) fn as_withdrawal(intercept: Looked) -> Looked {
    match intercept {
        Looked::Seen(state) if state.progress == Progress::Cancelled => {
            Looked::Seen(RequestState { progress: Progress::Succeeded, ..state })
        }
        Looked::Seen(state) if state.progress == Progress::Unrecognized => Looked::Seen(state),
        _ => Looked::NotSeen,
    }
}

pub(crate) fn incident_state(text: &str) -> Result<ClaimProgress, CourierError> {
    let mut list = json::listed(accepted_payload(text)?);
    if list.is_empty() {
        return Err(CourierError::refused(parcelward_courier::RefusalKind::Unrecognized, "", "no such work order"));
    }
    let state: IncidentState = json::shaped(list.swap_remove(0), "result")?;
    let (status, message) = (state.incident_status, state.incident_message);
    let known = [&status, &message].into_iter().find(|word| codes::incident_progress(word.as_str()) != Progress::Unrecognized);
    let code = known.unwrap_or(&status).clone();
    let replies = state
        .handle_records
        .unwrap_or_default()
        .into_iter()
        .filter_map(|r| Some(CourierReply { at: local_time::parse(r.handle_time.as_str()), text: r.reply.given()? }));
    let mut replies: Vec<CourierReply> = replies.collect();
    replies.sort_by_key(|reply| reply.at);
    Ok(ClaimProgress {
        state: RequestState {
            progress: codes::incident_progress(code.as_str()),
            text: message.given().filter(|text| *text != code.0),
            code: code.0,
            reference: state.biz_no.given(),
        },
        replies,
    })
}
