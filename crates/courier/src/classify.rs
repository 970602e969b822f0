//! One table from what happened on the wire to what the caller does next. An adapter overrides named statuses only.
//!
//! | what happened | a question | something that changes |
//! | --- | --- | --- |
//! | no connection (name, refused, TLS, connect time-out) | not sent | not sent |
//! | time-out, break, cut-off answer after sending began | unconfirmed | unconfirmed |
//! | answer larger than is read | unconfirmed | unconfirmed |
//! | 2xx | the body is read | the body is read |
//! | 3xx | misconfigured | unconfirmed |
//! | 400 404 405 406 411 413 414 415 422 | refused, account | refused, account |
//! | 401 403 407 | refused, account | refused, account |
//! | 429, 503 with `Retry-After` | throttled | unconfirmed |
//! | 408 409 and other 4xx | unconfirmed | unconfirmed |
//! | 5xx, anything else | unconfirmed | unconfirmed |
//!
//! The overrides ([`Rejecting`]) say, for couriers whose documents say so: this status carries an answer to be read; this status means that
//! nothing was done.

use crate::error::{CourierError, NotSentReason, RefusalKind, UnclearReason};
use std::time::Duration;

/// Whether a request changes something at the courier's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A question: asking twice does no harm.
    Question,
    /// It changes something: never sent twice.
    Change,
}

/// What happened on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No connection came about.
    NoConnection(String),
    /// None came in time, after sending began.
    Timeout(Duration),
    /// The connection broke after sending began.
    Broken(String),
    /// The answer is larger than is read, in bytes.
    TooLarge(usize),
    /// An answer was read to its end.
    Status {
        /// HTTP status.
        status: u16,
        /// `Retry-After`, where it came.
        retry_after: Option<Duration>,
    },
}

/// What an adapter knows about its courier's HTTP statuses, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rejecting {
    /// Statuses beside 2xx that carry an answer of the interface in their body.
    pub carry_an_answer: &'static [u16],
    /// Statuses that, by the courier's own documents, mean that nothing was done.
    pub nothing_was_done: &'static [u16],
}

/// The table. `Ok` says: read the body.
///
/// # Errors
/// What the caller does next, where there is nothing to read.
pub fn classify(outcome: &Outcome, purpose: Purpose, known: Rejecting) -> Result<(), CourierError> {
    let unclear = |reason, detail: String| Err(CourierError::unconfirmed(reason, detail));
    match outcome {
        Outcome::NoConnection(why) => Err(CourierError::not_sent(NotSentReason::Unreachable, why.clone())),
        Outcome::Timeout(after) => unclear(UnclearReason::Timeout, format!("no answer within {} ms", after.as_millis())),
        Outcome::Broken(why) => unclear(UnclearReason::Broken, why.clone()),
        Outcome::TooLarge(most) => unclear(UnclearReason::TooLarge, format!("more than {most} bytes")),
        Outcome::Status { status, retry_after } => by_status(*status, *retry_after, purpose, known),
    }
}

fn by_status(status: u16, retry_after: Option<Duration>, purpose: Purpose, known: Rejecting) -> Result<(), CourierError> {
    let detail = format!("HTTP {status}");
    if (200..300).contains(&status) || known.carry_an_answer.contains(&status) {
        return Ok(());
    }
    if known.nothing_was_done.contains(&status) {
        return Err(CourierError::throttled(detail, retry_after));
    }
    let question = purpose == Purpose::Question;
    match status {
        300..=399 if question => Err(CourierError::not_sent(NotSentReason::Misconfigured, format!("{detail}: it points elsewhere"))),
        300..=399 => Err(CourierError::unconfirmed(UnclearReason::Redirected, detail)),
        401 | 403 | 407 => Err(CourierError::refused(RefusalKind::Account, detail, "the courier does not let this account in")),
        400 | 404 | 405 | 406 | 411 | 413 | 414 | 415 | 422 => {
            Err(CourierError::refused(RefusalKind::Account, detail, "the courier's address does not take this request"))
        }
        429 if question => Err(CourierError::throttled(detail, retry_after)),
        503 if question && retry_after.is_some() => Err(CourierError::throttled(detail, retry_after)),
        _ => Err(CourierError::unconfirmed(UnclearReason::CourierFailed, detail)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, purpose: Purpose, known: Rejecting) -> String {
        let wait = Some(Duration::from_secs(7));
        match classify(&Outcome::Status { status, retry_after: wait }, purpose, known) {
            Ok(()) => "read".to_owned(),
            Err(CourierError::NotSent { reason, retry_after, .. }) => {
                format!("{reason}{}", if retry_after == wait { " 7s" } else { "" })
            }
            Err(CourierError::Refused(refusal)) => format!("refused {}", refusal.kind.word()),
            Err(CourierError::Unconfirmed { reason, .. }) => reason.to_string(),
        }
    }

    #[test]
    fn the_table_of_statuses() {
        let plain = Rejecting::default();
        for (status, question, change) in [
            (200, "read", "read"),
            (204, "read", "read"),
            (302, "misconfigured", "redirected"),
            (400, "refused account", "refused account"),
            (401, "refused account", "refused account"),
            (404, "refused account", "refused account"),
            (408, "courier failed", "courier failed"),
            (409, "courier failed", "courier failed"),
            (429, "throttled 7s", "courier failed"),
            (500, "courier failed", "courier failed"),
            (502, "courier failed", "courier failed"),
            (503, "throttled 7s", "courier failed"),
            (504, "courier failed", "courier failed"),
            (101, "courier failed", "courier failed"),
        ] {
            assert_eq!(of(status, Purpose::Question, plain), question, "{status}");
            assert_eq!(of(status, Purpose::Change, plain), change, "{status}");
        }
    }

    #[test]
    fn an_adapter_overrides_by_name_only() {
        let known = Rejecting { carry_an_answer: &[400], nothing_was_done: &[429] };
        assert_eq!(of(400, Purpose::Change, known), "read");
        assert_eq!(of(429, Purpose::Change, known), "throttled 7s");
        assert_eq!(of(500, Purpose::Change, known), "courier failed");
    }

    #[test]
    fn what_may_have_left_is_unconfirmed() {
        let plain = Rejecting::default();
        for outcome in [Outcome::Timeout(Duration::from_secs(1)), Outcome::Broken("reset".into()), Outcome::TooLarge(9)] {
            assert!(classify(&outcome, Purpose::Change, plain).is_err_and(|e| e.is_unconfirmed()), "{outcome:?}");
        }
        let none = classify(&Outcome::NoConnection("refused".into()), Purpose::Change, plain);
        assert!(matches!(none, Err(CourierError::NotSent { reason: NotSentReason::Unreachable, .. })));
    }
}
