//! Writing a batch: case files, journal, inbox, news of the world. What lists show is in `write_lists`.

use super::bulk::Insert;
use super::write_lists;
use crate::change::{Batch, FileChange, FileStamp, RouseScope, WorldNews};
use crate::{StoreError, journal, projection};
use parcelward_casework::instant::Instant;
use parcelward_casework::rule_change::RuleChange;
use parcelward_casework::world::News;
use sqlx::SqliteConnection;

static CASE_FILE: Insert = Insert::new(
    "INSERT INTO case_file (no, platform, shop, order_id, tag, version, lines, is_open, next_wake_at, awaits_courier, awaits_province, state)",
    12,
    "ON CONFLICT (no) DO UPDATE SET version = excluded.version, lines = excluded.lines, is_open = excluded.is_open, \
     next_wake_at = excluded.next_wake_at, awaits_courier = excluded.awaits_courier, awaits_province = excluded.awaits_province, \
     set_aside_at = NULL, set_aside_why = NULL, state = excluded.state WHERE case_file.version = excluded.version - 1",
);
static JOURNAL: Insert =
    Insert::new("INSERT INTO journal (seq, file_no, line, kind, type, source, id, time, recorded, config, json)", 11, "");
static INBOX: Insert = Insert::new("INSERT INTO inbox (source, id, fingerprint, seq, state, courier, number)", 7, "");

/// Writes everything. The caller's transaction takes it back where this fails.
pub(super) async fn save(on: &mut SqliteConnection, batch: &Batch) -> Result<Vec<FileStamp>, StoreError> {
    let seq: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM journal").fetch_one(&mut *on).await?;
    let lines = journal::Lines::of(batch, seq)?;
    let stamps = save_files(on, batch, &lines.counts).await?;
    crash_point!("commit.files")?;
    save_journal(on, &lines, &stamps, batch.config).await?;
    if let Some(config) = batch.config.filter(|_| batch.config_is_new) {
        sqlx::query("UPDATE config_revision SET used = 1 WHERE no = ?1 AND used = 0").bind(config).execute(&mut *on).await?;
    }
    crash_point!("commit.journal")?;
    write_lists::write(on, &projection::Lines::of_batch(batch, &stamps)?).await?;
    crash_point!("commit.lists")?;
    save_world(on, batch).await?;
    for (scope, at) in &batch.rouse {
        save_rouse(on, scope, *at).await?;
    }
    crash_point!("commit.world")?;
    Ok(stamps)
}

/// A case file's row.
struct FileRow<'a> {
    change: &'a FileChange,
    stamp: FileStamp,
    state: String,
}

async fn save_files(on: &mut SqliteConnection, batch: &Batch, lines: &[i64]) -> Result<Vec<FileStamp>, StoreError> {
    let mut next_no = 0;
    if batch.files.iter().any(|f| f.stamp.no == 0) {
        next_no = sqlx::query_scalar::<_, i64>("SELECT coalesce(max(no), 0) FROM case_file").fetch_one(&mut *on).await?;
    }
    let mut rows = Vec::with_capacity(batch.files.len());
    for (change, lines) in batch.files.iter().zip(lines) {
        let mut stamp = FileStamp { version: change.stamp.version + 1, lines: *lines, ..change.stamp };
        if stamp.no == 0 {
            next_no += 1;
            stamp.no = next_no;
        }
        let state = serde_json::to_string(&*change.after).map_err(|e| StoreError::Defect(e.to_string()))?;
        rows.push(FileRow { change, stamp, state });
    }
    let affected = CASE_FILE
        .run(on, &rows, |query, row| {
            let file = &row.change.after;
            let awaits = row.change.awaits_coverage.as_ref();
            query
                .bind(row.stamp.no)
                .bind(file.key.platform.word())
                .bind(file.key.shop.as_str())
                .bind(file.key.order_id.as_str())
                .bind(file.tag.as_str())
                .bind(row.stamp.version)
                .bind(row.stamp.lines)
                .bind(file.is_open())
                .bind(row.change.next_wake_at.map(Instant::millis))
                .bind(awaits.map(|(courier, _)| courier.word()))
                .bind(awaits.map(|(_, province)| province.as_str()))
                .bind(row.state.as_str())
        })
        .await?;
    if affected != rows.len() as u64 {
        return Err(StoreError::Retry("a case file was changed by another writer".to_owned()));
    }
    Ok(rows.into_iter().map(|row| row.stamp).collect())
}

async fn save_journal(
    on: &mut SqliteConnection,
    lines: &journal::Lines<'_>,
    stamps: &[FileStamp],
    config: Option<u32>,
) -> Result<(), StoreError> {
    let no = |file: usize| stamps.get(file).map(|stamp| stamp.no);
    for released in &lines.released {
        release(on, released, no(released.file.0)).await?;
    }
    JOURNAL
        .run(on, &lines.lines, |query, row| {
            query
                .bind(row.seq)
                .bind(row.file.and_then(|(file, _)| no(file)))
                .bind(row.file.map_or(0, |(_, line)| line))
                .bind(row.kind)
                .bind(row.type_.as_str())
                .bind(row.source)
                .bind(row.id)
                .bind(row.time)
                .bind(row.recorded)
                .bind(config)
                .bind(&*row.json)
        })
        .await?;
    INBOX
        .run(on, &lines.taken, |query, row| {
            query
                .bind(row.source)
                .bind(row.id)
                .bind(row.fingerprint)
                .bind(row.seq)
                .bind(if row.parked.is_some() { "parked" } else { "taken" })
                .bind(row.parked.map(|w| w.courier.word()))
                .bind(row.parked.map(|w| w.number.as_str()))
        })
        .await?;
    Ok(())
}

/// Gives a fact that waited to its order.
async fn release(on: &mut SqliteConnection, released: &journal::Released<'_>, no: Option<i64>) -> Result<(), StoreError> {
    let taken = sqlx::query("UPDATE inbox SET state = 'taken' WHERE state = 'parked' AND number = ?1 AND courier = ?2 AND seq = ?3")
        .bind(released.waybill.number.as_str())
        .bind(released.waybill.courier.word())
        .bind(released.seq)
        .execute(&mut *on)
        .await?;
    if taken.rows_affected() != 1 {
        return Err(StoreError::Retry("a waiting fact was released by another writer".to_owned()));
    }
    sqlx::query("UPDATE journal SET file_no = ?1, line = ?2 WHERE seq = ?3")
        .bind(no)
        .bind(released.file.1)
        .bind(released.seq)
        .execute(on)
        .await?;
    Ok(())
}

/// Appends to what is known of the world.
async fn save_news(on: &mut SqliteConnection, news: &WorldNews, position: i64) -> Result<(), StoreError> {
    let (kind, reach, disruption, told) = match &news.change.news {
        News::Rules(rule_change) => return save_rule_change(on, news, rule_change, position).await,
        News::Reach(reach) => ("reach", Some(reach), None, serde_json::to_string(reach)),
        News::Disruption(told) => ("disruption", None, Some(told.disruption_id.as_str()), serde_json::to_string(told)),
    };
    let told = told.map_err(|e| StoreError::Defect(e.to_string()))?;
    let earlier = match reach {
        Some(reach) => sqlx::query(
            "UPDATE world_change SET is_newest = 0 WHERE kind = 'reach' AND is_newest = 1 AND courier = ?1 AND province = ?2 \
             AND city IS ?3 AND district IS ?4",
        )
        .bind(reach.courier.word())
        .bind(reach.province.as_str())
        .bind(reach.city.as_deref())
        .bind(reach.district.as_deref()),
        None => sqlx::query("UPDATE world_change SET is_newest = 0 WHERE kind = 'disruption' AND is_newest = 1 AND disruption_id = ?1")
            .bind(disruption),
    };
    earlier.execute(&mut *on).await?;
    sqlx::query(
        "INSERT INTO world_change (position, at, source, id, kind, courier, province, city, district, disruption_id, told, note, \
         from_scans, is_newest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1)",
    )
    .bind(position)
    .bind(news.change.at.millis())
    .bind(news.change.cause.source.as_str())
    .bind(news.change.cause.id.as_str())
    .bind(kind)
    .bind(reach.map(|r| r.courier.word()))
    .bind(reach.map(|r| r.province.as_str()))
    .bind(reach.and_then(|r| r.city.as_deref()))
    .bind(reach.and_then(|r| r.district.as_deref()))
    .bind(disruption)
    .bind(told)
    .bind(news.note.as_deref())
    .bind(news.from_scans)
    .execute(on)
    .await?;
    Ok(())
}

async fn save_rule_change(on: &mut SqliteConnection, news: &WorldNews, rule_change: &RuleChange, position: i64) -> Result<(), StoreError> {
    let told = serde_json::to_string(rule_change.fact()).map_err(|e| StoreError::Defect(e.to_string()))?;
    sqlx::query("INSERT INTO rule_change (position, at, source, id, told) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(position)
        .bind(news.change.at.millis())
        .bind(news.change.cause.source.as_str())
        .bind(news.change.cause.id.as_str())
        .bind(told)
        .execute(on)
        .await?;
    Ok(())
}

/// Appends all news of a batch, unless somebody else appended meanwhile: then the batch was decided without knowing it.
async fn save_world(on: &mut SqliteConnection, batch: &Batch) -> Result<(), StoreError> {
    if batch.world.is_empty() {
        return Ok(());
    }
    let next: i64 = sqlx::query_scalar("SELECT coalesce(max(position) + 1, 0) FROM (SELECT max(position) AS position FROM world_change UNION ALL SELECT max(position) FROM rule_change)").fetch_one(&mut *on).await?;
    if next != i64::from(batch.world_position) {
        return Err(StoreError::Retry("another writer told news of the world".to_owned()));
    }
    for (news, position) in batch.world.iter().zip(next..) {
        save_news(on, news, position).await?;
    }
    Ok(())
}

/// Notes who is to hear of news. Case files that are newer than the news were decided with it.
async fn save_rouse(on: &mut SqliteConnection, scope: &RouseScope, at: Instant) -> Result<(), StoreError> {
    let (courier, province) = match scope {
        RouseScope::EveryOpen => (None, None),
        RouseScope::Awaiting(courier, province) => (Some(courier.word()), Some(province.as_str())),
    };
    sqlx::query("INSERT INTO rouse (courier, province, at, after_no, upto_no) SELECT ?1, ?2, ?3, 0, coalesce(max(no), 0) FROM case_file")
        .bind(courier)
        .bind(province)
        .bind(at.millis())
        .execute(on)
        .await?;
    Ok(())
}
