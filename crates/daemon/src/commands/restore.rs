//! `parcelward restore`: brings a copy of the database back.

use super::database::{DatabaseArgs, block_on};
use super::print;
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// Stop every daemon first. The database gets a new incarnation: what a courier was asked after the copy was made is not in it, so from
/// then on nothing unconfirmed is sent before it was looked up.
///
/// For a database on a server: bring the copy back with the server's own tools, then run this without a file.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The copy, as `parcelward backup` made it
    #[arg(value_name = "FILE")]
    from: Option<PathBuf>,
    /// Put it in the place of a database that is there; that one is kept under another name
    #[arg(long)]
    replace: bool,
}

/// Brings it back.
///
/// # Errors
/// Where it was not brought back; the database is then as it was.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let restored = block_on(async {
        let url = args.database.url()?;
        parcelward_store::restore(url.expose(), args.from.as_deref(), args.replace).await.context("bringing the database back")
    })?;
    print(&format!("the database is incarnation {}\n", restored.incarnation))?;
    if let Some(before) = restored.before {
        print(&format!("the one that was there before is {}\n", before.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
