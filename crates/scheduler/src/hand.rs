//! The case files that a batch has in hand.

use crate::cache::Cache;
use crate::engine::Engine;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::{Instant, Length};
use parcelward_store::{FileChange, FileStamp, Locked, StoreError, Transaction};
use std::collections::HashMap;
use std::sync::Arc;

/// How long a case file is left alone that wants to be woken at once for ever: a fault of the rules, not of the order.
const STUCK: Length = Length::minutes(1);

/// One case file.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly every one is the large one")]
enum Held {
    Absent,
    Unreadable(String),
    File {
        stamp: FileStamp,
        before: Option<Arc<CaseFile>>,
        /// Once it was decided in this batch, unless it is out being decided.
        after: Option<CaseFile>,
        /// It stands among the decided ones.
        listed: bool,
    },
}

/// What came of taking a case file in hand.
#[allow(clippy::large_enum_variant, reason = "nearly every one is the large one, and it is moved on at once")]
pub(crate) enum Taken {
    /// It is there, or was created.
    File(CaseFile),
    /// It is not there.
    Absent,
    /// It cannot be read.
    Unreadable(String),
}

/// The case files of a batch, by order; decided ones in the order in which they were first decided.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    held: HashMap<OrderKey, Held>,
    decided: Vec<OrderKey>,
}

impl Hand {
    /// Locks and reads those that are not in hand yet.
    pub(crate) async fn lock(&mut self, tx: &mut dyn Transaction, cache: &Cache, orders: &[OrderKey]) -> Result<(), StoreError> {
        let mut ask: Vec<(OrderKey, Option<FileStamp>)> = Vec::new();
        for order in orders {
            if !self.held.contains_key(order) {
                self.held.insert(order.clone(), Held::Absent);
                ask.push((order.clone(), cache.get(order).map(|kept| kept.stamp)));
            }
        }
        if ask.is_empty() {
            return Ok(());
        }
        let locked = tx.lock(&ask).await?;
        for ((order, _), locked) in ask.into_iter().zip(locked) {
            let held = match locked {
                Locked::Absent => continue,
                Locked::Unreadable(why) => Held::Unreadable(why),
                Locked::Loaded(stored) => Held::File { stamp: stored.stamp, before: Some(stored.file), after: None, listed: false },
                Locked::Unchanged => match cache.get(&order) {
                    Some(kept) => Held::File { stamp: kept.stamp, before: Some(Arc::clone(&kept.file)), after: None, listed: false },
                    None => return Err(StoreError::Defect("a case file is unchanged that nobody knows".to_owned())),
                },
            };
            self.held.insert(order, held);
        }
        Ok(())
    }

    /// Takes a case file out to decide it; [`Hand::put`] brings it back. Where `create` is set, one that is not there begins.
    pub(crate) fn take(&mut self, order: &OrderKey, create: bool) -> Taken {
        match self.held.get_mut(order) {
            Some(Held::File { before, after, .. }) => match (after.take(), before) {
                (Some(file), _) => Taken::File(file),
                (None, Some(before)) => Taken::File(CaseFile::clone(before)),
                (None, None) => Taken::File(CaseFile::new(order.clone())),
            },
            Some(Held::Unreadable(why)) => Taken::Unreadable(why.clone()),
            Some(Held::Absent) | None if create => Taken::File(CaseFile::new(order.clone())),
            Some(Held::Absent) | None => Taken::Absent,
        }
    }

    /// Brings a decided case file back.
    pub(crate) fn put(&mut self, order: &OrderKey, file: CaseFile) {
        if let Some(Held::File { after, listed, .. }) = self.held.get_mut(order) {
            *after = Some(file);
            if std::mem::replace(listed, true) {
                return;
            }
        } else {
            self.held.insert(order.clone(), Held::File { stamp: FileStamp::NEW, before: None, after: Some(file), listed: true });
        }
        self.decided.push(order.clone());
    }

    /// The case file as it is now.
    pub(crate) fn peek(&self, order: &OrderKey) -> Option<&CaseFile> {
        match self.held.get(order)? {
            Held::File { before, after, .. } => after.as_ref().or(before.as_deref()),
            Held::Absent | Held::Unreadable(_) => None,
        }
    }

    /// Whether there is such a case file, readable or not.
    pub(crate) fn is_there(&self, order: &OrderKey) -> bool {
        matches!(self.held.get(order), Some(Held::File { .. } | Held::Unreadable(_)))
    }

    /// Whether it was decided in this batch.
    pub(crate) fn was_decided(&self, order: &OrderKey) -> bool {
        matches!(self.held.get(order), Some(Held::File { after: Some(_), .. }))
    }

    /// Those that were decided in this batch, in that order.
    pub(crate) fn decided(&self) -> impl Iterator<Item = &OrderKey> {
        self.decided.iter()
    }

    /// What is to be written, and what could not be read.
    pub(crate) fn changes(mut self, engine: &dyn Engine, recorded: Instant) -> (Vec<FileChange>, Vec<(OrderKey, String)>) {
        let mut changes = Vec::with_capacity(self.decided.len());
        for order in &self.decided {
            let Some(Held::File { stamp, before, after: Some(after), .. }) = self.held.remove(order) else { continue };
            let mut next_wake_at = engine.next_wake_at(&after);
            if next_wake_at.is_some_and(|at| at <= recorded) {
                tracing::error!(order = %order, "the case file wants to be woken again at once after it was woken; it is left alone for a minute");
                metrics::counter!(crate::metric::WAKES_STUCK).increment(1);
                next_wake_at = Some(recorded + STUCK);
            }
            let awaits_coverage = engine.awaits_coverage(&after);
            changes.push(FileChange { stamp, before, after: Arc::new(after), next_wake_at, awaits_coverage });
        }
        let unreadable = self.held.into_iter().filter_map(|(order, held)| match held {
            Held::Unreadable(why) => Some((order, why)),
            _ => None,
        });
        (changes, unreadable.collect())
    }
}
