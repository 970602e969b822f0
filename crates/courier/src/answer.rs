//! What a courier's yes says. Accepted is never done: the end comes from scans or from asking.

use parcelward_casework::instant::{Instant, rfc3339};
use parcelward_casework::money::Money;
use serde::Serialize;

/// The courier took a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Accepted {
    /// The courier's own number of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What it costs, in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// The number under which the parcel travels on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_number: Option<String>,
}

impl Accepted {
    /// With the courier's number, where it gave one.
    #[must_use]
    pub fn with(reference: Option<String>) -> Self {
        Accepted { reference, ..Accepted::default() }
    }
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Taken, nothing decided.
    Pending,
    /// It works: the parcel is on its way back (or to its new address).
    UnderWay,
    /// Done.
    Succeeded,
    /// It did not work.
    Failed,
    /// Withdrawn.
    Cancelled,
    /// Ended by the courier, without a word on how: a person reads its text.
    Closed,
    /// A word that no table has; it moves nothing.
    Unrecognized,
}

/// How an earlier request stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestState {
    /// How far it has come.
    pub progress: Progress,
    /// The courier's own word for it.
    pub code: String,
    /// The courier's words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The courier's own number of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Looked {
    /// The courier has it.
    Seen(RequestState),
    /// The courier has none, as far as it can see now (it may take a while to show).
    NotSeen,
}

/// A courier's reply on a claim or a work order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reply {
    /// When, where it says.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// In what words. What is paid stands here, in words, with most couriers: a person reads it.
    pub text: String,
}

/// How a claim or a work order stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimProgress {
    /// How far it has come.
    pub state: RequestState,
    /// What the courier said, oldest first.
    pub replies: Vec<Reply>,
}

/// A picture.
#[derive(Clone, PartialEq, Serialize)]
pub enum Picture {
    /// Where it can be had; treat as a secret, it often opens for anybody.
    Url(String),
    /// Its bytes.
    Bytes(Vec<u8>),
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Picture::Url(_) => f.write_str("Picture::Url(***)"),
            Picture::Bytes(bytes) => write!(f, "Picture::Bytes({} bytes)", bytes.len()),
        }
    }
}

/// What came of asking for a proof.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofAnswer {
    /// Here; empty where there is none.
    Pictures(Vec<Picture>),
    /// It will be pushed.
    WillBePushed,
}
