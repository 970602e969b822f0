//! Yunda's code tables. What stands in none is unrecognized, with its text kept.
//!
//! Its list of states is known in part only, that of its refusals not at all: every refusal is unrecognized, its code and words shown.

use parcelward_courier::{ExceptionReason, TrackingStatus};

/// A scan's `status`.
pub(crate) fn status(code: &str) -> (TrackingStatus, Option<ExceptionReason>) {
    use TrackingStatus as T;
    match code {
        "GOT" => (T::Collected, None),
        "TRANSIT" => (T::InTransit, None),
        "SENT" => (T::OutForDelivery, None),
        "SIGNED" => (T::Delivered, None),
        "RETURN" => (T::Returning, None),
        "SIGNFAIL" => (T::DeliveryFailed, None),
        "REJECTION" => (T::Refused, None),
        "ISSUE" => (T::Exception, Some(ExceptionReason::Other)),
        _ => (T::Unrecognized, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_status_is_in_the_table() {
        use TrackingStatus as T;
        for (code, is) in [
            ("GOT", T::Collected),
            ("TRANSIT", T::InTransit),
            ("SENT", T::OutForDelivery),
            ("SIGNED", T::Delivered),
            ("RETURN", T::Returning),
            ("SIGNFAIL", T::DeliveryFailed),
            ("REJECTION", T::Refused),
            ("ISSUE", T::Exception),
            ("CLEARANCE", T::Unrecognized),
            ("", T::Unrecognized),
        ] {
            assert_eq!(status(code).0, is, "{code}");
        }
    }
}
