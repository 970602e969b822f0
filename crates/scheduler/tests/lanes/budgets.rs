//! Budgets: never more than the courier allows in any window, nearly all of it while parcels wait, and the parcels that need it first.

use crate::courier::Ledger;
use crate::support::*;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::watch::{Looks, next_look, rank};
use parcelward_courier::Limits;
use parcelward_store::lanes::Allowance;
use std::collections::BTreeSet;

/// The most calls in any window of that length.
fn most_in(calls: &mut [i64], window_ms: i64) -> usize {
    calls.sort_unstable();
    let mut first = 0;
    let mut most = 0;
    for last in 0..calls.len() {
        while calls[last] - calls[first] >= window_ms {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

pub async fn a_day_is_never_overspent_by_two_daemons_or_over_a_restart(yard: Yard) {
    let (one, two) = (yard.store().await, yard.store().await);
    let allowance = Allowance { apart_us: 1_000, per_day: Some(100), slow_apart_us: 0 };
    let mut given = Vec::new();
    for hour in 0..60 {
        let now = yard.now() + Length::hours(hour);
        for store in [&one, &two] {
            let slice = store.take_slice("a", now, &allowance, 7).await.unwrap();
            given.extend((0..slice.calls).map(|_| now.millis()));
        }
    }
    one.close().await;
    assert!(most_in(&mut given, 86_400_000) <= 100);
    assert!(given.len() >= 240, "{}: two days and a half hold nearly three times the budget's worth", given.len());
}

pub async fn two_daemons_share_a_minute(yard: Yard) {
    let courier = Ledger::new("zto-main", Limits { per_minute: Some(30), ..Limits::NONE });
    let (here, there) = (yard.daemon(&courier).await, yard.daemon(&courier).await);
    here.ship_many(1..=400, yard.now()).await;
    yard.pass(Length::hours(2));
    let start = yard.now();
    let mut turn = 0;
    while yard.now().since(start) < Length::minutes(10) {
        // Both, and each as late as a busy machine is.
        for daemon in if turn % 2 == 0 { [&here, &there] } else { [&there, &here] } {
            daemon.lanes.round().await.unwrap();
        }
        turn += 1;
        yard.pass(Length::millis(1_900));
    }
    let mut calls: Vec<i64> = courier.book.lock().unwrap().calls.iter().map(|(at, _)| *at).collect();
    let made = calls.len();
    let most = most_in(&mut calls, 60_000);
    assert!(most <= 30, "{most} within one minute");
    assert!(made >= 285, "{made} of 300");
}

/// Ten minutes of one courier's limits, with far more parcels due than can be asked about.
async fn ten_minutes(limits: Limits) {
    let yard = Yard::on_sqlite();
    let courier = Ledger::new("zto-main", limits.clone());
    let daemon = yard.daemon(&courier).await;
    let (second, minute) = (limits.per_second.map_or(usize::MAX, |n| n as usize), limits.per_minute.map_or(usize::MAX, |n| n as usize));
    let possible = second.saturating_mul(600).min(minute.saturating_mul(10));
    let parcels = u32::try_from(possible * limits.batch).unwrap();
    daemon.ship_many(1..=parcels, yard.now()).await;
    yard.pass(Length::hours(2));
    let start = yard.now();
    // Where a second is limited a call is late after 40 ms, else after more than two seconds.
    let step = if limits.per_second.is_some() { Length::millis(1) } else { Length::millis(1_000) };
    while yard.now().since(start) < Length::minutes(10) {
        let next = daemon.lanes.round().await.unwrap();
        yard.set(next.max(yard.now() + step));
    }
    let (mut calls, sizes): (Vec<i64>, Vec<usize>) = courier
        .book
        .lock()
        .unwrap()
        .calls
        .iter()
        .map(|(at, numbers)| (*at, numbers.len()))
        .filter(|(at, _)| *at < (start + Length::minutes(10)).millis())
        .unzip();
    let made = calls.len();
    assert!(most_in(&mut calls, 1_000) <= second && most_in(&mut calls, 60_000) <= minute, "{limits:?}");
    println!("{made} of {possible} calls: {:.1} % ({limits:?})", 100.0 * made as f64 / possible as f64);
    assert!(made * 100 >= possible * 95, "{made} of {possible}: {limits:?}");
    assert!(sizes.iter().all(|size| *size <= limits.batch), "{sizes:?}");
    assert!(sizes.iter().sum::<usize>() * 100 >= made * limits.batch * 95, "batches are full while parcels wait");
}

/// The limits that the shipped couriers have (ZTO, YTO), and those that an operator sets for one that publishes none.
#[tokio::test]
async fn every_shipped_limit_is_kept_to_the_call_and_used() {
    let minute = |n| Limits { per_minute: Some(n), ..Limits::NONE };
    let (zto, yto) = (minute(100), minute(200));
    let set = Limits { per_second: Some(5), per_minute: Some(150), batch: 10, ..Limits::NONE };
    tokio::join!(ten_minutes(zto), ten_minutes(yto), ten_minutes(set));
}

pub async fn a_number_is_left_alone_for_its_least_gap(yard: Yard) {
    let gap = Length::minutes(30);
    let limits = Limits { least_gap: std::time::Duration::from_secs(1_800), ..Limits::NONE };
    let courier = Ledger::new("zto-main", limits);
    let (here, there) = (yard.daemon(&courier).await, yard.daemon(&courier).await);
    here.ship_many(1..=5, yard.now()).await;
    for n in 1..=5 {
        courier.scan(&number(n), yard.now() - Length::minutes(20), parcelward_courier::TrackingStatus::OutForDelivery);
    }
    for _ in 0..100 {
        here.lanes.round().await.unwrap();
        // Whatever presses.
        here.store.hasten(&waybill(1), yard.now()).await.unwrap();
        there.lanes.round().await.unwrap();
        yard.pass(Length::minutes(5));
    }
    let book = courier.book.lock().unwrap();
    for n in 1..=5 {
        let asked: Vec<i64> = book.calls.iter().filter(|(_, numbers)| numbers.contains(&number(n))).map(|(at, _)| *at).collect();
        assert!(asked.windows(2).all(|two| two[1] - two[0] >= gap.as_millis()), "{n}: {asked:?}");
        assert!(asked.len() >= if n == 1 { 12 } else { 3 }, "{n}: {asked:?}");
    }
}

/// A courier whose calls never come back holds up nobody else: all that is due of another one is asked meanwhile.
#[tokio::test]
async fn a_slow_courier_holds_up_itself_only() {
    let yard = Yard::on_sqlite();
    let fast = Ledger::new("zto-main", Limits::NONE);
    let slow = Ledger::serving(parcelward_courier::Courier::Yto, "yto", "yto-main", Limits::NONE);
    slow.book.lock().unwrap().hangs = true;
    let routes = parcelward_scheduler::Routes::new(vec![account(&fast), account(&slow)]);
    let at_once = account(&slow).at_once;
    let mut yard = yard;
    // Nobody waits for a call that never ends once the test has.
    yard.options.call = std::time::Duration::from_secs(3_600);
    yard.options.lease = Length::hours(2);
    let daemon = yard.daemon_with(routes.clone()).await;
    daemon.ship_many(1..=300, yard.now()).await;
    daemon.ship_by("yto", 1_001..=1_300, yard.now()).await;
    yard.pass(Length::hours(2));
    let lanes = parcelward_scheduler::lanes::Lanes::start(
        daemon.desk.clone(),
        std::sync::Arc::clone(&daemon.store),
        routes,
        std::sync::Arc::<HandClock>::clone(&yard.clock),
        yard.options.clone(),
    );
    // Ends when it is true; a courier that were held up would never come to it.
    while fast.asked() < 300 || slow.book.lock().unwrap().hanging < at_once {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(slow.book.lock().unwrap().hanging, at_once, "its own calls at once, and no more");
    let late = fast.book.lock().unwrap().calls.iter().filter(|(at, _)| *at > yard.now().millis()).count();
    assert_eq!(late, 0);
    let asked: BTreeSet<String> = fast.book.lock().unwrap().calls.iter().flat_map(|(_, numbers)| numbers.clone()).collect();
    assert_eq!(asked.len(), 300, "each of the other's parcels");
    drop(lanes);
}

/// Parcels as the table holds them: those that wait for their time, and those that are due, by rank.
struct Table {
    asked: Vec<i64>,
    rung: Vec<i64>,
    next: Vec<i64>,
    later: BTreeSet<(i64, usize)>,
    due: BTreeSet<(i64, usize)>,
}

impl Table {
    fn rank(&self, p: usize) -> i64 {
        let at = Instant::from_millis;
        rank(at(self.next[p]), at(self.asked[p]), Some(at(self.rung[p]))).millis()
    }

    fn ask_at(&mut self, p: usize, at: i64) {
        self.next[p] = at;
        self.later.insert((at, p));
    }

    /// What a case file that was woken writes: its next rung.
    fn set_rung(&mut self, p: usize, rung: i64) {
        if self.due.remove(&(self.rank(p), p)) {
            self.rung[p] = rung;
            self.due.insert((self.rank(p), p));
        } else {
            self.rung[p] = rung;
            assert!(self.later.remove(&(self.next[p], p)));
            let sooner = (self.asked[p] + 600_000).max(rung - 3_300_000);
            self.ask_at(p, self.next[p].min(sooner));
        }
    }

    fn fall_due(&mut self, now: i64) {
        while let Some((_, p)) = self.later.first().copied().filter(|(at, _)| *at <= now) {
            self.later.pop_first();
            self.due.insert((self.rank(p), p));
        }
    }
}

/// 100,000 parcels with a rung every six or seven hours each, at three tenths of what asking all of them every hour would need.
#[test]
fn nearly_every_rung_has_its_parcel_asked_within_the_hour_before() {
    const PARCELS: usize = 100_000;
    const HOUR: i64 = 3_600_000;
    let start = at(0).millis();
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut next_rung = |from: i64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        from + HOUR + i64::try_from(dice % (11 * 3_600_000)).unwrap()
    };
    let rung: Vec<i64> = (0..PARCELS).map(|_| next_rung(start)).collect();
    let mut by_rung: BTreeSet<(i64, usize)> = rung.iter().copied().zip(0..).collect();
    let (next, asked) = (vec![start; PARCELS], vec![0; PARCELS]);
    let mut table = Table { asked, rung, next, later: (0..PARCELS).map(|p| (start, p)).collect(), due: BTreeSet::new() };
    let (mut met, mut all, mut spent) = (0_u32, 0_u32, 0_usize);
    let per_minute = PARCELS * 3 / 10 / 60;
    for minute in 0..24 * 60 {
        let now = start + minute * 60_000;
        while let Some((at, p)) = by_rung.first().copied().filter(|(at, _)| *at <= now) {
            by_rung.pop_first();
            all += 1;
            met += u32::from(table.asked[p] >= at - HOUR);
            let rung = next_rung(now);
            table.set_rung(p, rung);
            by_rung.insert((rung, p));
        }
        table.fall_due(now);
        for _ in 0..per_minute {
            let Some((_, p)) = table.due.pop_first() else { break };
            spent += 1;
            table.asked[p] = now;
            let instant = Instant::from_millis(now);
            let looks = Looks { asked_at: instant, changed_at: instant, failures: 0, pushed: false };
            let next = next_look(looks, Length::hours(4), Some(Instant::from_millis(table.rung[p])), 0.5);
            table.ask_at(p, next.at.millis());
        }
    }
    let share = f64::from(met) / f64::from(all);
    println!("{met} of {all} rungs: {:.2} %; {spent} of {} calls", share * 100.0, per_minute * 24 * 60);
    assert!(all > 30_000, "{all}");
    assert!(share >= 0.99, "{met} of {all} rungs had their parcel asked within the hour before: {share}");
}
