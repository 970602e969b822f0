//! The way to a daemon for commands: where it answers, the token, and its problems in words.
//!
//! Commands are clients of the HTTP API like any other. Deliberately absent: what is asked and how it is shown (`commands`).

mod api;
pub mod explained;
pub mod model;
mod refusal;
pub mod show;
mod spool;
pub mod table;
pub mod text;

pub use api::{Answer, Api, ApiError, DEFAULT_URL, DaemonArgs};
pub(crate) use api::{CONTENT_LENGTH, CONTENT_TYPE};
pub use refusal::{Refusal, RefusedField};
pub use spool::{ReadFile, Spool, read_files};

use anyhow::Context;
use std::future::Future;

/// Runs what a command does over the network.
///
/// # Errors
/// What it fails with.
pub fn run<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?.block_on(command)
}

/// Who sits at this machine: the name under which things are told and done where nobody says another.
#[must_use]
pub fn local_user() -> Option<String> {
    let name = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}
