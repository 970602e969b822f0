//! What went wrong with a call, by what the caller does next. The first question is always: was it sent?
//!
//! Deliberately absent: retrying. A lane reads the error and stores its next time; nothing here tries again.

use std::time::Duration;

/// A call that did not end in an answer of yes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CourierError {
    /// The courier has not taken it: it never left, or its gateway turned it away before anything was done.
    /// May be tried again where [`NotSentReason::is_passing`], not before `retry_after`.
    #[error("not sent ({reason}): {detail}")]
    NotSent {
        /// Why.
        reason: NotSentReason,
        /// In words, without personal data or secrets.
        detail: String,
        /// Not before that long from now, where somebody said so.
        retry_after: Option<Duration>,
    },
    /// An answer, and it is no.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Sent, and no clear answer came. A request that changes something is never sent again; a question may be asked again.
    #[error("unconfirmed ({reason}): {detail}")]
    Unconfirmed {
        /// Why.
        reason: UnclearReason,
        /// In words, without personal data or secrets.
        detail: String,
    },
}

/// Why the courier has not taken a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotSentReason {
    /// No connection: name, network, TLS.
    Unreachable,
    /// The courier turned it away: too many calls, or its gateway could not reach what is behind it and says that nothing was done.
    Throttled,
    /// Our own limit for this account is spent.
    Limited,
    /// The call's own time was over before anything was sent.
    OutOfTime,
    /// No access token could be had.
    NoToken,
    /// Something that this courier needs is missing in what was asked.
    Incomplete,
    /// The account's settings cannot work (address, permission): nothing will pass until somebody changes them.
    Misconfigured,
    /// This adapter cannot do it.
    Unsupported,
}

impl NotSentReason {
    /// Whether it may pass by itself: worth another try later. The others need a person.
    #[must_use]
    pub const fn is_passing(self) -> bool {
        matches!(self, Self::Unreachable | Self::Throttled | Self::Limited | Self::OutOfTime | Self::NoToken)
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Limited => "own limit reached",
            Self::OutOfTime => "out of time",
            Self::NoToken => "no token",
            Self::Incomplete => "incomplete",
            Self::Misconfigured => "misconfigured",
            Self::Unsupported => "unsupported",
        }
    }
}

impl std::fmt::Display for NotSentReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// Why an answer is not clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnclearReason {
    /// None came in time.
    Timeout,
    /// The connection broke after sending began.
    Broken,
    /// The courier's side failed (HTTP 5xx, or a gateway code that says no more).
    CourierFailed,
    /// What came is not what this interface answers: HTML, cut off, another shape.
    Malformed,
    /// What came is larger than we read.
    TooLarge,
    /// It points elsewhere; redirects are not followed.
    Redirected,
}

impl UnclearReason {
    const fn word(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Broken => "connection broken",
            Self::CourierFailed => "courier failed",
            Self::Malformed => "malformed answer",
            Self::TooLarge => "answer too large",
            Self::Redirected => "redirected",
        }
    }
}

impl std::fmt::Display for UnclearReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// A courier's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the caller does next.
    pub kind: RefusalKind,
    /// The courier's own code (`E23101`, `HTTP 403`); empty where it gave none.
    pub code: String,
    /// The courier's words, telephone numbers masked.
    pub text: String,
}

/// What a refusal asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RefusalKind {
    /// It cannot be done any more: another remedy, by a person.
    Final,
    /// Not yet: a definite no that may become a yes (no scan yet). May be asked again later.
    NotYet,
    /// The same was asked before, by us or by somebody else: ask how it stands.
    AlreadyAsked,
    /// What we asked is wrong (a phone's form, a missing field): a person corrects it.
    Input,
    /// The account may not (permission, ownership, signature): a person talks to the outlet or mends the settings.
    Account,
    /// A code that no table has: treated as [`RefusalKind::Final`], shown raw, counted.
    Unrecognized,
}

impl RefusalKind {
    /// A name for people and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::NotYet => "not_yet",
            Self::AlreadyAsked => "already_asked",
            Self::Input => "input",
            Self::Account => "account",
            Self::Unrecognized => "unrecognized",
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.text, if self.code.is_empty() { self.kind.word() } else { &self.code })
    }
}

impl CourierError {
    /// Not sent, with nobody's word on when to try again.
    #[must_use]
    pub fn not_sent(reason: NotSentReason, detail: impl Into<String>) -> Self {
        CourierError::NotSent { reason, detail: detail.into(), retry_after: None }
    }

    /// A field that this courier needs and that was not given.
    #[must_use]
    pub fn missing(field: &str) -> Self {
        Self::not_sent(NotSentReason::Incomplete, format!("{field} is missing"))
    }

    /// Turned away before anything was done; try again after that long.
    #[must_use]
    pub fn throttled(detail: impl Into<String>, retry_after: Option<Duration>) -> Self {
        CourierError::NotSent { reason: NotSentReason::Throttled, detail: detail.into(), retry_after }
    }

    /// A courier's no. `text` is cut at 300 characters, telephone numbers in it masked.
    #[must_use]
    pub fn refused(kind: RefusalKind, code: impl Into<String>, text: &str) -> Self {
        let text = crate::mask::phones(&text.chars().take(300).collect::<String>());
        CourierError::Refused(Refusal { kind, code: code.into(), text })
    }

    /// Sent, and no clear answer.
    #[must_use]
    pub fn unconfirmed(reason: UnclearReason, detail: impl Into<String>) -> Self {
        CourierError::Unconfirmed { reason, detail: detail.into() }
    }

    /// Whether something of it may have reached the courier without an answer.
    #[must_use]
    pub const fn is_unconfirmed(&self) -> bool {
        matches!(self, CourierError::Unconfirmed { .. })
    }

    /// How long to wait at least, where somebody said so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            CourierError::NotSent { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The error of a step that came before the request itself (a token): whatever became of that step, the request was not sent.
    #[must_use]
    pub fn before_sending(self) -> Self {
        match self {
            CourierError::NotSent { .. } => self,
            CourierError::Refused(refusal) => Self::not_sent(NotSentReason::Misconfigured, format!("no access token: {refusal}")),
            CourierError::Unconfirmed { reason, detail } => Self::not_sent(NotSentReason::NoToken, format!("{reason}: {detail}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_before_the_request_is_never_unconfirmed() {
        let unclear = CourierError::unconfirmed(UnclearReason::Timeout, "token");
        assert!(matches!(unclear.before_sending(), CourierError::NotSent { reason: NotSentReason::NoToken, .. }));
        let refused = CourierError::refused(RefusalKind::Account, "401", "wrong secret");
        assert!(matches!(refused.before_sending(), CourierError::NotSent { reason: NotSentReason::Misconfigured, .. }));
    }

    #[test]
    fn a_refusal_keeps_the_couriers_words_without_the_phone() {
        let error = CourierError::refused(RefusalKind::Final, "E23101", "已签收，联系13812345678");
        assert_eq!(error.to_string(), "refused: 已签收，联系138****5678 (E23101)");
    }
}
