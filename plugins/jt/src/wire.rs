//! What J&T writes and reads, field by field as its interface spells them.

use parcelward_courier::json::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `logistics/trace`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trace<N> {
    /// Text with commas between, or a list.
    pub(crate) bill_codes: N,
}

/// `trace/subscribe`. One of the two spellings is given.
#[derive(Serialize)]
pub(crate) struct Subscribe<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a str>,
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    pub(crate) upper_id: Option<&'a str>,
    pub(crate) list: Vec<Subscribed<'a>>,
}

/// What is subscribed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscribed<'a> {
    pub(crate) waybill_code: &'a str,
    /// `1&3&4`.
    pub(crate) trace_node: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) back_url: Option<&'a str>,
}

/// `waybill/intercept`: back to the sender.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intercept<'a> {
    pub(crate) mail_no: &'a str,
    pub(crate) apply_type_code: u8,
    #[serde(flatten)]
    pub(crate) receiver: Option<Receiver<'a>>,
    #[serde(flatten)]
    pub(crate) proof: Option<Proof<'a>>,
}

/// Where a parcel goes that is sent to another address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receiver<'a> {
    pub(crate) receive_username: &'a str,
    pub(crate) receive_phone: &'a str,
    pub(crate) receive_province: &'a str,
    pub(crate) receive_city: &'a str,
    pub(crate) receive_district: &'a str,
    pub(crate) receive_address: &'a str,
}

/// Who asks, as J&T's order interfaces want it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proof<'a> {
    pub(crate) customer_code: &'a str,
    pub(crate) digest: &'a str,
}

/// Around every answer.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) code: Text,
    #[serde(default)]
    pub(crate) msg: Text,
    #[serde(default)]
    pub(crate) data: Value,
}

/// A parcel's scans, in an answer and in a push.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parcel {
    pub(crate) bill_code: Text,
    #[serde(default)]
    pub(crate) details: Value,
    /// With pushes of an order's state, which hold no scans.
    #[serde(default)]
    pub(crate) scan_type: Text,
}

/// A scan.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scan {
    /// Local text.
    pub(crate) scan_time: Text,
    pub(crate) scan_type: Text,
    #[serde(default)]
    pub(crate) desc: Text,
    #[serde(default)]
    pub(crate) scan_network_name: Text,
    #[serde(default)]
    pub(crate) scan_network_city: Text,
    #[serde(default)]
    pub(crate) problem_type: Text,
}

/// What became of one number of a subscription.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscribedAnswer {
    #[serde(default)]
    pub(crate) waybill_code: Text,
    #[serde(default)]
    pub(crate) is_success: Option<parcelward_courier::json::Flag>,
}
