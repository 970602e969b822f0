//! The schedules of `schedules/`: what is done at fixed times.
//!
//! Deliberately absent: which times those are and what was run (`parcelward_scheduler::cron`), and what a job does (`jobs`).

use super::extract::Merged;
use super::files::ConfigFiles;
use super::problem::{Problem, dotted, nearest};
use crate::jobs::Job;
use parcelward_casework::instant::Length;
use parcelward_scheduler::cron::{BadSchedule, CatchUp, Overlap, Schedule, ScheduleSpec};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The zone of a schedule that names none.
const ZONE: &str = "Asia/Shanghai";
/// How many missed times are made up for at most, where nobody says.
const CATCH_UP_MOST: u32 = 10;
/// The most that may be said there, and the longest jitter.
const CATCH_UP_BOUND: u32 = 1000;
const JITTER_BOUND: Length = Length::hours(24);

/// A file of schedules as operators write it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSchedules {
    /// By name.
    pub schedule: BTreeMap<String, RawSchedule>,
}

/// A schedule as operators write it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSchedule {
    job: String,
    cron: String,
    #[serde(default)]
    zone: Option<String>,
    #[serde(default)]
    catch_up: Option<String>,
    #[serde(default)]
    catch_up_max: Option<u32>,
    #[serde(default)]
    overlap: Option<String>,
    #[serde(default)]
    jitter: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    options: Map<String, Value>,
}

fn yes() -> bool {
    true
}

/// The words of `catch_up`, and of `overlap`.
pub(super) const CATCH_UP: &[&str] = &["none", "once", "all"];
pub(super) const OVERLAP: &[&str] = &["skip", "queue"];

/// The schedules, by name.
pub(super) fn read(files: &ConfigFiles, problems: &mut Vec<Problem>) -> Vec<Arc<Schedule>> {
    let merged = Merged::of("schedules/*.toml", &files.folder("schedules", problems), problems);
    let raw: RawSchedules = merged.extract(problems).unwrap_or_default();
    raw.schedule.into_iter().filter_map(|(name, raw)| compiled(&merged, &name, raw, problems)).map(Arc::new).collect()
}

fn compiled(merged: &Merged, name: &str, raw: RawSchedule, problems: &mut Vec<Problem>) -> Option<Schedule> {
    let before = problems.len();
    let key = |field: &str| dotted(&["schedule", name, field].map(str::to_owned));
    let mut say = |field: &str, code: &'static str, message: String, meant: Option<&str>| {
        problems.push(merged.problem(&key(field), message).code(code).meant(meant));
    };
    let word_of = |field: &str,
                   given: &Option<String>,
                   known: &'static [&'static str],
                   usual: &'static str,
                   say: &mut dyn FnMut(&str, String, Option<&str>)| {
        let given = given.as_deref().unwrap_or(usual);
        known.iter().copied().find(|word| *word == given).unwrap_or_else(|| {
            say(
                field,
                format!("`{given}` is none of {}", super::problem::listed(known.iter().copied())),
                nearest(given, known.iter().copied()),
            );
            usual
        })
    };
    if !is_name(name) {
        let message = "a schedule's name has 1 to 60 characters, each a letter, a digit, `-` or `_`";
        say("job", "bad-value", message.to_owned(), None);
    }
    let job = Job::from_word(&raw.job);
    if job.is_none() {
        say("job", "unknown-name", format!("there is no job `{}`", raw.job), nearest(&raw.job, Job::WORDS.iter().copied()));
    }
    let mut unknown = |field: &str, message: String, meant: Option<&str>| say(field, "unknown-name", message, meant);
    let catch_up = word_of("catch_up", &raw.catch_up, CATCH_UP, "once", &mut unknown);
    let overlap = word_of("overlap", &raw.overlap, OVERLAP, "skip", &mut unknown);
    let most = raw.catch_up_max.unwrap_or(CATCH_UP_MOST);
    if raw.catch_up_max.is_some() && catch_up != "all" {
        say("catch_up_max", "contradiction", format!("is used with `all` only, and catch_up is `{catch_up}`"), None);
    }
    if !(1..=CATCH_UP_BOUND).contains(&most) {
        say("catch_up_max", "bad-value", format!("must be a whole number from 1 to {CATCH_UP_BOUND}"), None);
    }
    let jitter = match raw.jitter.as_deref().map(Length::parse) {
        None => Length::millis(0),
        Some(Ok(length)) if length <= JITTER_BOUND => length,
        Some(Ok(_)) => {
            say("jitter", "bad-length", format!("is longer than {JITTER_BOUND}"), None);
            Length::millis(0)
        }
        Some(Err(error)) => {
            say("jitter", "bad-length", error.to_string(), None);
            Length::millis(0)
        }
    };
    let spec = ScheduleSpec {
        name: name.to_owned(),
        cron: raw.cron,
        zone: raw.zone.unwrap_or_else(|| ZONE.to_owned()),
        job: raw.job,
        catch_up: match catch_up {
            "none" => CatchUp::None,
            "all" => CatchUp::All(most),
            _ => CatchUp::Once,
        },
        overlap: if overlap == "queue" { Overlap::Queue } else { Overlap::Skip },
        jitter,
        enabled: raw.enabled,
        options: raw.options,
    };
    if let Some(job) = job {
        options(merged, name, job, &spec.options, problems);
    }
    let schedule = Schedule::new(spec);
    if let Err(error) = &schedule {
        let (field, code) = match error {
            BadSchedule::Zone(_) => ("zone", "unknown-name"),
            BadSchedule::Cron(_) | BadSchedule::Never => ("cron", "bad-cron"),
        };
        let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        let meant = match error {
            BadSchedule::Zone(zone) => nearest(zone, zones.iter().map(String::as_str)),
            _ => None,
        };
        problems.push(merged.problem(&key(field), error.to_string()).code(code).meant(meant));
    }
    schedule.ok().filter(|_| problems.len() == before)
}

fn is_name(name: &str) -> bool {
    (1..=60).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Looks at what a job is told.
fn options(merged: &Merged, name: &str, job: Job, given: &Map<String, Value>, problems: &mut Vec<Problem>) {
    let key = |option: &str| dotted(&["schedule", name, "options", option].map(str::to_owned));
    let known: Vec<&str> = job.options().iter().map(|(option, ..)| *option).collect();
    for (option, value) in given {
        match job.options().iter().find(|(known, ..)| known == option) {
            None => problems.push(merged.unknown_key(&key(option), &known)),
            Some((_, wanted, ..)) => {
                if let Err(message) = wanted.check(value) {
                    problems.push(merged.problem(&key(option), message).code("bad-value"));
                }
            }
        }
    }
    for (option, _, needed, _) in job.options() {
        if *needed && !given.contains_key(*option) {
            let message = format!("is missing: `{}` needs it", job.word());
            problems.push(merged.problem_with_name(&key(option), message).code("missing"));
        }
    }
}
