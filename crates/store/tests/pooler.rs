//! The conformance suite through a pooler in transaction mode.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

mod conformance;
#[path = "support/pooler.rs"]
mod pooler;
#[path = "support/server.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod server;

use conformance::{Place, kit};
use parcelward_store::{SharedStore, StoreError, StoreOptions, open};
use pooler::Pooler;
use server::shared;
use std::sync::atomic::Ordering;

/// A database behind a pooler.
struct BehindPooler {
    name: String,
    pooler: Pooler,
}

#[async_trait::async_trait]
impl Place for BehindPooler {
    async fn fresh() -> Self {
        let name = shared().fresh().await;
        let pooler = Pooler::start(shared().folder(), &name).await;
        BehindPooler { name, pooler }
    }

    async fn open(&self) -> SharedStore {
        open(&self.url(), &StoreOptions::default()).await.unwrap()
    }

    async fn execute(&self, sql: String) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut shared().raw(&self.name).await).await.unwrap();
    }
}

impl BehindPooler {
    fn url(&self) -> String {
        format!("postgres://parcelward@127.0.0.1:{}/{}?prepared_statements=false", self.pooler.port, self.name)
    }
}

conformance::suite!(BehindPooler);

#[tokio::test]
async fn nothing_has_a_name_and_nothing_stays_on_a_connection() {
    let place = BehindPooler::fresh().await;
    let store = place.open().await;
    for n in 0..30 {
        let files = vec![kit::new_file(kit::file(n), Some(kit::at(5)))];
        let entries = vec![kit::note(&n.to_string(), n, kit::at(1))];
        kit::save(&store, parcelward_store::Batch { files, entries, ..Default::default() }).await.unwrap();
        assert_eq!(store.facts_after(0, 100).await.unwrap().rows.len(), n as usize + 1);
    }
    assert_eq!(place.pooler.named.load(Ordering::Relaxed), 0);
    // No setting outlives its transaction.
    let mut left = Vec::new();
    for _ in 0..6 {
        let mut raw = sqlx::postgres::PgConnectOptions::new()
            .host("127.0.0.1")
            .port(place.pooler.port)
            .username("parcelward")
            .database(&place.name)
            .extra_float_digits(None);
        raw = raw.statement_cache_capacity(0);
        let mut raw = sqlx::ConnectOptions::connect(&raw).await.unwrap();
        let rows = sqlx::raw_sql("SELECT current_setting('statement_timeout')").fetch_all(&mut raw).await.unwrap();
        left.push(sqlx::Row::get::<String, _>(&rows[0], 0));
    }
    assert!(left.iter().all(|value| value == "0"), "{left:?}");
}

#[tokio::test]
async fn who_forgets_the_setting_is_told() {
    let place = BehindPooler::fresh().await;
    place.open().await.close().await;
    let url = place.url().replace("?prepared_statements=false", "");
    let error = open(&url, &StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)) && error.to_string().contains("prepared_statements=false"), "{error:?}");
}
