//! A shelf on disk: some case files stand in memory, the others in a temporary file, so that millions of orders take little memory.
//!
//! An index of 16 bytes an order finds them. Which one leaves memory is drawn by lot: orders are told of in turn, and of those in turn the one
//! touched longest ago is the very one that comes next. They are written by another thread (`shelving`); until one is written it stands in
//! memory still, and is taken from there. Deliberately absent: any promise beyond the process; the file has no name and ends with it.

use super::shelving::{Leaving, Shelving, Written};
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::replay::{Place, Shelf};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// How many case files stand in memory.
const HOT: usize = 16_384;
/// How many leave together.
const BATCH: usize = 64;

/// Case files on disk behind those in memory.
pub struct SpillShelf {
    index: HashMap<u128, u32>,
    slots: Vec<Slot>,
    /// Those in memory, with their places.
    hot: Vec<(u32, CaseFile)>,
    /// Those on their way to the file, by place, with the turn in which they left.
    leaving: HashMap<u32, (u32, Arc<CaseFile>)>,
    turn: u32,
    /// Where the lot stands.
    lot: u64,
    most_hot: usize,
    shelving: Option<Shelving>,
    bytes: Vec<u8>,
}

/// Where an order's case file is.
#[derive(Clone, Copy)]
enum Slot {
    /// In memory, at this position.
    Hot(u32),
    /// On its way to the file.
    Leaving,
    /// In the file.
    Cold {
        offset: u64,
        length: u32,
    },
    Taken,
}

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
            leaving: HashMap::new(),
            turn: 0,
            lot: 0x9e37_79b9_7f4a_7c15,
            most_hot: most_hot.max(1),
            shelving: None,
            bytes: Vec::new(),
        }
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
            self.send(place, Arc::new(file))?;
        }
        Ok(())
    }

    /// Takes a case file out of memory; the last one gets its position.
    fn leave(&mut self, at: usize) -> (u32, CaseFile) {
        let left = self.hot.swap_remove(at);
        if let Some((moved, _)) = self.hot.get(at) {
            self.slots[*moved as usize] = Slot::Hot(position(at));
        }
        left
    }

    /// Sends it to the file, and notes where earlier ones went.
    fn send(&mut self, place: u32, file: Arc<CaseFile>) -> io::Result<()> {
        let mut shelving = match self.shelving.take() {
            Some(shelving) => shelving,
            None => Shelving::start(BATCH.min(self.most_hot))?,
        };
        self.turn = self.turn.wrapping_add(1);
        self.slots[place as usize] = Slot::Leaving;
        self.leaving.insert(place, (self.turn, Arc::clone(&file)));
        let written = shelving.leave(Leaving { place, turn: self.turn, file });
        self.shelving = Some(shelving);
        for Written { place, turn, offset, length } in written? {
            // One that was taken meanwhile is of another turn, or of none.
            if self.leaving.get(&place).is_some_and(|(newest, _)| *newest == turn) {
                self.leaving.remove(&place);
                self.slots[place as usize] = Slot::Cold { offset, length };
            }
        }
        Ok(())
    }

    fn read(&mut self, offset: u64, length: u32) -> io::Result<CaseFile> {
        let Some(shelving) = &self.shelving else { return Err(io::Error::other("the temporary file of case files is gone")) };
        self.bytes.resize(length as usize, 0);
        shelving.disk().read_exact_at(&mut self.bytes, offset)?;
        rmp_serde::from_slice(&self.bytes).map_err(io::Error::other)
    }
}

impl Shelf for SpillShelf {
    fn find(&self, key: &OrderKey) -> Option<Place> {
        self.index.get(&hash_of(key)).map(|place| Place(*place))
    }

    fn take(&mut self, place: Place) -> io::Result<Option<CaseFile>> {
        let Some(slot) = self.slots.get(place.0 as usize).copied() else { return Ok(None) };
        let file = match slot {
            Slot::Taken => return Ok(None),
            Slot::Hot(at) => self.leave(at as usize).1,
            Slot::Leaving => match self.leaving.remove(&place.0) {
                Some((_, file)) => Arc::try_unwrap(file).unwrap_or_else(|file| CaseFile::clone(&file)),
                None => return Err(io::Error::other("a case file was lost on its way to the temporary file")),
            },
            Slot::Cold { offset, length } => self.read(offset, length)?,
        };
        self.slots[place.0 as usize] = Slot::Taken;
        Ok(Some(file))
    }

    fn put(&mut self, file: CaseFile) -> io::Result<Place> {
        let hash = hash_of(&file.key);
        let place = match self.index.get(&hash) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.slots.len()).map_err(|_| io::Error::other("more orders than a replay can hold"))?;
                self.slots.push(Slot::Taken);
                self.index.insert(hash, place);
                place
            }
        };
        match self.slots[place as usize] {
            // Put again without having been taken: the newer one counts.
            Slot::Hot(at) => self.hot[at as usize].1 = file,
            Slot::Leaving | Slot::Cold { .. } | Slot::Taken => {
                self.leaving.remove(&place);
                self.slots[place as usize] = Slot::Hot(position(self.hot.len()));
                self.hot.push((place, file));
            }
        }
        self.cool()?;
        Ok(Place(place))
    }
}

/// A position in memory; there are far fewer than an index holds.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
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
        let disk = shelf.shelving.as_ref().unwrap().disk().metadata().unwrap().len();
        assert!(disk > 0 && disk < 200_000, "{disk}");
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
