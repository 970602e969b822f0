//! Copies of a database, and coming back from one.
//!
//! A copy that is brought back has forgotten what happened after it was made. It therefore gets a new incarnation, from which whoever asks
//! couriers knows that what he finds unconfirmed may have been sent all the same.
//!
//! Deliberately absent: copying a server's database. Servers have tools for that which are better than ours could be.

use crate::{StoreError, StoreOptions, open, open::sqlite_path};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a copy was not made, or not brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file failed.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// How.
        error: io::Error,
    },
    /// It is there already; nothing is ever overwritten.
    #[error("`{0}` is there already")]
    IsThere(PathBuf),
    /// It is no database of this program, or it is damaged.
    #[error("`{path}` is no whole database of this program: {why}")]
    NotWhole {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Somebody has it open.
    #[error("`{0}` is in use: stop the daemon first")]
    InUse(PathBuf),
    /// It is the server's part; what to do.
    #[error("{0}")]
    ServersPart(&'static str),
}

const COPY_A_SERVER: &str = "a database on a server is copied with the server's own tools: `pg_dump --format=custom` for a copy of one moment, \
     `pg_basebackup` with archived write-ahead logs to come back to any moment; after it was brought back, run `parcelward restore`";
const RESTORE_A_SERVER: &str = "a database on a server is brought back with the server's own tools (`pg_restore`, or a base backup with its \
     logs), with every daemon stopped; then run `parcelward restore` without a file: it gives the database its new incarnation";
const RESTORE_WHAT: &str = "name the copy that is to be brought back";

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its size.
    pub bytes: u64,
    /// Orders in it.
    pub files: u64,
    /// Lines of the journal in it.
    pub lines: u64,
}

/// A database that was brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Its new incarnation.
    pub incarnation: String,
    /// Where the one lies that was there before.
    pub before: Option<PathBuf>,
}

/// Copies a database that may be in use, as of one moment. The copy is checked before it gets its name.
///
/// # Errors
/// [`BackupError`]; then there is no copy.
pub async fn backup(url: &str, to: &Path) -> Result<Backup, BackupError> {
    let from = Path::new(sqlite_path(url).ok_or(BackupError::ServersPart(COPY_A_SERVER))?);
    if to.exists() {
        return Err(BackupError::IsThere(to.to_owned()));
    }
    let part = beside(to, "part");
    let made = copy_into(from, &part).await;
    let made = match made {
        Ok(made) => settle(&part, to).map(|()| made),
        Err(error) => Err(error),
    };
    if made.is_err() {
        // Half a copy is of no use; that it was not there is no error.
        let _ = fs::remove_file(&part);
    }
    made
}

/// Brings a copy back as the database. One that is there is kept under another name, and only where `replace` says so. On a server, where
/// its own tools bring the copy back, `from` is absent and only the incarnation is renewed.
///
/// # Errors
/// [`BackupError`]; then the database is as it was.
pub async fn restore(url: &str, from: Option<&Path>, replace: bool) -> Result<Restored, BackupError> {
    let (to, from) = match (sqlite_path(url), from) {
        (Some(to), Some(from)) => (Path::new(to), from),
        (Some(_), None) => return Err(BackupError::ServersPart(RESTORE_WHAT)),
        (None, Some(_)) => return Err(BackupError::ServersPart(RESTORE_A_SERVER)),
        (None, None) => {
            let store = open(url, &StoreOptions::default()).await?;
            let incarnation = store.renew_incarnation().await?;
            store.close().await;
            return Ok(Restored { incarnation, before: None });
        }
    };
    if to.exists() && !replace {
        return Err(BackupError::IsThere(to.to_owned()));
    }
    let part = beside(to, "restore");
    // Copying it would heal an index that is damaged, and pass over what is not read.
    look_through(from).await.map_err(|error| BackupError::NotWhole { path: from.to_owned(), why: error.to_string() })?;
    // What an earlier attempt left behind.
    let _ = fs::remove_file(&part);
    copy_into(from, &part).await?;
    let incarnation = match renew(&part).await {
        Ok(incarnation) => incarnation,
        Err(error) => {
            let _ = fs::remove_file(&part);
            return Err(error.into());
        }
    };
    let mut before = None;
    if to.exists() {
        close_for_good(to).await?;
        let aside = beside(to, &format!("before-restore-{}", &incarnation[..8.min(incarnation.len())]));
        fs::rename(to, &aside).map_err(|error| BackupError::File { path: to.to_owned(), error })?;
        before = Some(aside);
    }
    settle(&part, to)?;
    Ok(Restored { incarnation, before })
}

/// A name in the same folder.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(end);
    path.with_file_name(name)
}

async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).busy_timeout(Duration::from_secs(10));
    Ok(options.disable_statement_logging().connect().await?)
}

/// Copies a database into a file of its own, readable by its owner only, and looks through the copy.
async fn copy_into(from: &Path, to: &Path) -> Result<Backup, BackupError> {
    let not_whole = |path: &Path, error: StoreError| BackupError::NotWhole { path: path.to_owned(), why: error.to_string() };
    let mut create = OpenOptions::new();
    create.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut create, 0o600);
    create.open(to).map_err(|error| BackupError::File { path: to.to_owned(), error })?;
    let mut source = connect(from).await.map_err(|e| not_whole(from, e))?;
    let name = to.to_str().ok_or_else(|| BackupError::NotWhole { path: to.to_owned(), why: "its name is no text".to_owned() })?;
    // Into an empty file; what is written to the source meanwhile is not in it.
    let copied = sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut source).await.map_err(StoreError::from);
    source.close().await.map_err(StoreError::from)?;
    copied.map_err(|e| not_whole(from, e))?;
    look_through(to).await.map_err(|e| not_whole(from, e))
}

async fn look_through(path: &Path) -> Result<Backup, StoreError> {
    let mut copy = connect(path).await?;
    let said: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut copy).await?;
    if said != "ok" {
        return Err(StoreError::Corrupt(said));
    }
    let row = sqlx::query("SELECT (SELECT count(*) FROM case_file), (SELECT count(*) FROM journal), (SELECT count(*) FROM db_meta)");
    let row = row.fetch_one(&mut copy).await?;
    let number = |at: usize| row.try_get::<i64, _>(at).map(i64::unsigned_abs);
    let (files, lines, meta) = (number(0)?, number(1)?, number(2)?);
    copy.close().await?;
    if meta != 1 {
        return Err(StoreError::Corrupt("it has no incarnation".to_owned()));
    }
    Ok(Backup { bytes: fs::metadata(path).map_or(0, |m| m.len()), files, lines })
}

/// Brings a copy's tables up to date and gives it its new incarnation. The daemons that are noted in it are not its own.
async fn renew(path: &Path) -> Result<String, StoreError> {
    let store = crate::sqlite::open(path, &StoreOptions::default()).await?;
    let renewed = crate::Store::renew_incarnation(&store).await;
    crate::Store::close(&store).await;
    let incarnation = renewed?;
    let mut copy = connect(path).await?;
    sqlx::query("DELETE FROM daemon").execute(&mut copy).await?;
    copy.close().await?;
    Ok(incarnation)
}

/// Copies a database's log home and makes sure that nobody has it open.
async fn close_for_good(path: &Path) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).busy_timeout(Duration::ZERO);
    let options = options.pragma("locking_mode", "EXCLUSIVE").disable_statement_logging();
    let alone = async {
        let mut last = options.connect().await?;
        // In this mode the first write needs that nobody else is there.
        sqlx::query("UPDATE db_meta SET probed_at = probed_at WHERE id = 1").execute(&mut last).await?;
        last.close().await
    };
    match alone.await.map_err(StoreError::from) {
        Ok(()) => Ok(()),
        Err(StoreError::Retry(_)) => Err(BackupError::InUse(path.to_owned())),
        // It may well be damaged: that is why it is replaced.
        Err(StoreError::Corrupt(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes a finished file durable under its name.
fn settle(part: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| BackupError::File { path, error }
    };
    File::open(part).and_then(|file| file.sync_all()).map_err(failed(part))?;
    fs::rename(part, to).map_err(failed(to))?;
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))
}
