//! What EMS writes and reads, field by field as its interface spells them.

use parcelward_courier::json::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `040001`: where a parcel is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceQuery<'a> {
    pub(crate) waybill_no: &'a str,
    pub(crate) direction: &'static str,
}

/// Around every answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    pub(crate) ret_code: Text,
    #[serde(default)]
    pub(crate) ret_msg: Text,
    /// An object, a list, or text that holds either.
    #[serde(default)]
    pub(crate) ret_body: Value,
}

/// A scan, asked for or pushed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trace {
    #[serde(default)]
    pub(crate) waybill_no: Text,
    pub(crate) op_time: Text,
    #[serde(default)]
    pub(crate) op_code: Text,
    #[serde(default)]
    pub(crate) op_name: Text,
    #[serde(default)]
    pub(crate) op_desc: Text,
    #[serde(default)]
    pub(crate) op_org_city: Text,
    #[serde(default)]
    pub(crate) op_org_name: Text,
    #[serde(default)]
    pub(crate) attempt_delivery_code: Text,
}

/// The answer to a push.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushAnswer<'a> {
    pub(crate) serial_no: &'a str,
    pub(crate) code: &'static str,
    pub(crate) code_message: &'static str,
    pub(crate) sender_no: &'a str,
}
