//! `parcelward check`: says everything that is wrong with the configuration. Needs no network and no database.

use super::{ConfigArgs, print};
use crate::config::{self, Look, Problem};
use anyhow::Context;
use jiff::civil::Date;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `check` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every problem is told in one run, with its file, line and column. Errors stand in the way of a start; warnings do not.\n\
    Needs no network and no database.\n\n\
    Exit status: 0 everything is right, 1 something is wrong."
)]
pub struct Args {
    /// Folder with your own values, as with --config
    #[arg(conflicts_with = "dir")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print an array of problems as JSON, for editors
    #[arg(long, conflicts_with = "short")]
    json: bool,
    /// Print one line a problem
    #[arg(long)]
    short: bool,
    /// Let a warning be as bad as an error
    #[arg(long)]
    deny_warnings: bool,
    /// The day for which calendars must reach far enough (default: today)
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
}

/// Prints the problems, or that there are none.
///
/// # Errors
/// Where nothing can be printed.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = args.folder.as_deref().or(args.config.dir.as_deref());
    let today = args.today.unwrap_or_else(config::today);
    let reading = config::read(dir, config::environment(), Some(today));
    let problems: Vec<Problem> = reading.problems.into_iter().map(|p| p.below(dir)).collect();
    let failed = reading.loaded.is_none() || args.deny_warnings && !problems.is_empty();
    if args.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&config::json(&problems)).context("writing JSON")?))?;
    } else {
        tell(&problems, args.short);
        if let Some(loaded) = reading.loaded {
            print(&right(&loaded, dir))?;
        }
        if !problems.is_empty() {
            eprintln!("{} in the configuration", config::summary(&problems));
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(problems: &[Problem], short: bool) {
    if short {
        problems.iter().for_each(|problem| eprintln!("{problem}"));
        return;
    }
    let terminal = console::Term::stderr();
    let width = terminal.size_checked().map_or(100, |(_, columns)| usize::from(columns).clamp(60, 140));
    let language = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let unicode = language.is_none_or(|l| !matches!(l.as_str(), "C" | "POSIX"));
    let look = Look { colour: std::io::stderr().is_terminal() && console::colors_enabled_stderr(), unicode, width };
    eprint!("{}", config::pretty(problems, look));
}

fn right(loaded: &config::Loaded, dir: Option<&Path>) -> String {
    let languages: Vec<&str> = loaded.texts.iter().map(|(language, _)| language.word()).collect();
    let (rules, tasks) = (loaded.raw_rules.rule.len(), loaded.raw_rules.task.len());
    let which = dir.map_or_else(|| "the built-in configuration".to_owned(), |dir| format!("the configuration in {}", dir.display()));
    format!("{which} can be used: {rules} rules, {tasks} kinds of task, texts in {}\n", languages.join(" and "))
}
