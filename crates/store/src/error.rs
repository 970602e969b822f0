//! What can go wrong in the store, named by what the caller does next.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was changed; the same transaction may be tried again: the database was busy, the connection broke, or another writer
    /// changed a case file meanwhile.
    #[error("the database did not take the transaction this time: {0}")]
    Retry(String),
    /// A row cannot be read as it is. Leave that order out and go on.
    #[error("a stored row cannot be read: {0}")]
    Unreadable(String),
    /// A rule of the schema refuses the change. Trying again does not help; leave the change out.
    #[error("the database refuses the change: {0}")]
    Conflict(String),
    /// No space is left. Stop taking facts, free space.
    #[error("no space is left for the database: {0}")]
    Full(String),
    /// The database cannot be written: wrong permissions or a read-only medium.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// The database itself is damaged. Stop and restore a copy.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The database or its library is older than this program needs, or its schema is newer than this program.
    #[error("{0}")]
    TooOld(String),
    /// The database cannot be reached or opened. Check the configuration.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// A cursor or an id that was never given out.
    #[error("field `{field}`: {message}")]
    BadRequest {
        /// The name of the parameter.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A fault of this program. Report it.
    #[error("a fault of this program: {0}")]
    Defect(String),
}

impl StoreError {
    /// Whether the same transaction may succeed when it is tried again at once.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, StoreError::Retry(_))
    }

    /// Whether the cause may lie in what was to be written, so that leaving a part of it out may help.
    #[must_use]
    pub const fn is_about_the_change(&self) -> bool {
        matches!(self, StoreError::Unreadable(_) | StoreError::Conflict(_) | StoreError::Defect(_))
    }
}
