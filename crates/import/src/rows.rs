//! A table as a stream of rows, whatever the file is.

use crate::cell::Cell;
use crate::error::ImportError;

/// One row of a table.
#[derive(Default)]
pub(crate) struct Row {
    /// As a spreadsheet counts, from 1.
    pub(crate) number: u64,
    pub(crate) cells: Vec<Cell>,
    /// Why no cell of it can be trusted.
    pub(crate) damaged: Option<&'static str>,
}

impl Row {
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.iter().all(|c| crate::cell::undress(&c.text).is_empty())
    }
}

/// Why reading stops.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Before or between rows: the input itself.
    Input(ImportError),
    /// In a row.
    At { row: u64, reason: String },
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Stop {
        Stop::Input(error)
    }
}

/// A stream of rows.
pub(crate) trait Rows {
    /// The next row; `None` at the end.
    fn next_row(&mut self) -> Result<Option<Row>, Stop>;
}
