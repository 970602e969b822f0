//! Replay: many case files under one virtual clock, as the daemon lives them, with nothing but facts.
//!
//! Everything due before a fact is decided before it, over all orders, in the order of time. Deliberately absent: reading facts, telling
//! a repeated one, and keeping millions of case files (a [`Shelf`] does that).

use crate::casefile::CaseFile;
use crate::decision::Decision;
use crate::engine::{Plan, Refusal, Signal, decide, next_wake_at};
use crate::fact::{Fact, FactBody, FactId, OrderKey, Waybill};
use crate::instant::Instant;
use crate::rules::Rules;
use crate::words::Courier;
use crate::world::{News, World};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

/// Facts that wait for their order at most, all orders together: what waits stands in memory, about half a kilobyte each.
pub const MOST_WAITING: usize = 200_000;

/// A case file's place: numbers from 0 in the order in which the orders were first put. Small enough for an index of millions, and the
/// same in every replay of the same facts, so that whatever goes through all places does so in one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(pub u32);

/// Where case files are kept. Each is either on the shelf or taken.
pub trait Shelf {
    /// The place of an order's case file, on the shelf or taken; `None` where it was never put.
    fn find(&self, key: &OrderKey) -> Option<Place>;

    /// Takes a case file off the shelf; `None` where it is taken already.
    ///
    /// # Errors
    /// Where it cannot be read back.
    fn take(&mut self, place: Place) -> io::Result<Option<CaseFile>>;

    /// Puts a case file on the shelf, in its old place where it has one.
    ///
    /// # Errors
    /// Where it cannot be kept.
    fn put(&mut self, file: CaseFile) -> io::Result<Place>;
}

/// A shelf in memory.
#[derive(Debug, Default)]
pub struct MemoryShelf {
    places: HashMap<OrderKey, Place>,
    files: Vec<Option<CaseFile>>,
}

impl MemoryShelf {
    /// Every case file that is on the shelf, in the order in which the orders were first put.
    pub fn files(&self) -> impl Iterator<Item = &CaseFile> {
        self.files.iter().flatten()
    }
}

impl Shelf for MemoryShelf {
    fn find(&self, key: &OrderKey) -> Option<Place> {
        self.places.get(key).copied()
    }

    fn take(&mut self, place: Place) -> io::Result<Option<CaseFile>> {
        Ok(self.files.get_mut(place.0 as usize).and_then(Option::take))
    }

    fn put(&mut self, file: CaseFile) -> io::Result<Place> {
        let next = u32::try_from(self.files.len()).map_err(|_| io::Error::other("more orders than a replay can hold"))?;
        let place = *self.places.entry(file.key.clone()).or_insert(Place(next));
        if place.0 == next {
            self.files.push(None);
        }
        self.files[place.0 as usize] = Some(file);
        Ok(place)
    }
}

/// Takes decisions in the order in which they are made.
pub type Sink<'a> = &'a mut dyn FnMut(Decision) -> io::Result<()>;

/// Why a fact was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It names something that is not there, or asks what cannot be. What time brought is decided all the same.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It names a waybill, a task or an operation of no known order.
    #[error("field `data.{field}`: no order is known that has it")]
    NoOrder {
        /// The field that names it.
        field: &'static str,
    },
    /// It names a waybill of no known order yet, and as many facts as may wait for theirs do so already.
    #[error(
        "field `data.waybill`: no order is known that has it, and {limit} facts wait for their orders already; more than that are not kept"
    )]
    TooManyWait {
        /// How many may wait.
        limit: usize,
    },
    /// Decisions cannot be written, or case files not be kept. The replay ends.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is remembered of a case file that is on the shelf.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    wake_at: Option<Instant>,
    awaits: Option<u16>,
}

/// The core under a virtual clock.
#[derive(Debug)]
pub struct Player<'r, S> {
    rules: &'r Rules,
    shelf: S,
    world: World,
    now: Instant,
    entries: Vec<Entry>,
    wakes: BinaryHeap<Reverse<(Instant, Place)>>,
    waybills: HashMap<u64, Place>,
    tags: HashMap<u64, Place>,
    parked: HashMap<u64, Vec<Fact>>,
    /// How many facts that is.
    waiting: usize,
    most_waiting: usize,
    /// Couriers and provinces that unshipped orders wait for, and which orders do.
    awaited: HashMap<(Courier, String), u16>,
    awaiting: Vec<BTreeSet<Place>>,
}

impl<'r, S: Shelf> Player<'r, S> {
    /// Begins with nothing known.
    pub fn new(rules: &'r Rules, shelf: S) -> Self {
        Player {
            rules,
            shelf,
            world: World::default(),
            now: Instant::MIN,
            entries: Vec::new(),
            wakes: BinaryHeap::new(),
            waybills: HashMap::new(),
            tags: HashMap::new(),
            parked: HashMap::new(),
            waiting: 0,
            most_waiting: MOST_WAITING,
            awaited: HashMap::new(),
            awaiting: Vec::new(),
        }
    }

    /// Lets fewer or more facts wait for their orders ([`MOST_WAITING`]).
    #[must_use]
    pub fn with_most_waiting(mut self, most: usize) -> Self {
        self.most_waiting = most;
        self
    }

    /// The shelf, with every case file on it.
    pub fn into_shelf(self) -> S {
        self.shelf
    }

    /// Takes a fact at its own decision time: everything due before it is decided first. Facts come in the order of that time.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn fact(&mut self, fact: &Fact, sink: Sink<'_>) -> Result<(), NotTaken> {
        let now = fact.decided_at().max(self.now);
        self.wake(now, false, sink)?;
        self.now = now;
        match &fact.body {
            FactBody::Coverage(_) | FactBody::Disruption(_) | FactBody::Configuration(_) => {
                let known = self.world.changes().len();
                self.world.note(fact);
                self.spread(known);
                Ok(())
            }
            FactBody::Tracking(f) => match self.waybills.get(&hash(&f.waybill)) {
                Some(place) => self.decide(*place, fact, sink),
                None if self.waiting >= self.most_waiting => Err(NotTaken::TooManyWait { limit: self.most_waiting }),
                None => {
                    self.waiting += 1;
                    self.parked.entry(hash(&f.waybill)).or_default().push(fact.clone());
                    Ok(())
                }
            },
            FactBody::OperationUpdate(f) => {
                let (place, field) = match (&f.operation_id, &f.waybill) {
                    (Some(id), _) => (self.of_id(id), "operation_id"),
                    (None, Some(waybill)) => (self.waybills.get(&hash(waybill)).copied(), "waybill"),
                    (None, None) => (None, "operation_id"),
                };
                self.decide(place.ok_or(NotTaken::NoOrder { field })?, fact, sink)
            }
            FactBody::TaskUpdate(f) => {
                let place = match (&f.task_id, fact.body.order()) {
                    (Some(id), _) => self.of_id(id).ok_or(NotTaken::NoOrder { field: "task_id" })?,
                    (None, Some(key)) => self.shelf.find(&key).ok_or(NotTaken::NoOrder { field: "order_id" })?,
                    (None, None) => return Err(NotTaken::NoOrder { field: "task_id" }),
                };
                self.decide(place, fact, sink)
            }
            _ => match fact.body.order() {
                Some(key) => {
                    let place = match self.shelf.find(&key) {
                        Some(place) => place,
                        None => self.place(key)?,
                    };
                    self.decide(place, fact, sink)
                }
                None => Ok(()),
            },
        }
    }

    /// Lets the clock run on to this instant, inclusive.
    ///
    /// # Errors
    /// Where decisions cannot be written, or case files not be kept.
    pub fn run_on(&mut self, until: Instant, sink: Sink<'_>) -> io::Result<()> {
        self.wake(until, true, sink)?;
        self.now = self.now.max(until);
        Ok(())
    }

    fn place(&mut self, key: OrderKey) -> io::Result<Place> {
        let file = CaseFile::new(key);
        let tag = hash(file.tag.as_str());
        let place = self.shelf.put(file)?;
        self.tags.insert(tag, place);
        self.entries.resize(self.entries.len().max(place.0 as usize + 1), Entry::default());
        Ok(place)
    }

    /// Ids begin with their order's tag.
    fn of_id(&self, id: &str) -> Option<Place> {
        let (tag, _) = id.split_once('-')?;
        self.tags.get(&hash(tag)).copied()
    }

    /// Wakes every case file whose moment has come.
    fn wake(&mut self, limit: Instant, inclusive: bool, sink: Sink<'_>) -> io::Result<()> {
        while let Some(Reverse((at, place))) = self.wakes.peek().copied() {
            if at > limit || (at == limit && !inclusive) {
                break;
            }
            self.wakes.pop();
            if self.entries[place.0 as usize].wake_at != Some(at) {
                continue;
            }
            let Some(file) = self.shelf.take(place)? else { continue };
            let plan = decide(file, self.rules, &self.world, at, Signal::TimePassed);
            self.settle(place, plan, sink)?;
        }
        Ok(())
    }

    fn decide(&mut self, place: Place, fact: &Fact, sink: Sink<'_>) -> Result<(), NotTaken> {
        let Some(file) = self.shelf.take(place)? else { return Err(io::Error::other("a case file is taken twice").into()) };
        let known = file.parcels.len();
        let plan = decide(file, self.rules, &self.world, self.now, Signal::Fact { fact, released_by: None });
        let refused = plan.refused.clone();
        let waybills: Vec<Waybill> = plan.file.parcels.iter().skip(known).map(|p| p.waybill.clone()).collect();
        self.settle(place, plan, sink)?;
        for waybill in waybills {
            let key = hash(&waybill);
            self.waybills.entry(key).or_insert(place);
            for parked in self.parked.remove(&key).unwrap_or_default() {
                self.waiting = self.waiting.saturating_sub(1);
                self.release(place, &parked, &fact.id, sink)?;
            }
        }
        refused.map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    fn release(&mut self, place: Place, parked: &Fact, by: &FactId, sink: Sink<'_>) -> io::Result<()> {
        let Some(file) = self.shelf.take(place)? else { return Ok(()) };
        let plan = decide(file, self.rules, &self.world, self.now, Signal::Fact { fact: parked, released_by: Some(by) });
        self.settle(place, plan, sink)
    }

    fn settle(&mut self, place: Place, plan: Plan, sink: Sink<'_>) -> io::Result<()> {
        for decision in plan.decisions {
            sink(decision)?;
        }
        let wake_at = next_wake_at(&plan.file);
        let awaits = plan.file.awaits_coverage();
        self.shelf.put(plan.file)?;
        self.set_wake(place, wake_at);
        self.set_awaits(place, awaits);
        if !plan.noted.is_empty() {
            let known = self.world.changes().len();
            for change in plan.noted {
                self.world.push(change);
            }
            self.spread(known);
        }
        Ok(())
    }

    fn set_wake(&mut self, place: Place, wake_at: Option<Instant>) {
        let entry = &mut self.entries[place.0 as usize];
        if entry.wake_at != wake_at {
            entry.wake_at = wake_at;
            if let Some(at) = wake_at {
                self.wakes.push(Reverse((at, place)));
            }
        }
    }

    fn set_awaits(&mut self, place: Place, awaits: Option<(Courier, String)>) {
        let old = self.entries[place.0 as usize].awaits;
        let new = awaits.map(|key| {
            let next = u16::try_from(self.awaited.len()).unwrap_or(u16::MAX);
            let id = *self.awaited.entry(key).or_insert(next);
            self.awaiting.resize(self.awaiting.len().max(usize::from(id) + 1), BTreeSet::new());
            id
        });
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.awaiting[usize::from(old)].remove(&place);
        }
        if let Some(new) = new {
            self.awaiting[usize::from(new)].insert(place);
        }
        self.entries[place.0 as usize].awaits = new;
    }

    /// Lets every case file that news of the world can touch look at it, at this instant.
    fn spread(&mut self, known: usize) {
        let mut touched: BTreeSet<Place> = BTreeSet::new();
        for change in &self.world.changes()[known..] {
            match &change.news {
                News::Rules(ruling) if !ruling.moves() => {}
                News::Disruption(_) | News::Rules(_) => {
                    let open = (0_u32..).map(Place).zip(&self.entries).filter(|(_, e)| e.wake_at.is_some());
                    touched.extend(open.map(|(place, _)| place));
                }
                News::Reach(reach) => {
                    if let Some(id) = self.awaited.get(&(reach.courier, reach.province.clone())) {
                        touched.extend(&self.awaiting[usize::from(*id)]);
                    }
                }
            }
        }
        for place in touched {
            if self.entries[place.0 as usize].wake_at.is_none_or(|at| at > self.now) {
                self.set_wake(place, Some(self.now));
            }
        }
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    // Unkeyed, so that it is the same in every run; no place in an answer depends on it.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
