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

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_courier::TrackingStatus as T;

    const OWN: &str = "SF1234567890123";

    fn ask(text: &str) -> Result<TrackingReport, CourierError> {
        tracked(&[TrackingQuery::number(OWN), TrackingQuery::number("SF1234567890199")], text)
    }

    fn outcomes(text: &str) -> Vec<Tracked> {
        ask(text).unwrap().into_parcels().into_iter().map(|parcel| parcel.outcome).collect()
    }

    fn statuses(outcome: &Tracked) -> Vec<T> {
        match outcome {
            Tracked::Known(history) => history.events().iter().map(|event| event.status).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ordinary() {
        let outcomes = outcomes(include_str!("../fixtures/track_ordinary.json"));
        assert_eq!(statuses(&outcomes[0]), [T::Collected, T::InTransit, T::Arrived, T::OutForDelivery, T::Delivered]);
        assert_eq!(statuses(&outcomes[1]), [T::Collected]);
        let Tracked::Known(history) = &outcomes[0] else { panic!() };
        let last = history.latest().unwrap();
        assert_eq!((last.at.to_string().as_str(), last.code.as_str()), ("2026-03-12T10:30:00+08:00", "80"));
        assert_eq!(last.place.as_deref(), Some("深圳市"));
    }

    #[test]
    fn out_of_order_and_twice() {
        let outcomes = outcomes(include_str!("../fixtures/track_out_of_order.json"));
        assert_eq!(statuses(&outcomes[0]), [T::Collected, T::InTransit, T::Delivered]);
    }

    #[test]
    fn unknown_code_keeps_its_text() {
        let outcomes = outcomes(include_str!("../fixtures/track_unknown_code.json"));
        let Tracked::Known(history) = &outcomes[0] else { panic!() };
        let event = history.latest().unwrap();
        assert_eq!((event.status, event.code.as_str(), event.description.as_deref()), (T::Unrecognized, "9999", Some("新的操作")));
    }

    #[test]
    fn a_new_number_is_reported() {
        let outcomes = outcomes(include_str!("../fixtures/track_new_number.json"));
        let Tracked::Known(history) = &outcomes[0] else { panic!() };
        let event = history.latest().unwrap();
        assert_eq!((event.status, event.new_number.as_deref()), (T::Returning, Some("SF1234567890124")));
    }

    #[test]
    fn empty_refused_and_not_mentioned_are_three_things() {
        let outcomes = outcomes(include_str!("../fixtures/track_partial.json"));
        assert_eq!(statuses(&outcomes[0]), [T::Collected]);
        assert_eq!(outcomes[1], Tracked::NotMentioned);
        let outcomes = self::outcomes(include_str!("../fixtures/track_empty.json"));
        assert_eq!(outcomes[0], Tracked::Known(History::default()));
        assert!(matches!(&outcomes[1], Tracked::Refused(r) if r.code == "2" && r.text == "手机号校验失败"), "{outcomes:?}");
    }

    #[test]
    fn one_bad_parcel_costs_the_others_nothing() {
        let outcomes = outcomes(include_str!("../fixtures/track_bad_time.json"));
        assert_eq!((&outcomes[0], statuses(&outcomes[1])), (&Tracked::NotMentioned, vec![T::Collected]));
        let alone = r#"{"apiResultCode":"A1000","apiResultData":"{\"success\":true,\"msgData\":{\"routeResps\":[{\"mailNo\":\"SF1234567890123\",\"routes\":[{\"opCode\":\"50\",\"acceptTime\":\"13800000000\"}]}]}}"}"#;
        let error = ask(alone).unwrap_err();
        assert!(error.is_unconfirmed() && error.to_string().contains("routeResps[0].routes[0]"), "{error}");
        assert!(!error.to_string().contains("138"), "{error}");
    }

    #[test]
    fn gateway_and_business_failures_within_http_200() {
        let error = |text: &str| ask(text).unwrap_err();
        assert!(
            matches!(error(include_str!("../fixtures/gateway_digest.json")), CourierError::Refused(r) if r.kind == RefusalKind::Account && r.code == "A1006")
        );
        assert!(matches!(error(include_str!("../fixtures/throttled.json")), CourierError::NotSent { .. }));
        assert!(matches!(error(include_str!("../fixtures/business_failure.json")), CourierError::Refused(r) if r.code == "6150"));
        assert!(matches!(error(include_str!("../fixtures/business_sf_side.json")), CourierError::Unconfirmed { .. }));
        for text in [include_str!("../fixtures/page.html"), include_str!("../fixtures/truncated.json"), "", "null", "[]", "{}"] {
            assert!(error(text).is_unconfirmed(), "{text}");
        }
        let odd = r#"{"apiResultCode":"A1000","apiResultData":{"success":false,"errorCode":"S0000"}}"#;
        assert!(error(odd).is_unconfirmed());
    }

    #[test]
    fn an_intercept_is_taken_with_and_without_a_payload() {
        assert_eq!(wanted(include_str!("../fixtures/intercept_accepted.json")).unwrap(), Accepted::default());
        let paid = wanted(include_str!("../fixtures/intercept_fee.json")).unwrap();
        assert_eq!((paid.reference.as_deref(), paid.fee.map(|fee| fee.to_string()).as_deref()), (Some("CUS0000000001"), Some("12.50")));
        let refused = wanted(include_str!("../fixtures/intercept_refused.json")).unwrap_err();
        assert_eq!(refused.to_string(), "refused: 运单已签收，不能拦截 (20012)");
    }

    #[test]
    fn no_cut_of_an_answer_panics() {
        let text = include_str!("../fixtures/track_ordinary.json");
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let cut = &text[..end];
            assert!(ask(cut).is_err() || end + 1 >= text.len(), "cut at {end}");
            let _ = wanted(cut);
        }
    }
}
