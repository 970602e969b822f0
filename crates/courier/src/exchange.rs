//! The record of one exchange on the wire, masked: what `explain` shows of a call.
//!
//! Deliberately absent: header values, secrets, signatures and personal data. They are masked before the record exists.

use parcelward_casework::instant::{Instant, rfc3339};
use serde::Serialize;

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exchange {
    /// When it was sent.
    #[serde(with = "rfc3339")]
    pub at: Instant,
    /// `POST`.
    pub method: String,
    /// Host and port.
    pub host: String,
    /// Path, with the query masked.
    pub path: String,
    /// What was sent, masked and cut.
    pub request: String,
    /// Whether the request asks the courier to change something.
    pub changes: bool,
    /// How it ended.
    pub end: ExchangeEnd,
    /// HTTP status, where one came.
    pub status: Option<u16>,
    /// What came back, masked and cut.
    pub response: String,
    /// Milliseconds until the end.
    pub took_ms: u64,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeEnd {
    /// It did not: the caller gave it up, or it still runs. Something may have left.
    Open,
    /// An answer was read to its end.
    Answered,
    /// It never left.
    NeverLeft(String),
    /// It left, and no whole answer came.
    Broken(String),
}

impl ExchangeEnd {
    /// Whether it is certain that nothing left.
    #[must_use]
    pub const fn never_left(&self) -> bool {
        matches!(self, ExchangeEnd::NeverLeft(_))
    }
}
