//! News of the world: coverage and disruptions.

use super::error::bad_word;
use crate::change::{WorldEntry, WorldNews};
use crate::read::*;
use crate::{MAX_PAGE, StoreError};
use parcelward_casework::fact::{DisruptionFact, FactId};
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Courier;
use parcelward_casework::world::Reach;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

const COVERAGE: &str = "SELECT seq, courier, province, city, district, serves, at, until, source, id, note FROM coverage ";
const DISRUPTION: &str = "SELECT seq, recorded, told, source, id FROM disruption ";

fn place(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn coverage_row(row: &SqliteRow) -> Result<CoverageRow, StoreError> {
    let source: Option<String> = row.try_get(8)?;
    let id: Option<String> = row.try_get(9)?;
    Ok(CoverageRow {
        seq: row.try_get::<i64, _>(0)?.cast_unsigned(),
        reach: Reach {
            courier: Courier::from_word(row.try_get(1)?).ok_or_else(|| bad_word("coverage.courier"))?,
            province: row.try_get(2)?,
            city: row.try_get(3)?,
            district: row.try_get(4)?,
            serves: row.try_get(5)?,
            at: Instant::from_millis(row.try_get(6)?),
            until: row.try_get::<Option<i64>, _>(7)?.map(Instant::from_millis),
        },
        fact: source.zip(id).map(|(source, id)| FactId { source, id }),
        note: row.try_get(10)?,
    })
}

struct Told {
    row: DisruptionRow,
    id: FactId,
}

fn disruption_row(row: &SqliteRow) -> Result<Told, StoreError> {
    let fact: DisruptionFact =
        serde_json::from_str(row.try_get(2)?).map_err(|_| StoreError::Unreadable("a stored disruption".to_owned()))?;
    Ok(Told {
        row: DisruptionRow { seq: row.try_get::<i64, _>(0)?.cast_unsigned(), fact, recorded: Instant::from_millis(row.try_get(1)?) },
        id: FactId { source: row.try_get(3)?, id: row.try_get(4)? },
    })
}

pub(super) async fn world_after(readers: &SqlitePool, reach_seq: u64, disruption_seq: u64) -> Result<Vec<WorldEntry>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COVERAGE} WHERE seq > ?1 ORDER BY seq"));
    let coverage = sqlx::query(sql).bind(place(reach_seq)).fetch_all(readers).await?;
    let sql = sqlx::AssertSqlSafe(format!("{DISRUPTION} WHERE seq > ?1 ORDER BY seq"));
    let disruptions = sqlx::query(sql).bind(place(disruption_seq)).fetch_all(readers).await?;
    let mut out = Vec::with_capacity(coverage.len() + disruptions.len());
    for row in &coverage {
        let CoverageRow { seq, reach, fact, note } = coverage_row(row)?;
        out.push(WorldEntry { seq, news: WorldNews::Reach { reach, fact, note } });
    }
    for row in &disruptions {
        let Told { row, id } = disruption_row(row)?;
        out.push(WorldEntry { seq: row.seq, news: WorldNews::Disruption { fact: row.fact, recorded: row.recorded, id } });
    }
    Ok(out)
}

pub(super) async fn coverage(
    readers: &SqlitePool,
    filter: &CoverageFilter,
    before_seq: Option<u64>,
    limit: u32,
) -> Result<Page<CoverageRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new(COVERAGE);
    query.push("WHERE seq < ").push_bind(before_seq.map_or(i64::MAX, place));
    if filter.newest_only {
        query.push(" AND is_newest = 1");
    }
    if let Some(courier) = filter.courier {
        query.push(" AND courier = ").push_bind(courier.word());
    }
    if let Some(province) = &filter.province {
        query.push(" AND province = ").push_bind(province.clone());
    }
    query.push(" ORDER BY seq DESC LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(readers).await?;
    let rows: Vec<CoverageRow> = rows.iter().map(coverage_row).collect::<Result<_, _>>()?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|row| row.seq);
    Ok(Page { rows, next })
}

pub(super) async fn disruptions(readers: &SqlitePool, before_seq: Option<u64>, limit: u32) -> Result<Page<DisruptionRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let sql = sqlx::AssertSqlSafe(format!("{DISRUPTION} WHERE seq < ?1 AND is_newest = 1 ORDER BY seq DESC LIMIT ?2"));
    let rows = sqlx::query(sql).bind(before_seq.map_or(i64::MAX, place)).bind(limit).fetch_all(readers).await?;
    let rows: Vec<DisruptionRow> = rows.iter().map(|row| disruption_row(row).map(|told| told.row)).collect::<Result<_, _>>()?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|row| row.seq);
    Ok(Page { rows, next })
}
