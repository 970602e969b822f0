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
            let looks = Looks { asked_at: instant, changed_at: instant, failures: 0 };
            let next = next_look(looks, Length::hours(4), Some(Instant::from_millis(table.rung[p])), 0.5);
            table.ask_at(p, next.at.millis());
        }
    }
    let share = f64::from(met) / f64::from(all);
    println!("{met} of {all} rungs: {:.2} %; {spent} of {} calls", share * 100.0, per_minute * 24 * 60);
    assert!(all > 30_000, "{all}");
    assert!(share >= 0.99, "{met} of {all} rungs had their parcel asked within the hour before: {share}");
}
