//! What a courier allows an account.

use serde::Deserialize;
use std::time::Duration;

/// What a courier allows an account. Nothing (`None`) where neither the courier nor the operator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Calls a second.
    pub per_second: Option<u32>,
    /// Calls a minute.
    pub per_minute: Option<u32>,
    /// Calls in any 24 hours.
    pub per_day: Option<u32>,
    /// Waybills in one tracking call, at least 1.
    pub batch: usize,
    /// The least time between two questions about one number.
    pub least_gap: Duration,
    /// How far back tracking goes, counted from the parcel's first scan.
    pub tracking_reaches: Option<Duration>,
    /// A parcel can be intercepted once only.
    pub intercept_once: bool,
}

impl Limits {
    /// No limit at all, one waybill a call.
    pub const NONE: Limits = Limits {
        per_second: None,
        per_minute: None,
        per_day: None,
        batch: 1,
        least_gap: Duration::ZERO,
        tracking_reaches: None,
        intercept_once: false,
    };

    /// With what the operator set in place of the courier's own; a batch never grows beyond what the courier takes.
    #[must_use]
    pub fn with(&self, settings: &LimitsSettings) -> Limits {
        Limits {
            per_second: settings.per_second.or(self.per_second),
            per_minute: settings.per_minute.or(self.per_minute),
            per_day: settings.per_day.or(self.per_day),
            batch: settings.batch.map_or(self.batch, |n| n.clamp(1, self.batch)),
            least_gap: settings.least_gap_seconds.map_or(self.least_gap, Duration::from_secs),
            ..self.clone()
        }
    }
}

/// What an operator may set in an account's `[limits]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsSettings {
    /// Calls a second.
    pub per_second: Option<u32>,
    /// Calls a minute.
    pub per_minute: Option<u32>,
    /// Calls in any 24 hours.
    pub per_day: Option<u32>,
    /// Waybills in one tracking call.
    pub batch: Option<usize>,
    /// The least time between two questions about one number, in seconds.
    pub least_gap_seconds: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_tightens_a_batch_and_never_widens_it() {
        let own = Limits { batch: 10, per_minute: Some(100), ..Limits::NONE };
        let set = LimitsSettings { batch: Some(50), per_minute: Some(30), ..LimitsSettings::default() };
        let both = own.with(&set);
        assert_eq!((both.batch, both.per_minute), (10, Some(30)));
        assert_eq!(own.with(&LimitsSettings { batch: Some(0), ..LimitsSettings::default() }).batch, 1);
    }
}
