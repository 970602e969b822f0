//! `parcelward status`: the daemons that work on the database, and what waits.

use super::database::{DatabaseArgs, block_on};
use super::print;
use crate::reload::REFUSED;
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::presence::BEAT;
use parcelward_scheduler::{Clock, WallClock};
use parcelward_store::{Counts, DaemonRow};
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::ExitCode;

/// Asks the database, so it works on any machine that reaches it. Exit status 0 where a daemon works and none fails, else 1.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Daemons that are shown.
const SHOWN: u32 = 100;
/// Signs of life that may fail to come before a daemon counts as silent.
const MISSED_BEATS: i64 = 4;

/// Shows it.
///
/// # Errors
/// Where the database cannot be asked.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let now = WallClock.now();
    let (daemons, counts, incarnation) = block_on(async {
        let store = args.database.open().await?;
        let shown = (store.daemons(SHOWN).await?, store.counts(now).await?, store.incarnation().await?);
        store.close().await;
        Ok(shown)
    })?;
    let working = daemons.iter().filter(|daemon| !is_silent(daemon, now)).count();
    let well = working > 0 && daemons.iter().all(|daemon| is_silent(daemon, now) || daemon.failing.is_none());
    print(&if args.json { as_json(&daemons, &counts, &incarnation, now)? } else { as_text(&daemons, &counts, &incarnation, now) })?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_silent(daemon: &DaemonRow, now: Instant) -> bool {
    let beat = i64::try_from(BEAT.as_millis()).unwrap_or(i64::MAX);
    now.since(daemon.beat_at) > Length::millis(beat * MISSED_BEATS)
}

fn state(daemon: &DaemonRow, now: Instant) -> &'static str {
    match (is_silent(daemon, now), &daemon.failing) {
        (true, _) => "silent",
        (false, Some(_)) => "failing",
        (false, None) => "works",
    }
}

fn as_json(daemons: &[DaemonRow], counts: &Counts, incarnation: &str, now: Instant) -> anyhow::Result<String> {
    let daemons: Vec<_> = daemons
        .iter()
        .map(|d| {
            json!({
                "boot_id": d.boot_id, "name": d.name, "version": d.version, "config_revision": d.revision.trim_end_matches(REFUSED), "config_refused": d.revision.ends_with(REFUSED), "state": state(d, now),
                "started_at": d.started_at.to_string(), "heard_of_at": d.beat_at.to_string(), "lag_ms": d.lag_ms, "batches": d.batches,
                "failing": d.failing,
            })
        })
        .collect();
    let waiting = json!({
        "overdue_case_files": counts.overdue_files, "overdue_ms": counts.overdue_ms, "set_aside": counts.set_aside,
        "parked_facts": counts.parked_facts,
    });
    Ok(serde_json::to_string_pretty(&json!({ "incarnation": incarnation, "daemons": daemons, "waiting": waiting }))? + "\n")
}

fn as_text(daemons: &[DaemonRow], counts: &Counts, incarnation: &str, now: Instant) -> String {
    let mut out = String::new();
    let seconds = |ms: i64| format!("{}.{} s", ms / 1000, ms % 1000 / 100);
    let mut rows = vec![["NAME", "BOOT", "STATE", "VERSION", "CONFIG", "UP SINCE", "HEARD OF", "LAG", "BATCHES"].map(str::to_owned)];
    for d in daemons {
        let boot = d.boot_id.chars().take(8).collect();
        let config = if d.revision.is_empty() { "-".to_owned() } else { d.revision.chars().take(13).collect() };
        let heard = format!("{} ago", seconds(now.since(d.beat_at).as_millis().max(0)));
        let lag = seconds(i64::try_from(d.lag_ms).unwrap_or(i64::MAX));
        let (state, since) = (state(d, now).to_owned(), d.started_at.to_string());
        rows.push([d.name.clone(), boot, state, d.version.clone(), config, since, heard, lag, d.batches.to_string()]);
    }
    let mut widths = [0; 9];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let line: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(out, "{}", line.join("  ").trim_end());
    }
    for d in daemons.iter().filter(|d| !is_silent(d, now)) {
        if let Some(why) = &d.failing {
            let _ = writeln!(out, "{} fails: {why}", d.name);
        }
    }
    let at_work: Vec<&DaemonRow> = daemons.iter().filter(|d| !is_silent(d, now)).collect();
    for d in at_work.iter().filter(|d| d.revision.ends_with(REFUSED)) {
        let _ = writeln!(out, "{} could not read its configuration again and keeps the old one; its log says why", d.name);
    }
    let revisions: BTreeSet<&str> = at_work.iter().map(|d| d.revision.trim_end_matches(REFUSED)).collect();
    if revisions.len() > 1 {
        let _ = writeln!(out, "the daemons work with different configurations: {}", revisions.into_iter().collect::<Vec<_>>().join(", "));
    }
    if daemons.is_empty() {
        let _ = writeln!(out, "no daemon works on this database");
    }
    let late = seconds(i64::try_from(counts.overdue_ms).unwrap_or(i64::MAX));
    let _ = writeln!(
        out,
        "{} case files are due and not woken, the oldest for {late}; {} are set aside; {} facts wait for their order",
        counts.overdue_files, counts.set_aside, counts.parked_facts
    );
    let _ = writeln!(out, "incarnation {incarnation}");
    out
}
