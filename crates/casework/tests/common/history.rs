//! Arbitrary histories as plain numbers, so that a failing one shrinks well. What the numbers mean is said in `make`.

use parcelward_casework::words::Platform;
use proptest::prelude::*;

/// An order and everything that is told of it.
#[derive(Clone)]
pub struct History {
    /// Where it was placed.
    pub platform: Platform,
    /// The courier of its first parcel, by number; the next parcels go with the next couriers.
    pub courier: u8,
    /// When it begins, in minutes after the first day of the calendar.
    pub start: u32,
    /// How far it has come before anything arbitrary happens: 0 nothing, 1 ordered, 2 shipped, 3 collected, 4 on its way.
    pub stage: u8,
    /// What happens, one after the other.
    pub steps: Vec<Step>,
}

impl std::fmt::Debug for History {
    /// The facts are told with the error; this only says from which numbers they came.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let steps: Vec<String> = self.steps.iter().map(|s| format!("{:?} {:?} {} {:?}", s.what, s.wait, s.late, s.draw)).collect();
        write!(f, "{} courier {} start {} stage {}: {steps:?}", self.platform, self.courier, self.start, self.stage)
    }
}

/// One thing that is told.
#[derive(Debug, Clone)]
pub struct Step {
    /// When, after the one before.
    pub wait: Wait,
    /// How many minutes before it is told it happened.
    pub late: i32,
    /// Of what kind it is.
    pub what: What,
    /// Its particulars.
    pub draw: [u8; 12],
}

/// How long it is until the next thing is told.
#[derive(Debug, Clone)]
pub enum Wait {
    /// So many minutes.
    Minutes(u32),
    /// Until the order's own next moments have passed, so many of them.
    Moments(u8),
    /// Until the very instant of its next moment, before that acts.
    ToTheMoment,
}

/// Of what kind a thing is that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A person works an open task.
    Task,
    /// A scan.
    Scan,
    /// The next scan of a parcel that goes its way.
    Onward,
    /// Nothing: only time passes.
    Nothing,
    Order,
    Shipment,
    AfterSale,
    BuyerRequest,
    Dispute,
    Commitment,
    Claim,
    Evidence,
    Message,
    Note,
    Report,
    Operation,
    Coverage,
    Disruption,
    /// Other rules are applied.
    Rules,
}

/// Everything that can be told of one order alone.
fn of_the_order() -> BoxedStrategy<What> {
    prop_oneof![
        24 => Just(What::Task),
        12 => Just(What::Scan),
        8 => Just(What::Onward),
        6 => Just(What::Nothing),
        2 => Just(What::Order),
        5 => Just(What::Shipment),
        8 => Just(What::AfterSale),
        8 => Just(What::BuyerRequest),
        4 => Just(What::Dispute),
        3 => Just(What::Commitment),
        4 => Just(What::Claim),
        3 => Just(What::Evidence),
        1 => Just(What::Message),
        2 => Just(What::Note),
        4 => Just(What::Report),
        9 => Just(What::Operation),
    ]
    .boxed()
}

fn of_the_world() -> BoxedStrategy<What> {
    prop_oneof![1 => Just(What::Coverage), 2 => Just(What::Disruption)].boxed()
}

fn step(what: BoxedStrategy<What>) -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        8 => (0_u32..180).prop_map(Wait::Minutes),
        4 => (0_u32..4_000).prop_map(Wait::Minutes),
        1 => (0_u32..20_000).prop_map(Wait::Minutes),
        5 => (1_u8..4).prop_map(Wait::Moments),
        1 => Just(Wait::ToTheMoment),
    ];
    let late = prop_oneof![12 => Just(0), 3 => 0_i32..600, 2 => 0_i32..6_000, 1 => -60_i32..0];
    (wait, late, what, any::<[u8; 12]>()).prop_map(|(wait, late, what, draw)| Step { wait, late, what, draw })
}

fn history(what: BoxedStrategy<What>, steps: std::ops::Range<usize>) -> impl Strategy<Value = History> {
    let platform = prop::sample::select(Platform::ALL);
    (platform, 0_u8..10, 0_u32..500_000, 0_u8..5, prop::collection::vec(step(what), steps))
        .prop_map(|(platform, courier, start, stage, steps)| History { platform, courier, start, stage, steps })
}

/// A history of an order alone in the world.
pub fn alone() -> impl Strategy<Value = History> {
    history(of_the_order(), 1..30)
}

/// A history of an order in a world in which couriers stop reaching places and times are not normal.
pub fn in_the_world() -> impl Strategy<Value = History> {
    history(prop_oneof![15 => of_the_order(), 1 => of_the_world()].boxed(), 1..30)
}

/// The same while operators apply other rules, and leave open deadlines as they are or have them set anew.
pub fn under_changing_rules() -> impl Strategy<Value = History> {
    let changes = prop_oneof![15 => of_the_order(), 1 => of_the_world(), 4 => Just(What::Rules)];
    history(changes.boxed(), 1..30)
}
