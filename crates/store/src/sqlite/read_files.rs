//! Case files, their timelines, and the journal of facts.

use crate::change::StoredFile;
use crate::read::*;
use crate::rows::{all, journal_row, order_key, page, place, stored_file, tag_of};
use crate::{MAX_PAGE, StoreError};
use parcelward_casework::casefile::Index;
use parcelward_casework::fact::{OrderKey, Waybill};
use sqlx::SqlitePool;

const FILE: &str =
    "SELECT no, version, 0 AS batch, lines, next_wake_at, state FROM case_file WHERE order_id = ?1 AND shop = ?2 AND platform = ?3";
const FILE_BY_TAG: &str = "SELECT no, version, 0 AS batch, lines, next_wake_at, state FROM case_file WHERE tag = ?1";

pub(super) async fn case_file(readers: &SqlitePool, order: &OrderKey) -> Result<Option<StoredFile>, StoreError> {
    let row = sqlx::query(FILE).bind(&order.order_id).bind(&order.shop).bind(order.platform.word()).fetch_optional(readers).await?;
    row.as_ref().map(stored_file).transpose()
}

pub(super) async fn case(readers: &SqlitePool, case_id: &str) -> Result<Option<CaseView>, StoreError> {
    let Some(tag) = tag_of(case_id) else { return Ok(None) };
    let Some(row) = sqlx::query(FILE_BY_TAG).bind(tag).fetch_optional(readers).await? else { return Ok(None) };
    let stored = stored_file(&row)?;
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
    row.as_ref().map(order_key).transpose()
}

pub(super) async fn timeline(
    readers: &SqlitePool,
    order: &OrderKey,
    after_line: u64,
    limit: u32,
) -> Result<Page<JournalRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = sqlx::query(
        "SELECT seq, line, kind, type, source, id, time, recorded, config, json FROM journal WHERE file_no = \
         (SELECT no FROM case_file WHERE order_id = ?1 AND shop = ?2 AND platform = ?3) AND line > ?4 ORDER BY line LIMIT ?5",
    )
    .bind(&order.order_id)
    .bind(&order.shop)
    .bind(order.platform.word())
    .bind(place(after_line))
    .bind(limit)
    .fetch_all(readers)
    .await?;
    Ok(page(all(&rows, journal_row)?, limit, |row| row.line))
}

pub(super) async fn facts_after(readers: &SqlitePool, after_seq: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = sqlx::query(
        "SELECT seq, line, kind, type, source, id, time, recorded, config, json FROM journal WHERE seq > ?1 AND kind = 'fact' \
         ORDER BY seq LIMIT ?2",
    )
    .bind(place(after_seq))
    .bind(limit)
    .fetch_all(readers)
    .await?;
    Ok(page(all(&rows, journal_row)?, limit, |row| row.seq))
}

pub(super) async fn open_files(readers: &SqlitePool, after: u64, limit: u32) -> Result<Page<StoredFile, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = sqlx::query(
        "SELECT no, version, 0 AS batch, lines, next_wake_at, state FROM case_file WHERE is_open = 1 AND no > ?1 AND set_aside_at IS NULL \
         ORDER BY no LIMIT ?2",
    );
    let rows = rows.bind(place(after)).bind(limit).fetch_all(readers).await?;
    Ok(page(all(&rows, stored_file)?, limit, |row| row.stamp.no.unsigned_abs()))
}
