//! Deppon Express: two addresses, a form with the signed JSON in it.

use super::{Answer, Asked, Desk, object, text, words};
use crate::accounts::Account;
use crate::life::Step;
use crate::parcel::Scan;
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::{md5_hex_base64, same};
use serde_json::{Value, json};

const COMPANY: &str = "SIMCOMPANY";
const APP_KEY: &str = "sim-deppon-key";
const QUERY: &str = "/dop-interface-sync/standard-query/newTraceQuery.action";
const SUBSCRIBE: &str = "/dop-interface-sync/dop-nonstandard-extension/standTraceSubscribe.action";

pub(super) fn account(base: &str) -> Account {
    let settings = format!(
        "company_code = \"{COMPANY}\"\napp_key = {{ env = \"SIM_DEPPON_KEY\" }}\ntrack_url = \"{base}{QUERY}\"\nsubscribe_url = \"{base}{SUBSCRIBE}\"\n"
    );
    Account::new(settings, &[("SIM_DEPPON_KEY", APP_KEY)])
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    let subscribes = match asked.path {
        QUERY => false,
        SUBSCRIBE => true,
        _ => return Answer::nowhere(),
    };
    // The flag is text in one interface and none in the other, and so differ the names of the code.
    let answer = |yes: bool, code: &str, reason: &str, parameter: Value| {
        Answer::json(&if subscribes {
            json!({ "result": yes, "error_code": code, "reason": reason })
        } else {
            json!({ "result": yes.to_string(), "resultCode": code, "reason": reason, "uniquerRequestNumber": "SIM1", "responseParam": parameter })
        })
    };
    let form = asked.form();
    let (params, timestamp) = (form.get("params"), form.get("timestamp"));
    if form.get("companyCode") != COMPANY {
        return answer(false, "3002", "未订阅此接口或无权限", Value::Null);
    }
    if timestamp.is_empty() || !same(&md5_hex_base64(&[params, APP_KEY, timestamp]), form.get("digest")) {
        return answer(false, "SIM2", "摘要校验失败", Value::Null);
    }
    let Some(params) = object(params) else { return answer(false, "SIM3", "params不是JSON", Value::Null) };
    if subscribes {
        let number = text(&params, "tracking_number");
        if desk.world.with(Courier::Deppon, &number, |_, _| ()).is_none() {
            return answer(false, "SIM4", "运单不存在", Value::Null);
        }
        desk.subscribe(Courier::Deppon, &number, "", "");
        return answer(true, "1000", "", Value::Null);
    }
    let number = text(&params, "mailNo");
    let scans = desk.scans(Courier::Deppon, &number).unwrap_or_default();
    answer(true, "1000", "", json!({ "tracking_number": number, "trace_list": scans.iter().map(trace).collect::<Vec<_>>() }))
}

fn trace(scan: &Scan) -> Value {
    let status = match scan.step {
        Step::Collected => "GOT",
        Step::Departed => "DEPARTURE",
        Step::Arrived | Step::AtStation => "ARRIVAL",
        Step::OutForDelivery => "SENT_SCAN",
        Step::Signed | Step::BackHome => "SIGNED",
        Step::Refused => "FAILED",
        Step::Failed | Step::Damaged | Step::Held | Step::Misrouted => "ERROR",
        // Numbers occur, and what they mean is not published.
        Step::Turned | Step::Redirected | Step::RelabelledBack | Step::RelabelledOn | Step::Cancelled => "21",
    };
    json!({ "time": local_time::format(scan.at), "city": scan.city, "site": scan.site, "status": status, "description": words::told(scan) })
}
