//! Which facts were read before, by source and id, in bounded memory.
//!
//! The newest stand in memory; older ones lie sorted in a temporary file behind a Bloom filter each, so that a fact that was never seen
//! (nearly all of them) costs no look into the file. Deliberately absent: the facts themselves; two fingerprints decide.

use parcelward_casework::fact::{Fact, FactId};
use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::FileExt;

/// How many stand in memory before they go to the file.
const IN_MEMORY: usize = 1 << 17;
/// One of so many keys of a run stands in memory, to find the others by.
const FENCE: usize = 128;
/// Bytes of one record: key, fingerprint, line.
const RECORD: usize = 32;
/// Bits of a run's filter for each of its keys, and how many of them a key sets.
const BITS_EACH: usize = 12;
const PROBES: u64 = 7;

/// What is known of a fact's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Never seen.
    New,
    /// Said before in the same words.
    Same,
    /// Said before in other words, on this line.
    Other {
        /// The number of that line.
        line: u64,
    },
}

/// The identities of all facts so far.
pub struct SeenFacts {
    newest: HashMap<u128, (u64, u64)>,
    runs: Vec<Run>,
    file: Option<File>,
    written: u64,
    in_memory: usize,
}

struct Run {
    offset: u64,
    count: usize,
    fences: Vec<u128>,
    filter: Vec<u64>,
}

impl Default for SeenFacts {
    fn default() -> Self {
        SeenFacts { newest: HashMap::new(), runs: Vec::new(), file: None, written: 0, in_memory: IN_MEMORY }
    }
}

impl SeenFacts {
    /// What is known of a fact.
    ///
    /// # Errors
    /// What the temporary file reports.
    pub fn look(&self, fact: &Fact) -> io::Result<Known> {
        let key = key_of(&fact.id);
        let found = match self.newest.get(&key) {
            Some(found) => Some(*found),
            None => self.look_in_runs(key)?,
        };
        Ok(match found {
            None => Known::New,
            Some((fingerprint, _)) if fingerprint == fact.fingerprint => Known::Same,
            Some((_, line)) => Known::Other { line },
        })
    }

    /// Remembers a fact that is new.
    ///
    /// # Errors
    /// What the temporary file reports.
    pub fn remember(&mut self, id: &FactId, fingerprint: u64, line: u64) -> io::Result<()> {
        self.newest.insert(key_of(id), (fingerprint, line));
        if self.newest.len() >= self.in_memory { self.write_run() } else { Ok(()) }
    }

    fn look_in_runs(&self, key: u128) -> io::Result<Option<(u64, u64)>> {
        let Some(file) = &self.file else { return Ok(None) };
        for run in self.runs.iter().rev().filter(|run| run.may_hold(key)) {
            let Some(fence) = run.fences.partition_point(|first| *first <= key).checked_sub(1) else { continue };
            let from = fence * FENCE;
            let mut records = [0_u8; FENCE * RECORD];
            let bytes = &mut records[..(run.count - from).min(FENCE) * RECORD];
            file.read_exact_at(bytes, run.offset + (from * RECORD) as u64)?;
            if let Some(record) = bytes.chunks_exact(RECORD).find(|r| r[..16] == key.to_be_bytes()) {
                let (mut fingerprint, mut line) = ([0; 8], [0; 8]);
                fingerprint.copy_from_slice(&record[16..24]);
                line.copy_from_slice(&record[24..]);
                return Ok(Some((u64::from_be_bytes(fingerprint), u64::from_be_bytes(line))));
            }
        }
        Ok(None)
    }

    fn write_run(&mut self) -> io::Result<()> {
        let mut records: Vec<(u128, (u64, u64))> = self.newest.drain().collect();
        records.sort_unstable_by_key(|(key, _)| *key);
        let mut run = Run {
            offset: self.written,
            count: records.len(),
            fences: Vec::new(),
            filter: vec![0; (records.len() * BITS_EACH).div_ceil(64)],
        };
        let mut bytes = Vec::with_capacity(records.len() * RECORD);
        for (i, (key, (fingerprint, line))) in records.iter().enumerate() {
            if i % FENCE == 0 {
                run.fences.push(*key);
            }
            run.add(*key);
            bytes.extend_from_slice(&key.to_be_bytes());
            bytes.extend_from_slice(&fingerprint.to_be_bytes());
            bytes.extend_from_slice(&line.to_be_bytes());
        }
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        file.write_all_at(&bytes, self.written)?;
        self.written += bytes.len() as u64;
        self.file = Some(file);
        self.runs.push(run);
        Ok(())
    }
}

impl Run {
    fn bits(&self, key: u128) -> impl Iterator<Item = (usize, u64)> + use<> {
        let size = (self.filter.len() * 64) as u128;
        let (a, b) = (key as u64, (key >> 64) as u64 | 1);
        (0..PROBES).map(move |i| {
            let bit = ((u128::from(a.wrapping_add(i.wrapping_mul(b))) * size) >> 64) as usize;
            (bit / 64, 1 << (bit % 64))
        })
    }

    fn add(&mut self, key: u128) {
        for (word, bit) in self.bits(key) {
            self.filter[word] |= bit;
        }
    }

    fn may_hold(&self, key: u128) -> bool {
        self.bits(key).all(|(word, bit)| self.filter[word] & bit != 0)
    }
}

fn key_of(id: &FactId) -> u128 {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, &id.source, &id.id).hash(&mut hasher);
        hasher.finish()
    };
    u128::from(half(1)) << 64 | u128::from(half(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::parse::parse_fact;

    fn fact(id: &str, status: &str) -> Fact {
        let line = format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"t","type":"parcelward.tracking","time":"2026-03-10T08:00:00+08:00","data":{{"waybill":{{"courier":"zto","number":"1"}},"status":"{status}"}}}}"#
        );
        parse_fact(&line).unwrap()
    }

    #[test]
    fn nothing_is_forgotten_when_memory_goes_to_the_file() {
        let mut seen = SeenFacts { in_memory: 300, ..SeenFacts::default() };
        for n in 0..2_000_u64 {
            let fact = fact(&n.to_string(), "collected");
            assert_eq!(seen.look(&fact).unwrap(), Known::New, "{n}");
            seen.remember(&fact.id, fact.fingerprint, n + 1).unwrap();
        }
        assert!(seen.runs.len() >= 6);
        for n in 0..2_000_u64 {
            assert_eq!(seen.look(&fact(&n.to_string(), "collected")).unwrap(), Known::Same, "{n}");
            assert_eq!(seen.look(&fact(&n.to_string(), "delivered")).unwrap(), Known::Other { line: n + 1 });
            assert_eq!(seen.look(&fact(&format!("other-{n}"), "collected")).unwrap(), Known::New);
        }
    }
}
