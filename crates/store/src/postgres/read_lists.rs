//! Lists: tasks, deadlines, coverage and disruptions.

use super::link::Link;
use crate::list_query::{Flags, Question};
use crate::read::*;
use crate::rows::{all, coverage_row, deadline_row, disruption_row, page, task_row};
use crate::{Cursor, MAX_PAGE, StoreError};
use sqlx::Postgres;
use sqlx::postgres::PgRow;

const FLAGS: Flags = Flags { set: "", unset: " = FALSE" };

async fn rows(link: &mut Link, mut question: Question<Postgres>) -> Result<Vec<PgRow>, StoreError> {
    let query = question.0.build().persistent(link.named());
    Ok(query.fetch_all(link.on()).await?)
}

pub(super) async fn tasks(link: &mut Link, filter: &TaskFilter, after: Option<&Cursor>, limit: u32) -> Result<Page<TaskRow>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = rows(link, Question::tasks(filter, after, limit, FLAGS)).await?;
    Ok(page(all(&rows, task_row)?, limit, Cursor::of_task))
}

pub(super) async fn task(link: &mut Link, task_id: &str) -> Result<Option<TaskRow>, StoreError> {
    rows(link, Question::task(task_id)).await?.first().map(task_row).transpose()
}

pub(super) async fn deadlines(
    link: &mut Link,
    filter: &DeadlineFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<DeadlineRow>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = rows(link, Question::deadlines(filter, after, limit, FLAGS)).await?;
    Ok(page(all(&rows, deadline_row)?, limit, Cursor::of_deadline))
}

pub(super) async fn coverage(
    link: &mut Link,
    filter: &CoverageFilter,
    before: Option<u64>,
    limit: u32,
) -> Result<Page<CoverageRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = rows(link, Question::coverage(filter, before, limit, FLAGS)).await?;
    Ok(page(all(&rows, coverage_row)?, limit, |row| row.position))
}

pub(super) async fn disruptions(link: &mut Link, before: Option<u64>, limit: u32) -> Result<Page<DisruptionRow, u64>, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = rows(link, Question::disruptions(before, limit, FLAGS)).await?;
    Ok(page(all(&rows, disruption_row)?, limit, |row| row.position))
}
