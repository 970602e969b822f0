//! No open case without a next step, whatever comes (playbook laws 2 and 10).

mod common;

use common::life::{Life, Seen};
use common::{Verdict, broken, cases, history, steps};
use parcelward_casework::casefile::*;
use parcelward_casework::instant::Length;
use proptest::prelude::*;

fn look(seen: &Seen<'_>) -> Verdict {
    let file = &seen.plan.file;
    for (at, case) in file.cases.iter().enumerate().filter(|(_, c)| c.closed.is_none()) {
        if !steps::has_next_step(file, at) {
            return broken(format!("{} {} has no next step at {} after {:?}", case.kind, case.id, seen.now, seen.signal));
        }
    }
    for task in file.tasks.iter().filter(|t| t.is_open()) {
        if task.case.is_some_and(|c| file.cases[c as usize].closed.is_some()) {
            return broken(format!("{} {} is open in a closed case at {}", task.kind, task.id, seen.now));
        }
    }
    Ok(())
}

/// A deadline alone does not keep a case for ever.
fn is_with_somebody(file: &CaseFile) -> Verdict {
    let mut open = file.cases.iter().enumerate().filter(|(_, c)| c.closed.is_none());
    match open.find(|(at, _)| !steps::is_with_a_person(file, *at)) {
        Some((_, case)) => broken(format!("{} {} is with nobody after two years without news", case.kind, case.id)),
        None => Ok(()),
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn no_open_case_is_without_a_next_step(history in history::in_the_world()) {
        Life::watched(&history, "P1", Length::days(20), &mut look)?;
    }

    #[test]
    fn a_case_left_alone_ends_with_a_person(history in history::alone()) {
        let life = Life::watched(&history, "P1", Length::days(800), &mut look)?;
        is_with_somebody(&life.file).map_err(|e| life.with_story(e))?;
    }
}
