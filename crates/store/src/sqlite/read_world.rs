//! News of the world: coverage and disruptions.

use super::error::bad_word;
use crate::read::*;
use crate::{MAX_PAGE, StoreError};
use parcelward_casework::fact::FactId;
use parcelward_casework::instant::Instant;
use parcelward_casework::world::{Change, News};
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};

const COLUMNS: &str = "SELECT position, at, source, id, kind, told, note, from_scans FROM world_change WHERE ";

fn place(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn told<T: DeserializeOwned>(row: &SqliteRow) -> Result<T, StoreError> {
    serde_json::from_str(row.try_get(5)?).map_err(|_| StoreError::Unreadable("a stored change of the world".to_owned()))
}

fn position(row: &SqliteRow) -> Result<u64, StoreError> {
    Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
}

fn at(row: &SqliteRow) -> Result<Instant, StoreError> {
    Ok(Instant::from_millis(row.try_get(1)?))
}

fn cause(row: &SqliteRow) -> Result<FactId, StoreError> {
    Ok(FactId { source: row.try_get(2)?, id: row.try_get(3)? })
}

/// Every change from a position on. A gap would shift what case files have read: it is an error.
pub(super) async fn world_from(on: &mut SqliteConnection, from: u32) -> Result<Vec<Change>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new(COLUMNS);
    query.push("position >= ").push_bind(i64::from(from)).push(" ORDER BY position");
    let rows = query.build().fetch_all(on).await?;
    let mut changes = Vec::with_capacity(rows.len());
    for (row, expected) in rows.iter().zip(u64::from(from)..) {
        if position(row)? != expected {
            return Err(StoreError::Corrupt(format!("change {expected} of the world is missing")));
        }
        let news = match row.try_get::<&str, _>(4)? {
            "reach" => News::Reach(told(row)?),
            "disruption" => News::Disruption(told(row)?),
            _ => return Err(bad_word("world_change.kind")),
        };
        changes.push(Change { at: at(row)?, cause: cause(row)?, news });
    }
    Ok(changes)
}

fn page<T>(rows: Vec<T>, limit: u32, place: impl Fn(&T) -> u64) -> Page<T, u64> {
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(place);
    Page { rows, next }
}

pub(super) async fn coverage(
    readers: &SqlitePool,
    filter: &CoverageFilter,
    before: Option<u64>,
    limit: u32,
) -> Result<Page<CoverageRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut query = QueryBuilder::<Sqlite>::new(COLUMNS);
    query.push("kind = 'reach' AND position < ").push_bind(before.map_or(i64::MAX, place));
    if filter.newest_only {
        query.push(" AND is_newest = 1");
    }
    if let Some(courier) = filter.courier {
        query.push(" AND courier = ").push_bind(courier.word());
    }
    if let Some(province) = &filter.province {
        query.push(" AND province = ").push_bind(province.clone());
    }
    query.push(" ORDER BY position DESC LIMIT ").push_bind(limit);
    let read = |row: &SqliteRow| {
        Ok(CoverageRow {
            position: position(row)?,
            reach: told(row)?,
            known_at: at(row)?,
            cause: cause(row)?,
            from_scans: row.try_get(7)?,
            note: row.try_get(6)?,
        })
    };
    let rows: Vec<CoverageRow> = query.build().fetch_all(readers).await?.iter().map(read).collect::<Result<_, StoreError>>()?;
    Ok(page(rows, limit, |row| row.position))
}

pub(super) async fn disruptions(readers: &SqlitePool, before: Option<u64>, limit: u32) -> Result<Page<DisruptionRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut query = QueryBuilder::<Sqlite>::new(COLUMNS);
    query.push("kind = 'disruption' AND is_newest = 1 AND position < ").push_bind(before.map_or(i64::MAX, place));
    query.push(" ORDER BY position DESC LIMIT ").push_bind(limit);
    let read = |row: &SqliteRow| Ok(DisruptionRow { position: position(row)?, fact: told(row)?, known_at: at(row)?, cause: cause(row)? });
    let rows: Vec<DisruptionRow> = query.build().fetch_all(readers).await?.iter().map(read).collect::<Result<_, StoreError>>()?;
    Ok(page(rows, limit, |row| row.position))
}
