//! An operator's disruptions become facts: what the folder says holds, and what it no longer says is withdrawn.
//!
//! The database remembers what was told before, so a start without a change tells nothing. Deliberately absent: reading the folder (`config`),
//! and disruptions that were told over the API, which are nobody's but their teller's.

use anyhow::Context;
use parcelward_casework::fact::DisruptionFact;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::world::{Change, News};
use parcelward_scheduler::{Desk, Incoming, Receipt};
use parcelward_store::SharedStore;
use serde_json::json;
use std::collections::BTreeMap;

/// The `source` of facts that come from the configuration. Durable: a disruption is known by it again.
pub const SOURCE: &str = "parcelward/config";

/// Tells the desk what changed among the disruptions. How many facts that were.
///
/// # Errors
/// Where the store cannot be read or nothing can be taken; nothing is half told.
pub async fn disruptions(store: &SharedStore, desk: &Desk, wanted: &[DisruptionFact], now: Instant) -> anyhow::Result<usize> {
    let mut tx = store.begin().await.context("reading what was announced before")?;
    let changes = tx.world_from(0).await.context("reading what was announced before");
    tx.rollback().await;
    let facts = news(&changes?, wanted, now)?;
    let count = facts.len();
    for (told, receipt) in facts.iter().zip(desk.submit(facts.clone()).await.context("announcing disruptions")?) {
        let id = &told.fact.id.id;
        match receipt {
            Receipt::Accepted { .. } => tracing::info!(disruption = id, "announced a disruption"),
            Receipt::Duplicate { .. } => tracing::debug!(disruption = id, "another daemon announced it"),
            other => tracing::warn!(disruption = id, answer = ?other, "another daemon announced something else under this name"),
        }
    }
    Ok(count)
}

/// The facts that lead from what is known to what is wanted.
fn news(known: &[Change], wanted: &[DisruptionFact], now: Instant) -> anyhow::Result<Vec<Incoming>> {
    // By name: how often it was told, and what holds.
    let mut told: BTreeMap<&str, (usize, &DisruptionFact)> = BTreeMap::new();
    for change in known.iter().filter(|change| change.cause.source == SOURCE) {
        if let News::Disruption(fact) = &change.news {
            let times = told.get(fact.disruption_id.as_str()).map_or(0, |(times, _)| *times);
            told.insert(&fact.disruption_id, (times + 1, fact));
        }
    }
    let mut facts = Vec::new();
    for fact in wanted {
        match told.get(fact.disruption_id.as_str()) {
            Some((_, holds)) if **holds == *fact => {}
            before => facts.push(incoming(fact, before.map_or(0, |(times, _)| *times) + 1, now)?),
        }
    }
    for (name, (times, holds)) in &told {
        let withdrawn = withdrawn(holds);
        if !wanted.iter().any(|fact| fact.disruption_id == *name) && **holds != withdrawn {
            facts.push(incoming(&withdrawn, times + 1, now)?);
        }
    }
    Ok(facts)
}

/// The same, over as soon as it begins: the contract has no word for a disruption that never was.
fn withdrawn(fact: &DisruptionFact) -> DisruptionFact {
    DisruptionFact { until: fact.from + Length::millis(1), ..fact.clone() }
}

/// The id follows from the name and how often it was told, so that several daemons tell one thing once.
fn incoming(fact: &DisruptionFact, nth: usize, now: Instant) -> anyhow::Result<Incoming> {
    let event = json!({
        "specversion": "1.0",
        "type": "parcelward.disruption",
        "source": SOURCE,
        "id": format!("disruption/{}/{nth}", fact.disruption_id),
        "time": now.to_string(),
        "data": fact,
    });
    let json = event.to_string();
    let fact = parse_fact(&json)
        .map_err(|bad| anyhow::anyhow!("the disruption `{}`: field `{}` {}", fact.disruption_id, bad.field, bad.message))?;
    Ok(Incoming { fact, json })
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::words::DisruptionEffect;
    use parcelward_casework::world::World;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn disruption(name: &str, until: &str) -> DisruptionFact {
        DisruptionFact {
            disruption_id: name.to_owned(),
            from: at("2027-02-05T00:00:00+08:00"),
            until: at(until),
            effect: DisruptionEffect::Suspend,
            couriers: Vec::new(),
            provinces: vec!["新疆".to_owned()],
            cities: Vec::new(),
            sites: Vec::new(),
            platforms: Vec::new(),
            shops: Vec::new(),
            rules: Vec::new(),
            extend_by: None,
            reason: Some("春节".to_owned()),
        }
    }

    /// Tells what is wanted and gives the ids; the world then knows it.
    fn tell(world: &mut World, wanted: &[DisruptionFact]) -> Vec<String> {
        let facts = news(world.changes(), wanted, at("2027-01-20T10:00:00+08:00")).unwrap();
        facts.iter().for_each(|incoming| world.note(&incoming.fact));
        facts.into_iter().map(|incoming| incoming.fact.id.id).collect()
    }

    #[test]
    fn what_the_folder_says_is_told_once_changed_and_withdrawn() {
        let (a, b) = (disruption("a", "2027-02-12T00:00:00+08:00"), disruption("a", "2027-02-14T00:00:00+08:00"));
        let mut world = World::default();
        assert_eq!(tell(&mut world, std::slice::from_ref(&a)), ["disruption/a/1"]);
        assert!(tell(&mut world, std::slice::from_ref(&a)).is_empty(), "known");
        assert_eq!(tell(&mut world, std::slice::from_ref(&b)), ["disruption/a/2"]);
        assert_eq!(tell(&mut world, std::slice::from_ref(&a)), ["disruption/a/3"], "back to what it was before");
        assert_eq!(tell(&mut world, &[]), ["disruption/a/4"]);
        assert!(tell(&mut world, &[]).is_empty(), "withdrawn once");
        let News::Disruption(last) = &world.changes().last().unwrap().news else { panic!("no disruption") };
        assert!(last.until.since(last.from) <= Length::millis(1), "nothing is left of it");
    }

    #[test]
    fn what_others_told_is_left_alone() {
        let mut world = World::default();
        let mut told = incoming(&disruption("flood", "2027-02-12T00:00:00+08:00"), 1, at("2027-01-20T10:00:00+08:00")).unwrap();
        told.fact.id.source = "ops".to_owned();
        world.note(&told.fact);
        assert!(tell(&mut world, &[]).is_empty());
    }
}
