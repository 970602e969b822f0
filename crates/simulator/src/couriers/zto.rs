//! ZTO Express, ZOP: `/{api}`, JSON, signed in a header.

use super::{Answer, Asked, Desk, News, Push, Sight, missing, object, text, words};
use crate::accounts::Account;
use crate::incident::{IncidentKind, IncidentState};
use crate::life::Step;
use crate::parcel::{Scan, TurnState, Way};
use crate::world::{TurnTerms, Why};
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::{Algorithm, Encoding, Wrapping, md5_base64, same, zto_digest};
use serde_json::{Value, json};

const KEY: &str = "sim-zto-key";
const SECRET: &str = "sim-zto-secret";
/// Of applications that are set to HMAC.
const HMAC_KEY: &str = "sim-zto-hmac";
const TERMS: TurnTerms = TurnTerms { until_dispatch: true, refuses_again: true, reissues: false, cancels_before: false };

pub(super) fn account(base: &str) -> Account {
    let settings = format!(
        "app_key = \"{KEY}\"\napp_secret = {{ env = \"SIM_ZTO_SECRET\" }}\nbase_url = \"{base}\"\ntracking_url = \"{base}\"\n\
         customer_name = \"测试商家\"\nreturn_kinds = [\"退回\"]\nredirect_kinds = [\"改址\"]\n"
    );
    Account::new(settings, &[("SIM_ZTO_SECRET", SECRET), ("SIM_ZTO_HMAC", HMAC_KEY)])
}

fn yes(field: &str, payload: Value) -> Answer {
    Answer::json(&json!({ "status": true, "statusCode": "SYS000", "message": "操作成功", field: payload }))
}

fn no(code: &str, message: &str) -> Answer {
    Answer::json(&json!({ "status": false, "statusCode": code, "message": message, "result": null }))
}

pub(super) fn throttled() -> Answer {
    no("S221", "超过接口流量限制")
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    // The documents and the courier's own library name the first differently.
    let key = [asked.header("x-appkey"), asked.header("x-companyid")].into_iter().find(|key| !key.is_empty()).unwrap_or_default();
    let digest = asked.header("x-datadigest");
    if key.is_empty() || digest.is_empty() {
        return no("S208", "缺少参数");
    }
    if key != KEY {
        return no("S210", "未绑定服务");
    }
    if !is_signed(asked, digest) {
        return no("S211", "签名错误");
    }
    let Some(body) = object(asked.body) else { return no("S208", "报文格式错误") };
    match asked.path.trim_start_matches('/') {
        "zto.merchant.waybill.track.query" => track(desk, &body),
        // Misspelt there.
        "zto.merchant.waybill.track.subsrcibe" => subscribe(desk, &body),
        "thirdcenter.createIntercept" => create_intercept(desk, &body),
        "thirdcenter.cancelIntercept" => cancel_intercept(desk, &body),
        "thirdcenter.queryInterceptAndReturnStatus" => intercept_status(desk, &body),
        "zto.open.merchant.incident.create" => create_incident(desk, &body),
        "zto.open.merchant.incident.query" => incident(desk, &body),
        _ => no("S207", "接口不存在"),
    }
}

/// Which digest an application is set to, and how it is written, is chosen in the courier's console: here any of them will do.
fn is_signed(asked: &Asked<'_>, digest: &str) -> bool {
    let around = Wrapping { timestamp: Some(asked.header("x-timestamp")).filter(|time| !time.is_empty()), secret: SECRET };
    let all = [Algorithm::Md5, Algorithm::Sha256, Algorithm::HmacSha256].into_iter();
    let mut all = all.flat_map(|algorithm| [Encoding::Base64, Encoding::Hex].map(|encoding| (algorithm, encoding)));
    all.any(|(algorithm, encoding)| same(&zto_digest(algorithm, encoding, asked.body, around, HMAC_KEY), digest))
}

fn unseen(sight: Sight) -> Option<Answer> {
    match sight {
        Sight::Yes => None,
        Sight::NoSuchParcel => Some(no("E416", "运单号不正确")),
        Sight::PhoneWanted => Some(no("E413", "需要收寄件人手机号后四位")),
        Sight::PhoneWrong => Some(no("E409", "手机号不匹配")),
    }
}

fn track(desk: &Desk<'_>, body: &Value) -> Answer {
    let number = text(body, "billCode");
    if let Some(no) = unseen(desk.sight(Courier::Zto, &number, &text(body, "mobilePhone"))) {
        return no;
    }
    let scans = desk.scans(Courier::Zto, &number).unwrap_or_default();
    let scan = |scan: &Scan| {
        json!({
            "billCode": number, "scanType": scan_type(scan.step), "scanDate": if desk.other_shape { local_time::format(scan.at).into() } else { Value::from(scan.at.millis()) }, "desc": words::told(scan), "country": "CN",
            "signMan": "", "scanSite": { "name": scan.site, "city": scan.city, "code": "57101", "isCenter": "F" },
        })
    };
    yes("result", scans.iter().map(scan).collect())
}

fn scan_type(step: Step) -> &'static str {
    match step {
        Step::Collected => "收件",
        // A change of address has no word of its own in answers.
        Step::Departed | Step::Redirected | Step::RelabelledOn => "发件",
        Step::Arrived => "到件",
        Step::OutForDelivery => "派件",
        Step::AtStation => "ARRIVAL",
        Step::Signed | Step::BackHome => "签收",
        Step::Turned | Step::RelabelledBack => "退件",
        Step::Failed | Step::Refused | Step::Damaged | Step::Held | Step::Misrouted | Step::Cancelled => "问题件",
    }
}

fn subscribe(desk: &Desk<'_>, body: &Value) -> Answer {
    let number = text(body, "billCode");
    unseen(desk.sight(Courier::Zto, &number, &text(body, "mobilePhone"))).unwrap_or_else(|| {
        desk.subscribe(Courier::Zto, &number, "", "");
        yes("result", Value::Null)
    })
}

fn create_intercept(desk: &Desk<'_>, body: &Value) -> Answer {
    if missing(body, &["billCode", "requestId", "thirdBizNo"]).is_some() {
        return no("S208", "缺少参数");
    }
    let (way, kind) = match text(body, "destinationType").as_str() {
        "1" | "2" | "4" => (Way::Back, "intercept"),
        "3" => (Way::On, "address_change"),
        _ => return no("E23108", "目的地类型不正确"),
    };
    let receiver = ["receiveUsername", "receivePhone", "receiveProvince", "receiveCity", "receiveDistrict", "receiveAddress"];
    if matches!(text(body, "destinationType").as_str(), "3" | "4") {
        if missing(body, &receiver).is_some() {
            return no("S208", "收件信息不完整");
        }
        let phone = text(body, "receivePhone");
        if phone.chars().count() > 16 {
            return no("E23150", "手机号超过16位");
        }
        if !phone.chars().all(|c| c.is_ascii_digit() || c == '-') {
            return no("E23148", "手机号格式错误");
        }
    }
    let (number, reference) = (text(body, "billCode"), text(body, "thirdBizNo"));
    let taken = desk.request(Courier::Zto, &number, kind, &reference, || desk.world.turn(Courier::Zto, &number, way, &reference, TERMS));
    // Of the payload's field two names are known.
    let field = if desk.other_shape { "result" } else { "data" };
    taken.map_or_else(refused, |taken| yes(field, json!({ "centerBizNo": taken.number })))
}

fn cancel_intercept(desk: &Desk<'_>, body: &Value) -> Answer {
    if missing(body, &["billCode", "thirdBizNo"]).is_some() {
        return no("S208", "缺少参数");
    }
    let (number, reference) = (text(body, "billCode"), text(body, "thirdBizNo"));
    let done = desk.request(Courier::Zto, &number, "intercept_cancel", &reference, || {
        desk.world.cancel_turn(Courier::Zto, &number, |turn| turn.client_reference == reference)
    });
    done.map_or_else(refused, |()| yes("data", Value::Null))
}

fn refused(why: Why) -> Answer {
    match why {
        Why::NoSuchParcel => no("E23102", "订单不存在"),
        Why::NotCollected => no("E23119", "运单无轨迹"),
        Why::Ended => no("E23101", "运单已签收"),
        Why::Dispatched => no("E23120", "运单已派件"),
        Why::TurnedAlready => no("E23123", "已存在退改信息"),
        Why::AskedBefore => no("E23121", "同渠道已存在拦截"),
        Why::NothingToCancel | Why::TooLateToCancel => no("E23130", "非拦截中，不能取消"),
        Why::AskedByAnother => no("E23135", "非发起方，不能取消"),
    }
}

fn intercept_status(desk: &Desk<'_>, body: &Value) -> Answer {
    let number = text(body, "billCode");
    let Some(state) = desk.world.with(Courier::Zto, &number, |parcel, now| parcel.turn_state(now)) else {
        return no("E416", "运单号不正确");
    };
    let Some(state) = state else { return yes("data", Value::Null) };
    let (status, name) = match state {
        TurnState::Asked => ("INTERCEPTING", "拦截中"),
        TurnState::UnderWay => ("PACKAGE_DELIVERYING", "退改中"),
        TurnState::Done => ("INTERCEPT_SUCCESS", "拦截成功"),
        TurnState::Failed => ("INTERCEPT_FAIL", "拦截失败"),
        TurnState::Cancelled => ("INTERCEPT_CANCEL", "拦截取消"),
    };
    yes("data", json!({ "billCode": number, "serviceCode": "", "status": status, "statusName": name }))
}

fn create_incident(desk: &Desk<'_>, body: &Value) -> Answer {
    let (incident, extra) = (&body["incident"], &body["extraInfo"]);
    if missing(body, &["traceId"]).is_some() || missing(incident, &["billCode", "type"]).is_some() {
        return no("S208", "缺少参数");
    }
    let (number, trace_id) = (text(incident, "billCode"), text(body, "traceId"));
    let (kind, word) = match text(incident, "type").as_str() {
        "event-urge" => (IncidentKind::Urge, "urge"),
        "lose-claim" => (IncidentKind::ClaimLost, "claim"),
        "damage-compensation" => (IncidentKind::ClaimDamaged, "claim"),
        "damage-claim" => (IncidentKind::ClaimShort, "claim"),
        "modify_recipient_contact_number" => (IncidentKind::PhoneChange, "phone_change"),
        "event-sign-not-receive" | "check_goods_weight" => (IncidentKind::WorkOrder, "work_order"),
        _ => return no("S208", "工单类型不正确"),
    };
    let amount = text(extra, "expectedCompensationAmount");
    if word == "claim" && amount.parse::<f64>().is_err() {
        return no("S208", "期望赔付金额不正确");
    }
    let phone = text(&body["incidentAddressInput"], "phone");
    if word == "phone_change" && phone.is_empty() {
        return no("S208", "电话不能为空");
    }
    let opened = desk.request(Courier::Zto, &number, word, &trace_id, || {
        match word {
            "urge" => desk.world.urge(Courier::Zto, &number)?,
            "phone_change" => desk.world.change_phone(Courier::Zto, &number, &phone)?,
            _ => {}
        }
        desk.world.open_incident(Courier::Zto, &number, kind, &amount)
    });
    match opened {
        Ok(name) => Answer::json(
            &json!({ "status": true, "statusCode": "SYS000", "message": "操作成功", "traceId": trace_id, "result": { "bizNo": name } }),
        ),
        Err(Why::NoSuchParcel) => no("E416", "运单号不正确"),
        Err(why) => refused(why),
    }
}

fn incident(desk: &Desk<'_>, body: &Value) -> Answer {
    let (name, number) = (text(body, "bizNo"), text(body, "billCode"));
    let found = desk.world.incident(&name).filter(|(incident, ..)| number.is_empty() || incident.number.eq_ignore_ascii_case(&number));
    let Some((incident, life, delivered)) = found else { return yes("result", Value::Null) };
    let (state, said) = incident.standing(desk.world.now(), desk.world.hour(), life, delivered);
    let status = match state {
        IncidentState::Created => "created",
        IncidentState::Processing => "processing",
        IncidentState::Finished => "finished",
    };
    let records: Vec<Value> = said.iter().map(|(at, reply)| json!({ "handleTime": local_time::format(*at), "reply": reply })).collect();
    yes(
        "result",
        json!({ "bizNo": name, "billCode": incident.number, "incidentStatus": status, "incidentMessage": "", "handleRecords": records }),
    )
}

fn action(step: Step) -> &'static str {
    match step {
        Step::Collected => "GOT",
        Step::Departed => "DEPARTURE",
        Step::Arrived => "ARRIVAL",
        Step::OutForDelivery => "DISPATCH",
        Step::AtStation => "INBOUND",
        Step::Signed => "SIGNED",
        Step::Turned | Step::Redirected | Step::RelabelledBack | Step::RelabelledOn => "RETURN_SCAN",
        Step::BackHome => "RETURN_SIGNED",
        Step::Failed | Step::Refused | Step::Damaged | Step::Held | Step::Misrouted | Step::Cancelled => "PROBLEM",
    }
}

/// One scan a push, in a form, its text signed.
pub(super) fn pushes(news: &News<'_>) -> Vec<Push> {
    let push = |scan: &Scan| {
        let kind = match scan.step {
            Step::Turned | Step::RelabelledBack => "退回",
            Step::Redirected | Step::RelabelledOn => "改址",
            _ => "",
        };
        let data = json!({
            "billCode": news.number, "action": action(scan.step), "actionTime": local_time::format(scan.at), "facilityName": scan.site,
            "city": scan.city, "desc": words::told(scan), "expressSigner": "", "returnUpdateType": kind,
            "problemCode": if action(scan.step) == "PROBLEM" { "P1" } else { "" },
        })
        .to_string();
        let digest = md5_base64(&[&data, SECRET]);
        Push::form(&[("data", &data), ("data_digest", &digest), ("company_id", KEY), ("msg_type", "Traces")])
    };
    news.new.iter().map(push).collect()
}
