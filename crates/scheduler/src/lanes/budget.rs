//! An account's budget: calls come out of the database in slices, evenly spaced, so that several daemons together keep the limits.
//!
//! A slice is a row of instants, one a call, that nobody else has. A call may be a little late for its instant, never more than
//! [`Pace::late_us`]: the instants lie so far apart that even then no window holds more calls than the limit. What is later is forfeited.

use parcelward_casework::instant::Instant;
use parcelward_courier::Limits;
use parcelward_store::lanes::{Allowance, Slice};
use std::collections::VecDeque;

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;
/// The most that one slice reaches ahead: what another daemon's urgent call waits for at worst.
const AHEAD_US: i64 = 2 * SECOND_US;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// An operation: it may spend the whole day's budget.
    Operation,
    /// A poll with a rung within the hour: it may spend the day's budget but for what is kept for operations.
    Pressing,
    /// Another poll: it spends its part of the day's budget evenly over the day.
    Slow,
}

/// How fast an account may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Between two calls, in microseconds; 0 where nothing limits them.
    pub(crate) apart_us: i64,
    /// How late a call may be for its instant.
    pub(crate) late_us: i64,
    per_day: Option<u32>,
    polls_per_day: Option<u32>,
}

impl Pace {
    /// By the limits, with the part in the hundred that polls leave to operations.
    pub(crate) fn of(limits: &Limits, reserved_percent: u8) -> Self {
        let windows = [(limits.per_second, SECOND_US), (limits.per_minute, 60 * SECOND_US)];
        let limited: Vec<(i64, i64)> = windows.into_iter().filter_map(|(n, window)| Some((i64::from(n?.max(1)), window))).collect();
        // A 25th of the window is given away for lateness: 96 of 100 calls can be made.
        let apart_us = limited.iter().map(|(n, window)| (window + window / 25 + n - 1) / n).max().unwrap_or(0);
        let late_us = limited.iter().map(|(_, window)| window / 25).min().unwrap_or(DAY_US);
        let kept = u64::from(100 - reserved_percent.min(90));
        let polls = |day: u32| u32::try_from(u64::from(day) * kept / 100).unwrap_or(day).max(1);
        Pace { apart_us, late_us, per_day: limits.per_day, polls_per_day: limits.per_day.map(polls) }
    }

    /// Whether calls need no leave.
    pub(crate) const fn is_free(&self) -> bool {
        self.apart_us == 0 && self.per_day.is_none()
    }

    /// What to ask of the database for a class.
    pub(crate) fn allowance(&self, class: Class) -> Allowance {
        let per_day = if class == Class::Operation { self.per_day } else { self.polls_per_day };
        let slow_apart_us = match (class, self.polls_per_day) {
            (Class::Slow, Some(day)) => DAY_US / i64::from(day),
            _ => 0,
        };
        Allowance { apart_us: self.apart_us, per_day, slow_apart_us }
    }

    /// Calls that one slice may hold.
    pub(crate) fn most(&self) -> u32 {
        if self.apart_us == 0 { 32 } else { u32::try_from(AHEAD_US / self.apart_us).unwrap_or(u32::MAX).max(1) }
    }
}

/// Instants that this daemon holds, in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Held(VecDeque<i64>);

impl Held {
    pub(crate) fn add(&mut self, slice: Slice, pace: &Pace) {
        self.0.extend((0..i64::from(slice.calls)).map(|n| slice.from_us + n * pace.apart_us));
    }

    /// Forgets what is too late; how many can be used now, and when the next can.
    pub(crate) fn ready(&mut self, now: Instant, pace: &Pace) -> (usize, Option<i64>) {
        let now_us = now.millis() * 1000;
        while self.0.front().is_some_and(|at| at + pace.late_us < now_us) {
            self.0.pop_front();
            metrics::counter!("parcelward_courier_calls_forfeited_total").increment(1);
        }
        let ready = self.0.iter().take_while(|at| **at <= now_us).count();
        (ready, self.0.get(ready).copied())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn take(&mut self) {
        self.0.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls as late as they may be, in the worst order: no window holds more than the limit, and 95 in the hundred are made.
    #[test]
    fn no_window_holds_more_than_the_limit_however_late_the_calls_are() {
        for (limits, window, limit) in [
            (Limits { per_second: Some(30), ..Limits::NONE }, SECOND_US, 30),
            (Limits { per_second: Some(1), ..Limits::NONE }, SECOND_US, 1),
            (Limits { per_minute: Some(100), ..Limits::NONE }, 60 * SECOND_US, 100),
            (Limits { per_minute: Some(7), per_second: Some(50), ..Limits::NONE }, 60 * SECOND_US, 7),
        ] {
            let pace = Pace::of(&limits, 20);
            let minutes = 10 * 60 * SECOND_US;
            let calls: Vec<i64> =
                (0..minutes / pace.apart_us).map(|n| n * pace.apart_us + if n % 3 == 0 { pace.late_us } else { 0 }).collect();
            let mut times = calls.clone();
            times.sort_unstable();
            for (i, from) in times.iter().enumerate() {
                let inside = times[i..].iter().take_while(|at| **at < from + window).count();
                assert!(inside <= limit, "{inside} of {limit} within one window: {limits:?}");
            }
            let possible = minutes / window * limit as i64;
            assert!(calls.len() as i64 * 100 >= possible * 95, "{} of {possible}: {limits:?}", calls.len());
        }
    }

    #[test]
    fn what_does_not_press_leaves_the_day_to_what_does() {
        let pace = Pace::of(&Limits { per_day: Some(1000), ..Limits::NONE }, 20);
        assert_eq!(pace.allowance(Class::Operation).per_day, Some(1000));
        assert_eq!(pace.allowance(Class::Pressing).per_day, Some(800));
        assert_eq!(pace.allowance(Class::Slow).slow_apart_us, DAY_US / 800);
        assert!(!pace.is_free() && Pace::of(&Limits::NONE, 20).is_free());
    }

    #[test]
    fn what_is_too_late_is_forfeited() {
        let pace = Pace::of(&Limits { per_second: Some(10), ..Limits::NONE }, 0);
        let now = Instant::from_millis(1_773_000_000_000);
        let mut held = Held::default();
        held.add(Slice { from_us: now.millis() * 1000 - 200_000, calls: 5 }, &pace);
        let (ready, next) = held.ready(now, &pace);
        assert_eq!((ready, held.len()), (0, 3), "two are more than 40 ms late, three are to come");
        assert_eq!(next, Some(now.millis() * 1000 - 200_000 + 2 * pace.apart_us));
    }
}
