//! Opening a store by its URL.

use crate::{SharedStore, StoreError};
use std::path::Path;
use std::sync::Arc;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Connections that read.
    pub readers: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions { readers: 4 }
    }
}

/// Opens a store, creates it where it is missing, and brings its tables up to date. `sqlite:PATH` (or `sqlite://PATH`) is a file; the
/// folder must be there.
///
/// # Errors
/// [`StoreError::Unavailable`] where it cannot be opened, [`StoreError::TooOld`] where library or schema do not fit this program,
/// [`StoreError::ReadOnly`] where it cannot be written.
pub async fn open(url: &str, options: &StoreOptions) -> Result<SharedStore, StoreError> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    match path {
        Some("" | ":memory:") => Err(StoreError::Unavailable("`sqlite:` needs the path of a file".to_owned())),
        Some(path) => Ok(Arc::new(crate::sqlite::open(Path::new(path), options).await?)),
        // The URL may bear a password: only its scheme is shown.
        None => Err(StoreError::Unavailable(format!(
            "`{}` is not a kind of database that this program knows (`sqlite:PATH` is)",
            url.split(':').next().unwrap_or_default()
        ))),
    }
}
