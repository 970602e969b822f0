//! Every situation of the playbook, as stories that orders tell: the good end, the missed deadline, the odd one, and what is still open.
//!
//! A story says only what the world does and what the staff answers; what follows is for the rules to find.

mod courier;
mod delivery;
mod platform;
mod refund;
mod returns;
mod service;
mod shipping;
mod transit;

use super::shop::{self, Order, Shop};

/// When a story's order is paid.
#[derive(Debug, Clone, Copy)]
pub enum Paid {
    Any,
    /// In the first nine days: all of it has happened.
    Early,
    Middle,
    /// Between so many and so many hours before the present.
    HoursAgo(i64, i64),
}

/// Who carries it.
#[derive(Debug, Clone, Copy)]
pub enum Courier {
    Any,
    Only(&'static str),
}

/// One story.
pub struct Story {
    pub name: &'static str,
    /// The case kind it is about; `quiet` for none.
    pub case: &'static str,
    /// `good`, `missed` (a deadline was), `odd`, `open` (at the present), `quiet`.
    pub end: &'static str,
    /// How many orders tell it (for quiet ones: its weight).
    pub count: usize,
    pub paid: Paid,
    pub courier: Courier,
    pub tell: fn(&mut Shop, &mut Order),
}

/// A story in one line.
const fn story(
    case: &'static str,
    end: &'static str,
    name: &'static str,
    count: usize,
    paid: Paid,
    tell: fn(&mut Shop, &mut Order),
) -> Story {
    Story { name, case, end, count, paid, courier: Courier::Any, tell }
}

/// A story that needs a certain courier.
const fn by(code: &'static str, mut story: Story) -> Story {
    story.courier = Courier::Only(code);
    story
}

/// What is no order's: reach of couriers, disruptions.
pub fn world(shop: &mut Shop) {
    shipping::world(shop);
}

/// The stories in which something happens.
pub fn all() -> Vec<Story> {
    let mut all = Vec::new();
    all.extend(shipping::stories());
    all.extend(transit::stories());
    all.extend(delivery::stories());
    all.extend(refund::stories());
    all.extend(returns::stories());
    all.extend(service::stories());
    all.extend(platform::stories());
    all.extend(courier::stories());
    all
}

/// The stories in which nothing does; `count` is their weight.
pub fn quiet() -> Vec<Story> {
    vec![
        story("quiet", "quiet", "delivered", 94, Paid::Any, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
        }),
        story("quiet", "quiet", "delivered_with_a_chat", 4, Paid::Any, |s, o| {
            let pause = s.minutes(3, 40);
            s.message(o, o.paid + pause, "buyer", "你好，什么时候发货？");
            let mut p = s.ship_well(o);
            s.message(o, p.declared + pause, "merchant", "亲，已经发出啦，请留意物流信息");
            p.start(s);
            p.finish(s);
        }),
        story("quiet", "quiet", "small_refund_answered_at_once", 3, Paid::Early, |s, o| {
            let mut p = s.ship_well(o);
            p.start(s);
            p.finish(s);
            let at = shop::clock(p.at, 1, 10, 0) + s.minutes(0, 200);
            let answered = at + s.minutes(30, 120);
            let mut sale =
                s.after_sale(o, "refund_only", "少发配件，补偿一部分", vec![(at, "requested", ""), (answered, "refunded", "merchant")]);
            sale.fen = 300;
            s.settle(o, sale);
        }),
        story("quiet", "quiet", "cancelled_before_shipping", 2, Paid::Any, |s, o| {
            let at = o.paid + s.minutes(5, 50);
            let pause = s.minutes(1, 20);
            let sale = s.after_sale(o, "refund_only", "不想要了", vec![(at, "requested", ""), (at + pause, "refunded", "merchant")]);
            s.settle(o, sale);
        }),
    ]
}
