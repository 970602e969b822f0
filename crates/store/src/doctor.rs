//! Checks of a database that may be in use: does everything that is kept twice say the same, and can everything be woken?
//!
//! Deliberately absent: replaying the journal, which needs the rules (the scheduler's part).

use crate::change::{Batch, FileChange, Locked, StoredFile};
use crate::projection::Lines;
use crate::read::{EntryKind, FileRecord};
use crate::{MAX_PAGE, Store, StoreError};
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Courier;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;

macro_rules! of_no_file {
    ($table:literal) => {
        concat!(
            "SELECT count(*) AS count FROM ",
            $table,
            " AS t WHERE t.file_no IS NOT NULL AND NOT EXISTS (SELECT 1 FROM case_file AS f WHERE f.no = t.file_no)"
        )
    };
}
/// Questions to the whole database that both databases understand; each counts a fault. What each means stands before it.
pub const FAULTS: [(&str, &str); 13] = [
    (
        "facts that wait although their waybill has an order",
        "SELECT count(*) AS count FROM inbox AS i JOIN waybill_index AS w ON w.number = i.number AND w.courier = i.courier \
         WHERE i.state = 'parked' AND w.file_no IS NOT NULL",
    ),
    (
        "facts in the journal whose identity is not taken",
        "SELECT count(*) AS count FROM journal AS j WHERE j.kind = 'fact' AND NOT EXISTS \
         (SELECT 1 FROM inbox AS i WHERE i.source = j.source AND i.id = j.id AND i.seq = j.seq)",
    ),
    (
        "identities that are taken by no fact in the journal",
        "SELECT count(*) AS count FROM inbox AS i WHERE NOT EXISTS (SELECT 1 FROM journal AS j WHERE j.seq = i.seq AND j.kind = 'fact')",
    ),
    (
        "facts that wait but have an order",
        "SELECT count(*) AS count FROM inbox AS i JOIN journal AS j ON j.seq = i.seq WHERE i.state = 'parked' AND j.file_no IS NOT NULL",
    ),
    ("decisions in the journal without an order", "SELECT count(*) AS count FROM journal WHERE kind = 'decision' AND file_no IS NULL"),
    ("lines of the journal whose case file is gone", of_no_file!("journal")),
    ("tasks whose case file is gone", of_no_file!("task")),
    ("deadlines whose case file is gone", of_no_file!("deadline")),
    ("open cases whose case file is gone", of_no_file!("open_case")),
    ("operations whose case file is gone", of_no_file!("operation")),
    ("waybills whose case file is gone", of_no_file!("waybill_index")),
    (
        "changes of the world that are missing",
        "SELECT coalesce(max(position) + 1, 0) - count(*) AS count FROM \
         (SELECT position FROM world_change UNION ALL SELECT position FROM rule_change) AS told",
    ),
    (
        "instants in the journal that are later than the newest batch",
        "SELECT count(*) AS count FROM journal WHERE recorded > (SELECT clock_high_water FROM db_meta WHERE id = 1)",
    ),
];

/// What the rules say of a case file.
pub trait Wakes: Sync {
    /// Its own next moment.
    fn next_wake_at(&self, file: &CaseFile) -> Option<Instant>;
    /// The courier and province whose coverage it waits to hear of.
    fn awaits_coverage(&self, file: &CaseFile) -> Option<(Courier, String)>;
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose case file it is about; none where it is about the whole database.
    pub order: Option<OrderKey>,
    /// What is wrong.
    pub what: String,
    /// Whether it was put right.
    pub mended: bool,
}

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// Case files that were looked at.
    pub files: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Looks through the whole database, a page at a time, each page as of one moment. Puts right what `mend` allows: lists are written anew
/// from the case file, a next moment is set to the case file's own. Nothing else is ever changed.
///
/// # Errors
/// Any [`StoreError`] that keeps it from looking on.
pub async fn examine(store: &dyn Store, wakes: &dyn Wakes, mend: bool) -> Result<Examined, StoreError> {
    let mut examined = Examined::default();
    let mut after = Some(0);
    while let Some(place) = after {
        let page = store.records(place, MAX_PAGE.min(200)).await?;
        for record in page.rows {
            examined.files += 1;
            let found = look(store, &record, wakes).await?;
            let mended = match &record.stored {
                Ok(stored) if mend && found.iter().any(|f| f.can_mend) => write_anew(store, stored, wakes).await?,
                _ => false,
            };
            examined.findings.extend(found.into_iter().map(|found| Finding {
                order: Some(record.order.clone()),
                what: found.what,
                mended: mended && found.can_mend,
            }));
        }
        after = page.next;
    }
    for ((what, _), count) in FAULTS.iter().zip(store.faults().await?) {
        if count > 0 {
            examined.findings.push(Finding { order: None, what: format!("{count} {what}"), mended: false });
        }
    }
    Ok(examined)
}

/// What is wrong with one case file.
struct Found {
    what: String,
    can_mend: bool,
}

async fn look(store: &dyn Store, record: &FileRecord, wakes: &dyn Wakes) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    let mut say = |what: String, can_mend: bool| found.push(Found { what, can_mend });
    if let Some(why) = &record.set_aside {
        say(format!("is set aside, so that nobody wakes it: {why}"), false);
    }
    if record.journal != (record.lines, record.lines) {
        let (lines, last) = record.journal;
        say(format!("has {lines} lines of the journal, the last numbered {last}, and should have {}", record.lines), false);
    }
    let stored = match &record.stored {
        Ok(stored) => stored,
        Err(why) => {
            say(why.clone(), false);
            return Ok(found);
        }
    };
    let file = &*stored.file;
    if file.key != record.order {
        say("holds the state of another order".to_owned(), false);
    }
    if file.is_open() != record.is_open {
        say("is not stored as open or closed as it is".to_owned(), true);
    }
    let own = wakes.next_wake_at(file);
    for (at, case) in (0..).zip(&file.cases).filter(|(_, case)| case.closed.is_none()) {
        if !file.has_next_step(at) {
            say(format!("case {} is open and nothing will ever come of it", case.id), false);
        }
    }
    if own.is_some_and(|own| record.next_wake_at.is_none_or(|stored| stored > own.max(file.clock))) {
        say("would be woken too late, or never".to_owned(), true);
    }
    let expected = Lines::of_file(file, stored.stamp.no)?.texts();
    for (key, text) in &expected {
        match record.lists.get(key) {
            Some(listed) if listed == text => {}
            Some(_) => say(format!("{} {} does not say what the case file says", key.0, key.1), true),
            // A waybill stays with the order that registered it first.
            None if key.0 == "waybill_index" && is_anothers(store, file, &key.1).await? => {}
            None => say(format!("{} {} is missing", key.0, key.1), true),
        }
    }
    for key in record.lists.keys().filter(|key| !expected.contains_key(*key)) {
        say(format!("{} {} is in no case file", key.0, key.1), true);
    }
    Ok(found)
}

async fn is_anothers(store: &dyn Store, file: &CaseFile, name: &str) -> Result<bool, StoreError> {
    let waybill = file.parcels.iter().map(|p| &p.waybill).find(|w| format!("{}/{}", w.courier.word(), w.number) == name);
    match waybill {
        Some(waybill) => Ok(store.order_of_waybill(waybill).await?.is_some_and(|order| order != file.key)),
        None => Ok(false),
    }
}

/// Writes the lists and the next moment of a case file anew, unless it has changed since it was looked at.
async fn write_anew(store: &dyn Store, seen: &StoredFile, wakes: &dyn Wakes) -> Result<bool, StoreError> {
    let told = told(store, &seen.file.key).await?;
    let mut tx = store.begin().await?;
    let locked = tx.lock(&[(seen.file.key.clone(), None)]).await;
    let stored = match locked.map(|mut locked| locked.pop()) {
        Ok(Some(Locked::Loaded(stored))) if stored.stamp == seen.stamp => stored,
        Ok(_) => {
            tx.rollback().await;
            return Ok(false);
        }
        Err(error) => {
            tx.rollback().await;
            return Err(error);
        }
    };
    let lines = Lines::of_file(&stored.file, stored.stamp.no)?.texts();
    let kept: Vec<String> = lines.into_keys().map(|(_, id)| id).collect();
    let own = wakes.next_wake_at(&stored.file);
    let change = FileChange {
        stamp: stored.stamp,
        before: None,
        after: Arc::clone(&stored.file),
        next_wake_at: own.into_iter().chain(stored.next_wake_at).min(),
        awaits_coverage: wakes.awaits_coverage(&stored.file),
    };
    let batch = Batch { files: vec![change], told, ..Batch::default() };
    let written = match tx.clear_lists(stored.stamp, &kept).await {
        Ok(()) => tx.save(&batch).await,
        Err(error) => Err(error),
    };
    match written {
        Ok(_) => tx.commit().await.map(|()| true),
        Err(error) => {
            tx.rollback().await;
            Err(error)
        }
    }
}

/// What the order's decisions told, by the ids that they gave.
async fn told(store: &dyn Store, order: &OrderKey) -> Result<HashMap<String, String>, StoreError> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Ids {
        task_id: Option<String>,
        deadline_id: Option<String>,
        operation_id: Option<String>,
    }
    let mut told = HashMap::new();
    let mut after = Some(0);
    while let Some(line) = after {
        let page = store.timeline(order, line, MAX_PAGE).await?;
        for row in page.rows.iter().filter(|row| row.kind == EntryKind::Decision) {
            let Ok(line) = serde_json::from_str::<Line<'_>>(&row.json) else { continue };
            let Ok(ids) = serde_json::from_str::<Ids>(line.data.get()) else { continue };
            let id = match row.type_.as_str() {
                "parcelward.task.opened" => ids.task_id,
                "parcelward.deadline.set" => ids.deadline_id,
                "parcelward.operation.requested" => ids.operation_id,
                _ => None,
            };
            told.extend(id.map(|id| (id, line.data.get().to_owned())));
        }
        after = page.next;
    }
    Ok(told)
}
