//! A shelf on disk: some case files stand in memory, the others in a temporary file, so that millions of orders take little memory.
//!
//! An index of 16 bytes an order finds them. The space of a case file that moved is used again. Which one leaves memory is drawn by lot: orders
//! are told of in turn, and of those in turn the one touched longest ago is the very one that comes next. The file holds MessagePack, which
//! is read several times as fast as JSON. Deliberately absent: any promise beyond the process; the file has no name and ends with it.

use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::replay::{Place, Shelf};
use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::FileExt;

/// How many case files stand in memory.
const HOT: usize = 16_384;

/// Case files on disk behind those in memory.
pub struct SpillShelf {
    index: HashMap<u128, u32>,
    slots: Vec<Slot>,
    /// Those in memory, with their places.
    hot: Vec<(u32, CaseFile)>,
    /// Where the lot stands.
    lot: u64,
    most_hot: usize,
    file: Option<File>,
    end: u64,
    free: Vec<Vec<u64>>,
    bytes: Vec<u8>,
}

/// Where an order's case file lies in the temporary file, if it does.
#[derive(Clone, Copy)]
struct Slot {
    offset: u64,
    length: u32,
    class: u8,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In memory, at this position.
    Hot(u32),
    Cold,
    Taken,
}

/// A slot without space of its own in the file.
const NOWHERE: u8 = u8::MAX;

impl Default for SpillShelf {
    fn default() -> Self {
        Self::with_hot(HOT)
    }
}

impl SpillShelf {
    /// With this many case files in memory.
    #[must_use]
    pub fn with_hot(most_hot: usize) -> Self {
        SpillShelf {
            index: HashMap::new(),
            slots: Vec::new(),
            hot: Vec::new(),
            lot: 0x9e37_79b9_7f4a_7c15,
            most_hot: most_hot.max(1),
            file: None,
            end: 0,
            free: vec![Vec::new(); usize::from(NOWHERE)],
            bytes: Vec::new(),
        }
    }

    /// Size of the temporary file in bytes.
    #[must_use]
    pub const fn bytes_on_disk(&self) -> u64 {
        self.end
    }

    /// Moves case files to the file until the rest fits.
    fn cool(&mut self) -> io::Result<()> {
        while self.hot.len() > self.most_hot {
            // Xorshift: the same lots in every run. The one put just now stands last and stays.
            self.lot ^= self.lot << 13;
            self.lot ^= self.lot >> 7;
            self.lot ^= self.lot << 17;
            let drawn = usize::try_from(self.lot % (self.hot.len() as u64 - 1).max(1)).unwrap_or(0);
            let (place, file) = self.leave(drawn);
            self.write(place, &file)?;
        }
        Ok(())
    }

    /// Takes a case file out of memory; the last one gets its position.
    fn leave(&mut self, at: usize) -> (u32, CaseFile) {
        let left = self.hot.swap_remove(at);
        if let Some((moved, _)) = self.hot.get(at) {
            self.slots[*moved as usize].state = State::Hot(position(at));
        }
        left
    }

    fn write(&mut self, place: u32, file: &CaseFile) -> io::Result<()> {
        self.bytes.clear();
        rmp_serde::encode::write_named(&mut self.bytes, file).map_err(io::Error::other)?;
        let disk = match self.file.take() {
            Some(disk) => disk,
            None => tempfile::tempfile()?,
        };
        let class = class_of(self.bytes.len());
        let slot = &mut self.slots[place as usize];
        if slot.class != class {
            if slot.class != NOWHERE {
                self.free[usize::from(slot.class)].push(slot.offset);
            }
            slot.offset = self.free[usize::from(class)].pop().unwrap_or(self.end);
            slot.class = class;
            if slot.offset == self.end {
                self.end += size_of_class(class) as u64;
            }
        }
        slot.length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        slot.state = State::Cold;
        let result = disk.write_all_at(&self.bytes, slot.offset);
        self.file = Some(disk);
        result
    }

    fn read(&mut self, slot: Slot) -> io::Result<CaseFile> {
        let Some(disk) = &self.file else { return Err(io::Error::other("the temporary file of case files is gone")) };
        self.bytes.resize(slot.length as usize, 0);
        disk.read_exact_at(&mut self.bytes, slot.offset)?;
        rmp_serde::from_slice(&self.bytes).map_err(io::Error::other)
    }
}

impl Shelf for SpillShelf {
    fn find(&self, key: &OrderKey) -> Option<Place> {
        self.index.get(&hash_of(key)).map(|place| Place(*place))
    }

    fn take(&mut self, place: Place) -> io::Result<Option<CaseFile>> {
        let Some(slot) = self.slots.get(place.0 as usize).copied() else { return Ok(None) };
        let file = match slot.state {
            State::Taken => return Ok(None),
            State::Hot(at) => Some(self.leave(at as usize).1),
            State::Cold => Some(self.read(slot)?),
        };
        self.slots[place.0 as usize].state = State::Taken;
        Ok(file)
    }

    fn put(&mut self, file: CaseFile) -> io::Result<Place> {
        let hash = hash_of(&file.key);
        let place = match self.index.get(&hash) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.slots.len()).map_err(|_| io::Error::other("more orders than a replay can hold"))?;
                self.slots.push(Slot { offset: 0, length: 0, class: NOWHERE, state: State::Taken });
                self.index.insert(hash, place);
                place
            }
        };
        let at = position(self.hot.len());
        match std::mem::replace(&mut self.slots[place as usize].state, State::Hot(at)) {
            // Put again without having been taken: the newer one counts.
            State::Hot(old) => {
                self.slots[place as usize].state = State::Hot(old);
                self.hot[old as usize].1 = file;
            }
            State::Cold | State::Taken => self.hot.push((place, file)),
        }
        self.cool()?;
        Ok(Place(place))
    }
}

/// A position in memory; there are far fewer than an index holds.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

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

fn hash_of(key: &OrderKey) -> u128 {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, key).hash(&mut hasher);
        hasher.finish()
    };
    u128::from(half(1)) << 64 | u128::from(half(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::fact::Waybill;
    use parcelward_casework::instant::Instant;
    use parcelward_casework::words::{Courier, Direction, Platform};
    use proptest::prelude::*;

    fn key(n: u32) -> OrderKey {
        OrderKey { platform: Platform::Pinduoduo, shop: "shop".to_owned(), order_id: n.to_string() }
    }

    fn file(n: u32, parcels: usize) -> CaseFile {
        let mut file = CaseFile::new(key(n));
        for i in 0..parcels {
            let waybill = Waybill { courier: Courier::Yto, number: format!("YT{n}-{i}") };
            file.parcels.push(parcelward_casework::casefile::Parcel::new(waybill, Direction::Outbound, Instant::MIN));
        }
        file
    }

    #[test]
    fn classes_fit_and_waste_little() {
        for length in [1, 255, 256, 257, 1_000, 4_096, 5_000, 1 << 20, 300 << 20] {
            let size = size_of_class(class_of(length));
            assert!(size >= length && (size <= 256 || size * 4 <= length * 5 + 4), "{length} in {size}");
        }
    }

    #[test]
    fn space_is_used_again() {
        let mut shelf = SpillShelf::with_hot(1);
        for round in 0..200_usize {
            for n in 0..10 {
                let place = shelf.find(&key(n));
                if let Some(place) = place {
                    assert!(shelf.take(place).unwrap().is_some());
                    assert!(shelf.take(place).unwrap().is_none(), "a taken file is not there");
                }
                shelf.put(file(n, round % 7)).unwrap();
            }
        }
        assert!(shelf.bytes_on_disk() < 200_000, "{}", shelf.bytes_on_disk());
        assert_eq!(shelf.slots.len(), 10);
    }

    proptest! {
        #[test]
        fn behaves_like_a_map(hot in 1_usize..6, steps in proptest::collection::vec((0_u32..12, 0_usize..30), 1..200)) {
            let mut shelf = SpillShelf::with_hot(hot);
            let mut map = HashMap::new();
            for (n, parcels) in steps {
                let place = shelf.find(&key(n));
                prop_assert_eq!(place.is_some(), map.contains_key(&n));
                if let Some(place) = place {
                    let taken = shelf.take(place).unwrap();
                    prop_assert_eq!(taken.as_ref(), map.get(&n));
                }
                let now = file(n, parcels);
                let put = shelf.put(now.clone()).unwrap();
                prop_assert!(place.is_none_or(|place| place == put), "an order keeps its place");
                map.insert(n, now);
            }
        }
    }
}
