//! Errors of sqlx and SQLite as [`StoreError`]s.
//!
//! SQLite's messages name tables and columns, never values; they may be shown.

use crate::StoreError;
use sqlx::migrate::MigrateError;

/// The result code without its extension.
fn primary_code(error: &dyn sqlx::error::DatabaseError) -> i32 {
    error.code().and_then(|code| code.parse::<i32>().ok()).map_or(1, |code| code & 0xff)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(e) => {
                let message = e.message().to_owned();
                match primary_code(&*e) {
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
            sqlx::Error::PoolTimedOut => StoreError::Retry("every connection was busy".to_owned()),
            sqlx::Error::PoolClosed => StoreError::Unavailable("it is closed".to_owned()),
            sqlx::Error::WorkerCrashed => StoreError::Retry("the connection's thread ended".to_owned()),
            sqlx::Error::Io(e) => StoreError::Unavailable(e.to_string()),
            sqlx::Error::Configuration(e) => StoreError::Unavailable(e.to_string()),
            // What is inside may be a stored value: say only which column.
            sqlx::Error::ColumnDecode { index, .. } => StoreError::Unreadable(format!("column {index}")),
            sqlx::Error::RowNotFound => StoreError::Corrupt("a row that must be there is missing".to_owned()),
            other => StoreError::Defect(other.to_string()),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => e.into(),
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => StoreError::TooOld(format!(
                "this database was written by a newer version of this program (its table version is {version}); install that version or a later one"
            )),
            MigrateError::VersionMismatch(version) => {
                StoreError::TooOld(format!("table version {version} of this database differs from the one that this program knows"))
            }
            other => StoreError::Defect(other.to_string()),
        }
    }
}

/// A stored word that is in no vocabulary of this program.
pub(super) fn bad_word(column: &str) -> StoreError {
    StoreError::Unreadable(format!("column {column} holds a word that this version does not know"))
}
