//! A database in memory, as the desk relies on one that many daemons write to: row locks that are waited for or passed over, instants that are
//! never given twice, and a commit that checks what was read.
//!
//! It keeps the rules of `docs/decisions/0009-many-writers-on-postgresql.md` in the plainest way: everything is checked at the commit, in one
//! stroke. Deliberately absent: lists, SQL, and any fault (`line`).

use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Courier;
use parcelward_casework::world::Change;
use parcelward_store::{Batch, Entry, EntryKind, FileStamp, JournalRow, RouseScope, Seen, StoreError, Waiting};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Places in the journal that a batch has.
const PLACES: u32 = 20;

/// A transaction's number; each daemon's carry its own above.
pub type Number = u64;

/// A case file's row.
#[derive(Debug, Clone)]
pub struct Row {
    pub stamp: FileStamp,
    pub file: Arc<CaseFile>,
    pub next_wake_at: Option<Instant>,
    pub awaits: Option<(Courier, String)>,
    pub set_aside: Option<String>,
}

/// Everything that is stored, and who has what in hand.
#[derive(Debug)]
pub struct Books {
    pub files: BTreeMap<OrderKey, Row>,
    pub journal: BTreeMap<u64, (Option<OrderKey>, JournalRow)>,
    pub inbox: BTreeMap<FactId, (u64, u64)>,
    pub parked: BTreeMap<Waybill, BTreeSet<u64>>,
    pub owners: BTreeMap<Waybill, (OrderKey, i64)>,
    pub world: Vec<Change>,
    pub rouse: Vec<(RouseScope, Instant, Vec<OrderKey>)>,
    pub high_water: Instant,
    pub batch: i64,
    locks: BTreeMap<OrderKey, Number>,
    world_holder: Option<Number>,
}

impl Default for Books {
    fn default() -> Self {
        Books {
            files: BTreeMap::new(),
            journal: BTreeMap::new(),
            inbox: BTreeMap::new(),
            parked: BTreeMap::new(),
            owners: BTreeMap::new(),
            world: Vec::new(),
            rouse: Vec::new(),
            high_water: Instant::from_millis(0),
            batch: 0,
            locks: BTreeMap::new(),
            world_holder: None,
        }
    }
}

/// What a transaction has read and will write.
#[derive(Debug, Default)]
pub struct Draft {
    pub batch: Option<(i64, Instant)>,
    pub world_seen: Option<usize>,
    pub holds_world: bool,
    pub roused: Vec<(Instant, OrderKey)>,
    saved: Option<Saved>,
}

#[derive(Debug)]
struct Saved {
    rows: Vec<(FileStamp, Row)>,
    lines: Vec<(Option<OrderKey>, JournalRow)>,
    ids: Vec<(FactId, u64, u64)>,
    parks: Vec<(Waybill, u64)>,
    released: Vec<(u64, Waybill, OrderKey, u64)>,
    owners: Vec<(Waybill, OrderKey)>,
    world: Vec<Change>,
    world_position: usize,
    rouse: Vec<(RouseScope, Instant)>,
}

fn retry<T>(why: &str) -> Result<T, StoreError> {
    Err(StoreError::Retry(why.to_owned()))
}

impl Books {
    /// Takes a case file's lock, unless somebody else has it.
    pub fn try_lock(&mut self, order: &OrderKey, by: Number) -> bool {
        *self.locks.entry(order.clone()).or_insert(by) == by
    }

    pub fn try_hold_world(&mut self, by: Number) -> bool {
        *self.world_holder.get_or_insert(by) == by
    }

    pub fn is_world_held_by_another(&self, than: Number) -> bool {
        self.world_holder.is_some_and(|holder| holder != than)
    }

    /// What a transaction has in hand is free again.
    pub fn end(&mut self, is_over: impl Fn(Number) -> bool) {
        self.locks.retain(|_, holder| !is_over(*holder));
        self.world_holder = self.world_holder.filter(|holder| !is_over(*holder));
    }

    pub fn take_instant(&mut self, now: Instant) -> (i64, Instant) {
        self.high_water = Instant::from_millis((self.high_water.millis() + 1).max(now.millis()));
        self.batch += 1;
        (self.batch, self.high_water)
    }

    pub fn next_wake_at(&self) -> Option<Instant> {
        if !self.rouse.is_empty() {
            return Some(Instant::MIN);
        }
        self.files.values().filter(|row| row.set_aside.is_none()).filter_map(|row| row.next_wake_at).min()
    }

    /// Case files that are due and that nobody has in hand; locked then.
    pub fn due(&mut self, now: Instant, limit: usize, by: Number) -> Vec<OrderKey> {
        let until = now.max(Instant::from_millis(self.high_water.millis() + 1));
        let due = self.files.iter().filter(|(order, row)| row.set_aside.is_none() && self.locks.get(*order).is_none_or(|l| *l == by));
        let mut due: Vec<(Instant, i64, OrderKey)> = due
            .filter_map(|(order, row)| Some((row.next_wake_at.filter(|at| *at <= until)?, row.stamp.parts().0, order.clone())))
            .collect();
        due.sort();
        due.truncate(limit);
        let due: Vec<OrderKey> = due.into_iter().map(|(_, _, order)| order).collect();
        due.iter().for_each(|order| assert!(self.try_lock(order, by)));
        due
    }

    pub fn seen(&self, id: &FactId) -> Option<Seen> {
        let (fingerprint, seq) = *self.inbox.get(id)?;
        let order = self.journal[&seq].0.clone();
        let parked = self.parked.values().any(|seqs| seqs.contains(&seq));
        Some(Seen { fingerprint, order, parked })
    }

    pub fn order_of_tag(&self, tag: &str) -> Option<&Row> {
        self.files.values().find(|row| row.file.tag == tag)
    }

    /// The first case files that news is on its way to.
    pub fn to_rouse(&self, limit: usize) -> Vec<(Instant, OrderKey)> {
        let all = self.rouse.iter().flat_map(|(_, at, orders)| orders.iter().map(|order| (*at, order.clone())));
        all.take(limit).collect()
    }

    /// Notes what a batch is going to write. Gives the new stamps of its files.
    pub fn save(&mut self, draft: &mut Draft, batch: &Batch) -> Result<Vec<FileStamp>, StoreError> {
        let number = match draft.batch {
            Some((number, _)) => number,
            None => draft.batch.insert(self.take_instant(Instant::from_millis(0))).0,
        };
        let mut counts: BTreeMap<&OrderKey, i64> = batch.files.iter().map(|f| (&f.after.key, f.stamp.parts().3)).collect();
        let mut saved = Saved {
            rows: Vec::new(),
            lines: Vec::new(),
            ids: Vec::new(),
            parks: Vec::new(),
            released: Vec::new(),
            owners: batch.owners.clone(),
            world: batch.world.iter().map(|news| news.change.clone()).collect(),
            world_position: batch.world_position as usize,
            rouse: batch.rouse.clone(),
        };
        let mut at = Vec::new();
        for entry in &batch.entries {
            let seq = (number.unsigned_abs() << PLACES) + saved.lines.len() as u64 + 1;
            let mut line = |order: &OrderKey| {
                let count = counts.get_mut(order).expect("a line's case file is in its batch");
                *count += 1;
                count.unsigned_abs()
            };
            at.push(saved.lines.len());
            match entry {
                Entry::Fact(f) => {
                    let (fact, id) = (&f.fact, f.fact.id.clone());
                    let row = JournalRow {
                        seq,
                        line: f.order.as_ref().map_or(0, &mut line),
                        kind: EntryKind::Fact,
                        type_: format!("parcelward.{}", fact.body.fact_type()),
                        id: id.clone(),
                        time: fact.time,
                        recorded: fact.recorded.expect("a fact is journalled with its instant"),
                        config: None,
                        json: f.json.clone(),
                    };
                    saved.lines.push((f.order.clone(), row));
                    saved.ids.push((id, fact.fingerprint, seq));
                    saved.parks.extend(f.parked.clone().map(|waybill| (waybill, seq)));
                }
                Entry::Decision(d) => {
                    let row = JournalRow {
                        seq,
                        line: line(&d.order),
                        kind: EntryKind::Decision,
                        type_: format!("parcelward.{}", d.decision.body.decision_type()),
                        id: FactId { source: "parcelward".to_owned(), id: d.decision.id.clone() },
                        time: d.decision.time,
                        recorded: d.recorded,
                        config: None,
                        json: d.decision.to_json(),
                    };
                    saved.lines.push((Some(d.order.clone()), row));
                }
                Entry::Released { fact: Waiting::Stored { seq, waybill }, order } => {
                    saved.released.push((*seq, waybill.clone(), order.clone(), line(order)));
                }
                Entry::Released { fact: Waiting::Here(which), order } => {
                    let waited = &mut saved.lines[at[*which]];
                    waited.1.line = line(order);
                    waited.0 = Some(order.clone());
                }
            }
        }
        let mut stamps = Vec::new();
        let mut next_no = self.files.len() as i64;
        for change in &batch.files {
            let (no, version, ..) = change.stamp.parts();
            next_no += i64::from(no == 0);
            let stamp = FileStamp::of(if no == 0 { number << 20 | next_no } else { no }, version + 1, number, counts[&change.after.key]);
            let row = Row {
                stamp,
                file: Arc::clone(&change.after),
                next_wake_at: change.next_wake_at,
                awaits: change.awaits_coverage.clone(),
                set_aside: None,
            };
            saved.rows.push((change.stamp, row));
            stamps.push(stamp);
        }
        draft.saved = Some(saved);
        Ok(stamps)
    }

    /// Checks what was read, and writes it all.
    pub fn commit(&mut self, draft: Draft) -> Result<(), StoreError> {
        if let Some(saved) = draft.saved {
            let number = draft.batch.map_or(0, |(number, _)| number);
            self.check(&saved, number, draft.world_seen, draft.holds_world)?;
            self.write(saved, number);
        }
        for (at, order) in draft.roused {
            self.carry_on(at, &order);
        }
        Ok(())
    }

    fn check(&self, saved: &Saved, number: i64, world_seen: Option<usize>, holds_world: bool) -> Result<(), StoreError> {
        for (before, row) in &saved.rows {
            let stored = self.files.get(&row.file.key).map(|row| row.stamp);
            let is_same = match stored {
                Some(stored) => stored == *before,
                None => before.parts().0 == 0,
            };
            if !is_same {
                return retry("another writer changed a case file");
            }
        }
        if saved.ids.iter().any(|(id, ..)| self.inbox.contains_key(id)) {
            return retry("a fact was told to another writer");
        }
        if saved.parks.iter().any(|(waybill, _)| self.owners.contains_key(waybill)) {
            return retry("another writer registered the waybill");
        }
        for (waybill, _) in &saved.owners {
            let waits = self.parked.get(waybill).cloned().unwrap_or_default();
            let given: BTreeSet<u64> = saved.released.iter().filter(|(_, w, ..)| w == waybill).map(|(seq, ..)| *seq).collect();
            if self.owners.contains_key(waybill) || waits != given {
                return retry("another writer had news of the waybill");
            }
        }
        let known = if saved.world.is_empty() { world_seen.unwrap_or(self.world.len()) } else { saved.world_position };
        if known != self.world.len() || !saved.world.is_empty() && !holds_world && self.batch != number {
            return retry("another writer told news of the world");
        }
        Ok(())
    }

    fn write(&mut self, saved: Saved, number: i64) {
        for (_, row) in saved.rows {
            self.files.insert(row.file.key.clone(), row);
        }
        for (order, line) in saved.lines {
            assert!(self.journal.insert(line.seq, (order, line)).is_none(), "a place in the journal is given twice");
        }
        self.inbox.extend(saved.ids.into_iter().map(|(id, fingerprint, seq)| (id, (fingerprint, seq))));
        for (waybill, seq) in saved.parks {
            self.parked.entry(waybill).or_default().insert(seq);
        }
        for (seq, waybill, order, line) in saved.released {
            assert!(self.parked.get_mut(&waybill).is_some_and(|seqs| seqs.remove(&seq)), "what is released waited");
            let row = self.journal.get_mut(&seq).expect("what waited is in the journal");
            row.0 = Some(order);
            row.1.line = line;
        }
        for (waybill, order) in saved.owners {
            self.owners.entry(waybill).or_insert((order, number));
        }
        self.world.extend(saved.world);
        let all: Vec<OrderKey> = self.files.keys().cloned().collect();
        self.rouse.extend(saved.rouse.into_iter().map(|(scope, at)| (scope, at, all.clone())));
    }

    fn carry_on(&mut self, at: Instant, order: &OrderKey) {
        for (scope, from, orders) in &mut self.rouse {
            let Some(place) = orders.iter().position(|one| *from == at && one == order) else { continue };
            orders.swap_remove(place);
            let Some(row) = self.files.get_mut(order) else { continue };
            let is_meant = match &*scope {
                RouseScope::EveryOpen => row.file.is_open(),
                RouseScope::Awaiting(courier, province) => row.awaits.as_ref().is_some_and(|(c, p)| c == courier && p == province),
            };
            if is_meant && row.next_wake_at.is_none_or(|next| next > at) {
                row.next_wake_at = Some(at);
            }
        }
        self.rouse.retain(|(_, _, orders)| !orders.is_empty());
    }
}
