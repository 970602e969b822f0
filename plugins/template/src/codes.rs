//! The carrier's code tables. What stands in none is unrecognized, with its text kept: never a guess.

use parcelward_courier::{ExceptionReason, RefusalKind, TrackingStatus};

/// A scan's `code`.
pub(crate) fn scan(code: &str) -> (TrackingStatus, Option<ExceptionReason>) {
    use TrackingStatus as T;
    match code {
        "COLLECTED" => (T::Collected, None),
        "MOVING" => (T::InTransit, None),
        "DELIVERING" => (T::OutForDelivery, None),
        "SIGNED" => (T::Delivered, None),
        "TURNED" => (T::Returning, None),
        "LOST" => (T::Exception, Some(ExceptionReason::Lost)),
        _ => (T::Unrecognized, None),
    }
}

/// What an answer's `code` says, beside `0`.
pub(crate) enum Failure {
    /// By the carrier's documents, nothing was done.
    Throttled,
    /// The gateway got no clear answer from what is behind it.
    Unclear,
    /// No.
    Refused(RefusalKind),
}

/// An answer's `code`.
pub(crate) fn failure(code: &str) -> Failure {
    match code {
        "BUSY" => Failure::Throttled,
        "TIMEOUT" => Failure::Unclear,
        "SIGN" | "FORBIDDEN" => Failure::Refused(RefusalKind::Account),
        "SIGNED" => Failure::Refused(RefusalKind::Final),
        "DUPLICATE" => Failure::Refused(RefusalKind::AlreadyAsked),
        _ => Failure::Refused(RefusalKind::Unrecognized),
    }
}
