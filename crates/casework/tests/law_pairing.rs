//! What closes was opened, and once; operations are asked for once at a time, of couriers that offer them.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::life::{Life, Seen};
use common::{RULES, Verdict, broken, cases, history};
use parcelward_casework::casefile::*;
use parcelward_casework::decision::{Decision, DecisionBody as D};
use parcelward_casework::instant::Length;
use parcelward_casework::parse::parse_fact;
use parcelward_casework::replay::{MemoryShelf, Player};
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::rule_ids;
use parcelward_casework::words::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What has been opened so far, and how it stands.
#[derive(Default)]
struct Books {
    cases: BTreeMap<String, bool>,
    tasks: BTreeMap<String, (bool, Urgency)>,
    deadlines: BTreeMap<String, DecisionType>,
    operations: BTreeMap<String, bool>,
    keys: BTreeSet<String>,
}

impl Books {
    fn enter(&mut self, decision: &Decision) -> Verdict {
        let kind = decision.body.decision_type();
        let say = |what: &str| broken(format!("{}: {what}", common::json::brief(decision)));
        match &decision.body {
            D::CaseOpened(c) => {
                if self.cases.insert(c.case_id.clone(), true).is_some() {
                    return say("opened twice");
                }
            }
            D::CaseClosed(c) => {
                if self.cases.insert(c.case_id.clone(), false) != Some(true) {
                    return say("not open");
                }
            }
            D::TaskOpened(t) => {
                if self.tasks.insert(t.task_id.clone(), (true, t.urgency)).is_some() {
                    return say("opened twice");
                }
                if t.case_id.as_ref().is_some_and(|c| self.cases.get(c) != Some(&true)) {
                    return say("in a case that is not open");
                }
            }
            D::TaskUpdated(t) => {
                let Some((open, urgency)) = self.tasks.get_mut(&t.task_id) else { return say("never opened") };
                // A reopened task is open again.
                if !*open && t.status != Some("open") {
                    return say("closed already");
                }
                *open = true;
                if t.urgency.is_some_and(|u| u < *urgency) {
                    return say("urgency falls");
                }
                *urgency = t.urgency.unwrap_or(*urgency);
            }
            D::TaskClosed(t) => match self.tasks.get_mut(&t.task_id) {
                Some((open, _)) if *open => *open = false,
                _ => return say("not open"),
            },
            D::DeadlineSet(d) => {
                if self.deadlines.insert(d.deadline_id.clone(), kind).is_some() {
                    return say("set twice");
                }
            }
            D::DeadlineMoved(d) | D::DeadlineMet(d) | D::DeadlineBreached(d) | D::DeadlineCancelled(d) => {
                let was = self.deadlines.insert(d.deadline_id.clone(), kind);
                let late_news = kind == DecisionType::DeadlineMet && d.late_news;
                match was {
                    Some(DecisionType::DeadlineSet | DecisionType::DeadlineMoved) if !late_news => {}
                    Some(DecisionType::DeadlineBreached) if late_news => {}
                    was => return say(&format!("after {was:?}")),
                }
            }
            D::OperationRequested(o) => {
                if self.operations.insert(o.operation_id.clone(), true).is_some() {
                    return say("requested twice");
                }
                if !self.keys.insert(o.idempotency_key.clone()) {
                    return say("an idempotency key that was used before");
                }
                if !o.waybill.courier.offers(o.kind) {
                    return say("asked of a courier that does not offer it");
                }
                if self.cases.get(&o.case_id) != Some(&true) {
                    return say("for a case that is not open");
                }
            }
            D::OperationSettled(o) => {
                if !self.operations.contains_key(&o.operation_id) {
                    return say("never requested");
                }
            }
            D::CoverageNoted(_) => {}
        }
        Ok(())
    }
}

/// A person's task that is closed, and was the only one to ask the courier, leaves no operation live.
fn one_live_operation_of_a_kind(file: &CaseFile) -> Verdict {
    let mut live = BTreeSet::new();
    for operation in file.operations.iter().filter(|o| o.is_live()) {
        let waybill = &file.parcels[operation.parcel as usize].waybill;
        if !live.insert((waybill.clone(), operation.kind)) {
            return broken(format!("two live {} on {waybill}", operation.kind));
        }
    }
    Ok(())
}

fn one_open_task_of_a_kind(file: &CaseFile) -> Verdict {
    let mut open = BTreeSet::new();
    for task in file.tasks.iter().filter(|t| t.is_open()) {
        if let Some(case) = task.case
            && !open.insert((case, task.kind))
        {
            return broken(format!("two open {} in one case", task.kind));
        }
    }
    let mut open = Vec::new();
    for case in file.cases.iter().filter(|c| c.closed.is_none()) {
        if open.contains(&(case.kind, case.subject)) {
            return broken(format!("two open {} about {:?}", case.kind, case.subject));
        }
        open.push((case.kind, case.subject));
    }
    Ok(())
}

/// What the decisions say is what the case file holds.
fn files_agree(books: &Books, file: &CaseFile) -> Verdict {
    for case in &file.cases {
        if books.cases.get(&case.id) != Some(&case.closed.is_none()) {
            return broken(format!("the case file and the decisions differ on {} {}", case.kind, case.id));
        }
    }
    for task in &file.tasks {
        if books.tasks.get(&task.id) != Some(&(task.is_open(), task.urgency)) {
            return broken(format!("the case file and the decisions differ on {} {}", task.kind, task.id));
        }
    }
    for deadline in &file.deadlines {
        let said = match books.deadlines.get(&deadline.id) {
            Some(DecisionType::DeadlineSet | DecisionType::DeadlineMoved) => DeadlineState::Running,
            Some(DecisionType::DeadlineMet) => DeadlineState::Met,
            Some(DecisionType::DeadlineBreached) => DeadlineState::Breached,
            _ => DeadlineState::Cancelled,
        };
        if said != deadline.state {
            return broken(format!("the case file and the decisions differ on {} {}", deadline.rule, deadline.id));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_closes_was_opened_and_once_and_urgency_never_falls(history in history::in_the_world()) {
        let mut books = Books::default();
        Life::watched(&history, "P1", Length::days(20), &mut |seen: &Seen<'_>| {
            seen.plan.decisions.iter().try_for_each(|d| books.enter(d))?;
            files_agree(&books, &seen.plan.file)
        })?;
    }

    #[test]
    fn one_operation_of_a_kind_is_live_on_a_waybill(history in history::alone()) {
        Life::watched(&history, "P1", Length::days(20), &mut |seen: &Seen<'_>| one_live_operation_of_a_kind(&seen.plan.file))?;
    }

    #[test]
    fn one_task_of_a_kind_is_open_in_a_case_and_one_case_of_a_kind_about_a_subject(history in history::alone()) {
        Life::watched(&history, "P1", Length::days(20), &mut |seen: &Seen<'_>| one_open_task_of_a_kind(&seen.plan.file))?;
    }
}

/// An urge accepted on the phone gives way to an older one whose task is reopened.
#[test]
fn a_reopened_call_is_the_only_live_operation_of_its_kind() {
    use common::history::{History, Step, Wait, What};
    let step = |what, wait, a: u8, b: u8| Step { what, wait, late: 0, draw: [a, 0, b, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
    let steps = vec![
        step(What::Operation, Wait::Moments(1), 0, 52),
        step(What::Task, Wait::Minutes(0), 0, 0),
        step(What::Operation, Wait::Minutes(930), 0, 0),
        step(What::Task, Wait::Minutes(0), 180, 0),
    ];
    let history = History { platform: Platform::Pinduoduo, courier: 0, start: 8_160, stage: 3, steps };
    let life = Life::watched(&history, "P1", Length::ZERO, &mut |seen: &Seen<'_>| one_live_operation_of_a_kind(&seen.plan.file));
    let urges = life.map(|life| life.file.operations.iter().filter(|o| o.kind == OperationKind::Urge).count());
    assert_eq!(urges.map_err(|e| e.to_string()), Ok(2));
}

/// A new number takes the live urge with it; the old number's next urge is another request.
#[test]
fn a_key_stays_taken_when_a_new_number_takes_its_operation_along() {
    use common::history::{History, Step, Wait, What};
    let step = |what, wait, draw| Step { what, wait, late: 0, draw };
    let steps = vec![
        step(What::Scan, Wait::Minutes(0), [0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        step(What::Nothing, Wait::Minutes(991), [0; 12]),
        step(What::Shipment, Wait::Minutes(0), [214, 0, 0, 0, 0, 0, 205, 0, 0, 0, 0, 0]),
        step(What::Onward, Wait::Minutes(60), [0; 12]),
        step(What::BuyerRequest, Wait::Minutes(1), [57, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        step(What::Nothing, Wait::Minutes(3_000), [0; 12]),
    ];
    let history = History { platform: Platform::Pinduoduo, courier: 1, start: 0, stage: 2, steps };
    let mut books = Books::default();
    let life =
        Life::watched(&history, "P1", Length::days(20), &mut |seen: &Seen<'_>| seen.plan.decisions.iter().try_for_each(|d| books.enter(d)));
    assert!(life.is_ok(), "{}", life.err().map(|e| e.to_string()).unwrap_or_default());
}

type TasksOfRules = BTreeMap<RuleKind, BTreeSet<TaskKind>>;

/// Which tasks rules open in the scenarios: those of which a rung is the cause, and all that name a rung, the due time, or the deadline itself.
fn tasks_of_rules() -> (TasksOfRules, TasksOfRules) {
    use parcelward_casework::decision::Cause;
    let kinds: BTreeMap<String, RuleKind> = rule_ids().into_iter().map(|(id, _, kind)| (id, kind)).collect();
    let (mut by_rung, mut opened) = (TasksOfRules::new(), TasksOfRules::new());
    let folder = common::root().join("tests/scenarios");
    for path in std::fs::read_dir(folder).expect("the scenarios are there").map(|entry| entry.expect("an entry").path()) {
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let scenario: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("it is read")).expect("it parses");
        let mut facts: Vec<_> =
            scenario["facts"].as_array().expect("facts").iter().filter_map(|fact| parse_fact(&fact.to_string()).ok()).collect();
        facts.sort_by_key(|fact| fact.decided_at());
        let Some(last) = facts.last().map(|fact| fact.decided_at()) else { continue };
        let mut player = Player::new(&RULES, MemoryShelf::default());
        let (mut deadlines, mut due_with): (BTreeMap<String, RuleKind>, Vec<(String, TaskKind)>) = Default::default();
        let mut sink = |decision: Decision| {
            match &decision.body {
                D::DeadlineSet(set) => deadlines.extend(kinds.get(&set.rule).map(|kind| (set.deadline_id.clone(), *kind))),
                D::TaskOpened(task) => {
                    let own = task.deadline_id.as_ref().and_then(|id| deadlines.get(id));
                    // The deadline may be set right after its task.
                    due_with.extend(task.deadline_id.clone().map(|id| (id, task.kind)));
                    for cause in &decision.because {
                        let Cause::Rule { rule, rung } = cause else { continue };
                        let Some(kind) = kinds.get(rule) else { continue };
                        opened.entry(*kind).or_default().insert(task.kind);
                        if rung != "due" && own == Some(kind) {
                            by_rung.entry(*kind).or_default().insert(task.kind);
                        }
                    }
                }
                // A rung may press a task that is open already.
                D::TaskUpdated(task) => {
                    due_with.extend(task.deadline_id.clone().map(|id| (id, task.kind)));
                    for cause in &decision.because {
                        if let Cause::Rule { rule, .. } = cause
                            && let Some(kind) = kinds.get(rule)
                        {
                            opened.entry(*kind).or_default().insert(task.kind);
                        }
                    }
                }
                _ => {}
            }
            Ok(())
        };
        for fact in &facts {
            let _ = player.fact(fact, &mut sink);
        }
        player.run_on(last + Length::days(60), &mut sink).expect("nothing is written");
        for (id, task) in due_with {
            if let Some(kind) = deadlines.get(&id) {
                opened.entry(*kind).or_default().insert(task);
            }
        }
    }
    (by_rung, opened)
}

#[test]
fn the_tasks_that_a_rule_is_said_to_open_are_those_that_it_opens() {
    let (by_rung, opened) = tasks_of_rules();
    let mut wrong = Vec::new();
    for &kind in RuleKind::ALL {
        let said: BTreeSet<TaskKind> = kind.tasks().iter().copied().collect();
        let seen = opened.get(&kind).cloned().unwrap_or_default();
        for task in by_rung.get(&kind).into_iter().flatten().filter(|task| !said.contains(task)) {
            wrong.push(format!("{kind} opens {task} and is not said to"));
        }
        // No scenario runs for the year after which nobody can be complained to any more.
        let too_long = (kind == RuleKind::AuthorityLatest).then_some(TaskKind::ComplainToAuthority);
        for task in said.difference(&seen).filter(|task| Some(**task) != too_long) {
            wrong.push(format!("{kind} is said to open {task} and does so in no scenario"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
