//! SF Express, 丰桥, `/std/service`: a form with the signed JSON in it; the gateway's answer, with the interface's own as JSON text in it.

use super::{Answer, Asked, Desk, News, Push, Sight, missing, object, text, words};
use crate::accounts::Account;
use crate::life::Step;
use crate::parcel::{Scan, Way};
use crate::world::{TurnTerms, Why};
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::{same, sf_digest};
use serde_json::{Value, json};

const PARTNER: &str = "SIMPARTNER";
const CHECKWORD: &str = "SIMCHECKWORD0123456789";
const TERMS: TurnTerms = TurnTerms { until_dispatch: false, refuses_again: false, reissues: true, cancels_before: false };
/// Numbers in one question.
const BATCH: usize = 10;

pub(super) fn account(base: &str) -> Account {
    let settings = format!(
        "partner_id = \"{PARTNER}\"\ncheckword = {{ env = \"SIM_SF_CHECKWORD\" }}\nbase_url = \"{base}/std/service\"\n\
         tracking_url = \"{base}/std/service\"\nmonthly_card = \"0000000000\"\n\n[return_address]\nname = \"退货组\"\nphone = \"13000000000\"\n\
         province = \"浙江省\"\ncity = \"杭州市\"\ndistrict = \"西湖区\"\ndetail = \"测试路1号\"\n"
    );
    Account::new(settings, &[("SIM_SF_CHECKWORD", CHECKWORD)])
}

fn gateway(code: &str, message: &str, data: Value) -> Answer {
    Answer::json(&json!({ "apiResponseID": "00017A2B3C4D5E3F", "apiResultCode": code, "apiErrorMsg": message, "apiResultData": data }))
}

pub(super) fn throttled() -> Answer {
    gateway("A1005", "流量受控", Value::Null)
}

/// A1000 is the gateway's yes alone; the interface's own answer stands in it, as text or as itself.
fn inner(desk: &Desk<'_>, answer: Value) -> Answer {
    gateway("A1000", "", if desk.other_shape { answer } else { Value::String(answer.to_string()) })
}

/// Of the payload's field and of the flag two spellings are met.
fn yes(desk: &Desk<'_>, payload: Value) -> Answer {
    if desk.other_shape {
        inner(desk, json!({ "success": "true", "errorCode": "S0000", "errorMessage": null, "obj": payload }))
    } else {
        inner(desk, json!({ "success": true, "errorCode": "S0000", "errorMsg": null, "msgData": payload }))
    }
}

fn no(desk: &Desk<'_>, code: &str, message: &str) -> Answer {
    inner(desk, json!({ "success": false, "errorCode": code, "errorMsg": message, "msgData": null }))
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    if asked.path != "/std/service" {
        return Answer::nowhere();
    }
    let form = asked.form();
    let needed = ["partnerID", "requestID", "serviceCode", "timestamp", "msgDigest", "msgData"];
    if let Some(field) = needed.into_iter().find(|field| form.get(field).is_empty()) {
        return gateway("A1001", &format!("必传参数不可为空:{field}"), Value::Null);
    }
    let digest = sf_digest(form.get("msgData"), form.get("timestamp"), CHECKWORD);
    if form.get("partnerID") != PARTNER || !same(&digest, form.get("msgDigest")) {
        return gateway("A1006", "数字签名无效", Value::Null);
    }
    let Some(message) = object(form.get("msgData")) else { return no(desk, "4002", "报文格式错误") };
    match form.get("serviceCode") {
        "EXP_RECE_SEARCH_ROUTES" => routes(desk, &message),
        "EXP_RECE_REGISTER_ROUTE" => register(desk, &message),
        "EXP_RECE_WANTED_INTERCEPT" => wanted(desk, &message),
        "EXP_RECE_REGISTER_WAYBILL_PICTURE" => picture(desk, &message),
        _ => gateway("A1004", "无对应服务权限", Value::Null),
    }
}

fn routes(desk: &Desk<'_>, message: &Value) -> Answer {
    let numbers: Vec<&str> = message["trackingNumber"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if text(message, "trackingType") != "1" || numbers.is_empty() || numbers.len() > BATCH {
        return no(desk, "S0002", "请求参数错误");
    }
    // One for each number, in their order.
    let phones = text(message, "checkPhoneNo");
    let phones: Vec<&str> = phones.split(',').collect();
    let answers: Vec<Value> = numbers
        .iter()
        .enumerate()
        .map(|(n, number)| match desk.sight(Courier::Sf, number, phones.get(n).copied().unwrap_or_default()) {
            Sight::Yes => {
                let scans = desk.scans(Courier::Sf, number).unwrap_or_default();
                json!({ "mailNo": number, "routes": scans.iter().map(route).collect::<Vec<_>>() })
            }
            Sight::NoSuchParcel => json!({ "mailNo": number, "routes": [] }),
            Sight::PhoneWanted | Sight::PhoneWrong => {
                json!({ "mailNo": number, "routes": [], "reasonCode": ["SIM1"], "reasonRemark": ["手机号后四位校验不通过"] })
            }
        })
        .collect();
    yes(desk, json!({ "routeResps": answers }))
}

/// `opCode`, `secondaryStatusCode`, and the words that the first needs beside it.
fn code(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::Collected => ("50", "101"),
        Step::Departed => ("36", "201"),
        Step::Arrived => ("31", "201"),
        Step::OutForDelivery => ("44", "301"),
        Step::AtStation => ("125", "301"),
        Step::Signed => ("80", "401"),
        Step::Failed | Step::Refused => ("70", "1301"),
        Step::Damaged | Step::Misrouted => ("33", ""),
        Step::Held => ("77", ""),
        Step::Turned | Step::Redirected => ("99", ""),
        Step::RelabelledBack | Step::RelabelledOn => ("648", ""),
        Step::BackHome => ("215", ""),
        Step::Cancelled => ("46", ""),
    }
}

fn route(scan: &Scan) -> Value {
    let (op_code, secondary) = code(scan.step);
    json!({
        "acceptTime": local_time::format(scan.at), "acceptAddress": scan.city, "remark": words::told(scan), "opCode": op_code,
        "firstStatusCode": secondary.get(..1).unwrap_or_default(), "secondaryStatusCode": secondary,
    })
}

fn register(desk: &Desk<'_>, message: &Value) -> Answer {
    let number = text(message, "attributeNo");
    if text(message, "type") != "2" || number.is_empty() {
        return no(desk, "S0002", "请求参数错误");
    }
    match desk.sight(Courier::Sf, &number, &text(message, "checkPhoneNo")) {
        Sight::Yes => {
            desk.subscribe(Courier::Sf, &number, "", "");
            yes(desk, Value::Null)
        }
        Sight::NoSuchParcel => no(desk, "SIM2", "运单号不存在"),
        Sight::PhoneWanted | Sight::PhoneWrong => no(desk, "SIM1", "手机号后四位校验不通过"),
    }
}

fn wanted(desk: &Desk<'_>, message: &Value) -> Answer {
    let number = text(message, "waybillNo");
    let pay_mode = text(message, "payMode");
    if missing(message, &["waybillNo", "serviceCode", "role", "payMode"]).is_some() || !matches!(pay_mode.as_str(), "1" | "2" | "3" | "4") {
        return no(desk, "6126", "必填字段为空");
    }
    if matches!(pay_mode.as_str(), "3" | "4") && text(message, "monthlyCardNo").is_empty() {
        return no(desk, "6128", "月结卡号不能为空");
    }
    let service = text(message, "serviceCode");
    if message["cancel"] == true {
        return withdraw(desk, &number, &text(message, "cusId"));
    }
    let to = &message["newDestAddress"];
    let whole = missing(to, &["province", "city", "county", "address", "contact", "phone"]).is_none();
    let (way, kind) = match service.as_str() {
        "1" if whole => (Way::On, "address_change"),
        "2" if whole => (Way::Back, "intercept"),
        "8" if !text(to, "phone").is_empty() => {
            let phone = text(to, "phone");
            let changed = desk.request(Courier::Sf, &number, "phone_change", "", || desk.world.change_phone(Courier::Sf, &number, &phone));
            return changed.map_or_else(|why| refused(desk, why), |()| yes(desk, Value::Null));
        }
        "1" | "2" | "8" => return no(desk, "6127", "新收件地址不完整"),
        _ => return no(desk, "S0004", "serviceCode不支持"),
    };
    let taken = desk.request(Courier::Sf, &number, kind, "", || desk.world.turn(Courier::Sf, &number, way, "", TERMS));
    taken.map_or_else(|why| refused(desk, why), |taken| {
        yes(desk, json!({ "cusId": taken.number, "amount": "12.00", "freightAdditionInfoResp": { "interceptionDeptCode": "571W", "transferFlg": "1" } }))
    })
}

fn withdraw(desk: &Desk<'_>, number: &str, cus_id: &str) -> Answer {
    if cus_id.is_empty() {
        return no(desk, "6129", "cusId不能为空");
    }
    let done = desk
        .request(Courier::Sf, number, "intercept_cancel", "", || desk.world.cancel_turn(Courier::Sf, number, |turn| turn.number == cus_id));
    done.map_or_else(|why| refused(desk, why), |()| yes(desk, Value::Null))
}

fn refused(desk: &Desk<'_>, why: Why) -> Answer {
    match why {
        Why::NoSuchParcel => no(desk, "SIM2", "运单号不存在"),
        Why::NotCollected => no(desk, "SIM3", "快件未揽收，不能拦截"),
        Why::Ended => no(desk, "SIM4", "快件已签收，不能拦截"),
        Why::Dispatched => no(desk, "SIM5", "快件派送中，不能拦截"),
        Why::TurnedAlready => no(desk, "SIM6", "快件已拦截，不能再次拦截"),
        Why::AskedBefore => no(desk, "8019", "订单已确认或已取消"),
        Why::NothingToCancel | Why::TooLateToCancel | Why::AskedByAnother => no(desk, "SIM7", "无可取消的指令"),
    }
}

/// The picture is pushed to the address in the console, enciphered; what of that is published is too little to push it.
fn picture(desk: &Desk<'_>, message: &Value) -> Answer {
    let number = text(message, "waybillNo");
    let kind = text(message, "imgType");
    let known = matches!(kind.as_str(), "2" | "5" | "15" | "20" | "21" | "71");
    if number.is_empty() || !known || (text(message, "customerAcctCode").is_empty() && text(message, "phone").is_empty()) {
        return no(desk, "S0002", "请求参数错误");
    }
    match desk.sight(Courier::Sf, &number, "") {
        Sight::Yes => yes(desk, Value::Null),
        _ => no(desk, "SIM2", "运单号不存在"),
    }
}

/// Ten scans at most, in JSON, not signed.
pub(super) fn pushes(news: &News<'_>) -> Vec<Push> {
    let push = |scans: &[Scan]| {
        let routes: Vec<Value> = scans
            .iter()
            .map(|scan| {
                json!({
                    "id": scan.id.to_string(), "mailno": news.number, "orderid": "", "acceptTime": local_time::format(scan.at),
                    "acceptAddress": scan.city, "remark": words::told(scan), "opCode": code(scan.step).0, "reasonCode": "", "reasonName": "",
                })
            })
            .collect();
        let body = json!({ "Body": { "WaybillRoute": routes } }).to_string();
        Push { content_type: "application/json;charset=UTF-8", headers: Vec::new(), body }
    };
    news.new.chunks(10).map(push).collect()
}
