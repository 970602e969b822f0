//! Before the first scan: shipping late, bad addresses, places that no courier reaches, parcels that nobody collects.

use super::super::goods::PLACES;
use super::super::shop::{Order, Shop, clock, staffed, yuan};
use super::super::{SHOP, beginning, present};
use super::{Courier, Paid, Story, story};
use parcelward_casework::instant::Length;
use serde_json::{Value as Json, json};

/// The courier that does not reach a corner of the country, and a snow storm.
pub fn world(shop: &mut Shop) {
    let early = beginning() + Length::hours(2);
    for district in ["七里河区", "天山区"] {
        let place = PLACES.iter().find(|p| p.districts.contains(&district)).copied().unwrap_or(PLACES[0]);
        let data = json!({"courier": "jt", "province": place.province, "city": place.city, "district": district, "serves": false, "note": "网点停运"});
        shop.fact(early, "courier-desk", "coverage", &data);
    }
    let gansu =
        json!({"courier": "jt", "province": "甘肃省", "city": "兰州市", "district": "七里河区", "serves": true, "note": "网点恢复"});
    shop.fact(beginning() + Length::days(17), "courier-desk", "coverage", &gansu);
    let storm = json!({
        "disruption_id": "SNOW-NM-0312", "from": (beginning() + Length::days(11)).to_string(), "until": (beginning() + Length::days(13)).to_string(),
        "effect": "suspend", "provinces": ["内蒙古自治区"], "reason": "暴雪，多条线路停运",
    });
    shop.fact(beginning() + Length::days(10) + Length::hours(20), "weather-desk", "disruption", &storm);
    let fair = json!({
        "disruption_id": "PDD-WAIVE-0318", "from": (present() - Length::days(4)).to_string(), "until": (present() - Length::days(3)).to_string(),
        "effect": "waive", "platforms": ["pinduoduo"], "shops": [SHOP], "rules": ["pdd.collect", "pdd.second_scan"], "reason": "平台公告：揽收考核豁免一天",
    });
    shop.fact(present() - Length::days(4) - Length::hours(3), "platform-notice", "disruption", &fair);
}

pub fn stories() -> Vec<Story> {
    vec![
        story("late_shipment", "good", "shipped_in_the_last_hours", 42, Paid::HoursAgo(500, 60), |s, o| {
            let declared = o.ship_by - s.minutes(20, 220);
            let mut p = s.ship(o, declared);
            if declared <= present() {
                let (day, hour) = if declared.local().hour() >= 17 { (1, 9) } else { (0, 18) };
                let at = clock(declared, day, hour, 10) + s.minutes(0, 130);

                p.collect_at(s, at);
                p.first_hub(s);
                p.finish(s);
            }
        }),
        story("late_shipment", "missed", "shipped_too_late", 9, Paid::Early, |s, o| {
            let declared = clock(o.ship_by, 1, 11, 0) + s.minutes(0, 300);
            let mut p = s.ship(o, declared);
            p.start(s);
            p.finish(s);
        }),
        story("late_shipment", "open", "not_shipped_yet", 8, Paid::HoursAgo(46, 38), |_, _| {}),
        story("out_of_range", "good", "other_courier_before_shipping", 4, Paid::Early, |s, o| {
            out_of_reach(s, o);
            s.done(o, staffed(o.paid + Length::minutes(40)), "change_courier", "changed", json!({}));
            o.courier = "ems";
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
        }),
        story("bad_address", "good", "address_corrected", 5, Paid::Early, |s, o| {
            two_provinces(o);
            let asked = staffed(o.paid + s.minutes(20, 90));
            s.message(o, asked, "merchant", "亲，您的收货地址写了两个省，请确认一下寄到哪里");
            let corrected = asked + s.minutes(20, 200);
            let right = super::super::goods::detail(&mut s.rng);
            let data = order_fact(o, &right);
            s.about(o, corrected, "erp", "order", data);
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
        }),
        story("bad_address", "missed", "address_never_cleared", 4, Paid::Early, |s, o| {
            two_provinces(o);
            let tries = staffed(o.paid + Length::minutes(90));
            s.message(o, tries, "merchant", "亲，您的收货地址写了两个省，请确认一下");
            given_up(s, o);
        }),
        story("bad_address", "open", "address_asked", 3, Paid::HoursAgo(20, 4), |_, o| two_provinces(o)),
        story("uncollected", "good", "collected_next_morning", 32, Paid::Middle, |s, o| {
            let mut p = s.ship_well(o);
            let at = clock(p.declared, 1, 9, 0) + s.minutes(0, 100);
            p.collect_at(s, at);
            p.first_hub(s);
            p.finish(s);
        }),
        story("uncollected", "missed", "collected_too_late", 12, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            let told = staffed(p.declared + Length::hours(25));
            s.done(o, told, "tell_buyer", "told", json!({}));
            s.done(o, told + Length::minutes(30), "trace_unhanded_parcel", "found", json!({}));
            let at = clock(p.declared, 2, 10, 0) + s.minutes(0, 200);
            p.collect_at(s, at);
            p.first_hub(s);
            p.finish(s);
        }),
        story("uncollected", "odd", "lost_in_the_outlet_and_sent_again", 4, Paid::Early, |s, o| {
            let lost = s.ship_well(o);
            let again = clock(lost.declared, 2, 10, 30);
            s.done(o, staffed(lost.declared + Length::hours(25)), "trace_unhanded_parcel", "never_packed", json!({}));
            let mut p = s.ship_again(o, again, "改单号", Some(&lost));
            p.start(s);
            p.finish(s);
        }),
        story("uncollected", "open", "not_collected_yet", 8, Paid::HoursAgo(44, 34), |s, o| {
            let declared = present() - s.hours(14, 22);
            s.ship(o, declared);
        }),
    ]
    .into_iter()
    .chain([Story {
        name: "nobody_reaches_it",
        case: "out_of_range",
        end: "missed",
        count: 3,
        paid: Paid::Early,
        courier: Courier::Only("jt"),
        tell: |s, o| {
            out_of_reach(s, o);
            given_up(s, o);
        },
    }])
    .collect()
}

/// The order goes where the planned courier does not.
fn out_of_reach(s: &mut Shop, o: &mut Order) {
    let place = PLACES[23];
    (o.recipient.place, o.recipient.district, o.courier) = (place, "天山区", "jt");
    let mut data = order_fact(o, &o.detail.clone());
    data["planned_courier"] = json!("jt");
    s.about(o, o.paid + Length::minutes(2), "erp", "order", data);
}

/// Too late to ship: the order is cancelled, after its export was taken.
fn given_up(s: &mut Shop, o: &Order) {
    let at = staffed(o.ship_by + s.hours(4, 12));
    s.message(o, at, "buyer", "一直不发货，不要了");
    let mut data = order_fact(o, &o.detail);
    data["status"] = json!("cancelled");
    s.about(o, at + Length::minutes(40), "erp", "order", data);
}

/// 湖北省 in one field, 拉萨市 in the other.
fn two_provinces(o: &mut Order) {
    const WRONG: [&str; 3] =
        ["西藏自治区拉萨市城关区桂花路", "新疆维吾尔自治区乌鲁木齐市天山区青年路", "内蒙古自治区呼和浩特市赛罕区新华街"];
    o.recipient.place = PLACES[10];
    o.recipient.district = "洪山区";
    let n = usize::try_from(o.paid.millis() / 60_000 % 3).unwrap_or(0);
    o.detail = format!("{}{}", WRONG[n], o.detail);
}

/// The order as the merchant's own system tells it.
pub fn order_fact(o: &Order, detail: &str) -> Json {
    let r = &o.recipient;
    json!({
        "paid_at": o.paid.to_string(), "ship_by": o.ship_by.to_string(), "amount": yuan(o.fen()),
        "items": [{"sku": o.goods.0, "title": o.goods.1, "quantity": o.quantity, "price": yuan(o.goods.2)}],
        "recipient": {"name": r.name, "phone": r.phone, "province": r.place.province, "city": r.place.city, "district": r.district, "detail": detail},
    })
}
