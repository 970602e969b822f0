//! Rungs act in time and in staffed hours; a later start is never due earlier; the order in which scans arrive changes nothing.

#![expect(clippy::expect_used, reason = "a helper of a test may fail the test")]

mod common;

use common::life::{Life, Seen};
use common::{RAW, RULES, Verdict, broken, cases, history};
use parcelward_casework::Signal;
use parcelward_casework::calendar::StaffedHours;
use parcelward_casework::casefile::*;
use parcelward_casework::decision::{Cause, DecisionBody as D};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rules::RawLadder;
use parcelward_casework::words::*;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::collections::{BTreeMap, BTreeSet};

/// The ladder as it is written: how long before the due time; `None` for `at due`.
fn written(file: &CaseFile, deadline: &Deadline) -> Option<Vec<Length>> {
    let raw = &RAW.rule[&deadline.rule.id(file.key.platform)];
    let ladder = match (&raw.ladder_signed, deadline.variant.as_deref()) {
        (Some(signed), Some("signed")) => signed,
        _ => raw.ladder.as_ref()?,
    };
    match ladder {
        RawLadder::Before(lengths) => Some(lengths.iter().map(|l| Length::parse(l).expect("a length")).collect()),
        RawLadder::Word(_) => None,
    }
}

fn hours_of(file: &CaseFile, deadline: &Deadline) -> &'static StaffedHours {
    let queue = RAW.rule[&deadline.rule.id(file.key.platform)].queue.unwrap_or(Queue::Service);
    RULES.staffed(queue)
}

/// When the rungs of a running deadline are to act, as the rules' "Ladders" has it.
fn rungs_are_right(file: &CaseFile, deadline: &Deadline) -> Verdict {
    let say = |what: &str| broken(format!("{} {}: {what}: {deadline:?}", deadline.rule, deadline.id));
    let staffed = hours_of(file, deadline);
    let Some(lengths) = written(file, deadline) else {
        let next = staffed.next_start(deadline.due_at);
        let right = deadline.at_due && deadline.rungs.is_empty() && Some(deadline.acts_at) == next;
        return if right { Ok(()) } else { say("an `at due` rule acts at the due instant or when the next staffed period begins") };
    };
    if deadline.rungs.len() != lengths.len() || deadline.at_due || deadline.acts_at != deadline.due_at {
        return say("has other rungs than are written");
    }
    let start = deadline.starts_at;
    let at_the_start = staffed.next_start(start).filter(|next| *next < deadline.due_at).unwrap_or(start);
    let mut earlier = start;
    for (rung, length) in deadline.rungs.iter().zip(lengths) {
        let nominal = deadline.due_at - length;
        if *rung < earlier {
            return say("a rung acts before an earlier one, or before the start");
        }
        if *rung >= deadline.due_at && start < deadline.due_at {
            return say("a rung acts at or after the due time");
        }
        if !staffed.contains(*rung) && *rung != start {
            return say("a rung acts outside staffed hours");
        }
        if *rung > nominal && *rung != at_the_start && *rung != earlier {
            return say("a rung acts later than it is written");
        }
        if nominal >= start && staffed.contains(nominal) && *rung != nominal.max(earlier) {
            return say("a rung in staffed hours acts at another time than it is written");
        }
        earlier = *rung;
    }
    Ok(())
}

/// What acted, acted at its time: a rung at its instant, or at once where that was past when it became known.
fn acted_in_time(seen: &Seen<'_>) -> Verdict {
    // News of the world may move a due time in this very signal.
    if seen.before.world_seen < seen.world.position() {
        return Ok(());
    }
    for (before, after) in seen.before.deadlines.iter().zip(&seen.plan.file.deadlines) {
        let say = |what: &str| broken(format!("{} {} at {}: {what}: {before:?}", after.rule, after.id, seen.now));
        let is_time = matches!(seen.signal, Signal::TimePassed);
        let first_due = before.rungs.get(usize::from(before.acted)).copied();
        if after.acted > before.acted && before.rungs == after.rungs {
            let passed = &before.rungs[usize::from(before.acted)..usize::from(after.acted)];
            if !is_time || passed.iter().any(|rung| *rung > seen.now) {
                return say("a rung acted before its time");
            }
            if seen.now != seen.before.clock && first_due != Some(seen.now) {
                return say("a rung acted after its time");
            }
            if before.state != DeadlineState::Running {
                return say("a rung acted when all was over");
            }
        }
        if after.state == DeadlineState::Breached && before.state == DeadlineState::Running {
            let in_time = seen.now == before.acts_at.max(before.rungs.last().copied().unwrap_or(before.acts_at))
                || (seen.now > before.acts_at && seen.now == seen.before.clock);
            let ladder_done = usize::from(after.acted) == after.rungs.len() || before.proof.is_some();
            if !is_time || !in_time || !ladder_done {
                return say("ended breached at another time than its due time, or before its rungs");
            }
        }
        if after.state == DeadlineState::Running && seen.now > after.acts_at && is_time && seen.now > seen.before.clock {
            return say("runs on after its due time");
        }
    }
    Ok(())
}

/// Rungs that act together open or update a task once, and it is as urgent as the last of them.
fn together_they_speak_once(seen: &Seen<'_>) -> Verdict {
    let is_rung = |c: &Cause| matches!(c, Cause::Rule { rule, rung } if rung != "due" && rule.contains('.'));
    let mut told: BTreeMap<(Vec<String>, &str), usize> = BTreeMap::new();
    for decision in seen.plan.decisions.iter().filter(|d| d.because.first().is_some_and(is_rung)) {
        let task = match &decision.body {
            D::TaskOpened(t) => &t.task_id,
            D::TaskUpdated(t) => &t.task_id,
            _ => continue,
        };
        let because = decision.because.iter().map(|c| format!("{c:?}")).collect();
        *told.entry((because, task.as_str())).or_default() += 1;
    }
    match told.iter().find(|(_, n)| **n > 1) {
        Some(((_, task), _)) => broken(format!("rungs at {} tell of task {task} more than once", seen.now)),
        None => Ok(()),
    }
}

/// Urgency counts from the end of the ladder.
fn urgency_counts_from_the_end(seen: &Seen<'_>) -> Verdict {
    for (before, after) in seen.before.deadlines.iter().zip(&seen.plan.file.deadlines) {
        if after.acted <= before.acted || before.rungs != after.rungs {
            continue;
        }
        let urgency = match after.rungs.len() - usize::from(after.acted) {
            0 if after.rungs.len() == 1 => Urgency::High,
            0 => Urgency::Critical,
            1 => Urgency::High,
            _ => Urgency::Normal,
        };
        let at = seen.before.deadlines.iter().position(|d| d.id == after.id).and_then(|i| u32::try_from(i).ok());
        for task in seen.plan.file.tasks.iter().filter(|t| t.is_open() && t.deadline == at) {
            if task.urgency < urgency {
                return broken(format!(
                    "{} {} is {} after a rung of {} that asks for {urgency}",
                    task.kind, task.id, task.urgency, after.rule
                ));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_rung_lies_before_its_due_time_in_staffed_hours_and_after_earlier_rungs(history in history::in_the_world()) {
        Life::watched(&history, "P1", Length::days(20), &mut |seen: &Seen<'_>| {
            let running = seen.plan.file.deadlines.iter().filter(|d| d.state == DeadlineState::Running);
            running.into_iter().try_for_each(|d| rungs_are_right(&seen.plan.file, d))
        })?;
    }

    #[test]
    fn rungs_and_breaches_act_at_their_instants(history in history::in_the_world()) {
        Life::watched(&history, "P1", Length::days(20), &mut acted_in_time)?;
    }

    #[test]
    fn rungs_of_one_instant_speak_once_with_the_urgency_of_the_last(history in history::in_the_world()) {
        Life::watched(&history, "P1", Length::days(20), &mut |seen: &Seen<'_>| {
            together_they_speak_once(seen)?;
            urgency_counts_from_the_end(seen)
        })?;
    }
}

/// The deadlines that hang on a parcel's scans alone.
fn of_scans(file: &CaseFile) -> BTreeSet<(String, String, Instant, Instant)> {
    use parcelward_casework::rule_kind::RuleKind as K;
    let rules = [
        K::Collect,
        K::SecondScan,
        K::FirstHub,
        K::Movement,
        K::ReshipCollect,
        K::ReshipMovement,
        K::DeliveryAttempt,
        K::PickupWait,
        K::PresumedLost,
        K::ReturnHome,
        K::ReturnMovement,
    ];
    let open = file.deadlines.iter().filter(|d| d.state == DeadlineState::Running && rules.contains(&d.rule));
    let named = open.filter_map(|d| match d.subject {
        Subject::Parcel(p) => Some((d.rule.id(file.key.platform), file.parcels[p as usize].waybill.to_string(), d.starts_at, d.due_at)),
        _ => None,
    });
    named.collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn scans_in_any_order_end_in_the_same_open_deadlines(
        platform in prop::sample::select(Platform::ALL),
        courier in 0_u8..10,
        start in 0_u32..500_000,
        scans in prop::collection::vec(common::scans::scan(), 1..9).prop_shuffle(),
        order in Just(()).prop_perturb(|(), mut rng| rng.random::<u64>()),
        apart in prop_oneof![Just(0_i64), 1_i64..20],
        reship in any::<bool>(),
    ) {
        let story = common::scans::Story { platform, courier, start, reship };
        let by_time = { let mut all = scans.clone(); all.sort_by_key(|s| s.minutes); all };
        let shuffled = common::scans::shuffle(&scans, order);
        let (a, b) = (story.told(&by_time, apart)?, story.told(&shuffled, apart)?);
        if of_scans(&a.file) != of_scans(&b.file) {
            let what = format!("by time {:?}\nas they came {:?}", of_scans(&a.file), of_scans(&b.file));
            return Err(b.with_story(TestCaseError::fail(what)));
        }
    }
}
