//! Writing a batch: case files, journal, inbox, news of the world. What lists show is in `write_lists`.

use super::bulk::Insert;
use super::write_lists;
use crate::StoreError;
use crate::change::{Batch, Entry, FileChange, FileStamp, RouseScope, Waiting, WorldNews};
use parcelward_casework::decision::SOURCE;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::world::News;
use sqlx::SqliteConnection;
use std::collections::HashMap;

static CASE_FILE: Insert = Insert::new(
    "INSERT INTO case_file (no, platform, shop, order_id, tag, version, lines, is_open, next_wake_at, awaits_courier, awaits_province, state)",
    12,
    "ON CONFLICT (no) DO UPDATE SET version = excluded.version, lines = excluded.lines, is_open = excluded.is_open, \
     next_wake_at = excluded.next_wake_at, awaits_courier = excluded.awaits_courier, awaits_province = excluded.awaits_province, \
     set_aside_at = NULL, set_aside_why = NULL, state = excluded.state WHERE case_file.version = excluded.version - 1",
);
static JOURNAL: Insert = Insert::new("INSERT INTO journal (seq, file_no, line, kind, type, source, id, time, recorded, json)", 10, "");
static INBOX: Insert = Insert::new("INSERT INTO inbox (source, id, fingerprint, seq, state, courier, number)", 7, "");

/// Writes everything. The caller's transaction takes it back where this fails.
pub(super) async fn save(on: &mut SqliteConnection, batch: &Batch) -> Result<Vec<FileStamp>, StoreError> {
    let lines = lines(on, batch).await?;
    let stamps = save_files(on, batch, &lines).await?;
    save_journal(on, batch, &lines).await?;
    write_lists::write(on, batch, &stamps).await?;
    save_world(on, batch).await?;
    for (scope, at) in &batch.rouse {
        save_rouse(on, scope, *at).await?;
    }
    Ok(stamps)
}

/// Where every journal line of the batch goes, in the order of its entries.
struct Lines {
    places: Vec<Place>,
    /// The rows' numbers and new line counts, in the order of the batch's files.
    files: Vec<(i64, i64)>,
}

#[derive(Clone, Copy)]
struct Place {
    seq: i64,
    file: Option<(i64, i64)>,
}

async fn lines(on: &mut SqliteConnection, batch: &Batch) -> Result<Lines, StoreError> {
    let mut next_no = 0;
    if batch.files.iter().any(|f| f.stamp.no == 0) {
        next_no = sqlx::query_scalar::<_, i64>("SELECT coalesce(max(no), 0) FROM case_file").fetch_one(&mut *on).await?;
    }
    let mut seq: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM journal").fetch_one(&mut *on).await?;
    let mut files = Vec::with_capacity(batch.files.len());
    let mut by_order: HashMap<&OrderKey, usize> = HashMap::with_capacity(batch.files.len());
    for (i, change) in batch.files.iter().enumerate() {
        if change.stamp.no == 0 {
            next_no += 1;
        }
        files.push((if change.stamp.no == 0 { next_no } else { change.stamp.no }, change.stamp.lines));
        if by_order.insert(&change.after.key, i).is_some() {
            return Err(StoreError::Defect("a case file stands twice in one batch".to_owned()));
        }
    }
    let mut line_of = |order: &OrderKey| -> Result<(i64, i64), StoreError> {
        let at = by_order.get(order).ok_or_else(|| StoreError::Defect("a journal line's case file is not in its batch".to_owned()))?;
        files[*at].1 += 1;
        Ok(files[*at])
    };
    let mut places: Vec<Place> = Vec::with_capacity(batch.entries.len());
    for entry in &batch.entries {
        let order = match entry {
            Entry::Fact(f) => f.order.as_ref(),
            Entry::Decision(d) => Some(&d.order),
            Entry::Released { order, .. } => Some(order),
        };
        let file = order.map(&mut line_of).transpose()?;
        let at = match entry {
            Entry::Fact(_) | Entry::Decision(_) => {
                seq += 1;
                seq
            }
            Entry::Released { fact: Waiting::Stored { seq, .. }, .. } => seq.cast_signed(),
            Entry::Released { fact: Waiting::Here(entry), .. } => {
                let waited = places.get_mut(*entry).filter(|place| place.file.is_none());
                let waited = waited.ok_or_else(|| StoreError::Defect("a fact is released that did not wait".to_owned()))?;
                waited.file = file;
                waited.seq
            }
        };
        places.push(Place { seq: at, file });
    }
    Ok(Lines { places, files })
}

/// A case file's row.
struct FileRow<'a> {
    change: &'a FileChange,
    stamp: FileStamp,
    state: String,
}

async fn save_files(on: &mut SqliteConnection, batch: &Batch, lines: &Lines) -> Result<Vec<FileStamp>, StoreError> {
    let mut rows = Vec::with_capacity(batch.files.len());
    for (change, (no, lines)) in batch.files.iter().zip(&lines.files) {
        let stamp = FileStamp { no: *no, version: change.stamp.version + 1, lines: *lines };
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

/// A journal row.
struct Line<'a> {
    place: Place,
    kind: &'static str,
    type_: String,
    source: &'a str,
    id: &'a str,
    time: i64,
    recorded: i64,
    json: std::borrow::Cow<'a, str>,
}

/// An inbox row.
struct Taken<'a> {
    source: &'a str,
    id: &'a str,
    fingerprint: i64,
    seq: i64,
    parked: Option<&'a Waybill>,
}

async fn save_journal(on: &mut SqliteConnection, batch: &Batch, lines: &Lines) -> Result<(), StoreError> {
    let (mut journal, mut inbox) = (Vec::with_capacity(batch.entries.len()), Vec::new());
    for (entry, place) in batch.entries.iter().zip(&lines.places) {
        match entry {
            Entry::Fact(f) => {
                let (fact, seq) = (&f.fact, place.seq);
                let (source, id) = (fact.id.source.as_str(), fact.id.id.as_str());
                let recorded = fact.decided_at().millis();
                let type_ = format!("parcelward.{}", fact.body.fact_type());
                let json = f.json.as_str().into();
                journal.push(Line { place: *place, kind: "fact", type_, source, id, time: fact.time.millis(), recorded, json });
                inbox.push(Taken { source, id, fingerprint: fact.fingerprint.cast_signed(), seq, parked: f.parked.as_ref() });
            }
            Entry::Decision(d) => {
                let decision = &d.decision;
                journal.push(Line {
                    place: *place,
                    kind: "decision",
                    type_: format!("parcelward.{}", decision.body.decision_type()),
                    source: SOURCE,
                    id: decision.id.as_str(),
                    time: decision.time.millis(),
                    recorded: d.recorded.millis(),
                    json: decision.to_json().into(),
                });
            }
            Entry::Released { fact: Waiting::Stored { waybill, .. }, .. } => release(on, *place, waybill).await?,
            Entry::Released { fact: Waiting::Here(_), .. } => {}
        }
    }
    JOURNAL
        .run(on, &journal, |query, row| {
            query
                .bind(row.place.seq)
                .bind(row.place.file.map(|(no, _)| no))
                .bind(row.place.file.map_or(0, |(_, line)| line))
                .bind(row.kind)
                .bind(row.type_.as_str())
                .bind(row.source)
                .bind(row.id)
                .bind(row.time)
                .bind(row.recorded)
                .bind(&*row.json)
        })
        .await?;
    INBOX
        .run(on, &inbox, |query, row| {
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
async fn release(on: &mut SqliteConnection, place: Place, waybill: &Waybill) -> Result<(), StoreError> {
    let taken = sqlx::query("UPDATE inbox SET state = 'taken' WHERE state = 'parked' AND number = ?1 AND courier = ?2 AND seq = ?3")
        .bind(waybill.number.as_str())
        .bind(waybill.courier.word())
        .bind(place.seq)
        .execute(&mut *on)
        .await?;
    if taken.rows_affected() != 1 {
        return Err(StoreError::Retry("a waiting fact was released by another writer".to_owned()));
    }
    sqlx::query("UPDATE journal SET file_no = ?1, line = ?2 WHERE seq = ?3")
        .bind(place.file.map(|(no, _)| no))
        .bind(place.file.map_or(0, |(_, line)| line))
        .bind(place.seq)
        .execute(on)
        .await?;
    Ok(())
}

/// Appends to what is known of the world.
async fn save_news(on: &mut SqliteConnection, news: &WorldNews, position: i64) -> Result<(), StoreError> {
    let (kind, reach, disruption, told) = match &news.change.news {
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

/// Appends all news of a batch, unless somebody else appended meanwhile: then the batch was decided without knowing it.
async fn save_world(on: &mut SqliteConnection, batch: &Batch) -> Result<(), StoreError> {
    if batch.world.is_empty() {
        return Ok(());
    }
    let next: i64 = sqlx::query_scalar("SELECT coalesce(max(position) + 1, 0) FROM world_change").fetch_one(&mut *on).await?;
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
