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
        let routes = json::listed(body.waybill_route);
        if routes.is_empty() {
            return Err(PushProblem::Malformed("Body.WaybillRoute is empty".to_owned()));
        }
        let routes = routes.into_iter().enumerate();
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
    use parcelward_courier::{Tracked, TrackingQuery};

    #[test]
    fn a_pushed_scan_has_the_key_of_the_same_scan_asked_for() {
        let scan =
            r#"{"id":"158918741444476","mailno":"SF1234567890123","acceptTime":"2026-03-10 18:00:00","remark":"已收取","opCode":"50"}"#;
        let pushed = read(&format!(r#"{{"Body":{{"WaybillRoute":[{scan}]}}}}"#)).unwrap();
        let answer = format!(
            r#"{{"apiResultCode":"A1000","apiResultData":{{"success":true,"msgData":{{"routeResps":[{{"mailNo":"SF1234567890123","routes":[{scan}]}}]}}}}}}"#
        );
        let asked = responses::tracked(&[TrackingQuery::number("SF1234567890123")], &answer).unwrap();
        let Tracked::Known(history) = &asked.parcels()[0].outcome else { panic!() };
        let waybill = Waybill { courier: Courier::Sf, number: "SF1234567890123".into() };
        assert_eq!(pushed.items[0].key, history.events()[0].key(&waybill));
    }
}
