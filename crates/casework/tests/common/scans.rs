//! Scans of one parcel, told in any order.

use super::Verdict;
use super::life::Life;
use parcelward_casework::fact::*;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::*;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// A scan.
#[derive(Debug, Clone)]
pub struct Scan {
    /// When, in minutes after the parcel was declared.
    pub minutes: i64,
    status: TrackingStatus,
    reason: Option<ExceptionReason>,
    place: Option<&'static str>,
    seen_by: SeenBy,
}

/// Any scan of the first two days.
pub fn scan() -> impl Strategy<Value = Scan> {
    let status = prop::sample::select(TrackingStatus::ALL);
    let reason = prop::sample::select(ExceptionReason::ALL);
    let place = prop::sample::select(vec![None, Some("长沙"), Some("武汉")]);
    let minutes = prop_oneof![1 => -60_i64..2_880, 1 => 0_i64..60];
    (minutes, status, reason, place, prop::sample::select(SeenBy::ALL)).prop_map(|(minutes, status, reason, place, seen_by)| {
        let reason = Some(reason).filter(|_| status == TrackingStatus::Exception);
        Scan { minutes, status, reason, place, seen_by }
    })
}

/// The same in another order.
pub fn shuffle(scans: &[Scan], mut seed: u64) -> Vec<Scan> {
    let mut all = scans.to_vec();
    for i in (1..all.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all.swap(i, usize::try_from(seed >> 33).unwrap_or(0) % (i + 1));
    }
    all
}

/// The parcel whose scans they are.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// Where it was ordered.
    pub platform: Platform,
    /// With whom it goes.
    pub courier: u8,
    /// When it was declared, in minutes after the first day of the calendar.
    pub start: u32,
    /// Whether it serves the buyer a second time.
    pub reship: bool,
}

impl Story {
    /// The life in which these scans are told in this order, so many minutes apart, after all of them happened.
    pub fn told(self, scans: &[Scan], apart: i64) -> Result<Life, TestCaseError> {
        let start = Instant::parse("2026-01-01T00:00:00+08:00").expect("a time") + Length::minutes(i64::from(self.start));
        let key = OrderKey { platform: self.platform, shop: "shop1".to_owned(), order_id: "P1".to_owned() };
        let waybill = Waybill { courier: Courier::ALL[usize::from(self.courier) % Courier::ALL.len()], number: "1".to_owned() };
        let mut life = Life::new(key.clone(), start);
        let shipment = serde_json::json!({
            "platform": key.platform.word(), "shop": key.shop, "order_id": key.order_id, "declared_at": start.to_string(),
            "waybill": {"courier": waybill.courier.word(), "number": waybill.number},
            "direction": if self.reship { "reship" } else { "outbound" },
            "origin": {"province": "广东省", "city": "深圳市"}, "destination": {"province": "青海省", "city": "西宁市"},
        });
        let shipment = serde_json::from_value(shipment).expect("a shipment");
        let told = self.tell(&mut life, FactBody::Shipment(shipment), start, start);
        told.map_err(|e| life.with_story(e))?;
        let mut now = start + Length::minutes(2_881);
        for scan in scans {
            let body = FactBody::Tracking(TrackingFact {
                waybill: waybill.clone(),
                status: scan.status,
                place: scan.place.map(str::to_owned),
                description: None,
                code: None,
                reason: scan.reason,
                estimated_delivery_at: None,
                seen_by: Some(scan.seen_by),
            });
            self.tell(&mut life, body, start + Length::minutes(scan.minutes), now).map_err(|e| life.with_story(e))?;
            now = now + Length::minutes(apart);
        }
        let until = start + Length::minutes(2_881 + 200);
        life.run_on(until, &mut |_| Ok(())).map_err(|e| life.with_story(e))?;
        Ok(life)
    }

    fn tell(self, life: &mut Life, body: FactBody, time: Instant, now: Instant) -> Verdict {
        life.pass(now, &mut |_| Ok(()))?;
        let id = FactId { source: "test".to_owned(), id: format!("f{}", life.facts.len()) };
        life.take(Fact { id, time, recorded: Some(now), body, fingerprint: 0 }, &mut |_| Ok(()))
    }
}
