//! The conformance suite on SQLite, and what only SQLite has.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

mod conformance;

use conformance::{Place, kit};
use parcelward_store::{BackupError, SharedStore, StoreError, StoreOptions, backup, open, restore};
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

    async fn execute(&self, sql: String) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut self.raw().await).await.unwrap();
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

/// What was saved into a store, and a copy of it as it was at first.
async fn copied() -> (SqliteFile, SharedStore, PathBuf) {
    let place = SqliteFile::fresh().await;
    let store = place.open().await;
    kit::save_new(&store, &[kit::file(1), kit::file(2)], kit::at(10)).await;
    let copy = place.folder.path().join("copy.db");
    let made = backup(&format!("sqlite:{}", place.path().display()), &copy).await.unwrap();
    assert_eq!((made.files, made.lines), (2, 0));
    assert!(made.bytes > 0);
    (place, store, copy)
}

#[tokio::test]
async fn a_copy_is_made_while_the_store_is_written() {
    let place = SqliteFile::fresh().await;
    let store = place.open().await;
    let url = format!("sqlite:{}", place.path().display());
    let write = async {
        for n in 0..200 {
            let entries = vec![kit::note(&n.to_string(), n, kit::at(1))];
            let files = vec![kit::new_file(kit::file(n), Some(kit::at(5)))];
            kit::save(&store, parcelward_store::Batch { files, entries, ..Default::default() }).await.unwrap();
        }
    };
    let copies = async {
        for n in 0..5 {
            let to = place.folder.path().join(format!("copy-{n}.db"));
            let made = backup(&url, &to).await.unwrap();
            assert_eq!(made.files, made.lines, "a copy is of one moment");
            let copy = open(&format!("sqlite:{}", to.display()), &StoreOptions::default()).await.unwrap();
            assert_eq!(copy.counts(kit::at(9)).await.unwrap().overdue_files, made.files);
            copy.close().await;
        }
    };
    tokio::join!(write, copies);
}

#[tokio::test]
async fn a_copy_overwrites_nothing_is_private_and_leaves_nothing_half_done() {
    let (place, _, copy) = copied().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o077, 0);
    }
    let again = backup(&format!("sqlite:{}", place.path().display()), &copy).await.unwrap_err();
    assert!(matches!(again, BackupError::IsThere(_)), "{again:?}");
    let of_nothing = backup(&format!("sqlite:{}/none.db", place.folder.path().display()), &place.folder.path().join("x.db")).await;
    assert!(matches!(of_nothing, Err(BackupError::NotWhole { .. })), "{of_nothing:?}");
    let left: Vec<String> =
        std::fs::read_dir(place.folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.contains("x.db") && !name.contains("part")), "{left:?}");
    let server = backup("postgres://user:secret@host/x", &copy).await.unwrap_err();
    assert!(server.to_string().contains("pg_dump") && !server.to_string().contains("secret"), "{server}");
}

#[tokio::test]
async fn a_copy_that_is_brought_back_is_another_incarnation_and_the_old_one_is_kept() {
    let (place, store, copy) = copied().await;
    let url = format!("sqlite:{}", place.path().display());
    let incarnation = store.incarnation().await.unwrap();
    kit::save_new(&store, &[kit::file(3)], kit::at(10)).await;
    let in_use = restore(&url, Some(&copy), true).await.unwrap_err();
    assert!(matches!(in_use, BackupError::InUse(_)), "{in_use:?}");
    store.close().await;
    let there = restore(&url, Some(&copy), false).await.unwrap_err();
    assert!(matches!(there, BackupError::IsThere(_)), "{there:?}");
    let restored = restore(&url, Some(&copy), true).await.unwrap();
    assert_ne!(restored.incarnation, incarnation);
    let store = place.open().await;
    assert_eq!(store.incarnation().await.unwrap(), restored.incarnation);
    assert!(store.renewed_at().await.unwrap().is_some());
    assert!(store.case_file(&kit::order(2)).await.unwrap().is_some() && store.case_file(&kit::order(3)).await.unwrap().is_none());
    store.close().await;
    let before = open(&format!("sqlite:{}", restored.before.unwrap().display()), &StoreOptions::default()).await.unwrap();
    assert!(before.case_file(&kit::order(3)).await.unwrap().is_some());
    assert_eq!(before.incarnation().await.unwrap(), incarnation);
}

#[tokio::test]
async fn a_damaged_copy_is_not_brought_back() {
    let (place, store, copy) = copied().await;
    store.close().await;
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0x5a);
    std::fs::write(&copy, bytes).unwrap();
    let url = format!("sqlite:{}", place.path().display());
    let error = restore(&url, Some(&copy), true).await.unwrap_err();
    assert!(matches!(error, BackupError::NotWhole { .. }), "{error:?}");
    assert!(place.open().await.case_file(&kit::order(1)).await.unwrap().is_some(), "the database is as it was");
}
