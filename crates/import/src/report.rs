//! What came of reading a file.

use parcelward_casework::words::FactType;
use std::collections::BTreeMap;

/// One fact, ready for `POST /v1/facts`, `replay` or the store.
#[derive(Clone, PartialEq, Eq)]
pub struct FactLine {
    /// The CloudEvents fact as one line of JSON, without a line end.
    pub json: String,
    /// Its type.
    pub fact_type: FactType,
    /// Its source.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// The row (or, for JSON Lines, the line) that it came from, from 1.
    pub row: u64,
}

/// Without the JSON: it holds names, phones and addresses.
impl std::fmt::Debug for FactLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FactLine").field("source", &self.source).field("id", &self.id).field("row", &self.row).finish_non_exhaustive()
    }
}

/// One reason why a row did not land. Never holds what stood in the cell, but for a word that a mapping does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// The row as a spreadsheet counts it, from 1 (for JSON Lines: the line).
    pub row: u64,
    /// The column's header, where one cell is to blame; for JSON Lines the field.
    pub header: Option<String>,
    /// The column's letter (`A`, `AB`).
    pub letter: Option<String>,
    /// Why.
    pub reason: String,
}

impl std::fmt::Display for RowProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "row {}", self.row)?;
        match (&self.letter, &self.header) {
            (Some(letter), Some(header)) => write!(f, ", column {letter} `{header}`")?,
            (None, Some(field)) => write!(f, ", field `{field}`")?,
            _ => {}
        }
        write!(f, ": {}", self.reason)
    }
}

/// What came of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The file's name, as given.
    pub file: String,
    /// The mapping that it was read under; `facts` for JSON Lines.
    pub kind: String,
    /// How it was written: `UTF-8`, `UTF-8 with BOM`, `GB18030`, `UTF-16LE`, `XLSX`, `JSON Lines`.
    pub format: String,
    /// The worksheet, for XLSX.
    pub sheet: Option<String>,
    /// Data rows seen, without the header and without empty rows.
    pub rows: u64,
    /// Facts landed.
    pub facts: u64,
    /// Facts landed, by type.
    pub by_type: BTreeMap<&'static str, u64>,
    /// Rows that the mapping leaves out on purpose (orders that are not paid yet).
    pub skipped: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Why, for the first [`Report::MAX_PROBLEMS`] reasons; every rejected row reaches [`crate::Landing::reject`].
    pub problems: Vec<RowProblem>,
    /// Headers that the mapping does not use.
    pub unused_headers: Vec<String>,
}

impl Report {
    /// How many reasons a report keeps.
    pub const MAX_PROBLEMS: usize = 1_000;
}
