//! The gate of an account: how many calls leave it in a second, a minute, a day.
//!
//! Per second and per minute calls are spread evenly (no burst), so that no window of that length, wherever it begins, holds more than
//! the limit. Per day they are counted by the minute, so that a day's budget can be spent when it is needed.
//! Deliberately absent: what is asked first. A lane takes a place here, and then decides what to do with it.

use crate::limits::Limits;
use governor::clock::{Clock, DefaultClock};
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock>;

const DAY_IN_MINUTES: u64 = 24 * 60;

/// A place for one call.
#[derive(Debug)]
#[must_use = "a place that is not used is lost"]
pub struct Permit(());

/// The gate of one account. Shared by every adapter that calls through the account.
pub struct Gate {
    spread: Vec<Limiter>,
    day: Option<Mutex<DayCount>>,
    began: Instant,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("spread", &self.spread.len()).field("daily", &self.day.is_some()).finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate that keeps these limits. A limit of 0 is taken as 1: an account that may not call is left out, not limited.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let each = [(limits.per_second, Duration::from_secs(1)), (limits.per_minute, Duration::from_secs(60))];
        let spread =
            each.into_iter().filter_map(|(limit, window)| Quota::with_period(window / limit?.max(1))).map(RateLimiter::direct).collect();
        let day = limits.per_day.map(|limit| Mutex::new(DayCount::new(limit.max(1))));
        Gate { spread, day, began: Instant::now() }
    }

    /// Takes a place, or says how long until there may be one.
    ///
    /// # Errors
    /// The time to wait at least.
    pub fn try_pass(&self) -> Result<Permit, Duration> {
        // The day first, and without counting: a place there must not be spent where another limit says no.
        let minute = self.began.elapsed().as_secs() / 60;
        let mut day = self.day.as_ref().map(|day| day.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(day) = &mut day {
            day.room(minute)?;
        }
        for limiter in &self.spread {
            if let Err(not_until) = limiter.check() {
                return Err(not_until.wait_time_from(DefaultClock::default().now()).max(Duration::from_millis(1)));
            }
        }
        if let Some(day) = &mut day {
            day.count(minute);
        }
        Ok(Permit(()))
    }

    /// Waits for a place, at most that long.
    ///
    /// # Errors
    /// The time to wait at least, where that is longer.
    pub async fn pass_within(&self, longest: Duration) -> Result<Permit, Duration> {
        let end = Instant::now() + longest;
        loop {
            match self.try_pass() {
                Ok(permit) => return Ok(permit),
                Err(wait) if wait > end.saturating_duration_since(Instant::now()) => return Err(wait),
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }
}

/// Calls of the last 24 hours, by the minute.
#[derive(Debug)]
struct DayCount {
    limit: u32,
    total: u32,
    /// Minute and calls in it, oldest first.
    minutes: VecDeque<(u64, u32)>,
}

impl DayCount {
    const fn new(limit: u32) -> Self {
        DayCount { limit, total: 0, minutes: VecDeque::new() }
    }

    /// Whether there is room, or how long until the oldest minute is a day old.
    fn room(&mut self, now: u64) -> Result<(), Duration> {
        while let Some(&(minute, calls)) = self.minutes.front() {
            if minute + DAY_IN_MINUTES >= now {
                break;
            }
            self.minutes.pop_front();
            self.total -= calls;
        }
        match self.minutes.front() {
            Some(&(oldest, _)) if self.total >= self.limit => Err(Duration::from_secs((oldest + DAY_IN_MINUTES + 1 - now) * 60)),
            _ => Ok(()),
        }
    }

    fn count(&mut self, now: u64) {
        self.total += 1;
        match self.minutes.back_mut() {
            Some((minute, calls)) if *minute == now => *calls += 1,
            _ => self.minutes.push_back((now, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_window_holds_more_than_the_limit() {
        let gate = Gate::new(&Limits { per_second: Some(50), ..Limits::NONE });
        let (begin, mut passed) = (Instant::now(), Vec::new());
        while begin.elapsed() < Duration::from_millis(1500) {
            assert!(gate.pass_within(Duration::from_millis(200)).await.is_ok());
            passed.push(begin.elapsed());
        }
        let most = passed.iter().map(|from| passed.iter().filter(|at| *at >= from && **at < *from + Duration::from_secs(1)).count());
        // One more is measured than was let through where the clock is read between two places.
        assert!(most.max().is_some_and(|most| most <= 51), "{} calls in 1.5 s", passed.len());
    }

    #[test]
    fn says_how_long_to_wait() {
        let gate = Gate::new(&Limits { per_minute: Some(2), ..Limits::NONE });
        assert!(gate.try_pass().is_ok());
        let wait = gate.try_pass().err();
        assert!(wait.is_some_and(|wait| wait > Duration::from_secs(28) && wait <= Duration::from_secs(30)), "{wait:?}");
    }

    #[test]
    fn a_day_is_any_24_hours() {
        let mut day = DayCount::new(3);
        for minute in [0, 0, 700] {
            assert_eq!(day.room(minute), Ok(()));
            day.count(minute);
        }
        assert_eq!(day.room(701), Err(Duration::from_secs((1441 - 701) * 60)));
        assert!(day.room(1440).is_err());
        assert_eq!(day.room(1441), Ok(()));
        day.count(1441);
        day.count(1441);
        assert!(day.room(1442).is_err());
    }

    #[test]
    fn a_place_of_the_day_is_not_spent_where_the_minute_is_full() {
        let gate = Gate::new(&Limits { per_minute: Some(1), per_day: Some(2), ..Limits::NONE });
        assert!(gate.try_pass().is_ok());
        for _ in 0..10 {
            assert!(gate.try_pass().is_err());
        }
        let day = gate.day.as_ref().map(|d| d.lock().unwrap().total);
        assert_eq!(day, Some(1));
    }
}
