//! ZTO's code tables. What stands in none is unrecognized, with its text kept.

use parcelward_courier::{ExceptionReason, Progress, RefusalKind, TrackingStatus, WorkOrderKind};

/// A scan's `scanType` in an answer to a question.
pub(crate) fn scan_type(code: &str) -> (TrackingStatus, Option<ExceptionReason>) {
    use TrackingStatus as T;
    match code {
        "收件" => (T::Collected, None),
        "发件" => (T::InTransit, None),
        "到件" => (T::Arrived, None),
        "派件" => (T::OutForDelivery, None),
        "签收" => (T::Delivered, None),
        "退件" => (T::Returning, None),
        "问题件" => (T::Exception, Some(ExceptionReason::Other)),
        // Into a locker or a station, and out of it. In pushes `ARRIVAL` is another thing.
        "ARRIVAL" => (T::ReadyForPickup, None),
        "SIGNED" => (T::Delivered, None),
        _ => (T::Unrecognized, None),
    }
}

/// A pushed scan's `action`. `RETURN_SCAN` says more in another field: see `push`.
pub(crate) fn action(code: &str) -> (TrackingStatus, Option<ExceptionReason>) {
    use TrackingStatus as T;
    match code {
        "GOT" => (T::Collected, None),
        "DEPARTURE" => (T::InTransit, None),
        "ARRIVAL" => (T::Arrived, None),
        "DISPATCH" => (T::OutForDelivery, None),
        // A third party holds it for the buyer: dropped there is not signed yet.
        "INBOUND" | "HANDOVERSCAN_SIGNED" => (T::ReadyForPickup, None),
        "DEPARTURE_SIGNED" | "SIGNED" => (T::Delivered, None),
        "RETURN_SCAN" => (T::Returning, None),
        "RETURN_SIGNED" => (T::Returned, None),
        "PROBLEM" => (T::Exception, Some(ExceptionReason::Other)),
        _ => (T::Unrecognized, None),
    }
}

/// What an answer's code says, beside success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The gateway turned it away: nothing was done.
    Throttled,
    /// The gateway got no clear answer from what is behind it.
    Unclear,
    /// No.
    Refused(RefusalKind),
    /// No such number.
    NotFound,
}

/// An answer's `statusCode`.
pub(crate) fn failure(code: &str) -> Failure {
    use RefusalKind as R;
    match code {
        // Quota of a minute or an hour; flow limit.
        "S206" | "S221" => Failure::Throttled,
        // Time-out, exception, unavailable: behind the gateway, where it may have been taken.
        "S200" | "S202" | "S203" => Failure::Unclear,
        "S208" => Failure::Refused(R::Input),
        // No such interface, not bound, signature, address list, timestamp.
        "S207" | "S210" | "S211" | "S212" | "S214" => Failure::Refused(R::Account),
        // Not bound to the account, no right of the outlet.
        "E404" | "E418" => Failure::Refused(R::Account),
        // The phone does not match, or is wanted.
        "E409" | "E413" => Failure::Refused(R::Input),
        "E416" => Failure::NotFound,
        _ => Failure::Refused(intercept_refusal(code)),
    }
}

/// The codes of intercepts and address changes.
fn intercept_refusal(code: &str) -> RefusalKind {
    use RefusalKind as R;
    match code {
        // Signed, time-critical, at a station, under another number, out for delivery, destination suspended, return exists, abnormal
        // track, sent over the border, at the delivering outlet, international, rule not met, lost, abandoned, service not there.
        "E23101" | "E23111" | "E23112" | "E23113" | "E23120" | "E23122" | "E23123" | "E23124" | "E23136" | "E23137" | "E23138"
        | "E23139" | "E23140" | "E23141" | "E23114" | "E23115" => R::Final,
        // Not "intercepting", so it cannot be withdrawn; another outlet's; another's.
        "E23130" | "E23131" | "E23135" => R::Final,
        // No scan yet.
        "E23119" => R::NotYet,
        "E23116" | "E23121" | "E23127" | "E23151" | "E23157" | "E23160" => R::AlreadyAsked,
        "E23108" | "E23118" | "E23146" | "E23148" | "E23149" | "E23150" => R::Input,
        // No order, no outlet, no right, not ours.
        "E23102" | "E23110" | "E23144" | "E23153" | "E23154" => R::Account,
        _ => R::Unrecognized,
    }
}

/// An intercept's `status`.
pub(crate) fn intercept_progress(code: &str) -> Progress {
    match code {
        "INTERCEPTING" => Progress::Pending,
        "PACKAGE_DELIVERYING" => Progress::UnderWay,
        "INTERCEPT_SUCCESS" => Progress::Succeeded,
        "INTERCEPT_FAIL" => Progress::Failed,
        "INTERCEPT_CANCEL" => Progress::Cancelled,
        "INTERCEPT_DISCONTINUE" => Progress::Closed,
        _ => Progress::Unrecognized,
    }
}

/// A work order's state. How a finished one ended stands in its replies, in words.
pub(crate) fn incident_progress(code: &str) -> Progress {
    match code {
        "created" | "CREATED" => Progress::Pending,
        "processing" | "PROCESSING" => Progress::UnderWay,
        "finished" | "FINISHED" => Progress::Closed,
        _ => Progress::Unrecognized,
    }
}

/// The work orders that ZTO takes from merchants, beside urging, claims and phones.
pub(crate) const WORK_ORDERS: &[WorkOrderKind] = &[WorkOrderKind::SignedNotReceived, WorkOrderKind::WeightDispute];

/// A work order's `type`.
pub(crate) fn work_order(kind: WorkOrderKind) -> Option<&'static str> {
    match kind {
        WorkOrderKind::SignedNotReceived => Some("event-sign-not-receive"),
        WorkOrderKind::WeightDispute => Some("check_goods_weight"),
        WorkOrderKind::Complaint => None,
    }
}
