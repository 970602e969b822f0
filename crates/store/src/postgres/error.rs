//! What the server says, as a [`StoreError`].

use crate::StoreError;
use sqlx::postgres::PgDatabaseError;

/// Reads a server's error. Of messages only those are passed on that name no stored value.
pub(crate) fn of_server(error: &PgDatabaseError) -> StoreError {
    let code = error.code();
    let said = || format!("{} (SQLSTATE {code})", error.message());
    let silent = || match (error.constraint(), error.table()) {
        (Some(constraint), _) => format!("SQLSTATE {code}, constraint {constraint}"),
        (None, Some(table)) => format!("SQLSTATE {code}, table {table}"),
        (None, None) => format!("SQLSTATE {code}"),
    };
    let pooler = || {
        StoreError::Unavailable(format!(
            "{}: a pooler in transaction mode stands between; add `prepared_statements=false` to the URL",
            said()
        ))
    };
    match (code, &code[..code.len().min(2)]) {
        ("08P01", _) if error.message().contains("startup parameter") => pooler(),
        // A statement that was prepared before the tables changed.
        ("0A000", _) if error.message().contains("cached plan") => StoreError::Retry(said()),
        // Lost races, timeouts, a server that stops or starts, no more connections, a connection that breaks.
        ("55P03" | "57014" | "25P03" | "25P04" | "53300" | "57P05", _) | (_, "40" | "08") => StoreError::Retry(said()),
        ("57P01" | "57P02" | "57P03", _) => StoreError::Retry(said()),
        // Statements that another client prepared under the same name, or that are gone: a pooler stands between.
        ("26000" | "42P05", _) => pooler(),
        ("25006", _) => StoreError::ReadOnly(said()),
        ("53100", _) => StoreError::Full(said()),
        ("XX001" | "XX002", _) => StoreError::Corrupt(said()),
        (_, "22" | "23") => StoreError::Conflict(silent()),
        (_, "28" | "3D" | "53" | "58") | ("42501" | "57P04", _) => StoreError::Unavailable(said()),
        _ => StoreError::Defect(silent()),
    }
}
