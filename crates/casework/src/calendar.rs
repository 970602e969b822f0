//! Local calendars: staffed hours of the queues, and the State Council's working days.
//!
//! Deliberately absent: any calendar data. Both are read from `config/`.

use crate::instant::{Instant, Length};
use jiff::civil::{Date, Time, Weekday};
use std::collections::BTreeSet;

/// One day in milliseconds.
const DAY: i64 = 86_400_000;
/// Asia/Shanghai's offset in milliseconds (see `instant::LOCAL`).
const OFFSET: i64 = 8 * 3_600_000;
/// How many days a search for staffed time may look before it gives up: a queue that nobody staffs in a year is never staffed.
const HORIZON_DAYS: i64 = 400;
/// A rung outside staffed hours moves to this long before the last staffed period ended.
pub const STAFFED_MARGIN: Length = Length::minutes(30);

/// When a queue is staffed: per weekday (Monday first), half-open periods in minutes after local midnight, sorted, not overlapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffedHours {
    week: [Vec<(u16, u16)>; 7],
}

impl StaffedHours {
    /// The same periods every day.
    #[must_use]
    pub fn daily(periods: Vec<(u16, u16)>) -> Self {
        StaffedHours { week: std::array::from_fn(|_| periods.clone()) }
    }

    /// Each weekday's own periods, Monday first.
    #[must_use]
    pub fn weekly(week: [Vec<(u16, u16)>; 7]) -> Self {
        StaffedHours { week }
    }

    /// Whether the queue is staffed at all in a week.
    #[must_use]
    pub fn is_ever_staffed(&self) -> bool {
        self.week.iter().any(|day| !day.is_empty())
    }

    fn periods(&self, day: i64) -> impl DoubleEndedIterator<Item = (Instant, Instant)> + '_ {
        // 1970-01-01 was a Thursday: day 0 has index 3.
        let weekday = (day + 3).rem_euclid(7);
        let midnight = day * DAY - OFFSET;
        self.week[usize::try_from(weekday).unwrap_or(0)].iter().map(move |&(from, to)| {
            (Instant::from_millis(midnight + i64::from(from) * 60_000), Instant::from_millis(midnight + i64::from(to) * 60_000))
        })
    }

    /// Whether the queue is staffed at this instant.
    #[must_use]
    pub fn contains(&self, at: Instant) -> bool {
        self.periods(local_day(at)).any(|(from, to)| from <= at && at < to)
    }

    /// The start of the first staffed period at or after this instant; the instant itself where it is staffed.
    #[must_use]
    pub fn next_start(&self, at: Instant) -> Option<Instant> {
        let today = local_day(at);
        (today..today + HORIZON_DAYS).flat_map(|day| self.periods(day)).find(|&(_, to)| at < to).map(|(from, _)| from.max(at))
    }

    /// Thirty staffed minutes before the last staffed period ended; `None` where there was none.
    #[must_use]
    pub fn before_last_end(&self, at: Instant) -> Option<Instant> {
        let today = local_day(at);
        let mut rest = STAFFED_MARGIN.as_millis();
        for day in (today - HORIZON_DAYS..=today).rev() {
            for (from, to) in self.periods(day).rev().filter(|&(_, to)| to <= at) {
                let length = to.since(from).as_millis();
                if length >= rest {
                    return Some(to - Length::millis(rest));
                }
                rest -= length;
            }
        }
        None
    }

    /// The instant by which this many staffed hours have passed since `start`.
    #[must_use]
    pub fn add(&self, start: Instant, length: Length) -> Instant {
        let today = local_day(start);
        let mut rest = length.as_millis();
        for (from, to) in (today..today + HORIZON_DAYS).flat_map(|day| self.periods(day)) {
            let from = from.max(start);
            let open = to.since(from).as_millis();
            if open <= 0 {
                continue;
            }
            if open >= rest {
                return from + Length::millis(rest);
            }
            rest -= open;
        }
        start + length
    }

    /// How much staffed time lies between two instants; nothing past the horizon of a search.
    #[must_use]
    pub fn between(&self, from: Instant, until: Instant) -> Length {
        let (first, last) = (local_day(from), local_day(until).min(local_day(from) + HORIZON_DAYS));
        let open = |(a, b): (Instant, Instant)| b.min(until).since(a.max(from)).as_millis().max(0);
        Length::millis((first..=last).flat_map(|day| self.periods(day)).map(open).sum())
    }
}

/// Days since the epoch, local time.
fn local_day(at: Instant) -> i64 {
    (at.millis() + OFFSET).div_euclid(DAY)
}

/// Local midnight at the start of the instant's local day.
#[must_use]
pub fn local_midnight(at: Instant) -> Instant {
    Instant::from_millis(local_day(at) * DAY - OFFSET)
}

/// The next local time of day `minute` (minutes after midnight), strictly after `at`.
#[must_use]
pub fn next_local(at: Instant, minute: u16) -> Instant {
    let today = local_midnight(at) + Length::minutes(i64::from(minute));
    if today > at { today } else { today + Length::days(1) }
}

/// Working days: Monday to Friday, less the days off, plus the make-up workdays, as far as the notices reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkingDays {
    days_off: BTreeSet<Date>,
    makeup: BTreeSet<Date>,
    covers_until: Option<Date>,
}

impl WorkingDays {
    /// From the calendars' lists.
    #[must_use]
    pub fn new(days_off: BTreeSet<Date>, makeup: BTreeSet<Date>, covers_until: Option<Date>) -> Self {
        WorkingDays { days_off, makeup, covers_until }
    }

    /// The last day that a notice covers.
    #[must_use]
    pub const fn covers_until(&self) -> Option<Date> {
        self.covers_until
    }

    /// Whether people work on this day. Past `covers_until` only weekends are known.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.makeup.contains(&day) || (!weekend && !self.days_off.contains(&day))
    }

    /// The same local time of day on the `n`-th working day after the start day, and whether that lies past the calendar's cover.
    #[must_use]
    pub fn add(&self, start: Instant, n: u16) -> (Instant, bool) {
        let local = start.local();
        let (mut day, mut left) = (local.date(), n);
        while left > 0 {
            day = day.tomorrow().unwrap_or(Date::MAX);
            if day == Date::MAX {
                break;
            }
            if self.is_working(day) {
                left -= 1;
            }
        }
        let provisional = self.covers_until.is_none_or(|until| day > until);
        (Instant::from_local(day.to_datetime(Time::from(local))), provisional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}+08:00")).unwrap()
    }

    fn nine_to_ten() -> StaffedHours {
        StaffedHours::daily(vec![(540, 1320)])
    }

    #[test]
    fn staffed_hours_are_half_open() {
        let hours = nine_to_ten();
        assert!(hours.contains(at("2026-03-10T09:00:00")));
        assert!(hours.contains(at("2026-03-10T21:59:59")));
        assert!(!hours.contains(at("2026-03-10T22:00:00")));
        assert_eq!(hours.before_last_end(at("2026-03-11T02:00:00")), Some(at("2026-03-10T21:30:00")));
        assert_eq!(hours.next_start(at("2026-03-10T23:00:00")), Some(at("2026-03-11T09:00:00")));
        assert_eq!(hours.add(at("2026-03-10T21:30:00"), Length::hours(2)), at("2026-03-11T10:30:00"));
        assert_eq!(hours.add(at("2026-03-10T23:30:00"), Length::hours(4)), at("2026-03-11T13:00:00"));
    }

    #[test]
    fn staffed_time_between_two_instants() {
        let hours = nine_to_ten();
        for (from, until, minutes) in [
            ("2026-03-10T22:00:00", "2026-03-11T09:00:00", 0),
            ("2026-03-10T21:00:00", "2026-03-11T09:30:00", 90),
            ("2026-03-10T10:00:00", "2026-03-10T11:00:00", 60),
            ("2026-03-10T11:00:00", "2026-03-10T10:00:00", 0),
            ("2026-03-10T00:00:00", "2026-03-13T00:00:00", 3 * 13 * 60),
        ] {
            assert_eq!(hours.between(at(from), at(until)), Length::minutes(minutes), "{from} {until}");
        }
    }

    #[test]
    fn short_periods_are_counted_together() {
        let hours = StaffedHours::daily(vec![(540, 550), (600, 640)]);
        assert_eq!(hours.before_last_end(at("2026-03-10T09:55:00")), Some(at("2026-03-09T10:20:00")));
    }

    #[test]
    fn working_days_skip_weekends_and_use_makeup_days() {
        let days = WorkingDays::new(
            ["2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23"]
                .iter()
                .map(|d| d.parse().unwrap())
                .collect(),
            ["2026-02-14", "2026-02-28"].iter().map(|d| d.parse().unwrap()).collect(),
            Some("2026-12-31".parse().unwrap()),
        );
        assert_eq!(days.add(at("2026-02-13T10:00:00"), 2), (at("2026-02-24T10:00:00"), false));
        assert!(days.add(at("2026-12-30T10:00:00"), 4).1);
    }
}
