//! `/v1/schedules`: what is done at fixed times, when next, and what came of it.
//!
//! Deliberately absent: changing a schedule. It is the configuration's.

use super::app::App;
use super::params::{Params, Path, Query};
use super::problem::{Kind, Problem, shown};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use parcelward_casework::instant::Instant;
use parcelward_scheduler::cron::{CatchUp, Known, Overlap, Schedule, Timetable, TimetableError};
use parcelward_store::RunRow;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most firings of one list.
const MOST: u32 = 500;

/// A moment, as a local clock shows it (a schedule's own; else that of Asia/Shanghai).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Moment {
    /// The instant.
    pub at: String,
    /// On that clock, with its offset: `2026-03-10 09:00:00 +08:00`.
    pub local: String,
    /// In UTC: `2026-03-10 01:00:00`.
    pub utc: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunItem {
    /// When it was due; by hand, when it was asked for.
    pub slot: Moment,
    /// `running`, `ok`, `failed`, `skipped` or `lost` (its daemon ended while it ran).
    pub state: &'static str,
    /// A person asked for it.
    pub by_hand: bool,
    /// How many slots before it were passed over without a line of their own.
    pub skipped: u64,
    /// When it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// How it ended, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What it found; `text` is for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub report: Option<Value>,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScheduleItem {
    /// Its name.
    pub name: String,
    /// What it does.
    pub job: String,
    /// Six fields: second, minute, hour, day of month, month, day of week.
    pub cron: String,
    /// Its time zone.
    pub zone: String,
    /// `none`, `once` or `all`.
    pub catch_up: &'static str,
    /// How many are made up for, with `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catch_up_max: Option<u32>,
    /// `skip` or `queue`.
    pub overlap: &'static str,
    /// By how many seconds its firings come after their slots here.
    pub shift_seconds: i64,
    /// Whether it fires.
    pub enabled: bool,
    /// Another daemon works by another configuration, whose wording holds.
    pub contested: bool,
    /// Since when it is as it is: no earlier slot is ever run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Slots that were passed over since then.
    pub skipped: u64,
    /// The next slot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Moment>,
    /// The newest run, without its report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<RunItem>,
}

/// Every schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScheduleList {
    /// By name.
    pub items: Vec<ScheduleItem>,
}

/// A firing to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FiringItem {
    /// The schedule.
    pub schedule: String,
    /// What it does.
    pub job: String,
    /// When.
    pub slot: Moment,
    /// Seconds until then.
    pub seconds_left: i64,
}

/// Firings to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FiringList {
    /// The next one first.
    pub items: Vec<FiringItem>,
}

/// The runs of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunPage {
    /// The newest first.
    pub items: Vec<RunItem>,
    /// Give this as `before` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A run that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StartedRun {
    /// The schedule.
    pub schedule: String,
    /// The instant under which it is kept.
    pub slot: Moment,
}

/// How many.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct FiringQuery {
    /// How many, 1 to 500 (20).
    limit: Option<u32>,
}

/// Which runs.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct RunQuery {
    /// Runs of a page, 1 to 500 (20).
    limit: Option<u32>,
    /// Before this slot: the `next` of the page before (RFC 3339).
    before: Option<String>,
}

/// Lists schedules.
#[utoipa::path(get, path = "/v1/schedules", operation_id = "list_schedules", tag = "schedules", responses((status = 200, description = "Every schedule", body = ScheduleList)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<ScheduleList>, Problem> {
    let now = app.now();
    let mut items = Vec::new();
    for known in timetable(&app)?.known().await {
        let last = app.store.runs(known.schedule.name(), None, 1).await?.rows.into_iter().next();
        items.push(item(&known, last, now));
    }
    Ok(Json(ScheduleList { items }))
}

/// Lists firings to come.
#[utoipa::path(get, path = "/v1/firings", operation_id = "list_firings", tag = "schedules", params(FiringQuery), responses((status = 200, description = "The next firings of all schedules", body = FiringList)))]
pub async fn next(State(app): State<Arc<App>>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Json<FiringList>, Problem> {
    let mut params = Params::new(pairs);
    let limit = params.number("limit", 1, MOST, 20) as usize;
    params.finish()?;
    let now = app.now();
    let known = timetable(&app)?.known().await;
    let firing: Vec<&Arc<Schedule>> = known.iter().filter(|k| k.schedule.spec().enabled && !k.contested).map(|k| &k.schedule).collect();
    // Each schedule's next slot; the earliest is taken, and its schedule asked again.
    let mut next: Vec<(Instant, &Arc<Schedule>)> = firing.iter().filter_map(|s| Some((s.next_after(now)?, *s))).collect();
    let mut items = Vec::new();
    while items.len() < limit {
        let Some((at, (slot, schedule))) = next.iter().copied().enumerate().min_by_key(|(_, (slot, s))| (*slot, s.name())) else { break };
        let seconds_left = slot.since(now).as_millis().div_euclid(1000);
        let (name, job) = (schedule.name().to_owned(), schedule.spec().job.clone());
        items.push(FiringItem { schedule: name, job, slot: moment(schedule, slot), seconds_left });
        match schedule.next_after(slot) {
            Some(later) => next[at].0 = later,
            None => drop(next.swap_remove(at)),
        }
    }
    Ok(Json(FiringList { items }))
}

/// Runs a schedule now, beside its own times and whether it is switched on or not.
#[utoipa::path(
    post, path = "/v1/schedules/{name}/run", operation_id = "run_schedule", tag = "schedules", params(("name" = String, Path, description = "The schedule")),
    responses(
        (status = 202, description = "It runs; what came of it is among its runs", body = StartedRun),
        (status = 404, description = "There is no such schedule", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A run has not ended yet", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn run(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<(StatusCode, Json<StartedRun>), Problem> {
    let schedule = find(&app, &name)?;
    let slot = timetable(&app)?.run_now(&name).await.map_err(|error| match error {
        TimetableError::Unknown => nothing(&name),
        TimetableError::Busy => Problem::new(Kind::Conflict).detail(error.to_string()),
        TimetableError::Store(error) => error.into(),
    })?;
    Ok((StatusCode::ACCEPTED, Json(StartedRun { schedule: name, slot: moment(&schedule, slot) })))
}

/// Lists the runs of a schedule, with their reports.
#[utoipa::path(
    get, path = "/v1/schedules/{name}/runs", operation_id = "list_runs", tag = "schedules",
    params(("name" = String, Path, description = "The schedule"), RunQuery),
    responses(
        (status = 200, description = "A page of runs", body = RunPage),
        (status = 404, description = "There is no such schedule, and there was none", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn runs(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<RunPage>, Problem> {
    let mut params = Params::new(pairs);
    let limit = params.number("limit", 1, MOST, 20);
    let before = params.instant("before");
    params.finish()?;
    let schedule = find(&app, &name)?;
    let page = app.store.runs(&name, before, limit).await?;
    let items = page.rows.into_iter().map(|run| run_item(&schedule, run)).collect();
    Ok(Json(RunPage { items, next: page.next.map(|slot| slot.to_string()) }))
}

fn timetable(app: &App) -> Result<&Timetable, Problem> {
    app.timetable().ok_or_else(|| Problem::new(Kind::Unavailable).detail("the schedules are not at work yet"))
}

fn find(app: &App, name: &str) -> Result<Arc<Schedule>, Problem> {
    app.config().schedules.iter().find(|schedule| schedule.name() == name).cloned().ok_or_else(|| nothing(name))
}

fn nothing(name: &str) -> Problem {
    Problem::not_found(format!("there is no schedule `{}`", shown(name)))
}

fn item(known: &Known, last: Option<RunRow>, now: Instant) -> ScheduleItem {
    let (schedule, spec) = (&known.schedule, known.schedule.spec());
    let (catch_up, catch_up_max) = match spec.catch_up {
        CatchUp::None => ("none", None),
        CatchUp::Once => ("once", None),
        CatchUp::All(most) => ("all", Some(most)),
    };
    let fires = spec.enabled && !known.contested;
    ScheduleItem {
        name: spec.name.clone(),
        job: spec.job.clone(),
        cron: spec.cron.clone(),
        zone: spec.zone.clone(),
        catch_up,
        catch_up_max,
        overlap: match spec.overlap {
            Overlap::Skip => "skip",
            Overlap::Queue => "queue",
        },
        shift_seconds: known.shift.as_millis() / 1000,
        enabled: spec.enabled,
        contested: known.contested,
        since: known.row.as_ref().map(|row| row.since.to_string()),
        skipped: known.row.as_ref().map_or(0, |row| row.skipped),
        next: fires.then(|| schedule.next_after(now)).flatten().map(|slot| moment(schedule, slot)),
        last: last.map(|run| RunItem { report: None, ..run_item(schedule, run) }),
    }
}

fn run_item(schedule: &Schedule, run: RunRow) -> RunItem {
    RunItem {
        slot: moment(schedule, run.slot),
        state: run.state.word(),
        by_hand: run.by_hand,
        skipped: run.skipped,
        started_at: run.started_at.map(|at| at.to_string()),
        ended_at: run.ended_at.map(|at| at.to_string()),
        message: run.message,
        report: run.report.and_then(|text| serde_json::from_str(&text).ok()),
    }
}

fn moment(schedule: &Schedule, at: Instant) -> Moment {
    let stamp = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    let offset = schedule.zone().to_offset(stamp);
    let (sign, minutes) = (if offset.seconds() < 0 { '-' } else { '+' }, offset.seconds().unsigned_abs() / 60);
    let read = offset.to_datetime(stamp).strftime("%Y-%m-%d %H:%M:%S");
    let local = format!("{read} {sign}{:02}:{:02}", minutes / 60, minutes % 60);
    Moment { at: at.to_string(), local, utc: stamp.strftime("%Y-%m-%d %H:%M:%S").to_string() }
}
