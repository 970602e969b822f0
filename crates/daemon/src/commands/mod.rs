//! The command line. One file a command: its arguments, its help, and what it does.
//!
//! To add a command: a file here with an `Args` struct and `run`, a line in [`Command`], a line in [`run`].

pub mod apply;
pub mod backup;
pub mod board;
pub mod case;
pub mod check;
pub mod completions;
pub mod config;
pub mod courier;
pub mod database;
pub mod demo;
pub mod docs;
pub mod doctor;
pub mod explain;
pub mod export;
pub mod import;
pub mod order;
pub mod plan;
pub mod record;
pub mod replay;
pub mod restore;
pub mod schedule;
pub mod serve;
pub mod simulate_couriers;
pub mod status;
pub mod task;
pub mod tasks;
pub mod track;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// What every command that reads the configuration asks for.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ConfigArgs {
    /// Folder with your own values; each replaces the shipped one of the same key
    #[arg(long = "config", value_name = "DIR", env = "PARCELWARD_CONFIG", hide_env_values = true)]
    pub dir: Option<PathBuf>,
}

impl ConfigArgs {
    /// Loads the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self) -> Result<crate::config::Loaded, crate::config::Problems> {
        let dir = self.dir.as_deref();
        crate::config::load(dir).map_err(|found| found.below(dir))
    }
}

/// Watches the after-sales parcels of Chinese e-commerce merchants: it is told facts, and puts a task in front of a person
/// while there is still time, before each platform and courier deadline.
#[derive(Debug, Parser)]
#[command(name = "parcelward", version, max_term_width = 110, subcommand_required = true, arg_required_else_help = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon: take facts over HTTP, wake what falls due, serve the tasks
    Serve(serve::Args),
    /// Look through the configuration and say everything that is wrong with it
    Check(check::Args),
    /// Show the configuration that holds, or write the shipped files out to edit them
    Config(config::Args),
    /// Show what another configuration would do to what is open, before it does it
    Plan(plan::Args),
    /// Put another configuration in force, without a restart
    Apply(apply::Args),
    /// Replay facts and print what is decided, with no database and no network
    Replay(replay::Args),
    /// List what waits for people, the least time left first
    Tasks(tasks::Args),
    /// Show a task, or say what was done with tasks
    Task(task::Args),
    /// Show a case with its tasks, deadlines and courier operations
    Case(case::Args),
    /// Show everything about an order, with its timeline
    Order(order::Args),
    /// Show how much of what is open
    Board(board::Args),
    /// Say why a task, deadline, case or operation is as it is: rule, sums, facts
    Explain(explain::Args),
    /// Show what is done at fixed times, when next, and what came of it; run it now
    Schedule(schedule::Args),
    /// Read merchants' files (CSV, XLSX, JSON Lines) and tell the daemon their facts
    Import(import::Args),
    /// Write every fact that the daemon holds, as JSON Lines that replay
    Export(export::Args),
    /// Tell the daemon a fact: a promise, a buyer's wish, evidence, a scan, a storm, …
    Record(Box<record::Args>),
    /// Run a sample shop on a daemon of its own and watch it; leaves nothing behind
    Demo(demo::Args),
    /// Serve all ten carriers' interfaces on this machine, to try against
    SimulateCouriers(simulate_couriers::Args),
    /// Print the reference of deadline rules or of tasks, as Markdown
    Docs(docs::Args),
    /// Print what a shell needs to complete commands
    Completions(completions::Args),
    /// Write the manual pages
    Man(completions::ManArgs),
    /// Show who can be asked for what at couriers, or try an account
    Courier(courier::Args),
    /// Ask a courier where a parcel is, and show its scans
    Track(track::Args),
    /// Show the daemons that work on the database, and what waits
    Status(status::Args),
    /// Copy the database while it is in use
    Backup(backup::Args),
    /// Bring a copy of the database back
    Restore(restore::Args),
    /// Look through the database for what should not be, and put it right where told
    Doctor(doctor::Args),
}

/// Runs a command and gives the exit status: 0 done, 1 done with something to report, 2 not done.
#[must_use]
pub fn run(line: CommandLine) -> ExitCode {
    let result = match line.command {
        Command::Serve(args) => serve::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Tasks(args) => tasks::run(&args),
        Command::Task(args) => task::run(&args),
        Command::Case(args) => case::run(&args),
        Command::Order(args) => order::run(&args),
        Command::Board(args) => board::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Schedule(args) => schedule::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::SimulateCouriers(args) => simulate_couriers::run(&args),
        Command::Docs(args) => docs::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => completions::write_manual(&args),
        Command::Courier(args) => courier::run(&args),
        Command::Track(args) => track::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Doctor(args) => doctor::run(&args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("parcelward: {error:#}");
        ExitCode::from(2)
    })
}

/// Writes a command's result to standard output. A reader that stops reading (`| head`) is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(anyhow::Error::new(e).context("writing to standard output")),
        _ => Ok(()),
    }
}
