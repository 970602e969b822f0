//! JD Logistics, LOP: `/ecap/v1/orders/…`, a list of arguments in JSON, signed in the query.

use super::{Answer, Asked, Desk, missing, text, words};
use crate::accounts::Account;
use crate::life::Step;
use crate::parcel::{Scan, Way};
use crate::world::{TurnTerms, Why};
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::jd::{JdAlgorithm, JdSigned};
use parcelward_courier::signing::{jd_sign, same, same_hex};
use serde_json::{Value, json};

const KEY: &str = "simappkey0000000000000000000000a";
const SECRET: &str = "simappsecret0000000000000000000a";
const TOKEN: &str = "simaccesstoken000000000000000000";
const CUSTOMER: &str = "010K000001";
const TERMS: TurnTerms = TurnTerms { until_dispatch: false, refuses_again: false, reissues: true, cancels_before: true };

pub(super) fn account(base: &str) -> Account {
    let settings = format!(
        "app_key = \"{KEY}\"\napp_secret = {{ env = \"SIM_JD_SECRET\" }}\naccess_token = {{ env = \"SIM_JD_TOKEN\" }}\nbase_url = \"{base}\"\n\
         order_origin = \"b2c\"\ncustomer_code = \"{CUSTOMER}\"\n"
    );
    Account::new(settings, &[("SIM_JD_SECRET", SECRET), ("SIM_JD_TOKEN", TOKEN)])
}

fn closed(code: &str, zh: &str, en: &str) -> Answer {
    Answer::json(&json!({ "error_response": { "code": code, "zh_desc": zh, "en_desc": en } }))
}

/// The number comes as text, too.
fn yes(desk: &Desk<'_>, data: Value) -> Answer {
    let code = if desk.other_shape { Value::from("0") } else { Value::from(0) };
    Answer::json(&json!({ "code": code, "msg": "success", "data": data }))
}

fn no(code: u32, message: &str) -> Answer {
    Answer::json(&json!({ "code": code, "msg": message, "data": null }))
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    let query = asked.query();
    let needed = ["LOP-DN", "app_key", "access_token", "timestamp", "v", "algorithm", "sign"];
    if needed.iter().any(|field| query.get(field).is_empty()) {
        return closed("SIM1", "缺少系统参数", "missing parameter");
    }
    let algorithm = match query.get("algorithm") {
        "md5-salt" => JdAlgorithm::Md5Salt,
        "HMacMD5" => JdAlgorithm::HmacMd5,
        "HMacSHA1" => JdAlgorithm::HmacSha1,
        "HMacSHA256" => JdAlgorithm::HmacSha256,
        "HMacSHA512" => JdAlgorithm::HmacSha512,
        _ => return closed("SIM2", "不支持的签名算法", "unknown algorithm"),
    };
    let signed = JdSigned {
        secret: SECRET,
        token: TOKEN,
        key: KEY,
        path: asked.path,
        body: asked.body,
        timestamp: query.get("timestamp"),
        version: query.get("v"),
    };
    let (expected, given) = (jd_sign(algorithm, &signed), query.get("sign"));
    let right = if algorithm == JdAlgorithm::Md5Salt { same_hex(&expected, given) } else { same(&expected, given) };
    if query.get("app_key") != KEY || query.get("access_token") != TOKEN || !right {
        return closed("SIM3", "签名错误", "invalid sign");
    }
    let arguments: Value = serde_json::from_str(asked.body).unwrap_or_default();
    let Some(argument) = arguments.as_array().and_then(|list| list.first()).filter(|argument| argument.is_object()) else {
        return closed("62", "请求参数反序列化失败", "body is no list of arguments");
    };
    if query.get("LOP-DN") != "ECAP" {
        return closed("SIM4", "未订阅该解决方案", "solution not subscribed");
    }
    let origin = text(argument, "orderOrigin");
    if matches!(origin.as_str(), "1" | "2") && text(argument, "customerCode") != CUSTOMER {
        return no(2001, "无权限");
    }
    if missing(argument, &["waybillCode", "orderOrigin"]).is_some() {
        return no(2101, "参数错误");
    }
    let number = text(argument, "waybillCode");
    match asked.path {
        "/ecap/v1/orders/trace/query" => trace(desk, &number),
        "/ecap/v1/orders/cancel" => cancel(desk, argument, &number, &origin),
        "/ecap/v1/orders/signature/query" => signature(desk, &number),
        _ => closed("SIM5", "接口不存在", "no such method"),
    }
}

fn trace(desk: &Desk<'_>, number: &str) -> Answer {
    let Some(scans) = desk.scans(Courier::Jd, number) else { return no(2100, "运单不存在") };
    let detail = |scan: &Scan| {
        let (state, category, name) = code(scan.step);
        if desk.other_shape {
            // Another spelling that is met.
            return json!({
                "waybillCode": number, "operateTime": local_time::format(scan.at), "operateRemark": words::told(scan), "category": category,
                "categoryName": name, "operateState": state, "operateSite": scan.site,
            });
        }
        json!({
            "waybillCode": number, "operationTime": local_time::format(scan.at), "operationTitle": name, "operationRemark": words::told(scan),
            "category": category, "categoryName": name, "state": state, "operateSite": scan.site,
        })
    };
    yes(desk, json!({ "traceDetails": scans.iter().map(detail).collect::<Vec<_>>() }))
}

/// A node's `state`, its `category`, and the latter's name.
fn code(step: Step) -> (&'static str, u16, &'static str) {
    match step {
        Step::Collected => ("200001", 420, "已揽收"),
        Step::Departed => ("10054", 430, "运输中"),
        Step::Arrived => ("10032", 430, "运输中"),
        Step::OutForDelivery => ("11000", 440, "派送中"),
        Step::AtStation => ("200051", 440, "派送中"),
        Step::Signed => ("10034", 510, "已妥投"),
        Step::Failed => ("200003", 440, "再投"),
        Step::Refused => ("10035", 530, "已拒收"),
        Step::Damaged | Step::Held | Step::Misrouted => ("", 403, "管控"),
        Step::Turned | Step::Redirected => ("200060", 480, "已拦截"),
        Step::RelabelledBack | Step::RelabelledOn => ("200020", 480, "换单打印"),
        Step::BackHome => ("200054", 510, "退回完成"),
        Step::Cancelled => ("200010", 690, "已取消"),
    }
}

/// Before it is collected the order is cancelled, after that the parcel intercepted: JD decides, and its answer does not say which.
fn cancel(desk: &Desk<'_>, argument: &Value, number: &str, origin: &str) -> Answer {
    let reason = text(argument, "cancelReason").chars().count();
    let kind = text(argument, "cancelType");
    let fits = (origin == "0" && kind == "0") || (origin != "0" && kind == "1");
    if !(1..=30).contains(&reason) || !matches!(text(argument, "cancelReasonCode").as_str(), "1" | "2") || !fits {
        return no(2101, "参数错误");
    }
    let taken = desk.request(Courier::Jd, number, "intercept", "", || desk.world.turn(Courier::Jd, number, Way::Back, "", TERMS));
    match taken {
        Ok(_) => yes(desk, json!({})),
        Err(Why::NoSuchParcel) => no(2100, "运单不存在"),
        Err(Why::NotCollected) => no(9001, "运单未揽收"),
        Err(Why::Ended) => no(9002, "运单已妥投"),
        Err(Why::Dispatched) => no(9003, "运单派送中"),
        Err(Why::TurnedAlready) => no(9004, "运单已拦截"),
        Err(Why::AskedBefore) => no(9005, "重复取消"),
        Err(Why::NothingToCancel | Why::TooLateToCancel | Why::AskedByAnother) => no(9006, "无可取消"),
    }
}

/// There once it was delivered.
fn signature(desk: &Desk<'_>, number: &str) -> Answer {
    let signed = desk.world.with(Courier::Jd, number, |parcel, now| parcel.past(now).iter().any(|scan| scan.step == Step::Signed));
    match signed {
        None => no(2100, "运单不存在"),
        Some(false) => yes(desk, Value::Null),
        Some(true) => yes(desk, json!({ "signatureUrl": format!("{}/signature/{number}.png", desk.base) })),
    }
}
