//! CSV as rows, in bounded memory: a row that does not end (a quote left open) is an error, not a file in memory.

use crate::cell::Cell;
use crate::encoding::Utf8;
use crate::error::ImportError;
use crate::importer::Limits;
use crate::rows::{Row, Rows, Stop};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::io::Read;

/// Reads rows of comma, tab or semicolon separated text.
pub(crate) struct CsvRows<R> {
    text: Utf8<R>,
    parser: Reader,
    input: Vec<u8>,
    at: usize,
    ended: bool,
    record: Vec<u8>,
    ends: Vec<usize>,
    max_row: usize,
    max_columns: usize,
    number: u64,
}

impl<R: Read> CsvRows<R> {
    pub(crate) fn new(text: Utf8<R>, limits: &Limits) -> Result<Self, ImportError> {
        let mut rows = CsvRows {
            text,
            parser: Reader::new(),
            input: Vec::new(),
            at: 0,
            ended: false,
            record: Vec::new(),
            ends: vec![0; limits.columns + 1],
            max_row: limits.row_bytes,
            max_columns: limits.columns,
            number: 0,
        };
        rows.fill()?;
        rows.parser = ReaderBuilder::new().delimiter(delimiter(&rows.input)).build();
        Ok(rows)
    }

    fn fill(&mut self) -> Result<(), ImportError> {
        self.input.resize(64 * 1024, 0);
        let read = self.text.read(&mut self.input).map_err(ImportError::Unreadable)?;
        self.input.truncate(read);
        self.at = 0;
        self.ended = read == 0;
        Ok(())
    }

    fn row(&mut self, length: usize, columns: usize) -> Row {
        let damaged = if self.record[..length].contains(&0) { Some("holds a NUL byte") } else { None };
        let mut start = 0;
        let cells = self.ends[..columns].iter().map(|&end| {
            let cell = self.record.get(start..end).unwrap_or_default();
            start = end;
            Cell::text(String::from_utf8_lossy(cell))
        });
        Row { number: self.number, cells: cells.collect(), damaged }
    }
}

/// The separator that stands most often in the first line, outside quotes.
fn delimiter(head: &[u8]) -> u8 {
    let (mut quoted, mut counts) = (false, [0_usize; 3]);
    for &b in head {
        match b {
            b'"' => quoted = !quoted,
            b'\n' if !quoted && counts.iter().any(|&n| n > 0) => break,
            b',' if !quoted => counts[0] += 1,
            b'\t' if !quoted => counts[1] += 1,
            b';' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    match counts {
        [comma, tab, semicolon] if tab > comma && tab >= semicolon => b'\t',
        [comma, _, semicolon] if semicolon > comma => b';',
        _ => b',',
    }
}

impl<R: Read> Rows for CsvRows<R> {
    fn next_row(&mut self) -> Result<Option<Row>, Stop> {
        let (mut length, mut columns) = (0, 0);
        self.number += 1;
        loop {
            if self.at >= self.input.len() && !self.ended {
                self.fill()?;
            }
            if self.record.len() - length < 4096 {
                let size = (self.record.len() * 2).min(self.max_row + 8192).max(16 * 1024);
                self.record.resize(size, 0);
            }
            let (result, read, written, found) =
                self.parser.read_record(&self.input[self.at..], &mut self.record[length..], &mut self.ends[columns..]);
            self.at += read;
            length += written;
            columns += found;
            if length > self.max_row {
                let reason = format!("the row is longer than {} bytes; is a quote (\") left open there?", self.max_row);
                return Err(Stop::At { row: self.number, reason });
            }
            match result {
                ReadRecordResult::Record => return Ok(Some(self.row(length, columns))),
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::OutputEndsFull => {
                    return Err(Stop::At { row: self.number, reason: format!("the row has more than {} cells", self.max_columns) });
                }
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn rows(text: &str, limits: &Limits) -> Result<Vec<Vec<String>>, Stop> {
        let mut rows = CsvRows::new(Utf8::new(Cursor::new(text.as_bytes().to_vec()), encoding_rs::UTF_8), limits)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next_row()? {
            assert_eq!(row.number as usize, out.len() + 1);
            out.push(row.cells.into_iter().map(|c| c.text).collect());
        }
        Ok(out)
    }

    #[test]
    fn reads_quotes_line_breaks_and_three_separators() {
        for text in ["a,\"b,\"\"c\"\"\n d\",e\r\n1,2,3", "a\t\"b,\"\"c\"\"\n d\"\te\r\n1\t2\t3", "a;\"b,\"\"c\"\"\n d\";e\r\n1;2;3"] {
            assert_eq!(rows(text, &Limits::default()).unwrap(), [["a", "b,\"c\"\n d", "e"], ["1", "2", "3"]], "{text}");
        }
        assert_eq!(rows("=\"1\",2\n", &Limits::default()).unwrap(), [["=\"1\"", "2"]]);
    }

    #[test]
    fn a_row_without_end_and_a_row_of_too_many_cells_stop() {
        let limits = Limits { row_bytes: 10_000, columns: 8, ..Limits::default() };
        let open = format!("a,b\n1,\"{}", "x\n".repeat(200_000));
        let Err(Stop::At { row: 2, reason }) = rows(&open, &limits) else { panic!() };
        assert!(reason.contains("quote"), "{reason}");
        let Err(Stop::At { row: 1, reason }) = rows(&"a,".repeat(100_000), &limits) else { panic!() };
        assert!(reason.contains("cells"), "{reason}");
        assert_eq!(rows("a,b,c,d,e,f,g,h\n", &limits).unwrap().len(), 1);
        let long = "y".repeat(9_000);
        assert_eq!(rows(&format!("{long}\n{long}"), &limits).unwrap().len(), 2);
    }
}
