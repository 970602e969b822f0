//! Errors of sqlx as [`StoreError`]s.
//!
//! SQLite's messages name tables and columns, never values; they may be shown. What PostgreSQL says may hold values: of its messages only
//! those are shown that cannot (`postgres::error`).

use crate::StoreError;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;

/// SQLite's result code without its extension.
fn sqlite_code(error: &dyn DatabaseError) -> i32 {
    error.code().and_then(|code| code.parse::<i32>().ok()).map_or(1, |code| code & 0xff)
}

fn of_sqlite(error: &dyn DatabaseError) -> StoreError {
    let message = error.message().to_owned();
    match sqlite_code(error) {
        // BUSY, LOCKED, INTERRUPT, PROTOCOL, SCHEMA
        5 | 6 | 9 | 15 | 17 => StoreError::Retry(message),
        // READONLY
        8 => StoreError::ReadOnly(message),
        // CORRUPT, NOTADB
        11 | 26 => StoreError::Corrupt(message),
        // FULL
        13 => StoreError::Full(message),
        // PERM, NOMEM, IOERR, CANTOPEN, AUTH
        3 | 7 | 10 | 14 | 23 => StoreError::Unavailable(message),
        // CONSTRAINT, MISMATCH, TOOBIG
        18..=20 => StoreError::Conflict(message),
        _ => StoreError::Defect(message),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(e) => match e.try_downcast_ref::<PgDatabaseError>() {
                Some(e) => crate::postgres::of_server(e),
                None => of_sqlite(&*e),
            },
            sqlx::Error::PoolTimedOut => StoreError::Retry("every connection was busy".to_owned()),
            sqlx::Error::PoolClosed => StoreError::Unavailable("it is closed".to_owned()),
            sqlx::Error::WorkerCrashed => StoreError::Retry("the connection's thread ended".to_owned()),
            // Only a server's connection gives these: it was lost, or lost its place.
            sqlx::Error::Io(e) => StoreError::Retry(format!("the connection was lost: {e}")),
            sqlx::Error::Protocol(_) => StoreError::Retry("the connection was lost amid an answer".to_owned()),
            sqlx::Error::Tls(e) => StoreError::Unavailable(format!("TLS: {e}")),
            sqlx::Error::Configuration(e) => StoreError::Unavailable(e.to_string()),
            // What is inside may be a stored value: say only which column.
            sqlx::Error::ColumnDecode { index, .. } => StoreError::Unreadable(format!("column {index}")),
            sqlx::Error::RowNotFound => StoreError::Corrupt("a row that must be there is missing".to_owned()),
            other => StoreError::Defect(other.to_string()),
        }
    }
}

/// A database whose tables are newer than this program.
pub(crate) fn too_new(version: i64) -> StoreError {
    StoreError::TooOld(format!(
        "this database was written by a newer version of this program (its table version is {version}); install that version or a later one"
    ))
}

/// A database whose tables came about in another way.
pub(crate) fn differs(version: i64) -> StoreError {
    StoreError::TooOld(format!("table version {version} of this database differs from the one that this program knows"))
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => e.into(),
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => too_new(version),
            MigrateError::VersionMismatch(version) => differs(version),
            other => StoreError::Defect(other.to_string()),
        }
    }
}
