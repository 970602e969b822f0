//! `parcelward backup`: copies the database while it is in use.

use super::database::{DatabaseArgs, block_on};
use super::print;
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// The copy is of one moment, whole and checked, or it is not there. For a database on a server the command says what to use instead.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

/// Makes the copy.
///
/// # Errors
/// Where there is none.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let made = block_on(async { parcelward_store::backup(args.database.url()?.expose(), &args.to).await.context("copying the database") })?;
    let (path, bytes) = (args.to.display(), made.bytes);
    print(&format!("{path}: {bytes} bytes, {} orders, {} lines of the journal; looked through and whole\n", made.files, made.lines))?;
    Ok(ExitCode::SUCCESS)
}
