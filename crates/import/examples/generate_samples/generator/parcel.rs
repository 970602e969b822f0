//! A parcel's way, scan by scan.

use super::goods::{HUBS, Place};
use super::shop::{Order, Shop, clock};
use parcelward_casework::instant::{Instant, Length};
use serde_json::{Value as Json, json};

/// A parcel on its way.
#[derive(Debug, Clone)]
pub struct Parcel {
    pub courier: &'static str,
    pub number: String,
    pub declared: Instant,
    /// The newest scan; the declaration before the first.
    pub at: Instant,
    pub place: Place,
    pub district: &'static str,
}

impl Parcel {
    pub(super) fn new(order: &Order, courier: &'static str, number: String, declared: Instant) -> Parcel {
        let (place, district) = (order.recipient.place, order.recipient.district);
        Parcel { courier, number, declared, at: declared, place, district }
    }

    /// As facts name it.
    pub fn waybill(&self) -> Json {
        json!({"courier": self.courier, "number": self.number})
    }

    fn city(&self) -> &'static str {
        self.place.city.trim_end_matches('市')
    }

    /// A scan at an instant.
    pub fn scan(&mut self, shop: &mut Shop, at: Instant, status: &str, place: &str) {
        // What leaves a hub says no place again: the file is long enough.
        let data = if status == "in_transit" { json!({"status": status}) } else { json!({"status": status, "place": place}) };
        self.event(shop, at, data);
    }

    /// An exception.
    pub fn exception(&mut self, shop: &mut Shop, at: Instant, reason: &str, description: &str) {
        let place = format!("{}转运中心", self.city());
        self.event(shop, at, json!({"status": "exception", "reason": reason, "description": description, "place": place}));
    }

    fn event(&mut self, shop: &mut Shop, at: Instant, mut data: Json) {
        data["waybill"] = self.waybill();
        shop.fact(at, self.courier, "tracking", &data);
        self.at = at;
    }

    /// The evening's collection.
    pub fn collect(&mut self, shop: &mut Shop) {
        let at = clock(self.declared, 0, 18, 0) + shop.minutes(0, 170);
        self.collect_at(shop, at);
    }

    /// A collection at an instant.
    pub fn collect_at(&mut self, shop: &mut Shop, at: Instant) {
        self.scan(shop, at, "collected", "义乌网点");
    }

    /// Into the first hub and out of it.
    pub fn first_hub(&mut self, shop: &mut Shop) {
        self.arrive_first(shop);
        let at = self.at + shop.hours(1, 5);
        self.scan(shop, at, "in_transit", "义乌转运中心");
    }

    /// Into the first hub.
    pub fn arrive_first(&mut self, shop: &mut Shop) {
        let at = self.at + shop.hours(2, 4);
        self.scan(shop, at, "arrived", "义乌转运中心");
    }

    /// From hub to hub to the destination's.
    pub fn travel(&mut self, shop: &mut Shop) {
        for _ in 1..self.place.legs {
            let hub = shop.rng.pick(&HUBS);
            let at = self.at + shop.hours(6, 11);
            self.scan(shop, at, "arrived", hub);
            let at = self.at + shop.hours(1, 4);
            self.scan(shop, at, "in_transit", hub);
        }
        self.arrive(shop);
    }

    /// Into the destination's hub.
    pub fn arrive(&mut self, shop: &mut Shop) {
        let at = self.at + shop.hours(5, 10);
        let hub = format!("{}转运中心", self.city());
        self.scan(shop, at, "arrived", &hub);
    }

    /// Onto the courier man's bike: the morning or the afternoon round.
    pub fn out(&mut self, shop: &mut Shop) {
        let at = match self.at.local().hour() {
            0..9 => clock(self.at, 0, 9, 5) + shop.minutes(0, 55),
            9..14 => clock(self.at, 0, 14, 30) + shop.minutes(0, 60),
            _ => clock(self.at, 1, 8, 0) + shop.minutes(0, 80),
        };
        self.event(shop, at, json!({"status": "out_for_delivery"}));
    }

    /// The outlet at the destination.
    pub fn outlet(&self) -> String {
        format!("{}{}网点", self.city(), self.district)
    }

    /// Signed, some hours after it went out.
    pub fn sign(&mut self, shop: &mut Shop) {
        let at = self.at + shop.minutes(60, 300);
        self.signed_at(shop, at);
    }

    /// Signed at an instant.
    pub fn signed_at(&mut self, shop: &mut Shop, at: Instant) {
        self.event(shop, at, json!({"status": "delivered"}));
        if at <= super::present() {
            shop.signed.insert(self.number.clone());
        }
    }

    /// From the declaration to the first leg.
    pub fn start(&mut self, shop: &mut Shop) {
        self.collect(shop);
        self.first_hub(shop);
    }

    /// From the first leg to the signature.
    pub fn finish(&mut self, shop: &mut Shop) {
        self.travel(shop);
        self.out(shop);
        self.sign(shop);
    }

    /// Back to the warehouse.
    pub fn come_home(&mut self, shop: &mut Shop) {
        for _ in 0..self.place.legs {
            let hub = shop.rng.pick(&HUBS);
            let at = self.at + shop.hours(8, 20);
            self.scan(shop, at, "returning", hub);
        }
        let at = clock(self.at, 1, 14, 0) + shop.minutes(0, 120);
        self.scan(shop, at, "returned", "义乌网点");
    }

    /// A gap in the scans.
    pub fn rest(&mut self, hours: i64) {
        self.at = self.at + Length::hours(hours);
    }
}
