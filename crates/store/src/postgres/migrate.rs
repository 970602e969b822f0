//! Bringing the tables up to date: our own list of what was applied, and a row that whoever applies them locks.

use super::link::{Link, Manners, Purpose};
use crate::rows::Columns;
use crate::{StoreError, sqlx_error};
use sqlx::{PgPool, Row};
use std::collections::BTreeMap;
use std::time::Duration;

const BOOTSTRAP: &str = include_str!("../../migrations/postgres/0000_schema_version.sql");

/// Every step: its version, its name, its statements. What was once released is never edited.
const STEPS: [(i64, &str, &str); 10] = [
    (1, "case_files", include_str!("../../migrations/postgres/0001_case_files.sql")),
    (2, "lanes", include_str!("../../migrations/postgres/0002_lanes.sql")),
    (3, "daemon_notes", include_str!("../../migrations/postgres/0003_daemon_notes.sql")),
    (4, "schedules", include_str!("../../migrations/postgres/0004_schedules.sql")),
    (5, "config_revision", include_str!("../../migrations/postgres/0005_config_revision.sql")),
    (6, "looks_and_subscriptions", include_str!("../../migrations/postgres/0006_looks_and_subscriptions.sql")),
    (7, "rule_change", include_str!("../../migrations/postgres/0007_rule_change.sql")),
    (8, "poll_exchange", include_str!("../../migrations/postgres/0008_poll_exchange.sql")),
    (9, "retention", include_str!("../../migrations/postgres/0009_retention.sql")),
    (10, "troubled_calls", include_str!("../../migrations/postgres/0010_troubled_calls.sql")),
];

/// How long daemons that start together wait for the one that is first.
const TRIES: u32 = 60;

pub(super) async fn run(writers: &PgPool, manners: &Manners) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        match apply(writers, manners).await {
            // Two that create the first table at once collide in the server's own catalogue.
            Err(StoreError::Conflict(_) | StoreError::Retry(_)) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            ended => return ended,
        }
    }
}

async fn apply(writers: &PgPool, manners: &Manners) -> Result<(), StoreError> {
    let mut link = Link::begin(writers, manners, Purpose::Write).await?;
    // Where everything is in place nothing is locked and nothing written: a role that may not create tables can start.
    let there = link.query("SELECT to_regclass('schema_version') IS NOT NULL AS there").fetch_one(link.on()).await?;
    if there.flag("there")? && missing(&mut link).await?.is_empty() {
        return link.end().await;
    }
    sqlx::raw_sql("SET LOCAL statement_timeout = 0").execute(link.on()).await?;
    sqlx::raw_sql(BOOTSTRAP).execute(link.on()).await?;
    let lock =
        link.query("INSERT INTO schema_version (version, name, digest, applied_at) VALUES (0, 'lock', '', 0) ON CONFLICT DO NOTHING");
    lock.execute(link.on()).await?;
    link.query("SELECT 1 FROM schema_version WHERE version = 0 FOR UPDATE").execute(link.on()).await?;
    for (version, name, statements) in missing(&mut link).await? {
        sqlx::raw_sql(statements).execute(link.on()).await?;
        let note = link.query(
            "INSERT INTO schema_version (version, name, digest, applied_at) \
             VALUES ($1, $2, $3, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)",
        );
        note.bind(version).bind(name).bind(digest(statements)).execute(link.on()).await?;
        tracing::info!(version, name, "the database's tables were brought up to date");
    }
    link.end().await
}

/// Steps that were not applied. An error where the database went another way.
async fn missing(link: &mut Link) -> Result<Vec<(i64, &'static str, &'static str)>, StoreError> {
    let rows = link.query("SELECT version, digest FROM schema_version WHERE version > 0 ORDER BY version").fetch_all(link.on()).await?;
    let mut applied: BTreeMap<i64, String> = BTreeMap::new();
    for row in rows {
        applied.insert(row.number("version")?, row.try_get("digest")?);
    }
    let mut missing = Vec::new();
    for (version, name, statements) in STEPS {
        match applied.remove(&version) {
            None => missing.push((version, name, statements)),
            Some(found) if found != digest(statements) => return Err(sqlx_error::differs(version)),
            Some(_) => {}
        }
    }
    match applied.into_keys().next_back() {
        Some(newer) => Err(sqlx_error::too_new(newer)),
        None => Ok(missing),
    }
}

/// A fingerprint of a step, so that an edited one is noticed (64-bit FNV-1a).
fn digest(statements: &str) -> String {
    let hash = statements.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}
