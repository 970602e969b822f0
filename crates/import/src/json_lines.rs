//! JSON Lines of facts: each line is checked and passed on as it stands.

use crate::error::ImportError;
use crate::importer::Progress;
use crate::report::{FactLine, RowProblem};
use parcelward_casework::parse::{MAX_FACT_BYTES, parse_fact};
use std::io::{BufRead, BufReader, Read};

/// Reads every line.
pub(crate) fn read<R: Read>(reader: R, progress: &mut Progress<'_>) -> Result<(), ImportError> {
    let mut lines = BufReader::with_capacity(64 * 1024, reader);
    let headers = ["原文".to_owned()];
    let (mut number, mut line) = (0_u64, Vec::new());
    loop {
        number += 1;
        let too_long = match next_line(&mut lines, &mut line) {
            Ok(Some(too_long)) => too_long,
            Ok(None) => return Ok(()),
            Err(e) => return Err(ImportError::Stopped { row: number, reason: e.to_string(), report: Box::new(progress.report.clone()) }),
        };
        let bytes = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1).unwrap_or(&line);
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() && !too_long {
            continue;
        }
        progress.report.rows += 1;
        progress.landing.row(number);
        let read = match (too_long, std::str::from_utf8(bytes)) {
            (true, _) => Err((None, format!("is longer than {MAX_FACT_BYTES} bytes"))),
            (_, Err(_)) => Err((None, "is not UTF-8".to_owned())),
            (_, Ok(text)) => parse_fact(text).map(|fact| (fact, text)).map_err(|bad| {
                let context = match (&bad.source_name, &bad.id) {
                    (Some(source), Some(id)) => format!(" (source `{source}`, id `{id}`)"),
                    _ => String::new(),
                };
                (Some(bad.field), format!("{}{context}", bad.message))
            }),
        };
        match read {
            Ok((fact, text)) => {
                let line = FactLine {
                    json: text.to_owned(),
                    fact_type: fact.body.fact_type(),
                    source: fact.id.source,
                    id: fact.id.id,
                    row: number,
                };
                progress.land(line)?;
            }
            Err((field, reason)) => {
                let problem = RowProblem { row: number, header: field, letter: None, reason };
                progress.reject(number, &headers, &[String::from_utf8_lossy(bytes).into_owned()], vec![problem])?;
            }
        }
    }
}

/// The next line without its end, cut where it is too long (`Some(true)`); `None` at the end of the input.
fn next_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    line.clear();
    let (mut too_long, mut any) = (false, false);
    loop {
        let piece = match lines.fill_buf() {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if piece.is_empty() {
            return Ok(any.then_some(too_long));
        }
        any = true;
        let end = piece.iter().position(|&b| b == b'\n');
        let take = end.unwrap_or(piece.len());
        let room = (MAX_FACT_BYTES + 1).saturating_sub(line.len()).min(take);
        line.extend_from_slice(&piece[..room]);
        too_long |= room < take || line.len() > MAX_FACT_BYTES;
        lines.consume(end.map_or(take, |end| end + 1));
        if end.is_some() {
            return Ok(Some(too_long));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_does_not_end_is_cut_and_the_next_one_read() {
        let text = [&vec![b'x'; MAX_FACT_BYTES * 3][..], b"\nshort\n\nlast"].concat();
        let mut lines = BufReader::with_capacity(1000, &text[..]);
        let mut line = Vec::new();
        assert_eq!(next_line(&mut lines, &mut line).unwrap(), Some(true));
        assert!(line.len() <= MAX_FACT_BYTES + 1);
        for expected in ["short", "", "last"] {
            assert_eq!(next_line(&mut lines, &mut line).unwrap(), Some(false));
            assert_eq!(line, expected.as_bytes());
        }
        assert_eq!(next_line(&mut lines, &mut line).unwrap(), None);
    }
}
