//! Lines of a stream, read in big blocks. A line lends its bytes from the block; nothing is copied but at a block's edge.
//!
//! Deliberately absent: what stands in a line.

use parcelward_casework::parse::MAX_FACT_BYTES;
use std::io::{self, Read};

/// How much is read at a time, in bytes.
const BLOCK: usize = 1 << 20;
/// A longer line is cut here: it is no fact any more, and memory stays bounded. The one byte more shows that it was too long.
const LONGEST: usize = MAX_FACT_BYTES + 1;

/// Lines with their numbers, from 1. Blank lines are counted and left out.
pub struct Lines<R> {
    reader: R,
    block: Vec<u8>,
    start: usize,
    end: usize,
    number: u64,
    ended: bool,
    /// A longer line is cut here.
    longest: usize,
}

impl<R: Read> Lines<R> {
    /// Reads from the stream's present place.
    pub fn new(reader: R) -> Self {
        Self::with_sizes(reader, BLOCK, LONGEST)
    }

    fn with_sizes(reader: R, block: usize, longest: usize) -> Self {
        Lines { reader, block: vec![0; block], start: 0, end: 0, number: 0, ended: false, longest }
    }

    /// The next line that is not blank, without its end.
    ///
    /// # Errors
    /// What the stream reports.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        loop {
            let Some((from, to)) = self.find_line()? else { return Ok(None) };
            self.number += 1;
            let mut line = &self.block[from..to];
            if self.number == 1 {
                line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            }
            if !line.iter().all(u8::is_ascii_whitespace) {
                // Borrowed anew: the loop's own borrow would last as long as the answer.
                let skipped = to - line.len();
                return Ok(Some((self.number, &self.block[skipped..to])));
            }
        }
    }

    /// Finds the next line's place in the block, reading on where it is not whole yet.
    fn find_line(&mut self) -> io::Result<Option<(usize, usize)>> {
        let mut looked = self.start;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.block[looked..self.end]) {
                let (from, to) = (self.start, looked + at);
                self.start = to + 1;
                return Ok(Some((from, to)));
            }
            looked = self.end;
            if self.end - self.start > self.longest {
                return self.skip_rest_of_line().map(Some);
            }
            if self.ended {
                let line = (self.start, self.end);
                self.start = self.end;
                return Ok((line.0 < line.1).then_some(line));
            }
            if self.start > 0 {
                self.block.copy_within(self.start..self.end, 0);
                looked -= self.start;
                self.end -= self.start;
                self.start = 0;
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let n = loop {
            match self.reader.read(&mut self.block[self.end..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += n;
        self.ended = n == 0;
        Ok(())
    }

    /// The head of a line that is too long stays at the block's front; the rest of it is read past.
    fn skip_rest_of_line(&mut self) -> io::Result<(usize, usize)> {
        self.block.copy_within(self.start..self.start + self.longest, 0);
        loop {
            self.start = self.longest;
            self.end = self.longest;
            self.fill()?;
            if let Some(at) = memchr::memchr(b'\n', &self.block[self.longest..self.end]) {
                self.start = self.longest + at + 1;
                return Ok((0, self.longest));
            }
            if self.ended {
                self.start = self.end;
                return Ok((0, self.longest));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives at most a few bytes at a time, as a pipe does.
    struct Trickle<'a>(&'a [u8], usize);
    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(into.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    /// Small sizes, so that every edge is met: a block of 64 bytes, a longest line of 40.
    fn all(text: &[u8], step: usize) -> Vec<(u64, Vec<u8>)> {
        let mut lines = Lines::with_sizes(Trickle(text, step), 64, 40);
        let mut out = Vec::new();
        while let Some((number, line)) = lines.next_line().unwrap() {
            out.push((number, line.to_vec()));
        }
        out
    }

    #[test]
    fn numbers_count_blank_lines_and_a_last_line_needs_no_end() {
        assert_eq!(all(b"\xef\xbb\xbfa\n\n  \nb\r\nc", 2), [(1, b"a".to_vec()), (4, b"b\r".to_vec()), (5, b"c".to_vec())]);
        assert_eq!(all(b"", 1), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
        for length in [40, 41, 63, 64, 65, 199, 1000] {
            let mut text = vec![b'x'; length];
            text.extend_from_slice(b"\nnext\n");
            let lines = all(&text, usize::MAX);
            assert_eq!(lines.len(), 2, "{length}");
            assert!(lines[0].1.len() >= 40 && lines[0].1.len() <= length, "{length}");
            assert_eq!(lines[1], (2, b"next".to_vec()));
        }
    }

    #[test]
    fn a_fact_of_the_greatest_size_is_whole_and_a_larger_one_shows_it() {
        for (length, whole) in [(MAX_FACT_BYTES, true), (MAX_FACT_BYTES + 1, false), (3 * BLOCK, false)] {
            let text = vec![b'x'; length];
            let mut lines = Lines::new(text.as_slice());
            let got = lines.next_line().unwrap().unwrap().1.len();
            assert_eq!(got <= MAX_FACT_BYTES, whole, "{length}");
            assert!(!whole || got == length);
        }
    }

    proptest! {
        #[test]
        fn reads_what_split_would(lines in proptest::collection::vec("[a-z{}]{0,130}", 0..12), step in 1_usize..200) {
            let text = lines.join("\n");
            let want: Vec<(u64, Vec<u8>)> = text.split('\n').enumerate().filter(|(_, l)| !l.is_empty())
                .map(|(i, l)| (i as u64 + 1, l.as_bytes().to_vec())).collect();
            let got = all(text.as_bytes(), step);
            prop_assert_eq!(want.len(), got.len());
            for ((wn, w), (gn, g)) in want.iter().zip(&got) {
                prop_assert_eq!(wn, gn);
                prop_assert!(w == g || (w.len() > 40 && g.len() >= 40 && w.starts_with(g)), "{:?} {:?}", w, g);
            }
        }
    }
}
