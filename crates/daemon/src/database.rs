//! Opening the configured database: where its file lies, how its password is found, how many connections it gets.
//!
//! Deliberately absent: what is stored (`parcelward-store`).

use crate::config::{Connect, DatabaseUrl, Loaded, Settings};
use anyhow::Context;
use parcelward_casework::instant::Instant;
use parcelward_store::{NewRevision, SharedStore, Store, StoreError, StoreOptions};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What of this process's surroundings matters: folders that a service manager gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folders {
    /// Where a relative file of a database lies.
    pub(crate) state: Option<PathBuf>,
    /// Where a relative file of a password lies.
    pub(crate) credentials: Option<PathBuf>,
}

impl Folders {
    pub(crate) fn of_process() -> Self {
        let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Folders { state: folder("STATE_DIRECTORY"), credentials: folder("CREDENTIALS_DIRECTORY") }
    }

    /// The URL with everything in it, for the connection only. Nothing of the password stands in an error.
    pub(crate) fn resolve(&self, url: &DatabaseUrl, connect: &Connect) -> anyhow::Result<DatabaseUrl> {
        let url = url.expose();
        let file = url.strip_prefix("sqlite:").map(|file| file.trim_start_matches("//"));
        if let Some(file) = file {
            return Ok(DatabaseUrl::new(match &self.state {
                Some(state) if Path::new(file).is_relative() => format!("sqlite:{}", state.join(file).display()),
                _ => url.to_owned(),
            }));
        }
        let Some(file) = &connect.password_file else { return Ok(DatabaseUrl::new(url)) };
        let path = self.credentials.as_ref().map_or_else(|| file.clone(), |folder| folder.join(file));
        let read = std::fs::read_to_string(&path).with_context(|| format!("reading database.password_file `{}`", path.display()))?;
        let password = read.trim_end_matches(['\r', '\n']);
        anyhow::ensure!(!password.is_empty(), "database.password_file `{}` is empty", path.display());
        let sign = if url.contains('?') { '&' } else { '?' };
        Ok(DatabaseUrl::new(format!("{url}{sign}password={}", quoted(password))))
    }
}

/// Percent-encoded, for a query.
fn quoted(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            // Writing into a text does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// How many connections read, and how many write; one more is for instants.
pub(crate) fn options(connect: &Connect) -> StoreOptions {
    let shared = connect.connections.saturating_sub(1).max(2);
    let writers = (shared * 3 / 7).max(1);
    StoreOptions { readers: shared - writers, writers, ..StoreOptions::default() }
}

/// Opens the database of these settings.
///
/// # Errors
/// Where the password cannot be read or the database cannot be used.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<SharedStore> {
    let url = Folders::of_process().resolve(&settings.database, &settings.connect)?;
    let opened = parcelward_store::open(url.expose(), &options(&settings.connect)).await;
    opened.with_context(|| format!("opening the database `{}`", settings.database))
}

/// Notes a configuration that comes into force, as it is, so that what is decided under it can be explained later. Gives its number.
///
/// # Errors
/// Any [`StoreError`].
pub async fn note_revision(store: &dyn Store, config: &Loaded, who: &str, now: Instant) -> Result<u32, StoreError> {
    let (rules, files) = (config.kept.rules(), config.kept.files());
    let new = NewRevision { revision: &config.revision, who, rules: &rules, files: &files };
    let mut tries = 0;
    loop {
        match store.note_revision(&new, now).await {
            // Daemons that start together.
            Err(error) if error.is_transient() && tries < 20 => {
                tries += 1;
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            noted => return noted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(password_file: Option<&Path>, connections: u32) -> Connect {
        Connect { password_file: password_file.map(Path::to_owned), connections }
    }

    fn resolved(folders: &Folders, url: &str, file: Option<&Path>) -> anyhow::Result<String> {
        folders.resolve(&DatabaseUrl::new(url), &connect(file, 8)).map(|url| url.expose().to_owned())
    }

    #[test]
    fn a_relative_database_lies_in_the_state_folder() {
        let state = Folders { state: Some("/var/lib/parcelward".into()), credentials: None };
        let of = |url: &str| resolved(&state, url, None).unwrap();
        assert_eq!(of("sqlite:a.db"), "sqlite:/var/lib/parcelward/a.db");
        assert_eq!(of("sqlite://a.db"), "sqlite:/var/lib/parcelward/a.db");
        assert_eq!(of("sqlite:/x/a.db"), "sqlite:/x/a.db");
        assert_eq!(of("postgres://h/d"), "postgres://h/d");
        assert_eq!(resolved(&Folders::default(), "sqlite:a.db", None).unwrap(), "sqlite:a.db");
    }

    #[test]
    fn a_password_comes_from_its_file_and_is_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("pg"), "s3 cr&t/é\n").unwrap();
        let service = Folders { state: None, credentials: Some(dir.path().to_owned()) };
        for (folders, file) in [(&service, "pg".into()), (&service, dir.path().join("pg")), (&Folders::default(), dir.path().join("pg"))] {
            let url = resolved(folders, "postgres://ward@h/d", Some(&file)).unwrap();
            assert_eq!(url, "postgres://ward@h/d?password=s3%20cr%26t%2F%C3%A9");
            let url = resolved(folders, "postgres://ward@h/d?host=/run/pg", Some(&file)).unwrap();
            assert_eq!(url, "postgres://ward@h/d?host=/run/pg&password=s3%20cr%26t%2F%C3%A9");
            assert!(!format!("{} {0:?}", DatabaseUrl::new(url)).contains("s3"));
        }
        std::fs::write(dir.path().join("empty"), "\n").unwrap();
        for (name, why) in [("none", "reading database.password_file"), ("empty", "is empty")] {
            let said = format!("{:#}", resolved(&service, "postgres://ward:s3cret@h/d", Some(Path::new(name))).unwrap_err());
            assert!(said.contains(why) && said.contains(name) && !said.contains("s3cret"), "{said}");
        }
    }

    #[test]
    fn connections_are_shared_out_and_never_more_than_said() {
        for connections in 4..=100 {
            let options = options(&connect(None, connections));
            assert_eq!(options.readers + options.writers + 1, connections);
            assert!(options.readers >= 2 && options.writers >= 1, "{connections}: {options:?}");
        }
    }
}
