//! Courier lanes: one an account. Each sends the operations and asks the questions that are due, under that account's own budget, and hands
//! every answer in at the desk as a fact.
//!
//! An operation is sent at most once: an attempt is durable before anything leaves; one without a clear end is looked up, watched, or given
//! to a person (`docs/decisions/0010-lanes.md`). A lane that waits, is blocked, or whose courier is down delays its own account only.
//! Deliberately absent: what a fact leads to (casework, through the desk), any one carrier, the configuration of routes.

mod budget;
mod ends;
pub mod facts;
mod health;
mod lane;
mod looking;
mod operations;
mod outage;
mod polls;
mod questions;
mod router;
mod subscriptions;

use crate::clock::Clock;
use crate::desk::Desk;
use crate::receipt::{DeskError, Receipt};
use crate::routes::{AccountLane, Routes};
use lane::Lane;
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::watch::phone_tail;
use parcelward_store::lanes::{Backlog, GateRow};
use parcelward_store::{LaneNote, SharedStore, StoreError};
pub use polls::disagree;
use router::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How the lanes work. The defaults suit every courier.
#[derive(Debug, Clone)]
pub struct LaneOptions {
    /// How long an attempt, or a parcel that is asked about, belongs to one daemon. Longer than any call.
    pub lease: Length,
    /// The longest time of one call.
    pub call: Duration,
    /// How often a lane looks whether something became due, at least.
    pub tick: Duration,
    /// Failures in a row after which an account counts as down.
    pub failures: u32,
    /// For how long at first; doubled with each failure after that, up to a quarter of an hour.
    pub pause: Length,
    /// Attempts that were not sent, after which a person is asked.
    pub tries: u32,
    /// The wait after the first of them; doubled with each.
    pub backoff: Length,
    /// Before an intercept a parcel is looked at anew where the last look is older than this.
    pub fresh: Length,
    /// A courier that cannot say how long a request takes to show is given this long.
    pub visible_after: Length,
}

impl Default for LaneOptions {
    fn default() -> Self {
        LaneOptions {
            lease: Length::minutes(2),
            call: Duration::from_secs(60),
            tick: Duration::from_millis(500),
            failures: 5,
            pause: Length::millis(30_000),
            tries: 8,
            backoff: Length::millis(15_000),
            fresh: Length::minutes(30),
            visible_after: Length::hours(2),
        }
    }
}

/// Why a lane could not go on for now.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The desk.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// How a lane stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneStatus {
    /// The account.
    pub account: String,
    /// The couriers that it serves, by code.
    pub couriers: Vec<&'static str>,
    /// What waits.
    pub backlog: Backlog,
    /// Its gates: breaker, and what it must wait for.
    pub gates: Vec<GateRow>,
    /// Calls that the courier allows in any 24 hours, where it says.
    pub per_day: Option<u32>,
}

impl LaneStatus {
    /// In one word: `working`, `waiting` (told to by the courier), `down`.
    #[must_use]
    pub fn state(&self, now: Instant) -> &'static str {
        if self.gates.iter().any(|gate| gate.open_since.is_some()) {
            "down"
        } else if self.gates.iter().any(|gate| gate.blocked_until > now) {
            "waiting"
        } else {
            "working"
        }
    }

    /// The same as a note for people.
    #[must_use]
    pub fn note(&self, now: Instant) -> LaneNote {
        let stopped = self.gates.iter().find(|gate| gate.open_since.is_some());
        let waits = || self.gates.iter().find(|gate| gate.blocked_until > now);
        LaneNote {
            state: self.state(now).to_owned(),
            waiting: self.backlog.operations + self.backlog.polls,
            lag_ms: self.backlog.lag.as_millis().unsigned_abs(),
            why: stopped.or_else(waits).and_then(|gate| gate.why.clone()),
        }
    }
}

/// How an account's lane stands.
async fn status_of(shared: &Shared, lane: &AccountLane) -> Result<LaneStatus, StoreError> {
    let gates = shared.store.gates().await?;
    let gap = Length::millis(i64::try_from(lane.limits.least_gap.as_millis()).unwrap_or(0));
    Ok(LaneStatus {
        account: lane.name.clone(),
        couriers: lane.adapters.iter().map(|adapter| adapter.identity().courier.word()).collect(),
        backlog: shared.store.backlog(&lane.name, shared.now(), gap).await?,
        gates: gates.into_iter().filter(|gate| gate.account == lane.name).collect(),
        per_day: lane.limits.per_day,
    })
}

/// What all lanes share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) desk: Desk,
    pub(crate) store: SharedStore,
    pub(crate) routes: Routes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: LaneOptions,
    /// Random word of this boot: who holds a lease.
    pub(crate) owner: String,
    /// Something may have become due.
    pub(crate) rouse: Notify,
}

impl Shared {
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Hands facts in, one text each. Whatever is wrong with one is said in the log and counted: nobody is there to be told.
    pub(crate) async fn submit(&self, texts: impl IntoIterator<Item = String>) -> Result<(), LaneError> {
        let mut incoming = Vec::new();
        for text in texts {
            match facts::incoming(text) {
                Ok(fact) => incoming.push(fact),
                Err(error) => {
                    metrics::counter!(crate::metric::COURIER_FACTS_REFUSED).increment(1);
                    tracing::warn!(%error, "a courier said something that no fact can hold");
                }
            }
        }
        let ids: Vec<String> = incoming.iter().map(|i| i.fact.id.id.clone()).collect();
        for (receipt, id) in self.desk.submit(incoming).await?.into_iter().zip(ids) {
            match receipt {
                Receipt::Accepted { .. } | Receipt::Duplicate { .. } => {}
                Receipt::Conflict => {
                    metrics::counter!(crate::metric::COURIER_FACTS_CHANGED).increment(1);
                    tracing::debug!(id, "a courier tells an event in other words than before; the first telling stands");
                }
                Receipt::Refused(why) => {
                    metrics::counter!(crate::metric::COURIER_FACTS_REFUSED).increment(1);
                    tracing::warn!(id, %why, "a fact from a courier has no effect");
                }
            }
        }
        Ok(())
    }
}

/// The running lanes. Dropped without [`Lanes::stop`] they end with the process; what was under way counts as unclear then.
#[derive(Debug)]
pub struct Lanes {
    shared: Arc<Shared>,
    by_hand: Mutex<ByHand>,
    stop: CancellationToken,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct ByHand {
    router: Router,
    lanes: Vec<Lane>,
}

impl Lanes {
    /// Starts a lane for each account, and the router that gives operations and parcels to them.
    #[must_use]
    pub fn start(desk: Desk, store: SharedStore, routes: Routes, clock: Arc<dyn Clock>, options: LaneOptions) -> Lanes {
        let Lanes { shared, by_hand, stop, .. } = Lanes::prepare(desk, store, routes, clock, options);
        let ByHand { router, lanes } = by_hand.into_inner();
        let mut tasks = vec![tokio::spawn(router.run(stop.clone()))];
        tasks.extend(lanes.into_iter().map(|lane| tokio::spawn(lane.run(stop.clone()))));
        let by_hand = ByHand { router: Router::new(Arc::clone(&shared)), lanes: Vec::new() };
        Lanes { shared, by_hand: Mutex::new(by_hand), stop, tasks: Mutex::new(tasks) }
    }

    /// The same without starting anything: [`Lanes::round`] does what is due, for whoever holds the clock.
    #[must_use]
    pub fn prepare(desk: Desk, store: SharedStore, routes: Routes, clock: Arc<dyn Clock>, options: LaneOptions) -> Lanes {
        let owner = desk.boot_id().to_owned();
        let shared = Arc::new(Shared { desk, store, routes, clock, options, owner, rouse: Notify::new() });
        let lanes = shared.routes.lanes().iter().map(|account| Lane::new(Arc::clone(&shared), Arc::clone(account))).collect();
        let by_hand = ByHand { router: Router::new(Arc::clone(&shared)), lanes };
        Lanes { shared, by_hand: Mutex::new(by_hand), stop: CancellationToken::new(), tasks: Mutex::new(Vec::new()) }
    }

    /// Does everything that is due now, in every lane, to its end. Gives the next moment at which something is due by the lanes' own
    /// budgets; something else may become due before. Not to be called while the lanes run by themselves.
    ///
    /// # Errors
    /// Where the store or the desk failed.
    pub async fn round(&self) -> Result<Instant, LaneError> {
        let mut hand = self.by_hand.lock().await;
        let ByHand { router, lanes } = &mut *hand;
        router.turn().await?;
        let ends = futures::future::join_all(lanes.iter_mut().map(Lane::turn_to_the_end)).await;
        router.turn().await?;
        let far = self.shared.now() + Length::hours(1);
        ends.into_iter().try_fold(far, |next, end| Ok(next.min(end?)))
    }

    /// How each lane stands.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn status(&self) -> Result<Vec<LaneStatus>, StoreError> {
        let mut all = Vec::new();
        for lane in self.shared.routes.lanes() {
            all.push(status_of(&self.shared, lane).await?);
        }
        Ok(all)
    }

    /// Has parcels asked about at once of which nothing was heard for so long: no scan, and no look. Gives how many.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn ask_about_silent(&self, for_so_long: Length) -> Result<u64, StoreError> {
        self.hasten(for_so_long, false).await
    }

    /// Has both sources asked at once about parcels that both are asked about (they stand still, or money hangs on them), where they were
    /// not asked for so long. Gives how many questions that is.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn ask_both_sources(&self, for_so_long: Length) -> Result<u64, StoreError> {
        self.hasten(for_so_long, true).await
    }

    async fn hasten(&self, for_so_long: Length, both: bool) -> Result<u64, StoreError> {
        let now = self.shared.now();
        let count = self.shared.store.hasten_silent(now - for_so_long, now, both).await?;
        self.shared.rouse.notify_waiters();
        Ok(count)
    }

    /// Somebody told of a parcel whom nobody can check: nothing is sent about it before its courier was asked, where one of the accounts can ask. With
    /// `at_once` that is now, else in its turn or before something is sent.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn look_again(&self, waybill: &Waybill, at_once: bool) -> Result<(), StoreError> {
        let store = &self.shared.store;
        let Some(order) = store.order_of_waybill(waybill).await? else { return Ok(()) };
        if self.shared.routes.trackers(waybill.courier, &order.shop).is_empty() {
            return Ok(());
        }
        let tail = store.case_file(&order).await?.and_then(|stored| phone_tail(&stored.file, waybill));
        store.doubt(waybill, tail.as_deref(), self.shared.now(), at_once).await?;
        self.shared.rouse.notify_waiters();
        Ok(())
    }

    /// The routes in force.
    #[must_use]
    pub fn routes(&self) -> &Routes {
        &self.shared.routes
    }

    /// Begins nothing more, waits for the calls that are under way, and records them. The desk must still run.
    pub async fn stop(&self) {
        self.stop.cancel();
        for task in self.tasks.lock().await.drain(..) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a courier lane ended by a fault of this program");
            }
        }
    }
}

/// A random number from 0 to 1.
pub(crate) fn spread() -> f64 {
    rand::random::<f64>()
}

/// A random number of milliseconds from 0 to this.
pub(crate) fn spread_of(ms: i64) -> i64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "hours in milliseconds are exact")]
    let part = (ms as f64 * spread()) as i64;
    part
}
