//! Times, lengths and spans as people say them: `11 Mar 09:12`, `48 h`, `15 to 24 Feb`.
//!
//! Deliberately absent: what they are the times of.

use super::schedules::Moment;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rules::Span;

/// The zone of every local time that is told.
pub(super) const ZONE: &str = "Asia/Shanghai";

/// An instant, on the local clock and in UTC.
pub(super) fn moment(at: Instant) -> Moment {
    let utc = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    Moment {
        at: at.to_string(),
        local: format!("{} +08:00", at.local().strftime("%Y-%m-%d %H:%M:%S")),
        utc: utc.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// Says times beside others: the year only where it is not this one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speech {
    year: i16,
}

impl Speech {
    /// As somebody speaks at this instant.
    pub(super) fn at(now: Instant) -> Self {
        Speech { year: now.local().year() }
    }

    /// `11 Mar 09:12`, `11 Mar 2025 09:12`.
    pub(super) fn time(self, at: Instant) -> String {
        let local = at.local();
        local.strftime(if local.year() == self.year { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" }).to_string()
    }

    /// The same; the time alone where the day is that of another time that was just said.
    pub(super) fn time_beside(self, at: Instant, other: Instant) -> String {
        if at.local().date() == other.local().date() { at.local().strftime("%H:%M").to_string() } else { self.time(at) }
    }

    /// `15 to 24 Feb` where both are midnights; `10 Mar 20:00 to 11 Mar 08:00`; `10 Mar 20:00 to 22:00`.
    pub(super) fn span(self, from: Instant, until: Instant) -> String {
        let (a, b) = (from.local(), until.local());
        let midnight = |at: jiff::civil::DateTime| at.time() == jiff::civil::Time::midnight();
        if !(midnight(a) && midnight(b)) {
            return format!("{} to {}", self.time(from), self.time_beside(until, from));
        }
        let day = |at: jiff::civil::DateTime| at.strftime(if at.year() == self.year { "%-d %b" } else { "%-d %b %Y" }).to_string();
        let same_month = (a.year(), a.month()) == (b.year(), b.month());
        let first = if same_month { a.day().to_string() } else { day(a) };
        format!("{first} to {}", day(b))
    }
}

/// `48 h`, `9 d`, `1 h 30 min`.
pub(super) fn length(length: Length) -> String {
    let mut out = String::new();
    for c in length.to_string().chars() {
        match c {
            'm' => out.push_str(" min"),
            'd' | 'h' | 's' => out.extend([' ', c]),
            _ => {
                if out.ends_with(|c: char| c.is_ascii_alphabetic()) {
                    out.push(' ');
                }
                out.push(c);
            }
        }
    }
    out
}

/// A rule's length: `48 h`, `4 working days`, `2 staffed hours`, `until the next 10:00`.
pub(super) fn of_rule(span: Span) -> String {
    let of = |n: i64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match span {
        Span::Hours(hours) => length(hours),
        Span::WorkingDays(n) => of(i64::from(n), "working day"),
        Span::StaffedHours(hours) => of(hours.as_millis() / 3_600_000, "staffed hour"),
        Span::NextLocal(minute) => format!("until the next {:02}:{:02}", minute / 60, minute % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}:00+08:00")).unwrap()
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let speech = Speech::at(at("2026-03-10T08:00"));
        assert_eq!(speech.time(at("2026-03-11T09:12")), "11 Mar 09:12");
        assert_eq!(speech.time(at("2025-12-31T09:12")), "31 Dec 2025 09:12");
        assert_eq!(speech.time_beside(at("2026-03-11T21:30"), at("2026-03-11T09:12")), "21:30");
        assert_eq!(speech.time_beside(at("2026-03-12T00:00"), at("2026-03-11T09:12")), "12 Mar 00:00");
        for (from, until, said) in [
            ("2026-02-15T00:00", "2026-02-24T00:00", "15 to 24 Feb"),
            ("2026-01-30T00:00", "2026-02-02T00:00", "30 Jan to 2 Feb"),
            ("2025-12-30T00:00", "2026-01-02T00:00", "30 Dec 2025 to 2 Jan"),
            ("2026-03-10T20:00", "2026-03-11T08:00", "10 Mar 20:00 to 11 Mar 08:00"),
            ("2026-03-10T20:00", "2026-03-10T22:00", "10 Mar 20:00 to 22:00"),
        ] {
            assert_eq!(speech.span(at(from), at(until)), said);
        }
        let moment = moment(at("2026-03-11T07:12"));
        assert_eq!((moment.local.as_str(), moment.utc.as_str()), ("2026-03-11 07:12:00 +08:00", "2026-03-10 23:12:00"));
    }

    #[test]
    fn lengths_are_said_as_people_say_them() {
        for (hours, said) in [(48, "48 h"), (216, "9 d"), (24, "24 h"), (0, "0 h")] {
            assert_eq!(length(Length::hours(hours)), said);
        }
        assert_eq!(length(Length::minutes(90)), "1 h 30 min");
        for (text, said) in
            [("4 working days", "4 working days"), ("1 staffed hours", "1 staffed hour"), ("next 10:00", "until the next 10:00")]
        {
            assert_eq!(of_rule(Span::parse(text).unwrap()), said);
        }
    }
}
