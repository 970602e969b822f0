//! From what Kuaidi100 answers to what the port says. Pure: text in, value out.

use crate::codes::{self, Failure};
use crate::wire::{Answer, Scan, Subscribed, Taken};
use parcelward_courier::{
    Accepted, CourierError, History, RefusalKind, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason, json, local_time,
};

fn failed(failure: Failure, code: &str, message: &str) -> CourierError {
    match failure {
        Failure::Unclear => CourierError::unconfirmed(UnclearReason::CourierFailed, format!("Kuaidi100 {code}")),
        Failure::Refused(kind) | Failure::ThisParcel(kind) => CourierError::refused(kind, code, message),
        Failure::NotFound => CourierError::refused(RefusalKind::Input, code, message),
    }
}

fn malformed(what: String) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}

/// What a question's answer says.
pub(crate) fn tracked(query: &TrackingQuery, text: &str) -> Result<TrackingReport, CourierError> {
    let answer: Answer = json::read(text)?;
    let (code, message) = (answer.return_code.as_str().to_owned(), answer.message.as_str().to_owned());
    if answer.result.is_some_and(|result| !result.0) || (answer.data.is_none() && !code.is_empty() && code != "200") {
        return failure(query, &code, &message);
    }
    // Only the number: Kuaidi100 has several names for some couriers, and may answer under another than it was asked.
    let number = answer.nu.as_str().trim();
    if !number.is_empty() && !number.eq_ignore_ascii_case(&query.number) {
        return Err(malformed("another parcel at nu".to_owned()));
    }
    Ok(TrackingReport::one(query, Tracked::Known(history(answer)?)))
}

fn failure(query: &TrackingQuery, code: &str, message: &str) -> Result<TrackingReport, CourierError> {
    // "快递公司参数异常:验证码错误": the phone does not match, whatever the code.
    let failure = if message.contains("验证码错误") { Failure::ThisParcel(RefusalKind::Input) } else { codes::query(code) };
    let outcome = match (failure, failed(failure, code, message)) {
        (Failure::NotFound, _) => Tracked::NotFound,
        (Failure::ThisParcel(_), CourierError::Refused(refusal)) => Tracked::Refused(refusal),
        (_, error) => return Err(error),
    };
    Ok(TrackingReport::one(query, outcome))
}

/// A history, newest first. Where scans come without a code the state of the whole says what the newest is.
pub(crate) fn history(answer: Answer) -> Result<History, CourierError> {
    let state = answer.state.given().unwrap_or_default();
    let scans = json::listed(answer.data.ok_or_else(|| malformed("data is missing".to_owned()))?);
    let mut events = Vec::with_capacity(scans.len());
    for (n, scan) in scans.into_iter().enumerate() {
        events.push(event(json::shaped(scan, &format!("data[{n}]"))?).ok_or_else(|| malformed(format!("no time at data[{n}].ftime")))?);
    }
    if events.iter().all(|event| event.code.is_empty())
        && let Some(newest) = newest(&mut events)
    {
        // Its code stays empty: the state is the whole's, and a scan must keep its key when a newer one comes.
        (newest.status, newest.reason) = codes::state(&state);
    }
    Ok(History::new(events))
}

/// The newest of a list that is told newest first, or oldest first.
fn newest(events: &mut [TrackingEvent]) -> Option<&mut TrackingEvent> {
    let ascending = matches!((events.first(), events.last()), (Some(first), Some(last)) if first.at < last.at);
    if ascending { events.last_mut() } else { events.first_mut() }
}

fn event(scan: Scan) -> Option<TrackingEvent> {
    let at = local_time::parse(scan.ftime.as_str()).or_else(|| local_time::parse(scan.time.as_str()))?;
    let word = scan.status.given();
    let code = scan.status_code.given().or_else(|| word.clone()).unwrap_or_default();
    let (status, reason) = codes::state(&code);
    let mut event = TrackingEvent::new(at, code, status, reason);
    event.place = scan.location.given().or_else(|| scan.area_name.given());
    event.description = scan.context.given().or(word);
    Some(event)
}

pub(crate) fn subscribed(text: &str) -> Result<(), CourierError> {
    let answer: Subscribed = json::read(text)?;
    let code = answer.return_code.as_str();
    match (answer.result.0, code) {
        (true, "200" | "") => Ok(()),
        _ => codes::subscription(code).map_or(Ok(()), |failure| Err(failed(failure, code, answer.message.as_str()))),
    }
}

/// An intercept was taken; whether it works comes by callback and in the scans.
pub(crate) fn taken(text: &str) -> Result<Accepted, CourierError> {
    let answer: Taken = json::read(text)?;
    match answer.code.as_str() {
        "200" => Ok(Accepted::default()),
        "" => Err(malformed("code is empty".to_owned())),
        code => Err(failed(codes::intercept(code), code, answer.message.as_str())),
    }
}
