//! The same rows by bare SQL: copied batch by batch, as many rows a transaction as the desk wrote, from the tables that it filled into empty
//! ones with the same indexes. No decision, no JSON, no row crosses a wire: what the database itself can do. On SQLite the rows to copy lie in
//! memory, and the settings are the store's.

use async_trait::async_trait;
use parcelward_casework::instant::Instant;
use parcelward_store::{StoreOptions, backup, open};
use sqlx::{AssertSqlSafe, Connection};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant as Stopwatch};

/// Tables that hang on a case file by its number.
const LISTS: [&str; 5] = ["task", "deadline", "open_case", "operation", "waybill_index"];

#[async_trait]
pub trait Bare: Send {
    /// The facts are in: what comes later is of the wakes.
    async fn note_facts(&mut self, until: Instant);
    /// Writes what the facts led to.
    async fn facts(&mut self) -> Duration;
    /// Writes what wakes up to and with this instant led to.
    async fn wakes(&mut self, until: Instant) -> Duration;
}

/// On SQLite: another file, with the filled one attached.
pub struct OnFile {
    live: PathBuf,
    until: i64,
}

impl OnFile {
    pub fn new(live: PathBuf) -> Self {
        OnFile { live, until: 0 }
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.live.with_file_name(name)
    }

    async fn connect(&self, source: &Path) -> sqlx::SqliteConnection {
        let url = format!("sqlite:{}", self.beside("bare.db").display());
        open(&url, &StoreOptions::default()).await.unwrap().close().await;
        let mut on = sqlx::SqliteConnection::connect(&url).await.unwrap();
        let mut set = format!(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 20000; \
             PRAGMA journal_size_limit = 167772160; PRAGMA temp_store = MEMORY; \
             ATTACH '{}' AS filled; ATTACH ':memory:' AS s; CREATE TEMP TABLE f (no INTEGER PRIMARY KEY);",
            source.display()
        );
        for table in LISTS.iter().chain(&["case_file", "journal", "inbox"]) {
            set.push_str(&format!("CREATE TABLE s.{table} AS SELECT * FROM filled.{table};"));
        }
        for table in LISTS {
            set.push_str(&format!("CREATE INDEX s.{table}_file ON {table} (file_no);"));
        }
        set.push_str(
            "CREATE INDEX s.journal_recorded ON journal (recorded); CREATE INDEX s.file_no ON case_file (no); \
             CREATE INDEX s.inbox_id ON inbox (source, id); DETACH filled",
        );
        sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut on).await.unwrap();
        on
    }
}

#[async_trait]
impl Bare for OnFile {
    async fn note_facts(&mut self, until: Instant) {
        self.until = until.millis();
        let from = format!("sqlite:{}", self.live.display());
        backup(&from, &self.beside("facts.db")).await.unwrap();
    }

    async fn facts(&mut self) -> Duration {
        let source = self.beside("facts.db");
        let mut on = self.connect(&source).await;
        let batches: Vec<i64> =
            sqlx::query_scalar("SELECT DISTINCT recorded FROM s.journal ORDER BY recorded").fetch_all(&mut on).await.unwrap();
        let started = Stopwatch::now();
        for recorded in batches {
            let mut all = format!(
                "BEGIN IMMEDIATE; DELETE FROM temp.f; INSERT OR IGNORE INTO temp.f SELECT file_no FROM s.journal WHERE recorded = {recorded}; \
                 INSERT INTO main.case_file SELECT * FROM s.case_file WHERE no IN (SELECT no FROM temp.f); \
                 INSERT INTO main.journal SELECT * FROM s.journal WHERE recorded = {recorded}; \
                 INSERT INTO main.inbox SELECT i.* FROM s.journal AS j CROSS JOIN s.inbox AS i ON i.source = j.source AND i.id = j.id \
                 WHERE j.recorded = {recorded} AND j.kind = 'fact';"
            );
            for table in LISTS {
                all.push_str(&format!("INSERT INTO main.{table} SELECT t.* FROM temp.f CROSS JOIN s.{table} AS t ON t.file_no = f.no;"));
            }
            sqlx::raw_sql(AssertSqlSafe(all + "COMMIT")).execute(&mut on).await.unwrap();
        }
        let took = started.elapsed();
        on.close().await.unwrap();
        took
    }

    async fn wakes(&mut self, until: Instant) -> Duration {
        let from = format!("sqlite:{}", self.live.display());
        let source = self.beside(&format!("wakes-{}.db", until.millis()));
        backup(&from, &source).await.unwrap();
        let mut on = self.connect(&source).await;
        let batches: Vec<i64> = sqlx::query_scalar("SELECT DISTINCT recorded FROM s.journal WHERE recorded > ?1 ORDER BY recorded")
            .bind(self.until)
            .fetch_all(&mut on)
            .await
            .unwrap();
        self.until = until.millis();
        let started = Stopwatch::now();
        for recorded in batches {
            let mut all = format!(
                "BEGIN IMMEDIATE; DELETE FROM temp.f; INSERT OR IGNORE INTO temp.f SELECT file_no FROM s.journal WHERE recorded = {recorded}; \
                 UPDATE main.case_file AS f SET version = n.version, lines = n.lines, is_open = n.is_open, next_wake_at = n.next_wake_at, \
                 state = n.state FROM temp.f AS k CROSS JOIN s.case_file AS n ON n.no = k.no WHERE f.no = k.no; \
                 INSERT INTO main.journal SELECT * FROM s.journal WHERE recorded = {recorded};"
            );
            for (table, id) in [("task", "task_id"), ("deadline", "deadline_id"), ("open_case", "case_id"), ("operation", "operation_id")] {
                // Only what changed, as the desk does.
                all.push_str(&format!(
                    "INSERT OR REPLACE INTO main.{table} SELECT t.* FROM temp.f CROSS JOIN s.{table} AS t ON t.file_no = f.no \
                     LEFT JOIN main.{table} AS o ON o.{id} = t.{id} WHERE o.{id} IS NULL OR {};",
                    match table {
                        "task" => "o.version <> t.version OR o.state <> t.state",
                        "deadline" => "o.state <> t.state OR o.due_at <> t.due_at",
                        "operation" => "o.state <> t.state",
                        _ => "0",
                    }
                ));
            }
            sqlx::raw_sql(AssertSqlSafe(all + "COMMIT")).execute(&mut on).await.unwrap();
        }
        let took = started.elapsed();
        on.close().await.unwrap();
        took
    }
}

/// On PostgreSQL: another schema of the same database.
pub struct OnServer {
    url: String,
    until: i64,
}

const STATE: &[&str] = &["case_file", "journal", "inbox", "task", "deadline", "open_case", "operation", "waybill_index"];

impl OnServer {
    pub fn new(url: String) -> Self {
        OnServer { url, until: 0 }
    }

    async fn connect(&self) -> sqlx::PgConnection {
        sqlx::PgConnection::connect(&self.url).await.unwrap()
    }
}

async fn run(on: &mut sqlx::PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(on).await.unwrap();
}

#[async_trait]
impl Bare for OnServer {
    async fn note_facts(&mut self, until: Instant) {
        self.until = until.millis();
        let mut on = self.connect().await;
        run(&mut on, "CREATE SCHEMA facts; CREATE SCHEMA bare".to_owned()).await;
        for table in STATE {
            run(&mut on, format!("CREATE TABLE facts.{table} AS SELECT * FROM public.{table}")).await;
            run(&mut on, format!("CREATE TABLE bare.{table} (LIKE public.{table} INCLUDING ALL)")).await;
        }
        for table in LISTS {
            run(&mut on, format!("CREATE INDEX ON facts.{table} (file_no)")).await;
        }
        run(
            &mut on,
            "CREATE INDEX ON facts.journal (recorded); CREATE INDEX ON facts.case_file (no); CREATE INDEX ON facts.inbox (seq); ANALYZE"
                .to_owned(),
        )
        .await;
    }

    async fn facts(&mut self) -> Duration {
        let mut on = self.connect().await;
        let batches: Vec<i64> =
            sqlx::query_scalar("SELECT DISTINCT recorded FROM facts.journal ORDER BY recorded").fetch_all(&mut on).await.unwrap();
        run(&mut on, "CREATE TEMP TABLE f (no BIGINT PRIMARY KEY)".to_owned()).await;
        let started = Stopwatch::now();
        for recorded in batches {
            let mut all = format!(
                "BEGIN; TRUNCATE f; INSERT INTO f SELECT DISTINCT file_no FROM facts.journal WHERE recorded = {recorded}; \
                 INSERT INTO bare.case_file SELECT t.* FROM f JOIN facts.case_file AS t ON t.no = f.no; \
                 INSERT INTO bare.journal SELECT * FROM facts.journal WHERE recorded = {recorded}; \
                 INSERT INTO bare.inbox SELECT i.* FROM facts.journal AS j JOIN facts.inbox AS i USING (seq) WHERE j.recorded = {recorded};"
            );
            for table in LISTS {
                all.push_str(&format!("INSERT INTO bare.{table} SELECT t.* FROM f JOIN facts.{table} AS t ON t.file_no = f.no;"));
            }
            run(&mut on, all + "COMMIT").await;
        }
        started.elapsed()
    }

    async fn wakes(&mut self, until: Instant) -> Duration {
        let mut on = self.connect().await;
        run(
            &mut on,
            "CREATE INDEX IF NOT EXISTS bench_recorded ON journal (recorded); ANALYZE; CREATE TEMP TABLE f (no BIGINT PRIMARY KEY)"
                .to_owned(),
        )
        .await;
        let batches: Vec<i64> = sqlx::query_scalar("SELECT DISTINCT recorded FROM journal WHERE recorded > $1 ORDER BY recorded")
            .bind(self.until)
            .fetch_all(&mut on)
            .await
            .unwrap();
        self.until = until.millis();
        let started = Stopwatch::now();
        for recorded in batches {
            let mut all = format!(
                "BEGIN; TRUNCATE f; INSERT INTO f SELECT DISTINCT file_no FROM journal WHERE recorded = {recorded}; \
                 UPDATE bare.case_file AS c SET version = n.version, batch = n.batch, lines = n.lines, is_open = n.is_open, \
                 next_wake_at = n.next_wake_at, state = n.state FROM f JOIN case_file AS n ON n.no = f.no WHERE c.no = f.no; \
                 INSERT INTO bare.journal SELECT * FROM journal WHERE recorded = {recorded};"
            );
            for (table, id, set, differs) in [
                (
                    "task",
                    "task_id",
                    "version = excluded.version, state = excluded.state, is_open = excluded.is_open",
                    "o.version <> t.version OR o.state <> t.state",
                ),
                (
                    "deadline",
                    "deadline_id",
                    "state = excluded.state, is_running = excluded.is_running, due_at = excluded.due_at, ended_at = excluded.ended_at",
                    "o.state <> t.state OR o.due_at <> t.due_at",
                ),
                ("open_case", "case_id", "kind = excluded.kind", "FALSE"),
                ("operation", "operation_id", "state = excluded.state", "o.state <> t.state"),
            ] {
                all.push_str(&format!(
                    "INSERT INTO bare.{table} SELECT t.* FROM f JOIN public.{table} AS t ON t.file_no = f.no \
                     LEFT JOIN bare.{table} AS o ON o.{id} = t.{id} WHERE o.{id} IS NULL OR {differs} \
                     ON CONFLICT ({id}) DO UPDATE SET {set};"
                ));
            }
            run(&mut on, all + "COMMIT").await;
        }
        started.elapsed()
    }
}
