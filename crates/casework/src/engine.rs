//! `decide`: one order's case file and one signal in, a [`Plan`] out.
//!
//! Deliberately absent: any clock, I/O or randomness. `now` is an argument; the same inputs give the same plan and the same ids.

use crate::casefile::CaseFile;
use crate::decision::Decision;
use crate::fact::{Fact, FactId};
use crate::instant::Instant;
use crate::rules::Rules;
use crate::world::{Reach, World};

/// Everything that can move a case file. A courier's answer is a fact as well (`parcelward.operation_update`).
#[derive(Debug, Clone, Copy)]
pub enum Signal<'a> {
    /// A fact, taken at `now`.
    Fact {
        /// The fact.
        fact: &'a Fact,
        /// The fact that released it, where it was parked until its order was known.
        released_by: Option<&'a FactId>,
    },
    /// Nothing but time: everything due at or before `now` is decided.
    TimePassed,
}

/// What a signal leads to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The case file after it.
    pub file: CaseFile,
    /// What was decided, in order.
    pub decisions: Vec<Decision>,
    /// What was learnt of couriers' reach: an input of every later decision.
    pub noted: Vec<Reach>,
    /// Why the fact had no effect, where it had none. What time brought is decided all the same.
    pub refused: Option<Refusal>,
}

/// Why a fact is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The task does not exist.
    #[error("field `data.task_id`: the order has no such task")]
    NoSuchTask,
    /// The task is closed already; the update is journalled without effect.
    #[error("the task is closed already ({outcome})")]
    TaskClosed {
        /// How it was closed.
        outcome: crate::words::TaskOutcome,
    },
}

/// Decides what follows from a signal. Everything due before `now` is decided first.
#[must_use]
pub fn decide(mut file: CaseFile, _rules: &Rules, _world: &World, now: Instant, _signal: Signal<'_>) -> Plan {
    file.clock = file.clock.max(now);
    Plan { file, decisions: Vec::new(), noted: Vec::new(), refused: None }
}

/// The case file's own next moment: the earliest of its rungs, due times, returning tasks and timers.
#[must_use]
pub fn next_wake_at(_file: &CaseFile) -> Option<Instant> {
    None
}
