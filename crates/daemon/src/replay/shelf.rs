//! `Shelf`: where a replay keeps the case files that nothing happens to at the moment.
//!
//! Deliberately absent: how (`spill` keeps them on disk).

use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::OrderKey;
use std::io;

/// A case file's place: numbers from 0 in the order in which the orders were first put. Small enough for an index of millions, and the
/// same in every replay of the same facts, so that whatever goes through all places does so in one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(pub u32);

/// Where case files are kept. Each is either on the shelf or taken.
pub trait Shelf {
    /// The place of an order's case file, on the shelf or taken; `None` where it was never put.
    fn find(&self, key: &OrderKey) -> Option<Place>;

    /// Takes a case file off the shelf; `None` where it is taken already.
    ///
    /// # Errors
    /// Where it cannot be read back.
    fn take(&mut self, place: Place) -> io::Result<Option<CaseFile>>;

    /// Puts a case file on the shelf, in its old place where it has one.
    ///
    /// # Errors
    /// Where it cannot be kept.
    fn put(&mut self, file: CaseFile) -> io::Result<Place>;

    /// How many orders were ever put: places are 0 to this number.
    fn len(&self) -> u32;

    /// Whether none was.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
