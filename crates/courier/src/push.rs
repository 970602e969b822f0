//! What couriers push to us: a request, read into items, and the exact words to answer.

use crate::answer::RequestState;
use crate::signing::same;
use crate::text::form_fields;
use crate::tracking::TrackingEvent;
use parcelward_casework::fact::Waybill;
use parcelward_casework::words::OperationKind;

/// A push as it came over HTTP. Its size was bounded by whoever took it.
#[derive(Clone, Copy)]
pub struct PushRequest<'a> {
    /// Header names and values; names in any case.
    pub headers: &'a [(String, String)],
    /// The query behind the `?`, not decoded.
    pub query: &'a str,
    /// The bytes.
    pub body: &'a [u8],
}

impl PushRequest<'_> {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Errors
    /// Where it is empty.
    pub fn text(&self) -> Result<String, PushProblem> {
        let text = crate::decode_text(self.body, self.header("content-type"));
        if text.trim().is_empty() { Err(PushProblem::Malformed("empty".to_owned())) } else { Ok(text) }
    }

    /// The outer fields, whichever way they were sent: a form, or a JSON object of texts. Several couriers do both.
    ///
    /// # Errors
    /// Where the body is neither.
    pub fn fields(&self) -> Result<Fields, PushProblem> {
        let text = self.text()?;
        if !text.trim_start().starts_with('{') {
            return Ok(Fields(form_fields(&text)));
        }
        let object: serde_json::Map<String, serde_json::Value> = crate::json::from_text(&text).map_err(PushProblem::Malformed)?;
        let plain = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        };
        Ok(Fields(object.into_iter().map(|(name, value)| (name, plain(value))).collect()))
    }
}

impl std::fmt::Debug for PushRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PushRequest({} bytes)", self.body.len())
    }
}

/// The outer fields of a push. No `Debug`: they hold what is personal.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// Naming it.
    pub fn needed(&self, name: &str) -> Result<&str, PushProblem> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| PushProblem::Malformed(format!("{name} is missing")))
    }
}

/// How a push shows that it is the courier's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// It is signed, and the signature is checked.
    Signed,
    /// It is not: a secret in the path and a list of addresses protect it, and what it says is looked up before money moves.
    Unsigned,
}

/// Something that a push tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Pushed {
    /// A scan.
    Scan(Waybill, Box<TrackingEvent>),
    /// How a request stands.
    Request {
        /// The parcel.
        waybill: Waybill,
        /// What was asked.
        kind: OperationKind,
        /// How it stands.
        state: RequestState,
    },
    /// A kind of push that this adapter takes and has no use for (weights, pickup orders): its name.
    Other(String),
}

/// One item of a push.
#[derive(Debug, Clone, PartialEq)]
pub struct PushedItem {
    /// The same for the same item, however often it is pushed. Holds no personal data.
    pub key: String,
    /// What it tells.
    pub tells: Pushed,
}

impl PushedItem {
    /// A scan, keyed by itself.
    #[must_use]
    pub fn scan(waybill: Waybill, event: TrackingEvent) -> Self {
        PushedItem { key: event.key(&waybill), tells: Pushed::Scan(waybill, Box::new(event)) }
    }
}

/// A push that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct PushReceipt {
    /// What it tells, in its order.
    pub items: Vec<PushedItem>,
    /// What to answer once the items are stored.
    pub acknowledge: Acknowledgement,
}

/// An answer to a push, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
}

impl Acknowledgement {
    /// JSON with status 200.
    #[must_use]
    pub fn json(body: impl Into<String>) -> Self {
        Acknowledgement { status: 200, content_type: "application/json; charset=utf-8", body: body.into() }
    }
}

/// Why a push is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushProblem {
    /// Its signature is wrong or missing.
    #[error("not verified: {0}")]
    Unverified(&'static str),
    /// It is not what this courier pushes. Without values.
    #[error("malformed: {0}")]
    Malformed(String),
    /// It was fine, and could not be stored: to be sent again.
    #[error("not stored")]
    NotStored,
}

/// Compares a signature in constant time.
///
/// # Errors
/// [`PushProblem::Unverified`] where they differ or none was given.
pub fn verify(expected: &str, given: Option<&str>) -> Result<(), PushProblem> {
    match given {
        None | Some("") => Err(PushProblem::Unverified("no signature")),
        Some(given) if same(expected, given) => Ok(()),
        Some(_) => Err(PushProblem::Unverified("wrong signature")),
    }
}
