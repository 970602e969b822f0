//! What buyers ask and what we promise: urging, compensation, cancelling, promises kept and broken, notes.

use super::super::present;
use super::super::shop::{Order, Shop, clock, staffed};
use super::{Paid, Story, by, story};
use parcelward_casework::instant::{Instant, Length};
use serde_json::{Value as Json, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("buyer_request", "good", "buyer_urges_and_is_answered", 28, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = staffed(p.at + Length::minutes(90));
            s.ask(o, at, "urge", "什么时候能到？", json!({"waybill": p.waybill()}));
            let pause = s.minutes(8, 100);
            s.done(o, at + pause, "answer_buyer", "told", json!({}));
            p.finish(s);
        }),
        story("buyer_request", "missed", "answered_too_late", 6, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = staffed(p.at + Length::hours(1));
            s.ask(o, at, "urge", "急用，帮忙催一下！", json!({"waybill": p.waybill(), "urgent": true}));
            s.done(o, clock(at, 1, 15, 0), "answer_buyer", "told", json!({}));
            p.finish(s);
        }),
        story("buyer_request", "good", "asks_for_a_little_money", 7, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = staffed(p.at + Length::hours(2));
            s.ask(o, at, "compensate", "包装简陋，补偿一点吧", json!({}));
            let pause = s.minutes(20, 90);
            s.done(o, at + pause, "pay_compensation", "paid", json!({"amount": "3.00", "reference": "小额打款"}));
        }),
        story("buyer_request", "good", "cancels_before_shipping", 10, Paid::Early, |s, o| {
            let at = staffed(o.paid + Length::minutes(30));
            s.ask(o, at, "cancel", "拍错了，帮我取消", json!({}));
            s.done(o, at + Length::minutes(15), "answer_buyer", "told", json!({}));
            let steps = vec![(at + Length::minutes(20), "requested", ""), (at + Length::minutes(40), "refunded", "merchant")];
            let sale = s.after_sale(o, "refund_only", "拍错了", steps);
            s.settle(o, sale);
        }),
        story("buyer_request", "odd", "cannot_find_it_before_it_is_there", 7, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = staffed(p.at + Length::hours(2));
            s.ask(o, at, "not_received", "怎么还没收到", json!({"waybill": p.waybill()}));
            s.done(o, at + Length::minutes(50), "answer_buyer", "told", json!({}));
            p.finish(s);
        }),
        story("buyer_request", "open", "waiting_for_an_answer", 7, Paid::HoursAgo(52, 40), |s, o| {
            let declared = s.declared(o.paid);
            let mut p = s.ship(o, declared);
            p.start(s);
            let pause = s.minutes(20, 170);
            s.ask(o, present() - pause, "urge", "到哪里了？", json!({"waybill": p.waybill()}));
        }),
        story("commitment", "good", "promise_kept", 14, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = clock(p.at, i64::from(p.at.local().hour() >= 15), 15, 10);
            let id = promise(s, o, at, "reply", "明天上午十点前给您答复", None);
            s.message(o, at, "merchant", "明天上午十点前给您答复");
            let kept = clock(at, 1, 9, 25);
            s.message(o, kept, "merchant", "亲，快递今天派送，请保持电话畅通");
            promised(s, o, kept, &id, "reply", "kept");
            p.finish(s);
        }),
        story("commitment", "missed", "promise_broken", 5, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = staffed(p.at + Length::hours(2));
            let due = at + Length::hours(24);
            promise(s, o, at, "compensate", "明天给您补五元", Some(due));
            s.message(o, due + Length::hours(10), "buyer", "说好的补偿呢？");
            s.done(o, clock(due, 1, 11, 30), "keep_commitment", "kept", json!({}));
        }),
        story("commitment", "odd", "promise_no_longer_wanted", 3, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            let at = staffed(p.at + Length::hours(2));
            let id = promise(s, o, at, "refund_freight", "运费退给您", Some(at + Length::hours(48)));
            promised(s, o, at + Length::hours(5), &id, "refund_freight", "withdrawn");
            p.finish(s);
        }),
        story("commitment", "open", "promised_for_tonight", 5, Paid::HoursAgo(52, 40), |s, o| {
            let declared = s.declared(o.paid);
            let mut p = s.ship(o, declared);
            p.start(s);
            let pause = s.hours(3, 8);
            promise(s, o, present() - pause, "reply", "今晚八点前给您答复", Some(clock(present(), 0, 20, 0)));
        }),
        by(
            "sf",
            story("complaint", "good", "reported_by_hand", 3, Paid::Early, |s, o| {
                let mut p = s.ship_well(o);
                p.start(s);
                p.finish(s);
                let at = staffed(p.at + Length::hours(3));
                s.about(
                    o,
                    at,
                    "staff",
                    "report",
                    json!({"case": "complaint", "waybill": p.waybill(), "text": "派件员态度恶劣，买家要求投诉", "by": "阿敏"}),
                );
                s.about(o, at + Length::minutes(5), "staff", "note", json!({"text": "买家情绪激动，先安抚", "by": "阿敏"}));
                s.done(o, at + Length::minutes(30), "complain_to_headquarters", "filed", json!({"reference": "TS-总部"}));
                s.done(o, clock(at, 10, 11, 0), "check_complaint", "satisfied", json!({}));
            }),
        ),
        story("buyer_request", "odd", "note_with_a_reminder", 4, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = staffed(p.at + Length::hours(4));
            s.ask(o, at, "compensate", "杯盖有划痕", json!({}));
            s.about(
                o,
                at + Length::minutes(20),
                "staff",
                "note",
                json!({"text": "买家要求周末前回复", "by": "小周", "remind_at": clock(at, 1, 10, 0).to_string()}),
            );
            s.done(o, at + Length::hours(2), "pay_compensation", "discount_next_time", json!({}));
            s.done(o, clock(at, 1, 11, 0), "follow_up", "done", json!({}));
        }),
    ]
}

fn promise(s: &mut Shop, o: &Order, at: Instant, what: &str, text: &str, due: Option<Instant>) -> String {
    let id = format!("C-{}", o.id);
    let mut data = json!({"commitment_id": id, "promise": what, "status": "made", "text": text});
    if let Some(due) = due {
        data["due_at"] = json!(due.to_string());
    }
    s.about(o, at, "chat", "commitment", data);
    id
}

fn promised(s: &mut Shop, o: &Order, at: Instant, id: &str, what: &str, status: &str) {
    let data: Json = json!({"commitment_id": id, "promise": what, "status": status});
    s.about(o, at, "chat", "commitment", data);
}
