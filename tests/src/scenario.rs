//! A scenario: facts, where the clock stops, and what must or must not be decided.
//!
//! One JSON file in `tests/scenarios/` is one scenario; none of them needs a line of Rust. `tests/scenarios/README.md` tells how
//! to write one. A file is read strictly: an unknown field or a word that the contract does not have is an error, since such an
//! expectation would hold whatever happens.

use crate::{matching, words, workspace};
use jiff::Timestamp;
use parcelward_casework::words::CaseKind;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A scenario file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub about: String,
    /// The facts, written to the replayed file one a line, in this order.
    pub facts: Vec<Value>,
    /// Where the clock stops; without it, at the last fact.
    pub until: Option<Timestamp>,
    /// The exit status that is meant.
    #[serde(default)]
    pub exit: i32,
    /// Texts that must stand on standard error.
    #[serde(default)]
    pub stderr_has: Vec<String>,
    /// What must, or must not, be decided.
    pub expect: Vec<Expectation>,
}

/// One expectation: some decision fits, or none does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// At least one decision (or exactly `count`) fits this.
    pub some: Option<Value>,
    /// No decision fits this.
    pub none: Option<Value>,
    /// Only decisions made at or after this instant count.
    pub after: Option<Timestamp>,
    /// Only decisions made at or before this instant count.
    pub before: Option<Timestamp>,
    /// Only decisions made at this instant, to the second, count.
    pub at: Option<Timestamp>,
    /// With `some`: how many, exactly.
    pub count: Option<usize>,
    /// Why it is expected, for the reader of a failure.
    pub why: Option<String>,
}

/// Why a scenario file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadScenario {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is no scenario.
    #[error("is no scenario: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It would hold whatever the daemon decides, or never.
    #[error("{0}")]
    Meaningless(String),
}

impl Scenario {
    /// Reads a scenario from JSON text.
    ///
    /// # Errors
    /// When it is no scenario, or one of its expectations cannot fail.
    pub fn parse(text: &str) -> Result<Scenario, BadScenario> {
        let scenario: Scenario = serde_json::from_str(text)?;
        if scenario.facts.is_empty() {
            return Err(BadScenario::Meaningless("field `facts`: there are none".to_owned()));
        }
        if scenario.expect.is_empty() && scenario.stderr_has.is_empty() {
            return Err(BadScenario::Meaningless("field `expect`: nothing is expected".to_owned()));
        }
        for (n, expectation) in scenario.expect.iter().enumerate() {
            expectation.check().map_err(|why| BadScenario::Meaningless(format!("field `expect[{n}]`: {why}")))?;
        }
        Ok(scenario)
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// As [`Scenario::parse`], and when the file cannot be read.
    pub fn read(path: &Path) -> Result<Scenario, BadScenario> {
        Scenario::parse(&std::fs::read_to_string(path)?)
    }

    /// Whether it expects a case of this kind to open or to close.
    #[must_use]
    pub fn expects_case(&self, kind: CaseKind) -> bool {
        let expected = self.expect.iter().filter_map(|e| e.some.as_ref());
        expected
            .into_iter()
            .any(|some| some["type"].as_str().is_some_and(|t| t.starts_with("parcelward.case.")) && some["data"]["kind"] == kind.word())
    }

    /// The facts as JSON Lines.
    #[must_use]
    pub fn fact_lines(&self) -> String {
        self.facts.iter().map(|fact| format!("{fact}\n")).collect()
    }
}

impl Expectation {
    fn check(&self) -> Result<(), String> {
        let wanted = match (&self.some, &self.none) {
            (Some(wanted), None) | (None, Some(wanted)) => wanted,
            _ => return Err("one of `some` and `none` is needed".to_owned()),
        };
        if self.none.is_some() && self.count.is_some() {
            return Err("`count` has no meaning with `none`".to_owned());
        }
        if self.count == Some(0) {
            return Err("a `count` of 0 is `none`".to_owned());
        }
        if self.after.zip(self.before).is_some_and(|(after, before)| after > before) {
            return Err("`after` lies behind `before`: nothing can fit".to_owned());
        }
        match words::unknown(wanted).as_slice() {
            [] => Ok(()),
            unknown => Err(unknown.join("; ")),
        }
    }

    /// The decisions that fit.
    #[must_use]
    pub fn hits<'a>(&self, decisions: &'a [Value]) -> Vec<&'a Value> {
        let Some(wanted) = self.some.as_ref().or(self.none.as_ref()) else { return Vec::new() };
        decisions.iter().filter(|decision| matching::fits(wanted, decision) && self.in_time(decision)).collect()
    }

    fn in_time(&self, decision: &Value) -> bool {
        if self.after.is_none() && self.before.is_none() && self.at.is_none() {
            return true;
        }
        matching::time_of(decision).is_some_and(|time| {
            self.after.is_none_or(|after| time >= after)
                && self.before.is_none_or(|before| time <= before)
                && self.at.is_none_or(|at| matching::same_second(at, time))
        })
    }
}

/// The scenario files, each with its name: its path below `tests/scenarios/` without the ending.
///
/// # Errors
/// When the folder cannot be read.
pub fn all() -> std::io::Result<Vec<(String, PathBuf)>> {
    let folder = workspace::root().join("tests/scenarios");
    let files = workspace::walk(&folder, &|_| true)?;
    Ok(files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .filter_map(|path| {
            let name = path.strip_prefix(&folder).ok()?.with_extension("");
            Some((name.to_string_lossy().replace('\\', "/"), path))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(scenario: &Value) -> String {
        Scenario::parse(&scenario.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn a_scenario_that_cannot_fail_is_refused() {
        let fact = json!([{"id": "f1"}]);
        let some = json!({"some": {"type": "parcelward.case.opened"}});
        let with = |expect: Value| json!({"about": "x", "facts": fact, "expect": [expect]});
        assert!(Scenario::parse(&with(some.clone()).to_string()).is_ok());
        let table = [
            (json!({"about": "x", "facts": [], "expect": [some]}), "there are none"),
            (json!({"about": "x", "facts": fact, "expect": []}), "nothing is expected"),
            (json!({"about": "x", "facts": fact}), "missing field `expect`"),
            (json!({"about": "x", "facts": fact, "expect": [some], "untill": "2026-03-10T12:00:00Z"}), "unknown field `untill`"),
            (with(json!({"some": {}, "befor": "2026-03-10T12:00:00Z"})), "unknown field `befor`"),
            (with(json!({"some": {}, "none": {}})), "expect[0]`: one of"),
            (with(json!({"count": 1})), "expect[0]`: one of"),
            (with(json!({"none": {}, "count": 1})), "no meaning"),
            (with(json!({"some": {}, "count": 0})), "is `none`"),
            (with(json!({"some": {}, "at": "noon"})), "is no scenario"),
            (with(json!({"some": {}, "after": "2026-03-10T13:00:00Z", "before": "2026-03-10T12:00:00Z"})), "nothing can fit"),
            (with(json!({"none": {"type": "parcelward.case.opened", "data": {"kind": "stuck"}}})), "`stuck` is no kind"),
        ];
        for (scenario, says) in table {
            assert!(error(&scenario).contains(says), "{scenario}: {}", error(&scenario));
        }
    }

    #[test]
    fn times_bound_what_fits() {
        let line = json!({"type": "parcelward.case.opened", "time": "2026-03-10T12:00:00+08:00"});
        let lines = [line];
        let table = [
            (json!({}), 1),
            (json!({"at": "2026-03-10T04:00:00Z"}), 1),
            (json!({"at": "2026-03-10T04:00:00.5Z"}), 1),
            (json!({"at": "2026-03-10T04:00:01Z"}), 0),
            (json!({"after": "2026-03-10T12:00:00+08:00"}), 1),
            (json!({"after": "2026-03-10T12:00:00.001+08:00"}), 0),
            (json!({"before": "2026-03-10T12:00:00+08:00"}), 1),
            (json!({"before": "2026-03-10T11:59:59.999+08:00"}), 0),
            (json!({"after": "2026-03-10T11:00:00+08:00", "before": "2026-03-10T13:00:00+08:00"}), 1),
        ];
        for (mut bounds, hits) in table {
            bounds["some"] = json!({"type": "parcelward.case.opened"});
            let expectation: Expectation = serde_json::from_value(bounds.clone()).unwrap();
            assert_eq!(expectation.hits(&lines).len(), hits, "{bounds}");
        }
    }
}
