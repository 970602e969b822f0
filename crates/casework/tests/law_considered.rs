//! The reasons that people are given agree with what is decided: of every rule that could be about something, either a clock is asked for
//! or it is said why not, never both and never neither; and a clock that runs was asked for.

mod common;

use common::life::{Life, Seen};
use common::{RULES, Verdict, broken, cases, history};
use parcelward_casework::casefile::*;
use parcelward_casework::considered::{Says, candidates, considered, subjects, why_not};
use parcelward_casework::instant::Length;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn agrees(seen: &Seen<'_>) -> Verdict {
    let file = &seen.plan.file;
    let all = subjects(file);
    let said = considered(file, &RULES, &all);
    let mut told = BTreeSet::new();
    for one in &said {
        if !told.insert((one.rule, format!("{:?}", one.subject))) {
            return broken(format!("{} is said twice of {:?}", one.id, one.subject));
        }
        let why = why_not(file, one.rule, one.subject);
        match (&one.says, &why) {
            (Says::Asks(_), Some(why)) => return broken(format!("{} asks of {:?}, and is said not to: {why}", one.id, one.subject)),
            (Says::Nothing(_), None) => return broken(format!("{} has no reason", one.id)),
            (Says::Nothing(why), Some(_)) if why.to_string().is_empty() => return broken(format!("{} has an empty reason", one.id)),
            _ => {}
        }
    }
    for &subject in &all {
        for rule in candidates(file, subject) {
            if !told.contains(&(rule, format!("{subject:?}"))) {
                return broken(format!("nothing is said of {rule} about {subject:?}"));
            }
        }
    }
    // What is decided: a deadline runs exactly where its rule is said to ask.
    for deadline in file.deadlines.iter().filter(|d| d.state == DeadlineState::Running) {
        let asks = said.iter().any(|c| c.rule == deadline.rule && c.subject == deadline.subject && matches!(c.says, Says::Asks(_)));
        if !asks {
            return broken(format!("{} runs on {:?} and is not said to ask", deadline.rule, deadline.subject));
        }
    }
    for one in said.iter().filter(|c| matches!(c.says, Says::Asks(_))) {
        if !file.deadlines.iter().any(|d| d.rule == one.rule && d.subject == one.subject) {
            return broken(format!("{} is said to ask of {:?}, and no deadline was ever set", one.id, one.subject));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn a_rule_either_asks_or_says_why_not(history in history::in_the_world()) {
        Life::watched(&history, "P1", Length::days(20), &mut agrees)?;
    }
}
