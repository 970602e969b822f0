//! `parcelward schedule`: what is done at fixed times, when next, and what came of it.

use crate::client::table::{Column, Look, Table, heading};
use crate::client::text::time_left;
use crate::client::{Api, DaemonArgs};
use parcelward_scheduler::{Clock, WallClock};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use std::process::ExitCode;
use std::time::Duration;

/// What `schedule` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "What stands in schedules/*.toml is told in docs/schedules.md.\n\nExit status: 0 done, 1 the run failed, 2 not done.",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Print the API's JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the schedules: when next, how the last run ended, how many slots were passed over
    List,
    /// List the firings to come, of all schedules together
    Next {
        /// How many
        #[arg(value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        count: u32,
    },
    /// Run a schedule now, beside its own times, and wait for what comes of it
    Run {
        /// The schedule
        name: String,
        /// Do not wait
        #[arg(long)]
        no_wait: bool,
    },
    /// List the runs of a schedule, and show the newest report
    History {
        /// The schedule
        name: String,
        /// How many
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Moment {
    at: String,
    local: String,
    utc: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Run {
    slot: Moment,
    state: String,
    by_hand: bool,
    skipped: u64,
    started_at: Option<String>,
    ended_at: Option<String>,
    message: Option<String>,
    report: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Schedule {
    name: String,
    job: String,
    cron: String,
    zone: String,
    enabled: bool,
    contested: bool,
    skipped: u64,
    next: Option<Moment>,
    last: Option<Run>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Firing {
    schedule: String,
    job: String,
    slot: Moment,
    seconds_left: i64,
}

#[derive(Debug, Deserialize)]
struct List<T> {
    items: Vec<T>,
}

#[derive(Debug, Deserialize)]
struct Started {
    slot: Moment,
}

/// How often it is asked whether a run has ended.
const LOOK: Duration = Duration::from_millis(200);

/// Runs it.
///
/// # Errors
/// Where the daemon does not answer, or refuses.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.daemon.api()?;
    match &args.what {
        What::List => {
            let request = api.request(Method::GET, &["v1", "schedules"]);
            let answer = crate::client::run(async { Ok(api.ask::<List<Schedule>>(request).await?) })?;
            super::print(&if args.json { answer.json + "\n" } else { list(&answer.body.items) })?;
        }
        What::Next { count } => {
            let request = api.request(Method::GET, &["v1", "firings"]).query(&[("limit", count)]);
            let answer = crate::client::run(async { Ok(api.ask::<List<Firing>>(request).await?) })?;
            super::print(&if args.json { answer.json + "\n" } else { next(&answer.body.items) })?;
        }
        What::Run { name, no_wait } => return run_now(&api, name, *no_wait, args.json),
        What::History { name, limit } => {
            let request = api.request(Method::GET, &["v1", "schedules", name, "runs"]).query(&[("limit", limit)]);
            let answer = crate::client::run(async { Ok(api.ask::<List<Run>>(request).await?) })?;
            super::print(&if args.json { answer.json + "\n" } else { history(&answer.body.items) })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn run_now(api: &Api, name: &str, no_wait: bool, json: bool) -> anyhow::Result<ExitCode> {
    let request = api.request(Method::POST, &["v1", "schedules", name, "run"]);
    let started = crate::client::run(async { Ok(api.ask::<Started>(request).await?) })?;
    if no_wait {
        let text = format!("`{name}` runs; `parcelward schedule history {name}` shows what comes of it\n");
        super::print(&if json { started.json + "\n" } else { text })?;
        return Ok(ExitCode::SUCCESS);
    }
    let slot = started.body.slot.at;
    let ended = crate::client::run(async {
        loop {
            let request = api.request(Method::GET, &["v1", "schedules", name, "runs"]).query(&[("limit", 20)]);
            let runs = api.ask::<List<Value>>(request).await?.body.items;
            match runs.into_iter().find(|run| run["slot"]["at"] == slot.as_str()) {
                Some(run) if run["state"] != "running" => return Ok(run),
                Some(_) => tokio::time::sleep(LOOK).await,
                None => anyhow::bail!("the run of `{name}` is not among the newest ones; see `parcelward schedule history {name}`"),
            }
        }
    })?;
    let run: Run = serde_json::from_value(ended.clone())?;
    let text = match report_text(&run) {
        Some(text) => text,
        None => format!("{}: {}\n", run.state, run.message.as_deref().unwrap_or_default()),
    };
    super::print(&if json { format!("{ended:#}\n") } else { text })?;
    Ok(if run.state == "ok" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list(schedules: &[Schedule]) -> String {
    let mut table = Table::new(&[
        Column::new("NAME"),
        Column::new("JOB").leaves(3),
        Column::new("CRON").leaves(2),
        Column::new("NEXT"),
        Column::new("UTC").leaves(1),
        Column::new("ZONE").leaves(0),
        Column::new("SKIPPED").right(),
        Column::new("LAST"),
        Column::new("RESULT").flexible(),
    ]);
    for schedule in schedules {
        let off = if schedule.contested { "by another daemon" } else { "off" };
        let next = schedule.next.as_ref().map_or(off, |next| &next.local);
        let utc = schedule.next.as_ref().map_or("", |next| &next.utc);
        let last = schedule.last.as_ref();
        let look = match last.map(|run| run.state.as_str()) {
            _ if !schedule.enabled => Look::Faint,
            Some("failed" | "lost") => Look::Alarm,
            Some("skipped") => Look::Warning,
            _ => Look::Plain,
        };
        let skipped = if schedule.skipped == 0 { String::new() } else { schedule.skipped.to_string() };
        let when = last.map_or("", |run| &run.slot.local);
        let result = last.map(result).unwrap_or_default();
        let cells = [&schedule.name, &schedule.job, &schedule.cron, next, utc, &schedule.zone, &skipped, when, &result];
        table.row(look, &cells.map(str::to_owned));
    }
    if table.is_empty() { "no schedule is configured\n".to_owned() } else { table.render() }
}

fn next(firings: &[Firing]) -> String {
    let columns = [Column::new("LEFT"), Column::new("LOCAL"), Column::new("UTC"), Column::new("NAME"), Column::new("JOB")];
    let mut table = Table::new(&columns);
    for firing in firings {
        table.row(Look::Plain, &[&time_left(firing.seconds_left), &firing.slot.local, &firing.slot.utc, &firing.schedule, &firing.job]);
    }
    if table.is_empty() { "nothing will fire: no schedule is switched on\n".to_owned() } else { table.render() }
}

fn history(runs: &[Run]) -> String {
    let mut table = Table::new(&[
        Column::new("DUE"),
        Column::new("UTC").leaves(0),
        Column::new("TOOK").right().leaves(1),
        Column::new("SKIPPED").right(),
        Column::new("RESULT").flexible(),
    ]);
    for run in runs {
        let look = match run.state.as_str() {
            "failed" | "lost" => Look::Alarm,
            "skipped" => Look::Faint,
            _ => Look::Plain,
        };
        let skipped = if run.skipped == 0 { String::new() } else { run.skipped.to_string() };
        table.row(look, &[&run.slot.local, &run.slot.utc, &took(run), &skipped, &result(run)]);
    }
    if table.is_empty() {
        return "it has not run yet\n".to_owned();
    }
    let mut out = table.render();
    if let Some((run, text)) = runs.iter().find_map(|run| Some((run, report_text(run)?))) {
        out.push_str(&heading(&format!("Report of {}", run.slot.local)));
        out.push_str(&text);
    }
    out
}

/// `ok: 3 tasks due …`, with who asked for it.
fn result(run: &Run) -> String {
    let hand = if run.by_hand { " (by hand)" } else { "" };
    match (run.state.as_str(), &run.message) {
        ("running", _) if run.started_at.is_none() => format!("waits for its turn{hand}"),
        (state, Some(message)) => format!("{state}{hand}: {message}"),
        (state, None) => format!("{state}{hand}"),
    }
}

fn took(run: &Run) -> String {
    let at = |text: &Option<String>| text.as_deref().and_then(|text| parcelward_casework::instant::Instant::parse(text).ok());
    let Some(started) = at(&run.started_at) else { return String::new() };
    let until = at(&run.ended_at).unwrap_or_else(|| WallClock.now());
    let ms = until.since(started).as_millis().max(0);
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// The report as people read it, with one end of line; without control characters, since names in it come from files.
fn report_text(run: &Run) -> Option<String> {
    let text = run.report.as_ref()?.get("text")?.as_str()?;
    let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    Some(format!("{}\n", text.trim_end()))
}
