//! From what YTO answers to what the port says. Pure: text in, value out.

use crate::codes;
use crate::wire::{Answer, Scan};
use parcelward_courier::json::{self, Text};
use parcelward_courier::{
    Accepted, CourierError, History, RefusalKind, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason, local_time,
};
use serde_json::Value;

/// Scans come as a bare list; without a scan, and with a refusal, an object comes.
pub(crate) fn tracked(query: &TrackingQuery, text: &str) -> Result<TrackingReport, CourierError> {
    let outcome = match json::read_value(text)? {
        Value::Array(scans) => Tracked::Known(history(query, scans)?),
        other => without_list(query, json::shaped(other, "answer")?)?,
    };
    Ok(TrackingReport::one(query, outcome))
}

fn without_list(query: &TrackingQuery, answer: Answer) -> Result<Tracked, CourierError> {
    if answer.code.as_str() == codes::NOTHING_FOUND {
        return Ok(Tracked::NotFound);
    }
    if !answer.success.is_some_and(|success| success.0) {
        return Err(no(&answer));
    }
    let Value::Object(map) = json::unwrapped(answer.map) else {
        return Err(malformed("neither scans nor a reason"));
    };
    let scans = map.into_iter().find(|(number, _)| number.eq_ignore_ascii_case(&query.number));
    scans.map_or(Ok(Tracked::NotMentioned), |(_, scans)| Ok(Tracked::Known(history(query, json::listed(scans))?)))
}

fn history(query: &TrackingQuery, scans: Vec<Value>) -> Result<History, CourierError> {
    let mut events = Vec::new();
    for (n, scan) in scans.into_iter().enumerate() {
        let scan: Scan = json::shaped(scan, &format!("[{n}]"))?;
        let other = scan.waybill_no.as_str();
        if !other.is_empty() && !other.eq_ignore_ascii_case(&query.number) {
            return Err(malformed(&format!("another parcel at [{n}]")));
        }
        let at = local_time::parse(scan.upload_time.as_str()).ok_or_else(|| malformed(&format!("no time at [{n}].upload_Time")))?;
        let status = codes::scan_status(scan.info_content.as_str());
        let mut event = TrackingEvent::new(at, scan.info_content.0, status, None);
        event.description = scan.process_info.given();
        event.place = place_of([scan.city, scan.district]);
        events.push(event);
    }
    Ok(History::new(events))
}

/// `杭州市 西湖区`.
pub(crate) fn place_of<const N: usize>(parts: [Text; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().filter_map(Text::given).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// An intercept, an address change or a withdrawal: taken where `statusCode` is 0, and nowhere else.
pub(crate) fn taken(text: &str) -> Result<Accepted, CourierError> {
    let answer: Answer = json::read(text)?;
    if answer.status_code.as_str() == codes::TAKEN { Ok(Accepted::default()) } else { Err(no(&answer)) }
}

pub(crate) fn subscribed(text: &str) -> Result<(), CourierError> {
    let answer: Answer = json::read(text)?;
    if answer.success.is_some_and(|success| success.0) { Ok(()) } else { Err(no(&answer)) }
}

/// A no: of the interface (`statusCode`), or of the gateway before it (`success`). An answer that has neither says nothing.
fn no(answer: &Answer) -> CourierError {
    match answer.status_code.as_str() {
        "" if answer.success.is_some_and(|success| !success.0) => {
            CourierError::refused(RefusalKind::Unrecognized, answer.code.as_str(), answer.message.as_str())
        }
        "" | codes::TAKEN => malformed("it says neither yes nor no"),
        code => CourierError::refused(RefusalKind::Unrecognized, code, answer.status_message.as_str()),
    }
}

fn malformed(what: &str) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}
