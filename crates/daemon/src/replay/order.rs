//! Facts in their order: by `recordedtime`, else `time`; equal ones as they stand in the file.
//!
//! A file that is sorted streams. Any other is sorted outside memory: sorted pieces in one temporary file, then merged. Standard input
//! is first kept in a temporary file, because whether it is sorted shows only at its end.
//! Deliberately absent: whether a line is a fact. One whose time cannot be read stays behind the line before it.

use super::lines::Lines;
use parcelward_casework::instant::Instant;
use serde::Deserialize;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How much is sorted in memory at a time, in bytes.
const PIECE: usize = 64 << 20;

/// Lines in order, each with its number in the file as it was given.
pub struct Ordered(Kind);

enum Kind {
    Stream(Lines<File>),
    Merge(Merge),
}

impl Ordered {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read, or a temporary file cannot be written.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // A pipe given as a file can be read only once.
        if file.metadata()?.is_file() { Self::of(file, PIECE) } else { Self::of_stream(file) }
    }

    /// Reads a stream that can be read only once, such as standard input.
    ///
    /// # Errors
    /// Where it cannot be read, or a temporary file cannot be written.
    pub fn of_stream(mut stream: impl Read) -> io::Result<Self> {
        let mut kept = tempfile::tempfile()?;
        io::copy(&mut stream, &mut kept)?;
        Self::of(kept, PIECE)
    }

    /// Reads an open file from its beginning.
    ///
    /// # Errors
    /// As [`Ordered::of_file`].
    pub fn of_open(file: File) -> io::Result<Self> {
        Self::of(file, PIECE)
    }

    fn of(mut file: File, piece: usize) -> io::Result<Self> {
        file.rewind()?;
        let sorted = is_sorted(&mut file)?;
        file.rewind()?;
        Ok(Ordered(if sorted { Kind::Stream(Lines::new(file)) } else { Kind::Merge(sort(file, piece)?) }))
    }

    /// Whether it had to be sorted.
    #[must_use]
    pub const fn was_sorted_here(&self) -> bool {
        matches!(self.0, Kind::Merge(_))
    }

    /// The next line.
    ///
    /// # Errors
    /// What the file reports.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        match &mut self.0 {
            Kind::Stream(lines) => lines.next_line(),
            Kind::Merge(merge) => merge.next_line(),
        }
    }
}

/// Just what the order needs of a line.
#[derive(Deserialize)]
struct Times<'a> {
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    recordedtime: Option<Cow<'a, str>>,
}

/// The instant by which a line is ordered, in milliseconds; `None` where it says none.
fn key_of(line: &[u8]) -> Option<i64> {
    let times: Times<'_> = serde_json::from_slice(line).ok()?;
    Instant::parse(&times.recordedtime.or(times.time)?).ok().map(Instant::millis)
}

fn is_sorted(file: &mut File) -> io::Result<bool> {
    let mut lines = Lines::new(file);
    let mut last = i64::MIN;
    while let Some((_, line)) = lines.next_line()? {
        match key_of(line) {
            Some(key) if key < last => return Ok(false),
            Some(key) => last = key,
            None => {}
        }
    }
    Ok(true)
}

/// Where a line lies in a piece that is being sorted.
struct Entry {
    key: i64,
    number: u64,
    offset: usize,
    length: usize,
}

/// Sorts a file in pieces of about `piece` bytes.
fn sort(file: File, piece: usize) -> io::Result<Merge> {
    let mut lines = Lines::new(file);
    let (mut arena, mut entries) = (Vec::<u8>::new(), Vec::<Entry>::new());
    let mut runs = Runs { out: BufWriter::with_capacity(1 << 18, tempfile::tempfile()?), written: 0, ranges: Vec::new() };
    let mut last = i64::MIN;
    while let Some((number, line)) = lines.next_line()? {
        last = key_of(line).unwrap_or(last);
        if arena.len() + line.len() > piece && !entries.is_empty() {
            runs.write(&mut arena, &mut entries)?;
        }
        entries.push(Entry { key: last, number, offset: arena.len(), length: line.len() });
        arena.extend_from_slice(line);
    }
    runs.write(&mut arena, &mut entries)?;
    let file = runs.out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Merge::of(file, runs.ranges)
}

/// Sorted pieces, one behind the other in one temporary file.
struct Runs {
    out: BufWriter<File>,
    written: u64,
    ranges: Vec<(u64, u64)>,
}

/// Key, number and length before each line of a run.
const HEAD: usize = 20;

impl Runs {
    fn write(&mut self, arena: &mut Vec<u8>, entries: &mut Vec<Entry>) -> io::Result<()> {
        entries.sort_unstable_by_key(|e| (e.key, e.number));
        let from = self.written;
        for entry in entries.iter() {
            self.out.write_all(&entry.key.to_le_bytes())?;
            self.out.write_all(&entry.number.to_le_bytes())?;
            self.out.write_all(&u32::try_from(entry.length).unwrap_or(u32::MAX).to_le_bytes())?;
            self.out.write_all(&arena[entry.offset..entry.offset + entry.length])?;
            self.written += (HEAD + entry.length) as u64;
        }
        self.ranges.push((from, self.written));
        arena.clear();
        entries.clear();
        Ok(())
    }
}

/// One run that is being read.
struct Run {
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    key: i64,
    number: u64,
    length: usize,
}

impl Run {
    /// Moves on to the run's next line; `false` at its end.
    fn advance(&mut self, file: &File) -> io::Result<bool> {
        self.start += self.length;
        self.length = 0;
        if !self.have(file, HEAD)? {
            return Ok(false);
        }
        let head = &self.buffer[self.start..self.start + HEAD];
        let (mut key, mut number, mut length) = ([0; 8], [0; 8], [0; 4]);
        key.copy_from_slice(&head[..8]);
        number.copy_from_slice(&head[8..16]);
        length.copy_from_slice(&head[16..]);
        (self.key, self.number) = (i64::from_le_bytes(key), u64::from_le_bytes(number));
        self.start += HEAD;
        let length = u32::from_le_bytes(length) as usize;
        if !self.have(file, length)? {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the temporary file of the sort was cut short"));
        }
        self.length = length;
        Ok(true)
    }

    /// Makes sure that this many bytes lie in the buffer; `false` where the run has no more.
    fn have(&mut self, file: &File, wanted: usize) -> io::Result<bool> {
        if self.filled - self.start >= wanted {
            return Ok(true);
        }
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        while self.filled < wanted && self.at < self.end {
            let most = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(self.buffer.len() - self.filled);
            let n = file.read_at(&mut self.buffer[self.filled..self.filled + most], self.at)?;
            if n == 0 {
                break;
            }
            self.filled += n;
            self.at += n as u64;
        }
        Ok(self.filled >= wanted)
    }
}

/// Sorted runs that are read together.
struct Merge {
    file: File,
    runs: Vec<Run>,
    heap: BinaryHeap<Reverse<(i64, u64, usize)>>,
    current: Option<usize>,
}

impl Merge {
    fn of(file: File, ranges: Vec<(u64, u64)>) -> io::Result<Self> {
        // However many runs there are, their buffers together stay within what a piece took.
        let buffer = (PIECE / ranges.len().max(1)).clamp(1 << 14, 1 << 18);
        let mut merge = Merge { file, runs: Vec::new(), heap: BinaryHeap::new(), current: None };
        for (at, end) in ranges {
            let mut run = Run { at, end, buffer: vec![0; buffer], start: 0, filled: 0, key: 0, number: 0, length: 0 };
            if run.advance(&merge.file)? {
                merge.heap.push(Reverse((run.key, run.number, merge.runs.len())));
                merge.runs.push(run);
            }
        }
        Ok(merge)
    }

    fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        if let Some(current) = self.current.take() {
            let run = &mut self.runs[current];
            if run.advance(&self.file)? {
                self.heap.push(Reverse((run.key, run.number, current)));
            }
        }
        let Some(Reverse((_, number, index))) = self.heap.pop() else { return Ok(None) };
        self.current = Some(index);
        let run = &self.runs[index];
        Ok(Some((number, &run.buffer[run.start..run.start + run.length])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file_of(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn read(mut ordered: Ordered) -> Vec<(u64, String)> {
        let mut out = Vec::new();
        while let Some((number, line)) = ordered.next_line().unwrap() {
            out.push((number, String::from_utf8(line.to_vec()).unwrap()));
        }
        out
    }

    fn line(time: i64, recorded: Option<i64>) -> String {
        let at = |ms: i64| Instant::from_millis(1_770_000_000_000 + ms * 1000);
        let recorded = recorded.map(|r| format!(",\"recordedtime\":\"{}\"", at(r))).unwrap_or_default();
        format!("{{\"data\":{{\"time\":\"x\"}},\"time\":\"{}\"{recorded}}}", at(time))
    }

    #[test]
    fn a_sorted_file_streams_and_an_unsorted_one_is_sorted() {
        let (a, b, c) = (line(1, None), line(9, Some(2)), line(3, None));
        let sorted = Ordered::of(file_of(&format!("{a}\nnonsense\n{b}\n{c}\n")), PIECE).unwrap();
        assert!(!sorted.was_sorted_here());
        assert_eq!(read(sorted).iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 2, 3, 4]);
        let unsorted = Ordered::of(file_of(&format!("{c}\nnonsense\n{b}\n{a}")), PIECE).unwrap();
        assert!(unsorted.was_sorted_here());
        assert_eq!(read(unsorted).iter().map(|(n, _)| *n).collect::<Vec<_>>(), [4, 3, 1, 2], "nonsense stays behind the line before it");
        let stream = Ordered::of_stream(format!("{c}\n{a}").as_bytes()).unwrap();
        assert_eq!(read(stream), [(2, a), (1, c)]);
    }

    proptest! {
        #[test]
        fn sorts_as_a_stable_sort_would(times in proptest::collection::vec((0_i64..20, proptest::option::of(0_i64..20)), 0..200), piece in 1_usize..4_000) {
            let lines: Vec<String> = times.iter().map(|(t, r)| line(*t, *r)).collect();
            let got = read(Ordered::of(file_of(&lines.join("\n")), piece).unwrap());
            let mut want: Vec<(i64, u64)> = times.iter().enumerate().map(|(i, (t, r))| (r.unwrap_or(*t), i as u64 + 1)).collect();
            want.sort();
            prop_assert_eq!(got.iter().map(|(n, _)| *n).collect::<Vec<_>>(), want.iter().map(|(_, n)| *n).collect::<Vec<_>>());
            for (number, text) in got {
                prop_assert_eq!(&text, &lines[number as usize - 1]);
            }
        }
    }
}
