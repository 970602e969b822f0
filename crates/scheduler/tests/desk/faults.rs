//! A database that others keep busy: connections that are all taken, a write lock that somebody holds, a snapshot that somebody keeps open.
//! Nothing stops for longer than that lasts, and nothing is lost.

use crate::support::*;
use parcelward_scheduler::Receipt;
use sqlx::{ConnectOptions, Connection};
use std::time::Duration;

async fn told(open: &Open, from: u32, to: u32) {
    for n in from..to {
        assert_eq!(open.tell(note(&format!("f{n}"), n % 50, "x")).await, accepted(n % 50));
    }
}

#[tokio::test]
async fn who_finds_every_connection_taken_waits_and_goes_on() {
    let office = Office::on_postgres().await;
    let open = office.open().await;
    open.tell(note("a", 1, "wake 60 bell")).await;
    // As many as the store has for writers.
    let mut taken = Vec::new();
    for _ in 0..parcelward_store::StoreOptions::default().writers {
        taken.push(open.store.begin().await.unwrap());
    }
    office.clock.set(at(100));
    let waits = tokio::spawn({
        let desk = open.desk.clone();
        async move { desk.submit(vec![note("b", 2, "x")]).await }
    });
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(!waits.is_finished(), "there is no connection by which it could be taken");
    assert!(open.facts().await.len() == 1, "readers have connections of their own");
    for tx in taken {
        tx.rollback().await;
    }
    assert_eq!(waits.await.unwrap().unwrap(), [accepted(2)]);
    open.wait_for(1, "bell").await;
}

#[tokio::test]
async fn a_write_lock_that_another_program_holds_is_waited_for() {
    let office = Office::on_sqlite();
    let open = office.open().await;
    open.tell(note("a", 1, "x")).await;
    let path = office.url();
    let mut other = path.parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap().connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let waits = tokio::spawn({
        let desk = open.desk.clone();
        async move { desk.submit(vec![note("b", 2, "x")]).await }
    });
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(!waits.is_finished());
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap(), [accepted(2)]);
    other.close().await.unwrap();
    open.close().await;
}

/// Somebody's report runs for hours: it sees what it saw, everything goes on, and the log is copied home when it ends.
#[tokio::test]
async fn a_snapshot_that_is_kept_open_stops_nothing_on_sqlite() {
    let office = Office::on_sqlite();
    let open = office.open().await;
    told(&open, 0, 50).await;
    let mut reader = office.url().parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap().connect().await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM journal").execute(&mut reader).await.unwrap();
    let Place::File(folder) = &office.place else { unreachable!() };
    let log = folder.path().join("parcelward.db-wal");
    let length = || std::fs::metadata(&log).map_or(0, |m| m.len());
    // Large facts, so that the log would have been copied home several times.
    let text = "x".repeat(60_000);
    let large = |n: u32| note(&format!("l{n}"), n % 50, &text);
    for round in 0..12 {
        let receipts = open.desk.submit((0..100).map(|i| large(round * 100 + i)).collect()).await.unwrap();
        assert!(receipts.iter().all(Receipt::is_kept));
    }
    let grown = length();
    assert!(grown > 64 << 20, "the log grew while the snapshot was kept: {grown}");
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM journal").fetch_one(&mut reader).await.unwrap();
    assert!(seen < 200, "it sees what it saw");
    sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
    reader.close().await.unwrap();
    for round in 12..20 {
        let receipts = open.desk.submit((0..100).map(|i| large(round * 100 + i)).collect()).await.unwrap();
        assert!(receipts.iter().all(Receipt::is_kept));
    }
    told(&open, 2_000, 2_004).await;
    assert!(length() <= grown + (8 << 20), "the log is written from its beginning again when nobody needs it: {grown}, {}", length());
    open.close().await;
}

#[tokio::test]
async fn a_snapshot_that_is_kept_open_stops_nothing_on_postgresql() {
    let office = Office::on_postgres().await;
    let Place::Server(server, name) = &office.place else { unreachable!() };
    let open = office.open().await;
    told(&open, 0, 20).await;
    let mut reader = server.raw(name).await;
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM journal").execute(&mut reader).await.unwrap();
    open.tell(note("bell", 1, "wake 60 bell")).await;
    told(&open, 20, 200).await;
    office.clock.set(at(100));
    open.wait_for(1, "bell").await;
    assert_eq!(open.facts().await.len(), 201);
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM journal WHERE kind = 'fact'").fetch_one(&mut reader).await.unwrap();
    assert_eq!(seen, 20, "it sees what it saw");
    sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
}
