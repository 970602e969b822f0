//! The ledger of schedules: since when each is as it is, up to when its slots are accounted for, and what each run came to.
//!
//! Deliberately absent: which slots a schedule has, and whether a late one is still run; this only makes sure that each is decided once. The
//! questions are the same on every database, so they are written once and compiled for each.

use crate::StoreError;
use crate::rows::{Columns, at, bad_word, count};
use parcelward_casework::instant::Instant;

/// A schedule as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Its name in the configuration.
    pub name: String,
    /// A digest of what the configuration says of it.
    pub digest: String,
    /// Since when it says so: earlier slots are never run.
    pub since: Instant,
    /// Every slot up to here was run or passed over.
    pub upto: Instant,
    /// Slots that were passed over since it is as it is.
    pub skipped: u64,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Claimed; it runs, or waits for its turn.
    Running,
    /// Done.
    Ok,
    /// It failed; the message says why.
    Failed,
    /// It was not run; the message says why.
    Skipped,
    /// Its daemon ended while it ran.
    Lost,
}

impl RunState {
    /// Every one.
    pub const ALL: [RunState; 5] = [RunState::Running, RunState::Ok, RunState::Failed, RunState::Skipped, RunState::Lost];

    /// The persisted word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Ok => "ok",
            RunState::Failed => "failed",
            RunState::Skipped => "skipped",
            RunState::Lost => "lost",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What a caller wants to do with the slots of a schedule between two instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotClaim {
    /// The schedule.
    pub schedule: String,
    /// Its digest, as the caller knows it.
    pub digest: String,
    /// Up to when slots are accounted for, as the caller knows it.
    pub after: Instant,
    /// Up to when they are with this claim.
    pub upto: Instant,
    /// How many are passed over, those without a row of their own among them.
    pub skipped: u64,
    /// The rows, the earliest first.
    pub runs: Vec<SlotRun>,
}

/// A row to be written for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRun {
    /// The slot.
    pub slot: Instant,
    /// How many slots before it are passed over without a row of their own.
    pub skipped: u64,
    /// Why it is not run itself, where it is not.
    pub passed_over: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// Where it stands now.
    pub state: RunState,
    /// In a sentence.
    pub message: String,
    /// What it found, as JSON.
    pub report: Option<String>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// The schedule.
    pub schedule: String,
    /// The slot: when it was due; of one by hand, when it was asked for.
    pub slot: Instant,
    /// When it was claimed.
    pub claimed_at: Instant,
    /// Where it stands.
    pub state: RunState,
    /// The boot of the daemon that has it.
    pub boot_id: String,
    /// A person asked for it.
    pub by_hand: bool,
    /// How many slots before it were passed over without a row of their own.
    pub skipped: u64,
    /// When it started.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// How it ended, in a sentence.
    pub message: Option<String>,
    /// What it found, as JSON.
    pub report: Option<String>,
}

pub(crate) fn schedule_row(row: &impl Columns) -> Result<ScheduleRow, StoreError> {
    Ok(ScheduleRow {
        name: row.text("name")?.to_owned(),
        digest: row.text("digest")?.to_owned(),
        since: at(row, "since")?,
        upto: at(row, "upto")?,
        skipped: count(row, "skipped")?,
    })
}

pub(crate) fn run_row(row: &impl Columns) -> Result<RunRow, StoreError> {
    let text = |column: &str| Ok::<_, StoreError>(row.text_or_none(column)?.map(str::to_owned));
    let instant = |column: &str| Ok::<_, StoreError>(row.number_or_none(column)?.map(Instant::from_millis));
    Ok(RunRow {
        schedule: row.text("schedule")?.to_owned(),
        slot: at(row, "slot")?,
        claimed_at: at(row, "claimed_at")?,
        state: RunState::from_word(row.text("state")?).ok_or_else(|| bad_word("state"))?,
        boot_id: row.text("boot_id")?.to_owned(),
        by_hand: row.number("by_hand")? != 0,
        skipped: count(row, "skipped")?,
        started_at: instant("started_at")?,
        ended_at: instant("ended_at")?,
        message: text("message")?,
        report: text("report")?,
    })
}

/// The questions, for a connection with `on` and `query`.
macro_rules! questions {
    ($link:ty) => {
        use crate::ledger::{RunRow, ScheduleRow, run_row, schedule_row};
        use crate::read::Page;
        use crate::rows::{all, page};
        use crate::{MAX_PAGE, StoreError};
        use parcelward_casework::instant::Instant;

        pub(crate) async fn schedules(link: &mut $link) -> Result<Vec<ScheduleRow>, StoreError> {
            let rows = link.query("SELECT name, digest, since, upto, skipped FROM schedule ORDER BY name");
            all(&rows.fetch_all(link.on()).await?, schedule_row)
        }

        pub(crate) async fn open_runs(link: &mut $link) -> Result<Vec<RunRow>, StoreError> {
            let rows = link.query(
                "SELECT schedule, slot, claimed_at, state, boot_id, by_hand, skipped, started_at, ended_at, message, NULL AS report \
                 FROM schedule_run WHERE state = 'running' ORDER BY schedule, slot LIMIT $1",
            );
            all(&rows.bind(i64::from(MAX_PAGE)).fetch_all(link.on()).await?, run_row)
        }

        pub(crate) async fn runs(
            link: &mut $link,
            schedule: &str,
            before: Option<Instant>,
            limit: u32,
        ) -> Result<Page<RunRow, Instant>, StoreError> {
            let limit = limit.clamp(1, MAX_PAGE);
            let rows = link.query(
                "SELECT schedule, slot, claimed_at, state, boot_id, by_hand, skipped, started_at, ended_at, message, report \
                 FROM schedule_run WHERE schedule = $1 AND slot < $2 ORDER BY slot DESC LIMIT $3",
            );
            let rows = rows.bind(schedule).bind(before.map_or(i64::MAX, Instant::millis)).bind(i64::from(limit));
            Ok(page(all(&rows.fetch_all(link.on()).await?, run_row)?, limit, |run| run.slot))
        }
    };
}
pub(crate) use questions;

/// Everything, for a connection inside a transaction that writes.
macro_rules! ledger {
    ($link:ty) => {
        crate::ledger::questions!($link);
        use crate::ledger::{RunEnd, SlotClaim};
        use crate::rows::place;
        use std::collections::BTreeSet;

        pub(crate) async fn adopt_schedules(
            link: &mut $link,
            named: &[(String, String)],
            now: Instant,
        ) -> Result<Vec<ScheduleRow>, StoreError> {
            let mut sorted: Vec<&(String, String)> = named.iter().collect();
            sorted.sort();
            for (name, digest) in sorted {
                let adopt = link.query(
                    "INSERT INTO schedule (name, digest, since, upto, skipped) VALUES ($1, $2, $3, $3, 0) ON CONFLICT (name) DO UPDATE \
                     SET digest = excluded.digest, since = excluded.since, upto = excluded.upto, skipped = 0 \
                     WHERE schedule.digest <> excluded.digest",
                );
                adopt.bind(name).bind(digest).bind(now.millis()).execute(link.on()).await?;
            }
            let names: BTreeSet<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
            let (kept, gone): (Vec<_>, Vec<_>) = schedules(link).await?.into_iter().partition(|row| names.contains(row.name.as_str()));
            for row in gone {
                link.query("DELETE FROM schedule WHERE name = $1").bind(row.name).execute(link.on()).await?;
            }
            Ok(kept)
        }

        pub(crate) async fn claim_slots(
            link: &mut $link,
            boot_id: &str,
            claims: &[SlotClaim],
            now: Instant,
        ) -> Result<Vec<Option<Vec<Instant>>>, StoreError> {
            let mut answers = Vec::with_capacity(claims.len());
            for claim in claims {
                let advance =
                    link.query("UPDATE schedule SET upto = $1, skipped = skipped + $2 WHERE name = $3 AND digest = $4 AND upto = $5");
                let advance = advance.bind(claim.upto.millis()).bind(place(claim.skipped)).bind(&claim.schedule);
                let advanced = advance.bind(&claim.digest).bind(claim.after.millis()).execute(link.on()).await?;
                if advanced.rows_affected() != 1 {
                    answers.push(None);
                    continue;
                }
                let mut slots = Vec::with_capacity(claim.runs.len());
                for run in &claim.runs {
                    let insert = link.query(
                        "INSERT INTO schedule_run (schedule, slot, claimed_at, state, boot_id, skipped, ended_at, message) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                    );
                    let (state, ended) = match &run.passed_over {
                        None => ("running", None),
                        Some(_) => ("skipped", Some(now.millis())),
                    };
                    let insert = insert.bind(&claim.schedule).bind(run.slot.millis()).bind(now.millis()).bind(state).bind(boot_id);
                    let insert = insert.bind(place(run.skipped)).bind(ended).bind(run.passed_over.as_deref());
                    if insert.execute(link.on()).await?.rows_affected() == 1 {
                        slots.push(run.slot);
                    }
                }
                answers.push(Some(slots));
            }
            Ok(answers)
        }

        pub(crate) async fn claim_by_hand(link: &mut $link, boot_id: &str, schedule: &str, now: Instant) -> Result<bool, StoreError> {
            let insert = link.query(
                "INSERT INTO schedule_run (schedule, slot, claimed_at, state, boot_id, by_hand) VALUES ($1, $2, $2, 'running', $3, 1) \
                 ON CONFLICT DO NOTHING",
            );
            Ok(insert.bind(schedule).bind(now.millis()).bind(boot_id).execute(link.on()).await?.rows_affected() == 1)
        }

        pub(crate) async fn start_run(link: &mut $link, schedule: &str, slot: Instant, now: Instant) -> Result<(), StoreError> {
            let start = link.query("UPDATE schedule_run SET started_at = $1 WHERE schedule = $2 AND slot = $3");
            start.bind(now.millis()).bind(schedule).bind(slot.millis()).execute(link.on()).await?;
            Ok(())
        }

        pub(crate) async fn end_run(link: &mut $link, schedule: &str, slot: Instant, end: &RunEnd, now: Instant) -> Result<(), StoreError> {
            let done = link.query(
                "UPDATE schedule_run SET state = $1, message = $2, report = $3, ended_at = $4 \
                 WHERE schedule = $5 AND slot = $6 AND state = 'running'",
            );
            let done = done.bind(end.state.word()).bind(&end.message).bind(end.report.as_deref()).bind(now.millis());
            done.bind(schedule).bind(slot.millis()).execute(link.on()).await?;
            Ok(())
        }

        pub(crate) async fn forget_runs(link: &mut $link, before: Instant) -> Result<u64, StoreError> {
            let forget = link.query("DELETE FROM schedule_run WHERE claimed_at < $1 AND state <> 'running'");
            Ok(forget.bind(before.millis()).execute(link.on()).await?.rows_affected())
        }
    };
}
pub(crate) use ledger;
