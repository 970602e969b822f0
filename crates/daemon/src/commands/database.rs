//! Which database a command works on, and a runtime to do so.

use super::ConfigArgs;
use crate::config::{Connect, DatabaseUrl};
use crate::database::{Folders, options};
use anyhow::Context;
use parcelward_store::SharedStore;
use std::path::Path;

/// Connections of a command: it works alone, beside daemons that need theirs.
const CONNECTIONS: u32 = 4;

/// What every command that works on the database itself asks for.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DatabaseArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    /// The database instead of the configured one: `sqlite:FILE` or `postgres://…`
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl DatabaseArgs {
    /// Its URL, password included: for the connection only. A file with a relative name lies in the state folder, where the service manager
    /// gave one.
    pub(super) fn url(&self) -> anyhow::Result<DatabaseUrl> {
        let (url, connect) = match &self.database {
            Some(url) => (DatabaseUrl::new(url.as_str()), None),
            None => {
                let settings = self.config.load()?.settings;
                (settings.database, Some(settings.connect))
            }
        };
        // Another database than the configured one has its own password.
        let connect = connect.unwrap_or(Connect { password_file: None, connections: CONNECTIONS });
        Folders::of_process().resolve(&url, &connect)
    }

    /// Opens it. A file that is not there is an error, not a new database.
    pub(super) async fn open(&self) -> anyhow::Result<SharedStore> {
        let url = self.url()?;
        if let Some(file) = url.expose().strip_prefix("sqlite:").map(|file| file.trim_start_matches("//")) {
            anyhow::ensure!(Path::new(file).is_file(), "there is no database `{file}`");
        }
        let connect = Connect { password_file: None, connections: CONNECTIONS };
        parcelward_store::open(url.expose(), &options(&connect)).await.with_context(|| format!("opening the database `{url}`"))
    }
}

/// Runs a command's work to its end.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?.block_on(work)
}
