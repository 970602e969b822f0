//! What Kuaidi100 writes and reads, field by field as its interface spells them.

use parcelward_courier::json::{Flag, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question about one parcel.
#[derive(Serialize)]
pub(crate) struct Query<'a> {
    pub(crate) com: &'a str,
    pub(crate) num: &'a str,
    /// Empty where no phone is known.
    pub(crate) phone: &'a str,
    pub(crate) resultv2: &'static str,
}

/// A subscription. It is not signed: the key stands in it.
#[derive(Serialize)]
pub(crate) struct Subscribe<'a> {
    pub(crate) company: &'a str,
    pub(crate) number: &'a str,
    pub(crate) key: &'a str,
    pub(crate) parameters: SubscribeParameters<'a>,
}

/// How its pushes come.
#[derive(Serialize)]
pub(crate) struct SubscribeParameters<'a> {
    pub(crate) callbackurl: &'a str,
    pub(crate) salt: &'a str,
    pub(crate) resultv2: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) phone: &'a str,
}

/// Method `interceptOrder`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intercept<'a> {
    pub(crate) kuaidicom: &'a str,
    pub(crate) kuaidinum: &'a str,
    pub(crate) intercept_type: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) partner_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) partner_key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) partner_secret: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) partner_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) net: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) app_key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) app_secret: &'a str,
    pub(crate) reason: &'a str,
    #[serde(rename = "orderid", skip_serializing_if = "str::is_empty")]
    pub(crate) documented_order_id: &'a str,
    #[serde(rename = "orderId", skip_serializing_if = "str::is_empty")]
    pub(crate) library_order_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rec_man_info: Option<Recipient<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) order_role: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) intercept_pay_type: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) salt: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) callback_url: &'a str,
}

/// Where the parcel goes from now on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recipient<'a> {
    pub(crate) name: &'a str,
    pub(crate) mobile: &'a str,
    pub(crate) print_addr: String,
}

/// The answer to a question: a history, or a failure.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// Only in a failure, and then false.
    #[serde(default)]
    pub(crate) result: Option<Flag>,
    #[serde(default)]
    pub(crate) return_code: Text,
    #[serde(default)]
    pub(crate) message: Text,
    #[serde(default)]
    pub(crate) nu: Text,
    #[serde(default)]
    pub(crate) com: Text,
    #[serde(default)]
    pub(crate) state: Text,
    #[serde(default)]
    pub(crate) data: Option<Value>,
}

/// A scan.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scan {
    #[serde(default)]
    pub(crate) ftime: Text,
    #[serde(default)]
    pub(crate) time: Text,
    #[serde(default)]
    pub(crate) context: Text,
    #[serde(default)]
    pub(crate) location: Text,
    #[serde(default)]
    pub(crate) area_name: Text,
    #[serde(default)]
    pub(crate) status: Text,
    #[serde(default)]
    pub(crate) status_code: Text,
}

/// The answer to a subscription.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscribed {
    pub(crate) result: Flag,
    pub(crate) return_code: Text,
    #[serde(default)]
    pub(crate) message: Text,
}

/// The answer to an intercept.
#[derive(Deserialize)]
pub(crate) struct Taken {
    pub(crate) code: Text,
    #[serde(default)]
    pub(crate) message: Text,
}

/// A push: of a subscription where it has a history, else a callback.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Push {
    #[serde(default)]
    pub(crate) status: Text,
    #[serde(default)]
    pub(crate) message: Text,
    #[serde(default)]
    pub(crate) last_result: Option<Answer>,
    /// Of a callback. Its fields are not published: those of the request, and what is usual.
    #[serde(default)]
    pub(crate) kuaidicom: Text,
    #[serde(default, alias = "kuaidiNum")]
    pub(crate) kuaidinum: Text,
    #[serde(default)]
    pub(crate) intercept_type: Text,
    #[serde(default)]
    pub(crate) data: Value,
}
