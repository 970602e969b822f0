//! J&T's code tables. What stands in none is unrecognized, with its text kept.
//!
//! Of the codes with which it refuses, none is published: every refusal is unrecognized, its code and words shown.

use parcelward_courier::{ExceptionReason, TrackingStatus};

/// The `code` of an answer that says yes.
pub(crate) const YES: &str = "1";
/// The scan that says more in `problemType`.
pub(crate) const PROBLEM: &str = "问题件扫描";

/// A scan's `scanType`, in answers and in pushes. A problem says more in its type: see [`problem`].
pub(crate) fn scan_type(code: &str) -> (TrackingStatus, Option<ExceptionReason>) {
    use TrackingStatus as T;
    match code {
        "快件揽收" => (T::Collected, None),
        // Into a warehouse; retired, and still in older histories.
        "入仓扫描" | "到件扫描" => (T::Arrived, None),
        "发件扫描" | "安检" | "安检扫描" => (T::InTransit, None),
        "出仓扫描" => (T::OutForDelivery, None),
        "入库扫描" | "代理点收入扫描" => (T::ReadyForPickup, None),
        // Taken out of the locker, and of the station.
        "快件取出扫描" | "出库扫描" => (T::Delivered, None),
        "快件签收" => (T::Delivered, None),
        PROBLEM => (T::Exception, Some(ExceptionReason::Other)),
        "退件扫描" => (T::Returning, None),
        _ => (T::Unrecognized, None),
    }
}

/// A problem's `problemType`. One that no table has is a problem all the same: of another kind, its type kept.
pub(crate) fn problem(kind: &str) -> (TrackingStatus, Option<ExceptionReason>) {
    use ExceptionReason as R;
    use TrackingStatus as T;
    match kind {
        // The receiver refused it.
        "A2" | "A14" | "A35" => (T::Refused, None),
        // The address was changed: it travels on.
        "A3" => (T::InTransit, None),
        // Returned, by the outlet and by the hub.
        "A4" | "A25" => (T::Returning, None),
        // Delivery failed repeatedly.
        "A11" => (T::DeliveryFailed, None),
        "A9" | "A10" => (T::Exception, Some(R::RecipientUnreachable)),
        // The receiver's name or phone; an address that is unclear, and one that is wrong.
        "A12" | "A15" | "A16" => (T::Exception, Some(R::AddressUnknown)),
        // An address to which nothing is delivered.
        "A19" => (T::Exception, Some(R::OutOfRange)),
        // Another time was agreed; held at the outlet; holiday, weather, disaster, government.
        "A13" | "A17" | "A18" | "A21" | "A23" | "A27" | "A28" | "A33" => (T::Exception, Some(R::Held)),
        // The sender cancelled (outlet, hub); abnormal; cash dispute; incomplete; void; no warehouse code; township.
        "A1" | "A26" | "A7" | "A8" | "A20" | "A24" | "A29" | "A30" | "A31" | "A32" | "A34" => (T::Exception, Some(R::Other)),
        _ => (T::Exception, Some(R::Other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExceptionReason as R;
    use TrackingStatus as T;

    #[test]
    fn every_published_scan_is_in_the_table() {
        for (code, status) in [
            ("快件揽收", T::Collected),
            ("入仓扫描", T::Arrived),
            ("发件扫描", T::InTransit),
            ("到件扫描", T::Arrived),
            ("出仓扫描", T::OutForDelivery),
            ("入库扫描", T::ReadyForPickup),
            ("代理点收入扫描", T::ReadyForPickup),
            ("快件取出扫描", T::Delivered),
            ("出库扫描", T::Delivered),
            ("快件签收", T::Delivered),
            ("问题件扫描", T::Exception),
            ("安检", T::InTransit),
            ("退件扫描", T::Returning),
            ("其他", T::Unrecognized),
            ("", T::Unrecognized),
        ] {
            assert_eq!(scan_type(code).0, status, "{code}");
        }
    }

    #[test]
    fn a_problem_is_what_its_type_says() {
        for kind in ["A2", "A14", "A35"] {
            assert_eq!(problem(kind), (T::Refused, None), "{kind}");
        }
        for kind in ["A4", "A25"] {
            assert_eq!(problem(kind), (T::Returning, None), "{kind}");
        }
        assert_eq!(problem("A3"), (T::InTransit, None));
        assert_eq!(problem("A11"), (T::DeliveryFailed, None));
        for (kinds, reason) in [
            (&["A9", "A10"][..], R::RecipientUnreachable),
            (&["A12", "A15", "A16"][..], R::AddressUnknown),
            (&["A19"][..], R::OutOfRange),
            (&["A13", "A17", "A18", "A21", "A23", "A27", "A28", "A33"][..], R::Held),
            (&["A1", "A26", "A7", "A8", "A20", "A24", "A29", "A30", "A31", "A32", "A34", "A99", ""][..], R::Other),
        ] {
            for kind in kinds {
                assert_eq!(problem(kind), (T::Exception, Some(reason)), "{kind}");
            }
        }
    }
}
