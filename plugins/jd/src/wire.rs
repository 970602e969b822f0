//! What JD writes and reads, field by field as its interface spells them.

use parcelward_courier::json::{Flag, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which parcel, and whose: the whole of a question.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parcel<'a> {
    pub(crate) waybill_code: &'a str,
    pub(crate) order_origin: u8,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) customer_code: &'a str,
}

/// `/ecap/v1/orders/cancel`: before collection it cancels, after it intercepts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cancel<'a> {
    #[serde(flatten)]
    pub(crate) parcel: Parcel<'a>,
    pub(crate) cancel_reason: &'a str,
    pub(crate) cancel_reason_code: &'static str,
    pub(crate) cancel_type: u8,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) subscribe_intercept: &'static str,
}

/// Around every answer: the gateway's failure, or what the interface says.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    #[serde(default)]
    pub(crate) error_response: Option<GatewayFailure>,
    #[serde(default)]
    pub(crate) code: Text,
    #[serde(default)]
    pub(crate) success: Option<Flag>,
    #[serde(default, alias = "message")]
    pub(crate) msg: Text,
    #[serde(default)]
    pub(crate) data: Value,
}

/// The gateway's failure.
#[derive(Deserialize)]
pub(crate) struct GatewayFailure {
    #[serde(default)]
    pub(crate) code: Text,
    #[serde(default)]
    pub(crate) zh_desc: Text,
    #[serde(default)]
    pub(crate) en_desc: Text,
}

/// A history.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Traces {
    #[serde(default)]
    pub(crate) trace_details: Value,
}

/// A scan. Both of its spellings are met.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trace {
    #[serde(alias = "operateTime")]
    pub(crate) operation_time: Text,
    #[serde(default, alias = "operateRemark")]
    pub(crate) operation_remark: Text,
    #[serde(default)]
    pub(crate) operation_title: Text,
    #[serde(default)]
    pub(crate) operate_site: Text,
    #[serde(default)]
    pub(crate) category: Text,
    #[serde(default)]
    pub(crate) category_name: Text,
    #[serde(default, alias = "operateState")]
    pub(crate) state: Text,
}
