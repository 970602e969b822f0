//! What is old: personal data is erased after a while, and later the closed case files leave into archives. In small steps, each a transaction of its
//! own, so that nobody waits long; a process that is ended at any moment is gone on from by the next.
//!
//! Order of things for an archive: its name is noted; its file and manifest are written, made durable and renamed; then, in one transaction, the
//! case files leave and the archive is noted as finished. A note without that end tells the next run to remove the file: nothing left into it.
//!
//! Deliberately absent: what is personal (casework), and what may leave (the store).

pub mod archive;

use archive::{Manifest, Writing};
use parcelward_casework::instant::{Instant, Length};
use parcelward_store::{MAX_PAGE, OldFile, SharedStore, Step, StoreError, crash_point};
use std::path::{Path, PathBuf};

/// Case files that go into one archive, at most.
const FILES: usize = 200;
/// Facts of no case file that are erased in one transaction.
const LOOSE: u32 = 100;
/// An archive that another process began so long ago is taken for given up.
const GIVEN_UP: Length = Length::hours(6);
/// Pauses between two steps, so that others come by.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(2);

/// What is old enough for what, and where archives go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Personal data of a closed case file goes when nothing was heard of it for so long.
    pub erase_after: Length,
    /// It leaves when nothing was heard of it for so long.
    pub archive_after: Length,
    /// The folder that archives go to.
    pub folder: PathBuf,
}

/// What a run did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Case files whose personal data is gone.
    pub erased: u64,
    /// Facts of no case file whose personal data is gone.
    pub loose: u64,
    /// Case files that left.
    pub archived: u64,
    /// The archives that they are in.
    pub archives: Vec<String>,
    /// Archives of an earlier run that was ended half-way, removed.
    pub given_up: u64,
}

/// Why a run came to no end. What it did until then stays done.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file failed.
    #[error("`{}`: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// How.
        error: std::io::Error,
    },
    /// Somebody else writes an archive.
    #[error("archive {name} is being written by another process ({owner})")]
    Busy {
        /// Its name.
        name: String,
        /// Whose it is.
        owner: String,
    },
}

/// The folder of archives: a relative one lies in the state folder of the service, where there is one.
#[must_use]
pub fn folder(retention: &Retention) -> PathBuf {
    match std::env::var_os("STATE_DIRECTORY") {
        Some(state) if !state.is_empty() => Path::new(&state).join(&retention.folder),
        _ => retention.folder.clone(),
    }
}

/// Counts what a run would do now, and does nothing.
///
/// # Errors
/// [`RetentionError`].
pub async fn look(store: &SharedStore, retention: &Retention, now: Instant) -> Result<Outcome, RetentionError> {
    let (mut outcome, mut erased_then_archived) = (Outcome::default(), 0);
    for (step, before, count) in [
        (Step::Erase, now - retention.erase_after, &mut outcome.erased),
        (Step::Archive, now - retention.archive_after, &mut outcome.archived),
        (Step::ArchiveThen, now - retention.archive_after, &mut erased_then_archived),
    ] {
        let mut after = Some(0);
        while let Some(place) = after {
            let page = store.old_files(step, before, place).await?;
            *count += page.rows.len() as u64;
            after = page.next;
        }
    }
    // A run erases first, so that these leave in it as well.
    outcome.archived += erased_then_archived;
    Ok(outcome)
}

/// Erases and archives what is old enough. `owner` is a word for this process.
///
/// # Errors
/// [`RetentionError`].
pub async fn run(store: &SharedStore, retention: &Retention, folder: &Path, owner: &str, now: Instant) -> Result<Outcome, RetentionError> {
    let mut outcome = Outcome { given_up: give_up(store, folder, owner, now).await?, ..Outcome::default() };
    let before = now - retention.erase_after;
    let mut after = Some(0);
    while let Some(place) = after {
        let page = store.old_files(Step::Erase, before, place).await?;
        for file in &page.rows {
            outcome.erased += u64::from(again(|| store.erase_file(file, before, now)).await?);
            crash_point!("retention.erased")?;
            tokio::time::sleep(PAUSE).await;
        }
        after = page.next;
    }
    loop {
        let done = again(|| store.erase_loose(before, now, LOOSE)).await?;
        outcome.loose += done;
        if done < u64::from(LOOSE) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let before = now - retention.archive_after;
    let mut after = Some(0);
    while let Some(place) = after {
        let page = store.old_files(Step::Archive, before, place).await?;
        for files in page.rows.chunks(FILES) {
            if let Some((name, count)) = leave(store, folder, owner, files, before, now).await? {
                outcome.archived += count;
                outcome.archives.push(name);
            }
            tokio::time::sleep(PAUSE).await;
        }
        after = page.next;
    }
    Ok(outcome)
}

/// Tries again what the database does not take at once.
async fn again<T, F: Future<Output = Result<T, StoreError>>>(work: impl Fn() -> F) -> Result<T, StoreError> {
    let mut tries = 0;
    loop {
        match work().await {
            Err(error) if error.is_transient() && tries < 20 => {
                tries += 1;
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            ended => return ended,
        }
    }
}

/// Removes what a run left behind that was ended half-way: a note without an end. Nothing left into its file.
async fn give_up(store: &SharedStore, folder: &Path, owner: &str, now: Instant) -> Result<u64, RetentionError> {
    let mut count = 0;
    for row in store.archives(MAX_PAGE).await?.into_iter().filter(|row| !row.is_done) {
        let host = |owner: &str| owner.split('#').next().unwrap_or_default().to_owned();
        let is_ours = host(&row.owner) == host(owner) && !is_alive(&row.owner);
        if !is_ours && now.since(row.at) < GIVEN_UP {
            return Err(RetentionError::Busy { name: row.name, owner: row.owner });
        }
        let failed = |error| RetentionError::File { path: folder.join(&row.name), error };
        if is_ours {
            // Nobody writes it any more. The file goes first: broken off in between, the note still tells of it.
            archive::remove(folder, &row.name).map_err(failed)?;
            crash_point!("retention.given_up")?;
            count += u64::from(again(|| store.drop_archive(row.no)).await?);
        } else if again(|| store.drop_archive(row.no)).await? {
            // The note goes first: whoever still wrote could not finish any more. A file without a note is told of by `verify`.
            archive::remove(folder, &row.name).map_err(failed)?;
            count += 1;
        }
    }
    Ok(count)
}

/// A word for this process: its machine, its number there, and when it began.
#[must_use]
pub fn owner(name: &str) -> String {
    format!("{name}#{}#{}", std::process::id(), start_of(std::process::id()).unwrap_or_default())
}

/// Whether the process of a word on this machine is still there.
fn is_alive(owner: &str) -> bool {
    let mut parts = owner.split('#').skip(1);
    let (pid, start) = (parts.next().and_then(|pid| pid.parse().ok()), parts.next().unwrap_or_default());
    pid.and_then(start_of).is_some_and(|now| now == start)
}

/// When a process began, in the kernel's ticks: numbers of processes are given out again.
fn start_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Lets case files leave into one archive. `None` where one of them changed meanwhile: the next run looks again.
async fn leave(
    store: &SharedStore,
    folder: &Path,
    owner: &str,
    files: &[OldFile],
    before: Instant,
    now: Instant,
) -> Result<Option<(String, u64)>, RetentionError> {
    let Some(first) = files.first() else { return Ok(None) };
    let moment = now.to_string().replace(['-', ':'], "").split(['.', '+']).next().unwrap_or_default().to_owned();
    let name = format!("cases-{moment}-{}.jsonl.gz", first.no);
    let Some(no) = again(|| store.begin_archive(&name, owner, now)).await? else {
        let busy = store.archives(1).await?.into_iter().next().map_or(String::new(), |row| row.owner);
        return Err(RetentionError::Busy { name, owner: busy });
    };
    let failed = |error| RetentionError::File { path: folder.join(&name), error };
    crash_point!("retention.begun")?;
    let written = write(store, folder, &name, files, now).await;
    let manifest = match written {
        Ok(manifest) => manifest,
        Err(error) => {
            let removed = archive::remove(folder, &name).map_err(failed);
            again(|| store.drop_archive(no)).await?;
            removed?;
            return Err(error);
        }
    };
    crash_point!("retention.written")?;
    if again(|| store.finish_archive(no, manifest.lines, &manifest.sha256, files, before)).await? {
        crash_point!("retention.left")?;
        return Ok(Some((name, files.len() as u64)));
    }
    // The file goes first: broken off in between, the note still tells of it.
    let removed = archive::remove(folder, &name).map_err(failed);
    again(|| store.drop_archive(no)).await?;
    removed?;
    Ok(None)
}

/// Writes the lines of case files, order by order, and makes file and manifest durable.
async fn write(store: &SharedStore, folder: &Path, name: &str, files: &[OldFile], now: Instant) -> Result<Manifest, RetentionError> {
    let failed = |error| RetentionError::File { path: folder.join(name), error };
    let mut writing = Writing::begin(folder, name).map_err(failed)?;
    for file in files {
        writing.order(&file.order);
        let mut after = Some(0);
        while let Some(line) = after {
            let page = store.timeline(&file.order, line, MAX_PAGE).await?;
            for row in &page.rows {
                writing.line(&row.json, row.recorded).map_err(failed)?;
            }
            after = page.next;
        }
        crash_point!("retention.half")?;
    }
    let sealed = writing.seal().map_err(failed)?;
    crash_point!("retention.sealed")?;
    sealed.manifest(now).map_err(failed)
}
