//! The rejects file: the rows that did not land, with the reasons, for a person to put right in a spreadsheet and import again.

use crate::report::RowProblem;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A row that did not land.
#[derive(Clone, Copy)]
pub struct RejectedRow<'a> {
    /// The row as a spreadsheet counts it (for JSON Lines: the line), from 1.
    pub row: u64,
    /// The file's headers.
    pub headers: &'a [String],
    /// The original cells.
    pub cells: &'a [String],
    /// Why; at least one.
    pub problems: &'a [RowProblem],
}

/// Writes rejected rows as CSV for Excel (UTF-8 with a byte order mark): row number, reasons, then the original cells under their headers.
///
/// The file is made at the first rejected row: none, no file.
pub struct RejectsFile {
    path: PathBuf,
    writer: Option<csv::Writer<BufWriter<File>>>,
}

impl RejectsFile {
    /// For an input file: `orders.csv` has its rejects in `orders.csv.rejects.csv` beside it. One of an earlier import is replaced.
    #[must_use]
    pub fn beside(input: &Path) -> RejectsFile {
        let mut name = input.file_name().unwrap_or_default().to_os_string();
        name.push(".rejects.csv");
        RejectsFile { path: input.with_file_name(name), writer: None }
    }

    /// Where it is, or would be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Where the file cannot be made or written.
    pub fn write(&mut self, row: &RejectedRow<'_>) -> io::Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let mut file = BufWriter::new(private(&self.path)?);
                file.write_all(b"\xef\xbb\xbf")?;
                let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
                writer.write_record(["行号", "原因"].into_iter().chain(row.headers.iter().map(String::as_str)))?;
                none.insert(writer)
            }
        };
        let reasons: Vec<String> = row.problems.iter().map(reason).collect();
        let cells = row.cells.iter().map(|c| disarm(c));
        writer.write_record([row.row.to_string(), reasons.join("; ")].into_iter().chain(cells))?;
        Ok(())
    }

    /// Ends the file; tells where it is, if there is one.
    ///
    /// # Errors
    /// Where the last rows cannot be written.
    pub fn finish(self) -> io::Result<Option<PathBuf>> {
        match self.writer {
            None => Ok(None),
            Some(writer) => {
                writer
                    .into_inner()
                    .map_err(|e| io::Error::other(e.to_string()))?
                    .into_inner()
                    .map_err(|e| io::Error::other(e.to_string()))?
                    .sync_all()?;
                Ok(Some(self.path))
            }
        }
    }
}

/// The rows hold names, phones and addresses: only the owner may read them.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn reason(problem: &RowProblem) -> String {
    match (&problem.letter, &problem.header) {
        (Some(letter), Some(header)) => format!("{letter} `{header}`: {}", problem.reason),
        (None, Some(field)) => format!("`{field}`: {}", problem.reason),
        _ => problem.reason.clone(),
    }
}

/// A cell that a spreadsheet would run as a formula, or whose digits it would lose, gets the tab that back offices use; reading takes it off again.
fn disarm(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@']);
    let long_number = cell.len() > 11 && cell.bytes().all(|b| b.is_ascii_digit());
    if formula || long_number { format!("\t{cell}") } else { cell.to_owned() }
}
