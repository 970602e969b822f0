//! Which slots there are: the pattern against the clock on the wall, walked second by second or minute by minute.

use crate::support::{in_zone, spec, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::cron::{BadSchedule, MOST_SLOTS, Schedule, ScheduleSpec};
use std::collections::BTreeSet;

fn instant(at: Timestamp) -> Instant {
    Instant::from_millis(at.as_millisecond())
}

/// Every change of every zone's clock in 2026 and 2027: the zone, the moment, the seconds by which the clock is set forward.
fn changes() -> Vec<(String, TimeZone, Timestamp, i64)> {
    let (from, until): (Timestamp, Timestamp) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2028-01-01T00:00:00Z".parse().unwrap());
    let mut changes = Vec::new();
    for name in jiff::tz::db().available() {
        let Ok(zone) = TimeZone::get(name.as_str()) else { continue };
        for change in zone.following(from).take_while(|change| change.timestamp() < until) {
            let before = zone.to_offset(change.timestamp() - SignedDuration::from_secs(1)).seconds();
            let forward = i64::from(change.offset().seconds()) - i64::from(before);
            if forward != 0 {
                changes.push((name.to_string(), zone.clone(), change.timestamp(), forward));
            }
        }
    }
    changes
}

#[test]
fn every_change_of_every_zone_in_two_years_is_walked_through() {
    let changes = changes();
    let zones: BTreeSet<&str> = changes.iter().map(|(name, ..)| name.as_str()).collect();
    assert!(zones.len() > 100 && changes.len() > 400, "{} zones, {} changes", zones.len(), changes.len());
    assert!(changes.iter().any(|(.., forward)| *forward > 0) && changes.iter().any(|(.., forward)| *forward < 0));
    for (name, zone, change, forward) in &changes {
        for (pattern, minutes) in [("0 */10 * * * *", 10), ("0 0 * * * *", 60)] {
            every_so_many_minutes(name, zone, *change, *forward, pattern, minutes);
        }
        once_a_day(name, zone, *change, *forward);
    }
    println!(
        "{} changes of {} zones in 2026 and 2027, of {} zones that have a name",
        changes.len(),
        zones.len(),
        jiff::tz::db().available().count()
    );
}

/// Walks from minute to minute: what the clock reads for the first time fires; what it leaps over fires where it lands.
fn every_so_many_minutes(name: &str, zone: &TimeZone, change: Timestamp, forward: i64, pattern: &str, minutes: i64) {
    let (from, until) = (change - SignedDuration::from_hours(4), change + SignedDuration::from_hours(4));
    let reading = |at: Timestamp| at.as_second() + i64::from(zone.to_offset(at).seconds());
    let mut expected = Vec::new();
    let mut latest = reading(from);
    for minute in 1..=480 {
        let at = from + SignedDuration::from_mins(minute);
        let reads = reading(at);
        let marks = (reads.div_euclid(60 * minutes) - latest.div_euclid(60 * minutes)).max(0);
        let fires = if reads > latest + 60 { marks > 0 } else { reads > latest && reads.rem_euclid(60 * minutes) == 0 };
        if fires {
            expected.push(instant(at));
        }
        latest = latest.max(reads);
    }
    let schedule = in_zone(name, pattern);
    let owed = schedule.owed(instant(from), instant(until));
    assert_eq!(owed.slots, expected, "{name} at {change}, {forward} s, {pattern}");
    let mut forwards = Vec::new();
    let mut at = instant(from);
    while let Some(next) = schedule.next_after(at).filter(|next| *next <= instant(until)) {
        forwards.push(next);
        at = next;
    }
    assert_eq!(forwards, expected, "{name} at {change}: forwards as backwards");
    // However the time is cut, no slot is lost or given twice.
    for cut in
        [change - SignedDuration::from_secs(1), change, change + SignedDuration::from_mins(17), change + SignedDuration::from_mins(60)]
    {
        let parts = [schedule.owed(instant(from), instant(cut)).slots, schedule.owed(instant(cut), instant(until)).slots].concat();
        assert_eq!(parts, expected, "{name} at {change}, cut at {cut}");
    }
}

/// A time of day that is leapt over, or comes twice: one firing for each day of the calendar.
fn once_a_day(name: &str, zone: &TimeZone, change: Timestamp, forward: i64) {
    let before = zone.to_offset(change - SignedDuration::from_secs(1)).seconds();
    let middle = change.as_second() + i64::from(before) + forward / 2;
    let middle = jiff::tz::Offset::UTC.to_datetime(Timestamp::from_second(middle).unwrap());
    let schedule = in_zone(name, &format!("{} {} {} * * *", middle.second(), middle.minute(), middle.hour()));
    let noon = |day: civil::Date| zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap();
    let (first, last) = (middle.date().yesterday().unwrap(), middle.date().tomorrow().unwrap());
    let owed = schedule.owed(instant(noon(first.yesterday().unwrap())), instant(noon(last))).slots;
    assert_eq!(owed.len(), 3, "{name} at {change}: {owed:?}");
    let expected = if forward > 0 { change } else { Timestamp::from_second(change.as_second() + forward / 2).unwrap() };
    assert!(owed.contains(&instant(expected)), "{name} at {change}: {owed:?}");
}

#[test]
fn slots_as_people_write_them_down() {
    let on = |zone: &str, cron: &str, from: &str, until: &str| in_zone(zone, cron).owed(time(from), time(until)).slots;
    // New York: 02:30 does not exist on 2026-03-08, and 01:30 comes twice on 2026-11-01.
    assert_eq!(
        on("America/New_York", "0 30 2 * * *", "2026-03-07T12:00:00-05:00", "2026-03-09T12:00:00-04:00"),
        [time("2026-03-08T03:00:00-04:00"), time("2026-03-09T02:30:00-04:00")]
    );
    assert_eq!(
        on("America/New_York", "0 30 1 * * *", "2026-10-31T12:00:00-04:00", "2026-11-02T12:00:00-05:00"),
        [time("2026-11-01T01:30:00-04:00"), time("2026-11-02T01:30:00-05:00")]
    );
    assert_eq!(
        on("Asia/Shanghai", "0 0 9,18 * * MON-FRI", "2026-03-06T12:00:00+08:00", "2026-03-09T12:00:00+08:00"),
        [time("2026-03-06T18:00:00+08:00"), time("2026-03-09T09:00:00+08:00")]
    );
    assert_eq!(
        on("Asia/Shanghai", "0 0 8 L * *", "2026-02-01T00:00:00+08:00", "2026-04-01T00:00:00+08:00"),
        [time("2026-02-28T08:00:00+08:00"), time("2026-03-31T08:00:00+08:00")]
    );
}

#[test]
fn the_edges_belong_to_the_end() {
    let schedule = in_zone("Asia/Shanghai", "0 0 9 * * *");
    let nine = time("2026-03-10T09:00:00+08:00");
    assert_eq!(schedule.owed(nine, nine + Length::hours(1)).slots, []);
    assert_eq!(schedule.owed(nine - Length::millis(1), nine).slots, [nine]);
    assert_eq!(schedule.next_after(nine - Length::millis(1)), Some(nine));
    assert_eq!(schedule.next_after(nine), Some(nine + Length::days(1)));
    assert_eq!(schedule.owed(nine, nine - Length::days(1)).slots, [], "a clock that went back owes nothing");
}

#[test]
fn a_long_sleep_is_counted_up_to_a_bound() {
    let schedule = in_zone("Asia/Shanghai", "* * * * * *");
    let until = time("2026-03-10T09:00:00+08:00");
    let owed = schedule.owed(until - Length::days(400), until);
    assert!(owed.more && owed.slots.len() == MOST_SLOTS);
    assert_eq!((owed.slots.last(), owed.slots.first()), (Some(&until), Some(&(until - Length::millis(9_999_000)))));
}

#[test]
fn what_cannot_be_read_is_said() {
    let bad = |cron: &str, zone: &str| Schedule::new(ScheduleSpec { zone: zone.to_owned(), ..spec("s", cron) }).map(|_| ()).unwrap_err();
    assert!(bad("0 9 * * *", "Asia/Shanghai").to_string().starts_with("has 5 fields, but must have 6"));
    assert_eq!(bad("0 0 9 30 2 *", "Asia/Shanghai"), BadSchedule::Never);
    assert_eq!(bad("0 0 9 * * *", "Asia/Shangai"), BadSchedule::Zone("Asia/Shangai".to_owned()));
    for cron in ["0 0 25 * * *", "0 61 9 * * *", "0 0 9 * * MOON", "0 0 nine * * *", "a b c d e f"] {
        assert!(matches!(bad(cron, "UTC"), BadSchedule::Cron(_)), "{cron}");
    }
}

#[test]
fn a_shift_is_always_the_same_and_stays_below_its_bound() {
    let jittered = |name: &str| Schedule::new(ScheduleSpec { jitter: Length::minutes(5), ..spec(name, "0 0 9 * * *") }).unwrap();
    let shifts: Vec<i64> = (0..50).map(|n| jittered(&format!("s{n}")).shift("seed").as_millis()).collect();
    assert!(shifts.iter().all(|shift| (0..300_000).contains(shift)));
    assert!(shifts.iter().collect::<BTreeSet<_>>().len() > 40, "they are spread");
    assert_eq!(jittered("s1").shift("seed"), jittered("s1").shift("seed"));
    assert_ne!(jittered("s1").shift("seed"), jittered("s1").shift("another"));
}
