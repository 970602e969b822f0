//! Which database a command works on, and a runtime to do so.

use super::ConfigArgs;
use crate::config::{Connect, DatabaseUrl};
use crate::database::{Folders, options};
use anyhow::Context;
use parcelward_store::SharedStore;
use std::path::Path;

/// Connections of a command: it works alone, beside daemons that need theirs.
const CONNECTIONS: u32 = 4;

/// The state folder of the packaged service (`StateDirectory=parcelward`).
const PACKAGED_STATE: &str = "/var/lib/parcelward";

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
    /// gave one; else in the working directory, or where the packaged service has it.
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
        let here = Folders::of_process();
        let resolved = here.resolve(&url, &connect)?;
        if here.state.is_some() || file_of(&resolved).is_none_or(Path::is_file) {
            return Ok(resolved);
        }
        // Whoever asks from a shell has no folder from the service manager: the database of the packaged service is the one that is meant.
        let service = Folders { state: Some(PACKAGED_STATE.into()), ..here }.resolve(&url, &connect)?;
        Ok(if file_of(&service).is_some_and(Path::is_file) { service } else { resolved })
    }

    /// Opens it. A file that is not there is an error, not a new database.
    pub(super) async fn open(&self) -> anyhow::Result<SharedStore> {
        let url = self.url()?;
        if let Some(file) = file_of(&url) {
            anyhow::ensure!(
                file.is_file(),
                "there is no database `{}`; name it with --database or --config (that of the packaged service, in {PACKAGED_STATE}, may be read by root)",
                file.display()
            );
        }
        let connect = Connect { password_file: None, connections: CONNECTIONS };
        parcelward_store::open(url.expose(), &options(&connect)).await.with_context(|| format!("opening the database `{url}`"))
    }
}

/// The file of an SQLite database.
fn file_of(url: &DatabaseUrl) -> Option<&Path> {
    Some(Path::new(url.expose().strip_prefix("sqlite:")?.trim_start_matches("//")))
}

/// Runs a command's work to its end.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?.block_on(work)
}
