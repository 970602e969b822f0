//! Rules that are applied while case files are open: a replay lives through them as the life did, what is not asked to move stays to the
//! millisecond, and what has ended stays as it ended.

mod common;

use common::life::{Life, Seen};
use common::{RULES, Verdict, broken, cases, history};
use parcelward_casework::casefile::{CaseFile, Deadline, DeadlineState};
use parcelward_casework::decision::{Decision, DecisionBody as D};
use parcelward_casework::fact::Fact;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::replay::{MemoryShelf, NotTaken, Player};
use parcelward_casework::world::{News, World};
use parcelward_casework::{Plan, Signal, decide};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const AFTER: Length = Length::days(20);

fn replay(facts: &[Fact], until: Instant) -> Result<Vec<String>, TestCaseError> {
    let mut out = Vec::new();
    let mut player = Player::new(&RULES, MemoryShelf::default());
    let mut sink = |d: Decision| {
        out.push(d.to_json());
        Ok(())
    };
    for fact in facts {
        if let Err(NotTaken::Io(error)) = player.fact(fact, &mut sink) {
            return Err(TestCaseError::fail(error.to_string()));
        }
    }
    player.run_on(until, &mut sink).map_err(|e| TestCaseError::fail(e.to_string()))?;
    Ok(out)
}

/// What the case file would be without the change of rules that it reads next, at the same instant.
fn without_it(seen: &Seen<'_>) -> Option<(Plan, bool)> {
    let at = seen.before.world_seen as usize;
    let change = seen.world.changes().get(at)?;
    let News::Rules(rules) = &change.news else { return None };
    // Only where the change is all that this signal brings.
    let alone =
        matches!(seen.signal, Signal::TimePassed) && seen.world.changes().len() == at + 1 && change.at.max(seen.before.clock) == seen.now;
    let mut world = World::default();
    seen.world.changes()[..at].iter().for_each(|c| world.push(c.clone()));
    alone.then(|| (decide(seen.before.clone(), &RULES, &world, seen.now, Signal::TimePassed), rules.moves()))
}

/// The clocks that were there before.
fn clocks(file: &CaseFile, seen: &Seen<'_>) -> Vec<Deadline> {
    file.deadlines.iter().take(seen.before.deadlines.len()).cloned().collect()
}

/// Rules that are applied with `keep` decide nothing by themselves, and rules that move leave alone what has ended.
fn touches_only_what_was_asked(seen: &Seen<'_>) -> Verdict {
    let Some((without, moves)) = without_it(seen) else { return Ok(()) };
    if !moves {
        return if clocks(&without.file, seen) == clocks(&seen.plan.file, seen) {
            Ok(())
        } else {
            broken(format!("rules that were to keep open deadlines changed some at {}", seen.now))
        };
    }
    for (before, after) in seen.before.deadlines.iter().zip(&seen.plan.file.deadlines) {
        if before.state != DeadlineState::Running && before != after {
            return broken(format!("{} had ended, and was changed at {}: {before:?} {after:?}", before.id, seen.now));
        }
    }
    let moved = seen.plan.decisions.iter().filter_map(|d| match &d.body {
        D::DeadlineMoved(m) => Some((m, &d.because)),
        _ => None,
    });
    for (body, because) in moved {
        let applied = body.applied.as_ref();
        if applied.is_none_or(|applied| applied.revision.is_empty()) || because.is_empty() {
            return broken(format!("{} was moved, and it is not said who applied what", body.deadline_id));
        }
    }
    Ok(())
}

/// Applying the same rules a second time, once more asked to move, moves nothing.
fn moves_once(seen: &Seen<'_>) -> Verdict {
    let Some(change) = seen.world.changes().get(seen.before.world_seen as usize) else { return Ok(()) };
    let News::Rules(rules) = &change.news else { return Ok(()) };
    let alone = seen.before.world_seen + 1 == seen.world.position() && seen.plan.file.world_seen == seen.world.position();
    if !rules.moves() || !alone || !seen.plan.noted.is_empty() {
        return Ok(());
    }
    let mut world = seen.world.clone();
    let mut again = change.clone();
    again.at = seen.plan.file.clock;
    world.push(again);
    let plan = decide(seen.plan.file.clone(), &RULES, &world, seen.plan.file.clock, Signal::TimePassed);
    let moved = plan.decisions.iter().find(|d| matches!(&d.body, D::DeadlineMoved(m) if m.applied.is_some()));
    moved.map_or(Ok(()), |d| broken(format!("moved a second time at {}: {}", seen.now, d.to_json())))
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_replay_lives_through_changed_rules_as_the_life_did(history in history::under_changing_rules()) {
        let life = Life::of(&history, "P1", AFTER);
        let lived: Vec<String> = life.decisions.iter().map(Decision::to_json).collect();
        let replayed = replay(&life.facts, life.now)?;
        let differ = (0..lived.len().max(replayed.len())).find(|i| lived.get(*i) != replayed.get(*i));
        let verdict = match differ {
            None => Ok(()),
            Some(i) => broken(format!("decision {i}\n  lived    {:?}\n  replayed {:?}", lived.get(i), replayed.get(i))),
        };
        verdict.map_err(|e| life.with_story(e))?;
    }

    #[test]
    fn only_open_deadlines_move_and_only_when_asked(history in history::under_changing_rules()) {
        Life::watched(&history, "P1", AFTER, &mut touches_only_what_was_asked)?;
    }

    #[test]
    fn rules_that_moved_once_move_nothing_more(history in history::under_changing_rules()) {
        Life::watched(&history, "P1", AFTER, &mut moves_once)?;
    }

    #[test]
    fn waking_late_decides_by_the_rules_of_the_time(history in history::under_changing_rules(), hours in 1_i64..200) {
        Life::watched(&history, "P1", AFTER, &mut |seen: &Seen<'_>| {
            if !seen.plan.noted.is_empty() {
                return Ok(());
            }
            let (first, second) = (seen.now + Length::hours(hours), seen.now + Length::hours(3 * hours + 1));
            let one = decide(seen.plan.file.clone(), &RULES, seen.world, first, Signal::TimePassed);
            if !one.noted.is_empty() {
                return Ok(());
            }
            let two = decide(one.file, &RULES, seen.world, second, Signal::TimePassed);
            let at_once = decide(seen.plan.file.clone(), &RULES, seen.world, second, Signal::TimePassed);
            if two.file == at_once.file { Ok(()) } else { broken(format!("woken twice and once: the case files differ at {second}")) }
        })?;
    }
}

#[test]
fn the_histories_change_rules_and_move_deadlines() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut moved, mut at_once, mut earlier, mut later) = (0, 0, 0, 0);
    for _ in 0..120 {
        let history = history::under_changing_rules().new_tree(&mut runner).expect("a history").current();
        let watched = Life::watched(&history, "P1", AFTER, &mut |seen| {
            for decision in &seen.plan.decisions {
                let D::DeadlineMoved(body) = &decision.body else { continue };
                if body.applied.is_none() {
                    continue;
                }
                moved += 1;
                let before = seen.before.deadlines.iter().find(|d| d.id == body.deadline_id);
                earlier += usize::from(before.is_some_and(|d| body.due_at < d.due_at));
                later += usize::from(before.is_some_and(|d| body.due_at > d.due_at));
                at_once += usize::from(body.due_at <= decision.time);
            }
            Ok(())
        });
        watched.expect("nobody objects");
    }
    assert!(moved > 50 && at_once > 5 && earlier > 10 && later > 10, "{moved} moved, {at_once} at once, {earlier} earlier, {later} later");
}
