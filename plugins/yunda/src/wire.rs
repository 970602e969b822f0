//! What Yunda writes and reads, field by field as its interface spells them.

use parcelward_courier::json::{Flag, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `logictis/query`.
#[derive(Serialize)]
pub(crate) struct Query<'a> {
    pub(crate) mailno: &'a str,
}

/// `logictis/subscribe`.
#[derive(Serialize)]
pub(crate) struct Subscribe<'a> {
    pub(crate) orders: [Order<'a>; 1],
}

/// What is subscribed.
#[derive(Serialize)]
pub(crate) struct Order<'a> {
    /// Any name of ours; the waybill is one.
    pub(crate) orderid: &'a str,
    pub(crate) mailno: &'a str,
}

/// Around every answer.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) result: Flag,
    #[serde(default)]
    pub(crate) code: Text,
    #[serde(default)]
    pub(crate) message: Text,
    #[serde(default)]
    pub(crate) data: Value,
}

/// A parcel, with its scans or with why it has none.
#[derive(Deserialize)]
pub(crate) struct Parcel {
    #[serde(default)]
    pub(crate) result: Option<Flag>,
    #[serde(default)]
    pub(crate) mailno: Text,
    #[serde(default)]
    pub(crate) remark: Text,
    #[serde(default)]
    pub(crate) steps: Value,
}

/// A scan.
#[derive(Deserialize)]
pub(crate) struct Step {
    /// Local text.
    pub(crate) time: Text,
    #[serde(default)]
    pub(crate) status: Text,
    /// Says more, in words of which there is no list.
    #[serde(default)]
    pub(crate) action: Text,
    #[serde(default)]
    pub(crate) city: Text,
    #[serde(default)]
    pub(crate) station_name: Text,
    #[serde(default)]
    pub(crate) description: Text,
}
