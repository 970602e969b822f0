//! EMS' code tables. What stands in none is unrecognized, with its text kept.

use parcelward_courier::{ExceptionReason, TrackingStatus};

type Status = (TrackingStatus, Option<ExceptionReason>);

/// A scan's `opCode`; of one that was not delivered, `attemptDeliveryCode` says why.
pub(crate) fn scan(op_code: &str, attempt: &str) -> Status {
    use ExceptionReason as R;
    use TrackingStatus as T;
    match op_code {
        "203" => (T::Collected, None),
        "305" | "389" => (T::InTransit, None),
        // At the office that delivers.
        "713" => (T::Arrived, None),
        "702" | "749" => (T::OutForDelivery, None),
        "704" => (T::Delivered, None),
        "705" => not_delivered(attempt),
        // Registered for return, started, on the way back.
        "708" | "312" | "741" | "750" | "326" | "447" => (T::Returning, None),
        "711" => (T::Returned, None),
        "013" => (T::Exception, Some(R::Intercepted)),
        // Redirected.
        "802" | "803" | "756" => (T::InTransit, None),
        "O_012" => (T::Refused, None),
        // A delivery that is taken back: a person looks.
        "743" => (T::Exception, Some(R::Other)),
        // Other events that are taken back (207, 212, 304, 742, 744), and an intercept that is no more than ordered (993): nothing moved.
        _ => (T::Unrecognized, None),
    }
}

fn not_delivered(attempt: &str) -> Status {
    use ExceptionReason as R;
    use TrackingStatus as T;
    match attempt {
        "7" => (T::Refused, None),
        // Withdrawn by its sender.
        "10" => (T::Exception, Some(R::Intercepted)),
        // Redirected by the recipient, by the sender.
        "11" | "12" => (T::InTransit, None),
        "15" => (T::Returning, None),
        // The recipient asked for later (6), and whatever else.
        _ => (T::DeliveryFailed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExceptionReason as R;
    use TrackingStatus as T;

    #[test]
    fn published_codes() {
        for (code, attempt, status, reason) in [
            ("203", "", T::Collected, None),
            ("305", "", T::InTransit, None),
            ("389", "", T::InTransit, None),
            ("713", "", T::Arrived, None),
            ("702", "", T::OutForDelivery, None),
            ("749", "", T::OutForDelivery, None),
            ("704", "", T::Delivered, None),
            ("705", "", T::DeliveryFailed, None),
            ("705", "6", T::DeliveryFailed, None),
            ("705", "7", T::Refused, None),
            ("705", "10", T::Exception, Some(R::Intercepted)),
            ("705", "12", T::InTransit, None),
            ("705", "15", T::Returning, None),
            // Said of a delivery it means nothing.
            ("704", "7", T::Delivered, None),
            ("708", "", T::Returning, None),
            ("326", "", T::Returning, None),
            ("711", "", T::Returned, None),
            ("013", "", T::Exception, Some(R::Intercepted)),
            ("993", "", T::Unrecognized, None),
            ("802", "", T::InTransit, None),
            ("756", "", T::InTransit, None),
            ("743", "", T::Exception, Some(R::Other)),
            ("207", "", T::Unrecognized, None),
            ("O_012", "", T::Refused, None),
            ("13", "", T::Unrecognized, None),
            ("", "", T::Unrecognized, None),
        ] {
            assert_eq!(scan(code, attempt), (status, reason), "{code} {attempt}");
        }
    }
}
