//! What the law tests share: the shipped rules, arbitrary histories of facts, and a life of one order that is watched at every signal.

#![allow(dead_code, reason = "each law file uses its own part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test may fail the test")]

pub mod history;
pub mod json;
pub mod life;
pub mod make;
pub mod scans;
pub mod steps;

use parcelward_casework::rule_source::RuleSource;
use parcelward_casework::rules::{RawRules, Rules};
use parcelward_casework::text::Texts;
use proptest::test_runner::{Config, TestCaseError};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The shipped configuration as it is written.
pub static RAW: LazyLock<RawRules> = LazyLock::new(raw_rules);

/// The same with its calendars: everything that rules are compiled from.
pub static SOURCE: LazyLock<RuleSource> = LazyLock::new(|| {
    let calendars = files("calendars").iter().map(|text| toml::from_str(text).expect("a calendar parses")).collect();
    RuleSource { rules: RAW.clone(), calendars }
});

/// The shipped configuration, compiled.
pub static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let texts = std::fs::read_to_string(config().join("templates/zh-CN.toml")).expect("the template file is there");
    let texts = Texts::compile(toml::from_str(&texts).expect("the template file parses")).expect("the texts are whole");
    SOURCE.compile(texts).expect("the shipped rules compile")
});

fn raw_rules() -> RawRules {
    let mut merged = toml::Table::new();
    for text in files("rules") {
        for (table, value) in toml::from_str::<toml::Table>(&text).expect("a rule file parses") {
            match (merged.get_mut(&table), value) {
                (Some(toml::Value::Table(known)), toml::Value::Table(more)) => known.extend(more),
                (_, value) => drop(merged.insert(table, value)),
            }
        }
    }
    // Staffed hours and the urgent amount are the daemon's own settings.
    let own = std::fs::read_to_string(config().join("parcelward.toml")).expect("the daemon's own file is there");
    let own = own.parse::<toml::Table>().expect("it parses");
    merged.insert("staffed".to_owned(), own["staffed"].clone());
    merged["policy"].as_table_mut().expect("a table").insert("urgent_amount".to_owned(), own["urgent_amount"].clone());
    merged.insert("language".to_owned(), toml::Value::String("zh-CN".to_owned()));
    merged.try_into().expect("the rule files have the shape of rules")
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn config() -> PathBuf {
    root().join("config")
}

fn files(folder: &str) -> Vec<String> {
    let folder = config().join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).expect("the folder is there").map(|e| e.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).expect("the file can be read")).collect()
}

/// How many histories a law is tried on: `PROPTEST_CASES` where it is set, else this many.
pub fn cases(default: u32) -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    Config { cases, max_shrink_iters: 3000, failure_persistence: None, ..Config::default() }
}

/// What a law says about one signal or one history.
pub type Verdict = Result<(), TestCaseError>;

/// A law is broken.
pub fn broken(what: impl Into<String>) -> Verdict {
    Err(TestCaseError::fail(what.into()))
}
