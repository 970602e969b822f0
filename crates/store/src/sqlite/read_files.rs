//! Case files, their timelines, and the journal of facts.

use super::transaction::{order_key, read_state};
use crate::change::{FileStamp, StoredFile};
use crate::read::*;
use crate::{MAX_PAGE, StoreError};
use parcelward_casework::casefile::Index;
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

const FILE: &str = "SELECT no, version, lines, next_wake_at, state FROM case_file WHERE order_id = ?1 AND shop = ?2 AND platform = ?3";
const FILE_BY_TAG: &str = "SELECT no, version, lines, next_wake_at, state FROM case_file WHERE tag = ?1";

fn stored(row: &SqliteRow) -> Result<StoredFile, StoreError> {
    Ok(StoredFile {
        file: read_state(row.try_get(4)?).map_err(StoreError::Unreadable)?,
        stamp: FileStamp { no: row.try_get(0)?, version: row.try_get(1)?, lines: row.try_get(2)? },
        next_wake_at: row.try_get::<Option<i64>, _>(3)?.map(Instant::from_millis),
    })
}

pub(super) async fn case_file(readers: &SqlitePool, order: &OrderKey) -> Result<Option<StoredFile>, StoreError> {
    let row = sqlx::query(FILE).bind(&order.order_id).bind(&order.shop).bind(order.platform.word()).fetch_optional(readers).await?;
    row.as_ref().map(stored).transpose()
}

/// The part of an id that stands for its order.
pub(crate) fn tag_of(id: &str) -> Option<&str> {
    id.split_once('-').map(|(tag, _)| tag).filter(|tag| !tag.is_empty() && tag.len() <= 64)
}

pub(super) async fn case(readers: &SqlitePool, case_id: &str) -> Result<Option<CaseView>, StoreError> {
    let Some(tag) = tag_of(case_id) else { return Ok(None) };
    let Some(row) = sqlx::query(FILE_BY_TAG).bind(tag).fetch_optional(readers).await? else { return Ok(None) };
    let stored = stored(&row)?;
    let index = stored.file.cases.iter().position(|case| case.id == case_id).and_then(|i| Index::try_from(i).ok());
    Ok(index.map(|index| CaseView { stored, index }))
}

pub(super) async fn order_of_waybill(readers: &SqlitePool, waybill: &Waybill) -> Result<Option<OrderKey>, StoreError> {
    let row = sqlx::query(
        "SELECT f.platform, f.shop, f.order_id FROM waybill_index AS w JOIN case_file AS f ON f.no = w.file_no \
         WHERE w.number = ?1 AND w.courier = ?2",
    )
    .bind(&waybill.number)
    .bind(waybill.courier.word())
    .fetch_optional(readers)
    .await?;
    row.as_ref().map(|row| order_key(row, 0)).transpose()
}

fn journal_row(row: &SqliteRow) -> Result<JournalRow, StoreError> {
    let kind: &str = row.try_get(2)?;
    Ok(JournalRow {
        seq: row.try_get::<i64, _>(0)?.cast_unsigned(),
        line: row.try_get::<i64, _>(1)?.cast_unsigned(),
        kind: if kind == "fact" { EntryKind::Fact } else { EntryKind::Decision },
        type_: row.try_get(3)?,
        id: FactId { source: row.try_get(4)?, id: row.try_get(5)? },
        time: Instant::from_millis(row.try_get(6)?),
        recorded: Instant::from_millis(row.try_get(7)?),
        json: row.try_get(8)?,
    })
}

fn page(rows: &[SqliteRow], limit: u32, place: impl Fn(&JournalRow) -> u64) -> Result<Page<JournalRow, u64>, StoreError> {
    let rows: Vec<JournalRow> = rows.iter().map(journal_row).collect::<Result<_, _>>()?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(place);
    Ok(Page { rows, next })
}

pub(super) async fn timeline(
    readers: &SqlitePool,
    order: &OrderKey,
    after_line: u64,
    limit: u32,
) -> Result<Page<JournalRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = sqlx::query(
        "SELECT seq, line, kind, type, source, id, time, recorded, json FROM journal WHERE file_no = \
         (SELECT no FROM case_file WHERE order_id = ?1 AND shop = ?2 AND platform = ?3) AND line > ?4 ORDER BY line LIMIT ?5",
    )
    .bind(&order.order_id)
    .bind(&order.shop)
    .bind(order.platform.word())
    .bind(i64::try_from(after_line).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(readers)
    .await?;
    page(&rows, limit, |row| row.line)
}

pub(super) async fn facts_after(readers: &SqlitePool, after_seq: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = sqlx::query(
        "SELECT seq, line, kind, type, source, id, time, recorded, json FROM journal WHERE seq > ?1 AND kind = 'fact' \
         ORDER BY seq LIMIT ?2",
    )
    .bind(i64::try_from(after_seq).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(readers)
    .await?;
    page(&rows, limit, |row| row.seq)
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
