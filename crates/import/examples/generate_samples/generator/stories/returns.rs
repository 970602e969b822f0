//! Goods that come back: return and refund, exchange, repair, parcels refused and turned round.

use super::super::goods::PLACES;
use super::super::parcel::Parcel;
use super::super::present;
use super::super::shop::{AfterSale, Order, Shop, clock, staffed, yuan};
use super::{Paid, Story, by, story};
use parcelward_casework::instant::{Instant, Length};
use serde_json::json;

pub fn stories() -> Vec<Story> {
    vec![
        story("return_parcel", "good", "returned_as_it_was", 22, Paid::Early, |s, o| {
            let (mut sale, mut p) = returning(s, o, "return_refund", "七天无理由");
            come_home(s, &mut p);
            let inspected = staffed(p.at + Length::hours(2));
            s.done(o, inspected, "inspect_return", "as_expected", json!({}));
            s.done(o, inspected + Length::hours(1), "settle_return", "refunded", json!({}));
            sale.steps.push((inspected + Length::minutes(70), "refunded", "merchant"));
            s.settle(o, sale);
        }),
        story("return_parcel", "odd", "came_back_damaged", 4, Paid::Early, |s, o| {
            let (mut sale, mut p) = returning(s, o, "return_refund", "七天无理由");
            come_home(s, &mut p);
            let inspected = staffed(p.at + Length::hours(2));
            s.done(o, inspected, "inspect_return", "damaged", json!({}));
            s.evidence(o, inspected + Length::minutes(10), &["damage", "contents"]);
            s.done(o, inspected + Length::hours(1), "settle_return", "refused", json!({}));
            sale.steps.push((inspected + Length::minutes(70), "rejected", "merchant"));
            s.settle(o, sale);
        }),
        story("return_parcel", "missed", "refunded_before_it_was_looked_at", 5, Paid::Early, |s, o| {
            let (mut sale, mut p) = returning(s, o, "return_refund", "不喜欢");
            come_home(s, &mut p);
            let shipped = sale.steps.last().map_or(p.at, |(at, ..)| *at);
            let refunded = shipped + Length::days(7) + Length::minutes(5);
            sale.steps.push((refunded, "refunded", "timeout"));
            s.settle(o, sale);
            s.done(o, staffed(refunded + Length::hours(16)), "record_auto_refund", "noted", json!({"cause": "unseen"}));
            s.done(o, staffed(refunded + Length::hours(17)), "inspect_return", "as_expected", json!({}));
        }),
        story("return_parcel", "missed", "never_sent_back", 4, Paid::Early, |s, o| {
            let (p, agreed, mut sale) = agreed_return(s, o, "return_refund", "不喜欢");
            sale.steps.push((agreed + Length::days(7), "closed", ""));
            s.settle(o, sale);
            let _ = p;
        }),
        story("return_parcel", "odd", "refused_by_the_buyer", 7, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.travel(s);
            p.out(s);
            let at = p.at + s.minutes(60, 200);
            p.scan(s, at, "refused", "末端网点");
            p.come_home(s);
            let home = staffed(p.at + Length::hours(2));
            s.done(o, home, "inspect_return", "as_expected", json!({}));
            s.done(o, home + Length::hours(1), "ask_buyer_reship_or_refund", "refund", json!({}));
            s.done(o, home + Length::hours(2), "refund_buyer", "refunded", json!({"amount": yuan(o.fen())}));
        }),
        story("return_parcel", "open", "on_its_way_home", 8, Paid::HoursAgo(260, 220), |s, o| {
            let (sale, mut p) = returning(s, o, "return_refund", "尺寸不合适");
            let at = present() - s.hours(6, 30);
            p.scan(s, at, "in_transit", "合肥转运中心");
            s.settle(o, sale);
        }),
        story("exchange", "good", "exchanged", 5, Paid::Early, |s, o| {
            let (mut sale, mut p) = returning(s, o, "exchange", "颜色发错");
            come_home(s, &mut p);
            let inspected = staffed(p.at + Length::hours(2));
            s.done(o, inspected, "inspect_return", "as_expected", json!({}));
            let again = clock(inspected, 1, 11, 0);
            let mut next = s.ship_again(o, again, "换货发货", None);
            s.packed(o, &next, "send_replacement");
            next.start(s);
            next.finish(s);
            sale.steps.push((next.at + Length::hours(1), "closed", ""));
            s.settle(o, sale);
        }),
        story("exchange", "good", "a_part_was_missing_and_sent", 4, Paid::Early, |s, o| {
            let (p, agreed, mut sale) = agreed_return(s, o, "reship", "少件");
            let again = clock(agreed, 1, 11, 0);
            let mut next = s.ship_again(o, again, "补发", None);
            s.packed(o, &next, "reship");
            next.start(s);
            next.finish(s);
            sale.steps.push((next.at + Length::hours(2), "closed", ""));
            s.settle(o, sale);
            let _ = p;
        }),
        story("exchange", "missed", "replacement_not_collected", 4, Paid::Early, |s, o| {
            let (p, agreed, sale) = agreed_return(s, o, "reship", "漏发");
            let again = clock(agreed, 1, 11, 0);
            let mut next = s.ship_again(o, again, "补发", None);
            s.packed(o, &next, "reship");
            let at = again + s.hours(28, 34);
            next.collect_at(s, at);
            next.first_hub(s);
            next.finish(s);
            s.settle(o, sale);
            let _ = p;
        }),
        story("repair", "good", "repaired_and_sent_back", 4, Paid::Early, |s, o| {
            o.recipient.place = PLACES[0];
            o.recipient.district = "余杭区";
            let (mut sale, mut p) = returning(s, o, "repair", "灯不亮");
            come_home(s, &mut p);
            let inspected = staffed(p.at + Length::hours(2));
            s.done(o, inspected, "inspect_return", "as_expected", json!({}));
            s.done(o, clock(inspected, 1, 10, 0), "send_to_maker", "shipped", json!({}));
            let again = clock(inspected, 2, 11, 0);
            let mut next = s.ship_again(o, again, "补发", None);
            s.packed(o, &next, "send_repaired_back");
            next.start(s);
            next.finish(s);
            sale.steps.push((next.at + Length::hours(1), "closed", ""));
            s.settle(o, sale);
        }),
        story("repair", "missed", "came_home_and_lay_there", 3, Paid::Early, |s, o| {
            let (sale, mut p) = returning(s, o, "repair", "接触不良");
            come_home(s, &mut p);
            s.settle(o, sale);
        }),
        by(
            "yto",
            story("return_parcel", "missed", "lost_on_the_way_home", 3, Paid::Early, |s, o| {
                let (sale, mut p) = returning(s, o, "return_refund", "不喜欢");
                let at = p.at + Length::hours(20);
                p.exception(s, at, "lost", "退件遗失");
                s.settle(o, sale);
            }),
        ),
    ]
}

/// Delivered, and a return of the goods agreed to.
fn agreed_return(s: &mut Shop, o: &mut Order, kind: &'static str, reason: &'static str) -> (Parcel, Instant, AfterSale) {
    let mut p = s.ship_well(o);
    p.start(s);
    p.finish(s);
    let asked = clock(p.at, 1, 10, 0) + s.minutes(0, 180);
    let agreed = asked + s.minutes(60, 400);
    let sale = s.after_sale(o, kind, reason, vec![(asked, "requested", ""), (agreed, "agreed", "merchant")]);
    (p, agreed, sale)
}

/// And the buyer has sent them.
fn returning(s: &mut Shop, o: &mut Order, kind: &'static str, reason: &'static str) -> (AfterSale, Parcel) {
    let (_, agreed, mut sale) = agreed_return(s, o, kind, reason);
    let sent = clock(agreed, 1, 15, 0) + s.minutes(0, 120);
    let number = s.number("yto");
    sale.return_waybill = Some(("yto", number.clone()));
    sale.steps.push((sent, "buyer_shipped", ""));
    let mut p = Parcel::new(o, "yto", number, sent);
    let at = clock(sent, 0, 18, 30) + s.minutes(0, 100);
    p.scan(s, at, "collected", "末端网点");
    (sale, p)
}

/// A buyer's return reaches the warehouse.
fn come_home(s: &mut Shop, p: &mut Parcel) {
    for status in ["arrived", "in_transit", "arrived"] {
        let at = p.at + s.hours(5, 11);
        let hub = s.rng.pick(&super::super::goods::HUBS);
        p.scan(s, at, status, hub);
    }
    let at = clock(p.at, 1, 9, 30);
    p.scan(s, at, "out_for_delivery", "义乌北苑网点");
    let at = at + s.minutes(60, 240);
    p.signed_at(s, at);
}
