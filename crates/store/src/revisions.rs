//! Configurations that were in force, as they were, so that what was decided under one can be explained when it has long been replaced.
//!
//! A line of the journal names its revision by number ([`crate::JournalRow::config`]). A revision that no line names is forgotten a day after it
//! was noted; one that a line names stays for as long as the database does. Deliberately absent: reading a configuration, and whether it is right.

use crate::StoreError;
use crate::rows::{Columns, at};
use parcelward_casework::instant::Instant;

/// A configuration that comes into force. It holds no secrets: those are never written in a configuration, only named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRevision<'a> {
    /// The short word for what it says.
    pub revision: &'a str,
    /// Who brought it in (`daemon NAME`, or a person).
    pub who: &'a str,
    /// The values of its rules, as JSON.
    pub rules: &'a str,
    /// The files that it was read from, as JSON: `[{"name": "rules/pinduoduo.toml", "text": "…"}]`, in the order of their layers.
    pub files: &'a str,
}

/// A configuration that was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionRow {
    /// Its number in this database, from 1.
    pub no: u32,
    /// The short word for what it says.
    pub revision: String,
    /// When it was first noted.
    pub at: Instant,
    /// Who brought it in then.
    pub who: String,
    /// See [`NewRevision::rules`]. Empty in lists.
    pub rules: String,
    /// See [`NewRevision::files`]. Empty in lists.
    pub files: String,
}

pub(crate) fn revision_row(row: &impl Columns) -> Result<RevisionRow, StoreError> {
    Ok(RevisionRow {
        no: number(row)?,
        revision: row.text("revision")?.to_owned(),
        at: at(row, "at")?,
        who: row.text("who")?.to_owned(),
        rules: row.text("rules")?.to_owned(),
        files: row.text("files")?.to_owned(),
    })
}

/// The column `no`.
pub(crate) fn number(row: &impl Columns) -> Result<u32, StoreError> {
    u32::try_from(row.number("no")?).map_err(|_| StoreError::Corrupt("the number of a configuration is none".to_owned()))
}

/// The questions, for a connection with `on` and `query`.
macro_rules! questions {
    ($link:ty) => {
        use crate::revisions::{RevisionRow, revision_row};
        use crate::rows::all;
        use crate::{MAX_PAGE, StoreError};

        pub(crate) async fn revision(link: &mut $link, no: u32) -> Result<Option<RevisionRow>, StoreError> {
            let row = link.query("SELECT no, revision, at, who, rules, files FROM config_revision WHERE no = $1");
            row.bind(i64::from(no)).fetch_optional(link.on()).await?.as_ref().map(revision_row).transpose()
        }

        pub(crate) async fn revision_named(link: &mut $link, word: &str) -> Result<Option<RevisionRow>, StoreError> {
            let row = link.query("SELECT no, revision, at, who, rules, files FROM config_revision WHERE revision = $1");
            row.bind(word).fetch_optional(link.on()).await?.as_ref().map(revision_row).transpose()
        }

        pub(crate) async fn revisions(link: &mut $link, limit: u32) -> Result<Vec<RevisionRow>, StoreError> {
            let rows = link.query("SELECT no, revision, at, who, '' AS rules, '' AS files FROM config_revision ORDER BY no DESC LIMIT $1");
            all(&rows.bind(i64::from(limit.clamp(1, MAX_PAGE))).fetch_all(link.on()).await?, revision_row)
        }
    };
}
pub(crate) use questions;

/// Everything, for a connection inside a transaction that writes.
macro_rules! revisions {
    ($link:ty) => {
        crate::revisions::questions!($link);
        use crate::revisions::{NewRevision, number};
        use parcelward_casework::instant::{Instant, Length};

        /// A revision that no line of the journal names is kept this long.
        const KEPT: Length = Length::hours(24);

        pub(crate) async fn note_revision(link: &mut $link, new: &NewRevision<'_>, now: Instant) -> Result<u32, StoreError> {
            let insert = link.query(
                "INSERT INTO config_revision (no, revision, at, who, rules, files) \
                 SELECT coalesce(max(no), 0) + 1, $1, $2, $3, $4, $5 FROM config_revision WHERE true ON CONFLICT DO NOTHING",
            );
            let insert = insert.bind(new.revision).bind(now.millis()).bind(new.who).bind(new.rules).bind(new.files);
            insert.execute(link.on()).await?;
            let row = link.query("SELECT no FROM config_revision WHERE revision = $1").bind(new.revision);
            let row = row.fetch_optional(link.on()).await?;
            let no = row.as_ref().map(number).transpose()?;
            let no = no.ok_or_else(|| StoreError::Retry("another daemon noted another configuration".to_owned()))?;
            // What a daemon works by may be named by its next batch. The newest number is never given out a second time.
            let forget = link.query(
                "DELETE FROM config_revision WHERE used = 0 AND at < $1 AND no <> $2 AND no < (SELECT max(no) FROM config_revision) \
                 AND revision NOT IN (SELECT replace(revision, '!', '') FROM daemon)",
            );
            forget.bind((now - KEPT).millis()).bind(i64::from(no)).execute(link.on()).await?;
            Ok(no)
        }
    };
}
pub(crate) use revisions;
