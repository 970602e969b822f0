//! Opening a server's database: its version, the settings, the tables, its incarnation.

use super::link::{Link, Manners, Purpose};
use super::{PostgresStore, migrate};
use crate::kept::Kept;
use crate::{StoreError, StoreOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool};
use std::sync::Arc;
use std::time::Duration;

/// The oldest server.
const OLDEST_SERVER: i32 = 130_000;

/// What ends by itself on the server, so that a client that froze or went away holds nothing for long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// One statement.
    pub(super) statement: Duration,
    /// A transaction in which nothing happens.
    pub(super) idle: Duration,
    /// Waiting for somebody else's lock.
    pub(super) lock: Duration,
}

impl Timeouts {
    pub(super) const USUAL: Timeouts =
        Timeouts { statement: Duration::from_secs(30), idle: Duration::from_secs(5), lock: Duration::from_secs(3) };

    /// The server's names for them, in milliseconds.
    pub(super) fn settings(self) -> [(&'static str, u128); 3] {
        [
            ("statement_timeout", self.statement.as_millis()),
            ("idle_in_transaction_session_timeout", self.idle.as_millis()),
            ("lock_timeout", self.lock.as_millis()),
        ]
    }
}

/// Opens a database and brings its tables up to date.
pub(crate) async fn open(url: &str, options: &StoreOptions) -> Result<PostgresStore, StoreError> {
    let (url, named) = own_settings(url, options.prepared_statements);
    let manners = Manners { named, timeouts: Timeouts::USUAL };
    let connect = settings(&url, &manners)?;
    check_server(&connect).await?;
    let pool = |size: u32, test: bool| {
        PgPoolOptions::new()
            .max_connections(size)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(5))
            .max_lifetime(Duration::from_secs(30 * 60))
            .test_before_acquire(test)
    };
    let kept = |pool: PgPool| Arc::new(Kept::new(pool));
    let readers = pool(options.readers.max(1), true).connect_lazy_with(connect.clone());
    let store = PostgresStore {
        writers: kept(pool(options.writers.max(1), false).connect_lazy_with(connect.clone())),
        // The second one only where two are taken at once.
        instants: kept(pool(2, false).connect_lazy_with(connect)),
        waking: kept(readers.clone()),
        readers,
        manners,
        owner: uuid::Uuid::new_v4().simple().to_string(),
    };
    migrate::run(store.writers.pool(), &store.manners).await?;
    first_meta(store.writers.pool(), &store.manners).await?;
    store.notice_cluster().await?;
    Ok(store)
}

/// Takes our own settings out of a URL.
fn own_settings(url: &str, named: bool) -> (String, bool) {
    let Some((head, query)) = url.split_once('?') else { return (url.to_owned(), named) };
    let mut named = named;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| match pair.split_once('=') {
            Some(("prepared_statements", value)) => {
                named = !matches!(value, "false" | "0" | "no" | "off");
                false
            }
            _ => !pair.is_empty(),
        })
        .collect();
    (if rest.is_empty() { head.to_owned() } else { format!("{head}?{}", rest.join("&")) }, named)
}

fn settings(url: &str, manners: &Manners) -> Result<PgConnectOptions, StoreError> {
    // What is wrong with a URL may quote it, and it may bear a password.
    let options: PgConnectOptions =
        url.parse().map_err(|_| StoreError::Unavailable("the URL is not `postgres://USER:PASSWORD@HOST/DATABASE`".to_owned()))?;
    let options = options.application_name("parcelward").disable_statement_logging();
    Ok(if manners.named {
        let settings = manners.timeouts.settings().map(|(name, ms)| (name, ms.to_string()));
        options.statement_cache_capacity(256).options(settings)
    } else {
        // Poolers pass few settings on, and keep no statements.
        options.statement_cache_capacity(0).extra_float_digits(None)
    })
}

/// Asks the server before anything is created. Waits for nothing: who starts wants to know what is wrong.
async fn check_server(connect: &PgConnectOptions) -> Result<(), StoreError> {
    let mut probe = connect.connect().await.map_err(|error| match error {
        sqlx::Error::Io(e) => StoreError::Unavailable(e.to_string()),
        error => error.into(),
    })?;
    let row = sqlx::raw_sql("SHOW server_version_num").fetch_all(&mut probe).await?;
    let version: Option<String> = row.first().and_then(|row| sqlx::Row::try_get(row, 0).ok());
    probe.close().await?;
    accept_server(version.and_then(|v| v.parse().ok()).unwrap_or_default())
}

fn accept_server(version: i32) -> Result<(), StoreError> {
    if version >= OLDEST_SERVER {
        return Ok(());
    }
    let (found, oldest) = (version / 10_000, OLDEST_SERVER / 10_000);
    Err(StoreError::TooOld(format!("the server is PostgreSQL {found}, but at least {oldest} is needed")))
}

/// The first opening gives the database its incarnation.
async fn first_meta(writers: &PgPool, manners: &Manners) -> Result<(), StoreError> {
    let mut link = Link::begin(writers, manners, Purpose::Write).await?;
    let first = link
        .query("INSERT INTO db_meta (id, incarnation, clock_high_water, batch, probed_at) VALUES (1, $1, 0, 0, 0) ON CONFLICT DO NOTHING");
    first.bind(uuid::Uuid::new_v4().simple().to_string()).execute(link.on()).await?;
    link.end().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_refused_with_the_reason() {
        assert!(accept_server(120_022).unwrap_err().to_string().contains("PostgreSQL 12"));
        accept_server(130_000).unwrap();
        accept_server(180_001).unwrap();
    }

    #[test]
    fn our_settings_are_taken_out_of_the_url() {
        let of = |url: &str| own_settings(url, true);
        assert_eq!(of("postgres://h/d"), ("postgres://h/d".to_owned(), true));
        assert_eq!(of("postgres://h/d?prepared_statements=false"), ("postgres://h/d".to_owned(), false));
        assert_eq!(of("postgres://h/d?a=1&prepared_statements=off&b=2"), ("postgres://h/d?a=1&b=2".to_owned(), false));
        assert!(own_settings("postgres://h/d?prepared_statements=true", false).1);
    }
}
