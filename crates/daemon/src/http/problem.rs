//! Errors as clients read them: RFC 9457 problem details that name the field.
//!
//! Deliberately absent: personal values. A problem says which field is wrong, and shows only words of closed lists.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parcelward_casework::parse::BadFact;
use parcelward_scheduler::DeskError;
use parcelward_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its path (`data.waybill.courier`, `answers.amount`), or a parameter's name.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// A problem (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem, as a URI.
    #[serde(rename = "type")]
    pub type_: &'static str,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// This one in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Each field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What stands against it, of a task.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub against: Option<Box<Against>>,
}

/// A name that a client made up, as a problem shows it: never empty, and not longer than a line.
#[must_use]
pub fn shown(name: &str) -> String {
    if name.is_empty() { "(empty name)".to_owned() } else { name.chars().take(60).collect() }
}

/// What stands against an action on a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Against {
    /// Who has the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// How the task ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// The task's present version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Fields are wrong.
    BadRequest,
    /// No token, or none that is known.
    Unauthorized,
    /// Not from here.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// Not with this method.
    MethodNotAllowed,
    /// It contradicts what is known.
    Conflict,
    /// The version that `If-Match` names is not the present one.
    PreconditionFailed,
    /// The body is too large.
    TooLarge,
    /// The body's type is not known.
    UnsupportedType,
    /// Not now: stopping, overloaded, or the database does not answer.
    Unavailable,
    /// It took too long.
    TooSlow,
    /// A fault of ours.
    Internal,
}

impl Kind {
    /// The type URI, the title, the status.
    const fn parts(self) -> (&'static str, &'static str, StatusCode) {
        match self {
            Kind::BadRequest => ("urn:parcelward:problem:bad-request", "The request has wrong fields", StatusCode::UNPROCESSABLE_ENTITY),
            Kind::Unauthorized => ("urn:parcelward:problem:unauthorized", "A bearer token is needed", StatusCode::UNAUTHORIZED),
            Kind::Forbidden => ("urn:parcelward:problem:forbidden", "Not from here", StatusCode::FORBIDDEN),
            Kind::NotFound => ("urn:parcelward:problem:not-found", "There is no such thing", StatusCode::NOT_FOUND),
            Kind::MethodNotAllowed => ("urn:parcelward:problem:method-not-allowed", "Not with this method", StatusCode::METHOD_NOT_ALLOWED),
            Kind::Conflict => ("urn:parcelward:problem:conflict", "It contradicts what is known", StatusCode::CONFLICT),
            Kind::PreconditionFailed => {
                ("urn:parcelward:problem:precondition-failed", "It was changed meanwhile", StatusCode::PRECONDITION_FAILED)
            }
            Kind::TooLarge => ("urn:parcelward:problem:too-large", "The body is too large", StatusCode::PAYLOAD_TOO_LARGE),
            Kind::UnsupportedType => {
                ("urn:parcelward:problem:unsupported-type", "The body's type is not known", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Kind::Unavailable => ("urn:parcelward:problem:unavailable", "Not now", StatusCode::SERVICE_UNAVAILABLE),
            Kind::TooSlow => ("urn:parcelward:problem:too-slow", "It took too long", StatusCode::SERVICE_UNAVAILABLE),
            Kind::Internal => ("urn:parcelward:problem:internal", "A fault of the daemon", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

impl Kind {
    /// Its HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.parts().2
    }
}

impl Problem {
    /// A problem of a kind.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let (type_, title, status) = kind.parts();
        Problem { type_, title, status: status.as_u16(), detail: None, errors: Vec::new(), against: None }
    }

    /// With what stands against it.
    #[must_use]
    pub fn against(mut self, against: Against) -> Self {
        self.against = Some(Box::new(against));
        self
    }

    /// With words of its own.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With a field that is wrong.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// One wrong field.
    #[must_use]
    pub fn bad(field: impl Into<String>, message: impl Into<String>) -> Self {
        Problem::new(Kind::BadRequest).field(field, message)
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(what: impl Into<String>) -> Self {
        Problem::new(Kind::NotFound).detail(what)
    }

    /// Its HTTP status.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status_code();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

impl From<BadFact> for Problem {
    fn from(bad: BadFact) -> Self {
        Problem::bad(bad.field, bad.message)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BadRequest { field, message } => Problem::bad(field, message),
            StoreError::Unreadable(_) => {
                tracing::error!(%error, "a stored row cannot be read");
                Problem::new(Kind::Internal).detail("what is stored of this order cannot be read; the log says why")
            }
            StoreError::Retry(_) | StoreError::Unavailable(_) | StoreError::Full(_) | StoreError::ReadOnly(_) | StoreError::Corrupt(_) => {
                tracing::error!(%error, "the database did not serve a request");
                Problem::new(Kind::Unavailable).detail("the database does not serve the request now; the log says why")
            }
            StoreError::Conflict(_) | StoreError::TooOld(_) | StoreError::Defect(_) => {
                tracing::error!(%error, "the database refuses a request");
                Problem::new(Kind::Internal).detail("the database refuses the request; the log says why")
            }
        }
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Stopping => Problem::new(Kind::Unavailable).detail("the daemon is stopping; send it again when it is back"),
            DeskError::Store(error) => {
                tracing::error!(%error, "facts were not taken");
                Problem::new(Kind::Unavailable).detail("nothing of this request was taken; the log says why. Send it again later")
            }
        }
    }
}
