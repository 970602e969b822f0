//! Case files, their timelines, and the journal of facts.

use super::link::Link;
use super::transaction::PLACES;
use crate::change::StoredFile;
use crate::read::*;
use crate::rows::{Columns, all, journal_row, order_key, page, place, stored_file, tag_of};
use crate::{MAX_PAGE, StoreError};
use parcelward_casework::casefile::Index;
use parcelward_casework::fact::{OrderKey, Waybill};
use sqlx::AssertSqlSafe;

pub(super) async fn case_file(link: &mut Link, order: &OrderKey) -> Result<Option<StoredFile>, StoreError> {
    let row = link
        .query("SELECT no, version, batch, lines, next_wake_at, state FROM case_file WHERE order_id = $1 AND shop = $2 AND platform = $3");
    let row = row.bind(&order.order_id).bind(&order.shop).bind(order.platform.word()).fetch_optional(link.on()).await?;
    row.as_ref().map(stored_file).transpose()
}

pub(super) async fn case(link: &mut Link, case_id: &str) -> Result<Option<CaseView>, StoreError> {
    let Some(tag) = tag_of(case_id) else { return Ok(None) };
    let row = link.query("SELECT no, version, batch, lines, next_wake_at, state FROM case_file WHERE tag = $1");
    let Some(row) = row.bind(tag).fetch_optional(link.on()).await? else { return Ok(None) };
    let stored = stored_file(&row)?;
    let index = stored.file.cases.iter().position(|case| case.id == case_id).and_then(|i| Index::try_from(i).ok());
    Ok(index.map(|index| CaseView { stored, index }))
}

pub(super) async fn order_of_waybill(link: &mut Link, waybill: &Waybill) -> Result<Option<OrderKey>, StoreError> {
    let row = link.query(
        "SELECT f.platform, f.shop, f.order_id FROM waybill_index AS w JOIN case_file AS f ON f.no = w.file_no \
         WHERE w.number = $1 AND w.courier = $2",
    );
    let row = row.bind(&waybill.number).bind(waybill.courier.word()).fetch_optional(link.on()).await?;
    row.as_ref().map(order_key).transpose()
}

pub(super) async fn timeline(link: &mut Link, order: &OrderKey, after_line: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = link.query(
        "SELECT seq, line, kind, type, source, id, time, recorded, config, json FROM journal WHERE file_no = \
         (SELECT no FROM case_file WHERE order_id = $1 AND shop = $2 AND platform = $3) AND line > $4 ORDER BY line LIMIT $5",
    );
    let rows = rows.bind(&order.order_id).bind(&order.shop).bind(order.platform.word()).bind(place(after_line)).bind(i64::from(limit));
    let rows = rows.fetch_all(link.on()).await?;
    Ok(page(all(&rows, journal_row)?, limit, |row| row.line))
}

/// Facts up to the first batch that may still come: what lies behind it is given when it has come or was given up.
pub(super) async fn facts_after(link: &mut Link, after_seq: u64, limit: u32) -> Result<Page<JournalRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = link.query(
        "SELECT seq, line, kind, type, source, id, time, recorded, config, json FROM journal WHERE seq > $1 AND kind = 'fact' \
         AND seq < coalesce((SELECT min(batch) FROM open_batch) << $3, 9223372036854775807) ORDER BY seq LIMIT $2",
    );
    let rows = rows.bind(place(after_seq)).bind(i64::from(limit)).bind(PLACES.cast_signed()).fetch_all(link.on()).await?;
    Ok(page(all(&rows, journal_row)?, limit, |row| row.seq))
}

/// Gives up batches that are noted as open but that nobody holds: their writers are gone. One that lives holds its row.
pub(super) async fn give_up_orphans(link: &mut Link) -> Result<u64, StoreError> {
    let orphans = "DELETE FROM open_batch WHERE batch IN (SELECT batch FROM open_batch \
         WHERE opened_at < (extract(epoch FROM clock_timestamp()) * 1000)::bigint - 2000 FOR UPDATE SKIP LOCKED)";
    Ok(sqlx::raw_sql(AssertSqlSafe(orphans)).execute(link.on()).await?.rows_affected())
}

/// Whether a batch has been noted as open for longer than a beginning takes.
pub(super) async fn has_orphans(link: &mut Link) -> Result<bool, StoreError> {
    let row = link.query(
        "SELECT EXISTS (SELECT 1 FROM open_batch WHERE opened_at < (extract(epoch FROM clock_timestamp()) * 1000)::bigint - 2000) AS any",
    );
    row.fetch_one(link.on()).await?.flag("any")
}

pub(super) async fn open_files(link: &mut Link, after: u64, limit: u32) -> Result<Page<StoredFile, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = link.query(
        "SELECT no, version, batch, lines, next_wake_at, state FROM case_file WHERE is_open AND no > $1 AND set_aside_at IS NULL \
         ORDER BY no LIMIT $2",
    );
    let rows = rows.bind(place(after)).bind(i64::from(limit)).fetch_all(link.on()).await?;
    Ok(page(all(&rows, stored_file)?, limit, |row| row.stamp.no.unsigned_abs()))
}
