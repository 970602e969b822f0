//! The demo: the sample shop's three weeks, told so that their end is now, on a real daemon over a temporary folder.
//!
//! After that, three refunds of today on couriers that are simulated on this machine ([`Intercepts`]).
//!
//! Deliberately absent: anything that a real daemon has not. The past is told under a clock that is set back; then the clock is the wall's.

mod intercepts;
mod list;
mod refunded;
mod telling;

pub use intercepts::Intercepts;
pub use list::{Screen, page};

use anyhow::Context;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::FactType;
use parcelward_import::samples::{LivedFact, lived};
use parcelward_scheduler::{Clock, Desk, Incoming, WallClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Facts that lie no further apart are told together, to be quick.
const TOGETHER: Length = Length::minutes(10);
/// What stands in the clock once it is the wall's.
const WALL: i64 = i64::MIN;

/// A clock that stands in the past until it is told to be the wall's.
#[derive(Debug)]
pub struct ToldClock(AtomicI64);

impl ToldClock {
    /// Stands at an instant.
    #[must_use]
    pub fn at(at: Instant) -> Arc<Self> {
        Arc::new(ToldClock(AtomicI64::new(at.millis())))
    }

    /// Moves it on.
    pub fn set(&self, at: Instant) {
        self.0.store(at.millis(), Ordering::Relaxed);
    }

    /// From now on it is the wall's.
    pub fn be_the_walls(&self) {
        self.0.store(WALL, Ordering::Relaxed);
    }
}

impl Clock for ToldClock {
    fn now(&self) -> Instant {
        match self.0.load(Ordering::Relaxed) {
            WALL => WallClock.now(),
            at => Instant::from_millis(at),
        }
    }
}

/// The sample shop's facts, so that their present is this instant, in the groups that are told together.
///
/// # Errors
/// Where the built-in samples cannot be read, which a test excludes.
pub fn story(now: Instant) -> anyhow::Result<Vec<Vec<LivedFact>>> {
    let mut groups: Vec<Vec<LivedFact>> = Vec::new();
    for fact in lived(now).context("reading the samples")? {
        // What staff did stands alone: it names tasks that must be open by then, and no later ones.
        let alone = |fact: &LivedFact| fact.line.fact_type == FactType::TaskUpdate;
        match groups.last_mut() {
            Some(group) if !alone(&fact) && !alone(&group[0]) && fact.at.since(group[0].at) < TOGETHER => group.push(fact),
            _ => groups.push(vec![fact]),
        }
    }
    Ok(groups)
}

/// Tells the story up to now. Gives how many facts were taken and how many were not: staff may have answered a task that the rules of
/// another configuration never open.
///
/// # Errors
/// Where the desk does not take them.
pub async fn tell(desk: &Desk, clock: &ToldClock, story: Vec<Vec<LivedFact>>, told: impl Fn(usize)) -> anyhow::Result<(usize, usize)> {
    let (mut taken, mut refused) = (0, 0);
    for group in story {
        let Some(last) = group.last() else { continue };
        clock.set(last.at);
        let facts = group.iter().map(|fact| {
            let json = fact.line.json.clone();
            parse_fact(&json).map(|fact| Incoming { fact, json }).with_context(|| format!("sample fact `{}`", fact.line.id))
        });
        let facts = facts.collect::<anyhow::Result<Vec<_>>>()?;
        let receipts = desk.submit(facts).await.context("telling the samples")?;
        let kept = receipts.iter().filter(|receipt| receipt.is_kept()).count();
        (taken, refused) = (taken + kept, refused + receipts.len() - kept);
        told(group.len());
    }
    clock.be_the_walls();
    Ok((taken, refused))
}
