//! From what SF answers to what the port says. Pure: text in, value out.

use crate::codes::{self, Failure};
use crate::wire::{Gateway, Inner, Route, RouteAnswer, Routes, Wanted};
use parcelward_courier::json::{self, Text};
use parcelward_courier::{
    Accepted, CourierError, History, Money, RefusalKind, Tracked, TrackingEvent, TrackingQuery, TrackingReport, UnclearReason, local_time,
};
use serde_json::Value;

const ACCEPTED: &str = "A1000";

/// The payload of an answer. A1000 is the gateway's yes alone: business failures come within it, as both come within HTTP 200.
fn payload(text: &str) -> Result<Value, CourierError> {
    let gateway: Gateway = json::read(text)?;
    let code = gateway.api_result_code.as_str();
    if code != ACCEPTED {
        return Err(failed(codes::gateway(code), code, gateway.api_error_msg.as_str()));
    }
    let inner: Inner = json::shaped(json::unwrapped(gateway.api_result_data), "apiResultData")?;
    let code = inner.error_code.as_str();
    if inner.success.0 {
        let payload = [inner.msg_data, inner.obj, inner.data].into_iter().map(json::unwrapped).find(|value| !value.is_null());
        return Ok(payload.unwrap_or(Value::Null));
    }
    if code == "S0000" {
        return Err(malformed("apiResultData: S0000 without success".to_owned()));
    }
    let message = [inner.error_msg, inner.error_message, inner.message].into_iter().find_map(Text::given).unwrap_or_default();
    Err(failed(codes::inner(code), code, &message))
}

fn failed(failure: Failure, code: &str, message: &str) -> CourierError {
    match failure {
        Failure::Throttled => CourierError::throttled(format!("SF {code}"), None),
        Failure::Unclear => CourierError::unconfirmed(UnclearReason::CourierFailed, format!("SF {code}")),
        Failure::Refused(kind) => CourierError::refused(kind, code, message),
    }
}

fn malformed(what: String) -> CourierError {
    CourierError::unconfirmed(UnclearReason::Malformed, what)
}

/// A parcel whose answer cannot be read costs the others nothing: it counts as not mentioned, unless none can be read.
pub(crate) fn tracked(queries: &[TrackingQuery], text: &str) -> Result<TrackingReport, CourierError> {
    let payload = payload(text)?;
    if payload.is_null() {
        return Ok(TrackingReport::of(queries, []));
    }
    let routes: Routes = json::shaped(payload, "msgData")?;
    let (mut answers, mut unread) = (Vec::new(), None);
    for (n, answer) in json::listed(routes.route_resps).into_iter().enumerate() {
        match parcel(answer, &format!("routeResps[{n}]")) {
            Ok(answer) => answers.push(answer),
            Err(error) => unread = Some(error),
        }
    }
    match unread {
        Some(error) if answers.is_empty() => Err(error),
        _ => Ok(TrackingReport::of(queries, answers)),
    }
}

fn parcel(answer: Value, place: &str) -> Result<(String, Tracked), CourierError> {
    let answer: RouteAnswer = json::shaped(answer, place)?;
    let number = answer.mail_no.given().ok_or_else(|| malformed(format!("{place}.mailNo is missing")))?;
    let routes = json::listed(answer.routes);
    let reason = [answer.reason_code, answer.reason_remark].map(words);
    if routes.is_empty() && reason.iter().any(|words| !words.is_empty()) {
        // SF publishes no list of these: its words go to a person.
        let [code, remark] = reason;
        let refused = CourierError::refused(RefusalKind::Unrecognized, code, &remark);
        return match refused {
            CourierError::Refused(refusal) => Ok((number, Tracked::Refused(refusal))),
            other => Err(other),
        };
    }
    let events: Result<Vec<TrackingEvent>, CourierError> = routes
        .into_iter()
        .enumerate()
        .map(|(n, route)| {
            let place = format!("{place}.routes[{n}]");
            event(json::shaped(route, &place)?, &number).map_err(|what| malformed(format!("{what} at {place}")))
        })
        .collect();
    // Without a reason an empty list says neither that SF knows the number nor that it does not: known, without a scan, moves nothing.
    Ok((number, Tracked::Known(History::new(events?))))
}

/// A list of texts as one.
fn words(list: Value) -> String {
    let texts = json::listed(list).into_iter().filter_map(|value| serde_json::from_value::<Text>(value).ok()?.given());
    texts.collect::<Vec<_>>().join(" ")
}

/// A scan, asked for or pushed. The error says what is missing, without values.
pub(crate) fn event(route: Route, number: &str) -> Result<TrackingEvent, &'static str> {
    let at = local_time::parse(route.accept_time.as_str()).ok_or("no time (acceptTime)")?;
    let (code, remark) = (route.op_code.given().unwrap_or_default(), route.remark.given());
    let words = remark.as_deref().unwrap_or_default();
    let (status, reason) = codes::scan(&code, words, route.secondary_status_code.as_str().trim());
    let new_number = codes::new_number(&code, words, number);
    let mut event = TrackingEvent::new(at, code, status, reason);
    event.new_number = new_number;
    event.place = route.accept_address.given();
    event.description = match (remark, route.reason_name.given()) {
        (Some(remark), Some(why)) if !remark.contains(&why) => Some(format!("{remark} ({why})")),
        (remark, why) => remark.or(why),
    };
    Ok(event)
}

/// An answer whose payload says nothing that matters.
pub(crate) fn taken(text: &str) -> Result<(), CourierError> {
    payload(text).map(|_| ())
}

/// An instruction was taken; the parcel is not stopped yet. Without a payload it is as good.
pub(crate) fn wanted(text: &str) -> Result<Accepted, CourierError> {
    let payload = payload(text)?;
    if !payload.is_object() {
        return Ok(Accepted::default());
    }
    let wanted: Wanted = json::shaped(payload, "msgData")?;
    let fee = wanted.amount.given().and_then(|amount| Money::parse(&amount).ok());
    Ok(Accepted { fee, ..Accepted::with(wanted.cus_id.given()) })
}
