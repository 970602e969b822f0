//! Which database a command works on, and a runtime to do so.

use super::ConfigArgs;
use anyhow::Context;
use parcelward_store::{SharedStore, StoreOptions};
use std::path::Path;

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
    /// Its URL. A file with a relative name lies in the state folder, where the service manager gave one.
    pub(super) fn url(&self) -> anyhow::Result<String> {
        let url = match &self.database {
            Some(url) => url.clone(),
            None => self.config.load()?.settings.database.expose().to_owned(),
        };
        let state = std::env::var_os("STATE_DIRECTORY");
        Ok(match (url.strip_prefix("sqlite:").map(|file| file.trim_start_matches("//")), state) {
            (Some(file), Some(state)) if Path::new(file).is_relative() => format!("sqlite:{}", Path::new(&state).join(file).display()),
            _ => url,
        })
    }

    /// Opens it. A file that is not there is an error, not a new database.
    pub(super) async fn open(&self) -> anyhow::Result<SharedStore> {
        let url = self.url()?;
        if let Some(file) = url.strip_prefix("sqlite:").map(|file| file.trim_start_matches("//")) {
            anyhow::ensure!(Path::new(file).is_file(), "there is no database `{file}`");
        }
        parcelward_store::open(&url, &StoreOptions::default()).await.context("opening the database")
    }
}

/// Runs a command's work to its end.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?.block_on(work)
}
