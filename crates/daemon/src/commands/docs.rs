//! `parcelward docs`: the reference of rules and tasks, as Markdown, made from the shipped configuration.

use super::print;
use crate::reference;
use std::process::ExitCode;

/// The output is the committed `docs/rules.md` or `docs/tasks.md`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which reference
    what: What,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Every deadline rule: length, ladder, queue, source
    Rules,
    /// Every kind of task: queue, hours, outcomes, texts, steps
    Tasks,
}

/// Prints it.
///
/// # Errors
/// Where the shipped configuration cannot be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let shipped = crate::config::load_with(None, std::iter::empty())?;
    print(&match args.what {
        What::Rules => reference::rules(&shipped),
        What::Tasks => reference::tasks(&shipped),
    })?;
    Ok(ExitCode::SUCCESS)
}
