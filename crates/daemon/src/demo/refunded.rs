//! The three parcels of the demo whose refunds are agreed while they travel, and the facts that a shop's system tells of them.
//!
//! Deliberately absent: what the couriers do with them.

use super::telling::Event;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::{Courier, Platform};
use parcelward_simulator::Step;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The shop whose parcels these are. The sample's own shop has no accounts: its parcels are nobody's.
pub(super) const SHOP: &str = "lanhai";

/// A parcel whose refund is agreed while it travels, and what was heard of it.
#[derive(Debug)]
pub(super) struct Refunded {
    /// What people call its courier.
    pub(super) courier_name: &'static str,
    /// Its courier and number.
    pub(super) waybill: Waybill,
    /// Its order.
    pub(super) order: OrderKey,
    /// In yuan.
    amount: &'static str,
    /// The order's journal was read up to here.
    pub(super) line: u64,
    /// What was told of it, so that a scan that was both asked for and pushed is told once.
    pub(super) told: BTreeSet<String>,
    /// What has happened, in order.
    pub(super) events: Vec<Event>,
}

/// The three, on a day.
pub(super) fn three(now: Instant) -> [Refunded; 3] {
    let day = ordered_at(now).local().strftime("%y%m%d").to_string();
    let one = |courier, courier_name, number: &str, order: u32, amount| Refunded {
        courier_name,
        waybill: Waybill { courier, number: number.to_owned() },
        order: OrderKey { platform: Platform::Pinduoduo, shop: SHOP.to_owned(), order_id: format!("{day}-{order:015}") },
        amount,
        line: 0,
        told: BTreeSet::new(),
        events: Vec::new(),
    };
    [
        one(Courier::Zto, "ZTO", "73100088412263", 9_000_001, "128.00"),
        one(Courier::Sf, "SF", "SF1608841226308", 9_000_002, "369.00"),
        one(Courier::Yto, "YTO", "YT1608841226301", 9_000_003, "59.90"),
    ]
}

fn ordered_at(now: Instant) -> Instant {
    now - Length::hours(12)
}

/// What its courier has seen of a parcel that is on its way.
pub(super) fn on_its_way(now: Instant) -> Vec<(Instant, Step)> {
    let seen = [(9, Step::Collected), (8, Step::Departed), (5, Step::Arrived), (2, Step::Departed)];
    seen.map(|(hours, step)| (now - Length::hours(hours), step)).to_vec()
}

/// And of one that was just taken out for delivery.
pub(super) fn at_the_door(now: Instant) -> Vec<(Instant, Step)> {
    let mut seen = on_its_way(now);
    seen.push((now - Length::minutes(2), Step::OutForDelivery));
    seen
}

impl Refunded {
    pub(super) fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(wanted)
    }

    /// The daemon's name for the intercept, once there is one.
    pub(super) fn operation(&self) -> Option<&str> {
        self.events.iter().find_map(|event| match event {
            Event::Requested(id) => Some(id.as_str()),
            _ => None,
        })
    }

    /// Sold half a day ago, and handed to the courier: too lately for anybody to ask why it is not collected.
    pub(super) fn sold(&self, now: Instant) -> [Value; 2] {
        let (ordered, declared) = (ordered_at(now), now - Length::hours(10));
        let warehouse = json!({"province": "浙江省", "city": "杭州市", "district": "西湖区"});
        let buyer = json!({"name": "收件人", "phone": "13000001234", "province": "湖北省", "city": "武汉市", "district": "洪山区", "detail": "测试路2号"});
        let waybill = json!({"courier": self.waybill.courier.word(), "number": self.waybill.number});
        [
            self.fact("order", ordered, json!({"paid_at": ordered.to_string(), "amount": self.amount, "recipient": buyer})),
            self.fact(
                "shipment",
                declared,
                json!({"waybill": waybill, "declared_at": declared.to_string(), "origin": warehouse, "destination": buyer}),
            ),
        ]
    }

    /// Its refund is agreed now.
    pub(super) fn refund(&self, now: Instant) -> Value {
        let sale = json!({
            "after_sale_id": format!("AS-{}", self.order.order_id), "kind": "refund_only", "status": "agreed", "decided_by": "merchant",
            "amount": self.amount,
        });
        self.fact("after_sale", now, sale)
    }

    fn fact(&self, kind: &str, at: Instant, mut data: Value) -> Value {
        let OrderKey { platform, shop, order_id } = &self.order;
        for (key, value) in [("platform", platform.word()), ("shop", shop), ("order_id", order_id)] {
            data[key] = value.into();
        }
        json!({
            "specversion": "1.0", "id": format!("{kind}-{order_id}"), "source": "demo/shop", "type": format!("parcelward.{kind}"),
            "time": at.to_string(), "data": data,
        })
    }
}
