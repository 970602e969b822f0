//! `parcelward courier`: what is configured of couriers, and whether an account works.

mod list;
mod probe;
mod table;

pub(crate) use probe::{ask_within, verdict_of_error};

use clap::Subcommand;
use std::process::ExitCode;

/// What `courier` is given.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: CourierCommand,
}

/// What is done.
#[derive(Debug, Subcommand)]
enum CourierCommand {
    /// Show who can be asked for what, and what is off and why
    List(list::Args),
    /// Ask a courier about a number that belongs to no parcel, and say in words what comes of it
    Probe(probe::Args),
}

/// Runs it.
///
/// # Errors
/// Where the configuration is wrong or names no such courier.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        CourierCommand::List(args) => list::run(args),
        CourierCommand::Probe(args) => probe::run(args),
    }
}
