//! China Post EMS: one address, a form whose body is enciphered; answers with JSON as text in JSON.

use super::{Answer, Asked, Desk, News, Push, object, text, words};
use crate::accounts::Account;
use crate::life::Step;
use crate::parcel::Scan;
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::same;
use parcelward_courier::signing::sm4::{ems_open, ems_seal};
use serde_json::{Value, json};

const SENDER: &str = "1100000000001";
const AUTHORIZATION: &str = "SIMAUTHORIZATION1";
/// 16 bytes in Base64.
const SIGNING_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";

pub(super) fn account(base: &str) -> Account {
    let settings = format!(
        "sender_no = \"{SENDER}\"\nauthorization = {{ env = \"SIM_EMS_AUTHORIZATION\" }}\nsigning_key = {{ env = \"SIM_EMS_KEY\" }}\n\
         base_url = \"{base}/amp-prod-api/f/amp/api/open\"\n"
    );
    Account::new(settings, &[("SIM_EMS_AUTHORIZATION", AUTHORIZATION), ("SIM_EMS_KEY", SIGNING_KEY)])
}

fn told(code: &str, message: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Answer::json(&json!({ "serialNo": "SIM0000001", "retCode": code, "retMsg": message, "retBody": body }))
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    if asked.path != "/amp-prod-api/f/amp/api/open" {
        return Answer::nowhere();
    }
    let form = asked.form();
    if ["apiCode", "senderNo", "authorization", "timeStamp", "logitcsInterface"].iter().any(|field| form.get(field).is_empty()) {
        return told("SIM1", "参数不完整", &Value::Null);
    }
    if form.get("senderNo") != SENDER || !same(AUTHORIZATION, form.get("authorization")) {
        // Under the code of success.
        return told("00000", "无客户信息", &Value::Null);
    }
    let opened = form.get("logitcsInterface").strip_prefix("|$4|").and_then(|_| ems_open(form.get("logitcsInterface"), SIGNING_KEY).ok());
    let Some(body) = opened.as_deref().and_then(object) else { return told("SIM2", "报文解密失败", &Value::Null) };
    match form.get("apiCode") {
        "040001" => trace(desk, &text(&body, "waybillNo")),
        _ => told("SIM3", "接口未授权", &Value::Null),
    }
}

fn trace(desk: &Desk<'_>, number: &str) -> Answer {
    let scans = desk.scans(Courier::Ems, number).unwrap_or_default();
    if scans.is_empty() {
        return told("00000", "查无此邮件轨迹信息", &Value::Null);
    }
    let items: Vec<Value> = scans.iter().map(|one| item(number, one)).collect();
    if desk.other_shape {
        // Not as text, and the list alone.
        return Answer::json(&json!({ "retCode": "00000", "retMsg": "成功", "retBody": items }));
    }
    told("00000", "成功", &json!({ "responseItems": items }))
}

fn item(number: &str, scan: &Scan) -> Value {
    let (op_code, name, attempt) = code(scan.step);
    json!({
        "waybillNo": number, "opTime": local_time::format(scan.at), "opCode": op_code, "opName": name, "opDesc": words::told(scan),
        "opOrgProvName": "", "opOrgCity": scan.city, "opOrgCode": "31000100", "opOrgName": scan.site, "operatorNo": "", "operatorName": "",
        "deliverCode": "", "attemptDeliveryCode": attempt, "productName": "",
    })
}

/// `opCode`, `opName`, `attemptDeliveryCode`.
fn code(step: Step) -> (&'static str, &'static str, &'static str) {
    match step {
        Step::Collected => ("203", "收寄", ""),
        Step::Departed => ("305", "离开处理中心", ""),
        Step::Arrived | Step::AtStation => ("713", "到达投递局", ""),
        Step::OutForDelivery => ("702", "投递", ""),
        Step::Signed => ("704", "妥投", ""),
        Step::Failed => ("705", "未妥投", "6"),
        Step::Refused => ("705", "未妥投", "7"),
        Step::Turned | Step::RelabelledBack => ("312", "退回", ""),
        Step::Redirected | Step::RelabelledOn => ("802", "改寄", ""),
        Step::BackHome => ("711", "退回妥投", ""),
        // No code is known for these.
        Step::Damaged | Step::Held | Step::Misrouted | Step::Cancelled => ("SIM9", "其他", ""),
    }
}

/// Scans of the whole account, enciphered.
pub(super) fn pushes(news: &News<'_>) -> Vec<Push> {
    if news.new.is_empty() {
        return Vec::new();
    }
    let items: Vec<Value> = news.new.iter().map(|scan| item(news.number, scan)).collect();
    // The key is one.
    let sealed = ems_seal(&Value::Array(items).to_string(), SIGNING_KEY).unwrap_or_default();
    vec![Push::form(&[("logitcsInterface", &sealed)])]
}
