//! Kuaidi100's code tables. What stands in none is unrecognized, with its text kept.

use parcelward_courier::{Courier, ExceptionReason, RefusalKind, TrackingStatus};

/// The couriers whose parcels it tracks for us.
pub(crate) const COURIERS: &[Courier] =
    &[Courier::Sf, Courier::Zto, Courier::Yto, Courier::Sto, Courier::Yunda, Courier::Jt, Courier::Jd, Courier::Ems, Courier::Deppon];

/// Its usual name for a courier.
pub(crate) const fn company(courier: Courier) -> Option<&'static str> {
    match courier {
        Courier::Sf => Some("shunfeng"),
        Courier::Zto => Some("zhongtong"),
        Courier::Yto => Some("yuantong"),
        Courier::Sto => Some("shentong"),
        Courier::Yunda => Some("yunda"),
        Courier::Jt => Some("jtexpress"),
        Courier::Jd => Some("jd"),
        Courier::Ems => Some("ems"),
        Courier::Deppon => Some("debangkuaidi"),
        Courier::Other => None,
    }
}

/// Its name for a courier in its dictionary of intercepts; none where the courier does not stand there.
pub(crate) const fn intercepting_company(courier: Courier) -> Option<&'static str> {
    match courier {
        Courier::Zto => Some("zhongtong"),
        Courier::Jt => Some("jtexpress"),
        Courier::Jd => Some("jd"),
        Courier::Ems => Some("ems"),
        Courier::Deppon => Some("debangwuliu"),
        Courier::Sf | Courier::Yto | Courier::Sto | Courier::Yunda | Courier::Other => None,
    }
}

/// The courier of one of its names.
pub(crate) fn courier(company: &str) -> Courier {
    match company {
        "shunfeng" | "shunfengkuaiyun" => Courier::Sf,
        "zhongtong" => Courier::Zto,
        "yuantong" => Courier::Yto,
        "shentong" => Courier::Sto,
        "yunda" => Courier::Yunda,
        "jtexpress" => Courier::Jt,
        "jd" => Courier::Jd,
        "ems" | "youzhengguonei" | "youzhengdsbk" => Courier::Ems,
        "debangkuaidi" | "debangwuliu" => Courier::Deppon,
        _ => Courier::Other,
    }
}

/// Whether Kuaidi100 answers about a company's parcels only with a phone.
pub(crate) fn wants_phone(company: &str) -> bool {
    matches!(company, "shunfeng" | "shunfengkuaiyun" | "zhongtong")
}

/// Whether Kuaidi100 takes intercepts only with an address for the callback.
pub(crate) const fn wants_callback(courier: Courier) -> bool {
    matches!(courier, Courier::Zto | Courier::Jt | Courier::Yto)
}

/// A number of the right shape that belongs to no parcel.
pub(crate) const fn sample_number(courier: Courier) -> &'static str {
    match courier {
        Courier::Sf => "SF0000000000000",
        Courier::Zto => "73100000000000",
        Courier::Yto => "YT0000000000000",
        Courier::Sto => "777000000000000",
        Courier::Yunda => "4312000000000",
        Courier::Jt => "JT0000000000000",
        Courier::Jd => "JD0000000000000",
        Courier::Ems => "9800000000000",
        Courier::Deppon => "DPK000000000000",
        Courier::Other => "0000000000000",
    }
}

type Status = (TrackingStatus, Option<ExceptionReason>);

/// A scan's `statusCode`, without one its `status` in words, or a history's `state`: one digit is a state, three or four its advanced form.
pub(crate) fn state(code: &str) -> Status {
    use ExceptionReason as R;
    use TrackingStatus as T;
    match code {
        // In transit, on the trunk line, sent on; to another carrier; through customs.
        "0" | "1002" | "1003" | "7" | "8" | "10" | "11" | "12" | "13" | "在途" | "转投" | "清关" => (T::InTransit, None),
        "1001" => (T::Arrived, None),
        // Ordered, waiting to be collected: no scan yet.
        "101" | "102" => (T::Registered, None),
        "1" | "103" | "揽收" => (T::Collected, None),
        "5" | "派件" => (T::OutForDelivery, None),
        "501" | "205" => (T::ReadyForPickup, None),
        "3" | "301" | "302" | "303" | "304" | "签收" => (T::Delivered, None),
        "6" | "退回" => (T::Returning, None),
        "4" | "退签" => (T::Returned, None),
        "14" | "203" | "拒签" => (T::Refused, None),
        "204" => (T::DeliveryFailed, None),
        "206" => (T::Exception, Some(R::RecipientUnreachable)),
        "207" => (T::Exception, Some(R::OutOfRange)),
        "208" => (T::Exception, Some(R::Held)),
        "209" => (T::Exception, Some(R::Damaged)),
        "2" | "210" | "疑难" => (T::Exception, Some(R::Other)),
        // 201 and 202 (late, nothing new) are Kuaidi100's own watch over a parcel: no scan, and no clock may run from them.
        _ => (T::Unrecognized, None),
    }
}

/// What an answer's code says, beside success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Kuaidi100's side failed.
    Unclear,
    /// No.
    Refused(RefusalKind),
    /// No, about this parcel alone.
    ThisParcel(RefusalKind),
    /// No such number, or nothing about it.
    NotFound,
}

/// The `returnCode` of a question.
pub(crate) fn query(code: &str) -> Failure {
    use RefusalKind as R;
    match code {
        "400" => Failure::ThisParcel(R::Input),
        // The phone does not match.
        "408" => Failure::ThisParcel(R::Input),
        "500" => Failure::NotFound,
        "501" | "502" => Failure::Unclear,
        // Wrong signature; the key has run out or there is no money left.
        "503" | "601" => Failure::Refused(R::Account),
        _ => Failure::Refused(R::Unrecognized),
    }
}

/// The `returnCode` of a subscription, other than 200. Subscribed already is a yes.
pub(crate) fn subscription(code: &str) -> Option<Failure> {
    use RefusalKind as R;
    match code {
        "501" => None,
        "500" => Some(Failure::Unclear),
        "600" | "601" => Some(Failure::Refused(R::Account)),
        "700" | "702" => Some(Failure::Refused(R::Input)),
        // The courier's parcels cannot be subscribed to.
        "701" => Some(Failure::Refused(R::Final)),
        _ => Some(Failure::Refused(R::Unrecognized)),
    }
}

/// The `code` of an intercept's answer, other than 200. No list of them is published: those that mean the same in Kuaidi100's other
/// interfaces, and 5xx as its own failure.
pub(crate) fn intercept(code: &str) -> Failure {
    use RefusalKind as R;
    match code {
        "400" => Failure::Refused(R::Input),
        "500" | "501" | "502" => Failure::Unclear,
        "503" | "601" => Failure::Refused(R::Account),
        _ => Failure::Refused(R::Unrecognized),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_courier_has_a_name_and_every_name_its_courier() {
        for courier in COURIERS {
            let name = company(*courier).unwrap();
            assert_eq!(super::courier(name), *courier, "{name}");
            if let Some(name) = intercepting_company(*courier) {
                assert_eq!(super::courier(name), *courier, "{name}");
            }
        }
        assert_eq!(company(Courier::Other), None);
        assert_eq!(super::courier("youzhengguonei"), Courier::Ems);
        assert_eq!(super::courier("fedex"), Courier::Other);
    }

    #[test]
    fn states() {
        use TrackingStatus as T;
        for (code, status) in [
            ("0", T::InTransit),
            ("1", T::Collected),
            ("103", T::Collected),
            ("101", T::Registered),
            ("2", T::Exception),
            ("3", T::Delivered),
            ("302", T::Delivered),
            ("4", T::Returned),
            ("5", T::OutForDelivery),
            ("501", T::ReadyForPickup),
            ("6", T::Returning),
            ("7", T::InTransit),
            ("8", T::InTransit),
            ("14", T::Refused),
            ("1001", T::Arrived),
            ("202", T::Unrecognized),
            ("", T::Unrecognized),
            ("999", T::Unrecognized),
        ] {
            assert_eq!(state(code).0, status, "{code}");
        }
    }
}
