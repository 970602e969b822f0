//! The clock, as something that tests can hold.

use parcelward_casework::instant::Instant;
use std::time::{SystemTime, UNIX_EPOCH};

/// Says what time it is, UTC. May jump; nothing here relies on it going forward.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now.
    fn now(&self) -> Instant;

    /// Why this time is in doubt, for a person to read; `None` where it is not, or where nobody watches.
    fn doubt(&self) -> Option<String> {
        None
    }
}

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Instant {
        let ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Instant::from_millis(ms).clamp(Instant::MIN, Instant::MAX)
    }
}
