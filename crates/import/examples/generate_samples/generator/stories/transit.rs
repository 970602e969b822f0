//! On the way: scans that stop, parcels that go astray or to pieces, parcels that are lost.

use super::super::goods::PLACES;
use super::super::present;
use super::super::shop::{clock, staffed, yuan};
use super::{Paid, Story, by, story};
use parcelward_casework::instant::Length;
use serde_json::json;

pub fn stories() -> Vec<Story> {
    vec![
        story("stalled", "good", "second_scan_just_in_time", 20, Paid::Middle, |s, o| {
            let mut p = s.ship_well(o);
            p.collect(s);
            let at = p.at + s.minutes(22 * 60, 23 * 60 + 30);
            p.scan(s, at, "arrived", "义乌转运中心");
            p.rest(2);
            let at = p.at;
            p.scan(s, at, "in_transit", "义乌转运中心");
            p.finish(s);
        }),
        story("stalled", "missed", "second_scan_too_late", 8, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.collect(s);
            let at = p.at + s.hours(26, 34);
            p.scan(s, at, "arrived", "义乌转运中心");
            p.rest(2);
            let at = p.at;
            p.scan(s, at, "in_transit", "义乌转运中心");
            p.finish(s);
        }),
        story("stalled", "missed", "stuck_in_the_first_hub", 8, Paid::Early, |s, o| {
            o.recipient.place = PLACES[1];
            o.recipient.district = "海曙区";
            let mut p = s.ship_well(o);
            p.collect(s);
            p.arrive_first(s);
            let at = p.at + s.hours(50, 58);
            p.scan(s, at, "in_transit", "义乌转运中心");
            p.finish(s);
        }),
        story("stalled", "good", "moving_again_after_a_day", 48, Paid::Middle, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let pause = s.hours(20, 32);
            p.at = p.at + pause;
            p.finish(s);
        }),
        by(
            "zto",
            story("stalled", "good", "urged_and_moving", 12, Paid::Early, |s, o| {
                let mut p = s.ship_well(o);
                p.start(s);
                // The first rung stands 24 hours after the last scan, or the evening before. Told all at once, nobody is asked to hurry.
                s.answered_staff(
                    &p,
                    staffed(p.at + Length::hours(24)) + Length::minutes(25),
                    "urge",
                    "accepted",
                    json!({"courier_reference": "已加急"}),
                );
                p.rest(24);
                p.finish(s);
            }),
        ),
        story("stalled", "missed", "no_scan_for_two_days", 12, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            s.done(o, staffed(p.at + Length::hours(38)), "tell_buyer", "told", json!({}));
            p.rest(52);
            p.finish(s);
        }),
        story("stalled", "open", "standing_still_now", 8, Paid::HoursAgo(100, 84), |s, o| {
            let declared = s.declared(o.paid);
            let mut p = s.ship(o, declared);
            p.collect(s);
            p.arrive_first(s);
            let at = present() - s.hours(26, 44);
            p.scan(s, at, "in_transit", "义乌转运中心");
        }),
        by(
            "zto",
            story("lost", "good", "lost_and_sent_again", 5, Paid::Early, |s, o| {
                let mut p = s.ship_well(o);
                p.start(s);
                let at = clock(p.at, 1, 10, 0) + s.minutes(0, 90);
                p.exception(s, at, "lost", "分拣中遗失，已上报");
                s.answered(&p, p.at + Length::minutes(40), "claim", "accepted", json!({"courier_reference": format!("LP{}", p.number)}));
                s.done(o, staffed(p.at + Length::hours(2)), "ask_buyer_reship_or_refund", "reship", json!({}));
                let again = clock(p.at, 1, 11, 0);
                let mut next = s.ship_again(o, again, "补发", None);
                s.packed(o, &next, "reship");
                next.start(s);
                next.finish(s);
                let claim = format!("LP{}", p.number);
                let paid = yuan(o.fen());
                for (days, status) in [(1, "answered"), (4, "decided"), (6, "paid")] {
                    s.about(
                        o,
                        p.at + Length::days(days),
                        "zto",
                        "claim",
                        json!({"waybill": p.waybill(), "claim_id": claim, "status": status, "amount": paid}),
                    );
                }
            }),
        ),
        by(
            "yunda",
            story("lost", "good", "lost_and_refunded", 4, Paid::Early, |s, o| {
                let mut p = s.ship_well(o);
                p.start(s);
                let at = clock(p.at, 1, 10, 0);
                p.exception(s, at, "lost", "包裹遗失");
                s.ask(o, p.at + Length::hours(1), "urge", "快递说丢了，给我退款吧", json!({"wants": "refund"}));
                s.done(o, p.at + Length::hours(2), "answer_buyer", "told", json!({}));
                s.done(o, p.at + Length::hours(3), "file_claim_by_hand", "filed", json!({"reference": format!("YD{}", p.number)}));
                s.done(o, p.at + Length::hours(4), "refund_buyer", "refunded", json!({"amount": yuan(o.fen())}));
                for (hours, status) in [(22, "answered"), (90, "decided"), (140, "paid")] {
                    let data =
                        json!({"waybill": p.waybill(), "claim_id": format!("YD{}", p.number), "status": status, "amount": yuan(o.fen())});
                    s.about(o, p.at + Length::hours(hours), "yunda", "claim", data);
                }
            }),
        ),
        story("lost", "missed", "silent_for_ten_days", 4, Paid::Early, |s, o| {
            o.paid = super::super::beginning() + s.hours(3, 20);
            o.ship_by = o.paid + Length::hours(48);
            let mut p = s.ship_well(o);
            p.start(s);
        }),
        story("lost", "odd", "lost_and_found", 4, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = clock(p.at, 1, 15, 0);
            p.exception(s, at, "lost", "疑似遗失，正在查找");
            p.rest(20);
            p.travel(s);
            s.done(o, staffed(p.at + Length::hours(2)), "withdraw_claim", "withdrawn", json!({}));
            p.out(s);
            p.sign(s);
        }),
        story("misrouted", "good", "sent_the_wrong_way_and_back", 6, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = p.at + Length::hours(9);
            p.exception(s, at, "misrouted", "错发至西安转运中心，已安排回流");
            s.done(o, staffed(p.at + Length::hours(1)), "reassure_buyer", "told", json!({}));
            p.rest(12);
            p.finish(s);
        }),
        story("misrouted", "good", "buyer_saw_it_go_astray", 3, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = staffed(p.at + Length::hours(7));
            s.ask(o, at, "misrouted", "物流怎么到西安去了？", json!({"waybill": p.waybill()}));
            s.done(o, at + Length::minutes(45), "reassure_buyer", "told", json!({}));
            p.rest(9);
            p.finish(s);
        }),
        by(
            "zto",
            story("misrouted", "odd", "urgent_and_sent_again", 3, Paid::Early, |s, o| {
                let mut p = s.ship_well(o);
                p.start(s);
                let at = clock(p.at, 1, 9, 30);
                p.exception(s, at, "misrouted", "错发");
                s.ask(
                    o,
                    at + Length::hours(1),
                    "misrouted",
                    "周末要用，能不能重新发一个？",
                    json!({"waybill": p.waybill(), "urgent": true}),
                );
                s.done(o, at + Length::hours(2), "decide_reship", "reship", json!({}));
                s.answered_staff(&p, at + Length::minutes(140), "intercept", "accepted", json!({}));
                let again = clock(at, 0, 15, 0);
                let mut next = s.ship_again(o, again, "补发", None);
                s.packed(o, &next, "reship");
                next.start(s);
                next.finish(s);
                p.come_home(s);
                s.done(o, staffed(p.at + Length::hours(2)), "inspect_return", "as_expected", json!({}));
            }),
        ),
        story("misrouted", "missed", "wrong_way_and_then_silence", 3, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = p.at + Length::hours(9);
            p.exception(s, at, "misrouted", "错发");
            p.rest(54);
            p.finish(s);
        }),
        by(
            "zto",
            story("damaged", "good", "broken_on_the_way", 4, Paid::Early, |s, o| {
                let mut p = s.ship_well(o);
                p.start(s);
                let at = clock(p.at, 1, 9, 30);
                p.exception(s, at, "damaged", "外包装破损，内件受损");
                s.evidence(o, at + Length::hours(3), &["outer_packaging", "waybill_label", "damage", "contents"]);
                s.done(o, at + Length::hours(4), "assess_damage", "severe", json!({}));
                s.answered_staff(
                    &p,
                    at + Length::minutes(280),
                    "claim",
                    "accepted",
                    json!({"courier_reference": format!("LP{}", p.number)}),
                );
                let again = clock(at, 1, 11, 0);
                let mut next = s.ship_again(o, again, "补发", None);
                s.packed(o, &next, "reship");
                next.start(s);
                next.finish(s);
                super::courier::claim_goes_well(s, o, &p, at + Length::hours(5));
                // What is broken is delivered all the same.
                p.rest(9);
                p.finish(s);
            }),
        ),
        story("damaged", "good", "small_damage_small_money", 6, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = staffed(p.at + Length::hours(3));
            s.ask(o, at, "damaged", "收到的盒子压坏了一个角", json!({"waybill": p.waybill()}));
            s.evidence(o, at + Length::minutes(20), &["outer_packaging", "waybill_label", "damage", "contents"]);
            s.done(o, at + Length::minutes(60), "assess_damage", "minor", json!({}));
            s.done(o, at + Length::minutes(90), "pay_compensation", "paid", json!({"amount": "5.00", "reference": "小额打款"}));
        }),
        story("damaged", "missed", "no_photos_no_claim", 4, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = staffed(p.at + Length::hours(5));
            s.ask(o, at, "damaged", "碎了，里面全是渣", json!({"waybill": p.waybill()}));
        }),
    ]
}
