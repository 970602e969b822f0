//! Writing a batch: case files, journal, inbox, news of the world. What lists show is in `write_lists`.
//!
//! Rows go in column by column, all rows of a table in one statement. Whoever inserts into one table inserts in one order (of the key) and
//! into the tables in one order, so that two that insert the same wait for each other and not in a circle.

use super::transaction::{PLACES, Writing};
use super::write_lists;
use crate::change::{Batch, FileChange, FileStamp, RouseScope, WorldNews};
use crate::rows::Columns;
use crate::{StoreError, journal, projection};
use parcelward_casework::instant::Instant;
use parcelward_casework::rule_change::RuleChange;
use parcelward_casework::world::News;
use std::collections::HashMap;

/// Binds a statement's columns: each closure reads one from a row.
macro_rules! bind_columns {
    ($query:expr, $rows:expr, $($read:expr),+ $(,)?) => {
        $query$(.bind($rows.iter().map($read).collect::<Vec<_>>()))+
    };
}
pub(super) use bind_columns;

/// Writes everything. The caller's transaction takes it back where this fails.
pub(super) async fn save(tx: &mut Writing, batch: &Batch) -> Result<Vec<FileStamp>, StoreError> {
    if batch.entries.len() >> PLACES > 0 {
        return Err(StoreError::Conflict("more lines of the journal than one batch may have".to_owned()));
    }
    // One that was taken before keeps its number.
    let (number, _) = tx.number(Instant::from_millis(0)).await?;
    let lines = journal::Lines::of(batch, number << PLACES)?;
    let stamps = save_files(tx, batch, &lines.counts, number).await?;
    crash_point!("commit.files")?;
    save_journal(tx, &lines, &stamps, batch.config.map(i64::from)).await?;
    if let Some(config) = batch.config.filter(|_| batch.config_is_new) {
        let used = tx.link.query("UPDATE config_revision SET used = 1 WHERE no = $1 AND used = 0").bind(i64::from(config));
        used.execute(tx.link.on()).await?;
    }
    crash_point!("commit.journal")?;
    write_lists::write(tx, batch, &projection::Lines::of_batch(batch, &stamps)?, &lines, number).await?;
    crash_point!("commit.lists")?;
    save_world(tx, batch, number).await?;
    for (scope, at) in &batch.rouse {
        save_rouse(tx, scope, *at).await?;
    }
    crash_point!("commit.world")?;
    Ok(stamps)
}

/// A case file's row.
struct FileRow<'a> {
    change: &'a FileChange,
    at: usize,
    lines: i64,
    state: String,
}

impl FileRow<'_> {
    fn key(&self) -> (&str, &str, &str) {
        let key = &self.change.after.key;
        (&key.order_id, &key.shop, key.platform.word())
    }

    fn wake(&self) -> Option<i64> {
        self.change.next_wake_at.map(Instant::millis)
    }

    fn courier(&self) -> Option<&str> {
        self.change.awaits_coverage.as_ref().map(|(courier, _)| courier.word())
    }

    fn province(&self) -> Option<&str> {
        self.change.awaits_coverage.as_ref().map(|(_, province)| province.as_str())
    }
}

async fn save_files(tx: &mut Writing, batch: &Batch, lines: &[i64], number: i64) -> Result<Vec<FileStamp>, StoreError> {
    let (mut new, mut old) = (Vec::new(), Vec::new());
    let mut stamps = Vec::with_capacity(batch.files.len());
    for (at, (change, lines)) in batch.files.iter().zip(lines).enumerate() {
        let state = serde_json::to_string(&*change.after).map_err(|e| StoreError::Defect(e.to_string()))?;
        let row = FileRow { change, at, lines: *lines, state };
        if change.stamp.no == 0 {
            new.push(row)
        } else {
            old.push(row)
        }
        stamps.push(FileStamp { no: change.stamp.no, version: change.stamp.version + 1, batch: number, lines: *lines });
    }
    if !old.is_empty() {
        let update = tx.link.query(
            "UPDATE case_file AS f SET version = u.version, batch = $1, lines = u.lines, is_open = u.is_open, \
             next_wake_at = u.next_wake_at, awaits_courier = u.courier, awaits_province = u.province, set_aside_at = NULL, \
             set_aside_why = NULL, state = u.state \
             FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::bigint[], $7::text[], $8::text[], $9::text[]) \
             AS u (no, version, lines, is_open, next_wake_at, courier, province, state) WHERE f.no = u.no AND f.version = u.version - 1",
        );
        let update = bind_columns!(
            update.bind(number),
            old,
            |r| r.change.stamp.no,
            |r| r.change.stamp.version + 1,
            |r| r.lines,
            |r| r.change.after.is_open(),
            FileRow::wake,
            FileRow::courier,
            FileRow::province,
            |r| r.state.as_str(),
        );
        if update.execute(tx.link.on()).await?.rows_affected() != old.len() as u64 {
            return Err(StoreError::Retry("a case file was changed by another writer".to_owned()));
        }
    }
    if !new.is_empty() {
        new.sort_by(|a, b| a.key().cmp(&b.key()));
        insert_files(tx, &new, number, &mut stamps).await?;
    }
    Ok(stamps)
}

async fn insert_files(tx: &mut Writing, new: &[FileRow<'_>], number: i64, stamps: &mut [FileStamp]) -> Result<(), StoreError> {
    let insert = tx.link.query(
        "INSERT INTO case_file (platform, shop, order_id, tag, version, batch, lines, is_open, next_wake_at, awaits_courier, \
         awaits_province, state) SELECT platform, shop, order_id, tag, 1, $1, lines, is_open, next_wake_at, courier, province, state \
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::boolean[], $8::bigint[], $9::text[], $10::text[], \
         $11::text[]) AS u (platform, shop, order_id, tag, lines, is_open, next_wake_at, courier, province, state) \
         ON CONFLICT (order_id, shop, platform) DO NOTHING RETURNING no, platform, shop, order_id",
    );
    let insert = bind_columns!(
        insert.bind(number),
        new,
        |r| r.change.after.key.platform.word(),
        |r| r.change.after.key.shop.as_str(),
        |r| r.change.after.key.order_id.as_str(),
        |r| r.change.after.tag.as_str(),
        |r| r.lines,
        |r| r.change.after.is_open(),
        FileRow::wake,
        FileRow::courier,
        FileRow::province,
        |r| r.state.as_str(),
    );
    let rows = insert.fetch_all(tx.link.on()).await?;
    let mut numbers = HashMap::with_capacity(rows.len());
    for row in &rows {
        numbers.insert((row.text("order_id")?, row.text("shop")?, row.text("platform")?), row.number("no")?);
    }
    for row in new {
        let no = numbers.get(&row.key()).ok_or_else(|| StoreError::Retry("another writer began the order".to_owned()))?;
        stamps[row.at].no = *no;
    }
    Ok(())
}

async fn save_journal(tx: &mut Writing, lines: &journal::Lines<'_>, stamps: &[FileStamp], config: Option<i64>) -> Result<(), StoreError> {
    let no = |file: usize| stamps.get(file).map(|stamp| stamp.no);
    if !lines.released.is_empty() {
        release(tx, lines, no).await?;
    }
    if !lines.lines.is_empty() {
        let insert = tx.link.query(
            "INSERT INTO journal (config, seq, file_no, line, kind, type, source, id, time, recorded, json) SELECT $1::bigint, l.* FROM \
             unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], \
             $10::bigint[], $11::text[]) AS l",
        );
        let insert = bind_columns!(
            insert.bind(config),
            lines.lines,
            |l| l.seq,
            |l| l.file.and_then(|(file, _)| no(file)),
            |l| l.file.map_or(0, |(_, line)| line),
            |l| l.kind,
            |l| l.type_.as_str(),
            |l| l.source,
            |l| l.id,
            |l| l.time,
            |l| l.recorded,
            |l| &*l.json,
        );
        insert.execute(tx.link.on()).await?;
    }
    if lines.taken.is_empty() {
        return Ok(());
    }
    let mut taken: Vec<&journal::Taken<'_>> = lines.taken.iter().collect();
    taken.sort_by_key(|t| (t.source, t.id));
    let insert = tx.link.query(
        "INSERT INTO inbox (source, id, fingerprint, seq, state, courier, number) SELECT * FROM unnest($1::text[], $2::text[], \
         $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[]) ON CONFLICT DO NOTHING",
    );
    let insert = bind_columns!(
        insert,
        taken,
        |t| t.source,
        |t| t.id,
        |t| t.fingerprint,
        |t| t.seq,
        |t| if t.parked.is_some() { "parked" } else { "taken" },
        |t| t.parked.map(|w| w.courier.word()),
        |t| t.parked.map(|w| w.number.as_str()),
    );
    if insert.execute(tx.link.on()).await?.rows_affected() == taken.len() as u64 {
        Ok(())
    } else if tx.asked_ids {
        Err(StoreError::Retry("a fact was told to another writer meanwhile".to_owned()))
    } else {
        Err(StoreError::Conflict("a fact's identity is taken".to_owned()))
    }
}

/// Gives facts that waited to their orders.
async fn release(tx: &mut Writing, lines: &journal::Lines<'_>, no: impl Fn(usize) -> Option<i64>) -> Result<(), StoreError> {
    let seqs: Vec<i64> = lines.released.iter().map(|r| r.seq).collect();
    let taken = tx.link.query(
        "UPDATE inbox AS i SET state = 'taken' FROM unnest($1::bigint[], $2::text[], $3::text[]) AS r (seq, courier, number) \
         WHERE i.state = 'parked' AND i.number = r.number AND i.courier = r.courier AND i.seq = r.seq",
    );
    let taken = bind_columns!(taken.bind(&seqs), lines.released, |r| r.waybill.courier.word(), |r| r.waybill.number.as_str());
    if taken.execute(tx.link.on()).await?.rows_affected() != seqs.len() as u64 {
        return Err(StoreError::Retry("a waiting fact was released by another writer".to_owned()));
    }
    let given = tx.link.query(
        "UPDATE journal AS j SET file_no = r.file_no, line = r.line FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) \
         AS r (seq, file_no, line) WHERE j.seq = r.seq",
    );
    bind_columns!(given.bind(&seqs), lines.released, |r| no(r.file.0), |r| r.file.1).execute(tx.link.on()).await?;
    Ok(())
}

/// Appends all news of a batch, or makes sure that the batch knew all there was when it commits.
async fn save_world(tx: &mut Writing, batch: &Batch, number: i64) -> Result<(), StoreError> {
    if batch.world.is_empty() {
        let Some(known) = tx.world.filter(|_| !tx.holds_world) else { return Ok(()) };
        // Until this batch has committed, nobody tells news: news that comes later has a later instant, and finds this batch's case files.
        let row = tx.link.query("SELECT changes FROM world_size WHERE id = 1 FOR SHARE").fetch_one(tx.link.on()).await?;
        return if row.number("changes")? == known { Ok(()) } else { Err(told_meanwhile()) };
    }
    let held = tx.holds_world;
    let next = tx.lock_world().await?;
    if next != i64::from(batch.world_position) {
        return Err(told_meanwhile());
    }
    if !held && newest_batch(tx).await? != number {
        // A later batch may have committed already, and it did not know.
        return Err(told_meanwhile());
    }
    for (news, position) in batch.world.iter().zip(next..) {
        save_news(tx, news, position).await?;
    }
    let added = i64::try_from(batch.world.len()).unwrap_or(i64::MAX);
    tx.link.query("UPDATE world_size SET changes = changes + $1 WHERE id = 1").bind(added).execute(tx.link.on()).await?;
    Ok(())
}

fn told_meanwhile() -> StoreError {
    StoreError::Retry("another writer told news of the world".to_owned())
}

async fn newest_batch(tx: &mut Writing) -> Result<i64, StoreError> {
    tx.link.query("SELECT batch FROM db_meta WHERE id = 1").fetch_one(tx.link.on()).await?.number("batch")
}

async fn save_news(tx: &mut Writing, news: &WorldNews, position: i64) -> Result<(), StoreError> {
    let (kind, reach, disruption, told) = match &news.change.news {
        News::Rules(rule_change) => return save_rule_change(tx, news, rule_change, position).await,
        News::Reach(reach) => ("reach", Some(reach), None, serde_json::to_string(reach)),
        News::Disruption(told) => ("disruption", None, Some(told.disruption_id.as_str()), serde_json::to_string(told)),
    };
    let told = told.map_err(|e| StoreError::Defect(e.to_string()))?;
    let earlier = match reach {
        Some(reach) => tx
            .link
            .query(
                "UPDATE world_change SET is_newest = FALSE WHERE kind = 'reach' AND is_newest AND courier = $1 AND province = $2 \
                 AND city IS NOT DISTINCT FROM $3 AND district IS NOT DISTINCT FROM $4",
            )
            .bind(reach.courier.word())
            .bind(reach.province.as_str())
            .bind(reach.city.as_deref())
            .bind(reach.district.as_deref()),
        None => tx
            .link
            .query("UPDATE world_change SET is_newest = FALSE WHERE kind = 'disruption' AND is_newest AND disruption_id = $1")
            .bind(disruption),
    };
    earlier.execute(tx.link.on()).await?;
    tx.link
        .query(
            "INSERT INTO world_change (position, at, source, id, kind, courier, province, city, district, disruption_id, told, note, \
             from_scans, is_newest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, TRUE)",
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
        .execute(tx.link.on())
        .await?;
    Ok(())
}

async fn save_rule_change(tx: &mut Writing, news: &WorldNews, rule_change: &RuleChange, position: i64) -> Result<(), StoreError> {
    let told = serde_json::to_string(rule_change.fact()).map_err(|e| StoreError::Defect(e.to_string()))?;
    let insert = tx.link.query("INSERT INTO rule_change (position, at, source, id, told) VALUES ($1, $2, $3, $4, $5)").bind(position);
    let insert = insert.bind(news.change.at.millis()).bind(news.change.cause.source.as_str()).bind(news.change.cause.id.as_str());
    insert.bind(told).execute(tx.link.on()).await?;
    Ok(())
}

/// Notes who is to hear of news. Case files that are newer than the news were decided with it.
async fn save_rouse(tx: &mut Writing, scope: &RouseScope, at: Instant) -> Result<(), StoreError> {
    let (courier, province) = match scope {
        RouseScope::EveryOpen => (None, None),
        RouseScope::Awaiting(courier, province) => (Some(courier.word()), Some(province.as_str())),
    };
    tx.link
        .query("INSERT INTO rouse (courier, province, at, after_no, upto_no) SELECT $1, $2, $3, 0, coalesce(max(no), 0) FROM case_file")
        .bind(courier)
        .bind(province)
        .bind(at.millis())
        .execute(tx.link.on())
        .await?;
    Ok(())
}
