//! The conformance suite on SQLite, and what only SQLite has.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

mod conformance;

use conformance::{Place, kit};
use parcelward_store::{SharedStore, StoreError, StoreOptions, open};
use sqlx::{ConnectOptions, Connection, Row};
use std::path::PathBuf;

/// A database file in a folder of its own.
struct SqliteFile {
    folder: tempfile::TempDir,
}

impl SqliteFile {
    fn path(&self) -> PathBuf {
        self.folder.path().join("parcelward.db")
    }

    async fn raw(&self) -> sqlx::SqliteConnection {
        sqlx::sqlite::SqliteConnectOptions::new().filename(self.path()).connect().await.unwrap()
    }
}

#[async_trait::async_trait]
impl Place for SqliteFile {
    async fn fresh() -> Self {
        SqliteFile { folder: tempfile::tempdir().unwrap() }
    }

    async fn open(&self) -> SharedStore {
        open(&format!("sqlite:{}", self.path().display()), &StoreOptions::default()).await.unwrap()
    }
}

conformance::suite!(SqliteFile);

#[tokio::test]
async fn the_file_is_durable_private_and_can_shrink() {
    let place = SqliteFile::fresh().await;
    let store = place.open().await;
    let mut raw = place.raw().await;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut raw).await.unwrap();
    let vacuum: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut raw).await.unwrap();
    assert_eq!((mode.as_str(), vacuum), ("wal", 2));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for entry in std::fs::read_dir(place.folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
        }
    }
    raw.close().await.unwrap();
    store.close().await;
    let left: Vec<_> = std::fs::read_dir(place.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 1, "the log is copied home when the store closes: {left:?}");
}

#[tokio::test]
async fn every_list_and_tick_uses_an_index() {
    let place = SqliteFile::fresh().await;
    let store = place.open().await;
    let mut raw = place.raw().await;
    let sort = "ORDER BY due_at, money_fen DESC, task_id LIMIT 50";
    for (sql, index) in [
        (
            "SELECT platform FROM case_file WHERE next_wake_at <= 5 AND set_aside_at IS NULL ORDER BY next_wake_at, no LIMIT 9".into(),
            "case_file_due",
        ),
        (
            "SELECT next_wake_at FROM case_file WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL ORDER BY next_wake_at LIMIT 1"
                .into(),
            "case_file_due",
        ),
        (format!("SELECT * FROM task WHERE is_open = 1 {sort}"), "task_due"),
        (format!("SELECT * FROM task WHERE is_open = 1 AND queue = 'lead' {sort}"), "task_queue"),
        (format!("SELECT * FROM task WHERE is_open = 1 AND state = 'claimed' AND assignee = 'a' {sort}"), "task_assignee"),
        (format!("SELECT * FROM task WHERE is_open = 1 AND shop = 'a' AND due_at < 9 {sort}"), "task_shop"),
        (format!("SELECT * FROM task WHERE is_open = 0 AND state = 'closed' {sort}"), "task_ended"),
        ("SELECT * FROM deadline WHERE is_running = 1 AND state = 'running' ORDER BY due_at, deadline_id LIMIT 9".into(), "deadline_due"),
        ("SELECT * FROM deadline WHERE is_running = 0 AND state = 'met' ORDER BY due_at, deadline_id LIMIT 9".into(), "deadline_ended"),
        ("SELECT no FROM case_file WHERE is_open = 1 AND no > 3 AND no <= 9 ORDER BY no LIMIT 9".into(), "case_file"),
        (
            "SELECT no FROM case_file WHERE awaits_courier = 'zto' AND awaits_province = 'x' AND no > 3 AND no <= 9 ORDER BY no LIMIT 9"
                .into(),
            "case_file_awaits",
        ),
        ("SELECT seq FROM inbox WHERE state = 'parked' AND number = '1' AND courier = 'zto' ORDER BY seq".into(), "inbox_parked"),
    ] {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&mut raw).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE") && !plan.contains("SCAN case_file"), "{sql}: {plan}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_named_and_stands_alone() {
    let place = SqliteFile::fresh().await;
    let store = place.open().await;
    kit::save_new(&store, &[kit::file(1), kit::file(2)], kit::at(10)).await;
    let mut raw = place.raw().await;
    sqlx::query("UPDATE case_file SET state = '{\"key\":' WHERE order_id = '1'").execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    assert!(matches!(store.case_file(&kit::order(1)).await, Err(StoreError::Unreadable(_))));
    let mut tx = store.begin().await.unwrap();
    let locked = tx.lock(&[(kit::order(1), None), (kit::order(2), None)]).await.unwrap();
    tx.rollback().await;
    assert!(matches!(&locked[0], parcelward_store::Locked::Unreadable(_)), "{locked:?}");
    assert!(matches!(&locked[1], parcelward_store::Locked::Loaded(_)), "{locked:?}");
}

#[tokio::test]
async fn a_newer_schema_and_a_file_that_is_no_database_are_refused() {
    let place = SqliteFile::fresh().await;
    place.open().await.close().await;
    let mut raw = place.raw().await;
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'x', 1, x'00', 0)")
        .execute(&mut raw)
        .await
        .unwrap();
    raw.close().await.unwrap();
    let url = format!("sqlite:{}", place.path().display());
    let error = open(&url, &StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::TooOld(_)) && error.to_string().contains("newer version"), "{error}");

    let other = place.folder.path().join("other.db");
    std::fs::write(&other, "this is a letter and no database, and it is long enough to be taken for a header of one hundred bytes or more")
        .unwrap();
    let error = open(&format!("sqlite:{}", other.display()), &StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    let missing = place.folder.path().join("no/such/folder/x.db");
    let error = open(&format!("sqlite:{}", missing.display()), &StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let error = open("mysql://user:secret@host/x", &StoreOptions::default()).await.unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}
