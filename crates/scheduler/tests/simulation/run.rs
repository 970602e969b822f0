//! One seed: three daemons, their clocks, what is told to them, and what must hold in the end.

use crate::dice::Dice;
use crate::life::Life;
use crate::line::{Line, Outage, Place};
use parcelward_casework::casefile::Task;
use parcelward_casework::decision::Decision;
use parcelward_casework::fact::FactId;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::replay::{MemoryShelf, NotTaken, Player};
use parcelward_casework::rules::Rules;
use parcelward_scheduler::{Clock, Desk, DeskOptions, Incoming, Receipt};
use parcelward_store::EntryKind;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What has to happen now and then, else the simulation says too little.
pub const EVERYTHING: [&str; 10] = [
    "a server that is away",
    "a disk that stays full",
    "a lost connection",
    "a freeze past the lease",
    "a lock that another has",
    "a full disk",
    "a commit that is refused",
    "a commit whose answer is lost",
    "a daemon that is killed",
    "a clock that is set",
];

/// Nothing may be pending longer than this after the last fault.
const PENDING: Duration = Duration::from_secs(5);

/// What a seed came to.
pub struct Came {
    pub happened: BTreeMap<&'static str, u32>,
    pub facts: u64,
    pub decisions: u64,
    /// How long something was pending after the last fault.
    pub longest: Duration,
    /// Stands for the whole journal.
    pub digest: u64,
}

/// The true time, which runs with the virtual one and is moved on by hand.
#[derive(Debug)]
struct Sun {
    begun: tokio::time::Instant,
    noon: AtomicI64,
}

impl Sun {
    fn now(&self) -> Instant {
        Instant::from_millis(self.noon.load(Ordering::SeqCst) + i64::try_from(self.begun.elapsed().as_millis()).unwrap())
    }

    fn forward(&self, by: Length) {
        self.noon.fetch_add(by.as_millis(), Ordering::SeqCst);
    }
}

/// A daemon's clock: wrong by so many milliseconds.
#[derive(Debug)]
struct Watch(Arc<Sun>, AtomicI64);

impl Clock for Watch {
    fn now(&self) -> Instant {
        self.0.now() + Length::millis(self.1.load(Ordering::SeqCst))
    }
}

struct Daemon {
    desk: Desk,
    line: Line,
    clock: Arc<Watch>,
}

impl Daemon {
    async fn start(place: &Arc<Place>, sun: &Arc<Sun>, rules: &Arc<Rules>, chance: u64) -> Daemon {
        loop {
            let (line, clock) = (Line::to(place), Arc::new(Watch(Arc::clone(sun), AtomicI64::new(0))));
            let options = DeskOptions { batch_wakes: 5, cached_files: 8, name: "simulated".to_owned(), chance, ..DeskOptions::default() };
            match Desk::start(Arc::new(line.clone()), Arc::clone(rules), Arc::<Watch>::clone(&clock), options).await {
                Ok(desk) => return Daemon { desk, line, clock },
                // As a service manager does.
                Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        }
    }
}

/// The desks that can be asked at present.
type Desks = Arc<Mutex<Vec<Desk>>>;
type Kept = Arc<Mutex<BTreeSet<FactId>>>;

/// Hands a request in, at the next daemon where one does not answer or cannot take it; now and then gives up. Notes what was acknowledged.
async fn tell(desks: Desks, first: usize, facts: Vec<Incoming>, gives_up: bool, kept: Kept) {
    for at in first..first + if gives_up { 1 } else { 200 } {
        let desk = desks.lock().unwrap()[at % 3].clone();
        if let Ok(Ok(receipts)) = tokio::time::timeout(Duration::from_secs(20), desk.submit(facts.clone())).await {
            assert_eq!(receipts.len(), facts.len());
            let taken = facts.iter().zip(&receipts).filter(|(_, receipt)| receipt.is_kept());
            kept.lock().unwrap().extend(taken.map(|(fact, _)| fact.fact.id.clone()));
            assert!(!receipts.contains(&Receipt::Conflict), "nothing was said in other words");
            return;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(gives_up, "a request is not taken by anybody");
}

/// Runs one seed.
pub fn simulate(seed: u64, rules: &Arc<Rules>) -> Came {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let came = runtime.block_on(live(seed, rules));
    runtime.shutdown_background();
    came
}

async fn live(seed: u64, rules: &Arc<Rules>) -> Came {
    let mut dice = Dice(seed);
    let place = Place::new(dice.roll(u64::MAX));
    let sun = Arc::new(Sun { begun: tokio::time::Instant::now(), noon: AtomicI64::new(1_773_000_000_000) });
    let mut life = Life::begin(Dice(dice.roll(u64::MAX)), sun.now());
    let mut daemons = Vec::new();
    for _ in 0..3 {
        daemons.push(Daemon::start(&place, &sun, rules, dice.roll(u64::MAX)).await);
    }
    let desks: Desks = Arc::new(Mutex::new(daemons.iter().map(|daemon| daemon.desk.clone()).collect()));
    let (kept, mut telling, mut gone) = (Kept::default(), Vec::new(), Vec::new());
    let mut ahead = Length::ZERO;
    for _ in 0..16 {
        nothing_is_ahead(&place, seed, sun.now() + ahead);
        sun.forward(Length::minutes(dice.pick(&[0, 0, 1, 47, 600, 1_500])));
        life.now = sun.now();
        if dice.roll(4) == 0 {
            let hours = dice.pick(&[-1, 0, 1]);
            daemons[dice.roll(3) as usize].clock.1.store(Length::hours(hours).as_millis(), Ordering::SeqCst);
            ahead = ahead.max(Length::hours(hours));
            place.note("a clock that is set");
        }
        if dice.roll(8) == 0 {
            let who = dice.roll(3) as usize;
            daemons[who].line.kill();
            place.note("a daemon that is killed");
            let chance = dice.roll(u64::MAX);
            let dead = std::mem::replace(&mut daemons[who], Daemon::start(&place, &sun, rules, chance).await);
            desks.lock().unwrap()[who] = daemons[who].desk.clone();
            gone.push(dead);
        }
        for _ in 0..2 + dice.roll(3) {
            let mut facts: Vec<Incoming> = (0..1 + dice.roll(4)).map(|_| life.fact()).collect();
            let tasks = open_tasks(&place);
            facts.extend(if dice.roll(2) == 0 { life.work(&tasks) } else { None });
            let first = dice.roll(3) as usize;
            telling.push(tokio::spawn(tell(Arc::clone(&desks), first, facts, dice.roll(12) == 0, Arc::clone(&kept))));
        }
        tokio::time::sleep(Duration::from_millis(dice.pick(&[0, 5, 80, 900, 7_000]))).await;
        if dice.roll(12) == 0 {
            outage(&place, &mut dice, 20).await;
        }
        if dice.roll(3) == 0 {
            for told in telling.drain(..) {
                told.await.unwrap();
            }
        }
    }
    for told in telling {
        told.await.unwrap();
    }
    nothing_is_ahead(&place, seed, sun.now() + ahead);
    // Much falls due while nothing works. Then the faults end, and nothing is pending soon after.
    sun.forward(Length::hours(dice.pick(&[1, 20, 60])));
    outage(&place, &mut dice, 70).await;
    place.calm();
    daemons.iter().for_each(|daemon| daemon.clock.1.store(0, Ordering::SeqCst));
    let since = sun.now();
    // A batch of facts ends every pause: half of the time there is none until all is done that was due.
    let mut woken = Duration::ZERO;
    if dice.roll(2) == 0 {
        woken = settled(&place, seed, since).await;
    }
    let begun_telling = tokio::time::Instant::now();
    let settling = settled(&place, seed, since);
    let telling = daemons.iter().enumerate().map(|(at, daemon)| (daemon.desk.clone(), at)).map(|(desk, at)| {
        let fact = life.fact();
        let alone = Arc::new(Mutex::new(vec![desk.clone(), desk.clone(), desk]));
        tell(alone, at, vec![fact], false, Arc::clone(&kept))
    });
    let telling: Vec<_> = telling.collect();
    let told = async {
        futures::future::join_all(telling).await;
        begun_telling.elapsed()
    };
    let (settled_then, told) = futures::join!(settling, told);
    let longest = woken.max(settled_then).max(told);
    assert!(longest <= PENDING, "seed {seed}: something was pending for {longest:?} after the last fault");
    sun.forward(Length::days(40) + Length::millis(137));
    settled(&place, seed, sun.now()).await;
    let until = sun.now();
    for daemon in &daemons {
        daemon.desk.stop().await;
    }
    let (facts, decisions, digest) = check(&place, seed, until, rules, &kept.lock().unwrap());
    Came { happened: place.happened(), facts, decisions, longest, digest }
}

fn open_tasks(place: &Place) -> Vec<Task> {
    let books = place.books();
    books.files.values().flat_map(|row| row.file.tasks.iter().filter(|task| task.is_open()).cloned()).collect()
}

/// Nothing works for a while, of at most so many seconds.
async fn outage(place: &Place, dice: &mut Dice, seconds: u64) {
    let (what, note) = dice.pick(&[(Outage::Away, "a server that is away"), (Outage::Full, "a disk that stays full")]);
    place.set_outage(Some(what));
    place.note(note);
    tokio::time::sleep(Duration::from_millis(dice.roll(seconds * 1_000))).await;
    place.set_outage(None);
}

/// Waits until nothing is due that was due at an instant. Says how long it took.
async fn settled(place: &Place, seed: u64, since: Instant) -> Duration {
    let started = tokio::time::Instant::now();
    loop {
        if place.books().next_wake_at().is_none_or(|at| at > since) {
            return started.elapsed();
        }
        assert!(started.elapsed() < Duration::from_secs(600), "seed {seed}: something is due for ever");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// No instant of the journal lies later than any daemon's clock has been yet: what is decided at such an instant is decided before its time.
fn nothing_is_ahead(place: &Place, seed: u64, latest: Instant) {
    let newest = place.books().journal.values().map(|(_, row)| row.recorded).max();
    // Instants that follow upon each other are a millisecond apart.
    let latest = latest + Length::millis(1_000);
    assert!(newest.is_none_or(|at| at <= latest), "seed {seed}: {newest:?} was recorded when no clock was past {latest:?}");
}

/// What must hold in the end.
fn check(place: &Place, seed: u64, until: Instant, rules: &Rules, kept: &BTreeSet<FactId>) -> (u64, u64, u64) {
    let books = place.books();
    assert!(books.files.values().all(|row| row.set_aside.is_none()), "seed {seed}: a case file was set aside");
    let facts: Vec<_> = books.journal.values().map(|(_, row)| row).filter(|row| row.kind == EntryKind::Fact).collect();
    let there: BTreeSet<&FactId> = facts.iter().map(|row| &row.id).collect();
    assert_eq!(there.len(), facts.len(), "seed {seed}: a fact is journalled twice");
    let lost: Vec<_> = kept.iter().filter(|id| !there.contains(id)).collect();
    assert!(lost.is_empty(), "seed {seed}: acknowledged and lost: {lost:?}");
    let decided: Vec<_> = books.journal.values().map(|(_, row)| row).filter(|row| row.kind == EntryKind::Decision).collect();
    let ids: BTreeSet<&FactId> = decided.iter().map(|row| &row.id).collect();
    assert_eq!(ids.len(), decided.len(), "seed {seed}: a decision was made twice");
    for row in &decided {
        assert!(row.recorded >= row.time, "seed {seed}: decided before its time: {}", row.json);
    }
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sink = |decision: Decision| {
        let (tag, _) = decision.id.split_once('-').expect("an id begins with its order's tag");
        told.entry(tag.to_owned()).or_default().push(decision.to_json());
        Ok(())
    };
    let mut player = Player::new(rules, MemoryShelf::default());
    for row in &facts {
        match player.fact(&parse_fact(&row.json).unwrap(), &mut sink) {
            Ok(()) => {}
            Err(NotTaken::Refused(refusal)) if refusal.is_journalled() => {}
            Err(error) => panic!("seed {seed}: a journalled fact is not taken in the replay: {error}: {}", row.json),
        }
    }
    player.run_on(until, &mut sink).unwrap();
    for (order, row) in &books.files {
        let live = books.journal.values().filter(|(of, row)| of.as_ref() == Some(order) && row.kind == EntryKind::Decision);
        let live: Vec<&str> = live.map(|(_, row)| row.json.as_str()).collect();
        let told = told.remove(&row.file.tag).unwrap_or_default();
        for (at, (live, told)) in live.iter().zip(&told).enumerate() {
            assert_eq!(live, told, "seed {seed}, order {order}, decision {at}");
        }
        assert_eq!(live.len(), told.len(), "seed {seed}, order {order}");
    }
    assert!(told.is_empty(), "seed {seed}: the replay decides for orders that the store has not");
    assert!(facts.len() > 30 && decided.len() > 60, "seed {seed} says too little: {} facts, {} decisions", facts.len(), decided.len());
    let mut digest = DefaultHasher::new();
    books.journal.values().for_each(|(_, row)| (row.seq, row.recorded, &row.json).hash(&mut digest));
    (facts.len() as u64, decided.len() as u64, digest.finish())
}
