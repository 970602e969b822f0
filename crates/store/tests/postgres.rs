//! The conformance suite on a real PostgreSQL server, and what only a server has.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

mod conformance;
#[path = "support/server.rs"]
#[allow(dead_code, reason = "the desk's own tests use more of it")]
mod server;

use conformance::Place;
use parcelward_store::{SharedStore, StoreOptions, open};
use server::shared;

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
}

conformance::suite!(OnServer);
