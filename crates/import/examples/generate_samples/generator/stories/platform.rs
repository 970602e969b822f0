//! Disputes before the platform: evidence, rulings, appeals.

use super::super::present;
use super::super::shop::{Order, Shop, clock, staffed, yuan};
use super::{Paid, Story, story};
use parcelward_casework::instant::{Instant, Length};
use serde_json::{Value as Json, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("dispute", "good", "ruled_for_us", 5, Paid::Early, |s, o| {
            let at = opened(s, o, "未收到货");
            submitted(s, o, at);
            say(s, o, at + Length::days(4), json!({"status": "ruled", "ruling": "merchant"}));
        }),
        story("dispute", "good", "lost_and_won_on_appeal", 4, Paid::Early, |s, o| {
            o.paid = super::super::beginning() + s.hours(3, 14);
            o.ship_by = o.paid + Length::hours(48);
            let at = opened(s, o, "质量问题");
            submitted(s, o, at);
            let ruled = at + Length::days(2);

            say(
                s,
                o,
                ruled,
                json!({"status": "ruled", "ruling": "buyer", "appeal_by": (ruled + Length::days(7)).to_string(), "amount": yuan(o.fen())}),
            );
            let appealed = staffed(ruled + Length::days(4) + Length::hours(5));
            s.done(o, appealed, "appeal_ruling", "filed", json!({}));
            say_staff(s, o, appealed + Length::minutes(5), json!({"status": "appealed"}));
            say_staff(s, o, appealed + Length::days(3), json!({"status": "appeal_ruled", "ruling": "merchant"}));
        }),
        story("dispute", "missed", "no_evidence_no_case", 4, Paid::Early, |s, o| {
            let at = opened(s, o, "未收到货");
            let ruled = at + Length::hours(50);
            say(s, o, ruled, json!({"status": "ruled", "ruling": "buyer", "amount": yuan(o.fen())}));
            s.done(o, staffed(ruled + Length::days(7) + Length::hours(6)), "appeal_ruling", "not_worth_it", json!({}));
        }),
        story("dispute", "missed", "appeal_time_ran_out", 3, Paid::Early, |s, o| {
            o.paid = super::super::beginning() + s.hours(3, 14);
            o.ship_by = o.paid + Length::hours(48);
            let at = opened(s, o, "商品破损");
            submitted(s, o, at);
            let ruled = at + Length::days(2);
            say(
                s,
                o,
                ruled,
                json!({"status": "ruled", "ruling": "split", "appeal_by": (ruled + Length::days(7)).to_string(), "amount": yuan(o.fen() / 2)}),
            );
            s.done(o, staffed(ruled + Length::days(7) + Length::hours(20)), "appeal_ruling", "not_worth_it", json!({}));
        }),
        story("dispute", "open", "evidence_wanted_now", 6, Paid::HoursAgo(200, 180), |s, o| {
            let declared = s.declared(o.paid);
            let mut p = s.ship(o, declared);
            p.start(s);
            p.finish(s);
            let at = present() - s.hours(14, 40);
            say(
                s,
                o,
                at,
                json!({"status": "evidence_requested", "reason": "未收到货", "evidence_by": (at + Length::hours(48)).to_string(), "amount": yuan(o.fen())}),
            );
        }),
    ]
}

fn opened(s: &mut Shop, o: &mut Order, reason: &str) -> Instant {
    let mut p = s.ship_well(o);
    p.start(s);
    p.finish(s);
    let at = clock(p.at, 1, 10, 0) + s.minutes(0, 200);
    say(s, o, at, json!({"status": "opened", "reason": reason, "amount": yuan(o.fen())}));
    let wanted = at + Length::hours(1);
    say(s, o, wanted, json!({"status": "evidence_requested", "reason": reason, "evidence_by": (wanted + Length::hours(48)).to_string()}));
    wanted
}

fn submitted(s: &mut Shop, o: &Order, wanted: Instant) {
    let at = staffed(wanted + Length::hours(26));
    s.evidence(o, at, &["tracking_screenshot", "sign_off_proof", "chat"]);
    s.done(o, at + Length::minutes(30), "submit_evidence", "submitted", json!({}));
    say_staff(s, o, at + Length::minutes(31), json!({"status": "evidence_submitted"}));
}

fn dispute(o: &Order, mut data: Json) -> Json {
    data["dispute_id"] = json!(format!("D-{}", o.id));
    data
}

fn say(s: &mut Shop, o: &Order, at: Instant, data: Json) {
    s.about(o, at, "backoffice", "dispute", dispute(o, data));
}

fn say_staff(s: &mut Shop, o: &Order, at: Instant, data: Json) {
    s.staffed(o, at, "backoffice", "dispute", dispute(o, data));
}
