//! Deppon's code tables. What stands in none is unrecognized, with its text kept.

use parcelward_courier::{ExceptionReason, RefusalKind, TrackingStatus};

/// A scan's `status`. Numbers occur too; what they mean is not published.
pub(crate) fn status(code: &str) -> (TrackingStatus, Option<ExceptionReason>) {
    use TrackingStatus as T;
    match code {
        "GOT" => (T::Collected, None),
        "DEPARTURE" => (T::InTransit, None),
        "ARRIVAL" => (T::Arrived, None),
        "SENT_SCAN" => (T::OutForDelivery, None),
        "SIGNED" => (T::Delivered, None),
        "FAILED" => (T::Refused, None),
        // Held, or another problem: it does not say which.
        "ERROR" => (T::Exception, Some(ExceptionReason::Other)),
        _ => (T::Unrecognized, None),
    }
}

/// The code of a yes.
pub(crate) const YES: &str = "1000";

/// The code of a no.
pub(crate) fn refusal(code: &str) -> RefusalKind {
    match code {
        // The same was asked before.
        "2006" => RefusalKind::AlreadyAsked,
        // Not subscribed to this interface, no permission.
        "3002" => RefusalKind::Account,
        _ => RefusalKind::Unrecognized,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_code_is_in_its_table() {
        use TrackingStatus as T;
        for (code, is) in [
            ("GOT", T::Collected),
            ("DEPARTURE", T::InTransit),
            ("ARRIVAL", T::Arrived),
            ("SENT_SCAN", T::OutForDelivery),
            ("SIGNED", T::Delivered),
            ("FAILED", T::Refused),
            ("ERROR", T::Exception),
            ("21", T::Unrecognized),
            ("", T::Unrecognized),
        ] {
            assert_eq!(status(code).0, is, "{code}");
        }
        assert_eq!(refusal("2006"), RefusalKind::AlreadyAsked);
        assert_eq!(refusal("3002"), RefusalKind::Account);
        assert_eq!(refusal("9999"), RefusalKind::Unrecognized);
    }
}
