//! STO Express: `/gateway/link.do`, a form with the signed content in it; the gateway's own no comes in XML.

use super::{Answer, Asked, Desk, News, Push, missing, object, text, words};
use crate::accounts::Account;
use crate::life::Step;
use crate::parcel::{Scan, Way};
use crate::world::{TurnTerms, Why};
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::{md5_base64, same};
use serde_json::{Map, Value, json};

const KEY: &str = "SIMSTOKEY";
const SECRET: &str = "sim-sto-secret";
const TERMS: TurnTerms = TurnTerms { until_dispatch: false, refuses_again: false, reissues: false, cancels_before: false };

pub(super) fn account(base: &str) -> Account {
    let settings = format!("app_key = \"{KEY}\"\nsecret = {{ env = \"SIM_STO_SECRET\" }}\ngateway_url = \"{base}/gateway/link.do\"\n");
    Account::new(settings, &[("SIM_STO_SECRET", SECRET)])
}

fn closed(code: &str, message: &str) -> Answer {
    let xml = format!("<response><success>false</success><errorCode>{code}</errorCode><errorMsg>{message}</errorMsg></response>");
    Answer::text(200, "text/xml;charset=UTF-8", xml)
}

/// The flag comes as text, too.
fn yes(desk: &Desk<'_>, data: Value) -> Answer {
    let success = if desk.other_shape { Value::Bool(true) } else { "true".into() };
    Answer::json(&json!({ "success": success, "errorCode": "", "errorMsg": "", "data": data }))
}

fn no(code: &str, message: &str) -> Answer {
    Answer::json(&json!({ "success": false, "errorCode": code, "errorMsg": message, "data": null }))
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    if asked.path != "/gateway/link.do" {
        return Answer::nowhere();
    }
    let form = asked.form();
    let needed = ["content", "data_digest", "api_name", "from_appkey", "from_code", "to_appkey", "to_code"];
    if needed.iter().any(|field| form.get(field).is_empty()) {
        return closed("SIM1", "缺少参数");
    }
    if form.get("from_appkey") != KEY || !same(&md5_base64(&[form.get("content"), SECRET]), form.get("data_digest")) {
        return closed("SIM2", "签名验证失败");
    }
    let Some(content) = object(form.get("content")) else { return no("SIM3", "content不是JSON") };
    match (form.get("api_name"), form.get("to_appkey"), form.get("to_code")) {
        ("STO_TRACE_QUERY_COMMON", "sto_trace_query", "sto_trace_query") => track(desk, &content),
        ("STO_TRACE_PLATFORM_SUBSCRIBE", "sto_trace_platform", "sto_trace_platform") => subscribe(desk, &content),
        ("INTERCEPT_CREATE_STANDARD", "reverse-center", "reverse-center") => intercept(desk, &content),
        ("INTERCEPT_DEL_STANDARD", "reverse-center", "reverse-center") => cancel(desk, &content),
        _ => closed("SIM4", "接口不存在或无权限"),
    }
}

/// A map by waybill. A number that is not known is left out.
fn track(desk: &Desk<'_>, content: &Value) -> Answer {
    let numbers: Vec<&str> = content["waybillNoList"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let descending = text(content, "order") == "desc";
    let mut parcels = Map::new();
    for number in numbers {
        let Some(mut scans) = desk.scans(Courier::Sto, number) else { continue };
        if descending {
            scans.reverse();
        }
        parcels.insert(number.to_owned(), scans.iter().map(|one| scan(number, one)).collect());
    }
    yes(desk, Value::Object(parcels))
}

fn scan(number: &str, scan: &Scan) -> Value {
    json!({
        "waybillNo": number, "opOrgName": scan.site, "opOrgCode": "310001", "opOrgCityName": scan.city, "opOrgProvinceName": "",
        "opTime": local_time::format(scan.at), "scanType": scan_type(scan.step), "memo": words::told(scan), "issueName": issue(scan.step),
        "signoffPeople": "", "weight": "0.5",
    })
}

fn scan_type(step: Step) -> &'static str {
    match step {
        Step::Collected => "收件",
        Step::Departed => "发件",
        Step::Arrived => "到件",
        Step::OutForDelivery => "派件",
        Step::AtStation => "驿站代收",
        Step::Signed | Step::BackHome => "签收",
        Step::Failed | Step::Refused | Step::Damaged | Step::Misrouted | Step::Cancelled => "问题件",
        Step::Held => "留仓件",
        Step::Turned | Step::RelabelledBack => "退回件",
        Step::Redirected | Step::RelabelledOn => "改地址件",
    }
}

fn issue(step: Step) -> &'static str {
    match step {
        Step::Failed => "电话无人接听",
        Step::Refused => "客户拒收",
        Step::Damaged => "破损件",
        Step::Misrouted => "错发件",
        _ => "",
    }
}

fn subscribe(desk: &Desk<'_>, content: &Value) -> Answer {
    let list: Vec<Value> = content["subscribeInfoList"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let number = text(one, "waybillNo");
            let known = desk.scans(Courier::Sto, &number).is_some();
            if known {
                desk.subscribe(Courier::Sto, &number, "", "");
            }
            json!({ "waybillNo": number, "status": known.to_string(), "message": if known { "" } else { "运单号不存在" } })
        })
        .collect();
    yes(desk, Value::Array(list))
}

fn intercept(desk: &Desk<'_>, content: &Value) -> Answer {
    if missing(content, &["waybillNo", "interceptForAct"]).is_some() {
        return no("SIM1", "缺少参数");
    }
    let to = ["receiverName", "receiverTel", "receiverProvince", "receiverCity", "receiverArea", "receiverAddress"];
    let given = to.iter().filter(|field| !text(content, field).is_empty()).count();
    let (way, kind) = match given {
        0 => (Way::Back, "intercept"),
        6 => (Way::On, "address_change"),
        _ => return no("SIM1", "收件信息不完整"),
    };
    let number = text(content, "waybillNo");
    let taken = desk.request(Courier::Sto, &number, kind, "", || desk.world.turn(Courier::Sto, &number, way, "", TERMS));
    taken.map_or_else(refused, |_| yes(desk, Value::Null))
}

fn cancel(desk: &Desk<'_>, content: &Value) -> Answer {
    let number = text(content, "waybillNo");
    let done = desk.request(Courier::Sto, &number, "intercept_cancel", "", || desk.world.cancel_turn(Courier::Sto, &number, |_| true));
    done.map_or_else(refused, |()| yes(desk, Value::Null))
}

fn refused(why: Why) -> Answer {
    match why {
        Why::NoSuchParcel => no("SIM10", "运单号不存在"),
        Why::NotCollected => no("SIM11", "运单未揽收"),
        Why::Ended => no("SIM12", "运单已签收"),
        Why::Dispatched => no("SIM13", "运单派送中"),
        Why::TurnedAlready => no("SIM14", "运单已退改"),
        Why::AskedBefore => no("SIM15", "重复的拦截"),
        Why::NothingToCancel | Why::TooLateToCancel | Why::AskedByAnother => no("SIM16", "无可取消的拦截"),
    }
}

/// One scan a push, in a form, its text signed.
pub(super) fn pushes(news: &News<'_>) -> Vec<Push> {
    let push = |scan: &Scan| {
        let content = json!({
            "waybillNo": news.number, "linkCode": "",
            "trace": {
                "outBizCode": scan.id.to_string(), "opOrgName": scan.site, "opOrgCode": "310001", "opOrgType": "1", "opOrgCityName": scan.city,
                "opTime": local_time::format(scan.at), "scanType": scan_type(scan.step), "memo": words::told(scan), "issueName": issue(scan.step),
                "tz": "8",
            },
        })
        .to_string();
        let digest = md5_base64(&[&content, SECRET]);
        Push::form(&[("content", &content), ("data_digest", &digest), ("api_name", "STO_TRACE_PLATFORM_PUSH")])
    };
    news.new.iter().map(push).collect()
}
