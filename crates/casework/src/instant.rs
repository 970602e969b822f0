//! Instants and lengths of time: milliseconds, UTC.
//!
//! Deliberately absent: the clock. Nothing here knows what time it is.

use jiff::{SignedDuration, Timestamp, civil, tz::Offset};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

/// A length of time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Length(i64);

/// Local time of the platforms. Asia/Shanghai has stood at UTC+8 without a change since 1991-09-15, so a fixed offset is exact for
/// every order there can be, and the rules need no zone database.
pub(crate) const LOCAL: Offset = Offset::constant(8);

impl Instant {
    /// The earliest instant that is accepted: 2000-01-01T00:00:00Z.
    pub const MIN: Instant = Instant(946_684_800_000);
    /// The latest instant that is accepted: 2200-01-01T00:00:00Z.
    pub const MAX: Instant = Instant(7_258_118_400_000);

    /// From milliseconds since the epoch, UTC.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Instant(ms)
    }

    /// Milliseconds since the epoch, UTC.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with an offset, cut to milliseconds.
    ///
    /// # Errors
    /// [`BadInstant`] where the text is no RFC 3339 time with offset, or lies outside the years 2000 to 2199.
    pub fn parse(text: &str) -> Result<Self, BadInstant> {
        let bad = || BadInstant(text.chars().take(40).collect());
        let rfc_shape = text.len() >= 20 && matches!(text.as_bytes()[10], b'T' | b't' | b' ') && !text.contains('[');
        if !rfc_shape {
            return Err(bad());
        }
        let at: Timestamp = text.parse().map_err(|_| bad())?;
        let at = Instant(at.as_millisecond());
        if at < Self::MIN || at >= Self::MAX { Err(bad()) } else { Ok(at) }
    }

    /// The local civil time (UTC+8).
    #[must_use]
    pub fn local(self) -> civil::DateTime {
        LOCAL.to_datetime(self.timestamp())
    }

    /// The instant of a local civil time (UTC+8); saturates at the ends of the accepted range.
    #[must_use]
    pub fn from_local(at: civil::DateTime) -> Self {
        LOCAL.to_timestamp(at).map_or(Self::MAX, |t| Instant(t.as_millisecond()))
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The time between two instants; negative where `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Instant) -> Length {
        Length(self.0 - earlier.0)
    }
}

impl Length {
    /// No time at all.
    pub const ZERO: Length = Length(0);

    /// From milliseconds.
    #[must_use]
    pub const fn millis(ms: i64) -> Self {
        Length(ms)
    }
    /// From minutes.
    #[must_use]
    pub const fn minutes(n: i64) -> Self {
        Length(n * 60_000)
    }
    /// From hours.
    #[must_use]
    pub const fn hours(n: i64) -> Self {
        Length(n * 3_600_000)
    }
    /// From days of 24 hours.
    #[must_use]
    pub const fn days(n: i64) -> Self {
        Length(n * 86_400_000)
    }
    /// In milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads `90m`, `24h`, `2d` or a sum of them (`1d12h`).
    ///
    /// # Errors
    /// [`BadLength`] with the text where it is not of that form.
    pub fn parse(text: &str) -> Result<Self, BadLength> {
        let bad = || BadLength(text.chars().take(40).collect());
        let (mut total, mut digits) = (0_i64, String::new());
        for c in text.trim().chars() {
            match c {
                '0'..='9' => digits.push(c),
                ' ' => {}
                's' | 'm' | 'h' | 'd' if !digits.is_empty() => {
                    let n: i64 = digits.parse().map_err(|_| bad())?;
                    let unit = match c {
                        's' => 1_000,
                        'm' => 60_000,
                        'h' => 3_600_000,
                        _ => 86_400_000,
                    };
                    total = n.checked_mul(unit).and_then(|ms| total.checked_add(ms)).ok_or_else(bad)?;
                    digits.clear();
                }
                _ => return Err(bad()),
            }
        }
        if !digits.is_empty() || text.trim().is_empty() || total > Length::days(3660).0 { Err(bad()) } else { Ok(Length(total)) }
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mut rest, mut written) = (self.0, false);
        for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
            // Whole days are said in days only beyond two of them: `24h` and `48h` are how the platforms speak.
            if name == "d" && (rest < 3 * unit || rest % unit != 0) {
                continue;
            }
            if rest / unit > 0 {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
                written = true;
            }
        }
        if written { Ok(()) } else { f.write_str("0h") }
    }
}

impl std::ops::Add<Length> for Instant {
    type Output = Instant;
    fn add(self, by: Length) -> Instant {
        Instant(self.0.saturating_add(by.0))
    }
}

impl std::ops::Sub<Length> for Instant {
    type Output = Instant;
    fn sub(self, by: Length) -> Instant {
        Instant(self.0.saturating_sub(by.0))
    }
}

impl std::ops::Add for Length {
    type Output = Length;
    fn add(self, by: Length) -> Length {
        Length(self.0.saturating_add(by.0))
    }
}

impl From<Length> for SignedDuration {
    fn from(length: Length) -> Self {
        SignedDuration::from_millis(length.0)
    }
}

/// An instant's RFC 3339 text, in place: instants are written by the million.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstantText {
    bytes: [u8; 29],
    length: usize,
}

impl InstantText {
    pub(crate) fn as_str(&self) -> &str {
        // Digits and signs only.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl serde::Serialize for InstantText {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl Instant {
    /// RFC 3339 at UTC+8, to the second, or to the millisecond where there is one.
    pub(crate) fn text(self) -> InstantText {
        fn digits(into: &mut [u8], mut number: u64) {
            for digit in into.iter_mut().rev() {
                *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
        }
        let at = self.local();
        let mut bytes = *b"0000-00-00T00:00:00.000+08:00";
        digits(&mut bytes[..4], u64::from(at.year().unsigned_abs()));
        for (from, part) in [(5, at.month()), (8, at.day()), (11, at.hour()), (14, at.minute()), (17, at.second())] {
            digits(&mut bytes[from..from + 2], u64::from(part.unsigned_abs()));
        }
        match self.0.rem_euclid(1000).unsigned_abs() {
            0 => {
                bytes.copy_within(23.., 19);
                InstantText { bytes, length: 25 }
            }
            ms => {
                digits(&mut bytes[20..23], ms);
                InstantText { bytes, length: 29 }
            }
        }
    }
}

/// Writes RFC 3339 at UTC+8, to the second, or to the millisecond where there is one.
impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text().as_str())
    }
}

/// A text that is no RFC 3339 time with offset between the years 2000 and 2199.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an RFC 3339 time with offset (such as 2026-03-10T08:00:00+08:00)")]
pub struct BadInstant(String);

/// A text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time (such as 30m, 24h, 2d)")]
pub struct BadLength(String);

/// Serialises an [`Instant`] as RFC 3339 text, as the contract has it (the case file keeps milliseconds).
pub mod rfc3339 {
    use super::Instant;
    use serde::{Deserializer, Serializer, de};

    /// Writes the text.
    ///
    /// # Errors
    /// Only what the serializer itself reports.
    pub fn serialize<S: Serializer>(at: &Instant, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(at.text().as_str())
    }

    struct Text;
    impl de::Visitor<'_> for Text {
        type Value = Instant;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an RFC 3339 time with offset")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
            Instant::parse(text).map_err(E::custom)
        }
    }

    /// Reads the text.
    ///
    /// # Errors
    /// Where it is no time.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Instant, D::Error> {
        d.deserialize_str(Text)
    }

    /// The same for a field that may be absent or null.
    pub mod option {
        use super::{Deserializer, Instant, Serializer};
        use serde::{Deserialize, Serialize};

        #[derive(Serialize, Deserialize)]
        struct Wrapped(#[serde(with = "super")] Instant);

        /// Writes the text or null.
        ///
        /// # Errors
        /// Only what the serializer itself reports.
        pub fn serialize<S: Serializer>(at: &Option<Instant>, s: S) -> Result<S::Ok, S::Error> {
            at.map(Wrapped).serialize(s)
        }

        /// Reads the text or null.
        ///
        /// # Errors
        /// Where it is neither.
        pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Instant>, D::Error> {
            Ok(Option::<Wrapped>::deserialize(d)?.map(|w| w.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc3339() {
        let at = Instant::parse("2026-03-10T00:00:00Z").unwrap();
        assert_eq!(at.to_string(), "2026-03-10T08:00:00+08:00");
        assert_eq!(Instant::parse(&at.to_string()).unwrap(), at);
        for bad in ["2026-03-10", "2026-03-10T08:00:00", "1999-01-01T00:00:00Z", "", "tomorrow", "2026-13-10T08:00:00+08:00"] {
            assert!(Instant::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_and_writes_lengths() {
        for (text, ms) in [("24h", 86_400_000), ("90m", 5_400_000), ("1d12h", 129_600_000), ("7d", 604_800_000)] {
            assert_eq!(Length::parse(text).unwrap().as_millis(), ms);
        }
        assert_eq!(Length::hours(48).to_string(), "48h");
        assert_eq!(Length::days(7).to_string(), "7d");
        for bad in ["", "24", "h", "-3h", "4w", "999999999d"] {
            assert!(Length::parse(bad).is_err(), "{bad}");
        }
    }
}
