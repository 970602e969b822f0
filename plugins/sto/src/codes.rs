//! STO's code tables. What stands in none is unrecognized, with its text kept.
//!
//! Of the codes with which it refuses, none is published: every refusal is unrecognized, its code and words shown.

use parcelward_courier::{ExceptionReason, TrackingStatus};

/// The scan that says more in `issueName`, in words of which there is no list.
pub(crate) const PROBLEM: &str = "问题件";

/// A scan's `scanType`, in answers and in pushes.
pub(crate) fn scan_type(code: &str) -> (TrackingStatus, Option<ExceptionReason>) {
    use TrackingStatus as T;
    match code {
        "收件" => (T::Collected, None),
        "到件" => (T::Arrived, None),
        // Also handed on: to the post, to another carrier.
        "发件" | "转邮" | "转同行" => (T::InTransit, None),
        "派件" | "第三方代派" => (T::OutForDelivery, None),
        // In a locker, at a station, with a third party.
        "派件入柜" | "柜机代收" | "驿站代收" | "第三方代收" | "代取快递" => (T::ReadyForPickup, None),
        // Taken out of the locker, and of the station.
        "快件取出" | "驿站出库" => (T::Delivered, None),
        "签收" => (T::Delivered, None),
        "退回件" => (T::Returning, None),
        // What an address change turns into: it travels on, to another address.
        "改地址件" => (T::InTransit, None),
        PROBLEM => (T::Exception, Some(ExceptionReason::Other)),
        "留仓件" => (T::Exception, Some(ExceptionReason::Held)),
        _ => (T::Unrecognized, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_scan_is_in_the_table() {
        use TrackingStatus as T;
        for (codes, status) in [
            (&["收件"][..], T::Collected),
            (&["到件"][..], T::Arrived),
            (&["发件", "转邮", "转同行", "改地址件"][..], T::InTransit),
            (&["派件", "第三方代派"][..], T::OutForDelivery),
            (&["派件入柜", "柜机代收", "驿站代收", "第三方代收", "代取快递"][..], T::ReadyForPickup),
            (&["快件取出", "驿站出库", "签收"][..], T::Delivered),
            (&["退回件"][..], T::Returning),
            (&["问题件", "留仓件"][..], T::Exception),
            (&["入库", ""][..], T::Unrecognized),
        ] {
            for code in codes {
                assert_eq!(scan_type(code).0, status, "{code}");
            }
        }
        assert_eq!(scan_type("留仓件").1, Some(ExceptionReason::Held));
        assert_eq!(scan_type("问题件").1, Some(ExceptionReason::Other));
    }
}
