//! A connection in use, with its transaction.
//!
//! Through a pooler in transaction mode a connection belongs to us for one transaction only. There every question is a transaction of its
//! own, statements have no names, and settings hold for the transaction; else they were set when the connection was made.

use super::open::Timeouts;
use crate::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres};

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
    connection: PoolConnection<Postgres>,
    named: bool,
    inside: bool,
}

impl Link {
    /// A connection inside a transaction. Connections that a server has hung up on are passed over.
    pub(super) async fn begin(pool: &PgPool, manners: &Manners, purpose: Purpose) -> Result<Self, StoreError> {
        let begin = manners.begin(purpose);
        let mut left = pool.options().get_max_connections();
        loop {
            let mut link = Link { connection: pool.acquire().await?, named: manners.named, inside: true };
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

    /// A connection for one question.
    pub(super) async fn ask(pool: &PgPool, manners: &Manners) -> Result<Self, StoreError> {
        if manners.named {
            return Ok(Link { connection: pool.acquire().await?, named: true, inside: false });
        }
        Link::begin(pool, manners, Purpose::Read).await
    }

    pub(super) fn on(&mut self) -> &mut PgConnection {
        &mut self.connection
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
        if self.inside {
            self.connection.close_on_drop();
        }
    }
}
