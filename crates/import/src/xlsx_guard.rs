//! Looks a workbook over before it is read: sizes, cell lengths and cell references.
//!
//! The workbook reader behind this keeps the string table and one cell at a time in memory, trusts the sizes that the archive claims, and reckons
//! with cell references without a bound. So every part is unpacked here once, into nothing, under limits; what passes is safe to read.

use crate::error::ImportError;
use std::io::{Read, Seek};
use zip::ZipArchive;

/// Most parts of an archive.
const MAX_PARTS: usize = 2_000;
/// The string table, unpacked.
const MAX_STRINGS: u64 = 96 << 20;
/// Styles, relations, the list of sheets: each, unpacked.
const MAX_SMALL: u64 = 16 << 20;
/// One worksheet, unpacked.
const MAX_SHEET: u64 = 768 << 20;
/// A text or tag: a cell has at most 32,767 characters.
const MAX_RUN: usize = 256 << 10;

/// Checks a workbook.
///
/// # Errors
/// [`ImportError::NotATable`] where it is no workbook, [`ImportError::TooLarge`] beyond a limit, [`ImportError::Unreadable`].
pub(crate) fn check<R: Read + Seek>(reader: &mut R) -> Result<(), ImportError> {
    let broken = |e: zip::result::ZipError| match e {
        zip::result::ZipError::Io(e) if e.kind() != std::io::ErrorKind::UnexpectedEof && e.kind() != std::io::ErrorKind::InvalidData => {
            ImportError::Unreadable(e)
        }
        _ => ImportError::NotATable("the workbook is damaged (its archive cannot be read): save it again as .xlsx or CSV".to_owned()),
    };
    let mut archive = ZipArchive::new(reader).map_err(broken)?;
    if archive.len() > MAX_PARTS {
        return Err(too_large("the workbook's number of parts", MAX_PARTS.to_string()));
    }
    let mut workbook = false;
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).map_err(broken)?;
        let name = part.name().to_ascii_lowercase();
        workbook |= name == "xl/workbook.xml";
        // Pictures and the like are never read.
        if !(name.ends_with(".xml") || name.ends_with(".rels")) || !(name.starts_with("xl/") || name.starts_with("_rels/")) {
            continue;
        }
        let sheet = name.starts_with("xl/worksheets/");
        let limit = if sheet {
            MAX_SHEET
        } else if name.ends_with("sharedstrings.xml") {
            MAX_STRINGS
        } else {
            MAX_SMALL
        };
        scan(&mut part, &name, limit, sheet)?;
    }
    if workbook { Ok(()) } else { Err(ImportError::NotATable("this is an archive, but no .xlsx workbook: unpack it first".to_owned())) }
}

fn too_large(what: &str, limit: String) -> ImportError {
    ImportError::TooLarge { what: what.to_owned(), limit }
}

fn scan(part: &mut impl Read, name: &str, limit: u64, sheet: bool) -> Result<(), ImportError> {
    let mut piece = vec![0_u8; 64 * 1024];
    let (mut total, mut tags) = (0_u64, Tags::default());
    loop {
        let read = part.read(&mut piece).map_err(|_| {
            ImportError::NotATable(format!("the workbook is damaged (`{name}` cannot be unpacked): save it again as .xlsx or CSV"))
        })?;
        if read == 0 {
            return Ok(());
        }
        total += read as u64;
        if total > limit {
            return Err(too_large(&format!("`{name}` in the workbook, unpacked,"), format!("{} MiB", limit >> 20)));
        }
        for &byte in &piece[..read] {
            tags.take(byte, sheet)?;
        }
    }
}

/// Follows a stream of XML bytes, tag by tag.
#[derive(Default)]
struct Tags {
    /// Bytes since the last `<`.
    run: usize,
    inside: bool,
    /// The tag's first bytes: enough for the references in `<c`, `<row` and `<dimension`.
    tag: Vec<u8>,
}

impl Tags {
    fn take(&mut self, byte: u8, sheet: bool) -> Result<(), ImportError> {
        if byte == b'<' {
            (self.run, self.inside) = (0, true);
            self.tag.clear();
            return Ok(());
        }
        self.run += 1;
        if self.run > MAX_RUN {
            return Err(too_large("a cell of the workbook", format!("{} KiB", MAX_RUN >> 10)));
        }
        if self.inside {
            if byte == b'>' {
                self.inside = false;
                if sheet && !fair_references(&self.tag) {
                    return Err(ImportError::NotATable(
                        "the workbook is damaged (a cell reference lies outside every sheet): save it again as .xlsx or CSV".to_owned(),
                    ));
                }
            } else if self.tag.len() < 4096 {
                self.tag.push(byte);
            }
        }
        Ok(())
    }
}

/// Whether `r="AB12"` of rows and cells and `ref="A1:AB12"` of the dimension lie inside what a sheet can be.
fn fair_references(tag: &[u8]) -> bool {
    let name = tag.split(|b| b.is_ascii_whitespace() || *b == b'/').next().unwrap_or_default();
    let local = name.rsplit(|&b| b == b':').next().unwrap_or_default();
    let attribute: &[u8] = match local {
        b"c" | b"row" => b"r",
        b"dimension" => b"ref",
        _ => return true,
    };
    let mut rest = &tag[name.len()..];
    while let Some(at) = rest.iter().position(|&b| b == b'=') {
        let key: Vec<u8> = rest[..at].iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        let value = &rest[at + 1..];
        let Some(open) = value.iter().position(|&b| b == b'"' || b == b'\'') else { return true };
        let quote = value[open];
        let Some(close) = value[open + 1..].iter().position(|&b| b == quote) else { return false };
        let text = &value[open + 1..open + 1 + close];
        if key == attribute && !text.split(|&b| b == b':').all(fair_reference) {
            return false;
        }
        rest = &value[open + 2 + close..];
    }
    true
}

fn fair_reference(text: &[u8]) -> bool {
    let letters = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let digits = &text[letters..];
    letters <= 3 && (1..=7).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lie_in_a_sheet() {
        for good in [
            "c r=\"A1\" s=\"3\"",
            "c",
            "row r=\"1048576\" ht=\"15.75\"",
            "x:c r='XFD12'",
            "dimension ref=\"A1:AN2001\"",
            "cols r=\"99999999999\"",
        ] {
            assert!(fair_references(good.as_bytes()), "{good}");
        }
        for bad in [
            "c r=\"A12345678901\"",
            "row r=\"99999999999\"",
            "c s=\"1\" r=\"ABCDEFGHIJ1\"",
            "dimension ref=\"A1:A99999999999\"",
            "c r = \"A\"",
            "c r=\"A1",
        ] {
            assert!(!fair_references(bad.as_bytes()), "{bad}");
        }
    }
}
