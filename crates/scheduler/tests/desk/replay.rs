//! The live journal equals a replay of the exported facts, order by order, with the real engine.
//!
//! The replay knows nothing of batches, transactions, caches or restarts; those are what must not show.

use crate::dice::Dice;
use crate::life::Life;
use crate::support::*;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::decision::Decision;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::replay::{MemoryShelf, NotTaken, Player};
use parcelward_scheduler::{Casework, Incoming, doctor};
use parcelward_store::doctor::examine;
use parcelward_store::{EntryKind, TaskFilter};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Waits until nothing is due any more.
async fn settle(open: &Open, now: Instant) {
    for _ in 0..2000 {
        if open.store.next_wake_at().await.unwrap().is_none_or(|at| at > now) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("something is due for ever");
}

/// A person does the first open task in one of its ways.
async fn work(open: &Open, life: &mut Life) -> Option<Incoming> {
    let tasks = open.store.tasks(&TaskFilter::default(), None, 50).await.unwrap().rows;
    if tasks.is_empty() {
        return None;
    }
    let task = &tasks[life.dice.roll(tasks.len() as u64) as usize];
    let opened: serde_json::Value = serde_json::from_str(&task.opened).unwrap();
    let outcomes = opened["outcomes"].as_array().expect("a task says how it may be done").clone();
    let outcome = outcomes[life.dice.roll(outcomes.len() as u64) as usize].as_str().unwrap().to_owned();
    let now = life.now;
    let answers = r#""answers":{"amount":"10.00","fee":"1.00","reference":"r"}"#;
    Some(life.event(
        "task_update",
        &format!(r#""task_id":"{}","status":"done","outcome":"{outcome}",{answers},"by":"li""#, task.task_id),
        now,
    ))
}

/// Hands a request in at one desk, and at the next where that one cannot take it: whoever tells facts does so until they are taken.
async fn tell_somebody(desks: &[Open], first: usize, facts: Vec<Incoming>) {
    let (mut at, started) = (first, std::time::Instant::now());
    loop {
        match desks[at % desks.len()].desk.submit(facts.clone()).await {
            Ok(receipts) => return assert_eq!(receipts.len(), facts.len()),
            Err(error) => assert!(started.elapsed().as_secs() < 60, "{error}"),
        }
        at += 1;
    }
}

async fn open_all(office: &Office, desks: usize) -> Vec<Open> {
    futures::future::join_all((0..desks).map(|_| office.open_with(Arc::new(Casework)))).await
}

/// How often desks stood in each other's way.
fn retries_of(open: &[Open]) -> u64 {
    open.iter().map(|one| one.desk.pulse().borrow().retries).sum()
}

async fn live_equals_replay(mut office: Office, seed: u64, desks: usize) {
    office.options.batch_wakes = 5;
    office.options.cached_files = 8;
    let mut open = open_all(&office, desks).await;
    let mut life = Life::begin(Dice(seed), at(0));
    let mut retries = 0;
    for round in 0..60 {
        let minutes = life.dice.pick(&[0, 1, 47, 600, 1500]);
        life.now = life.now + Length::minutes(minutes);
        office.clock.set(life.now);
        let requests: Vec<Vec<Incoming>> =
            (0..desks as u64 + life.dice.roll(3)).map(|_| (0..1 + life.dice.roll(6)).map(|_| life.fact()).collect()).collect();
        let told = requests.into_iter().enumerate().map(|(n, facts)| tell_somebody(&open, n, facts));
        futures::future::join_all(told).await;
        if life.dice.roll(3) == 0 {
            settle(&open[0], life.now).await;
            if let Some(done) = work(&open[0], &mut life).await {
                tell_somebody(&open, round, vec![done]).await;
            }
        }
        if round % 20 == 19 {
            retries += retries_of(&open);
            for one in open {
                one.close().await;
            }
            open = open_all(&office, desks).await;
        }
    }
    life.now = life.now + Length::days(40) + Length::millis(137);
    office.clock.set(life.now);
    settle(&open[0], life.now).await;
    check(&open[0], seed, life.now).await;
    assert!(desks == 1 || retries > 3, "seed {seed}: the desks hardly met: {retries} times");
    for one in open {
        one.close().await;
    }
}

/// The product's own check finds the same: nothing.
async fn examined(open: &Open, seed: u64) {
    let examined = examine(&*open.store, &Casework, false).await.unwrap();
    assert_eq!(examined.findings, [], "seed {seed}");
    assert!(examined.files >= 12, "seed {seed}: {}", examined.files);
    let replayed = doctor::replay(&*open.store, &rules(), MemoryShelf::default()).await.unwrap();
    assert_eq!((replayed.differences.len(), replayed.not_taken.len()), (0, 0), "seed {seed}: {replayed:?}");
    assert!(replayed.decisions > 500 && replayed.facts > 200, "seed {seed}: {replayed:?}");
}

/// Replays the facts of the journal and compares what is decided with what is journalled, and the case files.
pub async fn check(open: &Open, seed: u64, now: Instant) {
    assert!(open.store.aside(10).await.unwrap().is_empty(), "{:?}", open.store.aside(10).await);

    let rules = rules();
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sink = |decision: Decision| {
        let (tag, _) = decision.id.split_once('-').expect("an id begins with its order's tag");
        told.entry(tag.to_owned()).or_default().push(decision.to_json());
        Ok(())
    };
    let mut player = Player::new(&rules, MemoryShelf::default());
    let (mut after, mut taken) = (Some(0), 0);
    while let Some(place) = after {
        let page = open.store.facts_after(place, 100).await.unwrap();
        for row in page.rows {
            let fact = parse_fact(&row.json).unwrap();
            assert_eq!(fact.recorded, Some(row.recorded));
            match player.fact(&fact, &mut sink) {
                Ok(()) => {}
                Err(NotTaken::Refused(refusal)) if refusal.is_journalled() => {}
                Err(error) => panic!("seed {seed}: a journalled fact is not taken in the replay: {error}: {}", row.json),
            }
            taken += 1;
        }
        after = page.next;
    }
    player.run_on(now, &mut sink).unwrap();
    let shelf = player.into_shelf();
    let mut decided = 0;
    for file in shelf.files() {
        let order = &file.key;
        let told = told.remove(&file.tag).unwrap_or_default();
        let rows = open.store.timeline(order, 0, 1000).await.unwrap().rows;
        assert!(rows.len() < 1000);
        let live: Vec<String> = rows.into_iter().filter(|row| row.kind == EntryKind::Decision).map(|row| row.json).collect();
        for (at, (live, told)) in live.iter().zip(&told).enumerate() {
            assert_eq!(live, told, "seed {seed}, order {order}, decision {at}");
        }
        assert_eq!(live.len(), told.len(), "seed {seed}, order {order}");
        // What is stored is what was decided. A fact that is refused leaves its instant behind, news that concern nobody are read late.
        let stored = open.store.case_file(order).await.unwrap().unwrap();
        let mut stored = CaseFile::clone(&stored.file);
        (stored.clock, stored.world_seen) = (file.clock, file.world_seen);
        assert!(stored == *file, "seed {seed}, order {order}: the states differ");
        decided += live.len();
    }
    assert!(told.is_empty(), "seed {seed}: the replay decides for orders that the store has not");
    examined(open, seed).await;
    assert!(taken > 200 && decided > 500, "the test says too little: {taken} facts, {decided} decisions");
}

#[tokio::test]
async fn the_live_journal_equals_a_replay_of_its_facts() {
    for seed in 1..=4 {
        live_equals_replay(Office::on_sqlite(), seed, 1).await;
    }
    live_equals_replay(Office::on_postgres().await, 5, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_journal_of_three_desks_equals_a_replay_of_its_facts() {
    for seed in 6..=7 {
        live_equals_replay(Office::on_postgres().await, seed, 3).await;
    }
}

/// A journal that somebody wrote into is no longer what its facts lead to.
pub async fn a_journal_that_was_tampered_with_is_found_out(office: Office) {
    let open = office.open_with(Arc::new(Casework)).await;
    let mut life = Life::begin(Dice(11), at(0));
    open.desk.submit((0..40).map(|_| life.fact()).collect()).await.unwrap();
    settle(&open, at(0)).await;
    let look = async || doctor::replay(&*open.store, &rules(), MemoryShelf::default()).await.unwrap();
    let sound = look().await;
    assert!(sound.decisions > 10 && sound.differences.is_empty() && sound.not_taken.is_empty(), "{sound:?}");
    let last = "(SELECT max(seq) FROM journal WHERE kind = 'decision')";
    office.execute(format!("UPDATE journal SET json = replace(json, 'parcelward', 'parcelwart') WHERE seq = {last}")).await;
    assert_eq!(look().await.differences.len(), 1);
    // Of another order: a difference is told once an order.
    let others = format!("file_no <> (SELECT file_no FROM journal WHERE seq = {last})");
    let first = format!("(SELECT min(seq) FROM journal WHERE kind = 'fact' AND type = 'parcelward.order' AND {others})");
    office.execute(format!("UPDATE journal SET kind = 'decision' WHERE seq = {first}")).await;
    assert!(look().await.differences.len() >= 2);
}
