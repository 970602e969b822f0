//! `parcelward check`: says everything that is wrong with the configuration. Needs no network and no database.

use super::{ConfigArgs, print};
use std::process::ExitCode;

/// What `check` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Needs no network and no database.\n\nExit status: 0 everything is right, 1 something is wrong.")]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Prints the problems, or that there are none.
///
/// # Errors
/// Where nothing can be printed.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match args.config.load() {
        Ok(loaded) => {
            let languages: Vec<&str> = loaded.texts.iter().map(|(language, _)| language.word()).collect();
            let (rules, tasks) = (loaded.raw_rules.rule.len(), loaded.raw_rules.task.len());
            print(&format!("the configuration is right: {rules} rules, {tasks} kinds of task, texts in {}\n", languages.join(" and ")))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            for problem in &problems.0 {
                eprintln!("{problem}");
            }
            let n = problems.0.len();
            eprintln!("{n} problem{} in the configuration", if n == 1 { "" } else { "s" });
            Ok(ExitCode::FAILURE)
        }
    }
}
