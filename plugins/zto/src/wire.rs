//! What ZTO writes and reads, field by field as its interface spells them.

use parcelward_courier::json::{Flag, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `zto.merchant.waybill.track.query` and `….track.subsrcibe`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrackQuery<'a> {
    pub(crate) bill_code: &'a str,
    /// The last four digits; needed unless the parcel is bound to the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mobile_phone: Option<&'a str>,
}

/// `thirdcenter.createIntercept`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateIntercept<'a> {
    pub(crate) bill_code: &'a str,
    pub(crate) request_id: &'a str,
    pub(crate) third_biz_no: &'a str,
    pub(crate) customer_id: &'a str,
    pub(crate) customer_name: &'a str,
    pub(crate) destination_type: u8,
    pub(crate) receive_username: &'a str,
    pub(crate) receive_phone: &'a str,
    pub(crate) receive_province: &'a str,
    pub(crate) receive_city: &'a str,
    pub(crate) receive_district: &'a str,
    pub(crate) receive_address: &'a str,
}

/// `thirdcenter.cancelIntercept`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelIntercept<'a> {
    pub(crate) third_biz_no: &'a str,
    pub(crate) bill_code: &'a str,
}

/// `thirdcenter.queryInterceptAndReturnStatus`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InterceptQuery<'a> {
    pub(crate) bill_code: &'a str,
}

/// `zto.open.merchant.incident.create`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateIncident<'a> {
    pub(crate) trace_id: &'a str,
    pub(crate) customer: IncidentCustomer<'a>,
    pub(crate) incident: Incident<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) incident_address_input: Option<IncidentAddress<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) extra_info: Option<Compensation<'a>>,
}

/// Who opens it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IncidentCustomer<'a> {
    pub(crate) name: &'a str,
    #[serde(rename = "type")]
    pub(crate) role: u8,
    pub(crate) id: &'a str,
}

/// What it is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Incident<'a> {
    pub(crate) bill_code: &'a str,
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    pub(crate) desc: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) mobile: &'a str,
}

/// The address, or of it the phone alone, that shall hold.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IncidentAddress<'a> {
    pub(crate) phone: &'a str,
    pub(crate) original_rec: &'a str,
}

/// What is asked for a loss.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Compensation<'a> {
    pub(crate) expected_compensation_amount: String,
    pub(crate) compensation_channel: &'a str,
    pub(crate) collection_customer_mobile: &'a str,
    pub(crate) collection_customer_account_name: &'a str,
    pub(crate) collection_customer_account_code: &'a str,
}

/// `zto.open.merchant.incident.query`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IncidentQuery<'a> {
    pub(crate) biz_no: &'a str,
    pub(crate) bill_code: &'a str,
}

/// Around every answer. The payload stands in `result`, with the intercepts in `data`; the text in `message`, in some answers `messag`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    pub(crate) status: Flag,
    #[serde(default)]
    pub(crate) status_code: Text,
    #[serde(default, alias = "messag")]
    pub(crate) message: Text,
    #[serde(default)]
    pub(crate) result: Value,
    #[serde(default)]
    pub(crate) data: Value,
}

/// A scan in an answer to a question.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scan {
    #[serde(default)]
    pub(crate) bill_code: Text,
    pub(crate) scan_type: Text,
    /// Local text or milliseconds.
    pub(crate) scan_date: Text,
    #[serde(default)]
    pub(crate) desc: Text,
    #[serde(default)]
    pub(crate) scan_site: Option<Site>,
}

/// An outlet or a hub.
#[derive(Deserialize)]
pub(crate) struct Site {
    #[serde(default)]
    pub(crate) name: Text,
    #[serde(default)]
    pub(crate) city: Text,
}

/// A taken intercept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intercepted {
    #[serde(default)]
    pub(crate) center_biz_no: Text,
}

/// How an intercept stands.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InterceptStatus {
    #[serde(default)]
    pub(crate) status: Text,
    #[serde(default)]
    pub(crate) status_name: Text,
}

/// A taken work order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IncidentCreated {
    #[serde(default)]
    pub(crate) biz_no: Text,
}

/// How a work order stands. The state's word stands in either of two fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IncidentState {
    #[serde(default)]
    pub(crate) biz_no: Text,
    #[serde(default)]
    pub(crate) incident_status: Text,
    #[serde(default)]
    pub(crate) incident_message: Text,
    #[serde(default)]
    pub(crate) handle_records: Option<Vec<HandleRecord>>,
}

/// A reply on a work order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HandleRecord {
    #[serde(default)]
    pub(crate) handle_time: Text,
    #[serde(default)]
    pub(crate) reply: Text,
}

/// A pushed scan, within the push's `data`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushedScan {
    pub(crate) bill_code: Text,
    pub(crate) action: Text,
    pub(crate) action_time: Text,
    #[serde(default)]
    pub(crate) facility_name: Text,
    #[serde(default)]
    pub(crate) city: Text,
    #[serde(default)]
    pub(crate) desc: Text,
    #[serde(default)]
    pub(crate) problem_code: Text,
    #[serde(default)]
    pub(crate) return_type: Text,
    #[serde(default)]
    pub(crate) return_update_type: Text,
}
