//! One batch: facts in the order in which they arrived, then case files whose moment has come, all at one instant, all in one transaction.

use crate::cache::{Cache, Kept};
use crate::engine::Engine;
use crate::hand::{Hand, Taken};
use crate::intake::{Goal, Intake};
use crate::line::line;
use crate::news;
use crate::receipt::{Incoming, Receipt, Refused};
use crate::tally::Tally;
use parcelward_casework::decision::order_tag;
use parcelward_casework::fact::{Fact, FactBody, FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::parse::parse_fact;
use parcelward_casework::rules::Rules;
use parcelward_casework::world::World;
use parcelward_casework::{Plan, Refusal, Signal};
use parcelward_store::{
    Batch, DecisionEntry, Entry, FactEntry, ParkedFact, RouseScope, StoreError, Transaction, Waiting, WorldNews, crash_point,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What decides, for one batch.
pub(crate) struct Bench<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) rules: &'a Rules,
    /// The number under which the store knows them.
    pub(crate) config: Option<u32>,
    /// No batch of this desk has named that number yet.
    pub(crate) config_is_new: bool,
    pub(crate) cache: &'a Cache,
    /// What is left out because deciding it failed before.
    pub(crate) skip: &'a Skip,
}

/// What a batch leaves out.
#[derive(Debug, Default)]
pub(crate) struct Skip {
    /// Positions of facts among the batch's facts.
    pub(crate) facts: HashSet<usize>,
    /// Case files that are not woken, and why.
    pub(crate) wakes: HashMap<OrderKey, &'static str>,
}

/// Why a batch came to nothing.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The store failed.
    Store(StoreError),
    /// Deciding this fact (by its position) panicked.
    Fact(usize),
    /// Waking this case file panicked.
    Wake(OrderKey),
    /// What waking this one case file leads to cannot be stored.
    Unstorable(OrderKey, StoreError),
    /// The batch tells news of the world, and somebody else came between: it has to hold the world while it is tried again.
    News(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Trouble::Store(error)
    }
}

/// What a committed batch came to.
pub(crate) struct Done {
    pub(crate) recorded: Instant,
    /// One a fact, in order.
    pub(crate) receipts: Vec<Receipt>,
    /// What the world is now.
    pub(crate) world: Arc<World>,
    /// Case files as they are now.
    pub(crate) kept: Vec<(OrderKey, Kept)>,
    /// Case files that cannot be read, and why.
    pub(crate) unreadable: Vec<(OrderKey, String)>,
    pub(crate) tally: Tally,
    /// Whether as many case files were due as the batch takes: there may be more.
    pub(crate) more_due: bool,
}

/// What a batch may do.
pub(crate) struct Limits {
    /// The most case files that are woken.
    pub(crate) wakes: u32,
    /// Nobody else may commit meanwhile.
    pub(crate) alone: bool,
}

/// Runs a batch inside a transaction, up to and without its commit; `None` where there is nothing to do.
pub(crate) async fn run(
    tx: &mut dyn Transaction,
    bench: &Bench<'_>,
    world: Arc<World>,
    now: Instant,
    facts: &[&Incoming],
    limits: &Limits,
) -> Result<Option<Done>, Trouble> {
    let Some(mut run) = Run::begin(tx, bench, world, now, facts, limits).await? else { return Ok(None) };
    let mut receipts = Vec::with_capacity(facts.len());
    for (at, incoming) in facts.iter().enumerate() {
        receipts.push(run.fact(at, incoming).await?);
        run.breathe(at).await?;
    }
    for (at, order) in std::mem::take(&mut run.found_here) {
        if let Some(Receipt::Accepted { order: of, parked, .. }) = receipts.get_mut(at) {
            (*of, *parked) = (Some(order), false);
        }
    }
    run.wake().await?;
    run.finish(receipts).await.map(Some)
}

/// A fact of this batch that waits for its order.
struct WaitsHere {
    entry: usize,
    at: usize,
    fact: Arc<Fact>,
}

struct Run<'a> {
    tx: &'a mut dyn Transaction,
    bench: &'a Bench<'a>,
    world: Arc<World>,
    /// How many changes of the world were known before this batch.
    world_position: u32,
    recorded: Instant,
    intake: Intake,
    hand: Hand,
    entries: Vec<Entry>,
    news: Vec<WorldNews>,
    rouse: Vec<(RouseScope, Instant)>,
    /// Waybills that were nobody's before this batch.
    owners: Vec<(Waybill, OrderKey)>,
    waits_here: HashMap<Waybill, Vec<WaitsHere>>,
    /// Facts of this batch that waited and were given to an order later in it.
    found_here: Vec<(usize, OrderKey)>,
    tally: Tally,
    /// Case files that are due, locked.
    due: Vec<OrderKey>,
    /// As many were due as the batch takes.
    more_due: bool,
}

impl<'a> Run<'a> {
    /// Locks and reads everything that the facts need and what is due, in few round trips. The instant comes last: where several write,
    /// it has to be later than all that was read. The world comes before it for the same reason, and after the locks.
    async fn begin(
        tx: &'a mut dyn Transaction,
        bench: &'a Bench<'a>,
        mut world: Arc<World>,
        now: Instant,
        facts: &[&Incoming],
        limits: &Limits,
    ) -> Result<Option<Self>, Trouble> {
        crash_point!("inbox.begun")?;
        let intake = Intake::read(tx, facts).await?;
        crash_point!("inbox.read")?;
        let mut hand = Hand::default();
        hand.lock(tx, bench.cache, &intake.orders()).await?;
        crash_point!("inbox.locked")?;
        let mut due = if limits.wakes > 0 { tx.due(now, limits.wakes).await? } else { Vec::new() };
        if facts.is_empty() && due.is_empty() {
            return Ok(None);
        }
        if !due.is_empty() {
            crash_point!("wake.due")?;
        }
        let more_due = due.len() >= limits.wakes.max(1) as usize;
        due.retain(|order| !bench.skip.wakes.contains_key(order));
        hand.lock(tx, bench.cache, &due).await?;
        if limits.alone || facts.iter().any(|fact| news::is_told_by(&fact.fact)) {
            tx.hold_world().await?;
        }
        for change in tx.world_from(world.position()).await? {
            Arc::make_mut(&mut world).push(change);
        }
        let world_position = world.position();
        let recorded = tx.take_instant(now).await?;
        crash_point!("inbox.instant")?;
        Ok(Some(Run {
            tx,
            bench,
            world,
            world_position,
            recorded,
            intake,
            hand,
            entries: Vec::new(),
            news: Vec::new(),
            rouse: Vec::new(),
            owners: Vec::new(),
            waits_here: HashMap::new(),
            found_here: Vec::new(),
            tally: Tally::default(),
            due,
            more_due,
        }))
    }

    /// Lets others run, and the database know that we are here.
    async fn breathe(&mut self, at: usize) -> Result<(), Trouble> {
        if at % 64 == 63 {
            tokio::task::yield_now().await;
            self.tx.stay().await?;
        }
        Ok(())
    }

    async fn fact(&mut self, at: usize, incoming: &Incoming) -> Result<Receipt, Trouble> {
        if let Some((fingerprint, order)) = self.intake.seen(&incoming.fact.id) {
            return Ok(if fingerprint == incoming.fact.fingerprint { Receipt::Duplicate { order } } else { Receipt::Conflict });
        }
        let mut fact = incoming.fact.clone();
        fact.recorded = Some(self.recorded);
        let fact = Arc::new(fact);
        let json = line(&incoming.json, self.recorded).map_err(|e| StoreError::Defect(format!("a fact's text is no object: {e}")))?;
        match self.intake.goal(&fact.body) {
            Goal::World => Ok(self.world_fact(fact, json)),
            Goal::Order { order, create } => self.order_fact(at, fact, json, order, create).await,
            Goal::Waits(waybill) => Ok(self.park(at, fact, json, waybill)),
            Goal::Nowhere(refused) => Ok(Receipt::Refused(refused)),
        }
    }

    fn accept(&mut self, fact: &Fact, order: Option<OrderKey>, parked: bool) -> Receipt {
        self.intake.note_seen(fact, order.clone());
        Receipt::Accepted { order, parked, clock_skew: fact.effective_time().1 }
    }

    fn world_fact(&mut self, fact: Arc<Fact>, json: String) -> Receipt {
        if let Some(news) = news::of_fact(&fact) {
            self.learn(news);
        }
        let receipt = self.accept(&fact, None, false);
        self.entries.push(Entry::Fact(FactEntry { fact, json, order: None, parked: None }));
        receipt
    }

    fn learn(&mut self, news: WorldNews) {
        Arc::make_mut(&mut self.world).push(news.change.clone());
        let rouse = news::scope(&news.change).filter(|rouse| !self.rouse.iter().any(|(scope, _)| scope == rouse));
        self.rouse.extend(rouse.map(|rouse| (rouse, self.recorded)));
        self.news.push(news);
    }

    fn park(&mut self, at: usize, fact: Arc<Fact>, json: String, waybill: Waybill) -> Receipt {
        let receipt = self.accept(&fact, None, true);
        self.waits_here.entry(waybill.clone()).or_default().push(WaitsHere { entry: self.entries.len(), at, fact: Arc::clone(&fact) });
        self.entries.push(Entry::Fact(FactEntry { fact, json, order: None, parked: Some(waybill) }));
        receipt
    }

    async fn order_fact(&mut self, at: usize, fact: Arc<Fact>, json: String, order: OrderKey, create: bool) -> Result<Receipt, Trouble> {
        if self.bench.skip.facts.contains(&at) {
            return Ok(Receipt::Refused(Refused::FileBroken("deciding this fact failed".to_owned())));
        }
        self.hand.lock(self.tx, self.bench.cache, std::slice::from_ref(&order)).await?;
        let begins = self.hand.peek(&order).is_none();
        let file = match self.hand.take(&order, create) {
            Taken::File(file) => file,
            Taken::Absent => return Ok(Receipt::Refused(Refused::NoSuchTask)),
            Taken::Unreadable(why) => return Ok(Receipt::Refused(Refused::FileBroken(why))),
        };
        let known = file.parcels.len();
        let signal = Signal::Fact { fact: &fact, released_by: None };
        let plan = self.decide(file, signal).ok_or(Trouble::Fact(at))?;
        crash_point!("decide.fact")?;
        if matches!(fact.body, FactBody::TaskUpdate(_)) {
            crash_point!("decide.task_update")?;
        }
        let journalled = plan.refused.as_ref().is_none_or(Refusal::is_journalled);
        let receipt = match &plan.refused {
            None => self.accept(&fact, Some(order.clone()), false),
            Some(refusal) => {
                if journalled {
                    self.intake.note_seen(&fact, Some(order.clone()));
                }
                Receipt::Refused(Refused::Engine(refusal.clone()))
            }
        };
        if begins && !journalled {
            // A fact that is not taken begins no case file.
            return Ok(receipt);
        }
        if journalled {
            self.entries.push(Entry::Fact(FactEntry { fact: Arc::clone(&fact), json, order: Some(order.clone()), parked: None }));
        }
        let registered = self.settle(&order, plan, known);
        self.release(at, &fact.id, &order, registered).await?;
        Ok(receipt)
    }

    /// Decides, or `None` where that panicked.
    fn decide(&mut self, file: parcelward_casework::casefile::CaseFile, signal: Signal<'_>) -> Option<Plan> {
        let span = signal_span(&file.key, &signal);
        let _inside = span.enter();
        let started = std::time::Instant::now();
        let (engine, rules, world) = (self.bench.engine, self.bench.rules, &*self.world);
        let decide = std::panic::AssertUnwindSafe(|| engine.decide(file, rules, world, self.recorded, signal));
        let plan = std::panic::catch_unwind(decide).ok();
        self.tally.decided_in += started.elapsed();
        match &plan {
            Some(plan) => {
                span.record("result", if plan.refused.is_some() { "refused" } else { "decided" });
                span.record("decisions", plan.decisions.len());
            }
            None => drop(span.record("result", "panicked")),
        }
        tracing::trace!("signal");
        plan
    }

    /// Takes a plan's outcome in hand. Gives the waybills that it registered (the first `known` parcels were there before).
    fn settle(&mut self, order: &OrderKey, plan: Plan, known: usize) -> Vec<Waybill> {
        for decision in plan.decisions {
            self.tally.decision(&decision, self.recorded);
            self.entries.push(Entry::Decision(DecisionEntry { order: order.clone(), decision, recorded: self.recorded }));
        }
        for change in plan.noted {
            self.learn(news::of_scan(change));
        }
        let registered = plan.file.parcels.iter().skip(known).map(|p| p.waybill.clone()).collect();
        self.hand.put(order, plan.file);
        registered
    }

    /// Gives the facts that waited for these waybills to their order: waybill by waybill, each in the order in which they were received.
    async fn release(&mut self, at: usize, by: &FactId, order: &OrderKey, registered: Vec<Waybill>) -> Result<(), Trouble> {
        if registered.is_empty() {
            return Ok(());
        }
        for waybill in self.intake.register(self.tx, registered, order).await? {
            self.owners.push((waybill.clone(), order.clone()));
            for (which, fact) in self.waiting(&waybill, order).await? {
                let Taken::File(file) = self.hand.take(order, false) else { return Ok(()) };
                let known = file.parcels.len();
                let plan = self.decide(file, Signal::Fact { fact: &fact, released_by: Some(by) }).ok_or(Trouble::Fact(at))?;
                self.entries.push(Entry::Released { fact: which, order: order.clone() });
                self.settle(order, plan, known);
            }
        }
        Ok(())
    }

    /// The facts that waited for a waybill, in earlier batches and in this one. They are given out once.
    async fn waiting(&mut self, waybill: &Waybill, order: &OrderKey) -> Result<Vec<(Waiting, Arc<Fact>)>, Trouble> {
        let stored = self.intake.parked(self.tx, waybill).await?;
        let mut waiting: Vec<(Waiting, Arc<Fact>)> = stored.into_iter().filter_map(|parked| self.read_parked(parked)).collect();
        for WaitsHere { entry, at, fact } in self.waits_here.remove(waybill).unwrap_or_default() {
            if let Some(Entry::Fact(waited)) = self.entries.get_mut(entry) {
                waited.parked = None;
            }
            self.found_here.push((at, order.clone()));
            self.intake.note_seen(&fact, Some(order.clone()));
            waiting.push((Waiting::Here(entry), fact));
        }
        Ok(waiting)
    }

    fn read_parked(&self, parked: ParkedFact) -> Option<(Waiting, Arc<Fact>)> {
        match parse_fact(&parked.json) {
            Ok(fact) => Some((Waiting::Stored { seq: parked.seq, waybill: parked.waybill }, Arc::new(fact))),
            Err(error) => {
                tracing::error!(seq = parked.seq, field = %error.field, "a fact that waits cannot be read any more; it goes on waiting");
                None
            }
        }
    }

    /// Wakes the case files that are due, and those in hand for which something is due at this very instant.
    async fn wake(&mut self) -> Result<(), Trouble> {
        let due = std::mem::take(&mut self.due);
        let mut all: Vec<OrderKey> = due.into_iter().filter(|order| !self.hand.was_decided(order)).collect();
        all.extend(self.hand.decided().filter(|order| !self.bench.skip.wakes.contains_key(*order)).cloned());
        for (at, order) in all.into_iter().enumerate() {
            if self.wake_one(&order)? {
                crash_point!("decide.wake")?;
            }
            self.breathe(at).await?;
        }
        Ok(())
    }

    /// Wakes one case file. Says whether there was something to decide.
    fn wake_one(&mut self, order: &OrderKey) -> Result<bool, Trouble> {
        let decided = self.hand.was_decided(order);
        let wants = |run: &Self| run.hand.peek(order).and_then(|file| run.bench.engine.next_wake_at(file));
        match wants(self) {
            // Decided in this batch already, and nothing more is due at its instant.
            None if decided => return Ok(false),
            Some(at) if decided && at > self.recorded => return Ok(false),
            Some(at) if !decided => self.tally.lateness.push(self.recorded.since(at).as_millis().max(0)),
            _ => {}
        }
        let Taken::File(file) = self.hand.take(order, false) else { return Ok(false) };
        let known = file.parcels.len();
        let plan = self.decide(file, Signal::TimePassed).ok_or_else(|| Trouble::Wake(order.clone()))?;
        self.settle(order, plan, known);
        Ok(true)
    }

    /// Writes it all.
    async fn finish(self, receipts: Vec<Receipt>) -> Result<Done, Trouble> {
        let Run { tx, bench, world, world_position, recorded, hand, entries, owners, news, rouse, tally, more_due, .. } = self;
        let (files, unreadable) = hand.changes(bench.engine, recorded);
        let (config, config_is_new) = (bench.config, bench.config_is_new);
        let batch = Batch { files, entries, owners, world: news, world_position, rouse, config, config_is_new, ..Batch::default() };
        crash_point!("decide.done")?;
        let stamps = match tx.save(&batch).await {
            Err(error) if error.is_transient() && !batch.world.is_empty() => return Err(Trouble::News(error)),
            Err(error) if error.is_about_the_change() && receipts.is_empty() && batch.files.len() == 1 => {
                return Err(Trouble::Unstorable(batch.files[0].after.key.clone(), error));
            }
            saved => saved?,
        };
        let kept = batch.files.into_iter().zip(stamps);
        let kept = kept.map(|(change, stamp)| (change.after.key.clone(), Kept { file: change.after, stamp })).collect();
        Ok(Done { recorded, receipts, world, kept, unreadable, tally, more_due })
    }
}

/// A signal's span. The order's tag stands for the order, as it does at the beginning of the ids of its cases and tasks.
fn signal_span(order: &OrderKey, signal: &Signal<'_>) -> tracing::Span {
    let word = || match signal {
        Signal::Fact { fact, .. } => fact.body.fact_type().word(),
        Signal::TimePassed => "time_passed",
    };
    tracing::debug_span!("signal", order = %order_tag(order), r#type = word(), result = tracing::field::Empty, decisions = tracing::field::Empty)
}

/// The order or waybill that a fact's body leads to, for reading ahead.
pub(crate) fn mentions(body: &FactBody) -> Vec<&Waybill> {
    match body {
        FactBody::Tracking(f) => vec![&f.waybill],
        FactBody::Shipment(f) => std::iter::once(&f.waybill).chain(f.replaces.as_ref()).collect(),
        FactBody::AfterSale(f) => f.return_waybill.iter().collect(),
        FactBody::OperationUpdate(f) => f.waybill.iter().collect(),
        FactBody::TaskUpdate(f) => f.answers.waybill.iter().collect(),
        _ => Vec::new(),
    }
}
