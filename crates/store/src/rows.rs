//! Rows as both databases give them: reading columns by name, and what a row says.

use crate::StoreError;
use crate::change::{FileStamp, StoredFile};
use crate::projection::{CaseLine, DeadlineLine, OperationLine, TaskLine, WaybillLine};
use crate::read::*;
use parcelward_casework::casefile::{CaseFile, DeadlineState};
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::money::Money;
use parcelward_casework::rule_change::RuleChange;
use parcelward_casework::words::*;
use parcelward_casework::world::{Change, News};
use serde::de::DeserializeOwned;
use sqlx::Row;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A row, whatever database it comes from.
pub(crate) trait Columns {
    fn text(&self, column: &str) -> Result<&str, StoreError>;
    fn text_or_none(&self, column: &str) -> Result<Option<&str>, StoreError>;
    fn number(&self, column: &str) -> Result<i64, StoreError>;
    fn number_or_none(&self, column: &str) -> Result<Option<i64>, StoreError>;
    fn flag(&self, column: &str) -> Result<bool, StoreError>;
}

macro_rules! columns {
    ($row:ty) => {
        impl Columns for $row {
            fn text(&self, column: &str) -> Result<&str, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn text_or_none(&self, column: &str) -> Result<Option<&str>, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn number(&self, column: &str) -> Result<i64, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn number_or_none(&self, column: &str) -> Result<Option<i64>, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn flag(&self, column: &str) -> Result<bool, StoreError> {
                Ok(self.try_get(column)?)
            }
        }
    };
}
columns!(sqlx::sqlite::SqliteRow);
columns!(sqlx::postgres::PgRow);

/// A stored word that is in no vocabulary of this program.
pub(crate) fn bad_word(column: &str) -> StoreError {
    StoreError::Unreadable(format!("column {column} holds a word that this version does not know"))
}

/// A word of a closed vocabulary.
pub(crate) fn word<T>(row: &impl Columns, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    read(row.text(column)?).ok_or_else(|| bad_word(column))
}

/// The same where it may be absent.
fn word_or_none<T>(row: &impl Columns, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
    row.text_or_none(column)?.map(|text| read(text).ok_or_else(|| bad_word(column))).transpose()
}

fn owned(row: &impl Columns, column: &str) -> Result<Option<String>, StoreError> {
    Ok(row.text_or_none(column)?.map(str::to_owned))
}

pub(crate) fn at(row: &impl Columns, column: &str) -> Result<Instant, StoreError> {
    row.number(column).map(Instant::from_millis)
}

fn at_or_none(row: &impl Columns, column: &str) -> Result<Option<Instant>, StoreError> {
    Ok(row.number_or_none(column)?.map(Instant::from_millis))
}

/// The same where they are never absent.
pub(crate) fn waybill_of(row: &impl Columns) -> Result<Waybill, StoreError> {
    Ok(Waybill { courier: word(row, "courier", Courier::from_word)?, number: row.text("number")?.to_owned() })
}

/// A count, or a place in a list.
pub(crate) fn count(row: &impl Columns, column: &str) -> Result<u64, StoreError> {
    Ok(row.number(column)?.unsigned_abs())
}

/// The columns `platform`, `shop` and `order_id`.
pub(crate) fn order_key(row: &impl Columns) -> Result<OrderKey, StoreError> {
    let platform = word(row, "platform", Platform::from_word)?;
    Ok(OrderKey { platform, shop: row.text("shop")?.to_owned(), order_id: row.text("order_id")?.to_owned() })
}

/// The columns `courier` and `number`.
pub(crate) fn waybill(row: &impl Columns) -> Result<Option<Waybill>, StoreError> {
    let courier = word_or_none(row, "courier", Courier::from_word)?;
    Ok(courier.zip(owned(row, "number")?).map(|(courier, number)| Waybill { courier, number }))
}

/// The state, or why it cannot be read. The text of a state is personal: only the place of the fault is told.
pub(crate) fn read_state(json: &str) -> Result<Arc<CaseFile>, String> {
    serde_json::from_str(json)
        .map(Arc::new)
        .map_err(|e| format!("the stored state cannot be read ({:?} fault at byte {})", e.classify(), e.column()))
}

/// The columns `no`, `version`, `batch` and `lines`.
pub(crate) fn stamp(row: &impl Columns) -> Result<FileStamp, StoreError> {
    Ok(FileStamp { no: row.number("no")?, version: row.number("version")?, batch: row.number("batch")?, lines: row.number("lines")? })
}

/// A case file: its stamp, `next_wake_at` and `state`.
pub(crate) fn stored_file(row: &impl Columns) -> Result<StoredFile, StoreError> {
    let file = read_state(row.text("state")?).map_err(StoreError::Unreadable)?;
    Ok(StoredFile { file, stamp: stamp(row)?, next_wake_at: at_or_none(row, "next_wake_at")? })
}

pub(crate) fn set_aside(row: &impl Columns) -> Result<SetAside, StoreError> {
    let reason = owned(row, "set_aside_why")?.unwrap_or_default();
    Ok(SetAside { order: order_key(row)?, reason, since: at(row, "set_aside_at")? })
}

pub(crate) fn daemon_row(row: &impl Columns) -> Result<DaemonRow, StoreError> {
    Ok(DaemonRow {
        boot_id: row.text("boot_id")?.to_owned(),
        name: row.text("name")?.to_owned(),
        version: row.text("version")?.to_owned(),
        revision: row.text("revision")?.to_owned(),
        started_at: at(row, "started_at")?,
        beat_at: at(row, "beat_at")?,
        lag_ms: count(row, "lag_ms")?,
        batches: count(row, "batches")?,
        failing: owned(row, "failing")?,
        notes: DaemonNotes::from_text(row.text("notes")?),
    })
}

pub(crate) fn journal_row(row: &impl Columns) -> Result<JournalRow, StoreError> {
    Ok(JournalRow {
        seq: count(row, "seq")?,
        line: count(row, "line")?,
        kind: if row.text("kind")? == "fact" { EntryKind::Fact } else { EntryKind::Decision },
        type_: row.text("type")?.to_owned(),
        id: FactId { source: row.text("source")?.to_owned(), id: row.text("id")?.to_owned() },
        time: at(row, "time")?,
        recorded: at(row, "recorded")?,
        config: row.number_or_none("config")?.and_then(|no| u32::try_from(no).ok()),
        json: row.text("json")?.to_owned(),
    })
}

/// Columns of a case file for whoever checks.
pub(crate) const RECORD: &str = "platform, shop, order_id, no, version, lines, is_open, next_wake_at, set_aside_at, set_aside_why, state";
/// What lists show, table by table, each with the columns that [`listed`] reads.
pub(crate) const LISTED: [(&str, &str); 5] = [
    (
        "task",
        "task_id, file_no, kind, platform, shop, order_id, case_id, case_kind, courier, number, queue, urgency, due_at, deadline_id, state, \
         is_open, snoozed_until, outcome, assignee, opened_at, version, advice, money_fen",
    ),
    (
        "deadline",
        "deadline_id, file_no, rule, rule_kind, platform, shop, order_id, courier, number, starts_at, due_at, state, is_running, ended_at, \
         provisional, waived, late_news",
    ),
    ("operation", "operation_id, file_no, kind, courier, number, case_id, state, asked_at, reference"),
    ("open_case", "case_id, file_no, kind, opened_at"),
    ("waybill_index", "number, courier, file_no"),
];

/// A case file for whoever checks, its lists still empty.
pub(crate) fn record(row: &impl Columns) -> Result<FileRecord, StoreError> {
    let stamp = stamp(row)?;
    let next_wake_at = at_or_none(row, "next_wake_at")?;
    let why = owned(row, "set_aside_why")?.unwrap_or_default();
    Ok(FileRecord {
        order: order_key(row)?,
        stored: read_state(row.text("state")?).map(|file| StoredFile { file, stamp, next_wake_at }),
        next_wake_at,
        set_aside: row.number_or_none("set_aside_at")?.map(|_| why),
        is_open: row.flag("is_open")?,
        lines: count(row, "lines")?,
        journal: (0, 0),
        lists: BTreeMap::new(),
    })
}

/// A row of a list: its case file's number, its id, and its text.
pub(crate) fn listed(table: &'static str, row: &impl Columns) -> Result<(i64, (&'static str, String), String), StoreError> {
    let no = row.number("file_no")?;
    let (id, text) = match table {
        "task" => {
            let line = task_line(row, no)?;
            (line.task_id.to_owned(), line.text())
        }
        "deadline" => {
            let line = deadline_line(row, no)?;
            (line.deadline_id.to_owned(), line.text())
        }
        "operation" => {
            let line = OperationLine {
                operation_id: row.text("operation_id")?,
                no,
                kind: row.text("kind")?,
                courier: row.text("courier")?,
                number: row.text("number")?,
                case_id: row.text("case_id")?,
                state: row.text("state")?,
                asked_at: row.number("asked_at")?,
                reference: row.text_or_none("reference")?,
                intent: String::new(),
            };
            (line.operation_id.to_owned(), line.text())
        }
        "open_case" => {
            let line = CaseLine { case_id: row.text("case_id")?, no, kind: row.text("kind")?, opened_at: row.number("opened_at")? };
            (line.case_id.to_owned(), line.text())
        }
        _ => {
            let line = WaybillLine { number: row.text("number")?, courier: row.text("courier")?, no };
            (format!("{}/{}", line.courier, line.number), line.text())
        }
    };
    Ok((no, (table, id), text))
}

fn task_line<'r>(row: &'r impl Columns, no: i64) -> Result<TaskLine<'r>, StoreError> {
    Ok(TaskLine {
        task_id: row.text("task_id")?,
        no,
        kind: row.text("kind")?,
        platform: row.text("platform")?,
        shop: row.text("shop")?,
        order_id: row.text("order_id")?,
        case_id: row.text_or_none("case_id")?,
        case_kind: row.text_or_none("case_kind")?,
        courier: row.text_or_none("courier")?,
        number: row.text_or_none("number")?,
        queue: row.text("queue")?,
        urgency: row.text("urgency")?,
        due_at: row.number("due_at")?,
        deadline_id: row.text_or_none("deadline_id")?,
        state: row.text("state")?,
        is_open: row.flag("is_open")?,
        snoozed_until: row.number_or_none("snoozed_until")?,
        outcome: row.text_or_none("outcome")?,
        assignee: row.text_or_none("assignee")?,
        opened_at: row.number("opened_at")?,
        version: row.number("version")?,
        advice: row.text_or_none("advice")?,
        money_fen: row.number("money_fen")?,
        opened: String::new(),
    })
}

fn deadline_line<'r>(row: &'r impl Columns, no: i64) -> Result<DeadlineLine<'r>, StoreError> {
    Ok(DeadlineLine {
        deadline_id: row.text("deadline_id")?,
        no,
        rule: row.text("rule")?.to_owned(),
        rule_kind: row.text("rule_kind")?,
        platform: row.text("platform")?,
        shop: row.text("shop")?,
        order_id: row.text("order_id")?,
        courier: row.text_or_none("courier")?,
        number: row.text_or_none("number")?,
        starts_at: row.number("starts_at")?,
        due_at: row.number("due_at")?,
        state: row.text("state")?,
        is_running: row.flag("is_running")?,
        ended_at: row.number_or_none("ended_at")?,
        provisional: row.flag("provisional")?,
        waived: row.flag("waived")?,
        late_news: row.flag("late_news")?,
        told: String::new(),
    })
}

/// Puts what lists show, and the journal's counts (`file_no`, `lines`, `last`), to the case files (by number) that they are about.
pub(crate) fn join_records<R: Columns>(
    records: Vec<(i64, FileRecord)>,
    lists: &[(&'static str, Vec<R>)],
    journal: &[R],
) -> Result<Vec<FileRecord>, StoreError> {
    let places: HashMap<i64, usize> = records.iter().enumerate().map(|(at, (no, _))| (*no, at)).collect();
    let mut records: Vec<FileRecord> = records.into_iter().map(|(_, record)| record).collect();
    for (table, rows) in lists {
        for row in rows {
            let (no, key, text) = listed(table, row)?;
            if let Some(record) = places.get(&no).and_then(|at| records.get_mut(*at)) {
                record.lists.insert(key, text);
            }
        }
    }
    for row in journal {
        if let Some(record) = places.get(&row.number("file_no")?).and_then(|at| records.get_mut(*at)) {
            record.journal = (count(row, "lines")?, count(row, "last")?);
        }
    }
    Ok(records)
}

/// The word that stands for a deadline's state in the database.
pub(crate) const fn deadline_word(state: DeadlineState) -> &'static str {
    match state {
        DeadlineState::Running => "running",
        DeadlineState::Met => "met",
        DeadlineState::Breached => "breached",
        DeadlineState::Cancelled => "cancelled",
    }
}

pub(crate) fn task_row(row: &impl Columns) -> Result<TaskRow, StoreError> {
    let money = row.number("money_fen")?;
    Ok(TaskRow {
        task_id: row.text("task_id")?.to_owned(),
        kind: word(row, "kind", TaskKind::from_word)?,
        order: order_key(row)?,
        case_id: owned(row, "case_id")?,
        case_kind: word_or_none(row, "case_kind", CaseKind::from_word)?,
        waybill: waybill(row)?,
        queue: word(row, "queue", Queue::from_word)?,
        urgency: word(row, "urgency", Urgency::from_word)?,
        due_at: at(row, "due_at")?,
        deadline_id: owned(row, "deadline_id")?,
        state: word(row, "state", TaskListState::from_word)?,
        snoozed_until: at_or_none(row, "snoozed_until")?,
        outcome: word_or_none(row, "outcome", TaskOutcome::from_word)?,
        assignee: owned(row, "assignee")?,
        opened_at: at(row, "opened_at")?,
        version: count(row, "version")?,
        advice: word_or_none(row, "advice", Advice::from_word)?,
        money: (money >= 0).then(|| Money::from_fen(money)),
        opened: row.text("opened")?.to_owned(),
    })
}

pub(crate) fn deadline_row(row: &impl Columns) -> Result<DeadlineRow, StoreError> {
    let states = [DeadlineState::Running, DeadlineState::Met, DeadlineState::Breached, DeadlineState::Cancelled];
    Ok(DeadlineRow {
        deadline_id: row.text("deadline_id")?.to_owned(),
        rule: row.text("rule")?.to_owned(),
        order: order_key(row)?,
        waybill: waybill(row)?,
        starts_at: at(row, "starts_at")?,
        due_at: at(row, "due_at")?,
        state: word(row, "state", |text| states.into_iter().find(|s| deadline_word(*s) == text))?,
        ended_at: at_or_none(row, "ended_at")?,
        provisional: row.flag("provisional")?,
        waived: row.flag("waived")?,
        late_news: row.flag("late_news")?,
        set: row.text("told")?.to_owned(),
    })
}

fn told<T: DeserializeOwned>(row: &impl Columns) -> Result<T, StoreError> {
    serde_json::from_str(row.text("told")?).map_err(|_| StoreError::Unreadable("a stored change of the world".to_owned()))
}

fn cause(row: &impl Columns) -> Result<FactId, StoreError> {
    Ok(FactId { source: row.text("source")?.to_owned(), id: row.text("id")?.to_owned() })
}

/// The word that [`WORLD_FROM`] gives rows of `rule change`.
const RULES: &str = "rules";
/// Every change of the world from a position ($1) on, in order.
pub(crate) const WORLD_FROM: &str = "SELECT position, at, source, id, kind, told FROM world_change WHERE position >= $1 UNION ALL \
     SELECT position, at, source, id, 'rules' AS kind, told FROM rule_change WHERE position >= $1 ORDER BY position";

/// Changes of the world from a position on. A gap would shift what case files have read: it is an error.
pub(crate) fn changes<R: Columns>(rows: &[R], from: u32) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::with_capacity(rows.len());
    for (row, expected) in rows.iter().zip(u64::from(from)..) {
        if count(row, "position")? != expected {
            return Err(StoreError::Corrupt(format!("change {expected} of the world is missing")));
        }
        let news = match row.text("kind")? {
            "reach" => News::Reach(told(row)?),
            "disruption" => News::Disruption(told(row)?),
            RULES => News::Rules(RuleChange::of(told(row)?)),
            _ => return Err(bad_word("world_change.kind")),
        };
        changes.push(Change { at: at(row, "at")?, cause: cause(row)?, news });
    }
    Ok(changes)
}

pub(crate) fn coverage_row(row: &impl Columns) -> Result<CoverageRow, StoreError> {
    Ok(CoverageRow {
        position: count(row, "position")?,
        reach: told(row)?,
        known_at: at(row, "at")?,
        cause: cause(row)?,
        from_scans: row.flag("from_scans")?,
        note: owned(row, "note")?,
    })
}

pub(crate) fn disruption_row(row: &impl Columns) -> Result<DisruptionRow, StoreError> {
    Ok(DisruptionRow { position: count(row, "position")?, fact: told(row)?, known_at: at(row, "at")?, cause: cause(row)? })
}

/// All rows of an answer.
pub(crate) fn all<R, T>(rows: &[R], read: impl Fn(&R) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}

/// Counts by a word: the columns `word` and `count`.
pub(crate) fn tally<R: Columns, K: Ord>(rows: &[R], read: impl Fn(&str) -> Option<K>) -> Result<BTreeMap<K, u64>, StoreError> {
    rows.iter().map(|row| Ok((word(row, "word", &read)?, count(row, "count")?))).collect()
}

/// The sizes, but for what is counted by a word.
pub(crate) fn sizes(row: &impl Columns) -> Result<Counts, StoreError> {
    Ok(Counts {
        open_cases: BTreeMap::new(),
        open_tasks: BTreeMap::new(),
        running_deadlines: count(row, "running_deadlines")?,
        parked_facts: count(row, "parked_facts")?,
        set_aside: count(row, "set_aside")?,
        overdue_files: count(row, "overdue_files")?,
        overdue_ms: count(row, "overdue_ms")?,
        late_facts: count(row, "late_facts")?,
    })
}

/// A page whose next one begins after its last row, where it is full.
pub(crate) fn page<T, C>(rows: Vec<T>, limit: u32, place: impl Fn(&T) -> C) -> Page<T, C> {
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(place);
    Page { rows, next }
}

/// A place in a list as the databases count.
pub(crate) fn place(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// The part of an id that stands for its order.
pub(crate) fn tag_of(id: &str) -> Option<&str> {
    id.split_once('-').map(|(tag, _)| tag).filter(|tag| !tag.is_empty() && tag.len() <= 64)
}

/// The word of a rule's kind by the rule's id, so that the index of kinds serves: `pdd.collect` is `collect`.
pub(crate) fn rule_word(rule: &str) -> Option<&'static str> {
    use parcelward_casework::rule_kind::RuleKind;
    RuleKind::ALL.iter().find(|kind| Platform::ALL.iter().any(|platform| kind.id(*platform) == rule)).map(|kind| kind.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_gives_its_orders_tag() {
        assert_eq!(tag_of("abcdefghjkmn-12"), Some("abcdefghjkmn"));
        for none in ["", "abc", "-1"] {
            assert_eq!(tag_of(none), None);
        }
    }
}
