//! The same facts give the same decisions: twice, beside other orders, from a stored case file, and however late the daemon wakes.

mod common;

use common::history::{self, History};
use common::life::{Life, Seen};
use common::{RULES, Verdict, broken, cases};
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::decision::{Decision, DecisionBody};
use parcelward_casework::fact::Fact;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::replay::{MemoryShelf, NotTaken, Player};
use parcelward_casework::{Signal, decide, next_wake_at};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::collections::BTreeSet;

const AFTER: Length = Length::days(20);

fn lines(decisions: &[Decision]) -> Vec<String> {
    decisions.iter().map(Decision::to_json).collect()
}

/// Every line that a replay of these facts writes, and what it leaves on its shelf.
fn replay(facts: &[&Fact], until: Instant) -> Result<(Vec<Decision>, MemoryShelf), TestCaseError> {
    let mut out = Vec::new();
    let mut player = Player::new(&RULES, MemoryShelf::default());
    let mut sink = |d: Decision| {
        out.push(d);
        Ok(())
    };
    for fact in facts {
        match player.fact(fact, &mut sink) {
            Ok(()) | Err(NotTaken::Refused(_) | NotTaken::NoOrder { .. } | NotTaken::TooManyWait { .. }) => {}
            Err(NotTaken::Io(error)) => return Err(TestCaseError::fail(error.to_string())),
        }
    }
    player.run_on(until, &mut sink).map_err(|e| TestCaseError::fail(e.to_string()))?;
    let shelf = player.into_shelf();
    Ok((out, shelf))
}

fn is_clean(decisions: &[Decision]) -> Verdict {
    let ids: BTreeSet<&str> = decisions.iter().map(|d| d.id.as_str()).collect();
    if ids.len() != decisions.len() {
        return broken("an id stands twice");
    }
    match decisions.windows(2).find(|pair| pair[1].time < pair[0].time) {
        Some(pair) => broken(format!("{} stands after {}", common::json::brief(&pair[1]), common::json::brief(&pair[0]))),
        None => Ok(()),
    }
}

fn same(what: &str, a: &[String], b: &[String]) -> Verdict {
    let differ = (0..a.len().max(b.len())).find(|i| a.get(*i) != b.get(*i));
    match differ {
        None => Ok(()),
        Some(i) => broken(format!("{what}: decision {i} differs\n  {:?}\n  {:?}", a.get(i), b.get(i))),
    }
}

/// A stored case file decides as the one in memory does.
fn survives_storage(seen: &Seen<'_>) -> Verdict {
    let stored = serde_json::to_string(seen.before).map_err(|e| TestCaseError::fail(e.to_string()))?;
    let read: CaseFile = serde_json::from_str(&stored).map_err(|e| TestCaseError::fail(format!("{e}: {stored}")))?;
    if &read != seen.before {
        return broken(format!("a case file changes in storage at {}", seen.now));
    }
    let plan = decide(read, &RULES, seen.world, seen.now, seen.signal);
    if plan.file != seen.plan.file || plan.refused != seen.plan.refused || plan.noted != seen.plan.noted {
        return broken(format!("a stored case file goes on otherwise at {}", seen.now));
    }
    same("from storage", &lines(&seen.plan.decisions), &lines(&plan.decisions))
}

/// A case file's own next moment is never past, and nothing comes of looking before it.
fn knows_its_next_moment(seen: &Seen<'_>) -> Verdict {
    let file = &seen.plan.file;
    let newest = seen.plan.decisions.iter().map(|d| d.time).max();
    if newest.is_some_and(|at| at > file.clock) {
        return broken(format!("a decision lies after the clock {}", file.clock));
    }
    let Some(wake_at) = next_wake_at(file) else { return Ok(()) };
    if wake_at < file.clock {
        return broken(format!("next moment {wake_at} before the clock {}", file.clock));
    }
    let early = wake_at - Length::millis(1);
    if early >= file.clock && file.world_seen == seen.world.position() && seen.plan.noted.is_empty() {
        let plan = decide(file.clone(), &RULES, seen.world, early, Signal::TimePassed);
        if !plan.decisions.is_empty() || &plan.file != file {
            return broken(format!("looking at {early}, before {wake_at}, decides {:?}", lines(&plan.decisions)));
        }
    }
    Ok(())
}

/// Deciding now and then is deciding then: a daemon that slept makes the decisions of one that did not.
fn sleeps_without_harm(seen: &Seen<'_>, hours: i64) -> Verdict {
    let (file, world) = (&seen.plan.file, seen.world);
    if !seen.plan.noted.is_empty() {
        return Ok(());
    }
    let (first, second) = (seen.now + Length::hours(hours), seen.now + Length::hours(3 * hours + 1));
    let one = decide(file.clone(), &RULES, world, first, Signal::TimePassed);
    if !one.noted.is_empty() {
        return Ok(());
    }
    let two = decide(one.file, &RULES, world, second, Signal::TimePassed);
    let at_once = decide(file.clone(), &RULES, world, second, Signal::TimePassed);
    let both: Vec<Decision> = one.decisions.into_iter().chain(two.decisions).collect();
    same("woken twice and once", &lines(&both), &lines(&at_once.decisions))?;
    if two.file == at_once.file { Ok(()) } else { broken(format!("woken twice and once: the case files differ at {second}")) }
}

fn learns_of_couriers(life: &Life) -> bool {
    life.decisions.iter().any(|d| matches!(d.body, DecisionBody::CoverageNoted(_)))
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_replay_equals_the_life_and_another_replay_byte_for_byte(history in history::in_the_world()) {
        let life = Life::of(&history, "P1", AFTER);
        let facts: Vec<&Fact> = life.facts.iter().collect();
        let told = |e| life.with_story(e);
        let (first, shelf) = replay(&facts, life.now)?;
        let (second, _) = replay(&facts, life.now)?;
        same("replayed twice", &lines(&first), &lines(&second)).map_err(told)?;
        same("lived and replayed", &lines(&life.decisions), &lines(&first)).map_err(told)?;
        is_clean(&first).map_err(told)?;
        if let Some(file) = shelf.files().next() {
            prop_assert_eq!(next_wake_at(file), next_wake_at(&life.file));
        }
    }

    #[test]
    fn orders_beside_each_other_decide_as_they_do_alone(histories in prop::collection::vec(history::alone(), 2..4)) {
        let lives: Vec<Life> = histories.iter().zip(["P1", "P2", "P3"]).map(|(h, id)| Life::of(h, id, AFTER)).collect();
        // What one order learns of a courier's reach is news to the others.
        if lives.iter().any(learns_of_couriers) {
            return Ok(());
        }
        let mut facts: Vec<&Fact> = lives.iter().flat_map(|l| &l.facts).collect();
        facts.sort_by_key(|f| f.decided_at());
        let until = lives.iter().map(|l| l.now).max().unwrap_or(Instant::MIN);
        let (together, _) = replay(&facts, until)?;
        is_clean(&together)?;
        for life in &lives {
            let (alone, _) = replay(&life.facts.iter().collect::<Vec<_>>(), until)?;
            let of_it: Vec<Decision> = together.iter().filter(|d| d.id.starts_with(&life.file.tag)).cloned().collect();
            same("beside others", &lines(&alone), &lines(&of_it)).map_err(|e| life.with_story(e))?;
        }
    }

    #[test]
    fn a_case_file_survives_storage_at_every_step(history in history::in_the_world()) {
        Life::watched(&history, "P1", AFTER, &mut survives_storage)?;
    }

    #[test]
    fn nothing_is_decided_before_the_next_moment(history in history::in_the_world()) {
        Life::watched(&history, "P1", AFTER, &mut knows_its_next_moment)?;
    }

    #[test]
    fn waking_late_decides_the_same(history in history::in_the_world(), hours in 1_i64..200) {
        Life::watched(&history, "P1", AFTER, &mut |seen: &Seen<'_>| sleeps_without_harm(seen, hours))?;
    }

    #[test]
    fn a_life_at_the_ends_of_time_ends_without_a_panic(history in history::in_the_world(), late in any::<bool>()) {
        let minutes = (Instant::MAX.since(Instant::parse("2026-01-01T00:00:00+08:00").expect("a time"))).as_millis() / 60_000;
        let start = if late { u32::try_from(minutes - 2_000).unwrap_or(0) } else { history.start };
        let until = Instant::MAX;
        let life = Life::of(&History { start, ..history }, "P1", Length::ZERO);
        prop_assert!(life.decisions.iter().all(|d| d.time <= until + Length::days(3660)));
    }
}

#[test]
fn more_facts_than_may_wait_are_refused_one_by_one_and_none_is_lost() {
    let scan = |n: u32, waybill: u32| {
        parse_fact(&format!(
            r#"{{"specversion":"1.0","id":"s{n}","source":"t","type":"parcelward.tracking","time":"2026-03-10T08:00:00+08:00","data":{{"waybill":{{"courier":"zto","number":"{waybill}"}},"status":"collected"}}}}"#
        ))
        .unwrap()
    };
    let order = parse_fact(
        r#"{"specversion":"1.0","id":"o","source":"t","type":"parcelward.shipment","time":"2026-03-10T08:00:00+08:00","data":{"platform":"jd","shop":"s","order_id":"1","waybill":{"courier":"zto","number":"1"},"declared_at":"2026-03-10T08:00:00+08:00"}}"#,
    )
    .unwrap();
    let mut player = Player::new(&RULES, MemoryShelf::default()).with_most_waiting(2);
    let mut sink = |_: Decision| Ok(());
    player.fact(&scan(1, 1), &mut sink).unwrap();
    player.fact(&scan(2, 2), &mut sink).unwrap();
    let refused = player.fact(&scan(3, 1), &mut sink).unwrap_err().to_string();
    assert!(refused.contains("data.waybill") && refused.contains("2 facts wait"), "{refused}");
    player.fact(&order, &mut sink).unwrap();
    player.fact(&scan(4, 3), &mut sink).unwrap();
    assert!(player.fact(&scan(5, 3), &mut sink).is_err(), "room for one was made, not for two");
    let shelf = player.into_shelf();
    assert_eq!(shelf.files().next().unwrap().parcels[0].scans.len(), 1, "the one that waited was given out");
}
