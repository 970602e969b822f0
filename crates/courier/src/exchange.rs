//! The record of one exchange on the wire, masked: what `explain` shows of a call.
//!
//! Deliberately absent: header values, secrets, signatures and personal data. What was said is masked when it is asked for, since most
//! records (of polls that went well) are never looked at; until then it is in no `Debug`.

use crate::mask;
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

/// An exchange as it was, not masked. Nothing outside this crate sees it.
pub(crate) struct Recorded {
    pub(crate) at: Instant,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) request: String,
    pub(crate) changes: bool,
    pub(crate) end: ExchangeEnd,
    pub(crate) status: Option<u16>,
    pub(crate) response: String,
    pub(crate) took_ms: u64,
    /// Fields to hide beside those that are hidden by their names.
    pub(crate) mask: &'static [&'static str],
}

impl Recorded {
    pub(crate) fn shown(&self) -> Exchange {
        self.shown_with(&mask::body)
    }

    /// The same, of each body only the part about a word.
    pub(crate) fn shown_about(&self, word: &str, most: usize) -> Exchange {
        self.shown_with(&|text, also| mask::body_about(text, also, word, most))
    }

    fn shown_with(&self, body: &dyn Fn(&str, &[&str]) -> String) -> Exchange {
        let query = self.query.as_deref().map(|query| format!("?{}", mask::form(query, self.mask, 0))).unwrap_or_default();
        Exchange {
            at: self.at,
            method: "POST".to_owned(),
            host: self.host.clone(),
            path: format!("{}{query}", self.path),
            request: body(&self.request, self.mask),
            changes: self.changes,
            end: self.end.clone(),
            status: self.status,
            response: body(&self.response, self.mask),
            took_ms: self.took_ms,
        }
    }
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded").field("host", &self.host).field("end", &self.end).finish_non_exhaustive()
    }
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
