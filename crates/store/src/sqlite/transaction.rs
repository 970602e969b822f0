//! A transaction that writes: its beginning and end, and what it reads before it decides.

use crate::change::{Batch, FileStamp, Locked, ParkedFact, Seen, StoredFile};
use crate::kept::Kept;
use crate::read::{DaemonRow, FORGOTTEN_AFTER};
use crate::retention::Tombstone;
use crate::rows::{bad_word, order_key, place, read_state};
use crate::{StoreError, Transaction};
use async_trait::async_trait;
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Courier;
use parcelward_casework::world::Change;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqliteConnection, SqlitePool};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The writing connection inside `BEGIN IMMEDIATE`.
///
/// The statements are sent here and not by sqlx's own transaction: after a full disk SQLite has rolled back by itself, sqlx's `ROLLBACK`
/// then fails, and the one connection that writes would count as "inside a transaction" for ever. Whatever does not end cleanly closes
/// the connection, which takes everything back in any case.
pub(super) struct Writing {
    /// There until it is dropped.
    connection: Option<PoolConnection<Sqlite>>,
    home: Arc<Kept<Sqlite>>,
    /// Given back after the connection, so that the next one finds it.
    _turn: OwnedSemaphorePermit,
    ended: bool,
}

/// The one connection that writes, and whose turn it is.
#[derive(Debug)]
pub(super) struct Pen {
    kept: Arc<Kept<Sqlite>>,
    turn: Arc<Semaphore>,
    patience: Duration,
}

impl Pen {
    /// Of a pool of one connection; nobody waits for it longer than the pool would let them.
    pub(super) fn new(writer: SqlitePool) -> Self {
        let patience = writer.options().get_acquire_timeout();
        Pen { kept: Arc::new(Kept::new(writer)), turn: Arc::new(Semaphore::new(1)), patience }
    }

    pub(super) async fn close(&self) {
        self.kept.close().await;
    }
}

impl Writing {
    pub(super) async fn begin(pen: &Pen) -> Result<Self, StoreError> {
        let turn = tokio::time::timeout(pen.patience, Arc::clone(&pen.turn).acquire_owned()).await;
        let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let connection = Some(pen.kept.acquire().await?);
        let mut tx = Writing { connection, home: Arc::clone(&pen.kept), _turn: turn, ended: false };
        sqlx::query("BEGIN IMMEDIATE").execute(tx.on()).await?;
        Ok(tx)
    }

    /// The same, and what is removed is overwritten with zeros. That costs writes, so that it is not done otherwise.
    pub(super) async fn begin_thorough(pen: &Pen) -> Result<Self, StoreError> {
        let mut tx = Self::begin(pen).await?;
        sqlx::query("PRAGMA secure_delete = ON").execute(tx.on()).await?;
        Ok(tx)
    }

    /// Ends it. Where that fails the connection is closed, and its setting with it.
    pub(super) async fn end_thorough(mut self) -> Result<(), StoreError> {
        sqlx::query("PRAGMA secure_delete = OFF").execute(self.on()).await?;
        sqlx::query("COMMIT").execute(self.on()).await?;
        self.ended = true;
        Ok(())
    }

    #[allow(clippy::expect_used, reason = "only the end of its life takes the connection out")]
    pub(super) fn on(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("a transaction has its connection until it is dropped")
    }

    /// A statement, with its values still to be bound.
    #[allow(clippy::unused_self, reason = "as the other database's")]
    pub(super) fn query<'q>(&self, sql: &'static str) -> sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments> {
        sqlx::query(sql)
    }

    pub(super) async fn set_aside(&mut self, order: &OrderKey, reason: &str, now: Instant) -> Result<(), StoreError> {
        sqlx::query("UPDATE case_file SET set_aside_at = ?1, set_aside_why = ?2 WHERE order_id = ?3 AND shop = ?4 AND platform = ?5")
            .bind(now.millis())
            .bind(reason)
            .bind(&order.order_id)
            .bind(&order.shop)
            .bind(order.platform.word())
            .execute(self.on())
            .await?;
        Ok(())
    }

    pub(super) async fn take_back(&mut self) -> Result<u64, StoreError> {
        let done = sqlx::query("UPDATE case_file SET set_aside_at = NULL, set_aside_why = NULL WHERE set_aside_at IS NOT NULL")
            .execute(self.on())
            .await?;
        Ok(done.rows_affected())
    }

    pub(super) async fn beat(&mut self, daemon: &DaemonRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO daemon (boot_id, name, version, revision, started_at, beat_at, lag_ms, batches, failing, notes) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (boot_id) DO UPDATE SET revision = excluded.revision, \
             beat_at = excluded.beat_at, lag_ms = excluded.lag_ms, batches = excluded.batches, failing = excluded.failing, \
             notes = excluded.notes",
        )
        .bind(&daemon.boot_id)
        .bind(&daemon.name)
        .bind(&daemon.version)
        .bind(&daemon.revision)
        .bind(daemon.started_at.millis())
        .bind(daemon.beat_at.millis())
        .bind(place(daemon.lag_ms))
        .bind(place(daemon.batches))
        .bind(&daemon.failing)
        .bind(daemon.notes.to_text())
        .execute(self.on())
        .await?;
        let forgotten = (daemon.beat_at - FORGOTTEN_AFTER).millis();
        sqlx::query("DELETE FROM daemon WHERE beat_at < ?1").bind(forgotten).execute(self.on()).await?;
        Ok(())
    }

    pub(super) async fn leave(&mut self, boot_id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM daemon WHERE boot_id = ?1").bind(boot_id).execute(self.on()).await?;
        Ok(())
    }

    pub(super) async fn renew_incarnation(&mut self, incarnation: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE db_meta SET incarnation = ?1, renewed_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE id = 1")
            .bind(incarnation)
            .execute(self.on())
            .await?;
        Ok(())
    }

    pub(super) async fn probe(&mut self, now: Instant) -> Result<(), StoreError> {
        sqlx::query("UPDATE db_meta SET probed_at = ?1 WHERE id = 1").bind(now.millis()).execute(self.on()).await?;
        Ok(())
    }

    async fn rouse_step(&mut self, limit: u32) -> Result<Option<u32>, StoreError> {
        let first = sqlx::query("SELECT id, courier, province, at, after_no, upto_no FROM rouse ORDER BY id LIMIT 1");
        let Some(row) = first.fetch_optional(self.on()).await? else { return Ok(None) };
        let id: i64 = row.try_get(0)?;
        let (courier, province): (Option<String>, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
        let (at, after, upto): (i64, i64, i64) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        let reached = match (&courier, &province) {
            (Some(courier), Some(province)) => sqlx::query(
                "SELECT count(*), max(no) FROM (SELECT no FROM case_file WHERE awaits_courier = ?1 AND awaits_province = ?2 \
                 AND no > ?3 AND no <= ?4 ORDER BY no LIMIT ?5)",
            )
            .bind(courier)
            .bind(province),
            _ => sqlx::query(
                "SELECT count(*), max(no) FROM (SELECT no FROM case_file WHERE is_open = 1 AND ?1 IS NULL AND ?2 IS NULL \
                 AND no > ?3 AND no <= ?4 ORDER BY no LIMIT ?5)",
            )
            .bind(None::<&str>)
            .bind(None::<&str>),
        };
        let reached = reached.bind(after).bind(upto).bind(limit).fetch_one(self.on()).await?;
        let (count, last): (i64, Option<i64>) = (reached.try_get(0)?, reached.try_get(1)?);
        if let Some(last) = last {
            let update = match (&courier, &province) {
                (Some(courier), Some(province)) => sqlx::query(
                    "UPDATE case_file SET next_wake_at = ?5 WHERE no > ?3 AND no <= ?4 AND awaits_courier = ?1 AND awaits_province = ?2 \
                     AND (next_wake_at IS NULL OR next_wake_at > ?5)",
                )
                .bind(courier)
                .bind(province),
                _ => sqlx::query(
                    "UPDATE case_file SET next_wake_at = ?5 WHERE no > ?3 AND no <= ?4 AND is_open = 1 AND ?1 IS NULL AND ?2 IS NULL \
                     AND (next_wake_at IS NULL OR next_wake_at > ?5)",
                )
                .bind(None::<&str>)
                .bind(None::<&str>),
            };
            update.bind(after).bind(last).bind(at).execute(self.on()).await?;
        }
        match last {
            Some(last) if count >= i64::from(limit) => {
                sqlx::query("UPDATE rouse SET after_no = ?1 WHERE id = ?2").bind(last).bind(id).execute(self.on()).await?;
            }
            _ => {
                sqlx::query("DELETE FROM rouse WHERE id = ?1").bind(id).execute(self.on()).await?;
            }
        }
        Ok(Some(u32::try_from(count).unwrap_or(limit)))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.ended {
            self.home.keep(connection);
        } else {
            connection.close_on_drop();
        }
    }
}

/// A list as the one parameter of a statement.
fn json<T: serde::Serialize>(list: &T) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|e| StoreError::Defect(e.to_string()))
}

/// Puts rows, each led by its position in the question, where they were asked for.
fn placed<T: Clone>(
    len: usize,
    none: T,
    rows: Vec<SqliteRow>,
    read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut out = vec![none; len];
    for row in rows {
        let at: i64 = row.try_get(0)?;
        if let Some(slot) = usize::try_from(at).ok().and_then(|at| out.get_mut(at)) {
            *slot = read(&row)?;
        }
    }
    Ok(out)
}

#[async_trait]
impl Transaction for Writing {
    async fn hold_world(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn stay(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn take_instant(&mut self, now: Instant) -> Result<Instant, StoreError> {
        let taken: i64 = sqlx::query_scalar(
            "UPDATE db_meta SET clock_high_water = max(clock_high_water + 1, ?1) WHERE id = 1 RETURNING clock_high_water",
        )
        .bind(now.millis())
        .fetch_one(self.on())
        .await?;
        Ok(Instant::from_millis(taken))
    }

    async fn world_from(&mut self, position: u32) -> Result<Vec<Change>, StoreError> {
        super::read_lists::world_from(self.on(), position).await
    }

    async fn seen(&mut self, ids: &[FactId]) -> Result<Vec<Option<Seen>>, StoreError> {
        let asked: Vec<[&str; 2]> = ids.iter().map(|id| [id.source.as_str(), id.id.as_str()]).collect();
        let rows = sqlx::query(
            "SELECT k.key, i.fingerprint, i.state, f.platform, f.shop, f.order_id FROM json_each(?1) AS k \
             CROSS JOIN inbox AS i ON i.source = k.value ->> 0 AND i.id = k.value ->> 1 \
             LEFT JOIN journal AS j ON j.seq = i.seq LEFT JOIN case_file AS f ON f.no = j.file_no",
        )
        .bind(json(&asked)?)
        .fetch_all(self.on())
        .await?;
        placed(ids.len(), None, rows, |row| {
            let platform: Option<&str> = row.try_get(3)?;
            let order = platform.map(|_| order_key(row)).transpose()?;
            let state: &str = row.try_get(2)?;
            Ok(Some(Seen { fingerprint: row.try_get::<i64, _>(1)?.cast_unsigned(), order, parked: state == "parked" }))
        })
    }

    async fn orders_of_waybills(&mut self, waybills: &[Waybill]) -> Result<Vec<Option<OrderKey>>, StoreError> {
        let asked: Vec<[&str; 2]> = waybills.iter().map(|w| [w.courier.word(), w.number.as_str()]).collect();
        let rows = sqlx::query(
            "SELECT k.key, f.platform, f.shop, f.order_id FROM json_each(?1) AS k \
             CROSS JOIN waybill_index AS w ON w.number = k.value ->> 1 AND w.courier = k.value ->> 0 \
             CROSS JOIN case_file AS f ON f.no = w.file_no",
        )
        .bind(json(&asked)?)
        .fetch_all(self.on())
        .await?;
        placed(waybills.len(), None, rows, |row| order_key(row).map(Some))
    }

    async fn orders_of_tags(&mut self, tags: &[String]) -> Result<Vec<Option<OrderKey>>, StoreError> {
        let rows = sqlx::query(
            "SELECT k.key, f.platform, f.shop, f.order_id FROM json_each(?1) AS k CROSS JOIN case_file AS f ON f.tag = k.value",
        )
        .bind(json(&tags)?)
        .fetch_all(self.on())
        .await?;
        placed(tags.len(), None, rows, |row| order_key(row).map(Some))
    }

    async fn lock(&mut self, orders: &[(OrderKey, Option<FileStamp>)]) -> Result<Vec<Locked>, StoreError> {
        let asked: Vec<(&str, &str, &str, i64)> = orders
            .iter()
            .map(|(order, known)| (order.platform.word(), order.shop.as_str(), order.order_id.as_str(), known.map_or(-1, |k| k.version)))
            .collect();
        let rows = sqlx::query(
            "SELECT k.key, f.no, f.version, f.lines, f.next_wake_at, CASE WHEN f.version = k.value ->> 3 THEN NULL ELSE f.state END \
             FROM json_each(?1) AS k \
             CROSS JOIN case_file AS f ON f.order_id = k.value ->> 2 AND f.shop = k.value ->> 1 AND f.platform = k.value ->> 0",
        )
        .bind(json(&asked)?)
        .fetch_all(self.on())
        .await?;
        placed(orders.len(), Locked::Absent, rows, |row| {
            let Some(state) = row.try_get::<Option<&str>, _>(5)? else { return Ok(Locked::Unchanged) };
            let stamp = FileStamp { no: row.try_get(1)?, version: row.try_get(2)?, batch: 0, lines: row.try_get(3)? };
            let next_wake_at = row.try_get::<Option<i64>, _>(4)?.map(Instant::from_millis);
            Ok(match read_state(state) {
                Ok(file) => Locked::Loaded(StoredFile { file, stamp, next_wake_at }),
                Err(why) => Locked::Unreadable(why),
            })
        })
    }

    async fn due(&mut self, now: Instant, limit: u32) -> Result<Vec<OrderKey>, StoreError> {
        let rows = sqlx::query(
            "SELECT platform, shop, order_id FROM case_file WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL \
             AND next_wake_at <= max(?1, (SELECT clock_high_water + 1 FROM db_meta WHERE id = 1)) ORDER BY next_wake_at, no LIMIT ?2",
        )
        .bind(now.millis())
        .bind(limit)
        .fetch_all(self.on())
        .await?;
        rows.iter().map(order_key).collect()
    }

    async fn parked(&mut self, waybills: &[Waybill]) -> Result<Vec<ParkedFact>, StoreError> {
        let asked: Vec<[&str; 2]> = waybills.iter().map(|w| [w.courier.word(), w.number.as_str()]).collect();
        let rows = sqlx::query(
            "SELECT i.courier, i.number, i.seq, j.json FROM json_each(?1) AS k \
             CROSS JOIN inbox AS i ON i.state = 'parked' AND i.number = k.value ->> 1 AND i.courier = k.value ->> 0 \
             CROSS JOIN journal AS j ON j.seq = i.seq ORDER BY i.seq",
        )
        .bind(json(&asked)?)
        .fetch_all(self.on())
        .await?;
        let read = |row: &SqliteRow| {
            let courier = Courier::from_word(row.try_get(0)?).ok_or_else(|| bad_word("inbox.courier"))?;
            let seq: i64 = row.try_get(2)?;
            Ok(ParkedFact { waybill: Waybill { courier, number: row.try_get(1)? }, seq: seq.cast_unsigned(), json: row.try_get(3)? })
        };
        rows.iter().map(read).collect()
    }

    async fn rouse_some(&mut self, limit: u32) -> Result<u32, StoreError> {
        let mut roused = 0;
        // News that reaches nobody costs a step as well: bounded by the same number.
        for _ in 0..limit.max(1) {
            if roused >= limit {
                break;
            }
            match self.rouse_step(limit - roused).await? {
                Some(count) => roused += count,
                None => break,
            }
        }
        Ok(roused)
    }

    async fn save(&mut self, batch: &Batch) -> Result<Vec<FileStamp>, StoreError> {
        super::retention::note_late(self, &batch.late).await?;
        super::save::save(self.on(), batch).await
    }

    async fn tombstones(&mut self, orders: &[OrderKey], waybills: &[Waybill], tags: &[String]) -> Result<Vec<Tombstone>, StoreError> {
        let mut found = Vec::new();
        if !orders.is_empty() {
            let asked: Vec<[&str; 3]> = orders.iter().map(|o| [o.platform.word(), o.shop.as_str(), o.order_id.as_str()]).collect();
            let rows = sqlx::query(
                "SELECT o.platform, o.shop, o.order_id, o.tag, NULL AS courier, NULL AS number FROM json_each(?1) AS k \
                 CROSS JOIN archived_order AS o ON o.order_id = k.value ->> 2 AND o.shop = k.value ->> 1 AND o.platform = k.value ->> 0",
            );
            found.extend(rows.bind(json(&asked)?).fetch_all(self.on()).await?);
        }
        if !waybills.is_empty() {
            let asked: Vec<[&str; 2]> = waybills.iter().map(|w| [w.courier.word(), w.number.as_str()]).collect();
            let rows = sqlx::query(
                "SELECT o.platform, o.shop, o.order_id, o.tag, w.courier, w.number FROM json_each(?1) AS k \
                 CROSS JOIN archived_waybill AS w ON w.number = k.value ->> 1 AND w.courier = k.value ->> 0 \
                 CROSS JOIN archived_order AS o ON o.tag = w.tag",
            );
            found.extend(rows.bind(json(&asked)?).fetch_all(self.on()).await?);
        }
        if !tags.is_empty() {
            let rows = sqlx::query(
                "SELECT o.platform, o.shop, o.order_id, o.tag, NULL AS courier, NULL AS number FROM json_each(?1) AS k \
                 CROSS JOIN archived_order AS o ON o.tag = k.value",
            );
            found.extend(rows.bind(json(&tags)?).fetch_all(self.on()).await?);
        }
        found.iter().map(crate::retention::tombstone).collect()
    }

    async fn clear_lists(&mut self, stamp: FileStamp, kept: &[String]) -> Result<(), StoreError> {
        let kept = json(&kept)?;
        for clear in [
            "DELETE FROM open_case WHERE file_no = ?1 AND ?2 IS NOT NULL",
            "DELETE FROM task WHERE file_no = ?1 AND task_id NOT IN (SELECT value FROM json_each(?2))",
            "DELETE FROM deadline WHERE file_no = ?1 AND deadline_id NOT IN (SELECT value FROM json_each(?2))",
            "DELETE FROM operation WHERE file_no = ?1 AND operation_id NOT IN (SELECT value FROM json_each(?2))",
            "DELETE FROM waybill_index WHERE file_no = ?1 AND courier || '/' || number NOT IN (SELECT value FROM json_each(?2))",
        ] {
            sqlx::query(clear).bind(stamp.no).bind(&kept).execute(self.on()).await?;
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        crash_point!("commit.sent")?;
        sqlx::query("COMMIT").execute(self.on()).await?;
        self.ended = true;
        crash_point!("commit.done")
    }

    async fn rollback(mut self: Box<Self>) {
        // Where this fails the connection is closed, which takes everything back as well.
        self.ended = sqlx::query("ROLLBACK").execute(self.on()).await.is_ok();
    }
}
