//! YTO Express: `/open/{method}/{version}/{user}/{customer}`, four fields in JSON or a form, the business part as text.
//!
//! Its codes of refusals are not published: those here are made up.

use super::{Answer, Asked, Desk, News, Push, missing, object, text, words};
use crate::accounts::Account;
use crate::life::Step;
use crate::parcel::{Scan, Way};
use crate::world::{TurnTerms, Why};
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::{md5_base64, same};
use serde_json::{Value, json};

const USER: &str = "SIMUSER";
const CUSTOMER: &str = "SIMCUSTOMER";
const SECRET: &str = "sim-yto-secret";
const TERMS: TurnTerms = TurnTerms { until_dispatch: true, refuses_again: false, reissues: false, cancels_before: false };

pub(super) fn account(base: &str) -> Account {
    let settings = format!(
        "user_code = \"{USER}\"\ncustomer_code = \"{CUSTOMER}\"\nsecret = {{ env = \"SIM_YTO_SECRET\" }}\nbase_url = \"{base}/open\"\n"
    );
    Account::new(settings, &[("SIM_YTO_SECRET", SECRET)])
}

/// The gateway's no.
fn closed(code: &str, message: &str) -> Answer {
    Answer::json(&json!({ "success": false, "code": code, "message": message }))
}

/// A work order's answer.
fn status(code: u32, message: &str) -> Answer {
    Answer::json(&json!({ "statusCode": code, "statusMessage": message }))
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    let parts: Vec<&str> = asked.path.split('/').skip(1).collect();
    let ["open", method, version, user, customer] = parts[..] else { return Answer::nowhere() };
    let fields = match object(asked.body) {
        Some(fields) => fields,
        None => {
            let form = asked.form();
            json!({ "timestamp": form.get("timestamp"), "param": form.get("param"), "sign": form.get("sign"), "format": form.get("format") })
        }
    };
    if missing(&fields, &["timestamp", "param", "sign"]).is_some() || text(&fields, "format") != "JSON" {
        return closed("SIM1", "缺少参数");
    }
    let param = text(&fields, "param");
    if (user, customer) != (USER, CUSTOMER) || !same(&md5_base64(&[&param, method, version, SECRET]), &text(&fields, "sign")) {
        return closed("SIM2", "签名验证失败");
    }
    let Some(param) = object(&param) else { return closed("SIM3", "param不是JSON") };
    match method {
        "track_query_adapter" => track(desk, &text(&param, "NUMBER")),
        "subscribe_adapter" => subscribe(desk, &param),
        "wanted_report_adapter" => turn(desk, &param, Way::Back, "intercept"),
        "wanted_change_adapter" => {
            let to = ["receiveProvName", "receiveCityName", "receiveCountyName", "receiveAddress", "receiverName", "receiverTel"];
            if missing(&param, &to).is_some() {
                status(9002, "收件地址不完整")
            } else {
                turn(desk, &param, Way::On, "address_change")
            }
        }
        "wanted_cancel_adapter" => cancel(desk, &param),
        _ => closed("SIM4", "接口不存在"),
    }
}

/// Scans as a bare list; without any, an object.
fn track(desk: &Desk<'_>, number: &str) -> Answer {
    let scans = desk.scans(Courier::Yto, number).unwrap_or_default();
    if scans.is_empty() {
        let success = if desk.other_shape { Value::Bool(true) } else { "true".into() };
        return Answer::json(&json!({ "success": success, "code": "1001", "message": "查询结果为空。", "map": { number: [] } }));
    }
    let scan = |scan: &Scan| {
        json!({
            "waybill_No": number, "upload_Time": local_time::format(scan.at), "infoContent": code(scan.step), "processInfo": words::told(scan),
            "city": scan.city, "district": scan.site, "weight": "0.5",
        })
    };
    Answer::json(&scans.iter().map(scan).collect())
}

fn code(step: Step) -> &'static str {
    match step {
        Step::Collected => "GOT",
        Step::Departed => "DEPARTURE",
        // Of parcels that are damaged, held or in a wrong city its list says nothing: the words do.
        Step::Arrived | Step::Damaged | Step::Held | Step::Misrouted => "ARRIVAL",
        Step::OutForDelivery => "SENT_SCAN",
        Step::AtStation => "INBOUND",
        Step::Signed | Step::BackHome => "SIGNED",
        Step::Failed | Step::Refused => "FAILED",
        Step::Turned | Step::RelabelledBack => "TMS_RETURN",
        Step::Redirected | Step::RelabelledOn => "FORWARDING",
        Step::Cancelled => "NOT_SEND",
    }
}

fn subscribe(desk: &Desk<'_>, param: &Value) -> Answer {
    let inner = object(&text(param, "logistics_interface")).unwrap_or_default();
    let number = text(&inner, "waybillNo");
    if text(param, "client_id").is_empty() || text(param, "msg_type") != "online" || number.is_empty() {
        return closed("SIM1", "缺少参数");
    }
    desk.subscribe(Courier::Yto, &number, "", "");
    Answer::json(&json!({ "success": true, "code": "", "message": "" }))
}

fn turn(desk: &Desk<'_>, param: &Value, way: Way, kind: &'static str) -> Answer {
    if missing(param, &["waybillNo", "wantedDesc"]).is_some() {
        return status(9001, "运单号或拦截描述为空");
    }
    let number = text(param, "waybillNo");
    let taken = desk.request(Courier::Yto, &number, kind, "", || desk.world.turn(Courier::Yto, &number, way, "", TERMS));
    // The number comes as text, too.
    let yes = if desk.other_shape { Answer::json(&json!({ "statusCode": "0", "statusMessage": "成功" })) } else { status(0, "成功") };
    taken.map_or_else(refused, |_| yes)
}

fn cancel(desk: &Desk<'_>, param: &Value) -> Answer {
    if missing(param, &["waybillNo", "dealRemark"]).is_some() {
        return status(9001, "运单号或备注为空");
    }
    let number = text(param, "waybillNo");
    let done = desk.request(Courier::Yto, &number, "intercept_cancel", "", || desk.world.cancel_turn(Courier::Yto, &number, |_| true));
    done.map_or_else(refused, |()| status(0, "成功"))
}

fn refused(why: Why) -> Answer {
    match why {
        Why::NoSuchParcel => status(9003, "运单不存在"),
        Why::NotCollected => status(9004, "运单未揽收"),
        Why::Ended => status(9005, "运单已签收"),
        Why::Dispatched => status(9006, "运单已派件"),
        Why::TurnedAlready => status(9007, "运单已退回或转寄"),
        Why::AskedBefore => status(9008, "重复上报"),
        Why::NothingToCancel | Why::TooLateToCancel | Why::AskedByAnother => status(9009, "无可取消的拦截"),
    }
}

/// One scan a push, in XML within a form.
pub(super) fn pushes(news: &News<'_>) -> Vec<Push> {
    let push = |scan: &Scan| {
        let xml = format!(
            "<UpdateInfo><logisticProviderID>YTO</logisticProviderID><clientID>{CUSTOMER}</clientID><mailNo>{}</mailNo>\
             <txLogisticID>SIM{}</txLogisticID><infoType>STATUS</infoType><infoContent>{}</infoContent><acceptTime>{}</acceptTime>\
             <remark>{}</remark><weight>0.5</weight><orgName>{}</orgName><city>{}</city></UpdateInfo>",
            news.number,
            news.number,
            code(scan.step),
            local_time::format(scan.at),
            words::told(scan),
            scan.site,
            scan.city,
        );
        let digest = md5_base64(&[&xml, SECRET]);
        Push::form(&[("logistics_interface", &xml), ("data_digest", &digest), ("clientId", CUSTOMER), ("type", "online")])
    };
    news.new.iter().map(push).collect()
}
