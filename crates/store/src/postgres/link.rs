//! A connection in use, with its transaction.
//!
//! Through a pooler in transaction mode a connection belongs to us for one transaction only. There every question is a transaction of its
//! own, statements have no names, and settings hold for the transaction; else they were set when the connection was made.

use super::open::Timeouts;
use crate::StoreError;
use crate::kept::Kept;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres};
use std::sync::Arc;

/// How connections are used.
#[derive(Debug, Clone)]
pub(super) struct Manners {
    /// Statements are prepared once and have names.
    pub(super) named: bool,
    pub(super) timeouts: Timeouts,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
    /// Several questions that see the same state.
    Snapshot,
}

impl Manners {
    fn begin(&self, purpose: Purpose) -> String {
        let begin = match purpose {
            Purpose::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Purpose::Read => "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
            Purpose::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        if self.named {
            return begin.to_owned();
        }
        let settings = self.timeouts.settings().map(|(name, ms)| format!("; SET LOCAL {name} = {ms}"));
        format!("{begin}{}", settings.concat())
    }
}

/// A connection in use. Dropped inside a transaction it is closed, which takes everything back.
pub(super) struct Link {
    /// There until it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    /// Where it is kept once it ended cleanly, instead of going back to its pool.
    home: Option<Arc<Kept<Postgres>>>,
    named: bool,
    inside: bool,
}

impl Link {
    /// A connection inside a transaction. Connections that a server has hung up on are passed over.
    pub(super) async fn begin(pool: &PgPool, manners: &Manners, purpose: Purpose) -> Result<Self, StoreError> {
        Link::begin_of(pool, None, manners, purpose).await
    }

    /// The same on one that is kept, if nobody has it.
    pub(super) async fn begin_kept(kept: &Arc<Kept<Postgres>>, manners: &Manners, purpose: Purpose) -> Result<Self, StoreError> {
        Link::begin_of(kept.pool(), Some(kept), manners, purpose).await
    }

    async fn begin_of(pool: &PgPool, home: Option<&Arc<Kept<Postgres>>>, manners: &Manners, purpose: Purpose) -> Result<Self, StoreError> {
        let begin = manners.begin(purpose);
        let mut left = pool.options().get_max_connections();
        loop {
            let connection = match home.and_then(|home| home.take()) {
                Some(kept) => kept,
                None => pool.acquire().await?,
            };
            let mut link = Link { connection: Some(connection), home: home.cloned(), named: manners.named, inside: true };
            match sqlx::raw_sql(AssertSqlSafe(begin.as_str())).execute(link.on()).await {
                Ok(_) => return Ok(link),
                Err(error) => {
                    let error = StoreError::from(error);
                    if !error.is_transient() || left == 0 {
                        return Err(error);
                    }
                    left -= 1;
                }
            }
        }
    }

    /// A connection for a question that is asked all the time: the one that is kept, which nobody looked at before, or another.
    pub(super) async fn ask_kept(kept: &Arc<Kept<Postgres>>, manners: &Manners) -> Result<Self, StoreError> {
        if manners.named {
            let connection = Some(kept.acquire().await?);
            return Ok(Link { connection, home: Some(Arc::clone(kept)), named: true, inside: false });
        }
        Link::begin_kept(kept, manners, Purpose::Read).await
    }

    /// A connection for one question.
    pub(super) async fn ask(pool: &PgPool, manners: &Manners) -> Result<Self, StoreError> {
        if manners.named {
            return Ok(Link { connection: Some(pool.acquire().await?), home: None, named: true, inside: false });
        }
        Link::begin(pool, manners, Purpose::Read).await
    }

    #[allow(clippy::expect_used, reason = "only the end of its life takes the connection out")]
    pub(super) fn on(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("a link has its connection until it is dropped")
    }

    /// Whether statements have names.
    pub(super) fn named(&self) -> bool {
        self.named
    }

    /// A statement, with its values still to be bound.
    pub(super) fn query<'q>(&self, sql: &'static str) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.named)
    }

    /// Ends the transaction, if there is one, and makes it durable.
    pub(super) async fn end(mut self) -> Result<(), StoreError> {
        if self.inside {
            sqlx::raw_sql("COMMIT").execute(self.on()).await?;
            self.inside = false;
        }
        if let Some(home) = self.home.take()
            && let Some(connection) = self.connection.take()
        {
            home.put(connection);
        }
        Ok(())
    }

    /// Takes the transaction back. Where that fails the connection is closed, which does it as well.
    pub(super) async fn back(&mut self) -> bool {
        if self.inside {
            self.inside = sqlx::raw_sql("ROLLBACK").execute(self.on()).await.is_err();
        }
        !self.inside
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let (true, Some(connection)) = (self.inside, self.connection.as_mut()) {
            connection.close_on_drop();
        }
    }
}
