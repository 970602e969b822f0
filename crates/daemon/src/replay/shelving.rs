//! Case files written into a temporary file on a thread of their own, so that deciding does not wait for it.
//!
//! The space of a case file that moved is used again. The file holds MessagePack, which is read several times as fast as JSON.
//! Deliberately absent: which case file is written, and reading it back (`spill`).

use parcelward_casework::casefile::CaseFile;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

/// Batches that may be under way: what waits there stands in memory.
const WAITING: usize = 4;

/// A case file that leaves memory.
pub(super) struct Leaving {
    /// Its place on the shelf.
    pub(super) place: u32,
    /// Which time of its leaving this is: one that came back meanwhile and left again is written again.
    pub(super) turn: u32,
    /// It.
    pub(super) file: Arc<CaseFile>,
}

/// Where one was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) place: u32,
    pub(super) turn: u32,
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// The thread that writes.
pub(super) struct Shelving {
    disk: Arc<File>,
    to: SyncSender<Vec<Leaving>>,
    from: Receiver<io::Result<Vec<Written>>>,
    under_way: usize,
    batch: Vec<Leaving>,
    batch_size: usize,
}

impl Shelving {
    /// Starts it, for so many case files at a time.
    pub(super) fn start(batch_size: usize) -> io::Result<Self> {
        let disk = Arc::new(tempfile::tempfile()?);
        let (to, leaving) = sync_channel::<Vec<Leaving>>(WAITING);
        // As many as may be under way: the thread never waits for the one that decides.
        let (written, from) = sync_channel(WAITING + 1);
        let mut space = Space { disk: Arc::clone(&disk), of: Vec::new(), end: 0, free: vec![Vec::new(); usize::from(NOWHERE)] };
        std::thread::Builder::new().name("shelf".to_owned()).spawn(move || {
            let mut bytes = Vec::new();
            while let Ok(batch) = leaving.recv() {
                let all = batch.into_iter().map(|one| space.write(&one, &mut bytes)).collect();
                if written.send(all).is_err() {
                    return;
                }
            }
        })?;
        Ok(Shelving { disk, to, from, under_way: 0, batch: Vec::new(), batch_size: batch_size.max(1) })
    }

    /// The file, to read from.
    pub(super) fn disk(&self) -> &File {
        &self.disk
    }

    /// Hands one over. Gives where earlier ones were written.
    pub(super) fn leave(&mut self, leaving: Leaving) -> io::Result<Vec<Written>> {
        self.batch.push(leaving);
        let mut written = Vec::new();
        if self.batch.len() < self.batch_size {
            return Ok(written);
        }
        while self.under_way > 0 {
            let some = match self.from.try_recv() {
                Ok(some) => some,
                Err(TryRecvError::Empty) if self.under_way < WAITING => break,
                Err(TryRecvError::Empty) => self.from.recv().map_err(|_| ended())?,
                Err(TryRecvError::Disconnected) => return Err(ended()),
            };
            self.under_way -= 1;
            written.append(&mut some?);
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(self.batch_size));
        self.to.send(batch).map_err(|_| ended())?;
        self.under_way += 1;
        Ok(written)
    }
}

fn ended() -> io::Error {
    io::Error::other("the thread that writes case files away ended")
}

/// The file's space, and who has which part of it.
struct Space {
    disk: Arc<File>,
    /// By place.
    of: Vec<(u64, u8)>,
    end: u64,
    free: Vec<Vec<u64>>,
}

impl Space {
    fn write(&mut self, leaving: &Leaving, bytes: &mut Vec<u8>) -> io::Result<Written> {
        bytes.clear();
        rmp_serde::encode::write_named(bytes, &*leaving.file).map_err(io::Error::other)?;
        let offset = self.find(leaving.place, class_of(bytes.len()));
        self.disk.write_all_at(bytes, offset)?;
        let length = u32::try_from(bytes.len()).map_err(|_| io::Error::other("a case file is larger than a replay can hold"))?;
        Ok(Written { place: leaving.place, turn: leaving.turn, offset, length })
    }

    /// The space that a place has, or another one where it needs one of another size. Nobody reads from the old one any more: its case file
    /// is on its way here.
    fn find(&mut self, place: u32, class: u8) -> u64 {
        let at = place as usize;
        if self.of.len() <= at {
            self.of.resize(at + 1, (0, NOWHERE));
        }
        let (offset, had) = self.of[at];
        if had == class {
            return offset;
        }
        if had != NOWHERE {
            self.free[usize::from(had)].push(offset);
        }
        let offset = self.free[usize::from(class)].pop().unwrap_or(self.end);
        if offset == self.end {
            self.end += size_of_class(class) as u64;
        }
        self.of[at] = (offset, class);
        offset
    }
}

/// A place without space in the file.
const NOWHERE: u8 = u8::MAX;

/// Sizes of space go up in quarters of a power of two, from 256 bytes: at most a fifth of a space stays unused.
const SMALLEST: u32 = 8;

fn class_of(length: usize) -> u8 {
    (0..NOWHERE).find(|class| size_of_class(*class) >= length).unwrap_or(NOWHERE - 1)
}

const fn size_of_class(class: u8) -> usize {
    let (power, quarter) = (SMALLEST + (class / 4) as u32, (class % 4) as usize);
    if power >= 48 {
        return usize::MAX;
    }
    (1_usize << power) / 4 * (4 + quarter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_fit_and_waste_little() {
        for length in [1, 255, 256, 257, 1_000, 4_096, 5_000, 1 << 20, 300 << 20] {
            let size = size_of_class(class_of(length));
            assert!(size >= length && (size <= 256 || size * 4 <= length * 5 + 4), "{length} in {size}");
        }
    }
}
