//! J&T Express in China: `/webopenplatformapi/api/…`, a form with `bizContent`, signed in a header.

use super::{Answer, Asked, Desk, News, Push, missing, object, text, words};
use crate::accounts::Account;
use crate::life::Step;
use crate::parcel::{Scan, Way};
use crate::world::{TurnTerms, Why};
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::{md5_base64, same};
use serde_json::{Value, json};

const ACCOUNT: &str = "990000000000001";
const KEY: &str = "sim-jt-key";
const TERMS: TurnTerms = TurnTerms { until_dispatch: false, refuses_again: false, reissues: false, cancels_before: false };

pub(super) fn account(base: &str) -> Account {
    let settings =
        format!("api_account = \"{ACCOUNT}\"\nprivate_key = {{ env = \"SIM_JT_KEY\" }}\nbase_url = \"{base}/webopenplatformapi/api\"\n");
    Account::new(settings, &[("SIM_JT_KEY", KEY)])
}

fn yes(data: Value) -> Answer {
    Answer::json(&json!({ "code": "1", "msg": "success", "data": data }))
}

/// Of its codes one is known: `1` is yes, whatever else is no.
fn no(message: &str) -> Answer {
    Answer::json(&json!({ "code": "0", "msg": message, "data": null }))
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    let Some(path) = asked.path.strip_prefix("/webopenplatformapi/api/") else { return Answer::nowhere() };
    let form = asked.form();
    let content = form.get("bizContent");
    if content.is_empty() || asked.header("timestamp").is_empty() {
        return no("缺少参数");
    }
    if asked.header("apiaccount") != ACCOUNT || !same(&md5_base64(&[content, KEY]), asked.header("digest")) {
        return no("签名验证失败");
    }
    let Some(content) = object(content) else { return no("bizContent不是JSON") };
    match path {
        "logistics/trace" => trace(desk, &content),
        "trace/subscribe" => subscribe(desk, &content),
        "waybill/intercept" => intercept(desk, &content),
        _ => Answer::nowhere(),
    }
}

/// Newest first. A number that is not known is left out.
fn trace(desk: &Desk<'_>, content: &Value) -> Answer {
    let numbers: Vec<String> = match &content["billCodes"] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => text(content, "billCodes").split(',').map(|number| number.trim().to_owned()).collect(),
    };
    let parcel = |number: &String| {
        let mut scans = desk.scans(Courier::Jt, number)?;
        scans.reverse();
        Some(json!({ "billCode": number, "details": scans.iter().map(detail).collect::<Vec<_>>() }))
    };
    yes(Value::Array(numbers.iter().filter_map(parcel).collect()))
}

fn detail(scan: &Scan) -> Value {
    let (scan_type, problem) = code(scan.step);
    json!({
        "scanTime": local_time::format(scan.at), "desc": words::told(scan), "scanType": scan_type, "problemType": problem,
        "scanNetworkName": scan.site, "scanNetworkCity": scan.city, "scanNetworkProvince": "", "staffName": "", "weight": "0.5",
    })
}

/// `scanType` and, of a problem, `problemType`.
fn code(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::Collected => ("快件揽收", ""),
        Step::Departed => ("发件扫描", ""),
        Step::Arrived => ("到件扫描", ""),
        Step::OutForDelivery => ("出仓扫描", ""),
        Step::AtStation => ("入库扫描", ""),
        Step::Signed | Step::BackHome => ("快件签收", ""),
        Step::Failed => ("问题件扫描", "A9"),
        Step::Refused => ("问题件扫描", "A2"),
        Step::Damaged => ("问题件扫描", "A7"),
        Step::Misrouted => ("问题件扫描", "A8"),
        Step::Held => ("问题件扫描", "A17"),
        Step::Redirected | Step::RelabelledOn => ("问题件扫描", "A3"),
        Step::Cancelled => ("问题件扫描", "A1"),
        Step::Turned | Step::RelabelledBack => ("退件扫描", ""),
    }
}

fn subscribe(desk: &Desk<'_>, content: &Value) -> Answer {
    if text(content, "id") != ACCOUNT && text(content, "Id") != ACCOUNT {
        return no("id与apiAccount不一致");
    }
    let list: Vec<Value> = content["list"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let number = text(one, "waybillCode");
            let known = missing(one, &["traceNode"]).is_none() && desk.world.with(Courier::Jt, &number, |_, _| ()).is_some();
            if known {
                desk.subscribe(Courier::Jt, &number, &text(one, "backUrl"), "");
            }
            json!({ "id": 1, "waybillCode": number, "isSuccess": known, "traceNode": text(one, "traceNode") })
        })
        .collect();
    let all = list.iter().all(|one| one["isSuccess"] == true);
    if desk.other_shape && all {
        return yes("SUCCESS".into());
    }
    yes(json!({ "list": list }))
}

fn intercept(desk: &Desk<'_>, content: &Value) -> Answer {
    let to = ["receiveUsername", "receivePhone", "receiveProvince", "receiveCity", "receiveDistrict", "receiveAddress"];
    let (way, kind) = match text(content, "applyTypeCode").as_str() {
        "4" => (Way::Back, "intercept"),
        "5" if missing(content, &to).is_none() => (Way::On, "address_change"),
        "5" => return no("收件信息不完整"),
        _ => return no("applyTypeCode不支持"),
    };
    let number = text(content, "mailNo");
    let taken = desk.request(Courier::Jt, &number, kind, "", || desk.world.turn(Courier::Jt, &number, way, "", TERMS));
    taken.map_or_else(refused, |_| yes(Value::Null))
}

fn refused(why: Why) -> Answer {
    no(match why {
        Why::NoSuchParcel => "运单不存在",
        Why::NotCollected => "运单未揽收",
        Why::Ended => "运单已签收",
        Why::Dispatched => "运单派送中",
        Why::TurnedAlready => "运单已退改",
        Why::AskedBefore => "重复申请",
        Why::NothingToCancel | Why::TooLateToCancel | Why::AskedByAnother => "无可取消的拦截",
    })
}

/// A parcel's new scans, in a form, signed in a header.
pub(super) fn pushes(news: &News<'_>) -> Vec<Push> {
    if news.new.is_empty() {
        return Vec::new();
    }
    let content =
        json!({ "billCode": news.number, "txlogisticId": "", "details": news.new.iter().map(detail).collect::<Vec<_>>() }).to_string();
    let headers =
        vec![("apiAccount", ACCOUNT.to_owned()), ("timestamp", "1700000000000".to_owned()), ("digest", md5_base64(&[&content, KEY]))];
    vec![Push { headers, ..Push::form(&[("bizContent", &content)]) }]
}
