//! `parcelward completions` and `parcelward man`: what a shell and a reader need of the command line, made from the command line itself.

use super::{CommandLine, print};
use anyhow::Context;
use clap::CommandFactory;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `completions` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "bash: parcelward completions bash > /etc/bash_completion.d/parcelward")]
pub struct Args {
    /// bash, zsh, fish, elvish or powershell
    #[arg(hide_possible_values = true)]
    shell: clap_complete::Shell,
}

/// What `man` is given.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Folder in which one page a command is written; it is made where it is not there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Prints the completions of a shell.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "parcelward", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the manual: `parcelward.1`, and `parcelward-tasks.1` and so on for the commands.
///
/// # Errors
/// Where a page cannot be written.
pub fn write_manual(args: &ManArgs) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(&args.dir).with_context(|| format!("making {}", args.dir.display()))?;
    let mut pages = 0;
    let mut command = CommandLine::command().disable_help_subcommand(true);
    command.build();
    write_page(&args.dir, &command, &mut pages)?;
    eprintln!("{pages} pages written to {}", args.dir.display());
    Ok(ExitCode::SUCCESS)
}

fn write_page(dir: &Path, command: &clap::Command, pages: &mut usize) -> anyhow::Result<()> {
    // Once built, a command's display name holds those above it: parcelward-task-done.
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let path = dir.join(format!("{name}.1"));
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page).with_context(|| format!("making {name}"))?;
    std::fs::write(&path, page).with_context(|| format!("writing {}", path.display()))?;
    *pages += 1;
    for below in command.get_subcommands() {
        write_page(dir, below, pages)?;
    }
    Ok(())
}
