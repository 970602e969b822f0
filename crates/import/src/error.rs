//! What can go wrong: with a mapping ([`Problem`], all of them at once) and with a file ([`ImportError`]). A bad row is neither: it is
//! reported and its neighbours land (see [`crate::RowProblem`]).

use crate::report::Report;

/// One mistake in a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {}{message}", if .key.is_empty() { String::new() } else { format!("`{}`: ", .key) })]
pub struct Problem {
    /// The mapping's name, as given to [`crate::Importer::load`].
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key (`file.orders.column.paid_at.as`); empty where the text is no TOML.
    pub key: String,
    /// What is wrong, and what was probably meant.
    pub message: String,
}

/// Why a file is not read, or not to its end. Never says what stood in a cell.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The input could not be read: try again or give another path.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] std::io::Error),
    /// The facts could not be landed; `landed` of them were. Importing again adds nothing twice.
    #[error("facts could not be landed after {landed}: {source}")]
    NotLanded {
        /// How many facts had been landed before.
        landed: u64,
        /// What the caller's own [`crate::Landing`] said.
        #[source]
        source: std::io::Error,
    },
    /// The file is no table that can be read: export it again, in the format that the message names.
    #[error("{0}")]
    NotATable(String),
    /// No mapping knows these headers: choose the right file, or edit the mapping.
    #[error("no mapping knows this file: {0}")]
    UnknownFile(String),
    /// Several mappings fit: say which (`--kind`).
    #[error("several mappings fit this file ({}): say which one is meant", .0.join(", "))]
    Ambiguous(Vec<String>),
    /// There is no mapping of that name.
    #[error("there is no mapping `{name}` (there are: {})", .known.join(", "))]
    NoSuchKind {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// Columns that the mapping requires are not there.
    #[error("as `{kind}`: required columns are missing: {}", .missing.join(", "))]
    MissingColumns {
        /// The mapping.
        kind: String,
        /// Each by its header, with the other spellings that would do.
        missing: Vec<String>,
    },
    /// A header that the mapping uses stands over two columns.
    #[error("as `{kind}`: {}", .twice.join("; "))]
    DuplicateHeaders {
        /// The mapping.
        kind: String,
        /// Each by its header and its columns' letters.
        twice: Vec<String>,
    },
    /// Neither the options nor a column says which shop it is.
    #[error("as `{kind}`: which shop is it? Name it (`--shop`); the file has no column for it")]
    NoShop {
        /// The mapping.
        kind: String,
    },
    /// The file is beyond a limit.
    #[error("{what} is beyond the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// The limit, in its unit.
        limit: String,
    },
    /// The file breaks off or cannot be read on; what stood before has landed.
    #[error("stopped at row {row}: {reason}; the {} facts before it have landed", .report.facts)]
    Stopped {
        /// The row, counted as a spreadsheet does, from 1.
        row: u64,
        /// Why.
        reason: String,
        /// What was read until then.
        report: Box<Report>,
    },
}
