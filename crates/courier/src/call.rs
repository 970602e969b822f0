//! One call of an adapter: when it is made, by when it must be over, and what was said on the wire.

use crate::exchange::{Exchange, Recorded};
use crate::gate::Permit;
use parcelward_casework::instant::{Instant, Length};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a caller gives to every ability. It knows the time, so that an adapter needs no clock, and keeps the exchanges, so that
/// they are there even where the call was cancelled half-way.
#[derive(Debug)]
pub struct Call {
    id: String,
    now: Instant,
    started: std::time::Instant,
    until: Option<std::time::Instant>,
    permit: Mutex<Option<Permit>>,
    exchanges: Mutex<Vec<Recorded>>,
}

impl Call {
    /// A call made at `now`. `id` is unique per call (couriers that want a request id get it); it holds no personal data.
    #[must_use]
    pub fn at(now: Instant, id: impl Into<String>) -> Self {
        Call {
            id: id.into(),
            now,
            started: std::time::Instant::now(),
            until: None,
            permit: Mutex::new(None),
            exchanges: Mutex::new(Vec::new()),
        }
    }

    /// To be over within that long: no request starts later, and none waits longer. A lane gives less than its lease.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.until = self.started.checked_add(time);
        self
    }

    /// With a place that the caller took at the account's gate beforehand: its first request does not wait.
    #[must_use]
    pub fn with_permit(self, permit: Permit) -> Self {
        *lock(&self.permit) = Some(permit);
        self
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The time at which it is made: what signatures and request bodies carry.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The time now, as the call sees it.
    pub(crate) fn elapsed_now(&self) -> Instant {
        self.now + Length::millis(i64::try_from(self.started.elapsed().as_millis()).unwrap_or(0))
    }

    /// What is left of its time; nothing where none was set.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(std::time::Instant::now()))
    }

    pub(crate) fn take_permit(&self) -> Option<Permit> {
        lock(&self.permit).take()
    }

    /// Opens a record; its place is needed to close it.
    pub(crate) fn record(&self, exchange: Recorded) -> usize {
        let mut exchanges = lock(&self.exchanges);
        exchanges.push(exchange);
        exchanges.len() - 1
    }

    pub(crate) fn amend(&self, place: usize, change: impl FnOnce(&mut Recorded)) {
        if let Some(exchange) = lock(&self.exchanges).get_mut(place) {
            change(exchange);
        }
    }

    /// Everything that was said so far, masked, in order. An exchange that was cut short by dropping the call says so.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.exchanges).iter().map(Recorded::shown).collect()
    }

    /// The last exchanges, at most `count`, masked; of each body the part about a waybill, at most `most` characters.
    #[must_use]
    pub fn exchanges_about(&self, number: &str, count: usize, most: usize) -> Vec<Exchange> {
        let exchanges = lock(&self.exchanges);
        let last = exchanges.len().saturating_sub(count);
        exchanges[last..].iter().map(|exchange| exchange.shown_about(number, most)).collect()
    }

    /// Whether a request that changes something may have left: what a caller asks after it gave a call up.
    #[must_use]
    pub fn may_have_changed_something(&self) -> bool {
        lock(&self.exchanges).iter().any(|exchange| exchange.changes && !exchange.end.never_left())
    }
}

/// The lock is never held across anything that can fail half-way, so what a panic left behind is whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
