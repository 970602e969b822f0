//! `parcelward docs`: the reference of rules and tasks, as Markdown, made from the shipped configuration.

use super::print;
use crate::reference;
use std::process::ExitCode;

/// What `docs` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// rules: every deadline rule with length, ladder, queue and source; tasks: every kind of task with outcomes, texts and steps;
    /// settings: every key of every file of the configuration
    #[arg(hide_possible_values = true)]
    what: What,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Every deadline rule.
    Rules,
    /// Every kind of task.
    Tasks,
    /// Every key of the configuration.
    Settings,
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
        What::Settings => reference::settings(),
    })?;
    Ok(ExitCode::SUCCESS)
}
