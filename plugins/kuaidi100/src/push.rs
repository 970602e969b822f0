//! What Kuaidi100 pushes: whole histories of parcels that were subscribed to, and callbacks of intercepts; signed. Pure.

use crate::adapter::Kuaidi100;
use crate::config::Config;
use crate::responses;
use crate::wire::{Answer, Push};
use parcelward_courier::json::Text;
use parcelward_courier::signing::{md5_hex, md5_hex_upper, same_hex};
use parcelward_courier::{
    Acknowledgement, CourierError, ExposeSecret, OperationKind, Progress, PushIn, PushProblem, PushReceipt, PushRequest, Pushed,
    PushedItem, RequestState, Verification, Waybill, json,
};
use serde_json::Value;

impl PushIn for Kuaidi100 {
    fn verification(&self) -> Verification {
        Verification::Signed
    }

    fn receive(&self, push: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
        let fields = push.fields()?;
        // Signed over the text as it came, before it is read. What stands beside it, and in the address, is not signed and not used.
        let param = fields.needed("param")?;
        let salt = self.config().salt.as_ref().ok_or(PushProblem::Unverified("no salt is set"))?;
        let sign = fields.get("sign").filter(|sign| !sign.is_empty()).ok_or(PushProblem::Unverified("no signature"))?;
        if !same_hex(&md5_hex_upper(&[param, salt.expose_secret()]), sign) {
            return Err(PushProblem::Unverified("wrong signature"));
        }
        let items = told(param, self.config())?;
        Ok(PushReceipt { items, acknowledge: Acknowledgement::json(r#"{"result":true,"returnCode":"200","message":"成功"}"#) })
    }

    fn decline(&self, _: &PushProblem) -> Acknowledgement {
        Acknowledgement::json(r#"{"result":false,"returnCode":"500","message":"失败"}"#)
    }
}

fn told(param: &str, config: &Config) -> Result<Vec<PushedItem>, PushProblem> {
    let value: Value = json::from_text(param).map_err(PushProblem::Malformed)?;
    let push: Push = json::shaped(value, "param").map_err(malformed)?;
    match push.last_result {
        Some(answer) if answer.nu.as_str().trim().is_empty() => Err(PushProblem::Malformed("param.lastResult.nu is missing".to_owned())),
        Some(answer) => subscribed(param, answer, push.status.as_str(), config),
        None if push.kuaidinum.as_str().trim().is_empty() => {
            Err(PushProblem::Malformed("neither param.lastResult nor param.kuaidinum".to_owned()))
        }
        None => Ok(vec![callback(param, push, config)]),
    }
}

fn malformed(error: CourierError) -> PushProblem {
    PushProblem::Malformed(error.to_string())
}

/// A whole history. A push that ends a subscription (`abort`: nothing for three days, nothing new for sixty) may have none.
fn subscribed(param: &str, mut answer: Answer, status: &str, config: &Config) -> Result<Vec<PushedItem>, PushProblem> {
    let number = std::mem::take(&mut answer.nu).0.trim().to_owned();
    let waybill = Waybill { courier: config.courier_of(answer.com.as_str().trim()), number };
    let mut items = Vec::new();
    if status == "abort" {
        items.push(PushedItem { key: md5_hex(&["abort", param]), tells: Pushed::Other("abort".to_owned()) });
        answer.data.get_or_insert(Value::Null);
    }
    let history = responses::history(answer).map_err(malformed)?;
    items.extend(history.into_events().into_iter().map(|event| PushedItem::scan(waybill.clone(), event)));
    Ok(items)
}

/// How an intercept stands. The list of its states is not published: the word is kept, and moves nothing.
fn callback(param: &str, push: Push, config: &Config) -> PushedItem {
    let inner = |name: &str| push.data.get(name).and_then(|value| serde_json::from_value::<Text>(value.clone()).ok()?.given());
    let kind = match push.intercept_type.given().or_else(|| inner("interceptType")).as_deref() {
        Some("MODIFY_ADDR") => OperationKind::AddressChange,
        _ => OperationKind::Intercept,
    };
    let code = push.status.given().or_else(|| inner("status")).unwrap_or_default();
    let text = push.message.given().or_else(|| inner("message"));
    let state = RequestState { progress: Progress::Unrecognized, code, text, reference: None };
    let waybill = Waybill { courier: config.courier_of(push.kuaidicom.as_str().trim()), number: push.kuaidinum.0.trim().to_owned() };
    PushedItem { key: md5_hex(&["callback", param]), tells: Pushed::Request { waybill, kind, state } }
}
