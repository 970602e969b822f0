//! A schedule, compiled: when it fires, what it does, and what becomes of slots that were missed.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use parcelward_casework::instant::Length;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What becomes of slots that nobody swept in time: the daemon did not run, the machine slept, the clock jumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// They are passed over.
    None,
    /// The newest is run, for all of them.
    Once,
    /// The newest so many are run, in their order.
    All(u32),
}

/// What becomes of a slot whose predecessor still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// It is passed over.
    Skip,
    /// It waits for its turn.
    Queue,
}

/// A schedule as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleSpec {
    /// Its name.
    pub name: String,
    /// Six fields: second, minute, hour, day of month, month, day of week (0 and 7 are Sunday).
    pub cron: String,
    /// A zone of the IANA database (`Asia/Shanghai`).
    pub zone: String,
    /// What it does.
    pub job: String,
    /// What becomes of missed slots.
    pub catch_up: CatchUp,
    /// What becomes of a slot whose predecessor runs.
    pub overlap: Overlap,
    /// By how much the installation shifts its firings at most: always by the same length, so that their distances stay.
    pub jitter: Length,
    /// Whether it fires.
    pub enabled: bool,
    /// What the job is told.
    pub options: Map<String, Value>,
}

/// Why a schedule cannot be compiled.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadSchedule {
    /// The times cannot be read.
    #[error("{0}")]
    Cron(String),
    /// There is no such day.
    #[error("it never fires: no day is as it says")]
    Never,
    /// The zone is not in the database.
    #[error("there is no time zone `{0}`")]
    Zone(String),
}

/// A compiled schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub(super) spec: ScheduleSpec,
    pub(super) cron: Cron,
    pub(super) zone: TimeZone,
    digest: String,
}

impl Schedule {
    /// Compiles it.
    ///
    /// # Errors
    /// [`BadSchedule`].
    pub fn new(spec: ScheduleSpec) -> Result<Self, BadSchedule> {
        let fields = spec.cron.split_whitespace().count();
        if fields != 6 {
            return Err(BadSchedule::Cron(format!(
                "has {fields} fields, but must have 6: second, minute, hour, day of month, month, day of week, such as `0 0 9 * * *`"
            )));
        }
        let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build();
        let cron = parser.parse(&spec.cron).map_err(|error| BadSchedule::Cron(format!("cannot be read: {}", in_words(&error))))?;
        let zone = TimeZone::get(&spec.zone).map_err(|_| BadSchedule::Zone(spec.zone.clone()))?;
        let epoch = chrono::DateTime::<chrono::Utc>::UNIX_EPOCH;
        if cron.find_next_occurrence(&epoch, true).is_err() {
            return Err(BadSchedule::Never);
        }
        let digest = digest(&spec);
        Ok(Schedule { spec, cron, zone, digest })
    }

    /// As it is written.
    #[must_use]
    pub const fn spec(&self) -> &ScheduleSpec {
        &self.spec
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Its zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Of everything that is written of it: another one is another schedule, from that moment on.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// By how much its firings come after their slots. The same on every daemon of a database, another on another database.
    #[must_use]
    pub fn shift(&self, seed: &str) -> Length {
        let most = self.spec.jitter.as_millis().max(0);
        if most == 0 {
            return Length::millis(0);
        }
        let hash = Sha256::digest(format!("{seed}/{}", self.spec.name));
        let number = hash.iter().take(6).fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
        Length::millis(number % most)
    }
}

fn in_words(error: &croner::errors::CronError) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("Invalid pattern: ").or_else(|| text.strip_prefix("Component error: ")).unwrap_or(&text);
    text.trim_end_matches('.').to_owned()
}

fn digest(spec: &ScheduleSpec) -> String {
    let text = format!(
        "{}\n{}\n{}\n{:?}\n{:?}\n{}\n{}",
        spec.cron.split_whitespace().collect::<Vec<_>>().join(" "),
        spec.zone,
        spec.job,
        spec.catch_up,
        spec.overlap,
        spec.jitter.as_millis(),
        Value::Object(spec.options.clone())
    );
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
