//! What people write for an order, a waybill, a time.

use crate::cell::CellKind;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::{Courier, Platform};
use std::str::FromStr;

/// An order as a person writes it: `pinduoduo/shop1/260309-123456789`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRef(pub OrderKey);

impl FromStr for OrderRef {
    type Err = String;
    fn from_str(text: &str) -> Result<OrderRef, String> {
        let mut parts = text.splitn(3, '/');
        let (Some(platform), Some(shop), Some(order_id)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("write PLATFORM/SHOP/ORDER, such as pinduoduo/shop1/260309-123456789".to_owned());
        };
        let platform: Platform =
            platform.trim().parse().map_err(|_| format!("`{platform}` is no platform ({})", Platform::WORDS.join(", ")))?;
        let (shop, order_id) = (shop.trim().to_owned(), order_id.trim().to_owned());
        if shop.is_empty() || order_id.is_empty() {
            return Err("the shop or the order number is empty: write PLATFORM/SHOP/ORDER".to_owned());
        }
        Ok(OrderRef(OrderKey { platform, shop, order_id }))
    }
}

/// A waybill as a person writes it: `zto:78900000000001`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaybillRef(pub Waybill);

impl FromStr for WaybillRef {
    type Err = String;
    fn from_str(text: &str) -> Result<WaybillRef, String> {
        let (courier, number) =
            text.split_once([':', '/', ' ']).ok_or_else(|| "write COURIER:NUMBER, such as zto:78900000000001".to_owned())?;
        let courier: Courier = courier.trim().parse().map_err(|_| format!("`{courier}` is no courier ({})", Courier::WORDS.join(", ")))?;
        let number = number.trim().to_owned();
        if number.is_empty() || number.contains(char::is_whitespace) {
            return Err("the waybill number is empty or has spaces: write COURIER:NUMBER".to_owned());
        }
        Ok(WaybillRef(Waybill { courier, number }))
    }
}

/// Reads a time: RFC 3339 with offset, a local one (`2026-03-10 08:00`, `2026/3/10 8:00`), today's `08:30`, or `+2h` and `-30m` from now. Local is UTC+8.
pub(super) fn when(text: &str, now: Instant) -> Option<Instant> {
    let text = text.trim();
    let later = |length: &str| Length::parse(length).ok();
    if let Some(length) = text.strip_prefix('+') {
        return later(length).map(|l| now + l);
    }
    if let Some(length) = text.strip_prefix('-') {
        return later(length).map(|l| now - l);
    }
    if let Some((hour, minute)) = text.split_once(':').filter(|(h, m)| h.len() <= 2 && m.len() == 2) {
        let time = jiff::civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
        return Some(Instant::from_local(now.local().date().to_datetime(time)));
    }
    crate::convert::time(CellKind::Text, text).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let now = Instant::parse("2026-03-10T12:00:00+08:00").unwrap();
        for (text, at) in [
            ("2026-03-10T08:00:00+08:00", "2026-03-10T08:00:00+08:00"),
            ("2026-03-10T08:00:00Z", "2026-03-10T16:00:00+08:00"),
            ("2026-03-10 08:00", "2026-03-10T08:00:00+08:00"),
            ("2026/3/11 8:05", "2026-03-11T08:05:00+08:00"),
            ("18:30", "2026-03-10T18:30:00+08:00"),
            ("8:30", "2026-03-10T08:30:00+08:00"),
            ("+24h", "2026-03-11T12:00:00+08:00"),
            ("-30m", "2026-03-10T11:30:00+08:00"),
        ] {
            assert_eq!(when(text, now).map(|t| t.to_string()).as_deref(), Some(at), "{text}");
        }
        for bad in ["", "tomorrow", "25:00", "+", "+2", "8:3", "2026-02-30 10:00"] {
            assert_eq!(when(bad, now), None, "{bad}");
        }
    }

    #[test]
    fn orders_and_waybills() {
        let OrderRef(order) = "pinduoduo/shop1/260309-1/2".parse().unwrap();
        assert_eq!((order.shop.as_str(), order.order_id.as_str()), ("shop1", "260309-1/2"));
        for bad in ["260309-1", "pdd/shop1/1", "pinduoduo//1", "pinduoduo/shop1/ "] {
            assert!(bad.parse::<OrderRef>().is_err(), "{bad}");
        }
        let WaybillRef(waybill) = "yto:YT1".parse().unwrap();
        assert_eq!((waybill.courier, waybill.number.as_str()), (Courier::Yto, "YT1"));
        assert_eq!("yto YT1".parse::<WaybillRef>().unwrap().0, waybill);
        for bad in ["YT1", "nobody:1", "zto:", "zto:1 2"] {
            assert!(bad.parse::<WaybillRef>().is_err(), "{bad}");
        }
    }
}
