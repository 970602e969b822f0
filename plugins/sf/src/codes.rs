//! SF's code tables. What stands in none is unrecognized, with its text kept.

use parcelward_courier::{ExceptionReason, ProofKind, RefusalKind, TrackingStatus};

type Status = (TrackingStatus, Option<ExceptionReason>);

/// A scan's `opCode`, with the words beside it: SF has one code for several ends.
pub(crate) fn scan(op_code: &str, remark: &str, secondary: &str) -> Status {
    use ExceptionReason as R;
    use TrackingStatus as T;
    match op_code {
        // By a courier man, an agent, a partner's point, a locker.
        "50" | "54" | "43" | "607" | "655" | "127" | "129" => (T::Collected, None),
        "31" => (T::Arrived, None),
        // Loaded, sealed and gone, by air, to and at a store of SF's.
        "30" | "36" | "302" | "304" | "3036" | "105" | "106" | "10" | "11" | "46" | "47" | "130" | "123" => (T::InTransit, None),
        // Through customs; handed to another carrier; taken back out of a locker.
        "604" | "606" | "15" | "16" | "17" | "18" | "611" | "612" | "613" | "614" | "615" | "616" | "617" | "618" | "619" | "620"
        | "621" | "622" | "623" | "626" | "627" | "126" => (T::InTransit, None),
        "44" | "204" | "630" | "658" => (T::OutForDelivery, None),
        "125" | "678" | "642" | "657" => (T::ReadyForPickup, None),
        // 8000 tells who signed and comes beside 80; 128 and 679: fetched from the locker or the point.
        "80" | "8000" | "128" | "679" => (T::Delivered, None),
        "33" | "70" if is_refusal(remark) => (T::Refused, None),
        "70" => (T::DeliveryFailed, None),
        "77" | "34" | "833" => (T::Exception, Some(R::Held)),
        "33" | "72" | "870" => (T::Exception, Some(R::Other)),
        "99" | "648" => (turned(op_code, remark), None),
        "631" => (T::Returning, None),
        "215" | "660" => (T::Returned, None),
        _ => secondary_status(secondary),
    }
}

/// SF has no code for a refusal.
fn is_refusal(remark: &str) -> bool {
    remark.contains("拒收") || remark.contains("拒签")
}

/// 99 and 648 are one thing to SF whether the parcel goes back or elsewhere; the words tell. Where 648 names both ("已退回/转寄"), the
/// parcel is taken to come back: who takes a returning parcel for a travelling one asks a buyer for money over a parcel that never came.
fn turned(op_code: &str, remark: &str) -> TrackingStatus {
    match (remark.contains("退"), remark.contains("转寄")) {
        (true, _) => TrackingStatus::Returning,
        (false, true) => TrackingStatus::InTransit,
        (false, false) if op_code == "648" => TrackingStatus::Returning,
        (false, false) => TrackingStatus::Unrecognized,
    }
}

/// A scan's `secondaryStatusCode`: newer operations come without an `opCode` of the published table.
fn secondary_status(code: &str) -> Status {
    use TrackingStatus as T;
    match code {
        "101" => (T::Collected, None),
        "201" | "204" | "205" => (T::InTransit, None),
        "301" => (T::OutForDelivery, None),
        "401" => (T::Delivered, None),
        "1301" => (T::DeliveryFailed, None),
        _ => (T::Unrecognized, None),
    }
}

/// The new number that a parcel travels under: 648 names it behind `新单号`.
pub(crate) fn new_number(op_code: &str, remark: &str, own: &str) -> Option<String> {
    if !matches!(op_code, "648" | "631" | "99") {
        return None;
    }
    let (_, behind) = remark.split_once("新单号")?;
    let numbers = behind.split(|c: char| !c.is_ascii_alphanumeric());
    let mut numbers = numbers.filter(|run| {
        let digits = run.strip_prefix("SF").or_else(|| run.strip_prefix("sf")).unwrap_or(run);
        (12..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !run.eq_ignore_ascii_case(own)
    });
    numbers.next().map(str::to_ascii_uppercase)
}

/// What an answer's code says, beside success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The gateway turned it away: nothing was done.
    Throttled,
    /// The gateway or the interface got no clear answer from what is behind it.
    Unclear,
    /// No.
    Refused(RefusalKind),
}

/// The gateway's `apiResultCode`, other than A1000.
pub(crate) fn gateway(code: &str) -> Failure {
    use RefusalKind as R;
    match code {
        "A1005" => Failure::Throttled,
        // Address list, interface not linked, digest, decryption, login.
        "A1003" | "A1004" | "A1006" | "A1008" | "A1011" => Failure::Refused(R::Account),
        // A field missing, out of time, the same request id, the sandbox's state.
        "A1001" | "A1002" | "A1007" | "A1010" => Failure::Refused(R::Input),
        // What is behind it is down; system error.
        "A1009" | "A1099" => Failure::Unclear,
        _ => Failure::Refused(R::Unrecognized),
    }
}

/// The interface's own `errorCode`, other than S0000.
pub(crate) fn inner(code: &str) -> Failure {
    use RefusalKind as R;
    match code {
        "S0001" | "S0003" | "4001" => Failure::Unclear,
        "S0002" | "S0004" | "S0005" | "S0006" | "S0007" | "4002" => Failure::Refused(R::Input),
        // The order number was used, the order was confirmed or cancelled before.
        "8016" | "8019" => Failure::Refused(R::AlreadyAsked),
        // 61xx: a field is missing.
        _ if code.len() == 4 && code.starts_with("61") => Failure::Refused(R::Input),
        _ => Failure::Refused(R::Unrecognized),
    }
}

/// The pictures that can be asked for.
pub(crate) const PROOFS: &[ProofKind] = &[ProofKind::Signature, ProofKind::Delivery, ProofKind::Exception, ProofKind::Weight];

/// A picture's `imgType`.
pub(crate) const fn picture(kind: ProofKind) -> &'static str {
    match kind {
        ProofKind::Signature => "5",
        ProofKind::Delivery => "15",
        ProofKind::Weight => "20",
        ProofKind::Exception => "21",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExceptionReason as R;
    use TrackingStatus as T;

    #[test]
    fn published_op_codes() {
        for (code, remark, status, reason) in [
            ("50", "顺丰速运 已收取快件", T::Collected, None),
            ("54", "", T::Collected, None),
            ("30", "", T::InTransit, None),
            ("31", "", T::Arrived, None),
            ("36", "", T::InTransit, None),
            ("44", "正在派送途中", T::OutForDelivery, None),
            ("125", "", T::ReadyForPickup, None),
            ("80", "已签收", T::Delivered, None),
            ("70", "快件派送不成功(客户拒收)", T::Refused, None),
            ("33", "收方拒签", T::Refused, None),
            ("70", "电话无人接听", T::DeliveryFailed, None),
            ("33", "", T::Exception, Some(R::Other)),
            ("77", "", T::Exception, Some(R::Held)),
            ("99", "应客户要求,快件正在转寄中", T::InTransit, None),
            ("99", "应客户要求,快件正在退回中", T::Returning, None),
            ("99", "", T::Unrecognized, None),
            ("648", "快件已退回/转寄,新单号为: SF1234567890124", T::Returning, None),
            ("648", "快件已转寄,新单号为: SF1234567890124", T::InTransit, None),
            ("631", "", T::Returning, None),
            ("215", "", T::Returned, None),
            ("604", "", T::InTransit, None),
            ("627", "", T::InTransit, None),
        ] {
            assert_eq!(scan(code, remark, ""), (status, reason), "{code} {remark}");
        }
    }

    #[test]
    fn an_unknown_code_is_unrecognized_unless_the_status_beside_it_is_known() {
        assert_eq!(scan("9999", "新的操作", ""), (T::Unrecognized, None));
        assert_eq!(scan("", "", ""), (T::Unrecognized, None));
        assert_eq!(scan("9999", "", "401"), (T::Delivered, None));
        assert_eq!(scan("9999", "", "999"), (T::Unrecognized, None));
        // Codes of a table that goes round and is not SF's.
        assert_eq!(scan("100", "", ""), (T::Unrecognized, None));
    }

    #[test]
    fn the_new_number_is_read_from_the_words() {
        let own = "SF1234567890123";
        let read = |remark: &str| new_number("648", remark, own);
        assert_eq!(read("已退回/转寄, 新单号为: SF1234567890124"), Some("SF1234567890124".into()));
        assert_eq!(read("已退回，新单号为：444000000001，请关注"), Some("444000000001".into()));
        assert_eq!(read("新单号为: SF1234567890123"), None, "its own");
        assert_eq!(read("新单号为: 13000000000"), None, "a phone");
        assert_eq!(read("SF1234567890124"), None);
        assert_eq!(new_number("80", "新单号为: SF1234567890124", own), None);
    }

    #[test]
    fn failures() {
        assert_eq!(gateway("A1005"), Failure::Throttled);
        assert_eq!(gateway("A1006"), Failure::Refused(RefusalKind::Account));
        assert_eq!(gateway("A1001"), Failure::Refused(RefusalKind::Input));
        assert_eq!(gateway("A4711"), Failure::Refused(RefusalKind::Unrecognized));
        assert_eq!(inner("S0001"), Failure::Unclear);
        assert_eq!(inner("S0005"), Failure::Refused(RefusalKind::Input));
        assert_eq!(inner("8019"), Failure::Refused(RefusalKind::AlreadyAsked));
        assert_eq!(inner("6126"), Failure::Refused(RefusalKind::Input));
        assert_eq!(inner("20012"), Failure::Refused(RefusalKind::Unrecognized));
    }
}
