//! The sample shop: three weeks of one invented shop, from a seed, the same on every machine.
//!
//! Everybody in it is invented. Phones begin with 100, which no mobile number does; waybill numbers have runs of zeros; order numbers
//! count from one. What happens after [`PRESENT`] has not happened yet and is left out.

pub mod goods;
pub mod parcel;
pub mod platforms;
pub mod rng;
pub mod shop;
pub mod stories;
pub mod tables;

use parcelward_casework::instant::Instant;
use rng::Rng;
use shop::Shop;
use stories::{Paid, Story};

/// The seed of the shipped samples.
pub const SEED: u64 = 20_260_322;
/// How many orders there are.
pub const ORDERS: usize = 2_000;
/// The shop's name, as facts have it.
pub const SHOP: &str = "qingshan";

/// The end of the three weeks: Sunday 2026-03-22, 18:00.
pub fn present() -> Instant {
    Instant::from_local(jiff::civil::date(2026, 3, 22).at(18, 0, 0, 0))
}

/// The three weeks' beginning.
pub fn beginning() -> Instant {
    Instant::from_local(jiff::civil::date(2026, 3, 1).at(18, 0, 0, 0))
}

/// Makes the shop.
pub fn generate(seed: u64) -> Shop {
    let mut rng = Rng::new(seed);
    // Every story as often as it says; quiet orders fill the rest. Then all are told in the order of payment.
    let stories = stories::all();
    let eventful: usize = stories.iter().map(|s| s.count).sum();
    let quiet = stories::quiet();
    let mut told: Vec<(Instant, &Story)> = Vec::with_capacity(ORDERS);
    for story in &stories {
        told.extend((0..story.count).map(|_| (paid_at(&mut rng, story.paid), story)));
    }
    for _ in eventful..ORDERS {
        let story = &quiet[rng.weighted(&quiet.iter().map(|s| s.count).collect::<Vec<_>>())];
        told.push((paid_at(&mut rng, story.paid), story));
    }
    told.sort_by_key(|(paid, story)| (*paid, story.name));
    let mut shop = Shop::new(rng);
    stories::world(&mut shop);
    for (paid, story) in told {
        shop.tell(paid, story);
    }
    shop
}

fn paid_at(rng: &mut Rng, paid: Paid) -> Instant {
    use parcelward_casework::instant::Length;
    let (from, to) = match paid {
        Paid::Any => (beginning(), present()),
        Paid::Early => (beginning(), beginning() + Length::days(9)),
        Paid::Middle => (beginning() + Length::days(7), present() - Length::days(6)),
        Paid::HoursAgo(most, least) => (present() - Length::hours(most), present() - Length::hours(least)),
    };
    let minutes = to.since(from).as_millis() / 60_000;
    // Few people buy in the small hours.
    for _ in 0..20 {
        let at = from + Length::minutes(rng.below(minutes.unsigned_abs()).cast_signed());
        let hour = at.local().hour();
        if hour >= 8 || rng.below(10) == 0 {
            return at;
        }
    }
    from
}
