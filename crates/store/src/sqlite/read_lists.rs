//! Lists: tasks, deadlines, coverage and disruptions.

use crate::list_query::{Flags, Question};
use crate::read::*;
use crate::rows::{WORLD_FROM, all, changes, coverage_row, deadline_row, disruption_row, page, task_row};
use crate::{Cursor, MAX_PAGE, StoreError};
use parcelward_casework::world::Change;
use sqlx::{Sqlite, SqliteConnection, SqlitePool};

const FLAGS: Flags = Flags { set: " = 1", unset: " = 0" };

pub(super) async fn tasks(
    readers: &SqlitePool,
    filter: &TaskFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<TaskRow>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = Question::<Sqlite>::tasks(filter, after, limit, FLAGS).0.build().fetch_all(readers).await?;
    Ok(page(all(&rows, task_row)?, limit, Cursor::of_task))
}

pub(super) async fn task(readers: &SqlitePool, task_id: &str) -> Result<Option<TaskRow>, StoreError> {
    Question::<Sqlite>::task(task_id).0.build().fetch_optional(readers).await?.as_ref().map(task_row).transpose()
}

pub(super) async fn deadlines(
    readers: &SqlitePool,
    filter: &DeadlineFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<DeadlineRow>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = Question::<Sqlite>::deadlines(filter, after, limit, FLAGS).0.build().fetch_all(readers).await?;
    Ok(page(all(&rows, deadline_row)?, limit, Cursor::of_deadline))
}

/// Every change of the world from a position on.
pub(super) async fn world_from(on: &mut SqliteConnection, from: u32) -> Result<Vec<Change>, StoreError> {
    changes(&sqlx::query(WORLD_FROM).bind(i64::from(from)).fetch_all(on).await?, from)
}

pub(super) async fn coverage(
    readers: &SqlitePool,
    filter: &CoverageFilter,
    before: Option<u64>,
    limit: u32,
) -> Result<Page<CoverageRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = Question::<Sqlite>::coverage(filter, before, limit, FLAGS).0.build().fetch_all(readers).await?;
    Ok(page(all(&rows, coverage_row)?, limit, |row| row.position))
}

pub(super) async fn disruptions(readers: &SqlitePool, before: Option<u64>, limit: u32) -> Result<Page<DisruptionRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = Question::<Sqlite>::disruptions(before, limit, FLAGS).0.build().fetch_all(readers).await?;
    Ok(page(all(&rows, disruption_row)?, limit, |row| row.position))
}
