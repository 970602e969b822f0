//! What YTO writes and reads, field by field as its interface spells them.

use parcelward_courier::json::{Flag, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Around every request. `param` is the business part as text, signed as it stands here.
#[derive(Serialize)]
pub(crate) struct Envelope<'a> {
    pub(crate) timestamp: &'a str,
    pub(crate) param: &'a str,
    pub(crate) sign: &'a str,
    pub(crate) format: &'a str,
}

/// `subscribe_adapter`; the last field holds a [`Subscribed`] as text.
#[derive(Serialize)]
pub(crate) struct Subscribe<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) msg_type: &'a str,
    pub(crate) logistics_interface: &'a str,
}

/// What is subscribed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscribed<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) waybill_no: &'a str,
}

/// `wanted_report_adapter`: back to the sender.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    pub(crate) waybill_no: &'a str,
    /// Never empty.
    pub(crate) wanted_desc: &'a str,
}

/// `wanted_change_adapter`: to another address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change<'a> {
    pub(crate) waybill_no: &'a str,
    pub(crate) wanted_desc: &'a str,
    pub(crate) receive_prov_name: &'a str,
    pub(crate) receive_city_name: &'a str,
    pub(crate) receive_county_name: &'a str,
    pub(crate) receive_address: &'a str,
    pub(crate) receiver_name: &'a str,
    pub(crate) receiver_tel: &'a str,
}

/// `wanted_cancel_adapter`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cancel<'a> {
    pub(crate) waybill_no: &'a str,
    pub(crate) deal_remark: &'a str,
}

/// An answer that is an object: of tracking without a scan, of a subscription, of an intercept (`statusCode`), or the gateway's no.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    #[serde(default)]
    pub(crate) success: Option<Flag>,
    #[serde(default)]
    pub(crate) code: Text,
    #[serde(default)]
    pub(crate) message: Text,
    #[serde(default)]
    pub(crate) status_code: Text,
    #[serde(default)]
    pub(crate) status_message: Text,
    /// Scans by waybill; empty lists where it has none.
    #[serde(default)]
    pub(crate) map: Value,
}

/// A scan in an answer to a question.
#[derive(Deserialize)]
pub(crate) struct Scan {
    #[serde(default, rename = "waybill_No")]
    pub(crate) waybill_no: Text,
    /// Local text.
    #[serde(rename = "upload_Time")]
    pub(crate) upload_time: Text,
    /// The code.
    #[serde(rename = "infoContent")]
    pub(crate) info_content: Text,
    /// In words.
    #[serde(default, rename = "processInfo")]
    pub(crate) process_info: Text,
    #[serde(default)]
    pub(crate) city: Text,
    #[serde(default)]
    pub(crate) district: Text,
}

/// A pushed scan, in XML (`<UpdateInfo>`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushedUpdate {
    pub(crate) mail_no: String,
    #[serde(default, rename = "txLogisticID")]
    pub(crate) tx_logistic_id: String,
    /// `STATUS` for scans.
    #[serde(default)]
    pub(crate) info_type: String,
    #[serde(default)]
    pub(crate) info_content: String,
    #[serde(default)]
    pub(crate) accept_time: String,
    #[serde(default)]
    pub(crate) remark: String,
    #[serde(default)]
    pub(crate) org_name: String,
    #[serde(default)]
    pub(crate) city: String,
    #[serde(default)]
    pub(crate) district: String,
    /// Why it was not delivered.
    #[serde(default)]
    pub(crate) question_cause: String,
}
