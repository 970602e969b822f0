//! The verdict on a scenario: what its two runs printed, against what it expects and the laws of any run.

use crate::replay::Run;
use crate::scenario::{Expectation, Scenario};
use crate::{laws, matching, replay};
use serde_json::Value;
use std::path::Path;

/// How many decisions a failure shows.
const SHOWN: usize = 8;

/// Runs a scenario twice and judges it; no sentence is a pass.
#[must_use]
pub fn on(binary: &Path, scenario: &Scenario) -> Vec<String> {
    let facts = scenario.fact_lines();
    let run = || replay::run(binary, &facts, scenario.until);
    match run().and_then(|first| Ok((first, run()?))) {
        Ok((first, second)) => judge(scenario, &first, &second),
        Err(error) => vec![format!("the replay could not be run: {error}")],
    }
}

/// Judges two runs of one scenario.
#[must_use]
pub fn judge(scenario: &Scenario, first: &Run, second: &Run) -> Vec<String> {
    let mut failures = Vec::new();
    if first.exit != Some(scenario.exit) {
        let status = first.exit.map_or_else(|| "by a signal".to_owned(), |code| code.to_string());
        failures.push(format!("exit status {status}, not {}: {}", scenario.exit, tail(&first.stderr)));
    }
    for text in &scenario.stderr_has {
        if !first.stderr.contains(text) {
            failures.push(format!("standard error does not say `{text}`: {}", tail(&first.stderr)));
        }
    }
    let mut decisions = Vec::new();
    for (n, line) in first.stdout.lines().enumerate() {
        match serde_json::from_str::<Value>(line) {
            Ok(decision) => decisions.push(decision),
            Err(error) => failures.push(format!("line {} of the output is no JSON: {error}", n + 1)),
        }
    }
    failures.extend(laws::breaches(&decisions, scenario.until));
    if first.stdout != second.stdout {
        failures.push("a second run printed something else".to_owned());
    }
    failures.extend(scenario.expect.iter().filter_map(|expectation| unmet(expectation, &decisions)));
    failures
}

fn unmet(expectation: &Expectation, decisions: &[Value]) -> Option<String> {
    let hits = expectation.hits(decisions);
    let (wanted, met, meant) = match (&expectation.some, expectation.count) {
        (Some(wanted), Some(count)) => (wanted, hits.len() == count, format!("{count}")),
        (Some(wanted), None) => (wanted, !hits.is_empty(), "at least one".to_owned()),
        (None, _) => (expectation.none.as_ref()?, hits.is_empty(), "none".to_owned()),
    };
    if met {
        return None;
    }
    let bounds = [("at", expectation.at), ("after", expectation.after), ("before", expectation.before)];
    let bounds: String = bounds.iter().filter_map(|(name, time)| Some(format!(" {name} {}", matching::local((*time)?)))).collect();
    let why = expectation.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
    let alike = if hits.is_empty() { decisions.iter().filter(|d| d["type"] == wanted["type"]).collect() } else { hits.clone() };
    let shown: String = alike.iter().take(SHOWN).map(|d| format!("\n      {}", brief(d))).collect();
    let more = if alike.len() > SHOWN { format!("\n      … {} more", alike.len() - SHOWN) } else { String::new() };
    Some(format!(
        "expected {meant} of {wanted}{bounds}{why}, found {}{}{shown}{more}",
        hits.len(),
        if shown.is_empty() { "" } else { "; there is" }
    ))
}

/// A decision in a line.
fn brief(decision: &Value) -> String {
    let mut line = format!("{} {}", decision["time"].as_str().unwrap_or("?"), decision["type"].as_str().unwrap_or("?"));
    for field in ["kind", "rule", "outcome", "status", "queue", "urgency", "due_at", "advice"] {
        if let Some(text) = decision["data"][field].as_str() {
            line.push_str(&format!(" {field}={text}"));
        }
    }
    line
}

/// The end of a text, where a program says why it stopped.
fn tail(text: &str) -> &str {
    let text = text.trim();
    let start = text.char_indices().rev().nth(399).map_or(0, |(at, _)| at);
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LINES: &str = concat!(
        r#"{"source":"parcelward","id":"d1","time":"2026-03-10T12:00:00+08:00","type":"parcelward.case.opened","data":{"case_id":"C1","kind":"stalled","because":[{"rule":"pdd.movement","rung":1}]}}"#,
        "\n",
        r#"{"source":"parcelward","id":"d2","time":"2026-03-10T12:00:00+08:00","type":"parcelward.task.opened","data":{"task_id":"T1","case_id":"C1","kind":"tell_buyer","queue":"service","urgency":"normal","because":[{"rule":"pdd.movement","rung":1}]}}"#,
        "\n",
    );

    fn scenario(change: &dyn Fn(&mut Value)) -> Scenario {
        let mut scenario = json!({"about": "x", "facts": [{"id": "f1"}], "until": "2026-03-10T13:00:00+08:00", "expect": [
            {"some": {"type": "parcelward.case.opened", "data": {"kind": "stalled"}}, "at": "2026-03-10T04:00:00Z", "count": 1},
            {"none": {"type": "parcelward.case.closed"}},
        ]});
        change(&mut scenario);
        Scenario::parse(&scenario.to_string()).unwrap()
    }

    fn printed(stdout: &str) -> Run {
        Run { exit: Some(0), stdout: stdout.to_owned(), stderr: String::new() }
    }

    #[test]
    fn what_holds_passes() {
        assert_eq!(judge(&scenario(&|_| ()), &printed(LINES), &printed(LINES)), [""; 0]);
        let bad_input = scenario(&|s| {
            s["exit"] = json!(1);
            s["stderr_has"] = json!(["line 1", "data.paid_at"]);
        });
        let run = Run { exit: Some(1), stderr: "line 1: field `data.paid_at`: missing".to_owned(), ..printed(LINES) };
        assert_eq!(judge(&bad_input, &run, &run), [""; 0]);
    }

    #[test]
    fn each_failure_is_told() {
        type Change = fn(&mut Value);
        let table: [(&str, Change, &str); 8] = [
            ("exit status 0, not 1", |s| s["exit"] = json!(1), LINES),
            ("does not say `line 7`", |s| s["stderr_has"] = json!(["line 7"]), LINES),
            ("line 1 of the output is no JSON", |s| s["expect"] = json!([{"none": {"type": "parcelward.case.closed"}}]), "oops\n"),
            ("lies after the end of the run", |s| s["until"] = json!("2026-03-10T11:59:59+08:00"), LINES),
            ("expected 2 of", |s| s["expect"][0]["count"] = json!(2), LINES),
            ("found 0; there is", |s| s["expect"][0]["at"] = json!("2026-03-10T12:30:00+08:00"), LINES),
            ("expected none of", |s| s["expect"][1]["none"]["type"] = json!("parcelward.task.opened"), LINES),
            ("expected at least one of", |s| s["expect"] = json!([{"some": {"data": {"kind": "ship_now"}}}]), LINES),
        ];
        for (says, change, lines) in table {
            let found = judge(&scenario(&change), &printed(lines), &printed(lines));
            assert!(found.iter().any(|failure| failure.contains(says)), "{says}: {found:?}");
        }
        let found = judge(&scenario(&|_| ()), &printed(LINES), &printed(&LINES.replace("d2", "d3")));
        assert_eq!(found, ["a second run printed something else"]);
        let killed = Run { exit: None, ..printed(LINES) };
        assert!(judge(&scenario(&|_| ()), &killed, &killed)[0].starts_with("exit status by a signal, not 0"));
    }
}
