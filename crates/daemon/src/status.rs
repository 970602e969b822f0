//! What the daemons on a database say of themselves, and what waits there: for `parcelward status` and `GET /v1/status` alike.
//!
//! Deliberately absent: how it is shown to a person.

use crate::reload::REFUSED;
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::presence::BEAT;
use parcelward_store::{Counts, DaemonRow, LaneNote};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Daemons that are shown.
pub const SHOWN: u32 = 100;
/// Signs of life that may fail to come before a daemon counts as silent.
const MISSED_BEATS: i64 = 4;

/// How the daemons on a database are, and what waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Status {
    /// A random word that changes when the database is restored from a copy.
    pub incarnation: String,
    /// The daemons that were heard of last, the newest first.
    pub daemons: Vec<DaemonStatus>,
    /// What waits.
    pub waiting: Waiting,
    /// For how long the daemons that work have had different configurations, in milliseconds; absent (`null`) where they have one.
    pub configurations_differ_ms: Option<i64>,
}

/// A daemon.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DaemonStatus {
    /// A random word for its process.
    pub boot_id: String,
    /// What people call it.
    pub name: String,
    /// Of which version it is.
    pub version: String,
    /// The revision of the configuration by which it works.
    pub config_revision: String,
    /// It could not read its configuration again and keeps the old one.
    pub config_refused: bool,
    /// Why, in a line.
    pub config_refused_because: Option<String>,
    /// `works`, `failing` or `silent`.
    pub state: &'static str,
    /// When it was started.
    pub started_at: String,
    /// When it was last heard of.
    pub heard_of_at: String,
    /// How late its wake lane is, in milliseconds.
    pub lag_ms: u64,
    /// Batches that it wrote.
    pub batches: u64,
    /// Why it cannot write, while it cannot.
    pub failing: Option<String>,
    /// Why it doubts its clock, while it does.
    pub clock_in_doubt: Option<String>,
    /// Its courier lanes, by account.
    #[schema(value_type = Object)]
    pub lanes: BTreeMap<String, LaneNote>,
}

/// What waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Waiting {
    /// Case files that are due and not woken.
    pub overdue_case_files: u64,
    /// How late the most overdue one is, in milliseconds.
    pub overdue_ms: u64,
    /// Case files that the wake lane leaves out.
    pub set_aside: u64,
    /// Facts that wait for their order.
    pub parked_facts: u64,
    /// Facts that came too late: their order had left into an archive. `parcelward retention list` shows them.
    pub late_facts: u64,
}

impl Status {
    /// From what the database holds.
    #[must_use]
    pub fn of(daemons: &[DaemonRow], counts: &Counts, incarnation: &str, now: Instant) -> Self {
        let view = |d: &DaemonRow| DaemonStatus {
            boot_id: d.boot_id.clone(),
            name: d.name.clone(),
            version: d.version.clone(),
            config_revision: in_force(d).to_owned(),
            config_refused: d.revision.ends_with(REFUSED),
            config_refused_because: d.notes.refused.clone().filter(|_| d.revision.ends_with(REFUSED)),
            state: state(d, now),
            started_at: d.started_at.to_string(),
            heard_of_at: d.beat_at.to_string(),
            lag_ms: d.lag_ms,
            batches: d.batches,
            failing: d.failing.clone(),
            clock_in_doubt: d.notes.clock.clone(),
            lanes: d.notes.lanes.clone(),
        };
        Status {
            incarnation: incarnation.to_owned(),
            daemons: daemons.iter().map(view).collect(),
            waiting: Waiting {
                overdue_case_files: counts.overdue_files,
                overdue_ms: counts.overdue_ms,
                set_aside: counts.set_aside,
                parked_facts: counts.parked_facts,
                late_facts: counts.late_facts,
            },
            configurations_differ_ms: differ_for(daemons, now).map(Length::as_millis),
        }
    }
}

/// Whether nothing was heard of a daemon for so long that it counts as gone.
#[must_use]
pub fn is_silent(daemon: &DaemonRow, now: Instant) -> bool {
    let beat = i64::try_from(BEAT.as_millis()).unwrap_or(i64::MAX);
    now.since(daemon.beat_at) > Length::millis(beat * MISSED_BEATS)
}

/// How long the daemons that are heard of have worked by different configurations; `None` where they do not.
#[must_use]
pub fn differ_for(daemons: &[DaemonRow], now: Instant) -> Option<Length> {
    let at_work = || daemons.iter().filter(|daemon| !is_silent(daemon, now));
    let first = at_work().next()?;
    if at_work().all(|daemon| in_force(daemon) == in_force(first)) {
        return None;
    }
    // Since the last of them took up its own.
    let since = at_work().filter_map(|daemon| daemon.notes.revision_since_ms).max()?;
    Some(now.since(Instant::from_millis(since)).max(Length::ZERO))
}

/// The revision by which a daemon works, whether or not it could read its configuration again since.
#[must_use]
pub fn in_force(daemon: &DaemonRow) -> &str {
    daemon.revision.trim_end_matches(REFUSED)
}

/// `works`, `failing` or `silent`.
#[must_use]
pub fn state(daemon: &DaemonRow, now: Instant) -> &'static str {
    match (is_silent(daemon, now), &daemon.failing) {
        (true, _) => "silent",
        (false, Some(_)) => "failing",
        (false, None) => "works",
    }
}
