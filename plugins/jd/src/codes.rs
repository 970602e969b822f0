//! JD's code tables. What stands in none is unrecognized, with its text kept.

use parcelward_courier::{ExceptionReason, ProofKind, RefusalKind, TrackingStatus};

type Status = (TrackingStatus, Option<ExceptionReason>);

/// A scan: its node's `state`, and where that is unknown its `category`.
pub(crate) fn scan(state: &str, category: &str, remark: &str) -> Status {
    use ExceptionReason as R;
    use TrackingStatus as T;
    match state {
        "200001" => (T::Collected, None),
        // At a hub, at a station.
        "10032" | "200017" | "10033" | "200075" | "200050" => (T::Arrived, None),
        // Left a hub; handed to another carrier.
        "10054" | "200040" => (T::InTransit, None),
        "11000" => (T::OutForDelivery, None),
        "200051" | "200057" => (T::ReadyForPickup, None),
        // Brought in vain, to be brought again.
        "200003" | "200023" | "200031" => (T::DeliveryFailed, None),
        "10034" => (T::Delivered, None),
        "10035" | "200068" => (T::Refused, None),
        "200033" | "200060" => (T::Returning, None),
        "200054" => (T::Returned, None),
        // A new label: on the way back, or only a new label. The category tells, else the words.
        "200020" => relabelled(category, remark),
        // Delivered in part; scrapped, abandoned: a person looks.
        "10042" | "200032" | "200070" => (T::Exception, Some(R::Other)),
        // The order was cancelled, its collection given up: no scan of a parcel that travels.
        "200010" | "200052" => (T::Registered, None),
        _ => first_level(category),
    }
}

/// A scan's `category`, which is also an order's status.
fn first_level(category: &str) -> Status {
    use ExceptionReason as R;
    use TrackingStatus as T;
    match category {
        // Ordered, assigned, cancelled.
        "100" | "390" | "690" => (T::Registered, None),
        "403" => (T::Exception, Some(R::Held)),
        "420" => (T::Collected, None),
        "430" => (T::InTransit, None),
        "440" => (T::OutForDelivery, None),
        "480" => (T::Exception, Some(R::Intercepted)),
        "500" => (T::Exception, Some(R::Other)),
        "510" => (T::Delivered, None),
        "530" => (T::Refused, None),
        _ => (T::Unrecognized, None),
    }
}

fn relabelled(category: &str, remark: &str) -> Status {
    use TrackingStatus as T;
    match first_level(category) {
        _ if remark.contains('退') || remark.contains("逆向") => (T::Returning, None),
        (T::Unrecognized, _) => (T::InTransit, None),
        known => known,
    }
}

/// The new number that a parcel travels under: a new label names it in its words.
pub(crate) fn new_number(state: &str, remark: &str, own: &str) -> Option<String> {
    if state != "200020" {
        return None;
    }
    let mut numbers = remark.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        (10..=25).contains(&run.len()) && digits >= 8 && digits < run.len() && !run.eq_ignore_ascii_case(own)
    });
    numbers.next().map(str::to_ascii_uppercase)
}

/// What an answer's code says, beside success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// JD's side failed.
    Unclear,
    /// No.
    Refused(RefusalKind),
    /// No such number.
    NotFound,
}

/// The gateway's code. JD shows their list to those who are logged in only; 62: the body is no list of arguments.
pub(crate) fn gateway(code: &str) -> Failure {
    match code {
        "62" => Failure::Refused(RefusalKind::Input),
        _ => Failure::Refused(RefusalKind::Unrecognized),
    }
}

/// An interface's code, other than 0. Those of its other tracking interface are all that is published.
pub(crate) fn business(code: &str) -> Failure {
    match code {
        "2001" => Failure::Refused(RefusalKind::Account),
        "2100" => Failure::NotFound,
        "2101" => Failure::Refused(RefusalKind::Input),
        "4000" => Failure::Unclear,
        _ => Failure::Refused(RefusalKind::Unrecognized),
    }
}

/// The pictures that can be asked for.
pub(crate) const PROOFS: &[ProofKind] = &[ProofKind::Signature];

#[cfg(test)]
mod tests {
    use super::*;
    use ExceptionReason as R;
    use TrackingStatus as T;

    #[test]
    fn nodes_and_categories() {
        for (state, category, status, reason) in [
            ("200001", "420", T::Collected, None),
            ("10032", "", T::Arrived, None),
            ("10054", "", T::InTransit, None),
            ("10033", "", T::Arrived, None),
            ("11000", "", T::OutForDelivery, None),
            ("200051", "", T::ReadyForPickup, None),
            ("200003", "", T::DeliveryFailed, None),
            ("10034", "510", T::Delivered, None),
            ("10035", "", T::Refused, None),
            ("200060", "", T::Returning, None),
            ("200054", "", T::Returned, None),
            ("10042", "", T::Exception, Some(R::Other)),
            ("200052", "", T::Registered, None),
            ("299999", "480", T::Exception, Some(R::Intercepted)),
            ("", "530", T::Refused, None),
            ("", "403", T::Exception, Some(R::Held)),
            ("", "690", T::Registered, None),
            ("299999", "", T::Unrecognized, None),
            ("", "700", T::Unrecognized, None),
            ("", "", T::Unrecognized, None),
        ] {
            assert_eq!(scan(state, category, ""), (status, reason), "{state} {category}");
        }
    }

    #[test]
    fn a_new_label() {
        assert_eq!(scan("200020", "", "换单打印"), (T::InTransit, None));
        assert_eq!(scan("200020", "", "退货换单"), (T::Returning, None));
        assert_eq!(scan("200020", "480", ""), (T::Exception, Some(R::Intercepted)));
        let read = |remark: &str| new_number("200020", remark, "JDV000000000001");
        assert_eq!(read("换单打印，新单号JDV000000000002"), Some("JDV000000000002".into()));
        assert_eq!(read("原单号JDV000000000001换单为JDV000000000003"), Some("JDV000000000003".into()));
        assert_eq!(read("操作员13000000000"), None);
        assert_eq!(new_number("10034", "JDV000000000002", "JDV000000000001"), None);
    }
}
