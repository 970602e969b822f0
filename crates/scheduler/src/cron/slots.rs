//! Which instants a schedule owes. Nothing here reads a clock or keeps anything.
//!
//! The fields are read on the clock on the wall. Where that clock jumps forward, whatever lies in the hour that does not exist fires at the first
//! instant after it, once. Where it is set back, whatever lies in the hour that comes twice fires the first time only. Both hold for every pattern,
//! `*/10` too: it pauses while the hour is repeated.

use super::schedule::Schedule;
use chrono::{DateTime, Utc};
use jiff::tz::{AmbiguousOffset, Offset};
use jiff::{Timestamp, civil};
use parcelward_casework::instant::Instant;

/// The most slots that are counted at a time. A schedule that owes more has been asleep for long; the oldest are of no use then.
pub const MOST_SLOTS: usize = 10_000;

/// What is owed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owed {
    /// The slots, the earliest first.
    pub slots: Vec<Instant>,
    /// Whether there were more than [`MOST_SLOTS`], which are not among them.
    pub more: bool,
}

impl Schedule {
    /// The first slot after an instant; `None` where there is none for centuries.
    #[must_use]
    pub fn next_after(&self, after: Instant) -> Option<Instant> {
        let at = timestamp(after)?;
        let mut civil = at.as_second() + i64::from(self.zone.to_offset(at).seconds());
        loop {
            civil = self.cron.find_next_occurrence(&reading(civil)?, false).ok()?.timestamp();
            let slot = self.instant_of(civil)?;
            // In an hour that comes twice the clock reads what has fired already.
            if slot > after {
                return Some(slot);
            }
        }
    }

    /// The slots after one instant, up to and with another.
    #[must_use]
    pub fn owed(&self, after: Instant, until: Instant) -> Owed {
        let mut slots: Vec<Instant> = Vec::new();
        let mut from = self.last_reading(until).and_then(reading).map(|civil| (civil, true));
        while let Some((civil, inclusive)) = from {
            let Ok(found) = self.cron.find_previous_occurrence(&civil, inclusive) else { break };
            from = Some((found, false));
            let Some(slot) = self.instant_of(found.timestamp()) else { break };
            if slot <= after {
                break;
            }
            if slot > until || slots.last() == Some(&slot) {
                continue;
            }
            if slots.len() == MOST_SLOTS {
                slots.reverse();
                return Owed { slots, more: true };
            }
            slots.push(slot);
        }
        slots.reverse();
        Owed { slots, more: false }
    }

    /// The latest that the clock on the wall has read so far: while an hour is repeated, what it read before it was set back.
    fn last_reading(&self, at: Instant) -> Option<i64> {
        let at = timestamp(at)?;
        let offset = self.zone.to_offset(at).seconds();
        let mut latest = at.as_second() + i64::from(offset);
        if let Some(change) = self.zone.preceding(at + jiff::SignedDuration::from_nanos(1)).next() {
            let before = self.zone.to_offset(change.timestamp() - jiff::SignedDuration::from_secs(1)).seconds();
            let repeated = i64::from(before) - i64::from(offset);
            if repeated > 0 && at.as_second() < change.timestamp().as_second() + repeated {
                latest = at.as_second() + i64::from(before);
            }
        }
        Some(latest)
    }

    /// The instant at which the clock on the wall reads so, as whole seconds counted as if it were UTC.
    fn instant_of(&self, civil: i64) -> Option<Instant> {
        let read: civil::DateTime = Offset::UTC.to_datetime(Timestamp::from_second(civil).ok()?);
        let ambiguous = self.zone.to_ambiguous_timestamp(read);
        let at = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok()?,
            AmbiguousOffset::Gap { .. } => {
                let before = ambiguous.earlier().ok()?;
                self.zone.following(before).next()?.timestamp()
            }
        };
        Some(Instant::from_millis(at.as_millisecond()))
    }
}

fn timestamp(at: Instant) -> Option<Timestamp> {
    Timestamp::from_second(at.millis().div_euclid(1000)).ok()
}

fn reading(civil: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(civil, 0)
}
