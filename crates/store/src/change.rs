//! What a transaction reads for update and what it writes.

use parcelward_casework::casefile::CaseFile;
use parcelward_casework::decision::Decision;
use parcelward_casework::fact::{Fact, FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Courier;
use parcelward_casework::world::Change;
use std::collections::HashMap;
use std::sync::Arc;

/// The store's own marks of a case file: which row it is, and which version of it was read. Opaque outside the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileStamp {
    /// The row's number; 0 before it is stored.
    pub(crate) no: i64,
    /// The version that was read; 0 before it is stored.
    pub(crate) version: i64,
    /// The batch that wrote that version, where the database keeps it: after a failover the same version may be another one.
    pub(crate) batch: i64,
    /// Journal lines that the order has.
    pub(crate) lines: i64,
}

impl FileStamp {
    /// The stamp of a case file that is not stored yet.
    pub const NEW: FileStamp = FileStamp { no: 0, version: 0, batch: 0, lines: 0 };

    /// A stamp of a store that tests make up.
    #[cfg(feature = "faults")]
    #[must_use]
    pub const fn of(no: i64, version: i64, batch: i64, lines: i64) -> FileStamp {
        FileStamp { no, version, batch, lines }
    }

    /// Its row, its version, the batch that wrote it, and the lines of its journal: what [`FileStamp::of`] was given.
    #[cfg(feature = "faults")]
    #[must_use]
    pub const fn parts(self) -> (i64, i64, i64, i64) {
        (self.no, self.version, self.batch, self.lines)
    }

    /// Changes so far.
    #[must_use]
    pub fn version(self) -> u64 {
        self.version.unsigned_abs()
    }
}

/// A case file as it is stored.
#[derive(Debug, Clone)]
pub struct StoredFile {
    /// The case file.
    pub file: Arc<CaseFile>,
    /// Which row and version it is.
    pub stamp: FileStamp,
    /// Its own next moment as stored (it may be earlier than the engine's, where news of the world roused it).
    pub next_wake_at: Option<Instant>,
}

/// What locking an order found.
#[derive(Debug, Clone)]
pub enum Locked {
    /// There is no case file of this order.
    Absent,
    /// The version that the caller knows is still the newest.
    Unchanged,
    /// The newest version.
    Loaded(StoredFile),
    /// The row is there but its state cannot be read: why.
    Unreadable(String),
}

/// What is known of a fact's identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Fingerprint of the fact that bears it.
    pub fingerprint: u64,
    /// The order it went to, if any.
    pub order: Option<OrderKey>,
    /// It waits for its order.
    pub parked: bool,
}

/// A fact that waits for its order to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedFact {
    /// Its place in the journal.
    pub seq: u64,
    /// The waybill that it names.
    pub waybill: Waybill,
    /// The fact's own line, `recordedtime` included.
    pub json: String,
}

/// Everything that one transaction writes besides what it locked.
#[derive(Debug, Default)]
pub struct Batch {
    /// Case files that changed or are new, each once.
    pub files: Vec<FileChange>,
    /// Lines of the journal in the order in which they came about.
    pub entries: Vec<Entry>,
    /// Waybills that were nobody's, and the orders that have them now. Where several orders name one, the first has it.
    pub owners: Vec<(Waybill, OrderKey)>,
    /// What was learnt of the world, in that order.
    pub world: Vec<WorldNews>,
    /// How many changes of the world were known before: the position of the first of `world`.
    pub world_position: u32,
    /// Which case files are to be woken because of it, and from when.
    pub rouse: Vec<(RouseScope, Instant)>,
    /// What earlier decisions told of ids (their `data` as JSON), for lists that are written anew.
    pub told: HashMap<String, String>,
    /// The configuration under which it was decided, as [`crate::Store::note_revision`] numbers it.
    pub config: Option<u32>,
    /// That number is named for the first time, as far as the caller knows.
    pub config_is_new: bool,
    /// Facts among the entries that came for orders whose case files left.
    pub late: Vec<LateEntry>,
}

/// A fact that came for an order whose case file left. Its own entry has no order; where it names a waybill it waits for that all the same, since a
/// courier gives a number out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateEntry {
    /// Its identity.
    pub id: FactId,
    /// The first part of that order's ids.
    pub tag: String,
    /// When it came.
    pub at: Instant,
}

/// One case file's change.
#[derive(Debug)]
pub struct FileChange {
    /// What was locked; [`FileStamp::NEW`] for a new one.
    pub stamp: FileStamp,
    /// The case file as it was locked; `None` for a new one. Lists follow from the difference.
    pub before: Option<Arc<CaseFile>>,
    /// The case file as it is now.
    pub after: Arc<CaseFile>,
    /// Its own next moment.
    pub next_wake_at: Option<Instant>,
    /// The courier and province (without its ending) whose coverage it waits to hear of.
    pub awaits_coverage: Option<(Courier, String)>,
}

/// A line of the journal.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "most entries are the large one, and they live as long as one batch")]
pub enum Entry {
    /// A fact that was received.
    Fact(FactEntry),
    /// A fact that waited, now given to its order.
    Released {
        /// Which one.
        fact: Waiting,
        /// The order that it went to.
        order: OrderKey,
    },
    /// A decision.
    Decision(DecisionEntry),
}

/// A fact that waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// In the journal since an earlier batch.
    Stored {
        /// Its place there.
        seq: u64,
        /// The waybill for which it waited.
        waybill: Waybill,
    },
    /// In this batch: the position of its entry, whose own `order` and `parked` are both empty.
    Here(usize),
}

/// A fact that is journalled.
#[derive(Debug)]
pub struct FactEntry {
    /// The fact, `recorded` set.
    pub fact: Arc<Fact>,
    /// Its line as given, `recordedtime` included.
    pub json: String,
    /// The order it went to; none for news of the world, and for one that waits.
    pub order: Option<OrderKey>,
    /// The waybill for which it waits.
    pub parked: Option<Waybill>,
}

/// A decision that is journalled.
#[derive(Debug)]
pub struct DecisionEntry {
    /// The order.
    pub order: OrderKey,
    /// The decision.
    pub decision: Decision,
    /// The instant of the batch in which it was made.
    pub recorded: Instant,
}

/// News of the world.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldNews {
    /// What became known.
    pub change: Change,
    /// A remark.
    pub note: Option<String>,
    /// An order's scans showed it; nobody told it as such.
    pub from_scans: bool,
}

/// Which case files news of the world may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouseScope {
    /// Every open one.
    EveryOpen,
    /// Those that wait to hear whether a courier reaches a province (short name).
    Awaiting(Courier, String),
}
