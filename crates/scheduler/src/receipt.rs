//! What is handed in at the desk, and the answers.

use parcelward_casework::Refusal;
use parcelward_casework::fact::{Fact, OrderKey};
use parcelward_store::StoreError;

/// A fact as it was received.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The fact, as `parse_fact` read it. Its `recorded` is set by the desk.
    pub fact: Fact,
    /// The JSON object it was read from, unknown fields and all.
    pub json: String,
}

/// The answer to one fact. Durable when it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// Journalled and decided.
    Accepted {
        /// The order it went to; none for news of the world and for a fact that waits.
        order: Option<OrderKey>,
        /// It waits until the order of its waybill is known.
        parked: bool,
        /// It claims to come more than ten minutes from the future, and was taken at the time of its receipt.
        clock_skew: bool,
    },
    /// Said before, in the same words; nothing changed.
    Duplicate {
        /// The order it went to.
        order: Option<OrderKey>,
    },
    /// Its `source` and `id` stand for a different fact already; nothing changed.
    Conflict,
    /// It has no effect, and why.
    Refused(Refused),
}

/// Why a fact has no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The rules refuse it. Some refusals are journalled all the same ([`Refusal::is_journalled`]).
    #[error(transparent)]
    Engine(#[from] Refusal),
    /// No order has this operation.
    #[error("field `data.operation_id`: there is no such operation")]
    NoSuchOperation,
    /// No order has this task.
    #[error("field `data.task_id`: there is no such task")]
    NoSuchTask,
    /// The order's case file cannot be read or decided; it is set aside until the program is mended. The fact was not taken.
    #[error("the order's case file is set aside: {0}")]
    FileBroken(String),
}

/// Why a whole request was not taken. None of its facts was.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeskError {
    /// The desk is closing. Try again when the daemon is back.
    #[error("the daemon is stopping")]
    Stopping,
    /// The store failed; whether it helps to try again is the store's word.
    #[error(transparent)]
    Store(#[from] std::sync::Arc<StoreError>),
}

impl Receipt {
    /// Whether the fact is in the journal, now or since before.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        match self {
            Receipt::Accepted { .. } | Receipt::Duplicate { .. } => true,
            Receipt::Refused(Refused::Engine(refusal)) => refusal.is_journalled(),
            Receipt::Conflict | Receipt::Refused(_) => false,
        }
    }
}
