//! A transaction that writes: its beginning and end, its instant, and what it reads before it decides.
//!
//! Many daemons write at once. What keeps their journals equal to a replay is written down in
//! `docs/decisions/0009-many-writers-on-postgresql.md`; in short: case files are locked, then the instant is taken, which is later than every
//! instant taken before; what is read after it must be older than it; and while it commits nobody may tell news of the world.

use super::PostgresStore;
use super::link::{Link, Purpose};
use crate::change::{Batch, FileStamp, Locked, ParkedFact, Seen, StoredFile};
use crate::retention::Tombstone;
use crate::rows::{Columns, WORLD_FROM, bad_word, changes, order_key, read_state, stamp};
use crate::{StoreError, Transaction};
use async_trait::async_trait;
use parcelward_casework::fact::{FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Courier;
use parcelward_casework::world::Change;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgRow;
use std::time::{Duration, Instant as Stopwatch};

/// Places in the journal that each batch has for itself.
pub(super) const PLACES: u32 = 20;
/// Facts and decisions that are put together well within the time for which a server bears a silent transaction.
const USUAL_ENTRIES: usize = 4_000;
/// The longest time for which it is asked to bear one.
const LONGEST_IDLE: Duration = Duration::from_secs(120);
/// How long nothing may happen in a transaction before [`Transaction::stay`] says something.
const QUIET: Duration = Duration::from_secs(1);

macro_rules! lock {
    ($how:literal) => {
        concat!(
            "SELECT k.i, f.no, f.version, f.batch, f.lines, f.next_wake_at, \
             CASE WHEN f.version = k.version AND f.batch = k.batch THEN NULL ELSE f.state END AS state \
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) \
             WITH ORDINALITY AS k (platform, shop, order_id, version, batch, i) \
             JOIN case_file AS f ON f.order_id = k.order_id AND f.shop = k.shop AND f.platform = k.platform \
             ORDER BY f.no FOR UPDATE OF f",
            $how
        )
    };
}

/// In the order of their numbers, so that nobody waits in a circle.
const LOCK: &str = lock!("");
/// Who has an instant already waits for nobody: others may be waiting for what it holds.
const LOCK_AT_ONCE: &str = lock!(" NOWAIT");

/// A transaction that writes.
pub(super) struct Writing {
    pub(super) link: Link,
    store: PostgresStore,
    /// The batch's number and instant, once taken.
    pub(super) batch: Option<(i64, Instant)>,
    /// How many changes of the world were known when they were read.
    pub(super) world: Option<i64>,
    pub(super) holds_world: bool,
    /// Identities of facts were asked about: one that turns up all the same was told to another daemon meanwhile.
    pub(super) asked_ids: bool,
    last: Stopwatch,
}

impl Writing {
    pub(super) async fn begin(store: &PostgresStore) -> Result<Self, StoreError> {
        Ok(Writing {
            link: Link::begin_kept(&store.writers, &store.manners, Purpose::Write).await?,
            store: store.clone(),
            batch: None,
            world: None,
            holds_world: false,
            asked_ids: false,
            last: Stopwatch::now(),
        })
    }

    /// Something of a batch that came after this one's instant was read: it may not have been known at that instant.
    fn must_be_older(&self, batch: i64) -> Result<(), StoreError> {
        match self.batch {
            Some((mine, _)) if batch >= mine => Err(StoreError::Retry("another writer was faster".to_owned())),
            _ => Ok(()),
        }
    }

    /// Takes the next number and instant in a transaction of its own, so that nobody waits for them longer than for that.
    ///
    /// Not waited for on disk: what follows in the log cannot be kept without it.
    async fn next_batch(&self, now: Instant) -> Result<(i64, Instant), StoreError> {
        let sql = format!(
            "BEGIN; SET LOCAL synchronous_commit = off; \
             WITH next AS (UPDATE db_meta SET clock_high_water = greatest(clock_high_water + 1, {now}), batch = batch + 1 WHERE id = 1 \
             RETURNING clock_high_water, batch), \
             noted AS (INSERT INTO open_batch (batch, owner, opened_at) \
             SELECT batch, '{owner}', (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM next) \
             SELECT clock_high_water, batch FROM next; COMMIT",
            now = now.millis(),
            owner = self.store.owner,
        );
        let mut connection = self.store.instants.acquire().await?;
        let rows = match sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await {
            Ok(rows) => rows,
            Err(error) => {
                // It may be inside a transaction that failed.
                connection.close_on_drop();
                return Err(error.into());
            }
        };
        self.store.instants.put(connection);
        let row = rows.first().ok_or_else(|| StoreError::Corrupt("the row of table db_meta is missing".to_owned()))?;
        Ok((row.number("batch")?, Instant::from_millis(row.number("clock_high_water")?)))
    }

    /// The batch's number and instant.
    pub(super) async fn number(&mut self, now: Instant) -> Result<(i64, Instant), StoreError> {
        if let Some(taken) = self.batch {
            return Ok(taken);
        }
        let (batch, instant) = self.next_batch(now).await?;
        crash_point!("inbox.instant_noted")?;
        let open = self.link.query("DELETE FROM open_batch WHERE batch = $1").bind(batch).execute(self.link.on()).await?;
        if open.rows_affected() != 1 {
            return Err(StoreError::Retry("the batch was given up because it took so long to begin".to_owned()));
        }
        self.batch = Some((batch, instant));
        Ok((batch, instant))
    }

    /// Before a batch is put together, during which nothing is asked: one that is much larger than usual (an import, a day's facts in one
    /// request) may take longer than the server bears a transaction in which nothing happens, on a machine that is busy with other things.
    ///
    /// Whoever freezes amid such a batch holds its rows for longer, in proportion.
    pub(super) async fn ask_for_patience(&mut self, entries: usize) -> Result<(), StoreError> {
        let times = u32::try_from(entries / USUAL_ENTRIES).unwrap_or(u32::MAX);
        if times == 0 {
            return Ok(());
        }
        let idle = self.store.manners.timeouts.idle.saturating_mul(times.saturating_add(1)).min(LONGEST_IDLE);
        let sql = format!("SET LOCAL idle_in_transaction_session_timeout = {}", idle.as_millis());
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(self.link.on()).await?;
        self.last = Stopwatch::now();
        Ok(())
    }

    pub(super) async fn lock_world(&mut self) -> Result<i64, StoreError> {
        let row = self.link.query("SELECT changes FROM world_size WHERE id = 1 FOR UPDATE").fetch_one(self.link.on()).await?;
        self.holds_world = true;
        row.number("changes")
    }
}

/// Two columns of waybills.
fn columns(waybills: &[Waybill]) -> (Vec<&str>, Vec<&str>) {
    waybills.iter().map(|w| (w.courier.word(), w.number.as_str())).unzip()
}

/// Puts rows, each with its position in the question (`i`, from 1), where they were asked for.
fn placed<T: Clone>(len: usize, none: T, rows: &[PgRow], read: impl Fn(&PgRow) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    let mut out = vec![none; len];
    for row in rows {
        let at = usize::try_from(row.number("i")? - 1).ok();
        if let Some(slot) = at.and_then(|at| out.get_mut(at)) {
            *slot = read(row)?;
        }
    }
    Ok(out)
}

#[async_trait]
impl Transaction for Writing {
    async fn hold_world(&mut self) -> Result<(), StoreError> {
        self.last = Stopwatch::now();
        self.lock_world().await?;
        // Whoever waits for us may hold what we shall want: give way soon.
        sqlx::raw_sql("SET LOCAL lock_timeout = 200").execute(self.link.on()).await?;
        Ok(())
    }

    async fn take_instant(&mut self, now: Instant) -> Result<Instant, StoreError> {
        self.last = Stopwatch::now();
        Ok(self.number(now).await?.1)
    }

    async fn stay(&mut self) -> Result<(), StoreError> {
        if self.last.elapsed() > QUIET {
            self.last = Stopwatch::now();
            self.link.query("SELECT 1").execute(self.link.on()).await?;
        }
        Ok(())
    }

    async fn world_from(&mut self, position: u32) -> Result<Vec<Change>, StoreError> {
        let rows = self.link.query(WORLD_FROM);
        let rows = rows.bind(i64::from(position)).fetch_all(self.link.on()).await?;
        let changes = changes(&rows, position)?;
        self.world = Some(i64::from(position) + i64::try_from(changes.len()).unwrap_or(i64::MAX));
        Ok(changes)
    }

    async fn seen(&mut self, ids: &[FactId]) -> Result<Vec<Option<Seen>>, StoreError> {
        self.asked_ids = true;
        let (sources, names): (Vec<&str>, Vec<&str>) = ids.iter().map(|id| (id.source.as_str(), id.id.as_str())).unzip();
        let rows = self.link.query(
            "SELECT k.i, i.fingerprint, i.state, f.platform, f.shop, f.order_id \
             FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (source, id, i) \
             JOIN inbox AS i ON i.source = k.source AND i.id = k.id \
             LEFT JOIN journal AS j ON j.seq = i.seq LEFT JOIN case_file AS f ON f.no = j.file_no",
        );
        let rows = rows.bind(sources).bind(names).fetch_all(self.link.on()).await?;
        placed(ids.len(), None, &rows, |row| {
            let order = row.text_or_none("platform")?.is_some().then(|| order_key(row)).transpose()?;
            Ok(Some(Seen { fingerprint: row.number("fingerprint")?.cast_unsigned(), order, parked: row.text("state")? == "parked" }))
        })
    }

    async fn orders_of_waybills(&mut self, waybills: &[Waybill]) -> Result<Vec<Option<OrderKey>>, StoreError> {
        let (couriers, numbers) = columns(waybills);
        let rows = self.link.query(
            "SELECT k.i, w.batch, f.platform, f.shop, f.order_id \
             FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (courier, number, i) \
             JOIN waybill_index AS w ON w.number = k.number AND w.courier = k.courier JOIN case_file AS f ON f.no = w.file_no",
        );
        let rows = rows.bind(couriers).bind(numbers).fetch_all(self.link.on()).await?;
        placed(waybills.len(), None, &rows, |row| {
            self.must_be_older(row.number("batch")?)?;
            order_key(row).map(Some)
        })
    }

    async fn orders_of_tags(&mut self, tags: &[String]) -> Result<Vec<Option<OrderKey>>, StoreError> {
        let rows = self.link.query(
            "SELECT k.i, f.platform, f.shop, f.order_id FROM unnest($1::text[]) WITH ORDINALITY AS k (tag, i) \
             JOIN case_file AS f ON f.tag = k.tag",
        );
        let rows = rows.bind(tags).fetch_all(self.link.on()).await?;
        placed(tags.len(), None, &rows, |row| order_key(row).map(Some))
    }

    async fn lock(&mut self, orders: &[(OrderKey, Option<FileStamp>)]) -> Result<Vec<Locked>, StoreError> {
        self.last = Stopwatch::now();
        let platforms: Vec<&str> = orders.iter().map(|(order, _)| order.platform.word()).collect();
        let shops: Vec<&str> = orders.iter().map(|(order, _)| order.shop.as_str()).collect();
        let ids: Vec<&str> = orders.iter().map(|(order, _)| order.order_id.as_str()).collect();
        let versions: Vec<i64> = orders.iter().map(|(_, known)| known.map_or(-1, |k| k.version)).collect();
        let batches: Vec<i64> = orders.iter().map(|(_, known)| known.map_or(-1, |k| k.batch)).collect();
        let rows = self.link.query(if self.batch.is_some() { LOCK_AT_ONCE } else { LOCK });
        let rows = rows.bind(platforms).bind(shops).bind(ids).bind(versions).bind(batches).fetch_all(self.link.on()).await?;
        placed(orders.len(), Locked::Absent, &rows, |row| {
            let stamp = stamp(row)?;
            self.must_be_older(stamp.batch)?;
            let Some(state) = row.text_or_none("state")? else { return Ok(Locked::Unchanged) };
            let next_wake_at = row.number_or_none("next_wake_at")?.map(Instant::from_millis);
            Ok(match read_state(state) {
                Ok(file) => Locked::Loaded(StoredFile { file, stamp, next_wake_at }),
                Err(why) => Locked::Unreadable(why),
            })
        })
    }

    async fn due(&mut self, now: Instant, limit: u32) -> Result<Vec<OrderKey>, StoreError> {
        let rows = self.link.query(
            "SELECT platform, shop, order_id FROM case_file WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL \
             AND next_wake_at <= greatest($1, (SELECT clock_high_water + 1 FROM db_meta WHERE id = 1)) \
             ORDER BY next_wake_at, no LIMIT $2 FOR UPDATE SKIP LOCKED",
        );
        let rows = rows.bind(now.millis()).bind(i64::from(limit)).fetch_all(self.link.on()).await?;
        rows.iter().map(order_key).collect()
    }

    async fn parked(&mut self, waybills: &[Waybill]) -> Result<Vec<ParkedFact>, StoreError> {
        let (couriers, numbers) = columns(waybills);
        let rows = self.link.query(
            "SELECT i.courier, i.number, i.seq, j.json FROM unnest($1::text[], $2::text[]) AS k (courier, number) \
             JOIN inbox AS i ON i.state = 'parked' AND i.number = k.number AND i.courier = k.courier \
             JOIN journal AS j ON j.seq = i.seq ORDER BY i.seq",
        );
        let rows = rows.bind(couriers).bind(numbers).fetch_all(self.link.on()).await?;
        let read = |row: &PgRow| {
            let courier = Courier::from_word(row.text("courier")?).ok_or_else(|| bad_word("inbox.courier"))?;
            let seq = row.number("seq")?;
            self.must_be_older(seq >> PLACES)?;
            let waybill = Waybill { courier, number: row.text("number")?.to_owned() };
            Ok(ParkedFact { waybill, seq: seq.cast_unsigned(), json: row.text("json")?.to_owned() })
        };
        rows.iter().map(read).collect()
    }

    async fn rouse_some(&mut self, limit: u32) -> Result<u32, StoreError> {
        super::rouse::some(&mut self.link, limit).await
    }

    async fn save(&mut self, batch: &Batch) -> Result<Vec<FileStamp>, StoreError> {
        super::retention::note_late(&mut self.link, &batch.late).await?;
        super::save::save(self, batch).await
    }

    async fn tombstones(&mut self, orders: &[OrderKey], waybills: &[Waybill], tags: &[String]) -> Result<Vec<Tombstone>, StoreError> {
        let platforms: Vec<&str> = orders.iter().map(|order| order.platform.word()).collect();
        let shops: Vec<&str> = orders.iter().map(|order| order.shop.as_str()).collect();
        let ids: Vec<&str> = orders.iter().map(|order| order.order_id.as_str()).collect();
        let (couriers, numbers) = columns(waybills);
        let rows = self.link.query(
            "SELECT o.platform, o.shop, o.order_id, o.tag, NULL::text AS courier, NULL::text AS number \
             FROM unnest($1::text[], $2::text[], $3::text[]) AS k (platform, shop, order_id) \
             JOIN archived_order AS o ON o.order_id = k.order_id AND o.shop = k.shop AND o.platform = k.platform \
             UNION ALL SELECT o.platform, o.shop, o.order_id, o.tag, w.courier, w.number \
             FROM unnest($4::text[], $5::text[]) AS k (courier, number) \
             JOIN archived_waybill AS w ON w.number = k.number AND w.courier = k.courier JOIN archived_order AS o ON o.tag = w.tag \
             UNION ALL SELECT o.platform, o.shop, o.order_id, o.tag, NULL::text, NULL::text \
             FROM unnest($6::text[]) AS k (tag) JOIN archived_order AS o ON o.tag = k.tag",
        );
        let rows = rows.bind(platforms).bind(shops).bind(ids).bind(couriers).bind(numbers).bind(tags).fetch_all(self.link.on()).await?;
        rows.iter().map(crate::retention::tombstone).collect()
    }

    async fn clear_lists(&mut self, stamp: FileStamp, kept: &[String]) -> Result<(), StoreError> {
        for clear in [
            "DELETE FROM open_case WHERE file_no = $1 AND $2::text[] IS NOT NULL",
            "DELETE FROM task WHERE file_no = $1 AND task_id <> ALL($2::text[])",
            "DELETE FROM deadline WHERE file_no = $1 AND deadline_id <> ALL($2::text[])",
            "DELETE FROM operation WHERE file_no = $1 AND operation_id <> ALL($2::text[])",
            "DELETE FROM waybill_index WHERE file_no = $1 AND courier || '/' || number <> ALL($2::text[])",
        ] {
            self.link.query(clear).bind(stamp.no).bind(kept).execute(self.link.on()).await?;
        }
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        crash_point!("commit.sent")?;
        self.link.end().await?;
        crash_point!("commit.done")
    }

    async fn rollback(mut self: Box<Self>) {
        if self.link.back().await
            && let Some((batch, _)) = self.batch
        {
            // Nobody needs to wait for a batch that will not come. Where this fails, whoever reads the journal next does it.
            let gone = sqlx::raw_sql(AssertSqlSafe(format!("DELETE FROM open_batch WHERE batch = {batch}")));
            if let Err(error) = gone.execute(self.link.on()).await {
                tracing::debug!(%error, "a batch that was given up is still noted as open");
            }
        }
    }
}
