//! `parcelward status`: the daemons that work on the database, and what waits.

use super::database::{DatabaseArgs, block_on};
use super::print;
use crate::reload::REFUSED;
use crate::status::{SHOWN, Status, differ_for, in_force, is_silent, state};
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::{Clock, WallClock};
use parcelward_store::{Counts, DaemonRow};
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

/// How long daemons may work by different configurations without a word: a change is rolled out one after the other.
const DIFFER_AT_MOST: Length = Length::minutes(1);

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
    let json = || serde_json::to_string_pretty(&Status::of(&daemons, &counts, &incarnation, now)).map(|text| text + "\n");
    print(&if args.json { json()? } else { as_text(&daemons, &counts, &incarnation, now) })?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
        if let Some(why) = &d.notes.clock {
            let _ = writeln!(out, "{} doubts its clock: {why}", d.name);
        }
        for (name, lane) in &d.notes.lanes {
            let late = seconds(i64::try_from(lane.lag_ms).unwrap_or(i64::MAX));
            let why = lane.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let _ = writeln!(out, "{} lane {name} {}, {} waiting, the oldest for {late}{why}", d.name, lane.state, lane.waiting);
        }
    }
    let at_work: Vec<&DaemonRow> = daemons.iter().filter(|d| !is_silent(d, now)).collect();
    for d in at_work.iter().filter(|d| d.revision.ends_with(REFUSED)) {
        let why = d.notes.refused.as_deref().unwrap_or("its log says why");
        let _ = writeln!(out, "{} could not read its configuration again and keeps the old one: {why}", d.name);
    }
    if let Some(length) = differ_for(daemons, now).filter(|length| *length > DIFFER_AT_MOST) {
        let revisions: BTreeSet<&str> = at_work.iter().map(|d| in_force(d)).collect();
        let revisions = revisions.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "the daemons have worked by different configurations for {}: {revisions}", seconds(length.as_millis()));
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
    if counts.late_facts > 0 {
        let facts = if counts.late_facts == 1 { "1 fact has".to_owned() } else { format!("{} facts have", counts.late_facts) };
        let _ = writeln!(out, "{facts} come too late, for orders that had left into an archive; `parcelward retention list` shows them");
    }
    let _ = writeln!(out, "incarnation {incarnation}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_store::{DaemonNotes, LaneNote};

    fn at(seconds: i64) -> Instant {
        Instant::from_millis(1_773_000_000_000 + seconds * 1000)
    }

    fn daemon(name: &str, revision: &str, since: i64, beat: i64) -> DaemonRow {
        DaemonRow {
            boot_id: format!("{name}0123456789"),
            name: name.to_owned(),
            version: "1".to_owned(),
            revision: revision.to_owned(),
            started_at: at(0),
            beat_at: at(beat),
            lag_ms: 1500,
            batches: 7,
            failing: None,
            notes: DaemonNotes { revision_since_ms: Some(at(since).millis()), ..DaemonNotes::default() },
        }
    }

    fn counts() -> Counts {
        Counts {
            open_cases: Default::default(),
            open_tasks: Default::default(),
            running_deadlines: 0,
            parked_facts: 2,
            set_aside: 1,
            overdue_files: 3,
            overdue_ms: 61_500,
            late_facts: 0,
        }
    }

    #[test]
    fn each_daemon_is_shown_with_its_lanes_its_lag_and_what_it_doubts() {
        let mut one = daemon("one", "r1", 0, 99);
        one.notes.clock = Some("the clock jumped forward by 60 s; held for 41 s".to_owned());
        let lane =
            |state: &str, why: Option<&str>| LaneNote { state: state.to_owned(), waiting: 4, lag_ms: 90_000, why: why.map(str::to_owned) };
        one.notes.lanes = [("yto".to_owned(), lane("pauses", Some("it asked us to wait"))), ("sf".to_owned(), lane("works", None))].into();
        let daemons = [one, daemon("two", "r1", 0, 10)];
        let text = as_text(&daemons, &counts(), "abc", at(100));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("one") && lines[1].contains("works") && lines[1].contains("1.5 s"), "{text}");
        assert!(lines[2].starts_with("two") && lines[2].contains("silent") && lines[2].contains("90.0 s ago"), "{text}");
        for line in [
            "one doubts its clock: the clock jumped forward by 60 s; held for 41 s",
            "one lane sf works, 4 waiting, the oldest for 90.0 s",
            "one lane yto pauses, 4 waiting, the oldest for 90.0 s: it asked us to wait",
            "3 case files are due and not woken, the oldest for 61.5 s; 1 are set aside; 2 facts wait for their order",
            "incarnation abc",
        ] {
            assert!(lines.contains(&line), "{line}:\n{text}");
        }
        assert!(!text.contains("different configurations"), "{text}");
    }

    #[test]
    fn a_difference_of_configurations_is_said_after_a_minute() {
        let told = |now: i64, beat: i64| {
            let daemons = [daemon("one", "r1", 0, now), daemon("two", "r2", 30, beat)];
            let text = as_text(&daemons, &counts(), "abc", at(now));
            let lines: Vec<_> = text.lines().filter(|line| line.contains("different configurations")).map(str::to_owned).collect();
            assert!(lines.len() <= 1, "it is said once:\n{text}");
            (differ_for(&daemons, at(now)), lines.into_iter().next())
        };
        let said = |length: &str| Some(format!("the daemons have worked by different configurations for {length}: r1, r2"));
        assert_eq!(told(90, 90), (Some(Length::minutes(1)), None));
        assert_eq!(told(91, 91), (Some(Length::millis(61_000)), said("61.0 s")));
        assert_eq!(told(200, 100), (None, None), "one that is silent does not count");
    }

    #[test]
    fn a_daemon_that_refused_an_edit_works_by_the_same_configuration_as_before() {
        let mut daemons = [daemon("one", "r1", 0, 300), daemon("two", &format!("r1{REFUSED}"), 100, 300)];
        assert_eq!(differ_for(&daemons, at(300)), None);
        let text = as_text(&daemons, &counts(), "abc", at(300));
        assert!(text.contains("two could not read its configuration again and keeps the old one: its log says why"), "{text}");
        assert!(!text.contains("different configurations"), "{text}");
        daemons[1].notes.refused = Some("rules/a.toml:2:10: no length, and 2 more".to_owned());
        let text = as_text(&daemons, &counts(), "abc", at(300));
        assert!(
            text.contains("two could not read its configuration again and keeps the old one: rules/a.toml:2:10: no length, and 2 more"),
            "{text}"
        );
        let json = serde_json::to_value(Status::of(&daemons, &counts(), "abc", at(300))).unwrap();
        assert_eq!(
            (&json["daemons"][1]["config_refused"], &json["daemons"][0]["config_refused_because"]),
            (&true.into(), &serde_json::Value::Null)
        );
        assert_eq!(json["daemons"][1]["config_refused_because"], "rules/a.toml:2:10: no length, and 2 more");
    }

    #[test]
    fn facts_that_came_too_late_are_told_where_there_are_any() {
        let told = |late_facts: u64| {
            let counts = Counts { late_facts, ..counts() };
            let text = as_text(&[], &counts, "abc", at(0));
            let json = serde_json::to_value(Status::of(&[], &counts, "abc", at(0))).unwrap();
            assert_eq!(json["waiting"]["late_facts"], late_facts);
            text.lines().find(|line| line.contains("too late")).map(str::to_owned)
        };
        let said = |facts: &str| {
            Some(format!("{facts} come too late, for orders that had left into an archive; `parcelward retention list` shows them"))
        };
        assert_eq!((told(0), told(1), told(2)), (None, said("1 fact has"), said("2 facts have")));
    }
}
