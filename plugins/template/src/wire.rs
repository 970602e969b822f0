//! What the carrier writes and reads, field by field as its interface spells them.
//!
//! `Text` takes numbers for texts, `Flag` words for flags: carriers' documents and answers differ there more often than not.

use parcelward_courier::json::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `/track`.
#[derive(Serialize)]
pub(crate) struct TrackQuery<'a> {
    pub(crate) numbers: Vec<&'a str>,
}

/// `/intercept`.
#[derive(Serialize)]
pub(crate) struct Intercept<'a> {
    pub(crate) number: &'a str,
    /// Our name for the request: the same for the same request, always.
    pub(crate) client_id: &'a str,
}

/// Around every answer.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) code: Text,
    #[serde(default)]
    pub(crate) message: Text,
    #[serde(default)]
    pub(crate) data: Value,
}

/// A parcel in an answer.
#[derive(Deserialize)]
pub(crate) struct Parcel {
    pub(crate) number: Text,
    #[serde(default)]
    pub(crate) found: Option<bool>,
    #[serde(default)]
    pub(crate) scans: Vec<Scan>,
}

/// A scan of a parcel.
#[derive(Deserialize)]
pub(crate) struct Scan {
    /// Local time, without zone.
    pub(crate) time: Text,
    pub(crate) code: Text,
    #[serde(default)]
    pub(crate) place: Text,
    #[serde(default)]
    pub(crate) text: Text,
}

/// A taken intercept.
#[derive(Deserialize)]
pub(crate) struct Taken {
    #[serde(default)]
    pub(crate) id: Text,
}
