//! The conformance suite on a real PostgreSQL server, and what only a server has.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

mod conformance;
#[path = "support/server.rs"]
#[allow(dead_code, reason = "the desk's tests use more of it")]
mod server;

use conformance::{Place, kit};
use kit::*;
use parcelward_store::*;
use server::shared;
use sqlx::Row;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

/// A database on the tests' own server.
struct OnServer {
    name: String,
}

#[async_trait::async_trait]
impl Place for OnServer {
    async fn fresh() -> Self {
        OnServer { name: shared().fresh().await }
    }

    async fn open(&self) -> SharedStore {
        open(&shared().url(&self.name), &StoreOptions::default()).await.unwrap()
    }

    async fn execute(&self, sql: String) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut shared().raw(&self.name).await).await.unwrap();
    }
}

conformance::suite!(OnServer);

impl OnServer {
    async fn open_with(&self, options: &StoreOptions) -> SharedStore {
        open(&shared().url(&self.name), options).await.unwrap()
    }
}

/// Takes an instant, so that what comes now is later than the transaction.
async fn in_a_batch(store: &SharedStore) -> Box<dyn Transaction> {
    let mut tx = store.begin().await.unwrap();
    tx.take_instant(at(1)).await.unwrap();
    tx
}

#[tokio::test]
async fn what_came_after_the_instant_cannot_be_read_by_an_earlier_batch() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    save_new(&store, &[file(1)], at(5)).await;
    // Each is read by a batch whose instant is older than what is read.
    let mut late_file = in_a_batch(&store).await;
    let mut late_waybill = in_a_batch(&store).await;
    let read = stored(&store, 1).await;
    let mut with_parcel = Batch { files: vec![changed(&read, None, |f| add_parcel(f, waybill("W1")))], ..Batch::default() };
    with_parcel.entries.push(tracking("t", "W2", at(1)));
    save(&store, with_parcel).await.unwrap();
    assert!(late_file.lock(&[(order(1), None)]).await.unwrap_err().is_transient());
    late_file.rollback().await;
    assert!(late_waybill.orders_of_waybills(&[waybill("W1")]).await.unwrap_err().is_transient());
    late_waybill.rollback().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.orders_of_waybills(&[waybill("W1")]).await.unwrap(), [Some(order(1))]);
    tx.take_instant(at(1)).await.unwrap();
    assert_eq!(tx.parked(&[waybill("W2")]).await.unwrap().len(), 1, "what is older is read as ever");
    tx.rollback().await;
    let mut late_parked = in_a_batch(&store).await;
    save(&store, Batch { entries: vec![tracking("u", "W3", at(1))], ..Batch::default() }).await.unwrap();
    assert!(late_parked.parked(&[waybill("W3")]).await.unwrap_err().is_transient());
    late_parked.rollback().await;
}

#[tokio::test]
async fn a_batch_that_has_its_instant_waits_for_nobody() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    save_new(&store, &[file(1), file(2)], at(5)).await;
    let mut one = store.begin().await.unwrap();
    one.lock(&[(order(1), None)]).await.unwrap();
    let mut two = in_a_batch(&store).await;
    let started = Stopwatch::now();
    assert!(two.lock(&[(order(1), None)]).await.unwrap_err().is_transient());
    assert!(started.elapsed() < Duration::from_secs(1));
    one.rollback().await;
    two.rollback().await;
}

#[tokio::test]
async fn who_parks_and_who_registers_meet() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    let registers = |n: u32| {
        let mut file = file(n);
        add_parcel(&mut file, waybill("W1"));
        Batch { files: vec![new_file(file, None)], owners: vec![(waybill("W1"), order(n))], ..Batch::default() }
    };
    // Both looked before either wrote: neither knows of the other.
    let (mut parks, mut takes) = (store.begin().await.unwrap(), store.begin().await.unwrap());
    assert_eq!(parks.orders_of_waybills(&[waybill("W1")]).await.unwrap(), [None]);
    assert!(takes.parked(&[waybill("W1")]).await.unwrap().is_empty());
    parks.save(&Batch { entries: vec![tracking("t", "W1", at(1))], ..Batch::default() }).await.unwrap();
    parks.commit().await.unwrap();
    assert!(takes.save(&registers(1)).await.unwrap_err().is_transient(), "the scan would wait for ever");
    takes.rollback().await;
    // And the other way round.
    let entries = vec![tracking("u", "W2", at(1))];
    let mut late = store.begin().await.unwrap();
    assert_eq!(late.orders_of_waybills(&[waybill("W2")]).await.unwrap(), [None]);
    let mut file = file(2);
    add_parcel(&mut file, waybill("W2"));
    save(&store, Batch { files: vec![new_file(file, None)], owners: vec![(waybill("W2"), order(2))], ..Batch::default() }).await.unwrap();
    assert!(late.save(&Batch { entries, ..Batch::default() }).await.unwrap_err().is_transient());
    late.rollback().await;
}

#[tokio::test]
async fn a_writer_that_died_does_not_hold_the_journal_back() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    // It has its number, and is gone before its transaction knows of it.
    place.execute("UPDATE db_meta SET batch = batch + 1; INSERT INTO open_batch SELECT batch, 'gone', 0 FROM db_meta".to_owned()).await;
    save(&store, Batch { files: vec![new_file(file(1), None)], entries: vec![note("a", 1, at(1))], ..Batch::default() }).await.unwrap();
    assert_eq!(store.facts_after(0, 10).await.unwrap().rows.len(), 1, "nobody holds it, so nobody waits for it");
    // One that lives is waited for, however long it takes.
    let slow = in_a_batch(&store).await;
    save(&store, Batch { files: vec![new_file(file(2), None)], entries: vec![note("b", 2, at(1))], ..Batch::default() }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(store.facts_after(0, 10).await.unwrap().rows.len(), 1);
    slow.rollback().await;
    assert_eq!(store.facts_after(0, 10).await.unwrap().rows.len(), 2);
}

#[tokio::test]
async fn every_list_and_tick_uses_an_index() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    place
        .execute(
            "INSERT INTO case_file (platform, shop, order_id, tag, version, batch, lines, is_open, next_wake_at, state) \
             SELECT 'jd', 's', n::text, 't' || n, 1, 1, 0, n % 100 = 0, n, '{}' FROM generate_series(1, 20000) AS n; \
             INSERT INTO task (task_id, file_no, kind, platform, shop, order_id, queue, urgency, due_at, state, is_open, opened_at, version, \
             money_fen, opened) SELECT 'k' || n, n, 'reship', 'jd', 's' || n % 50, n::text, 'lead', 'normal', n, 'open', n % 20 = 0, 1, 1, -1, \
             '{}' FROM generate_series(1, 20000) AS n; ANALYZE"
                .to_owned(),
        )
        .await;
    let sort = "ORDER BY due_at, money_fen DESC, task_id LIMIT 50";
    let mut raw = shared().raw(&place.name).await;
    for (sql, index) in [
        (
            "SELECT platform FROM case_file WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL AND next_wake_at <= greatest(5, \
             (SELECT clock_high_water + 1 FROM db_meta WHERE id = 1)) ORDER BY next_wake_at, no LIMIT 9 FOR UPDATE SKIP LOCKED"
                .to_owned(),
            "case_file_due",
        ),
        (
            "SELECT next_wake_at FROM case_file WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL ORDER BY next_wake_at LIMIT 1"
                .into(),
            "case_file_due",
        ),
        (
            "SELECT f.no FROM unnest(ARRAY['jd','jd'], ARRAY['s','s'], ARRAY['1','2']) AS k (p, s, o) JOIN case_file AS f \
             ON f.order_id = k.o AND f.shop = k.s AND f.platform = k.p ORDER BY f.no FOR UPDATE OF f"
                .into(),
            "case_file_order",
        ),
        (format!("SELECT * FROM task WHERE is_open {sort}"), "task_due"),
        (format!("SELECT * FROM task WHERE is_open AND shop = 's1' AND due_at < 9000 {sort}"), "task_shop"),
        ("SELECT no FROM case_file WHERE is_open AND no > 3 AND no <= 9000 ORDER BY no LIMIT 9".into(), "case_file_open"),
    ] {
        let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("EXPLAIN {sql}"))).fetch_all(&mut raw).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index) && !plan.contains("Seq Scan on case_file") && !plan.contains("Seq Scan on task"), "{sql}: {plan}");
    }
    store.close().await;
}

#[tokio::test]
async fn daemons_that_start_together_find_one_database() {
    let place = OnServer::fresh().await;
    let stores = futures::future::join_all((0..6).map(|_| place.open())).await;
    let incarnations = futures::future::join_all(stores.iter().map(|s| s.incarnation())).await;
    assert!(incarnations.iter().all(|i| i.as_ref().unwrap() == incarnations[0].as_ref().unwrap()));
    let applied: i64 = sqlx::query_scalar("SELECT count(*) FROM schema_version WHERE version > 0")
        .fetch_one(&mut shared().raw(&place.name).await)
        .await
        .unwrap();
    let steps = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres")).unwrap().count();
    assert_eq!(usize::try_from(applied).unwrap() + 1, steps, "every step but the table that counts them, once");
}

#[tokio::test]
async fn a_newer_or_an_edited_schema_is_refused() {
    let place = OnServer::fresh().await;
    place.open().await.close().await;
    place.execute("INSERT INTO schema_version VALUES (9999, 'x', '', 0)".to_owned()).await;
    let error = open(&shared().url(&place.name), &StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::TooOld(_)) && error.to_string().contains("newer version"), "{error}");
    place
        .execute("DELETE FROM schema_version WHERE version = 9999; UPDATE schema_version SET digest = 'x' WHERE version = 1".to_owned())
        .await;
    let error = open(&shared().url(&place.name), &StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::TooOld(_)) && error.to_string().contains("differs"), "{error}");
}

#[tokio::test]
async fn what_is_wrong_with_a_url_is_said_without_the_password() {
    for url in ["postgres://u:secret@localhost:1/x", "postgres://u:secret@localhost:99999/x", "postgres://u:secret@localhost/x?sslmode=odd"]
    {
        let error = open(url, &StoreOptions::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)) && !error.to_string().contains("secret"), "{url}: {error}");
    }
    let error = open(&shared().url("nowhere"), &StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_text_that_the_server_cannot_keep_is_refused_and_not_shown() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    let mut odd = file(1);
    odd.key.shop = "private\0name".to_owned();
    let error = save(&store, Batch { files: vec![new_file(odd, None)], ..Batch::default() }).await.unwrap_err();
    assert!(error.is_about_the_change() && !error.to_string().contains("private"), "{error:?}");
}

#[tokio::test]
async fn sessions_end_by_themselves_what_is_left_alone() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    let mut tx = store.begin().await.unwrap();
    tx.world_from(0).await.unwrap();
    let mut raw = shared().raw(&place.name).await;
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    let count = async |raw: &mut sqlx::PgConnection| sqlx::query_scalar::<_, i64>(idle).fetch_one(raw).await.unwrap();
    assert_eq!(count(&mut raw).await, 1);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(count(&mut raw).await, 0);
    assert!(tx.world_from(0).await.unwrap_err().is_transient());
    // Who computes for long says so now and then, and is left alone.
    let mut tx = store.begin().await.unwrap();
    tx.take_instant(at(1)).await.unwrap();
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        tx.stay().await.unwrap();
    }
    tx.save(&Batch::default()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_batch_that_is_much_larger_than_usual_may_be_silent_for_longer() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    let mut tx = store.begin().await.unwrap();
    let recorded = tx.take_instant(at(1)).await.unwrap();
    let entries = (0..4_000).map(|n| note(&format!("n{n}"), 1, recorded)).collect();
    tx.save(&Batch { files: vec![new_file(file(1), None)], entries, ..Batch::default() }).await.unwrap();
    // What is put together for so long would else be taken back by the server, as often as it is told again.
    tokio::time::sleep(Duration::from_secs(6)).await;
    tx.commit().await.unwrap();
    // It holds for that transaction only.
    let mut tx = store.begin().await.unwrap();
    tx.world_from(0).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(tx.world_from(0).await.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_store_whose_connections_are_all_in_use_says_so_and_comes_back() {
    let place = OnServer::fresh().await;
    let store = place.open_with(&StoreOptions { writers: 2, ..StoreOptions::default() }).await;
    let (one, two) = (store.begin().await.unwrap(), store.begin().await.unwrap());
    let started = Stopwatch::now();
    let Err(error) = store.begin().await else { panic!("there is no third connection") };
    assert!(error.is_transient() && started.elapsed() >= Duration::from_secs(4), "{error:?}");
    store.counts(at(0)).await.unwrap();
    one.rollback().await;
    two.rollback().await;
    save(&store, Batch { files: vec![new_file(file(1), None)], ..Batch::default() }).await.unwrap();
}

#[tokio::test]
async fn a_database_that_came_to_another_server_is_another_incarnation() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    let first = store.incarnation().await.unwrap();
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.incarnation().await.unwrap(), first, "starting again is no reason");
    // As if it had been restored from a copy that another server wrote, under a daemon that goes on.
    place.execute("UPDATE db_meta SET cluster = 'another/00000001'".to_owned()).await;
    let row = DaemonRow {
        boot_id: "b".to_owned(),
        name: String::new(),
        version: String::new(),
        revision: String::new(),
        started_at: at(0),
        beat_at: at(0),
        lag_ms: 0,
        batches: 0,
        failing: None,
        notes: DaemonNotes::default(),
    };
    store.beat(&row).await.unwrap();
    let second = store.incarnation().await.unwrap();
    assert_ne!(second, first);
    store.beat(&row).await.unwrap();
    assert_eq!(store.incarnation().await.unwrap(), second);
}

#[tokio::test]
async fn a_copy_brought_back_on_a_server_is_told_by_hand() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    let first = store.incarnation().await.unwrap();
    let url = shared().url(&place.name);
    let restored = restore(&url, None, false).await.unwrap();
    assert_ne!(restored.incarnation, first);
    assert_eq!(store.incarnation().await.unwrap(), restored.incarnation);
    let error = restore(&url, Some(std::path::Path::new("x")), true).await.unwrap_err();
    assert!(error.to_string().contains("pg_restore"), "{error}");
}

#[tokio::test]
async fn a_version_of_another_timeline_is_not_taken_for_the_one_that_is_remembered() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    save_new(&store, &[file(1)], at(5)).await;
    let known = stored(&store, 1).await;
    // After a failover another daemon wrote the same version with another content.
    place.execute("UPDATE case_file SET batch = batch + 1".to_owned()).await;
    let mut tx = store.begin().await.unwrap();
    let locked = tx.lock(&[(order(1), Some(known.stamp))]).await.unwrap();
    assert!(matches!(&locked[0], Locked::Loaded(_)), "{locked:?}");
    tx.rollback().await;
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_named_and_stands_alone() {
    let place = OnServer::fresh().await;
    let store = place.open().await;
    save_new(&store, &[file(1), file(2)], at(10)).await;
    place.execute("UPDATE case_file SET state = '{\"key\":' WHERE order_id = '1'".to_owned()).await;
    assert!(matches!(store.case_file(&order(1)).await, Err(StoreError::Unreadable(_))));
    let mut tx = store.begin().await.unwrap();
    let locked = tx.lock(&[(order(1), None), (order(2), None)]).await.unwrap();
    tx.rollback().await;
    assert!(matches!((&locked[0], &locked[1]), (Locked::Unreadable(_), Locked::Loaded(_))), "{locked:?}");
    assert_eq!(Arc::strong_count(&store), 1);
}
