//! YTO's code tables. What stands in none is unrecognized, with its text kept.
//!
//! Of the codes with which it refuses, none is published: every refusal is unrecognized, its code and words shown.

use parcelward_courier::TrackingStatus;

/// A scan's `infoContent`, in answers and in pushes.
pub(crate) fn scan_status(code: &str) -> TrackingStatus {
    use TrackingStatus as T;
    match code {
        // Before collection: an order was taken, a courier sent, or the pick-up failed.
        "ACCEPT" | "ORDER_BOOKING" | "NOT_SEND" => T::Registered,
        "GOT" => T::Collected,
        "ARRIVAL" => T::Arrived,
        // From an outlet or hub; onto and off an aeroplane.
        "DEPARTURE" | "AIRSEND" | "AIRPICK" => T::InTransit,
        "SENT_SCAN" => T::OutForDelivery,
        "INBOUND" => T::ReadyForPickup,
        "SIGNED" => T::Delivered,
        // Rejected or not deliverable: it does not say which.
        "FAILED" => T::DeliveryFailed,
        "TMS_RETURN" => T::Returning,
        // What an address change turns into: it travels on, to another address.
        "FORWARDING" => T::InTransit,
        _ => T::Unrecognized,
    }
}

/// The `code` of an answer that says: no scan of this number.
pub(crate) const NOTHING_FOUND: &str = "1001";
/// The `statusCode` of an intercept that was taken.
pub(crate) const TAKEN: &str = "0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_code_is_in_the_table() {
        use TrackingStatus as T;
        for (code, status) in [
            ("GOT", T::Collected),
            ("ARRIVAL", T::Arrived),
            ("DEPARTURE", T::InTransit),
            ("AIRSEND", T::InTransit),
            ("AIRPICK", T::InTransit),
            ("SENT_SCAN", T::OutForDelivery),
            ("INBOUND", T::ReadyForPickup),
            ("SIGNED", T::Delivered),
            ("FAILED", T::DeliveryFailed),
            ("TMS_RETURN", T::Returning),
            ("FORWARDING", T::InTransit),
            ("ACCEPT", T::Registered),
            ("ORDER_BOOKING", T::Registered),
            ("NOT_SEND", T::Registered),
            ("got", T::Unrecognized),
            ("", T::Unrecognized),
        ] {
            assert_eq!(scan_status(code), status, "{code}");
        }
    }
}
