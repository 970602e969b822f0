//! Yunda Express: two paths, JSON signed in a header. It tells of parcels that were subscribed before.

use super::{Answer, Asked, Desk, object, text, words};
use crate::accounts::Account;
use crate::books::Watched;
use crate::life::Step;
use crate::parcel::Scan;
use crate::service::Service;
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::{md5_hex, same_hex};
use serde_json::{Value, json};

const KEY: &str = "999001";
const SECRET: &str = "sim-yunda-secret";

pub(super) fn account(base: &str) -> Account {
    let settings = format!("app_key = \"{KEY}\"\napp_secret = {{ env = \"SIM_YUNDA_SECRET\" }}\nbase_url = \"{base}\"\n");
    Account::new(settings, &[("SIM_YUNDA_SECRET", SECRET)])
}

/// The flag comes as a number, too.
fn yes(desk: &Desk<'_>, data: Value) -> Answer {
    let result = if desk.other_shape { Value::from(1) } else { Value::Bool(true) };
    Answer::json(&json!({ "result": result, "code": "0", "message": "请求成功", "data": data }))
}

fn no(code: &str, message: &str) -> Answer {
    Answer::json(&json!({ "result": false, "code": code, "message": message }))
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    // Both are misspelt there.
    let subscribes = match asked.path {
        "/openapi/outer/logictis/query" => false,
        "/openapi/outer/logictis/subscribe" => true,
        _ => return Answer::nowhere(),
    };
    if asked.header("req-time").is_empty() {
        return no("SIM1", "req-time为空");
    }
    if asked.header("app-key") != KEY || !same_hex(&md5_hex(&[asked.body, "_", SECRET]), asked.header("sign")) {
        return no("SIM2", "验签失败");
    }
    let Some(body) = object(asked.body) else { return no("SIM3", "报文格式错误") };
    if subscribes {
        let orders = body["orders"].as_array().into_iter().flatten();
        let mut numbers = orders.map(|order| text(order, "mailno")).peekable();
        if numbers.peek().is_none() {
            return no("SIM3", "orders为空");
        }
        for number in numbers {
            if desk.world.with(Courier::Yunda, &number, |_, _| ()).is_none() {
                return no("SIM4", "运单号不存在");
            }
            desk.subscribe(Courier::Yunda, &number, "", "");
        }
        return yes(desk, Value::Null);
    }
    let number = text(&body, "mailno");
    let watched = Watched { service: Service::Yunda, courier: Courier::Yunda, number: number.to_ascii_uppercase() };
    if !desk.books.is_subscribed(&watched) {
        return yes(desk, json!({ "result": false, "mailno": number, "remark": "运单未订阅", "steps": [] }));
    }
    let scans = desk.scans(Courier::Yunda, &number).unwrap_or_default();
    let latest = scans.last().map_or("", |scan| status(scan.step));
    yes(
        desk,
        json!({
            "result": true, "time": local_time::format(desk.world.now()), "mailno": number, "remark": "", "status": latest,
            "steps": scans.iter().map(step).collect::<Vec<_>>(),
        }),
    )
}

fn status(step: Step) -> &'static str {
    match step {
        Step::Collected => "GOT",
        // Its list is known in part only.
        Step::Departed | Step::Arrived | Step::AtStation | Step::Redirected | Step::RelabelledOn => "TRANSIT",
        Step::OutForDelivery => "SENT",
        Step::Signed | Step::BackHome => "SIGNED",
        Step::Failed => "SIGNFAIL",
        Step::Refused => "REJECTION",
        Step::Damaged | Step::Held | Step::Misrouted | Step::Cancelled => "ISSUE",
        Step::Turned | Step::RelabelledBack => "RETURN",
    }
}

fn step(scan: &Scan) -> Value {
    json!({
        "time": local_time::format(scan.at), "status": status(scan.step), "action": "", "city": scan.city, "station": "310001",
        "station_name": scan.site, "station_type": 1, "description": words::told(scan), "signer": "",
    })
}
