//! What kind of file it is, and its bytes as UTF-8.
//!
//! A Chinese export is UTF-8 with or without a byte order mark, or GB18030 (what Excel writes as CSV on a Chinese Windows). There is no mark for the
//! latter: what is no UTF-8 is taken as GB18030, unless the file begins as UTF-8 and only breaks later.

use crate::error::ImportError;
use encoding_rs::{CoderResult, Decoder, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::io::{Read, Seek, SeekFrom};

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Xlsx,
    JsonLines,
    Text,
}

/// How much is looked at to tell what a file is.
const HEAD: usize = 64 * 1024;

/// Tells what the file is; the reader is left at its start.
///
/// # Errors
/// [`ImportError::NotATable`] for what is known to be something else, [`ImportError::Unreadable`].
pub(crate) fn shape<R: Read + Seek>(reader: &mut R) -> Result<Shape, ImportError> {
    let head = head(reader)?;
    let not = |message: &str| Err(ImportError::NotATable(message.to_owned()));
    if head.is_empty() {
        return not("the file is empty");
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Shape::Xlsx);
    }
    if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return not("this is an old .xls workbook or a password-protected one: save it as .xlsx or CSV without a password");
    }
    if head.starts_with(b"%PDF") {
        return not("this is a PDF: export as CSV or XLSX");
    }
    if head.starts_with(&[0x1f, 0x8b]) || head.starts_with(b"Rar!") || head.starts_with(b"7z\xbc\xaf") {
        return not("this is an archive: unpack it first");
    }
    let unmarked = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    match unmarked.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => return Ok(Shape::JsonLines),
        Some(b'<') => return not("this is a web page or XML (some back offices name it .xls): open it and save it as .xlsx or CSV"),
        _ => {}
    }
    let utf16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    if !utf16 && head.iter().filter(|&&b| b == 0).count() > head.len() / 16 {
        return not("this is no text (many NUL bytes): export as CSV (UTF-8 or GB18030) or XLSX");
    }
    Ok(Shape::Text)
}

fn head<R: Read + Seek>(reader: &mut R) -> Result<Vec<u8>, ImportError> {
    reader.seek(SeekFrom::Start(0)).map_err(ImportError::Unreadable)?;
    let mut head = Vec::with_capacity(HEAD);
    reader.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(ImportError::Unreadable)?;
    reader.seek(SeekFrom::Start(0)).map_err(ImportError::Unreadable)?;
    Ok(head)
}

/// Finds a text's encoding by reading it once, in pieces; the reader is left at its start.
///
/// # Errors
/// [`ImportError::Unreadable`]; [`ImportError::TooLarge`] beyond `limit` bytes.
pub(crate) fn detect<R: Read + Seek>(reader: &mut R, limit: u64) -> Result<(&'static Encoding, &'static str), ImportError> {
    let head = head(reader)?;
    if let Some((encoding, _)) = Encoding::for_bom(&head) {
        within(reader, limit)?;
        let name = match encoding.name() {
            "UTF-8" => "UTF-8 with BOM",
            name => name,
        };
        return Ok((encoding, name));
    }
    let (mut carried, mut piece, mut total) = (Vec::new(), vec![0_u8; 256 * 1024], 0_u64);
    let mut utf8 = true;
    loop {
        let read = reader.read(&mut piece).map_err(ImportError::Unreadable)?;
        total += read as u64;
        too_large(total, limit)?;
        if read == 0 {
            utf8 &= carried.is_empty();
            break;
        }
        if utf8 {
            carried.extend_from_slice(&piece[..read]);
            match std::str::from_utf8(&carried) {
                Ok(_) => carried.clear(),
                // A character that the piece's end cut in two.
                Err(e) if e.error_len().is_none() => drop(carried.drain(..e.valid_up_to())),
                Err(_) => utf8 = false,
            }
        }
    }
    reader.seek(SeekFrom::Start(0)).map_err(ImportError::Unreadable)?;
    if utf8 || begins_as_utf8(&head) { Ok((UTF_8, "UTF-8")) } else { Ok((GB18030, "GB18030")) }
}

/// A first line with Chinese in it that is good UTF-8: GB18030 is never that by chance over more than a few characters.
fn begins_as_utf8(head: &[u8]) -> bool {
    let line = head.split(|&b| b == b'\n').next().unwrap_or(head);
    std::str::from_utf8(line).is_ok_and(|line| line.chars().filter(|c| !c.is_ascii()).count() >= 4)
}

fn too_large(total: u64, limit: u64) -> Result<(), ImportError> {
    if total > limit { Err(ImportError::TooLarge { what: "the file".to_owned(), limit: format!("{} MiB", limit >> 20) }) } else { Ok(()) }
}

/// Whether the whole input is within the limit; the reader is left at its start.
pub(crate) fn within<R: Seek>(reader: &mut R, limit: u64) -> Result<(), ImportError> {
    let total = reader.seek(SeekFrom::End(0)).map_err(ImportError::Unreadable)?;
    reader.seek(SeekFrom::Start(0)).map_err(ImportError::Unreadable)?;
    too_large(total, limit)
}

/// Bytes of any encoding, read as UTF-8; what is malformed becomes U+FFFD. Memory: two fixed buffers.
pub(crate) struct Utf8<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    ended: bool,
    finished: bool,
}

impl<R: Read> Utf8<R> {
    pub(crate) fn new(inner: R, encoding: &'static Encoding) -> Self {
        debug_assert!([UTF_8, GB18030, UTF_16LE, UTF_16BE].contains(&encoding));
        Utf8 { inner, decoder: encoding.new_decoder_with_bom_removal(), raw: Vec::new(), raw_at: 0, ended: false, finished: false }
    }
}

impl<R: Read> Utf8<R> {
    /// Fills the front of `out` (at least 16 bytes: a decoder needs room for whole characters); 0 at the end.
    pub(crate) fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        debug_assert!(out.len() >= 16);
        while !self.finished {
            if self.raw_at >= self.raw.len() && !self.ended {
                self.raw.resize(64 * 1024, 0);
                let read = loop {
                    match self.inner.read(&mut self.raw) {
                        Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                        other => break other?,
                    }
                };
                self.raw.truncate(read);
                self.raw_at = 0;
                self.ended = read == 0;
            }
            let (result, read, written, _) = self.decoder.decode_to_utf8(&self.raw[self.raw_at..], out, self.ended);
            self.raw_at += read;
            self.finished = self.ended && result == CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn decode(bytes: &[u8]) -> (String, &'static str) {
        let mut reader = Cursor::new(bytes.to_vec());
        let (encoding, name) = detect(&mut reader, 1 << 30).unwrap();
        let (mut text, mut utf8, mut piece) = (Vec::new(), Utf8::new(reader, encoding), [0; 1000]);
        loop {
            match utf8.read(&mut piece).unwrap() {
                0 => return (String::from_utf8(text).unwrap(), name),
                read => text.extend_from_slice(&piece[..read]),
            }
        }
    }

    #[test]
    fn detects_how_a_text_is_written() {
        let text = "订单号,收货人\n1,张三\n".repeat(20_000);
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (bytes, name) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            ([b"\xef\xbb\xbf", text.as_bytes()].concat(), "UTF-8 with BOM"),
            (GB18030.encode(&text).0.into_owned(), "GB18030"),
            (utf16, "UTF-16LE"),
        ] {
            let (decoded, found) = decode(&bytes);
            assert_eq!(found, name);
            assert!(decoded == text, "{name}");
        }
    }

    #[test]
    fn a_bad_byte_late_in_utf8_does_not_make_it_gb18030() {
        let mut bytes = "订单号,收货人\n1,张三\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"2,\xff\xfe\n");
        let (text, name) = decode(&bytes);
        assert_eq!(name, "UTF-8");
        assert!(text.contains('\u{fffd}') && text.contains("张三"));
    }

    #[test]
    fn knows_what_is_no_table() {
        for bytes in [&b""[..], b"\xd0\xcf\x11\xe0\xa1\xb1", b"%PDF-1.7", b"<html>", b"\0\0\0\0\0\0\0\0", b"\x1f\x8b\x08"] {
            assert!(matches!(shape(&mut Cursor::new(bytes)), Err(ImportError::NotATable(_))), "{bytes:?}");
        }
        assert_eq!(shape(&mut Cursor::new(b"PK\x03\x04")).unwrap(), Shape::Xlsx);
        assert_eq!(shape(&mut Cursor::new(b"\xef\xbb\xbf \n{\"a\":1}")).unwrap(), Shape::JsonLines);
        assert_eq!(shape(&mut Cursor::new(b"a,b")).unwrap(), Shape::Text);
    }
}
