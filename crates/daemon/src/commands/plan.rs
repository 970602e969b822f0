//! `parcelward plan`: what another configuration would do to what is open, before it does it.
//!
//! Deliberately absent: finding it out. The daemon does, by deciding every open case file as it would.

use crate::client::table::{Column, Look, Table, heading};
use crate::client::text::{local, local_short};
use crate::client::{Api, DaemonArgs};
use crate::config::ConfigFiles;
use crate::http::plan::{PlanAnswer, PlanRequest};
use crate::plan::{Plan, Shift};
use anyhow::Context;
use reqwest::Method;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Rows of a table that are shown without `--all`.
const SHOWN: usize = 12;

/// What `plan` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The folder is planned as a whole: it would take the place of the daemon's. A daemon has to run; nothing is changed.\n\n\
    Exit status: 0 shown, 2 not."
)]
pub struct Args {
    /// The folder with the configuration that is to come
    #[arg(long = "config", value_name = "DIR")]
    dir: PathBuf,
    /// List every row
    #[arg(long)]
    all: bool,
    /// Print the API's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs it.
///
/// # Errors
/// Where the folder cannot be read, the daemon does not answer, or the configuration is wrong.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.daemon.api()?;
    let files = files_of(&args.dir)?;
    let (json, answer) = crate::client::run(ask(&api, files, false))?;
    super::print(&if args.json { format!("{json}\n") } else { page(&answer.plan, if args.all { usize::MAX } else { SHOWN }) })?;
    Ok(ExitCode::SUCCESS)
}

/// The files of a folder, by their path below it.
pub(super) fn files_of(dir: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let files = ConfigFiles::new(Some(dir)).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let mut problems = Vec::new();
    let own = files.own(&mut problems);
    if let Some(problem) = problems.into_iter().next() {
        anyhow::bail!("{problem}");
    }
    anyhow::ensure!(!own.is_empty(), "`{}` holds no file of a configuration (parcelward.toml, rules/*.toml, …)", dir.display());
    Ok(own.into_iter().map(|(name, text)| (name, text.to_string())).collect())
}

/// Asks the daemon for a plan.
pub(super) async fn ask(api: &Api, files: BTreeMap<String, String>, with_files: bool) -> anyhow::Result<(String, PlanAnswer)> {
    let request = api.request(Method::POST, &["v1", "config", "plan"]).json(&PlanRequest { files, with_files });
    let answer = api.ask::<PlanAnswer>(request).await.context("planning the configuration")?;
    Ok((answer.json, answer.body))
}

/// A plan as people read it, at most `shown` rows a table.
pub(super) fn page(plan: &Plan, shown: usize) -> String {
    let mut out = format!("revision {} in force, {} planned, as of {}\n", plan.revision, plan.new_revision, local(&plan.at));
    for warning in &plan.warnings {
        // Writing into a text does not fail.
        let _ = writeln!(out, "{} {warning}", Look::Warning.on("warning:"));
    }
    settings(&mut out, plan, shown);
    what_happens(&mut out, plan);
    deadlines(&mut out, plan, shown);
    tasks(&mut out, plan, shown);
    if !plan.operations.is_empty() {
        let mut table = Table::new(&["ASKED FOR", "WAYBILL", "ORDER"].map(Column::new));
        plan.operations.iter().take(shown).for_each(|o| table.row(Look::Plain, &[&o.kind, &o.waybill, &o.order]));
        section(&mut out, "Couriers would be asked at once", &table, plan.operations.len(), plan.counts.operations, shown);
    }
    out
}

fn settings(out: &mut String, plan: &Plan, shown: usize) {
    if plan.settings.is_empty() {
        out.push_str("\nNo value differs from what is in force.\n");
        return;
    }
    let mut table = Table::new(&[
        Column::new("FILE"),
        Column::new("KEY").flexible(),
        Column::new("IN FORCE").flexible(),
        Column::new("PLANNED").flexible(),
        Column::new("SAID IN").leaves(1),
    ]);
    let none = "—".to_owned();
    for setting in plan.settings.iter().take(shown) {
        let [before, after] = [&setting.before, &setting.after].map(|value| value.as_ref().unwrap_or(&none));
        let place = setting.place.clone().unwrap_or_default();
        table.row(Look::Plain, &[&setting.part, &setting.key, before, after, &place]);
    }
    let count = plan.settings.len();
    section(out, "Values that change", &table, count, count as u64, shown);
    for key in &plan.at_next_start {
        let _ = writeln!(out, "`{key}` is read at a start only: it changes when the daemon is restarted");
    }
}

fn what_happens(out: &mut String, plan: &Plan) {
    let c = &plan.counts;
    out.push_str(&heading("With --open-deadlines move"));
    let _ = writeln!(out, "of {} running deadlines in {} open case files", c.running, c.case_files);
    let mut table = Table::new(&[Column::new("").right(), Column::new("")]);
    let alarm = |n: u64| if n > 0 { Look::Alarm } else { Look::Faint };
    let plain = |n: u64| if n > 0 { Look::Plain } else { Look::Faint };
    table.row(
        alarm(c.already_past),
        &[c.already_past.to_string(), "were due already by the new rules, and are breached at once".to_owned()],
    );
    table.row(plain(c.earlier), &[c.earlier.to_string(), "are due earlier".to_owned()]);
    table.row(plain(c.later), &[c.later.to_string(), "are due later".to_owned()]);
    table.row(plain(c.rungs), &[c.rungs.to_string(), "are due when they were; their rungs act at other times".to_owned()]);
    table.row(plain(c.tasks_open), &[c.tasks_open.to_string(), "tasks open at once".to_owned()]);
    table.row(plain(c.tasks_close), &[c.tasks_close.to_string(), "open tasks close at once".to_owned()]);
    table.row(plain(c.tasks_change), &[c.tasks_change.to_string(), "open tasks get another due time or urgency".to_owned()]);
    table.row(plain(c.operations), &[c.operations.to_string(), "courier operations are asked for at once".to_owned()]);
    out.push_str(&table.render());
    out.push_str("With --open-deadlines keep nothing that runs moves; clocks that start later go by the new rules.\n");
}

fn deadlines(out: &mut String, plan: &Plan, shown: usize) {
    if plan.deadlines.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        Column::new("MOVES"),
        Column::new("RULE"),
        Column::new("DUE"),
        Column::new("NEW DUE"),
        Column::new("NEXT RUNG"),
        Column::new("NEW RUNG"),
        Column::new("ORDER"),
        Column::new("ID").leaves(1),
    ]);
    for moved in plan.deadlines.iter().take(shown) {
        let (word, look) = match moved.shift {
            Shift::AlreadyPast => ("past", Look::Alarm),
            Shift::Earlier => ("earlier", Look::Warning),
            Shift::Later => ("later", Look::Plain),
            Shift::Rungs => ("rungs", Look::Plain),
        };
        let rung = |rungs: &[String]| rungs.first().map_or_else(|| "none left".to_owned(), |at| local_short(at));
        let (due, new_due) = (local_short(&moved.due_at), local_short(&moved.new_due_at));
        let (next, new_next) = (rung(&moved.rungs), rung(&moved.new_rungs));
        table.row(look, &[word, &moved.rule, &due, &new_due, &next, &new_next, &moved.order, &moved.deadline_id]);
    }
    let c = &plan.counts;
    let all = c.already_past + c.earlier + c.later + c.rungs;
    section(out, "Deadlines that move", &table, plan.deadlines.len(), all, shown);
}

fn tasks(out: &mut String, plan: &Plan, shown: usize) {
    if plan.tasks.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        Column::new("DUE"),
        Column::new("URGENCY"),
        Column::new("QUEUE"),
        Column::new("TASK").flexible(),
        Column::new("KIND").leaves(1),
        Column::new("ORDER"),
    ]);
    for task in plan.tasks.iter().take(shown) {
        let look = Look::of_urgency(&task.urgency);
        table.row(look, &[&local_short(&task.due_at), &task.urgency, &task.queue, &task.title, &task.kind, &task.order]);
    }
    section(out, "Tasks that open at once", &table, plan.tasks.len(), plan.counts.tasks_open, shown);
}

/// How many rows are not shown, and where they are to be had.
fn more(listed: usize, all: u64, shown: usize) -> String {
    let (hidden, beyond) = (listed.saturating_sub(shown), all.saturating_sub(listed as u64));
    match (hidden, beyond) {
        (0, 0) => String::new(),
        (_, 0) => format!("… and {hidden} more; --all lists them, --json too\n"),
        (0, _) => format!("… and {beyond} more, which are counted only: a plan lists {listed}\n"),
        _ => format!(
            "… and {hidden} more; --all lists them, --json too; and {beyond} beyond those, which are counted only: a plan lists {listed}\n"
        ),
    }
}

/// A table under its heading, and what of it is not shown.
fn section(out: &mut String, title: &str, table: &Table, listed: usize, all: u64, shown: usize) {
    out.push_str(&heading(&format!("{title} ({all})")));
    if shown > 0 {
        out.push_str(&table.render());
    }
    if shown > 0 {
        out.push_str(&more(listed, all, shown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_counted_and_found() {
        assert_eq!((more(12, 12, 12), more(3, 3, 12)), (String::new(), String::new()));
        assert_eq!(more(56, 56, 12), "… and 44 more; --all lists them, --json too\n");
        assert_eq!(more(10_000, 10_004, usize::MAX), "… and 4 more, which are counted only: a plan lists 10000\n");
        let both = "… and 9988 more; --all lists them, --json too; and 4 beyond those, which are counted only: a plan lists 10000\n";
        assert_eq!(more(10_000, 10_004, 12), both);
    }
}
