//! One account's lane: what is due, in what order, and under what budget.
//!
//! Operations come before polls, polls by rank. What is asked for is taken out of the database only when a call can be made for it.

use super::budget::{Class, Held, Pace};
use super::ends::Ends;
use super::health::Health;
use super::subscriptions::{self, Wanted, When};
use super::{LaneError, Shared, operations, polls};
use crate::routes::AccountLane;
use parcelward_casework::instant::{Instant, Length};
use parcelward_store::lanes::{ClaimedPoll, GateKind, GatePass, PollEnd};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a gate that was open is taken to be open still.
const TRUSTED: Length = Length::millis(500);
/// Within this time before its rung a poll presses.
const PRESSING: Length = Length::hours(2);
/// How often a lane says how it stands.
const NOTED_EACH: Duration = Duration::from_secs(10);
/// A parcel whose courier answers only once it was subscribed to is asked about this long after.
const AFTER_SUBSCRIPTION: Length = Length::minutes(1);
/// Parcels that wait to be subscribed to: more are found again when they are asked about next.
const WANTED: usize = 100;

/// Operations are looked for so often while questions go out one after the other; at once when a lane is roused.
const OPERATIONS_EACH: Duration = Duration::from_millis(20);
/// Questions in hand for each call that may be under way, where limits allow more than that soon.
const IN_HAND: usize = 4;
/// Answers that wait to be stored for each call that may be under way; a courier that is faster than the database waits for it then.
const UNSTORED: usize = 8;

/// What lanes and calls of one account share.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) shared: Arc<Shared>,
    pub(super) account: Arc<AccountLane>,
    /// The courier does not let the account subscribe: no try before then, in milliseconds UTC.
    pub(super) no_subscriptions_until: AtomicI64,
    /// Calls under way.
    calling: AtomicUsize,
    /// One of them ended.
    freed: Notify,
    pub(super) ends: Ends,
    pub(super) health: Health,
}

/// A call that is under way: one of [`AccountLane::at_once`].
#[derive(Debug)]
pub(super) struct Slot(Arc<Own>);

impl Slot {
    fn take(own: &Arc<Own>) -> Self {
        own.calling.fetch_add(1, Ordering::Relaxed);
        Slot(Arc::clone(own))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.calling.fetch_sub(1, Ordering::Relaxed);
        self.0.freed.notify_one();
    }
}

/// A lane.
#[derive(Debug)]
pub(super) struct Lane {
    own: Arc<Own>,
    pace: Pace,
    held: Held,
    /// Nothing of what does not press before then.
    slow_from: Option<Instant>,
    /// Nothing at all before then: the day is spent, or the gate is closed.
    closed_until: [Option<Instant>; 2],
    trusted_until: [Instant; 2],
    /// Parcels in hand, by rank.
    polls: VecDeque<ClaimedPoll>,
    /// Parcels of which the courier is to tell by itself.
    wanted: VecDeque<Wanted>,
    /// Whether it was a subscription's turn last.
    subscribes: bool,
    /// When people were last told how it stands.
    noted_at: Option<std::time::Instant>,
    /// When it was last seen that no operation is due; nothing where it must be looked for now.
    none_due_at: Option<std::time::Instant>,
    running: JoinSet<()>,
}

const fn place(kind: GateKind) -> usize {
    match kind {
        GateKind::Ask => 0,
        GateKind::Act => 1,
    }
}

/// What a lane may do of a kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    All,
    One,
    Nothing,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>, account: Arc<AccountLane>) -> Self {
        let pace = Pace::of(&account.limits, account.reserved_percent);
        Lane {
            own: Arc::new(Own {
                shared,
                account,
                no_subscriptions_until: AtomicI64::new(0),
                calling: AtomicUsize::new(0),
                freed: Notify::new(),
                ends: Ends::default(),
                health: Health::default(),
            }),
            pace,
            held: Held::default(),
            slow_from: None,
            closed_until: [None, None],
            trusted_until: [Instant::MIN, Instant::MIN],
            polls: VecDeque::new(),
            wanted: VecDeque::new(),
            subscribes: false,
            noted_at: None,
            none_due_at: None,
            running: JoinSet::new(),
        }
    }

    /// Works until it is told to stop, and then waits for what runs.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let own = Arc::clone(&self.own);
        let mut failing = Duration::ZERO;
        while !stop.is_cancelled() {
            let roused = own.shared.rouse.notified();
            self.note().await;
            let wait = match self.turn().await {
                Ok(next) => {
                    failing = Duration::ZERO;
                    let ms = next.since(own.shared.now()).as_millis().max(1);
                    Duration::from_millis(ms.unsigned_abs()).min(own.shared.options.tick)
                }
                Err(error) => {
                    failing = (failing * 2).clamp(Duration::from_millis(200), Duration::from_secs(10));
                    tracing::warn!(account = own.account.name, %error, "the lane could not go on; tried again");
                    failing
                }
            };
            let busy = !self.running.is_empty();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = self.running.join_next(), if busy => note(&own.account.name, ended),
                () = own.freed.notified() => {}
                () = roused => self.none_due_at = None,
                () = tokio::time::sleep(wait) => {}
            }
            while let Some(ended) = self.running.try_join_next() {
                note(&own.account.name, ended);
            }
        }
        self.finish().await;
    }

    /// Says now and then how the lane stands, for people.
    async fn note(&mut self) {
        if self.noted_at.is_some_and(|at| at.elapsed() < NOTED_EACH) {
            return;
        }
        self.noted_at = Some(std::time::Instant::now());
        let Own { shared, account, .. } = &*self.own;
        match super::status_of(shared, account).await {
            Ok(status) => shared.desk.note_lane(&account.name, Some(status.note(shared.now()))),
            Err(error) => tracing::debug!(account = account.name, %error, "how the lane stands could not be read"),
        }
    }

    async fn finish(&mut self) {
        self.own.shared.desk.note_lane(&self.own.account.name, None);
        while let Some(ended) = self.running.join_next().await {
            note(&self.own.account.name, ended);
        }
        if let Err(error) = self.give_back(self.own.shared.now()).await {
            tracing::debug!(%error, "parcels in hand come back when their leases end");
        }
    }

    /// Everything that can be done now, to its end. Gives the next moment by the account's own budget.
    pub(super) async fn turn_to_the_end(&mut self) -> Result<Instant, LaneError> {
        loop {
            self.none_due_at = None;
            let next = self.turn().await?;
            if self.running.is_empty() {
                return Ok(next);
            }
            while let Some(ended) = self.running.join_next().await {
                note(&self.own.account.name, ended);
            }
        }
    }

    /// Begins what can be begun now. Gives the next moment at which more can be.
    async fn turn(&mut self) -> Result<Instant, LaneError> {
        let now = self.own.shared.now();
        let far = now + Length::minutes(10);
        let at_once = self.own.account.at_once.max(1);
        let free = at_once.saturating_sub(self.own.calling.load(Ordering::Relaxed));
        if free == 0 || self.running.len() >= at_once * UNSTORED {
            return Ok(far);
        }
        let (act, ask) = (self.may(GateKind::Act, now).await?, self.may(GateKind::Ask, now).await?);
        // While the time is in doubt nothing is sent that cannot be taken back; questions go on.
        let may_send = self.own.shared.clock.doubt().is_none();
        let mut due = 0;
        let looks = self.none_due_at.is_none_or(|at| at.elapsed() >= OPERATIONS_EACH);
        if looks && act != May::Nothing && ask != May::Nothing {
            let most = if act == May::One || ask == May::One { 1 } else { u32::try_from(free).unwrap_or(1) };
            due = self.own.shared.store.due_operations(&self.own.account.name, now, may_send, most).await?;
            self.none_due_at = (due == 0).then(std::time::Instant::now);
        }
        match ask {
            May::Nothing => self.give_back(now).await?,
            May::One if due == 0 && self.polls.is_empty() => self.fill(now, 1).await?,
            May::One => {}
            May::All => self.fill(now, at_once * IN_HAND).await?,
        }
        let calls = usize::try_from(due).unwrap_or(0) + self.calls_waiting(ask, due > 0) + self.subscriptions_waiting(ask);
        let next = self.closed_until.iter().flatten().copied().filter(|at| *at > now).min().unwrap_or(far);
        if calls == 0 {
            return Ok(next);
        }
        let (ready, later) = self.leave(now, calls.min(free), due > 0).await?;
        let mut left = ready.min(free);
        left -= self.begin_operations(now, may_send, due.min(u32::try_from(left).unwrap_or(0))).await?;
        while left > 0 && self.begin_question(ask, now) {
            left -= 1;
        }
        Ok(later.map_or(next, |at| at.min(next)))
    }

    /// Whether calls of a kind may be made.
    async fn may(&mut self, kind: GateKind, now: Instant) -> Result<May, LaneError> {
        let at = place(kind);
        if self.closed_until[at].is_some_and(|until| until > now) {
            return Ok(May::Nothing);
        }
        if self.trusted_until[at] > now {
            return Ok(May::All);
        }
        let Own { shared, account, .. } = &*self.own;
        let probe = shared.options.lease;
        Ok(match shared.store.pass(&account.name, kind, &shared.owner, now, probe).await? {
            GatePass::Open => {
                (self.closed_until[at], self.trusted_until[at]) = (None, now + TRUSTED);
                May::All
            }
            GatePass::Probe => {
                self.own.health.doubt(kind);
                // The next question to the gate is the probe's answer, or the end of its time.
                self.closed_until[at] = Some(now + TRUSTED);
                tracing::debug!(
                    account = account.name,
                    what = super::outage::label(kind),
                    "one call tries whether the courier answers again"
                );
                May::One
            }
            GatePass::Closed(until) => {
                self.own.health.doubt(kind);
                // Another daemon may find it open before.
                self.closed_until[at] = Some(until.min(now + Length::millis(2_000)).max(now + Length::millis(1)));
                May::Nothing
            }
        })
    }

    /// Takes parcels in hand, so that there are enough for the calls that can be made soon.
    async fn fill(&mut self, now: Instant, calls: usize) -> Result<(), LaneError> {
        let Own { shared, account, .. } = &*self.own;
        let batch = account.limits.batch.max(1);
        // No more than can be asked within a small part of a lease.
        let soon = if self.pace.apart_us == 0 { calls } else { calls.min(usize::try_from(self.pace.most()).unwrap_or(1)) };
        let wanted = soon.max(1) * batch;
        let stale = self.polls.front().is_some_and(|first| first.rank < now - PRESSING);
        if self.polls.len() >= wanted.div_ceil(2) && !stale {
            return Ok(());
        }
        let more = u32::try_from(wanted.saturating_sub(self.polls.len())).unwrap_or(0).min(500);
        if more == 0 {
            return Ok(());
        }
        let gap = Length::millis(i64::try_from(account.limits.least_gap.as_millis()).unwrap_or(0));
        let claimed = shared.store.claim_polls(&account.name, now, gap, shared.options.lease, more).await?;
        let mut waiting = Vec::new();
        for poll in claimed {
            let when = subscriptions::when(&self.own, &poll);
            if when != When::Never && self.wanted.len() < WANTED && !self.wanted.iter().any(|wanted| wanted.waybill == poll.waybill) {
                self.wanted.push_back(Wanted::from(&poll));
            }
            match when {
                When::First => waiting.push(polls::unasked(poll, now + AFTER_SUBSCRIPTION)),
                When::Beside | When::Never => self.polls.push_back(poll),
            }
        }
        self.own.shared.store.end_polls(&waiting).await?;
        self.polls.make_contiguous().sort_by_key(|poll| poll.rank);
        Ok(())
    }

    /// Gives parcels in hand back.
    async fn give_back(&mut self, now: Instant) -> Result<(), LaneError> {
        if self.polls.is_empty() {
            return Ok(());
        }
        let ends: Vec<PollEnd> = self.polls.drain(..).map(|poll| polls::unasked(poll, now)).collect();
        Ok(self.own.shared.store.end_polls(&ends).await?)
    }

    fn calls_waiting(&self, ask: May, operations: bool) -> usize {
        match ask {
            May::Nothing => 0,
            May::One => usize::from(!operations && !self.polls.is_empty()),
            May::All => self.polls.len().div_ceil(self.own.account.limits.batch.max(1)),
        }
    }

    fn subscriptions_waiting(&self, ask: May) -> usize {
        if ask == May::All { self.wanted.len() } else { 0 }
    }

    /// How many calls may be made now, and when the next may.
    async fn leave(&mut self, now: Instant, calls: usize, operations: bool) -> Result<(usize, Option<Instant>), LaneError> {
        if self.pace.is_free() {
            return Ok((calls, None));
        }
        self.held.ready(now, &self.pace);
        let presses = || self.polls.front().is_some_and(|poll| poll.acts_at.is_some_and(|at| at <= now + PRESSING));
        let class = if operations {
            Class::Operation
        } else if presses() {
            Class::Pressing
        } else {
            Class::Slow
        };
        let waits = class == Class::Slow && self.slow_from.is_some_and(|from| from > now);
        let missing = u32::try_from(calls.saturating_sub(self.held.len())).unwrap_or(0).min(self.pace.most());
        if missing > 0 && !waits {
            let allowance = self.pace.allowance(class);
            let Own { shared, account, .. } = &*self.own;
            let slice = shared.store.take_slice(&account.name, now, &allowance, missing).await?;
            if slice.calls == 0 {
                let from = Instant::from_millis(slice.from_us.div_euclid(1000) + 1);
                self.slow_from = (class != Class::Operation).then_some(from);
            }
            self.held.add(slice, &self.pace);
        }
        let (ready, next) = self.held.ready(now, &self.pace);
        let next = next.map(|us| Instant::from_millis((us + 999).div_euclid(1000)));
        let next = if missing > 0 && next.is_none() { self.slow_from.filter(|from| *from > now) } else { next };
        Ok((ready, next.or(Some(now + Length::millis((self.pace.apart_us / 1000).clamp(1, 60_000))))))
    }

    async fn begin_operations(&mut self, now: Instant, may_send: bool, most: u32) -> Result<usize, LaneError> {
        if most == 0 {
            return Ok(0);
        }
        let Own { shared, account, .. } = &*self.own;
        // After a failover an attempt that was made may be missing here.
        shared.store.notice_failover().await?;
        let claimed = shared.store.claim_operations(&account.name, &shared.owner, now, shared.options.lease, may_send, most).await?;
        let count = claimed.len();
        for operation in claimed {
            self.spend();
            let slot = Slot::take(&self.own);
            self.running.spawn(async move { operations::attempt(&slot.0, operation).await });
        }
        Ok(count)
    }

    /// A question or a subscription, in turn: neither holds the other up.
    fn begin_question(&mut self, ask: May, now: Instant) -> bool {
        self.subscribes = !self.subscribes;
        let subscribes = self.subscribes && ask == May::All;
        (subscribes && self.begin_subscription()) || self.begin_poll(now) || (ask == May::All && self.begin_subscription())
    }

    /// One tracking call: the parcel of the best rank, and as many of the same courier as go into one call.
    fn begin_poll(&mut self, now: Instant) -> bool {
        let Some(first) = self.polls.pop_front() else { return false };
        let batch = self.own.account.limits.batch.max(1);
        let courier = first.waybill.courier;
        let mut chosen = vec![first];
        let mut at = 0;
        while chosen.len() < batch && at < self.polls.len() {
            if self.polls[at].waybill.courier == courier {
                chosen.extend(self.polls.remove(at));
            } else {
                at += 1;
            }
        }
        self.spend();
        let own = Arc::clone(&self.own);
        let slot = Slot::take(&own);
        self.running.spawn(async move { polls::ask(&own, slot, chosen, now).await });
        true
    }

    /// One subscription, of as many parcels of a courier as go into one call.
    fn begin_subscription(&mut self) -> bool {
        let Some(first) = self.wanted.pop_front() else { return false };
        let courier = first.waybill.courier;
        let batch = self.own.account.adapter(courier).and_then(|adapter| adapter.subscription()).map_or(1, |s| s.batch().max(1));
        let mut chosen = vec![first];
        while chosen.len() < batch && self.wanted.front().is_some_and(|next| next.waybill.courier == courier) {
            chosen.extend(self.wanted.pop_front());
        }
        self.spend();
        let slot = Slot::take(&self.own);
        self.running.spawn(async move { subscriptions::ask(&slot.0, chosen).await });
        true
    }

    fn spend(&mut self) {
        if !self.pace.is_free() {
            self.held.take();
        }
        metrics::counter!(crate::metric::COURIER_CALLS, "account" => self.own.account.name.clone()).increment(1);
    }
}

fn note(account: &str, ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(account, %error, "a call ended by a fault of this program; what it was about is looked at when its lease ends");
    }
}
