//! Opening the file: the library's version, the settings, the tables.

use super::SqliteStore;
use super::transaction::Pen;
use crate::kept::Kept;
use crate::{StoreError, StoreOptions};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlitePool};
use std::path::Path;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// The oldest library that is safe: before 3.51.3 a race while the write-ahead log is reset can lose a commit or damage the file, in just
/// this layout of one writer and several readers.
const OLDEST_LIBRARY: (u32, u32, u32) = (3, 51, 3);

/// Opens a file and brings its tables up to date.
pub(crate) async fn open(path: &Path, options: &StoreOptions) -> Result<SqliteStore, StoreError> {
    check_library().await?;
    create_private(path)?;
    let connect = settings(path);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not hang up: asking before each use would cost a round trip.
        .test_before_acquire(false)
        .connect_with(connect.clone())
        .await?;
    MIGRATIONS.run(&writer).await?;
    first_meta(&writer).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(options.readers.max(1))
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .connect_with(connect.pragma("query_only", "ON").pragma("cache_size", "-4000"))
        .await?;
    Ok(SqliteStore { writer: Pen::new(writer), waking: Kept::new(readers.clone()), readers })
}

fn settings(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        // More was measured to gain nothing: the system keeps the file's pages as well, and a daemon is to stay small.
        .pragma("cache_size", "-32000")
        // Copying the log home costs an extra wait for the disk, and a page that was written several times is copied once: every 80 MB is
        // often enough, and the log keeps no more than twice that.
        .pragma("wal_autocheckpoint", "20000")
        .pragma("journal_size_limit", "167772160")
        // A statement of many rows keeps what it changed until it has succeeded: in memory, not in a file beside the log.
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(256)
        .disable_statement_logging()
}

/// The file holds names and addresses: only its owner may read it. SQLite gives its side files the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut open = std::fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    match open.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => writable(path),
        Err(e) => Err(not_opened(path, &e)),
    }
}

/// Whether a file that is there can be written, without touching it: SQLite itself only says that it cannot open its side files.
fn writable(path: &Path) -> Result<(), StoreError> {
    std::fs::OpenOptions::new().write(true).open(path).map(drop).map_err(|e| not_opened(path, &e))
}

fn not_opened(path: &Path, error: &std::io::Error) -> StoreError {
    let said = format!("`{}`: {error}", path.display());
    match error.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => StoreError::ReadOnly(said),
        _ => StoreError::Unavailable(said),
    }
}

/// Asks the library before the file is touched.
async fn check_library() -> Result<(), StoreError> {
    let mut probe = SqliteConnectOptions::new().in_memory(true).disable_statement_logging().connect().await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut probe).await?;
    probe.close().await?;
    accept_library(&version)
}

fn accept_library(version: &str) -> Result<(), StoreError> {
    let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found >= OLDEST_LIBRARY {
        return Ok(());
    }
    let (a, b, c) = OLDEST_LIBRARY;
    Err(StoreError::TooOld(format!(
        "SQLite {version} is linked in, but at least {a}.{b}.{c} is needed: older versions can lose commits or damage the file when the \
         write-ahead log is reset while another connection reads"
    )))
}

/// The first opening gives the database its incarnation.
async fn first_meta(writer: &SqlitePool) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO db_meta (id, incarnation, clock_high_water, probed_at) VALUES (1, ?1, 0, 0) ON CONFLICT DO NOTHING")
        .bind(uuid::Uuid::new_v4().simple().to_string())
        .execute(writer)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_library_is_refused_with_the_reason() {
        for bad in ["3.46.0", "3.51.2", "2.99.99", "nonsense"] {
            assert!(accept_library(bad).unwrap_err().to_string().contains("3.51.3"), "{bad}");
        }
        for good in ["3.51.3", "3.52.0", "4.0.0"] {
            accept_library(good).unwrap();
        }
    }
}
