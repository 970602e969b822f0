//! What Deppon writes and reads, field by field as its interface spells them.

use parcelward_courier::json::{Flag, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `newTraceQuery`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceQuery<'a> {
    pub(crate) mail_no: &'a str,
}

/// `standTraceSubscribe`.
#[derive(Serialize)]
pub(crate) struct Subscribe<'a> {
    pub(crate) tracking_number: &'a str,
}

/// Around every answer. A question's code stands in `resultCode`, a subscription's in `error_code`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    pub(crate) result: Flag,
    #[serde(default, alias = "error_code")]
    pub(crate) result_code: Text,
    #[serde(default)]
    pub(crate) reason: Text,
    #[serde(default)]
    pub(crate) response_param: Value,
}

/// A parcel and its scans.
#[derive(Deserialize)]
pub(crate) struct Parcel {
    #[serde(default)]
    pub(crate) tracking_number: Text,
    #[serde(default)]
    pub(crate) trace_list: Value,
}

/// A scan.
#[derive(Deserialize)]
pub(crate) struct Scan {
    /// Local text.
    pub(crate) time: Text,
    pub(crate) status: Text,
    #[serde(default)]
    pub(crate) city: Text,
    #[serde(default)]
    pub(crate) site: Text,
    #[serde(default)]
    pub(crate) description: Text,
}
