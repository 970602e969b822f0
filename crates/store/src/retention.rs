//! What leaves the database, what is erased in it, and what may do neither.
//!
//! Every method is one short transaction. Erasing: the lines of one closed case file, and everything that was written down beside them, lose
//! their personal data at once. Leaving: an archive is noted, then its file is written by whoever calls, then the case files that are in it go,
//! all of a batch or none. Whoever dies in between leaves a note behind from which it is known that nothing went.
//!
//! Deliberately absent: how old is old enough (an argument), what is personal (`parcelward_casework::erase`), and files.

pub(crate) mod calls;

use crate::StoreError;
use crate::read::Page;
use crate::rows::{Columns, at, bad_word, count, order_key, waybill};
use async_trait::async_trait;
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;

/// What is to be done with old case files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Their personal data goes.
    Erase,
    /// They leave; only those whose personal data is gone.
    Archive,
    /// Nothing: those whose personal data is still there, and that would leave once it is gone. For whoever looks before a run.
    ArchiveThen,
}

/// A closed case file that may be old enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldFile {
    /// Its number in the database.
    pub no: i64,
    /// Its version: where it is another by now, the case file is left alone.
    pub version: i64,
    /// The order.
    pub order: OrderKey,
}

/// An archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveRow {
    /// Its number, from 1.
    pub no: u64,
    /// The name of its file.
    pub name: String,
    /// Its file is whole and durable, and the case files in it have left.
    pub is_done: bool,
    /// Who writes it: a word for the process.
    pub owner: String,
    /// When it was begun.
    pub at: Instant,
    /// Case files in it.
    pub files: u64,
    /// Lines of the journal in it.
    pub lines: u64,
    /// SHA-256 of its file, in hex.
    pub sha256: String,
}

/// What is left of an order whose case file left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedOrder {
    /// The order.
    pub order: OrderKey,
    /// The archive's number.
    pub archive_no: u64,
    /// The name of its file.
    pub archive: String,
}

/// A fact that came for an order after its case file left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateFact {
    /// Its identity.
    pub id: FactId,
    /// The order that it is about.
    pub order: OrderKey,
    /// When it came.
    pub at: Instant,
    /// Its type (`parcelward.tracking`).
    pub type_: String,
    /// The name of the archive's file.
    pub archive: String,
}

/// An order that stays as it is whatever its age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The order.
    pub order: OrderKey,
    /// Who said so.
    pub who: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: Instant,
}

/// A word about a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldWord {
    /// It was released; else set.
    pub released: bool,
    /// What was said.
    pub hold: Hold,
}

/// What is left of an order, found by one of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The order.
    pub order: OrderKey,
    /// The first part of its ids.
    pub tag: String,
    /// The waybill by which it was asked for, where it was.
    pub waybill: Option<Waybill>,
}

/// The part of a store that has to do with leaving and erasing.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Closed case files after the given place (0 for all) of which nothing was heard since `before`, by the newest line, without those that are
    /// held, set aside, or about which a courier is still to be asked. Some may be younger after all: the step looks again. A page may be
    /// empty; `next` is the place to go on from until there is none.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn old_files(&self, step: Step, before: Instant, after: u64) -> Result<Page<OldFile, u64>, StoreError>;

    /// Takes the personal data out of a case file, its journal, its lists, and what was said to couriers about it. `false` where it has changed, is
    /// held, or something was heard of it since `before`: then nothing happened.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn erase_file(&self, file: &OldFile, before: Instant, now: Instant) -> Result<bool, StoreError>;

    /// Takes the personal data out of facts that belong to no case file and came before an instant, at most `limit`. Gives how many.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn erase_loose(&self, before: Instant, now: Instant, limit: u32) -> Result<u64, StoreError>;

    /// Notes an archive that is going to be written. `None` where one is being written already.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn begin_archive(&self, name: &str, owner: &str, now: Instant) -> Result<Option<u64>, StoreError>;

    /// Gives an archive up that was not finished; its file is of no use, and nothing left into it. `false` where it was finished.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn drop_archive(&self, no: u64) -> Result<bool, StoreError>;

    /// Removes the case files that are in an archive whose file is durable, and notes what is left of them. All or none: `false` where one of
    /// them has changed or is held by now, or the archive was given up; then nothing happened.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn finish_archive(&self, no: u64, lines: u64, sha256: &str, files: &[OldFile], before: Instant) -> Result<bool, StoreError>;

    /// Archives, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn archives(&self, limit: u32) -> Result<Vec<ArchiveRow>, StoreError>;

    /// What is left of an order whose case file left.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn archived_order(&self, order: &OrderKey) -> Result<Option<ArchivedOrder>, StoreError>;

    /// Facts that came for orders after their case files left, the newest first, at most `limit`. One that was released since, because
    /// its waybill was given to another order, is not among them.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn late_facts(&self, limit: u32) -> Result<Vec<LateFact>, StoreError>;

    /// Has an order stay as it is. `Some(false)` where it is held already: the first word stays. `None` where there is no such case file.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn set_hold(&self, hold: &Hold) -> Result<Option<bool>, StoreError>;

    /// Lets an order go its way again. `false` where it is not held.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn release_hold(&self, word: &Hold) -> Result<bool, StoreError>;

    /// Orders that are held, the newest word first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn holds(&self, limit: u32) -> Result<Vec<Hold>, StoreError>;

    /// Every word about an order's hold, the oldest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn hold_words(&self, order: &OrderKey) -> Result<Vec<HoldWord>, StoreError>;
}

/// So many case files are looked at for one page of [`RetentionStore::old_files`].
pub(crate) const SPAN: i64 = 5_000;

pub(crate) fn old_file(row: &impl Columns) -> Result<OldFile, StoreError> {
    Ok(OldFile { no: row.number("no")?, version: row.number("version")?, order: order_key(row)? })
}

pub(crate) fn archive_row(row: &impl Columns) -> Result<ArchiveRow, StoreError> {
    Ok(ArchiveRow {
        no: count(row, "no")?,
        name: row.text("name")?.to_owned(),
        is_done: match row.text("state")? {
            "done" => true,
            "writing" => false,
            _ => return Err(bad_word("state")),
        },
        owner: row.text("owner")?.to_owned(),
        at: at(row, "at")?,
        files: count(row, "files")?,
        lines: count(row, "lines")?,
        sha256: row.text("sha256")?.to_owned(),
    })
}

pub(crate) fn archived_order(row: &impl Columns) -> Result<ArchivedOrder, StoreError> {
    Ok(ArchivedOrder { order: order_key(row)?, archive_no: count(row, "archive_no")?, archive: row.text("name")?.to_owned() })
}

pub(crate) fn late_fact(row: &impl Columns) -> Result<LateFact, StoreError> {
    Ok(LateFact {
        id: FactId { source: row.text("source")?.to_owned(), id: row.text("id")?.to_owned() },
        order: order_key(row)?,
        at: at(row, "at")?,
        type_: row.text("type")?.to_owned(),
        archive: row.text("name")?.to_owned(),
    })
}

pub(crate) fn tombstone(row: &impl Columns) -> Result<Tombstone, StoreError> {
    Ok(Tombstone { order: order_key(row)?, tag: row.text("tag")?.to_owned(), waybill: waybill(row)? })
}

pub(crate) fn hold(row: &impl Columns) -> Result<Hold, StoreError> {
    Ok(Hold { order: order_key(row)?, who: row.text("who")?.to_owned(), why: row.text("why")?.to_owned(), at: at(row, "at")? })
}

pub(crate) fn hold_word(row: &impl Columns) -> Result<HoldWord, StoreError> {
    Ok(HoldWord { released: row.text("what")? == "released", hold: hold(row)? })
}

/// Nothing else is told than that it happened: the text itself is personal.
pub(crate) fn not_erased(error: &parcelward_casework::erase::NotErased) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

/// Closed case files that nothing holds any more, as far as their personal data is as said, and more holds.
macro_rules! old_files {
    ($data:expr, $more:expr) => {
        concat!(
            "SELECT f.no, f.version, f.platform, f.shop, f.order_id FROM case_file AS f \
             WHERE f.no > $1 AND f.no <= $2 AND NOT f.is_open AND f.next_wake_at IS NULL AND f.set_aside_at IS NULL AND ",
            $data,
            " AND (SELECT j.recorded FROM journal AS j WHERE j.file_no = f.no AND j.line = f.lines) < $3 \
             AND NOT EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.order_id = f.order_id AND h.shop = f.shop AND h.platform = f.platform) \
             AND NOT EXISTS (SELECT 1 FROM operation AS o WHERE o.file_no = f.no AND (o.phase <> 'done' OR o.tell IS NOT NULL))",
            $more,
            " ORDER BY f.no"
        )
    };
}
pub(crate) use old_files;

macro_rules! tells_nothing_of_the_world {
    () => {
        " AND NOT EXISTS (SELECT 1 FROM journal AS j WHERE j.file_no = f.no AND j.type = 'parcelward.coverage.noted')"
    };
}
pub(crate) use tells_nothing_of_the_world;

/// The questions, for a connection with `on` and `query`.
macro_rules! questions {
    ($link:ty) => {
        use crate::read::Page;
        use crate::retention::*;
        use crate::rows::{Columns, all, place};
        use crate::{MAX_PAGE, StoreError};
        use parcelward_casework::fact::OrderKey;
        use parcelward_casework::instant::Instant;

        fn most(limit: u32) -> i64 {
            i64::from(limit.clamp(1, MAX_PAGE))
        }

        pub(crate) async fn old_files(link: &mut $link, step: Step, before: Instant, after: u64) -> Result<Page<OldFile, u64>, StoreError> {
            let after = place(after);
            let last = link.query("SELECT coalesce(max(no), 0) AS last FROM case_file").fetch_one(link.on()).await?.number("last")?;
            let rows = link.query(match step {
                Step::Erase => crate::retention::old_files!("(f.erased_version IS NULL OR f.erased_version <> f.version)", ""),
                // What its scans told of the world stays with the journal that says so: it decides for other orders.
                Step::Archive => crate::retention::old_files!("f.erased_version = f.version", crate::retention::tells_nothing_of_the_world!()),
                Step::ArchiveThen => crate::retention::old_files!(
                    "(f.erased_version IS NULL OR f.erased_version <> f.version)",
                    crate::retention::tells_nothing_of_the_world!()
                ),
            });
            let rows = rows.bind(after).bind(after + SPAN).bind(before.millis()).fetch_all(link.on()).await?;
            let next = (after + SPAN < last).then_some((after + SPAN).unsigned_abs());
            Ok(Page { rows: all(&rows, old_file)?, next })
        }

        pub(crate) async fn archives(link: &mut $link, limit: u32) -> Result<Vec<ArchiveRow>, StoreError> {
            let rows = link.query("SELECT no, name, state, owner, at, files, lines, sha256 FROM archive ORDER BY no DESC LIMIT $1");
            all(&rows.bind(most(limit)).fetch_all(link.on()).await?, archive_row)
        }

        pub(crate) async fn archived_order(link: &mut $link, order: &OrderKey) -> Result<Option<ArchivedOrder>, StoreError> {
            let row = link.query(
                "SELECT o.platform, o.shop, o.order_id, o.archive_no, a.name FROM archived_order AS o JOIN archive AS a ON a.no = o.archive_no \
                 WHERE o.order_id = $1 AND o.shop = $2 AND o.platform = $3",
            );
            let row = row.bind(&order.order_id).bind(&order.shop).bind(order.platform.word()).fetch_optional(link.on()).await?;
            row.as_ref().map(crate::retention::archived_order).transpose()
        }

        pub(crate) async fn late_facts(link: &mut $link, limit: u32) -> Result<Vec<LateFact>, StoreError> {
            let rows = link.query(
                "SELECT l.source, l.id, l.at, j.type, o.platform, o.shop, o.order_id, a.name FROM late_fact AS l \
                 JOIN inbox AS i ON i.source = l.source AND i.id = l.id JOIN journal AS j ON j.seq = i.seq AND j.file_no IS NULL \
                 JOIN archived_order AS o ON o.tag = l.tag JOIN archive AS a ON a.no = o.archive_no \
                 ORDER BY l.at DESC, l.source, l.id LIMIT $1",
            );
            all(&rows.bind(most(limit)).fetch_all(link.on()).await?, late_fact)
        }

        pub(crate) async fn holds(link: &mut $link, limit: u32) -> Result<Vec<Hold>, StoreError> {
            let rows = link.query(
                "SELECT platform, shop, order_id, who, why, at FROM legal_hold ORDER BY at DESC, order_id, shop, platform LIMIT $1",
            );
            all(&rows.bind(most(limit)).fetch_all(link.on()).await?, hold)
        }

        pub(crate) async fn hold_words(link: &mut $link, order: &OrderKey) -> Result<Vec<HoldWord>, StoreError> {
            let rows = link.query(
                "SELECT platform, shop, order_id, who, why, at, what FROM legal_hold_log \
                 WHERE order_id = $1 AND shop = $2 AND platform = $3 ORDER BY at, what DESC LIMIT $4",
            );
            let rows = rows.bind(&order.order_id).bind(&order.shop).bind(order.platform.word()).bind(most(MAX_PAGE));
            all(&rows.fetch_all(link.on()).await?, hold_word)
        }
    };
}
pub(crate) use questions;
