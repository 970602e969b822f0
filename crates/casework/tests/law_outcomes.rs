//! Every outcome of every task leads to a closed case or a next step. The histories are those of the scenarios, which reach every task.

#![expect(clippy::expect_used, reason = "a helper of a test may fail the test")]

mod common;

use common::history::History;
use common::life::Life;
use common::{RULES, steps};
use parcelward_casework::casefile::*;
use parcelward_casework::fact::{Fact, FactBody, FactId, OrderKey};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::*;
use parcelward_casework::{Signal, decide};
use std::collections::{BTreeMap, BTreeSet};

/// Nothing that runs comes after this: the order's corrected fact. Until it is told, the lead has the case (law 10).
const REVIEWED: [&str; 1] = ["correct_order_address corrected"];

/// One scenario: its facts in order, and how far the clock runs on.
struct Scenario {
    name: String,
    facts: Vec<Fact>,
    until: Instant,
}

fn scenarios() -> Vec<Scenario> {
    let folder = common::root().join("tests/scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the scenarios are there").map(|e| e.expect("an entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|end| end == "json"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &std::path::Path) -> Scenario {
    let text = std::fs::read_to_string(path).expect("a scenario can be read");
    let all: serde_json::Value = serde_json::from_str(&text).expect("a scenario is JSON");
    let lines = all["facts"].as_array().expect("a scenario has facts");
    // Some scenarios are about lines that are no facts.
    let mut facts: Vec<Fact> = lines.iter().filter_map(|line| parse_fact(&line.to_string()).ok()).collect();
    facts.sort_by_key(Fact::decided_at);
    let mut known = BTreeSet::new();
    facts.retain(|f| known.insert(f.id.clone()));
    let last = facts.last().map_or(Instant::MIN, Fact::decided_at);
    let until = all["until"].as_str().map_or(last, |t| Instant::parse(t).expect("a time"));
    Scenario { name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), facts, until }
}

/// A task that is open at some moment of a scenario.
struct Open {
    life: Life,
    task: Index,
    name: String,
}

/// The lives of a scenario's orders, each alone, and every moment at which a task of theirs has just opened.
fn open_tasks(scenario: &Scenario) -> Vec<Open> {
    let keys: BTreeSet<OrderKey> = scenario.facts.iter().filter_map(|f| f.body.order()).collect();
    let mut all = Vec::new();
    for key in keys {
        let of_it: Vec<&Fact> = scenario.facts.iter().filter(|f| f.body.order().is_none_or(|k| k == key)).collect();
        let begin = of_it.first().map_or(Instant::MIN, |f| f.decided_at());
        let mut life = Life::new(key, begin);
        let mut seen = 0;
        let mut note = |life: &Life| {
            for task in seen..life.file.tasks.len() {
                if life.file.tasks[task].is_open() {
                    let task = Index::try_from(task).expect("few tasks");
                    all.push(Open { life: life.clone(), task, name: scenario.name.clone() });
                }
            }
            seen = life.file.tasks.len();
        };
        for fact in of_it {
            while life.step_before(fact.decided_at()) {
                note(&life);
            }
            life.pass(fact.decided_at(), &mut |_| Ok(())).expect("nobody watches");
            life.take(fact.clone(), &mut |_| Ok(())).expect("nobody watches");
            note(&life);
        }
        while life.step_before(scenario.until) {
            note(&life);
        }
    }
    all
}

/// What a task done with an outcome led to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Led {
    Closed,
    Onward,
    Review,
}

/// Does the task with the outcome, and says what came of its case.
fn do_it(open: &Open, outcome: TaskOutcome) -> Result<Led, String> {
    let life = &open.life;
    let task = &life.file.tasks[open.task as usize];
    let history = History { platform: life.file.key.platform, courier: 1, start: 0, stage: 0, steps: Vec::new() };
    let mut update = common::make::done(life, &history, task, outcome, &mut common::make::Draw::of(&[0, 0, 0, 0]));
    if let Some(until) = &mut update.answers.until {
        *until = life.now + Length::hours(20);
    }
    let id = FactId { source: "law".to_owned(), id: "done".to_owned() };
    let fact = Fact { id, time: life.now, recorded: Some(life.now), body: FactBody::TaskUpdate(update), fingerprint: 0 };
    let plan = decide(life.file.clone(), &RULES, &life.world, life.now, Signal::Fact { fact: &fact, released_by: None });
    if let Some(refusal) = plan.refused {
        return Err(format!("refused: {refusal}"));
    }
    let Some(case) = task.case else { return Ok(Led::Closed) };
    if plan.file.cases[case as usize].closed.is_some() {
        return Ok(Led::Closed);
    }
    let reviews = |file: &CaseFile| file.tasks.iter().filter(|t| t.kind == TaskKind::ReviewCase && t.case == Some(case)).count();
    if !steps::has_next_step(&plan.file, case as usize) {
        return Err("the case stays open without a next step".to_owned());
    }
    Ok(if reviews(&plan.file) > reviews(&life.file) { Led::Review } else { Led::Onward })
}

#[test]
fn every_outcome_of_every_task_leads_to_a_closed_case_or_a_next_step() {
    let mut led: BTreeMap<(TaskKind, TaskOutcome), BTreeSet<Led>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        for open in open_tasks(&scenario) {
            let task = &open.life.file.tasks[open.task as usize];
            for &outcome in &task.outcomes {
                match do_it(&open, outcome) {
                    Ok(to) => drop(led.entry((task.kind, outcome)).or_default().insert(to)),
                    Err(what) => wrong.push(format!("{}: {} {outcome} at {}: {what}", open.name, task.kind, open.life.now)),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} outcomes lead nowhere:\n{}", wrong.len(), wrong.join("\n"));
    // Tasks about a courier account have no order and no case: nothing here opens them.
    let kinds = TaskKind::ALL.iter().filter(|k| **k != TaskKind::CourierOutage);
    let ways = kinds.flat_map(|&kind| parcelward_casework::task_table::ways(kind).iter().map(move |w| (kind, w.outcome)));
    let never: Vec<String> = ways.filter(|way| !led.contains_key(way)).map(|(k, o)| format!("{k} {o}")).collect();
    assert!(never.is_empty(), "no scenario has these open: {never:?}");
    let only_review: BTreeSet<String> =
        led.iter().filter(|(_, to)| to.iter().eq([&Led::Review])).map(|((k, o), _)| format!("{k} {o}")).collect();
    assert_eq!(only_review, REVIEWED.iter().map(|&way| way.to_owned()).collect(), "these outcomes end in a review, always");
}

#[test]
fn every_task_may_be_dismissed_and_its_case_goes_on() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        for open in open_tasks(&scenario) {
            let task = &open.life.file.tasks[open.task as usize];
            if let Err(what) = do_it(&open, TaskOutcome::NoLongerNeeded) {
                wrong.push(format!("{}: {} dismissed at {}: {what}", open.name, task.kind, open.life.now));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
