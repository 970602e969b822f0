//! The configuration: shipped defaults, an operator's folder over them, the environment and credentials over both; compiled whole or
//! refused whole.
//!
//! Layers, later over earlier, key by key: the repository's `config/` (built into the binary), `--config DIR` of the same layout (with
//! drop-ins in `parcelward.d/`, `rules/NAME.d/`, `rules.d/`, and so on), then for `parcelward.toml` the `PARCELWARD_…` variables and the
//! service manager's credentials. Every problem of all of them is told at once, each with its place.
//! Deliberately absent: the meaning of rules and texts (casework compiles them) and watching files for changes.

mod couriers;
mod disruptions;
mod doubts;
mod effective;
mod environment;
mod extract;
mod files;
mod fingerprint;
mod imports;
mod kept;
mod problem;
mod report;
mod revision;
mod rulebook;
mod schedules;
mod schema;
mod settings;
mod snapshot;
mod tree;
mod written;

pub use couriers::{AccountState, Couriers, Network, PushDoor, example_adapters};
pub(crate) use doubts::longest_working_days;
pub use effective::{Effective, Part, effective};
pub use environment::{COMMAND_VARIABLES, PREFIX};
pub use extract::{Origin, Rank};
pub use files::{ConfigFiles, TomlFile, shipped_files};
pub use fingerprint::Fingerprint;
pub use kept::{Kept, KeptFile};
pub use problem::{Also, Place, Problem, Problems, Severity};
pub use report::{Look, json, pretty, summary};
pub(crate) use schema::whole_schemas;
pub use schema::{schemas, written};
pub use settings::{Connect, DatabaseUrl, Server, Settings};
pub(crate) use written::written as written_then;

use extract::Merged;
use jiff::civil::Date;
use parcelward_casework::fact::DisruptionFact;
use parcelward_casework::instant::Instant;
use parcelward_casework::rule_source::RuleSource;
use parcelward_casework::rules::{RawRules, Rules};
use parcelward_casework::text::Texts;
use parcelward_casework::words::Language;
use parcelward_import::Importer;
use parcelward_scheduler::cron::Schedule;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A configuration that is right as a whole.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The operator's folder that it was read from, if there is one.
    pub dir: Option<PathBuf>,
    /// What that folder looked like before it was read.
    pub seen: Fingerprint,
    /// A short word that is another where a value that holds is another.
    pub revision: String,
    /// The daemon's own settings.
    pub settings: Settings,
    /// The compiled rules, with the texts of the configured language.
    pub rules: Rules,
    /// The rules as written, sources and dates included.
    pub raw_rules: RawRules,
    /// What is kept of it beside the journal.
    pub kept: Arc<Kept>,
    /// The texts of every language.
    pub texts: Vec<(Language, Texts)>,
    /// What the columns of merchants' exports mean.
    pub importer: Arc<Importer>,
    /// Times that are not normal, as the operator announces them; their ids are the names in the files.
    pub disruptions: Vec<DisruptionFact>,
    /// What is done at fixed times.
    pub schedules: Vec<Arc<Schedule>>,
    /// Accounts with couriers, routes, and where pushes come in.
    pub couriers: Couriers,
    /// What is probably not meant so, and stands in the way of nothing.
    pub warnings: Vec<Problem>,
}

/// What came of reading a configuration.
#[derive(Debug)]
pub struct Reading {
    /// The configuration, where no error stands in the way.
    pub loaded: Option<Loaded>,
    /// Everything found, errors and warnings, by file and line.
    pub problems: Vec<Problem>,
}

/// Reads the shipped configuration, an operator's folder over it, and the environment over both.
///
/// # Errors
/// [`Problems`]: everything that is wrong, each with its file and key.
pub fn load(dir: Option<&Path>) -> Result<Loaded, Problems> {
    let reading = read(dir, environment(), Some(today()));
    reading.loaded.ok_or(Problems(reading.problems))
}

/// The process's environment, as far as it is text.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The local day.
#[must_use]
pub fn today() -> Date {
    Instant::from_millis(jiff::Timestamp::now().as_millisecond()).local().date()
}

/// The same with the environment given.
///
/// # Errors
/// As [`load`].
pub fn load_with(dir: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Loaded, Problems> {
    let reading = read(dir, environment, None);
    reading.loaded.ok_or(Problems(reading.problems))
}

/// Reads everything and tells everything. With a day, what will not be right from that day on is told as well (a calendar that ends).
#[must_use]
pub fn read(dir: Option<&Path>, environment: impl Iterator<Item = (String, String)>, today: Option<Date>) -> Reading {
    let mut problems = Vec::new();
    let files = match ConfigFiles::new(dir) {
        Ok(files) => files,
        Err(problem) => return Reading { loaded: None, problems: vec![*problem] },
    };
    problems.extend(files.strays());
    let environment: Vec<(String, String)> = environment.collect();
    let of_settings = files.top("parcelward", &mut problems);
    let mut merged = Merged::of("parcelward.toml", &of_settings, &mut problems);
    let of_settings: Vec<_> = of_settings.into_iter().map(|file| ("", file)).collect();
    for layer in environment::variables(&environment) {
        merged = merged.merge(layer);
    }
    for layer in environment::credentials(&environment, &mut problems) {
        merged = merged.merge(layer);
    }
    let settings = settings::read(&merged, &mut problems);
    let language = settings.as_ref().map_or(Language::ZhCn, |s| s.language);
    let texts = rulebook::texts(&files, language, &mut problems);
    let own = texts.iter().find(|w| w.language == language).map(|w| w.texts.clone()).unwrap_or_default();
    let calendars = rulebook::calendars(&files, &mut problems);
    let raw_calendars: Vec<_> = calendars.iter().map(|(_, raw)| raw.clone()).collect();
    let rulebook = rulebook::merged_rules(&files, &merged, language, &mut problems);
    let (raw_rules, rules) = rulebook::rules(&rulebook, &merged, &raw_calendars, own, &mut problems);
    if let (Some(raw), Some(settings)) = (&raw_rules, &settings) {
        doubts::of_retention(&merged, settings.retention.erase_after, raw, &mut problems);
    }
    if let Some(raw) = &raw_rules {
        doubts::of_rules(&rulebook, raw, &mut problems);
    }
    for wording in &texts {
        // The shipped texts were looked over before they were shipped.
        if let Some(merged) = &wording.merged {
            doubts::of_tasks(wording.language, merged, &wording.texts, &mut problems);
        }
    }
    if let (Some(raw), Some(rules), Some(today)) = (&raw_rules, &rules, today) {
        let calendars: Vec<&Merged> = calendars.iter().map(|(merged, _)| merged).collect();
        doubts::of_calendars(&calendars, rules, raw, today, &mut problems);
    }
    let announced = disruptions::merged(&files, &mut problems);
    let disruptions = disruptions::read(&announced, &mut problems);
    let couriers = couriers::read(&couriers::merged(&files, &mut problems), &environment, &mut problems);
    let importer = imports::importer(&files, &mut problems);
    let schedules = schedules::read(&files, &mut problems);
    problems.sort_by(|a, b| a.order().cmp(&b.order()));
    problems.dedup();
    let right = problems.iter().all(|p| p.severity == Severity::Warning);
    let texts = texts.into_iter().map(|w| (w.language, w.texts)).collect();
    let loaded = match (settings, raw_rules, rules, importer) {
        (Some(settings), Some(raw_rules), Some(rules), Some(importer)) if right => {
            let (importer, warnings) = (Arc::new(importer), problems.clone());
            let mut read = of_settings;
            let revision = revision::of(&files, &merged, &mut read);
            let kept = Arc::new(Kept::of(RuleSource { rules: raw_rules.clone(), calendars: raw_calendars }, &read));
            Some(Loaded {
                dir: dir.map(Path::to_owned),
                seen: files.seen().clone(),
                revision,
                settings,
                rules,
                raw_rules,
                kept,
                texts,
                importer,
                disruptions,
                schedules,
                couriers,
                warnings,
            })
        }
        _ => None,
    };
    Reading { loaded, problems }
}

#[cfg(test)]
mod tests;
