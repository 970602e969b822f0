//! What STO writes and reads, field by field as its interface spells them.

use parcelward_courier::json::{Flag, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `STO_TRACE_QUERY_COMMON`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceQuery<'a> {
    /// `asc` or `desc`.
    pub(crate) order: &'a str,
    pub(crate) waybill_no_list: Vec<&'a str>,
}

/// `STO_TRACE_PLATFORM_SUBSCRIBE`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscribe<'a> {
    pub(crate) subscribe_info_list: Vec<Waybill<'a>>,
}

/// A parcel alone: of a subscription, and what withdraws an intercept.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Waybill<'a> {
    pub(crate) waybill_no: &'a str,
}

/// `INTERCEPT_CREATE_STANDARD`: back to the sender, or, with a receiver, to another address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intercept<'a> {
    pub(crate) waybill_no: &'a str,
    pub(crate) intercept_for_act: &'a str,
    #[serde(flatten)]
    pub(crate) receiver: Option<Receiver<'a>>,
}

/// Where a parcel goes that is sent to another address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receiver<'a> {
    pub(crate) receiver_name: &'a str,
    pub(crate) receiver_tel: &'a str,
    pub(crate) receiver_province: &'a str,
    pub(crate) receiver_city: &'a str,
    pub(crate) receiver_area: &'a str,
    pub(crate) receiver_address: &'a str,
}

/// Around every answer; with some errors the gateway writes it in XML, with `<response>` around.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    #[serde(default)]
    pub(crate) success: Option<Flag>,
    #[serde(default)]
    pub(crate) error_code: Text,
    #[serde(default)]
    pub(crate) error_msg: Text,
    #[serde(default)]
    pub(crate) data: Value,
}

/// The same in XML.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct XmlEnvelope {
    pub(crate) success: String,
    #[serde(default)]
    pub(crate) error_code: String,
    #[serde(default)]
    pub(crate) error_msg: String,
}

/// What stands behind the gateway may say no within the gateway's yes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inner {
    #[serde(default)]
    pub(crate) success: Option<Flag>,
    #[serde(default)]
    pub(crate) error_code: Text,
    #[serde(default)]
    pub(crate) error_msg: Text,
}

/// A scan, in an answer and in a push. A push has its own id; the time's zone (`tz`) comes in no published form and is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scan {
    #[serde(default)]
    pub(crate) waybill_no: Text,
    #[serde(default)]
    pub(crate) out_biz_code: Text,
    /// Local text.
    pub(crate) op_time: Text,
    pub(crate) scan_type: Text,
    #[serde(default)]
    pub(crate) memo: Text,
    #[serde(default)]
    pub(crate) op_org_name: Text,
    #[serde(default)]
    pub(crate) op_org_city_name: Text,
    /// Which problem, with `问题件`.
    #[serde(default)]
    pub(crate) issue_name: Text,
}

/// What became of one number of a subscription.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscribedAnswer {
    #[serde(default)]
    pub(crate) waybill_no: Text,
    pub(crate) status: Flag,
    #[serde(default)]
    pub(crate) message: Text,
}

/// A push: of a scan (`trace`), or of an order's state (`event`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Push {
    #[serde(default)]
    pub(crate) waybill_no: Text,
    #[serde(default)]
    pub(crate) trace: Option<Scan>,
    #[serde(default)]
    pub(crate) event: Text,
}
