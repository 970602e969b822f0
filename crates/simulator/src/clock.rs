//! The world's clock: the wall's, one that a test moves by hand, or one of the caller's own.
//!
//! Scans bear this clock's time. How fast parcels live is not the clock's business: see
//! [`SimulatorSettings::speed`](crate::SimulatorSettings::speed).

use parcelward_casework::instant::{Instant, Length};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What tells the world the time. Clones are the same clock.
#[derive(Clone)]
pub struct WorldClock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl fmt::Debug for WorldClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorldClock({})", self.now())
    }
}

impl WorldClock {
    /// The wall's.
    #[must_use]
    pub fn wall() -> Self {
        WorldClock::of(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// The caller's own.
    #[must_use]
    pub fn of(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        WorldClock(Arc::new(now))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.0)()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone)]
pub struct HandClock(Arc<AtomicI64>);

impl HandClock {
    /// Stands at an instant.
    #[must_use]
    pub fn at(at: Instant) -> Self {
        HandClock(Arc::new(AtomicI64::new(at.millis())))
    }

    /// Moves it on.
    pub fn advance(&self, by: Length) {
        self.0.fetch_add(by.as_millis(), Ordering::SeqCst);
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }

    /// It as the world's clock; moving it moves the world.
    #[must_use]
    pub fn clock(&self) -> WorldClock {
        let clock = self.clone();
        WorldClock::of(move || clock.now())
    }
}
