//! Kuaidi100, the aggregator: three addresses, forms with a signed `param`; it tells of every courier's parcels and passes intercepts on.

use super::{Answer, Asked, Desk, News, Push, Sight, missing, object, text, words};
use crate::accounts::Account;
use crate::books::Watched;
use crate::life::Step;
use crate::parcel::{Scan, TurnState, Way};
use crate::service::Service;
use crate::world::{TurnTerms, Why};
use parcelward_casework::words::Courier;
use parcelward_courier::local_time;
use parcelward_courier::signing::{md5_hex_upper, same, same_hex, sha256_hex_upper};
use serde_json::{Value, json};

const CUSTOMER: &str = "SIMCUSTOMER1";
const KEY: &str = "SIMKEY1";
const SECRET: &str = "SIMSECRET1";
const SALT: &str = "simsalt";
/// A number is locked that is asked about more often.
const LEAST_GAP_MINUTES: i64 = 30;

pub(super) fn account(base: &str) -> Account {
    let settings = format!(
        "customer = \"{CUSTOMER}\"\nkey = {{ env = \"SIM_KUAIDI100_KEY\" }}\nquery_url = \"{base}/poll/query.do\"\nsubscribe_url = \"{base}/poll\"\n\
         order_url = \"{base}/label/order\"\nsalt = {{ env = \"SIM_KUAIDI100_SALT\" }}\nsecret = {{ env = \"SIM_KUAIDI100_SECRET\" }}\n\n\
         [partners.jd]\npartner_id = \"010K000001\"\n\n[partners.ems]\npartner_id = \"1100000000001\"\n\n[partners.deppon]\npartner_id = \"SIMCOMPANY\"\n\n\
         [partners.zto]\npartner_id = \"SIMPARTNER\"\nnet = \"57101\"\n\n[partners.jt]\npartner_id = \"SIMMONTHLY\"\n"
    );
    Account::new(settings, &[("SIM_KUAIDI100_KEY", KEY), ("SIM_KUAIDI100_SALT", SALT), ("SIM_KUAIDI100_SECRET", SECRET)])
}

/// The courier of a name.
fn courier(company: &str) -> Option<Courier> {
    Some(match company {
        "shunfeng" | "shunfengkuaiyun" => Courier::Sf,
        "zhongtong" => Courier::Zto,
        "yuantong" => Courier::Yto,
        "shentong" => Courier::Sto,
        "yunda" => Courier::Yunda,
        "jtexpress" => Courier::Jt,
        "jd" => Courier::Jd,
        "ems" | "youzhengguonei" | "youzhengdsbk" => Courier::Ems,
        "debangkuaidi" | "debangwuliu" => Courier::Deppon,
        _ => return None,
    })
}

fn company(courier: Courier) -> &'static str {
    match courier {
        Courier::Sf => "shunfeng",
        Courier::Zto => "zhongtong",
        Courier::Yto => "yuantong",
        Courier::Sto => "shentong",
        Courier::Yunda => "yunda",
        Courier::Jt => "jtexpress",
        Courier::Jd => "jd",
        Courier::Ems => "ems",
        Courier::Deppon => "debangkuaidi",
        Courier::Other => "",
    }
}

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    match asked.path {
        "/poll/query.do" => query(desk, asked),
        "/poll" => subscribe(desk, asked),
        "/label/order" => order(desk, asked),
        _ => Answer::nowhere(),
    }
}

fn no(code: &str, message: &str) -> Answer {
    Answer::json(&json!({ "result": false, "returnCode": code, "message": message }))
}

fn query(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    let form = asked.form();
    let param = form.get("param");
    let sign = match form.get("signType") {
        "" | "MD5" => md5_hex_upper(&[param, KEY, CUSTOMER]),
        "SHA256" => sha256_hex_upper(&[param, KEY, CUSTOMER]),
        _ => return no("400", "签名类型不支持"),
    };
    if form.get("customer") != CUSTOMER || !same(&sign, form.get("sign")) {
        return no("503", "验证签名失败");
    }
    let Some(param) = object(param) else { return no("400", "提交的数据不完整或者贵公司没授权") };
    let (name, number, phone) = (text(&param, "com"), text(&param, "num"), text(&param, "phone"));
    let Some(courier) = courier(&name) else { return no("400", "快递公司参数异常：公司编码不存在") };
    if !(6..=32).contains(&number.len()) {
        return no("400", "快递公司参数异常：单号不存在或者已经过期");
    }
    if matches!(name.as_str(), "shunfeng" | "shunfengkuaiyun" | "zhongtong") && phone.is_empty() {
        return no("408", "快递公司参数异常:验证码错误");
    }
    let now = desk.world.now();
    let watched = Watched { service: Service::Kuaidi100, courier, number: number.to_ascii_uppercase() };
    if desk.books.asked(watched, now).is_some_and(|before| now.since(before).as_millis() < LEAST_GAP_MINUTES * 60_000) {
        desk.ledger.asked_too_soon(Service::Kuaidi100);
    }
    match desk.sight(courier, &number, &phone) {
        Sight::PhoneWanted | Sight::PhoneWrong => return no("408", "快递公司参数异常:验证码错误"),
        Sight::NoSuchParcel => return no("500", "查询无结果，请隔段时间再查"),
        Sight::Yes => {}
    }
    let mut scans = desk.scans(courier, &number).unwrap_or_default();
    if scans.is_empty() {
        return no("500", "查询无结果，请隔段时间再查");
    }
    let advanced = matches!(text(&param, "resultv2").as_str(), "4" | "8");
    if text(&param, "order") != "asc" {
        scans.reverse();
    }
    Answer::json(&history(&name, &number, &scans, advanced))
}

fn history(company: &str, number: &str, scans: &[Scan], advanced: bool) -> Value {
    let newest = scans.iter().max_by_key(|scan| scan.at).map_or(Step::Departed, |scan| scan.step);
    let data: Vec<Value> = scans
        .iter()
        .map(|scan| {
            let (advanced_code, word, _) = code(scan.step);
            let at = local_time::format(scan.at);
            let mut one = json!({ "time": at, "ftime": at, "context": words::told(scan), "location": scan.city, "status": word });
            if advanced {
                one["statusCode"] = advanced_code.into();
            }
            one
        })
        .collect();
    let signed = if code(newest).2 == "3" { "1" } else { "0" };
    json!({
        "message": "ok", "nu": number, "ischeck": signed, "com": company, "status": "200", "state": code(newest).2, "condition": "F00",
        "data": data,
    })
}

/// Advanced code, word, basic state.
fn code(step: Step) -> (&'static str, &'static str, &'static str) {
    match step {
        Step::Collected => ("103", "揽收", "1"),
        Step::Departed => ("1002", "干线", "0"),
        Step::Arrived => ("1001", "到达派件城市", "0"),
        Step::OutForDelivery => ("5", "派件", "5"),
        Step::AtStation => ("501", "投柜或驿站", "5"),
        Step::Signed => ("301", "本人签收", "3"),
        Step::Failed => ("204", "派送异常", "2"),
        Step::Refused => ("203", "拒签", "14"),
        Step::Damaged => ("209", "破损", "2"),
        Step::Held => ("208", "滞留", "2"),
        Step::Misrouted => ("2", "疑难", "2"),
        Step::Turned | Step::RelabelledBack => ("6", "退回", "6"),
        Step::Redirected | Step::RelabelledOn => ("1003", "转递", "0"),
        Step::BackHome => ("4", "退签", "4"),
        Step::Cancelled => ("210", "无效单", "2"),
    }
}

/// Not signed: the key stands in it.
fn subscribe(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    let form = asked.form();
    let Some(param) = object(form.get("param")).filter(|_| form.get("schema") == "json") else {
        return no("700", "订阅数据格式错误");
    };
    if !same(KEY, &text(&param, "key")) {
        return no("601", "KEY已过期");
    }
    let parameters = &param["parameters"];
    if text(parameters, "callbackurl").is_empty() || text(&param, "number").is_empty() {
        return no("700", "回调地址或单号为空");
    }
    let (name, number) = (text(&param, "company"), text(&param, "number"));
    let Some(courier) = courier(&name) else { return no("702", "识别不到快递公司") };
    match desk.sight(courier, &number, &text(parameters, "phone")) {
        Sight::NoSuchParcel => return no("700", "不支持的单号"),
        Sight::PhoneWanted | Sight::PhoneWrong => return no("700", "手机号校验不通过"),
        Sight::Yes => {}
    }
    if desk.subscribe(courier, &number, &text(parameters, "callbackurl"), &text(parameters, "salt")) {
        Answer::json(&json!({ "result": true, "returnCode": "200", "message": "提交成功" }))
    } else {
        no("501", "重复订阅")
    }
}

fn ordered(code: u32, message: &str) -> Answer {
    Answer::json(&json!({ "code": code, "message": message, "data": null, "time": 12 }))
}

fn order(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    let form = asked.form();
    let (param, t) = (form.get("param"), form.get("t"));
    if form.get("key") != KEY || !same_hex(&md5_hex_upper(&[param, t, KEY, SECRET]), form.get("sign")) {
        return ordered(503, "验证签名失败");
    }
    let Some(param) = object(param).filter(|_| form.get("method") == "interceptOrder") else { return ordered(400, "参数错误") };
    let name = text(&param, "kuaidicom");
    let number = text(&param, "kuaidinum");
    let in_dictionary =
        matches!(name.as_str(), "debangwuliu" | "zhongtong" | "jtexpress" | "jd" | "ems" | "youzhengguonei" | "youzhengdsbk");
    let Some(courier) = courier(&name).filter(|_| in_dictionary) else { return ordered(400, "快递公司不支持拦截") };
    if matches!(name.as_str(), "zhongtong" | "jtexpress") && text(&param, "callbackUrl").is_empty() {
        return ordered(400, "callbackUrl不能为空");
    }
    if missing(&param, &["kuaidinum", "partnerId"]).is_some() {
        return ordered(400, "单号或partnerId为空");
    }
    let (way, kind) = match text(&param, "interceptType").as_str() {
        "RETURN_SEND_STATION" | "RETURN_SEND_ADDR" => (Way::Back, "intercept"),
        "MODIFY_ADDR" => (Way::On, "address_change"),
        _ => return ordered(400, "interceptType错误"),
    };
    let to = &param["recManInfo"];
    let reachable = !text(to, "mobile").is_empty() || !text(to, "tel").is_empty();
    if way == Way::On && (missing(to, &["name", "printAddr"]).is_some() || !reachable) {
        return ordered(400, "recManInfo不完整");
    }
    let reference = [text(&param, "orderid"), text(&param, "orderId")].concat();
    let terms = TurnTerms { until_dispatch: false, refuses_again: false, reissues: courier == Courier::Jd, cancels_before: false };
    let taken = desk.request(courier, &number, kind, &reference, || desk.world.turn(courier, &number, way, &reference, terms));
    match taken {
        Ok(_) => {
            if !text(&param, "callbackUrl").is_empty() {
                let watched = Watched { service: Service::Kuaidi100, courier, number: number.to_ascii_uppercase() };
                desk.books.call_back(watched, &text(&param, "callbackUrl"), &text(&param, "salt"), &text(&param, "interceptType"));
            }
            ordered(200, "success")
        }
        Err(Why::NoSuchParcel) => ordered(9001, "单号不存在"),
        Err(Why::NotCollected) => ordered(9002, "未揽收，不能拦截"),
        Err(Why::Ended) => ordered(9003, "已签收，不能拦截"),
        Err(Why::Dispatched) => ordered(9004, "派送中，不能拦截"),
        Err(Why::TurnedAlready) => ordered(9005, "已退改"),
        Err(Why::AskedBefore) => ordered(9006, "重复拦截"),
        Err(Why::NothingToCancel | Why::TooLateToCancel | Why::AskedByAnother) => ordered(9007, "无可取消的拦截"),
    }
}

fn signed(param: &Value, salt: &str) -> Push {
    let param = param.to_string();
    let sign = md5_hex_upper(&[&param, salt]);
    Push::form(&[("sign", &sign), ("param", &param)])
}

/// The whole history, newest first, whenever there is something new.
pub(super) fn pushes(news: &News<'_>) -> Vec<Push> {
    if news.new.is_empty() {
        return Vec::new();
    }
    let mut scans = news.all.to_vec();
    scans.reverse();
    let name = company(news.courier);
    let status = if news.all.iter().any(|scan| scan.step == Step::Signed) { "shutdown" } else { "polling" };
    let param = json!({
        "status": status, "billstatus": "", "message": "", "autoCheck": "0", "comOld": "", "comNew": "",
        "lastResult": history(name, news.number, &scans, true),
    });
    vec![signed(&param, &news.subscription.salt)]
}

/// How an intercept stands. The fields and states of this callback are not published: the request's own fields, and words.
pub(crate) fn callback(courier: Courier, number: &str, kind: &str, state: TurnState, salt: &str) -> Option<Push> {
    let (code, message) = match state {
        TurnState::Asked => return None,
        TurnState::UnderWay => ("1", "拦截中，已退改"),
        TurnState::Done => ("2", "拦截成功"),
        TurnState::Failed => ("3", "拦截失败"),
        TurnState::Cancelled => ("4", "拦截取消"),
    };
    let param = json!({ "kuaidicom": company(courier), "kuaidinum": number, "interceptType": kind, "status": code, "message": message });
    Some(signed(&param, salt))
}
