//! Refunds without goods: asked before shipping, on the way and after, decided by us, by the platform, by the clock.

use super::super::parcel::Parcel;
use super::super::present;
use super::super::shop::{Order, Shop, clock, staffed, yuan};
use super::{Paid, Story, by, story};
use parcelward_casework::instant::{Instant, Length};
use serde_json::json;

pub fn stories() -> Vec<Story> {
    vec![
        by(
            "zto",
            story("intercept", "good", "intercepted_and_home", 6, Paid::Early, |s, o| {
                let (mut p, at) = refunded_on_the_way(s, o, "merchant");
                s.answered(&p, at + Length::minutes(30), "intercept", "accepted", json!({"courier_reference": format!("LJ{}", p.number)}));
                turned_round(s, o, &mut p, at + Length::hours(9));
            }),
        ),
        by(
            "yunda",
            story("intercept", "good", "intercepted_by_phone", 5, Paid::Early, |s, o| {
                let (mut p, at) = refunded_on_the_way(s, o, "merchant");
                s.done(o, at + Length::minutes(25), "intercept_by_phone", "accepted", json!({"reference": "网点登记"}));
                turned_round(s, o, &mut p, at + Length::hours(10));
            }),
        ),
        by(
            "jt",
            story("intercept", "odd", "refused_at_the_door", 4, Paid::Early, |s, o| {
                let (mut p, at) = refunded_on_the_way(s, o, "merchant");
                s.answered(&p, at + Length::minutes(20), "intercept", "rejected", json!({"reason": "已到派件网点，无法拦截"}));
                s.done(o, at + Length::minutes(50), "ask_buyer_to_refuse", "will_refuse", json!({}));
                p.travel(s);
                p.out(s);
                let at = p.at + Length::hours(2);
                p.scan(s, at, "refused", "末端网点");
                p.come_home(s);
                s.done(o, staffed(p.at + Length::hours(2)), "inspect_return", "as_expected", json!({}));
            }),
        ),
        story("intercept", "odd", "signed_after_the_platform_refunded", 5, Paid::Early, |s, o| {
            let (mut p, _) = refunded_on_the_way(s, o, "platform");
            p.travel(s);
            p.out(s);
            p.sign(s);
            s.evidence(o, staffed(p.at + Length::hours(1)), &["tracking_screenshot"]);
            let filed = staffed(p.at + Length::hours(2));
            s.done(o, filed, "appeal_auto_refund", "filed", json!({}));
            let heard = clock(filed, 8, 11, 0);
            s.done(o, heard, "check_appeal_result", "won", json!({"amount": yuan(o.fen())}));
            s.done(o, heard + Length::hours(3), "confirm_money_back", "received", json!({"amount": yuan(o.fen())}));
        }),
        by(
            "zto",
            story("intercept", "missed", "no_sign_of_the_intercept", 4, Paid::Early, |s, o| {
                let (mut p, at) = refunded_on_the_way(s, o, "merchant");
                s.answered(&p, at + Length::minutes(30), "intercept", "accepted", json!({"courier_reference": format!("LJ{}", p.number)}));
                p.arrive(s);
                turned_round(s, o, &mut p, at + Length::hours(32));
            }),
        ),
        by(
            "yunda",
            story("intercept", "odd", "signed_after_we_refunded", 4, Paid::Early, |s, o| {
                let (mut p, _) = refunded_on_the_way(s, o, "merchant");
                p.travel(s);
                p.out(s);
                p.sign(s);
                s.done(o, staffed(p.at + Length::hours(3)), "recover_from_buyer", "paid", json!({"amount": yuan(o.fen())}));
            }),
        ),
        by(
            "yto",
            story("intercept", "odd", "refund_withdrawn", 3, Paid::Early, |s, o| {
                let mut p = s.ship_well(o);
                p.start(s);
                let at = staffed(p.at + Length::hours(1));
                let steps = vec![
                    (at, "requested", ""),
                    (at + Length::minutes(40), "agreed", "merchant"),
                    (at + Length::hours(3), "cancelled", "buyer"),
                ];
                let sale = s.after_sale(o, "refund_only", "不想要了", steps);
                s.settle(o, sale);
                s.answered_staff(&p, at + Length::minutes(70), "intercept", "accepted", json!({}));
                s.answered_staff(&p, at + Length::minutes(200), "intercept_cancel", "accepted", json!({}));
                p.rest(5);
                p.finish(s);
            }),
        ),
        story("intercept", "good", "pulled_from_the_shelf", 5, Paid::Early, |s, o| {
            let p = s.ship_well(o);
            let at = p.declared + Length::minutes(25);
            let sale =
                s.after_sale(o, "refund_only", "不想要了", vec![(at, "requested", ""), (at + Length::minutes(15), "refunded", "merchant")]);
            s.settle(o, sale);
            s.done(o, at + Length::minutes(45), "pull_parcel", "pulled", json!({}));
        }),
        by(
            "zto",
            story("intercept", "open", "on_its_way_back_or_not", 4, Paid::HoursAgo(52, 40), |s, o| {
                let declared = s.declared(o.paid);
                let mut p = s.ship(o, declared);
                p.start(s);
                let at = present() - s.hours(3, 7);
                let steps = vec![(at - Length::hours(2), "requested", ""), (at, "agreed", "merchant")];
                let sale = s.after_sale(o, "refund_only", "拍错了", steps);
                s.settle(o, sale);
                s.answered(&p, at + Length::minutes(20), "intercept", "accepted", json!({"courier_reference": format!("LJ{}", p.number)}));
            }),
        ),
        story("after_sale", "good", "refund_answered_in_time", 14, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = clock(p.at, 1, 11, 0) + s.minutes(0, 240);
            let pause = s.hours(26, 44);
            let mut sale =
                s.after_sale(o, "refund_only", "质量问题，补偿一部分", vec![(at, "requested", ""), (at + pause, "refunded", "merchant")]);
            // A part of the price: no case but the answer.
            sale.fen = 500 + 100 * s.rng.between(0, 15);
            s.settle(o, sale);
        }),
        story("after_sale", "missed", "refunded_by_the_clock", 7, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = clock(p.at, 1, 11, 0) + s.minutes(0, 240);
            let mut sale = s.after_sale(
                o,
                "refund_only",
                "与描述不符",
                vec![(at, "requested", ""), (at + Length::hours(48) + Length::minutes(4), "refunded", "timeout")],
            );
            sale.fen = o.fen() / 2;
            s.settle(o, sale);
            s.done(o, staffed(at + Length::hours(52)), "record_auto_refund", "noted", json!({"cause": "late"}));
        }),
        story("after_sale", "odd", "talked_out_of_it", 5, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = clock(p.at, 1, 11, 0) + s.minutes(0, 240);
            s.message(o, at + Length::hours(28), "merchant", "亲，使用方法是这样的……您再试试看");
            let sale =
                s.after_sale(o, "refund_only", "不会用", vec![(at, "requested", ""), (at + Length::hours(29), "cancelled", "buyer")]);
            s.settle(o, sale);
        }),
        story("after_sale", "open", "waiting_for_our_answer", 9, Paid::HoursAgo(176, 160), |s, o| {
            let declared = s.declared(o.paid);
            let mut p = s.ship(o, declared);
            p.start(s);
            p.finish(s);
            let asked = present() - s.hours(26, 45);

            let mut sale = s.after_sale(o, "refund_only", "少件", vec![(asked, "requested", "")]);
            sale.fen = o.fen() / 3;
            s.settle(o, sale);
        }),
        story("after_sale", "open", "refund_asked_on_the_way", 5, Paid::HoursAgo(52, 40), |s, o| {
            let declared = s.declared(o.paid);
            let mut p = s.ship(o, declared);
            p.start(s);
            let asked = present() - s.hours(1, 8);
            let sale = s.after_sale(o, "refund_only", "不想要了", vec![(asked, "requested", "")]);
            s.settle(o, sale);
        }),
    ]
}

/// A whole refund, agreed while the parcel is on its way and not out for delivery.
fn refunded_on_the_way(s: &mut Shop, o: &mut Order, by: &'static str) -> (Parcel, Instant) {
    let mut p = s.ship_well(o);
    p.start(s);
    let asked = staffed(p.at);
    let agreed = asked + Length::minutes(35);
    let status = if by == "merchant" { "agreed" } else { "refunded" };
    let mut steps = vec![(asked, "requested", ""), (agreed, status, by)];
    if by == "merchant" {
        steps.push((agreed + Length::hours(26), "refunded", "merchant"));
    }
    let sale = s.after_sale(o, "refund_only", "不想要了", steps);
    s.settle(o, sale);
    p.at = agreed;
    (p, agreed)
}

fn turned_round(s: &mut Shop, o: &Order, p: &mut Parcel, at: Instant) {
    p.exception(s, at, "intercepted", "已拦截，退回寄件人");
    p.come_home(s);
    s.done(o, staffed(p.at + Length::hours(3)), "inspect_return", "as_expected", json!({}));
}
