//! What SF writes and reads, field by field as its interface spells them.

use parcelward_courier::json::{Flag, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `EXP_RECE_SEARCH_ROUTES`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchRoutes<'a> {
    pub(crate) language: &'static str,
    pub(crate) tracking_type: &'static str,
    pub(crate) tracking_number: Vec<&'a str>,
    pub(crate) method_type: &'static str,
    /// The last four digits of a phone for each number, in their order, with commas between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) check_phone_no: Option<String>,
}

/// `EXP_RECE_REGISTER_ROUTE`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisterRoute<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) attribute_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) check_phone_no: Option<&'a str>,
    pub(crate) language: &'static str,
    pub(crate) country: &'static str,
}

/// `EXP_RECE_WANTED_INTERCEPT`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WantedIntercept<'a> {
    pub(crate) waybill_no: &'a str,
    pub(crate) service_code: &'static str,
    pub(crate) role: &'static str,
    pub(crate) pay_mode: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) monthly_card_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_dest_address: Option<Destination<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) cancel: bool,
    /// SF's number of the instruction that is withdrawn.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) cus_id: &'a str,
}

/// Where a parcel goes from now on, or, of it, what changes.
#[derive(Default, Serialize)]
pub(crate) struct Destination<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) province: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) city: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) county: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) address: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) contact: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) phone: &'a str,
}

/// `EXP_RECE_REGISTER_WAYBILL_PICTURE`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisterPicture<'a> {
    pub(crate) waybill_no: &'a str,
    pub(crate) img_type: &'static str,
    pub(crate) customer_acct_code: &'a str,
}

/// Around every answer: what the gateway says. The interface's own answer stands in `apiResultData`, as text or as itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Gateway {
    pub(crate) api_result_code: Text,
    #[serde(default)]
    pub(crate) api_error_msg: Text,
    #[serde(default)]
    pub(crate) api_result_data: Value,
}

/// What the interface says. Its parts have several spellings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inner {
    pub(crate) success: Flag,
    #[serde(default)]
    pub(crate) error_code: Text,
    #[serde(default)]
    pub(crate) error_msg: Text,
    #[serde(default)]
    pub(crate) error_message: Text,
    #[serde(default)]
    pub(crate) message: Text,
    #[serde(default)]
    pub(crate) msg_data: Value,
    #[serde(default)]
    pub(crate) obj: Value,
    #[serde(default)]
    pub(crate) data: Value,
}

/// The payload of `EXP_RECE_SEARCH_ROUTES`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Routes {
    #[serde(default)]
    pub(crate) route_resps: Value,
}

/// One parcel's answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteAnswer {
    pub(crate) mail_no: Text,
    #[serde(default)]
    pub(crate) routes: Value,
    /// Why there are no routes.
    #[serde(default)]
    pub(crate) reason_code: Value,
    #[serde(default)]
    pub(crate) reason_remark: Value,
}

/// A scan. A pushed one has its parcel's number in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Route {
    #[serde(default)]
    pub(crate) mailno: Text,
    pub(crate) accept_time: Text,
    #[serde(default)]
    pub(crate) accept_address: Text,
    #[serde(default)]
    pub(crate) remark: Text,
    #[serde(default)]
    pub(crate) op_code: Text,
    #[serde(default)]
    pub(crate) secondary_status_code: Text,
    /// Of a pushed scan: why, in words.
    #[serde(default)]
    pub(crate) reason_name: Text,
}

/// What comes of `EXP_RECE_WANTED_INTERCEPT`, where anything does.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wanted {
    #[serde(default)]
    pub(crate) cus_id: Text,
    #[serde(default)]
    pub(crate) amount: Text,
}

/// A push.
#[derive(Deserialize)]
pub(crate) struct Push {
    #[serde(rename = "Body", default)]
    pub(crate) body: Option<PushBody>,
    /// A feed of its own: the pickup of orders.
    #[serde(rename = "orderState", default)]
    pub(crate) order_state: Option<Value>,
}

/// What a push of scans holds.
#[derive(Deserialize)]
pub(crate) struct PushBody {
    #[serde(rename = "WaybillRoute")]
    pub(crate) waybill_route: Value,
}
