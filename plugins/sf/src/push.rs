//! What SF pushes: scans, ten at most, not signed; and, where it is switched on, the state of pickup orders, which are of no use here.
//! Pure.

use crate::adapter::Sf;
use crate::responses;
use crate::wire::{Push, Route};
use parcelward_courier::signing::md5_hex;
use parcelward_courier::{
    Acknowledgement, Courier, PushIn, PushProblem, PushReceipt, PushRequest, Pushed, PushedItem, Verification, Waybill, json,
};

impl PushIn for Sf {
    fn verification(&self) -> Verification {
        Verification::Unsigned
    }

    fn receive(&self, push: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
        read(&push.text()?)
    }

    fn decline(&self, _: &PushProblem) -> Acknowledgement {
        Acknowledgement::json(r#"{"return_code":"1000","return_msg":"系统异常"}"#)
    }
}

fn read(text: &str) -> Result<PushReceipt, PushProblem> {
    let push: Push = json::from_text(text).map_err(PushProblem::Malformed)?;
    if let Some(body) = push.body {
        let routes = json::listed(body.waybill_route).into_iter().enumerate();
        let items: Result<Vec<PushedItem>, PushProblem> = routes.map(|(n, route)| item(route, n)).collect();
        return Ok(PushReceipt { items: items?, acknowledge: Acknowledgement::json(r#"{"return_code":"0000","return_msg":"成功"}"#) });
    }
    if push.order_state.is_some() {
        let items = vec![PushedItem { key: md5_hex(&["PushOrderState", text]), tells: Pushed::Other("PushOrderState".to_owned()) }];
        return Ok(PushReceipt { items, acknowledge: Acknowledgement::json(r#"{"success":"true","code":"0","msg":""}"#) });
    }
    Err(PushProblem::Malformed("neither Body nor orderState".to_owned()))
}

/// SF's own `id` of the scan is left out: the answer to a question does not have it, and one scan must have one key whichever way it came.
fn item(route: serde_json::Value, n: usize) -> Result<PushedItem, PushProblem> {
    let place = format!("Body.WaybillRoute[{n}]");
    let wrong = |what: &str| PushProblem::Malformed(format!("{what} at {place}"));
    let mut route: Route = json::shaped(route, &place).map_err(|error| PushProblem::Malformed(error.to_string()))?;
    let number = std::mem::take(&mut route.mailno).given().ok_or_else(|| wrong("mailno is missing"))?;
    let event = responses::event(route, &number).map_err(wrong)?;
    Ok(PushedItem::scan(Waybill { courier: Courier::Sf, number }, event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_courier::{TrackingQuery, TrackingStatus};

    #[test]
    fn pushed_scans_have_the_keys_of_asked_ones() {
        let receipt = read(include_str!("../fixtures/push.json")).unwrap();
        assert_eq!(receipt.acknowledge.body, r#"{"return_code":"0000","return_msg":"成功"}"#);
        let keys: Vec<&str> = receipt.items.iter().map(|item| item.key.as_str()).collect();
        let query = TrackingQuery::number("SF1234567890123");
        let asked = responses::tracked(&[query], include_str!("../fixtures/track_ordinary.json")).unwrap();
        let parcelward_courier::Tracked::Known(history) = &asked.parcels()[0].outcome else { panic!() };
        let waybill = Waybill { courier: Courier::Sf, number: "SF1234567890123".into() };
        assert_eq!(keys, [history.events()[0].key(&waybill), history.events()[4].key(&waybill)]);
        assert!(matches!(&receipt.items[1].tells, Pushed::Scan(w, e) if *w == waybill && e.status == TrackingStatus::Delivered));
    }

    #[test]
    fn a_push_is_whole_or_not_taken() {
        let receipt = read(r#"{"orderState":[{"waybillNo":"SF1234567890123","orderStateCode":"04-40003"}]}"#).unwrap();
        assert_eq!(receipt.items[0].tells, Pushed::Other("PushOrderState".into()));
        assert_eq!(receipt.acknowledge.body, r#"{"success":"true","code":"0","msg":""}"#);
        let text = include_str!("../fixtures/push.json");
        for bad in ["{}", "[]", "<Request/>", r#"{"Body":{}}"#, &text.replace("2026-03-12 10:30:00", "soon"), &text.replace("mailno", "no")]
        {
            let problem = read(bad).unwrap_err();
            assert!(matches!(problem, PushProblem::Malformed(_)), "{bad}");
        }
        for end in (0..text.len() - 2).filter(|end| text.is_char_boundary(*end)) {
            assert!(read(&text[..end]).is_err(), "cut at {end}");
        }
    }
}
