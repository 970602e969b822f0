//! Whether the journal replays: what is decided anew from its facts alone is what stands in it.
//!
//! A difference is not always a fault: where the rules were changed since, the same facts may well lead elsewhere.

use crate::engine::{Casework, Engine};
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::decision::Decision;
use parcelward_casework::erase::is_erased;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::Instant;
use parcelward_casework::parse::parse_fact;
use parcelward_casework::replay::{NotTaken, Player, Shelf};
use parcelward_casework::rules::Rules;
use parcelward_casework::words::Courier;
use parcelward_store::doctor::Wakes;
use parcelward_store::{EntryKind, MAX_PAGE, Store, StoreError};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

impl Wakes for Casework {
    fn next_wake_at(&self, file: &CaseFile) -> Option<Instant> {
        Engine::next_wake_at(self, file)
    }

    fn awaits_coverage(&self, file: &CaseFile) -> Option<(Courier, String)> {
        Engine::awaits_coverage(self, file)
    }
}

/// An order whose journal differs from the replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The order.
    pub order: OrderKey,
    /// The place of the first decision that differs, from 1.
    pub decision: usize,
    /// What the journal has there; none where it ends before.
    pub live: Option<String>,
}

/// What a replay of the journal came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Facts that were replayed.
    pub facts: u64,
    /// Decisions that they led to.
    pub decisions: u64,
    /// Facts of the journal that the replay would not have taken, by `source` and `id`.
    pub not_taken: Vec<(String, String)>,
    /// Orders whose journal differs.
    pub differences: Vec<Difference>,
    /// Orders that are not compared: their personal data was erased, and what was decided by it is not decided anew.
    pub erased: u64,
}

/// Why a replay did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Case files could not be kept.
    #[error("the replay's case files: {0}")]
    Shelf(#[from] std::io::Error),
}

/// Replays the journal up to an instant that no batch under way has reached, and compares order by order. `shelf` keeps the replay's case
/// files.
///
/// # Errors
/// [`ReplayError`].
pub async fn replay<S: Shelf + Send>(store: &dyn Store, rules: &Rules, shelf: S) -> Result<Replayed, ReplayError> {
    let until = store.high_water().await?;
    let mut replayed = Replayed::default();
    let mut told: HashMap<String, Vec<u64>> = HashMap::new();
    // As many as wait in the database.
    let mut player = Player::new(rules, shelf).with_most_waiting(usize::MAX);
    let mut last = Instant::MIN;
    // They came for orders that are not here any more: that nothing takes them is right.
    let late: HashSet<_> = store.late_facts(MAX_PAGE).await?.into_iter().map(|fact| fact.id).collect();
    let mut after = Some(0);
    'facts: while let Some(place) = after {
        let page = store.facts_after(place, MAX_PAGE).await?;
        for row in page.rows {
            if row.recorded > until {
                break 'facts;
            }
            replayed.facts += 1;
            last = row.recorded;
            let Ok(fact) = parse_fact(&row.json) else {
                replayed.not_taken.push((row.id.source, row.id.id));
                continue;
            };
            let mut sink = |decision: Decision| {
                note(&mut told, &decision);
                Ok(())
            };
            match player.fact(&fact, &mut sink) {
                Ok(()) => {}
                Err(NotTaken::Refused(refusal)) if refusal.is_journalled() => {}
                Err(NotTaken::Io(error)) => return Err(error.into()),
                Err(_) if is_erased(&row.json) || late.contains(&row.id) => {}
                Err(_) => replayed.not_taken.push((row.id.source, row.id.id)),
            }
        }
        after = page.next;
    }
    player.run_on(until.max(last), &mut |decision: Decision| {
        note(&mut told, &decision);
        Ok(())
    })?;
    replayed.decisions = told.values().map(|all| all.len() as u64).sum();
    compare(store, until, told, &mut replayed).await?;
    Ok(replayed)
}

fn note(told: &mut HashMap<String, Vec<u64>>, decision: &Decision) {
    let tag = decision.id.split_once('-').map_or(decision.id.as_str(), |(tag, _)| tag);
    told.entry(tag.to_owned()).or_default().push(hash(&decision.to_json()));
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

async fn compare(store: &dyn Store, until: Instant, mut told: HashMap<String, Vec<u64>>, to: &mut Replayed) -> Result<(), StoreError> {
    let mut after = Some(0);
    while let Some(place) = after {
        let page = store.records(place, 200).await?;
        for record in page.rows {
            let tag = parcelward_casework::decision::order_tag(&record.order);
            let told = told.remove(&tag).unwrap_or_default();
            let late = record.set_aside.is_some() || record.next_wake_at.is_some_and(|at| at <= until);
            match first_difference(store, &record.order, until, &told, late).await? {
                Compared::Same => {}
                Compared::Erased => to.erased += 1,
                Compared::Differs(at, live) => to.differences.push(Difference { order: record.order, decision: at + 1, live }),
            }
        }
        after = page.next;
    }
    Ok(())
}

/// What came of comparing an order.
enum Compared {
    Same,
    Differs(usize, Option<String>),
    Erased,
}

/// The first decision that differs. A journal that ends too early differs only where nothing is still to be decided.
async fn first_difference(store: &dyn Store, order: &OrderKey, until: Instant, told: &[u64], late: bool) -> Result<Compared, StoreError> {
    let (mut at, mut after) = (0, Some(0));
    while let Some(line) = after {
        let page = store.timeline(order, line, MAX_PAGE).await?;
        for row in page.rows.into_iter().filter(|row| row.kind == EntryKind::Decision && row.recorded <= until) {
            if is_erased(&row.json) {
                return Ok(Compared::Erased);
            }
            if told.get(at) != Some(&hash(&row.json)) {
                return Ok(Compared::Differs(at, Some(format!("{} {}", row.type_, row.id.id))));
            }
            at += 1;
        }
        after = page.next;
    }
    Ok(if at < told.len() && !late { Compared::Differs(at, None) } else { Compared::Same })
}
