//! Claims against couriers and complaints about them.

use super::super::beginning;
use super::super::parcel::Parcel;
use super::super::shop::{Order, Shop, clock, staffed, yuan};
use super::{Paid, Story, by, story};
use parcelward_casework::instant::{Instant, Length};
use serde_json::json;

pub fn stories() -> Vec<Story> {
    vec![
        by(
            "zto",
            story("claim", "good", "claim_paid", 5, Paid::Early, |s, o| {
                let (p, at) = lost(s, o);
                s.answered(&p, at + Length::minutes(30), "claim", "accepted", json!({"courier_reference": reference(&p)}));
                refund(s, o, at);
                for (hours, status) in [(20, "answered"), (70, "decided"), (110, "paid")] {
                    claim(s, o, &p, at + Length::hours(hours), status);
                }
            }),
        ),
        by(
            "zto",
            story("claim", "odd", "claim_refused_and_taken", 3, Paid::Early, |s, o| {
                let (p, at) = lost(s, o);
                s.answered(&p, at + Length::minutes(30), "claim", "accepted", json!({"courier_reference": reference(&p)}));
                refund(s, o, at);
                claim(s, o, &p, at + Length::hours(20), "answered");
                claim(s, o, &p, at + Length::hours(60), "refused");
            }),
        ),
        by(
            "yunda",
            story("claim", "missed", "claim_filed_by_nobody", 4, Paid::Early, |s, o| {
                early(s, o);
                let (_, at) = lost(s, o);
                refund(s, o, at);
            }),
        ),
        by(
            "zto",
            story("complaint", "odd", "payout_overdue_and_paid_after_the_complaint", 3, Paid::Early, |s, o| {
                early(s, o);
                let (p, at) = lost(s, o);
                s.answered(&p, at + Length::minutes(30), "claim", "accepted", json!({"courier_reference": reference(&p)}));
                refund(s, o, at);
                claim(s, o, &p, at + Length::hours(20), "answered");
                claim(s, o, &p, at + Length::hours(50), "decided");
                let late = staffed(at + Length::days(9) + Length::hours(8));
                s.done(o, late, "complain_to_headquarters", "filed", json!({"reference": "TS-ZTO"}));
                claim(s, o, &p, late + Length::days(2), "paid");
            }),
        ),
        by(
            "zto",
            story("complaint", "missed", "payout_overdue_and_nobody_complains", 3, Paid::Early, |s, o| {
                early(s, o);
                let (p, at) = lost(s, o);
                s.answered(&p, at + Length::minutes(30), "claim", "accepted", json!({"courier_reference": reference(&p)}));
                refund(s, o, at);
                claim(s, o, &p, at + Length::hours(20), "answered");
                claim(s, o, &p, at + Length::hours(50), "decided");
            }),
        ),
    ]
}

/// The story is a long one: it begins with the three weeks.
fn early(s: &mut Shop, o: &mut Order) {
    o.paid = beginning() + s.hours(3, 15);
    o.ship_by = o.paid + Length::hours(48);
}

fn lost(s: &mut Shop, o: &mut Order) -> (Parcel, Instant) {
    let mut p = s.ship_well(o);
    p.start(s);
    let at = clock(p.at, 1, 10, 0) + s.minutes(0, 120);
    p.exception(s, at, "lost", "包裹遗失，已确认");
    (p, at)
}

fn refund(s: &mut Shop, o: &Order, at: Instant) {
    s.done(o, at + Length::hours(3), "ask_buyer_reship_or_refund", "refund", json!({}));
    s.done(o, at + Length::hours(4), "refund_buyer", "refunded", json!({"amount": yuan(o.fen())}));
}

/// A claim that runs as it should, from its filing on.
pub fn claim_goes_well(s: &mut Shop, o: &Order, p: &Parcel, filed: Instant) {
    for (hours, status) in [(20, "answered"), (70, "decided"), (120, "paid")] {
        claim(s, o, p, filed + Length::hours(hours), status);
    }
}

fn reference(p: &Parcel) -> String {
    format!("LP{}", p.number)
}

fn claim(s: &mut Shop, o: &Order, p: &Parcel, at: Instant, status: &str) {
    let data = json!({"waybill": p.waybill(), "claim_id": reference(p), "status": status, "amount": yuan(o.fen())});
    s.about(o, at, p.courier, "claim", data);
}
