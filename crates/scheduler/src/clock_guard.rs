//! Keeps watch over the wall clock: it may be set forward, set back, or start years ago on a machine whose battery is empty.
//!
//! Two things follow. What cannot be taken back (an intercept, a claim) is held while the time is in doubt: whoever sends asks
//! [`ClockGuard::may_send`] first. And time never stands still for the wake lane: where the wall was set back, the guard's own time
//! goes on from where it was, a tenth slower than the machine's steady clock, until the wall has caught up. It goes on, because a deadline
//! that is looked at late is worth less than one that is looked at early; and slower, because else it would never meet the wall again.
//!
//! Deliberately absent: which of two clocks is right. Nobody on this machine knows; tasks for people go on being opened either way.

use crate::clock::Clock;
use parcelward_casework::instant::{Instant, Length};
use parcelward_store::{Store, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// How often the clocks are compared.
pub const LOOK: Duration = Duration::from_secs(1);
/// How far the wall may go beside the steady clock between two looks, or lie before what the database knows, without a doubt.
pub const TOLERANCE: Length = Length::millis(30_000);
/// How long a jump forward holds what cannot be taken back.
pub const HOLD: Duration = Duration::from_secs(60);
/// How often the database is asked for the newest instant that it knows.
const ASK: u32 = 10;

/// What a machine knows of time. Tests and simulations step it by hand.
pub trait Clocks: Send + Sync + std::fmt::Debug {
    /// What the wall clock shows. May jump.
    fn wall(&self) -> Instant;
    /// Time since some moment of this boot. Never jumps, and goes on while the machine sleeps where the system can tell.
    fn steady(&self) -> Duration;
}

/// This machine's clocks: on Linux the steady one is `CLOCK_BOOTTIME`, elsewhere the monotonic clock, which may stand still in sleep
/// (waking then looks like a jump forward, and holds for a minute).
#[derive(Debug, Clone, Copy)]
pub struct MachineClocks {
    #[cfg_attr(any(target_os = "linux", target_os = "android"), allow(dead_code, reason = "used where there is no boot time"))]
    start: std::time::Instant,
}

impl Default for MachineClocks {
    fn default() -> Self {
        MachineClocks { start: std::time::Instant::now() }
    }
}

impl Clocks for MachineClocks {
    fn wall(&self) -> Instant {
        let ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Instant::from_millis(ms).clamp(Instant::MIN, Instant::MAX)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn steady(&self) -> Duration {
        let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        // The kernel gives neither a negative time nor a billion nanoseconds.
        Duration::new(since.tv_sec.unsigned_abs(), u32::try_from(since.tv_nsec).unwrap_or_default())
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn steady(&self) -> Duration {
        self.start.elapsed()
    }
}

/// Why nothing that cannot be taken back is to be sent now. Nothing is wrong with what was to be sent: ask again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    /// The wall clock went forward all at once.
    #[error("the clock jumped forward by {}; held for {} s", seconds(*by), left.as_secs())]
    Jumped {
        /// How far beyond the time that had passed.
        by: Length,
        /// Until this is over.
        left: Duration,
    },
    /// The wall clock shows a moment that is past: it was set back, or this machine started with a wrong one.
    #[error("the clock is {} behind what is known to have been; held until it has caught up", seconds(*by))]
    Behind {
        /// How far.
        by: Length,
    },
}

fn seconds(length: Length) -> String {
    format!("{} s", length.as_millis() / 1000)
}

/// The guard. It is a [`Clock`] as well: the time by which the wake lane goes.
#[derive(Debug)]
pub struct ClockGuard {
    clocks: Arc<dyn Clocks>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Both clocks at the last look.
    wall: Instant,
    steady: Duration,
    /// The newest time that was given.
    newest: Instant,
    /// While the wall lies behind: where the guard's own time goes on from, by the steady clock.
    anchor: Option<(Instant, Duration)>,
    /// The newest instant that the database is known to hold.
    high_water: Instant,
    /// The last jump forward: how far, and until when it holds.
    jump: Option<(Length, Duration)>,
    /// What was said last, so that a state is said once and not each second.
    said: Option<Said>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Jumped(Duration),
    Behind,
}

impl ClockGuard {
    /// A guard that knows nothing yet but what the clocks show.
    #[must_use]
    pub fn new(clocks: Arc<dyn Clocks>) -> Arc<Self> {
        let (wall, steady) = (clocks.wall(), clocks.steady());
        let state = State { wall, steady, newest: wall, anchor: None, high_water: Instant::MIN, jump: None, said: None };
        Arc::new(ClockGuard { clocks, state: Mutex::new(state) })
    }

    /// A guard of this machine's clocks.
    #[must_use]
    pub fn of_machine() -> Arc<Self> {
        ClockGuard::new(Arc::new(MachineClocks::default()))
    }

    /// Tells what the database knows to have been. On a machine that starts with its clock in the past, time goes on from there.
    pub fn start_from(&self, high_water: Instant) {
        let mut state = self.lock();
        self.look_at(&mut state);
        state.high_water = high_water;
        if high_water > state.newest {
            state.newest = high_water;
            state.anchor = Some((high_water, state.steady));
        }
    }

    /// Whether what cannot be taken back may be sent now. Looks at the clocks itself, so a jump is noticed by whoever asks next.
    ///
    /// # Errors
    /// [`Held`], with the reason. Whatever was to be sent stays due.
    pub fn may_send(&self) -> Result<(), Held> {
        let mut state = self.lock();
        self.look_at(&mut state);
        state.held().map_or(Ok(()), Err)
    }

    /// Compares the clocks, and says in log and metrics what changed. To be called each second; more often does no harm.
    pub fn look(&self) {
        let mut state = self.lock();
        self.look_at(&mut state);
        let held = state.held();
        metrics::gauge!(crate::metric::CLOCK_HELD).set(if held.is_some() { 1.0 } else { 0.0 });
        let say = match held {
            Some(Held::Jumped { .. }) => state.jump.map(|(_, until)| Said::Jumped(until)),
            Some(Held::Behind { .. }) => Some(Said::Behind),
            None => None,
        };
        match (held, state.said) {
            (Some(_), said) if said == say => {}
            (Some(why), _) => tracing::error!("{why}; tasks go on being opened"),
            (None, Some(_)) => tracing::info!("the clock is trusted again"),
            (None, None) => {}
        }
        state.said = say;
    }

    /// Looks each second until told to stop, and asks the database now and then what another daemon knows of the time.
    pub async fn watch(self: Arc<Self>, store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
        let mut looks: u32 = 0;
        loop {
            self.look();
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(ASK) {
                // A store that fails is said by whoever needs it.
                self.ask(&*store).await.ok();
            }
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Asks the database for the newest instant that it knows.
    ///
    /// # Errors
    /// Any [`StoreError`]; what was known stays known.
    pub async fn ask(&self, store: &dyn Store) -> Result<(), StoreError> {
        let high_water = store.high_water().await?;
        self.lock().high_water = high_water;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked while holding it left whole values behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_at(&self, state: &mut State) {
        let (wall, steady) = (self.clocks.wall(), self.clocks.steady());
        let passed = length(steady.saturating_sub(state.steady));
        let beside = Length::millis(wall.since(state.wall).as_millis().saturating_sub(passed.as_millis()));
        if beside > TOLERANCE {
            state.jump = Some((beside, steady + HOLD));
            metrics::counter!(crate::metric::CLOCK_JUMPS, "direction" => "forward").increment(1);
        } else if beside < Length::millis(-TOLERANCE.as_millis()) {
            metrics::counter!(crate::metric::CLOCK_JUMPS, "direction" => "back").increment(1);
        }
        // Its own time was last told at the last look.
        let (from, since) = *state.anchor.get_or_insert((state.newest, state.steady));
        (state.wall, state.steady) = (wall, steady);
        if state.jump.is_some_and(|(_, until)| steady >= until) {
            state.jump = None;
        }
        let own = from + length(steady.saturating_sub(since) * 9 / 10);
        if wall >= own {
            state.anchor = None;
        }
        state.newest = own.max(wall).max(state.newest);
    }
}

impl State {
    fn held(&self) -> Option<Held> {
        let by = self.newest.max(self.high_water).since(self.wall);
        match self.jump {
            // A clock that is behind stays so for longer.
            _ if by > TOLERANCE => Some(Held::Behind { by }),
            Some((by, until)) => Some(Held::Jumped { by, left: until.saturating_sub(self.steady) }),
            None => None,
        }
    }
}

fn length(duration: Duration) -> Length {
    Length::millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

impl Clock for ClockGuard {
    fn now(&self) -> Instant {
        let mut state = self.lock();
        self.look_at(&mut state);
        state.newest
    }

    fn doubt(&self) -> Option<String> {
        let mut state = self.lock();
        self.look_at(&mut state);
        state.held().map(|held| held.to_string())
    }
}

#[cfg(test)]
mod tests;
