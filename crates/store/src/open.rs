//! Opening a store by its URL.

use crate::{SharedStore, StoreError};
use std::path::Path;
use std::sync::Arc;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Connections that read.
    pub readers: u32,
    /// Connections that write, on a database with several writers. One more is kept for instants.
    pub writers: u32,
    /// Whether statements may be prepared and named, on a server. Not through a pooler in transaction mode. The URL's
    /// `prepared_statements=false` says the same.
    pub prepared_statements: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions { readers: 4, writers: 3, prepared_statements: true }
    }
}

/// Opens a store, creates it where it is missing, and brings its tables up to date. `sqlite:PATH` (or `sqlite://PATH`) is a file; the
/// folder must be there. `postgres://…` is a database on a server; the database must be there, and its role must be allowed to create
/// tables in it.
///
/// # Errors
/// [`StoreError::Unavailable`] where it cannot be opened, [`StoreError::TooOld`] where library, server or schema do not fit this program,
/// [`StoreError::ReadOnly`] where it cannot be written.
pub async fn open(url: &str, options: &StoreOptions) -> Result<SharedStore, StoreError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(crate::postgres::open(url, options).await?));
    }
    match sqlite_path(url) {
        Some("" | ":memory:") => Err(StoreError::Unavailable("`sqlite:` needs the path of a file".to_owned())),
        Some(path) => Ok(Arc::new(crate::sqlite::open(Path::new(path), options).await?)),
        // The URL may bear a password: only its scheme is shown.
        None => Err(StoreError::Unavailable(format!(
            "`{}` is not a kind of database that this program knows (`sqlite:PATH` and `postgres://…` are)",
            url.split(':').next().unwrap_or_default()
        ))),
    }
}

/// The file of a URL that names one.
pub(crate) fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))
}
