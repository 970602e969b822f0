//! At the door: failed attempts, pick-up points, places that the courier does not reach, changes of address, parcels not received.

use super::super::goods;
use super::super::parcel::Parcel;
use super::super::present;
use super::super::shop::{Order, Shop, clock, staffed, yuan};
use super::{Paid, Story, by, story};
use parcelward_casework::instant::{Instant, Length};
use serde_json::{Value as Json, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("undelivered", "good", "nobody_home_then_delivered", 24, Paid::Early, |s, o| {
            let mut p = at_the_door(s, o);
            failed(s, o, &mut p);
            p.out(s);
            p.sign(s);
        }),
        story("undelivered", "odd", "nobody_home_and_forgotten", 5, Paid::Early, |s, o| {
            let mut p = at_the_door(s, o);
            failed(s, o, &mut p);
            p.rest(40);
            p.out(s);
            p.sign(s);
        }),
        story("undelivered", "good", "phone_corrected", 6, Paid::Early, |s, o| {
            let mut p = at_the_door(s, o);
            let at = p.at + Length::minutes(70);
            p.exception(s, at, "recipient_unreachable", "电话无人接听");
            let phone = goods::phone(&mut s.rng);
            s.done(o, staffed(p.at + Length::hours(1)), "correct_recipient", "corrected", json!({"phone": phone}));
            p.out(s);
            p.sign(s);
        }),
        story("undelivered", "good", "door_number_found", 4, Paid::Early, |s, o| {
            let mut p = at_the_door(s, o);
            let at = p.at + Length::minutes(90);
            p.exception(s, at, "address_unknown", "门牌号不详");
            p.out(s);
            p.sign(s);
        }),
        story("undelivered", "odd", "held_at_the_outlet", 4, Paid::Early, |s, o| {
            let mut p = at_the_door(s, o);
            let at = p.at + Length::minutes(100);
            p.exception(s, at, "held", "天气原因滞留网点");
            s.done(o, staffed(p.at + Length::hours(1)), "arrange_redelivery", "arranged", json!({}));
            p.out(s);
            p.sign(s);
        }),
        story("undelivered", "good", "fetched_after_a_reminder", 24, Paid::Early, |s, o| {
            let mut p = pickup(s, o);
            s.done(o, staffed(p.at + Length::hours(25)), "remind_pickup", "told", json!({}));
            let at = clock(p.at, 1, 18, 0) + s.hours(10, 20);
            p.signed_at(s, at);
        }),
        story("undelivered", "missed", "never_fetched", 5, Paid::Early, |s, o| {
            let mut p = pickup(s, o);
            let at = p.at + s.hours(76, 84);
            p.scan(s, at, "returning", "驿站");
            p.come_home(s);
            s.done(o, staffed(p.at + Length::hours(2)), "inspect_return", "as_expected", json!({}));
            s.done(o, staffed(p.at + Length::hours(3)), "ask_buyer_reship_or_refund", "refund", json!({}));
            s.done(o, staffed(p.at + Length::hours(4)), "refund_buyer", "refunded", json!({"amount": yuan(o.fen())}));
        }),
        story("undelivered", "good", "buyer_gave_the_wrong_phone", 4, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let phone = goods::phone(&mut s.rng);
            let at = staffed(p.at + Length::hours(2));
            s.ask(o, at, "wrong_contact", "电话写错了，换一个号码", json!({"waybill": p.waybill(), "new_address": {"phone": phone}}));
            s.done(o, at + Length::minutes(30), "correct_recipient", "corrected", json!({"phone": phone}));
            p.finish(s);
        }),
        story("undelivered", "open", "nobody_home_today", 5, Paid::HoursAgo(46, 34), |s, o| {
            o.recipient.place = goods::PLACES[0];
            o.recipient.district = "西湖区";
            let declared = s.declared(o.paid);
            let mut p = s.ship(o, declared);
            p.collect(s);
            p.arrive_first(s);
            let (left, at) = (p.at + Length::hours(1), clock(present(), 0, 6, 0));
            p.scan(s, left, "in_transit", "义乌转运中心");
            p.scan(s, at, "arrived", "杭州转运中心");
            let (out, failed) = (clock(present(), 0, 8, 40), clock(present(), 0, 15, 10));
            p.scan(s, out, "out_for_delivery", "末端网点");
            p.scan(s, failed, "delivery_failed", "末端网点");
        }),
        story("out_of_range", "good", "beyond_the_last_outlet", 5, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.travel(s);
            let at = staffed(p.at + Length::hours(3));
            p.exception(s, at, "out_of_range", "收件地址超出派送范围");
            s.done(o, at + Length::minutes(50), "choose_delivery_plan", "forward", json!({}));
            p.rest(12);
            p.out(s);
            p.sign(s);
        }),
        story("out_of_range", "odd", "told_to_fetch_it_in_town", 4, Paid::Early, |s, o| {
            let mut p = pickup(s, o);
            let at = staffed(p.at + Length::hours(4));
            s.ask(o, at, "self_pickup_forced", "让我去镇上自提，太远了", json!({"waybill": p.waybill()}));
            s.done(o, at + Length::hours(1), "choose_delivery_plan", "forward", json!({}));
            let at = clock(at, 1, 11, 0);
            p.signed_at(s, at);
        }),
        story("address_change", "good", "changed_before_shipping", 6, Paid::Early, |s, o| {
            let at = staffed(o.paid + s.minutes(15, 60));
            let address = new_address(s, o);
            s.ask(o, at, "change_address", "地址写错了，帮我改一下", json!({"new_address": address}));
            s.done(o, at + Length::minutes(30), "correct_order_address", "corrected", json!({}));
            let detail = address["detail"].as_str().unwrap_or_default().to_owned();
            let data = super::shipping::order_fact(o, &detail);
            s.staffed(o, at + Length::minutes(35), "erp", "order", data);
            let declared = clock(at, 1, 11, 0);
            let mut p = s.ship(o, declared);
            p.start(s);
            p.finish(s);
        }),
        by(
            "yto",
            story("address_change", "good", "changed_on_the_way", 6, Paid::Early, |s, o| {
                let mut p = s.ship_well(o);
                p.start(s);
                p.travel(s);
                let at = staffed(p.at);
                change(s, o, &mut p, at, "merchant_pays");
                s.answered_staff(&p, p.at + Length::minutes(30), "address_change", "accepted", json!({"fee": "5.00"}));
                p.out(s);
                let at = p.at + s.minutes(40, 150);
                p.signed_at(s, at);
            }),
        ),
        by(
            "yunda",
            story("address_change", "missed", "changed_by_phone_and_no_sign_of_it", 3, Paid::Early, |s, o| {
                let mut p = change_on_the_way(s, o, "merchant_pays");
                s.done(
                    o,
                    p.at + Length::minutes(40),
                    "change_address_by_phone",
                    "accepted",
                    json!({"reference": "电话登记", "fee": "5.00"}),
                );
                p.rest(30);
                p.finish(s);
            }),
        ),
        story("address_change", "odd", "buyer_would_not_pay", 3, Paid::Early, |s, o| {
            let mut p = change_on_the_way(s, o, "declined");
            p.rest(2);
            p.finish(s);
        }),
        story("address_change", "good", "asked_after_delivery", 4, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = staffed(p.at + Length::hours(1));
            let address = new_address(s, o);
            s.ask(o, at, "change_address", "能不能改到公司？", json!({"waybill": p.waybill(), "new_address": address}));
            s.done(o, at + Length::minutes(20), "explain_too_late", "told", json!({}));
        }),
        story("not_received", "good", "a_neighbour_had_it", 8, Paid::Early, |s, o| {
            let (p, at) = not_received(s, o);
            s.evidence(o, at + Length::hours(1), &["sign_off_proof"]);
            s.done(o, at + Length::hours(2), "help_buyer_look", "found", json!({}));
            s.message(o, at + Length::hours(2), "buyer", "找到了，物业代收的，谢谢");
            let _ = p;
        }),
        by(
            "zto",
            story("not_received", "good", "not_found_and_sent_again", 4, Paid::Early, |s, o| {
                let (p, at) = not_received(s, o);
                s.done(o, at + Length::hours(2), "help_buyer_look", "not_found", json!({}));
                s.done(o, at + Length::hours(3), "offer_solution", "reship", json!({}));
                s.answered_staff(
                    &p,
                    at + Length::minutes(200),
                    "claim",
                    "accepted",
                    json!({"courier_reference": format!("LP{}", p.number)}),
                );
                let again = clock(at, 1, 11, 0);
                let mut next = s.ship_again(o, again, "补发", None);
                s.packed(o, &next, "reship");
                next.start(s);
                next.finish(s);
                super::courier::claim_goes_well(s, o, &p, at + Length::hours(4));
            }),
        ),
        by(
            "yunda",
            story("not_received", "missed", "nobody_answered_the_buyer", 4, Paid::Early, |s, o| {
                let (p, at) = not_received(s, o);
                s.message(o, at + Length::hours(20), "buyer", "还没有消息吗？");
                let late = staffed(at + Length::hours(27));
                s.done(o, late, "offer_solution", "refund", json!({}));
                s.done(o, late + Length::hours(1), "refund_buyer", "refunded", json!({"amount": yuan(o.fen())}));
                s.done(o, late + Length::hours(2), "file_claim_by_hand", "filed", json!({"reference": format!("LP{}", p.number)}));
                super::courier::claim_goes_well(s, o, &p, late + Length::hours(2));
            }),
        ),
        story("not_received", "open", "looking_for_it", 4, Paid::HoursAgo(176, 160), |s, o| {
            let declared = s.declared(o.paid);
            let mut p = s.ship(o, declared);
            p.start(s);
            p.finish(s);
            let pause = s.hours(2, 6);
            s.ask(o, present() - pause, "not_received", "显示签收但是没收到", json!({"waybill": p.waybill()}));
        }),
    ]
}

fn at_the_door(s: &mut Shop, o: &mut Order) -> Parcel {
    let mut p = s.ship_well(o);
    p.start(s);
    p.travel(s);
    p.out(s);
    p
}

fn failed(s: &mut Shop, o: &Order, p: &mut Parcel) {
    let (at, outlet) = (p.at + s.minutes(60, 180), p.outlet());
    p.scan(s, at, "delivery_failed", &outlet);
    s.done(o, staffed(p.at + Length::hours(1)), "arrange_redelivery", "arranged", json!({}));
}

fn pickup(s: &mut Shop, o: &mut Order) -> Parcel {
    let mut p = at_the_door(s, o);
    let at = p.at + s.minutes(60, 150);
    p.scan(s, at, "ready_for_pickup", "驿站");
    p
}

fn new_address(s: &mut Shop, o: &Order) -> Json {
    let r = &o.recipient;
    json!({"name": r.name, "phone": r.phone, "province": r.place.province, "city": r.place.city, "district": r.district, "detail": goods::detail(&mut s.rng)})
}

fn change_on_the_way(s: &mut Shop, o: &mut Order, outcome: &str) -> Parcel {
    let mut p = s.ship_well(o);
    p.start(s);
    let at = staffed(p.at + Length::minutes(30));
    change(s, o, &mut p, at, outcome);
    p
}

fn change(s: &mut Shop, o: &Order, p: &mut Parcel, at: Instant, outcome: &str) {
    let address = new_address(s, o);
    s.ask(o, at, "change_address", "我搬家了，能改个地址吗？", json!({"waybill": p.waybill(), "new_address": address}));
    let answers = if outcome == "declined" { json!({}) } else { json!({"fee": "5.00"}) };
    s.done(o, at + Length::minutes(30), "agree_address_change_fee", outcome, answers);
    p.at = at + Length::minutes(30);
}

fn not_received(s: &mut Shop, o: &mut Order) -> (Parcel, Instant) {
    let mut p = s.ship_well(o);
    p.start(s);
    p.finish(s);
    let at = clock(p.at, 1, 10, 0) + s.minutes(0, 120);
    s.ask(o, at, "not_received", "显示签收，但是我没收到", json!({"waybill": p.waybill()}));
    (p, at)
}
