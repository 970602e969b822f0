//! A daemon's line to the books, and everything that can go wrong on it: answers late and out of order, a lost connection, a lost answer to a
//! commit, a freeze in which the locks are taken away, a full disk, and a daemon that is never heard of again.

use crate::books::{Books, Draft, Number};
use crate::dice::Dice;
use async_trait::async_trait;
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::world::Change;
use parcelward_store::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How long a server bears a transaction in which nothing happens.
const IDLE: Duration = Duration::from_secs(5);
/// How long a lock is waited for.
const LOCK: Duration = Duration::from_secs(3);

/// What nobody's line escapes for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// The server is away.
    Away,
    /// The disk is full.
    Full,
}

/// The books, the weather on every line, and how often each thing happened.
#[derive(Debug)]
pub struct Place {
    books: Mutex<Books>,
    dice: Mutex<Dice>,
    calm: AtomicBool,
    outage: Mutex<Option<Outage>>,
    next: AtomicU64,
    happened: Mutex<BTreeMap<&'static str, u32>>,
}

impl Place {
    pub fn new(seed: u64) -> Arc<Place> {
        Arc::new(Place {
            books: Mutex::default(),
            dice: Mutex::new(Dice(seed)),
            calm: AtomicBool::new(false),
            outage: Mutex::default(),
            next: AtomicU64::new(1),
            happened: Mutex::default(),
        })
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// Nothing goes wrong from now on.
    pub fn calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    /// Begins or ends an outage.
    pub fn set_outage(&self, outage: Option<Outage>) {
        *self.outage.lock().unwrap() = outage;
    }

    fn is_out(&self, outage: Outage) -> bool {
        *self.outage.lock().unwrap() == Some(outage)
    }

    pub fn happened(&self) -> BTreeMap<&'static str, u32> {
        self.happened.lock().unwrap().clone()
    }

    pub fn note(&self, what: &'static str) {
        *self.happened.lock().unwrap().entry(what).or_default() += 1;
    }

    /// Stands still for so long, or until everything thaws.
    async fn freeze(&self, length: Duration) {
        let started = tokio::time::Instant::now();
        while started.elapsed() < length && !self.calm.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn roll(&self, sides: u64) -> u64 {
        if self.calm.load(Ordering::SeqCst) { u64::MAX } else { self.dice.lock().unwrap().roll(sides) }
    }
}

/// One daemon's line. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Line {
    place: Arc<Place>,
    number: u64,
    dead: Arc<AtomicBool>,
}

impl Line {
    pub fn to(place: &Arc<Place>) -> Line {
        let number = place.next.fetch_add(1, Ordering::SeqCst);
        Line { place: Arc::clone(place), number, dead: Arc::default() }
    }

    /// The daemon is never heard of again; the server ends its sessions.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.place.books().end(|tx| tx >> 32 == self.number);
    }

    async fn or_dead(&self) {
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    /// A question is under way.
    async fn ask(&self) -> Result<(), StoreError> {
        self.or_dead().await;
        if self.place.is_out(Outage::Away) {
            return Err(StoreError::Retry("the server is away".to_owned()));
        }
        match self.place.roll(400) {
            0 => {
                self.place.note("a lost connection");
                return Err(StoreError::Retry("the connection was lost".to_owned()));
            }
            1..=60 => {
                let ms = self.place.roll(40).min(40);
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            _ => tokio::task::yield_now().await,
        }
        self.or_dead().await;
        Ok(())
    }
}

/// A transaction on a line.
struct Tx {
    line: Line,
    number: Number,
    gone: bool,
    draft: Draft,
}

impl Tx {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.line.place.books()
    }

    /// The server ends it.
    fn cut(&mut self) {
        self.gone = true;
        let number = self.number;
        self.books().end(|tx| tx == number);
    }

    async fn ask(&mut self) -> Result<(), StoreError> {
        if self.line.place.roll(500) == 0 {
            self.line.place.note("a freeze past the lease");
            let rest = Duration::from_millis(200 + self.line.place.roll(8_000).min(8_000));
            self.line.place.freeze(IDLE).await;
            self.cut();
            self.line.place.freeze(rest).await;
        }
        if let Err(error) = self.line.ask().await {
            self.cut();
            return Err(error);
        }
        if self.gone {
            return Err(StoreError::Retry("the server ended the transaction".to_owned()));
        }
        Ok(())
    }

    /// Waits for something that another may have.
    async fn wait_for(&mut self, mut is_ours: impl FnMut(&mut Books, Number) -> bool) -> Result<(), StoreError> {
        let started = tokio::time::Instant::now();
        loop {
            self.line.or_dead().await;
            if is_ours(&mut self.books(), self.number) {
                return Ok(());
            }
            if self.draft.batch.is_some() || started.elapsed() > LOCK {
                self.line.place.note("a lock that another has");
                self.cut();
                return Err(StoreError::Retry("another writer has it".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
    }

    /// What was read after the instant must be older than it.
    fn must_be_older(&mut self, batch: i64) -> Result<(), StoreError> {
        match self.draft.batch {
            Some((own, _)) if batch >= own => {
                self.line.place.note("a writer that was faster");
                Err(StoreError::Retry("another writer was faster".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let number = self.number;
        self.books().end(|tx| tx == number);
    }
}

#[async_trait]
impl Transaction for Tx {
    async fn hold_world(&mut self) -> Result<(), StoreError> {
        self.ask().await?;
        self.wait_for(|books, own| books.try_hold_world(own)).await?;
        self.draft.holds_world = true;
        Ok(())
    }

    async fn take_instant(&mut self, now: Instant) -> Result<Instant, StoreError> {
        self.ask().await?;
        if self.draft.batch.is_none() {
            let taken = self.books().take_instant(now);
            self.draft.batch = Some(taken);
        }
        // The answer comes later than the instant.
        self.ask().await?;
        Ok(self.draft.batch.expect("it was taken").1)
    }

    async fn world_from(&mut self, position: u32) -> Result<Vec<Change>, StoreError> {
        self.ask().await?;
        let changes: Vec<Change> = self.books().world.iter().skip(position as usize).cloned().collect();
        self.draft.world_seen = Some(position as usize + changes.len());
        Ok(changes)
    }

    async fn seen(&mut self, ids: &[FactId]) -> Result<Vec<Option<Seen>>, StoreError> {
        self.ask().await?;
        let books = self.books();
        Ok(ids.iter().map(|id| books.seen(id)).collect())
    }

    async fn orders_of_waybills(&mut self, waybills: &[Waybill]) -> Result<Vec<Option<OrderKey>>, StoreError> {
        self.ask().await?;
        let found: Vec<Option<(OrderKey, i64)>> = {
            let books = self.books();
            waybills.iter().map(|waybill| books.owners.get(waybill).cloned()).collect()
        };
        for (_, batch) in found.iter().flatten() {
            self.must_be_older(*batch)?;
        }
        Ok(found.into_iter().map(|found| found.map(|(order, _)| order)).collect())
    }

    async fn orders_of_tags(&mut self, tags: &[String]) -> Result<Vec<Option<OrderKey>>, StoreError> {
        self.ask().await?;
        let books = self.books();
        Ok(tags.iter().map(|tag| books.order_of_tag(tag).map(|row| row.file.key.clone())).collect())
    }

    async fn lock(&mut self, orders: &[(OrderKey, Option<FileStamp>)]) -> Result<Vec<Locked>, StoreError> {
        self.ask().await?;
        let mut sorted: Vec<&OrderKey> = orders.iter().map(|(order, _)| order).collect();
        sorted.sort();
        for order in sorted {
            // What is not there cannot be locked.
            self.wait_for(|books, own| !books.files.contains_key(order) || books.try_lock(order, own)).await?;
        }
        let mut locked = Vec::new();
        for (order, known) in orders {
            let row = self.books().files.get(order).cloned();
            locked.push(match row {
                None => Locked::Absent,
                Some(row) => {
                    self.must_be_older(row.stamp.parts().2)?;
                    match known {
                        Some(known) if known.parts().1 == row.stamp.parts().1 && known.parts().2 == row.stamp.parts().2 => {
                            Locked::Unchanged
                        }
                        _ => Locked::Loaded(StoredFile { file: row.file, stamp: row.stamp, next_wake_at: row.next_wake_at }),
                    }
                }
            });
        }
        Ok(locked)
    }

    async fn due(&mut self, now: Instant, limit: u32) -> Result<Vec<OrderKey>, StoreError> {
        self.ask().await?;
        let own = self.number;
        Ok(self.books().due(now, limit as usize, own))
    }

    async fn parked(&mut self, waybills: &[Waybill]) -> Result<Vec<ParkedFact>, StoreError> {
        self.ask().await?;
        let mut parked: Vec<ParkedFact> = {
            let books = self.books();
            let of = |waybill: &Waybill| books.parked.get(waybill).cloned().unwrap_or_default();
            let all = waybills.iter().flat_map(|waybill| of(waybill).into_iter().map(|seq| (waybill.clone(), seq)));
            all.map(|(waybill, seq)| ParkedFact { waybill, seq, json: books.journal[&seq].1.json.clone() }).collect()
        };
        parked.sort_by_key(|parked| parked.seq);
        for one in &parked {
            self.must_be_older((one.seq >> 20).cast_signed())?;
        }
        Ok(parked)
    }

    async fn rouse_some(&mut self, limit: u32) -> Result<u32, StoreError> {
        self.ask().await?;
        let orders = self.books().to_rouse(limit as usize);
        self.draft.roused = orders;
        Ok(u32::try_from(self.draft.roused.len()).unwrap())
    }

    async fn stay(&mut self) -> Result<(), StoreError> {
        self.ask().await
    }

    async fn save(&mut self, batch: &Batch) -> Result<Vec<FileStamp>, StoreError> {
        self.ask().await?;
        if self.line.place.is_out(Outage::Full) || self.line.place.roll(150) == 0 {
            self.line.place.note("a full disk");
            self.cut();
            return Err(StoreError::Full("no space".to_owned()));
        }
        let mut draft = std::mem::take(&mut self.draft);
        let stamps = self.books().save(&mut draft, batch);
        self.draft = draft;
        self.ask().await?;
        stamps
    }

    async fn clear_lists(&mut self, _: FileStamp, _: &[String]) -> Result<(), StoreError> {
        unreachable!("the desk never does")
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.ask().await?;
        // Who tells news of the world keeps everybody else from committing.
        let started = tokio::time::Instant::now();
        while self.books().is_world_held_by_another(self.number) {
            if started.elapsed() > LOCK {
                self.line.place.note("a lock that another has");
                return Err(StoreError::Retry("another writer tells news".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
            self.ask().await?;
        }
        let draft = std::mem::take(&mut self.draft);
        let done = self.books().commit(draft);
        self.cut();
        if done.is_err() {
            self.line.place.note("a commit that is refused");
            return done;
        }
        if self.line.place.roll(40) == 0 {
            self.line.place.note("a commit whose answer is lost");
            return Err(StoreError::Retry("the connection was lost amid the commit".to_owned()));
        }
        self.line.ask().await
    }

    async fn rollback(mut self: Box<Self>) {
        self.cut();
    }
}

pub fn not_here<T>() -> Result<T, StoreError> {
    Err(StoreError::Defect("lists are not simulated".to_owned()))
}

#[async_trait]
impl Store for Line {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.ask().await?;
        let number = self.number << 32 | self.place.next.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Tx { line: self.clone(), number, gone: false, draft: Draft::default() }))
    }

    async fn renewed_at(&self) -> Result<Option<Instant>, StoreError> {
        // The model is never restored from a copy.
        Ok(None)
    }

    async fn next_wake_at(&self) -> Result<Option<Instant>, StoreError> {
        self.ask().await?;
        Ok(self.place.books().next_wake_at())
    }

    async fn high_water(&self) -> Result<Instant, StoreError> {
        Ok(self.place.books().high_water)
    }

    async fn set_aside(&self, order: &OrderKey, reason: &str, _: Instant) -> Result<(), StoreError> {
        self.ask().await?;
        if let Some(row) = self.place.books().files.get_mut(order) {
            row.set_aside = Some(reason.to_owned());
        }
        Ok(())
    }

    async fn take_back(&self) -> Result<u64, StoreError> {
        self.ask().await?;
        let mut books = self.place.books();
        Ok(books.files.values_mut().filter_map(|row| row.set_aside.take()).count() as u64)
    }

    async fn beat(&self, _: &DaemonRow) -> Result<(), StoreError> {
        self.ask().await
    }

    async fn leave(&self, _: &str) -> Result<(), StoreError> {
        self.ask().await
    }

    async fn incarnation(&self) -> Result<String, StoreError> {
        not_here()
    }
    async fn aside(&self, _: u32) -> Result<Vec<SetAside>, StoreError> {
        not_here()
    }
    async fn schedules(&self) -> Result<Vec<ScheduleRow>, StoreError> {
        not_here()
    }

    async fn adopt_schedules(&self, _: &[(String, String)], _: Instant) -> Result<Vec<ScheduleRow>, StoreError> {
        not_here()
    }

    async fn claim_slots(&self, _: &str, _: &[SlotClaim], _: Instant) -> Result<Vec<Option<Vec<Instant>>>, StoreError> {
        not_here()
    }

    async fn claim_by_hand(&self, _: &str, _: &str, _: Instant) -> Result<bool, StoreError> {
        not_here()
    }

    async fn start_run(&self, _: &str, _: Instant, _: Instant) -> Result<(), StoreError> {
        not_here()
    }

    async fn end_run(&self, _: &str, _: Instant, _: &RunEnd, _: Instant) -> Result<(), StoreError> {
        not_here()
    }

    async fn open_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        not_here()
    }

    async fn runs(&self, _: &str, _: Option<Instant>, _: u32) -> Result<Page<RunRow, Instant>, StoreError> {
        not_here()
    }

    async fn forget_runs(&self, _: Instant) -> Result<u64, StoreError> {
        not_here()
    }
    async fn note_revision(&self, _: &NewRevision<'_>, _: Instant) -> Result<u32, StoreError> {
        not_here()
    }
    async fn revision(&self, _: u32) -> Result<Option<RevisionRow>, StoreError> {
        not_here()
    }
    async fn revision_named(&self, _: &str) -> Result<Option<RevisionRow>, StoreError> {
        not_here()
    }
    async fn revisions(&self, _: u32) -> Result<Vec<RevisionRow>, StoreError> {
        not_here()
    }
    async fn open_files(&self, _: u64, _: u32) -> Result<Page<StoredFile, u64>, StoreError> {
        not_here()
    }
    async fn daemons(&self, _: u32) -> Result<Vec<DaemonRow>, StoreError> {
        not_here()
    }
    async fn renew_incarnation(&self) -> Result<String, StoreError> {
        not_here()
    }
    async fn records(&self, _: u64, _: u32) -> Result<Page<FileRecord, u64>, StoreError> {
        not_here()
    }
    async fn faults(&self) -> Result<Vec<u64>, StoreError> {
        not_here()
    }
    async fn tasks(&self, _: &TaskFilter, _: Option<&Cursor>, _: u32) -> Result<Page<TaskRow>, StoreError> {
        not_here()
    }
    async fn task(&self, _: &str) -> Result<Option<TaskRow>, StoreError> {
        not_here()
    }
    async fn deadlines(&self, _: &DeadlineFilter, _: Option<&Cursor>, _: u32) -> Result<Page<DeadlineRow>, StoreError> {
        not_here()
    }
    async fn case_file(&self, _: &OrderKey) -> Result<Option<StoredFile>, StoreError> {
        not_here()
    }
    async fn case(&self, _: &str) -> Result<Option<CaseView>, StoreError> {
        not_here()
    }
    async fn order_of_waybill(&self, _: &Waybill) -> Result<Option<OrderKey>, StoreError> {
        not_here()
    }
    async fn timeline(&self, _: &OrderKey, _: u64, _: u32) -> Result<Page<JournalRow, u64>, StoreError> {
        not_here()
    }
    async fn facts_after(&self, _: u64, _: u32) -> Result<Page<JournalRow, u64>, StoreError> {
        not_here()
    }
    async fn coverage(&self, _: &CoverageFilter, _: Option<u64>, _: u32) -> Result<Page<CoverageRow, u64>, StoreError> {
        not_here()
    }
    async fn disruptions(&self, _: Option<u64>, _: u32) -> Result<Page<DisruptionRow, u64>, StoreError> {
        not_here()
    }
    async fn board(&self, _: Instant, _: Length) -> Result<Board, StoreError> {
        not_here()
    }
    async fn counts(&self, _: Instant) -> Result<Counts, StoreError> {
        not_here()
    }
    async fn probe(&self, _: Instant) -> Result<(), StoreError> {
        self.ask().await
    }
    async fn close(&self) {}
}
