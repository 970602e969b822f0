//! `parcelward replay`: facts in, decisions out, with no database, no network and no courier call.
//!
//! Deliberately absent: reading and ordering the facts, and counting for `--summary` (`crate::replay`).

use super::ConfigArgs;
use crate::replay::{Ordered, Out, SpillShelf, Summary, play};
use anyhow::Context;
use parcelward_casework::instant::Instant;
use parcelward_casework::replay::Player;
use parcelward_casework::rules::Ladder;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `replay` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Facts are taken in the order of recordedtime, else time; a file in another order is sorted first. \
    Bad lines and conflicts go to standard error with line, source, id and field; the good lines are replayed all the same.\n\n\
    Exit status: 0 every line was good, 1 some were not, 2 could not be replayed.")]
pub struct Args {
    /// Facts as JSON Lines; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Let the clock run on to this time, inclusive; the last fact's time where absent (2026-03-21T12:00:00+08:00)
    #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
    until: Option<Instant>,
    /// Print counts by case, task and deadline rule instead of the decisions
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Replays. Exit status 1 where a line was bad, in conflict or named nothing.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let loaded = match args.config.load() {
        Ok(loaded) => loaded,
        Err(problems) => anyhow::bail!("the configuration is not right\n{problems}"),
    };
    let facts = if args.file == Path::new("-") { Ordered::of_stream(io::stdin().lock()) } else { Ordered::of_file(&args.file) };
    let facts = facts.with_context(|| format!("reading {}", args.file.display()))?;
    let mut player = Player::new(&loaded.rules, SpillShelf::default());
    let mut reports = io::stderr().lock();
    let outcome = if args.summary {
        let mut summary = Summary::new(at_due_rules(&loaded.rules));
        let outcome = play(
            facts,
            &mut player,
            args.until,
            &mut |d| {
                summary.count(&d);
                Ok(())
            },
            &mut reports,
        );
        let outcome = outcome.context("replaying")?;
        super::print(&summary.to_string())?;
        outcome
    } else {
        let mut out = Out::start(|| io::stdout().lock())?;
        let played = play(facts, &mut player, args.until, &mut |d| out.push(d), &mut reports);
        // Where writing failed, its own error is the one to tell.
        match out.finish().and(played) {
            // A reader that has seen enough (`| head`) is no error.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            other => other.context("replaying")?,
        }
    };
    Ok(if outcome.reported > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The rules whose due time is a moment to look, not a breach.
pub(super) fn at_due_rules(rules: &parcelward_casework::rules::Rules) -> Vec<String> {
    let ids = parcelward_casework::rules::rule_ids().into_iter();
    let platform =
        |prefix: &str| parcelward_casework::words::Platform::ALL.iter().copied().find(|p| prefix.is_empty() || p.rule_prefix() == prefix);
    ids.filter(|(_, prefix, kind)| {
        let version = platform(prefix).and_then(|p| rules.version(*kind, p, Instant::MAX));
        version.is_some_and(|v| v.ladder == Ladder::AtDue)
    })
    .map(|(id, _, _)| id)
    .collect()
}
