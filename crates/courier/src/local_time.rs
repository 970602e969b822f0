//! Couriers' times: local (Asia/Shanghai, UTC+8 without a change since 1991) and mostly without saying so.

use jiff::civil::DateTime;
use parcelward_casework::instant::Instant;

/// Reads a courier's time: `2026-03-10 08:00:00` (also with `/`, `T`, without seconds, with a fraction), taken as UTC+8; with an offset
/// or `Z`, taken as it says; as digits alone, seconds (10) or milliseconds (13) since the epoch, or `20260310080000` (14).
/// `None` where it is none of these or lies outside the years 2000 to 2199.
#[must_use]
pub fn parse(text: &str) -> Option<Instant> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.len() {
            10 => in_range(text.parse::<i64>().ok()?.checked_mul(1000)?),
            13 => in_range(text.parse().ok()?),
            14 => civil(text.get(0..4)?, text.get(4..6)?, text.get(6..8)?, &[text.get(8..10)?, text.get(10..12)?, text.get(12..14)?]),
            _ => None,
        };
    }
    if let Ok(at) = Instant::parse(text) {
        return Some(at);
    }
    let (date, time) = text.split_once([' ', 'T'])?;
    let date: Vec<&str> = date.split(['-', '/', '.']).collect();
    let time: Vec<&str> = time.trim().split(':').collect();
    let [year, month, day] = date[..] else { return None };
    if year.len() != 4 || !(2..=3).contains(&time.len()) {
        return None;
    }
    civil(year, month, day, &time)
}

/// A local time that stands in a number of milliseconds or seconds since the epoch.
#[must_use]
pub fn from_epoch(number: i64) -> Option<Instant> {
    // 2000 in milliseconds is larger than 2286 in seconds.
    in_range(if number.unsigned_abs() < 20_000_000_000 { number.checked_mul(1000)? } else { number })
}

/// `2026-03-10 08:00:00` at UTC+8.
#[must_use]
pub fn format(at: Instant) -> String {
    at.local().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn civil(year: &str, month: &str, day: &str, time: &[&str]) -> Option<Instant> {
    let number = |text: &str| (1..=4).contains(&text.len()).then(|| text.parse::<i16>().ok()).flatten();
    let small = |text: &str| number(text).and_then(|n| i8::try_from(n).ok());
    let (second, fraction) = time.get(2).map_or(("0", ""), |s| s.split_once('.').unwrap_or((s, "")));
    let millis: i32 = match fraction {
        "" => 0,
        digits if digits.len() <= 9 && digits.bytes().all(|b| b.is_ascii_digit()) => format!("{digits:0<3}").get(..3)?.parse().ok()?,
        _ => return None,
    };
    let at = DateTime::new(
        number(year)?,
        small(month)?,
        small(day)?,
        small(time.first()?)?,
        small(time.get(1)?)?,
        small(second)?,
        millis * 1_000_000,
    );
    in_range(Instant::from_local(at.ok()?).millis())
}

fn in_range(millis: i64) -> Option<Instant> {
    let at = Instant::from_millis(millis);
    (at >= Instant::MIN && at < Instant::MAX).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_couriers_write() {
        for text in [
            "2026-03-10 08:00:00",
            "2026/03/10 08:00:00",
            "2026/3/10 8:00:00",
            "2026-03-10 08:00",
            "2026-03-10T08:00:00",
            "2026-03-10 08:00:00.0",
            "20260310080000",
            "1773100800",
            "1773100800000",
            "2026-03-10T00:00:00Z",
            "2026-03-10T08:00:00+08:00",
            " 2026-03-10 08:00:00 ",
        ] {
            assert_eq!(parse(text).map(|at| at.to_string()).as_deref(), Some("2026-03-10T08:00:00+08:00"), "{text}");
        }
        assert_eq!(from_epoch(1_773_100_800), parse("1773100800000"));
        assert_eq!(parse("1773100800").map(format).as_deref(), Some("2026-03-10 08:00:00"));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2026-13-10 08:00:00",
            "2026-02-30 08:00:00",
            "08:00",
            "2026-03-10",
            "12",
            "0000-00-00 00:00:00",
            "1999-01-01 00:00:00",
            "2026-03-10 25:00:00",
            "２０２６-03-10 08:00:00",
            "2026-03-10 08:00:00.x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(from_epoch(i64::MAX), None);
        assert_eq!(from_epoch(0), None);
    }
}
