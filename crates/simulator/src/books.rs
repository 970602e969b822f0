//! What an interface remembers beside parcels: who wants to be told of which, and when numbers were asked about.

use crate::parcel::TurnState;
use crate::service::Service;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Courier;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A parcel of which somebody wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Watched {
    pub(crate) service: Service,
    pub(crate) courier: Courier,
    pub(crate) number: String,
}

/// Where and how it is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subscription {
    /// The subscriber's own address; without one, the address that is set with the account.
    pub(crate) url: Option<String>,
    pub(crate) salt: String,
    /// Scans that were told and acknowledged.
    pub(crate) told: usize,
    /// Pushes in vain since the last that was acknowledged.
    pub(crate) in_vain: u32,
    pub(crate) not_before: Option<Instant>,
}

/// Where the state of an intercept is told, and the last that was.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    pub(crate) url: String,
    pub(crate) salt: String,
    /// The kind of intercept, in the interface's own word.
    pub(crate) kind: String,
    pub(crate) told: Option<TurnState>,
}

#[derive(Debug, Default)]
struct State {
    watched: BTreeMap<Watched, Subscription>,
    asked: BTreeMap<Watched, Instant>,
    callbacks: BTreeMap<Watched, Callback>,
}

/// The books. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books(Arc<Mutex<State>>);

impl Books {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscribes; false where it was subscribed before.
    pub(crate) fn subscribe(&self, watched: Watched, url: Option<String>, salt: String) -> bool {
        let mut state = self.state();
        let known = state.watched.contains_key(&watched);
        let subscription = state.watched.entry(watched).or_default();
        (subscription.url, subscription.salt) = (url, salt);
        !known
    }

    pub(crate) fn is_subscribed(&self, watched: &Watched) -> bool {
        self.state().watched.contains_key(watched)
    }

    /// Everything that is watched.
    pub(crate) fn watched(&self) -> Vec<(Watched, Subscription)> {
        self.state().watched.iter().map(|(watched, subscription)| (watched.clone(), subscription.clone())).collect()
    }

    pub(crate) fn amend(&self, watched: &Watched, change: impl FnOnce(&mut Subscription)) {
        if let Some(subscription) = self.state().watched.get_mut(watched) {
            change(subscription);
        }
    }

    /// Notes a question; gives when the number was asked about before.
    pub(crate) fn asked(&self, watched: Watched, now: Instant) -> Option<Instant> {
        self.state().asked.insert(watched, now)
    }

    /// Has the state of a parcel's intercept told.
    pub(crate) fn call_back(&self, watched: Watched, url: &str, salt: &str, kind: &str) {
        let callback = Callback { url: url.to_owned(), salt: salt.to_owned(), kind: kind.to_owned(), told: None };
        self.state().callbacks.insert(watched, callback);
    }

    /// Every intercept whose state is told.
    pub(crate) fn callbacks(&self) -> Vec<(Watched, Callback)> {
        self.state().callbacks.iter().map(|(watched, callback)| (watched.clone(), callback.clone())).collect()
    }

    pub(crate) fn told(&self, watched: &Watched, state: TurnState) {
        if let Some(callback) = self.state().callbacks.get_mut(watched) {
            callback.told = Some(state);
        }
    }
}
