//! The TOML files of a folder as they were at one moment.
//!
//! An editor, or `git checkout`, replaces files one after the other, and a deployment swaps the whole folder. Reading takes a moment, checking
//! what was read takes longer: so everything is read first, again if anything moved meanwhile, and what is checked then is this copy.
//! Deliberately absent: what stands in them.

use super::fingerprint::Fingerprint;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a folder that is being changed is read.
const TRIES: u32 = 40;
/// How long to wait between: 2 s in all.
const MOVING: Duration = Duration::from_millis(50);
/// The layout is three folders deep at most (`rules/pinduoduo.d/`); a loop of links is not followed further.
const DEPTH: u8 = 3;
/// No configuration is larger than this; whatever is, is not read into memory.
const LARGEST: u64 = 16 << 20;

/// What stood in a folder: its files and what lies below.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    /// What it looked like from outside.
    pub(super) seen: Fingerprint,
    folders: BTreeMap<PathBuf, io::Result<Vec<Entry>>>,
    texts: BTreeMap<PathBuf, io::Result<Vec<u8>>>,
}

/// One name in a folder.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) is_folder: bool,
}

impl Entry {
    /// Whether its name ends in `.ending`.
    pub(super) fn ends_in(&self, ending: &str) -> bool {
        self.path.extension().is_some_and(|e| e == ending)
    }
}

impl Snapshot {
    /// Reads a folder that stands still for that long.
    ///
    /// # Errors
    /// Where it cannot be read, or its files were being changed all the while.
    pub(super) fn of(dir: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            let seen = Fingerprint::of(Some(dir));
            let mut snapshot = Snapshot { seen, ..Snapshot::default() };
            snapshot.walk(dir, 0);
            if Fingerprint::of(Some(dir)) == snapshot.seen {
                return match snapshot.folders.get(dir) {
                    Some(Err(error)) => Err(io::Error::new(error.kind(), error.to_string())),
                    _ => Ok(snapshot),
                };
            }
            std::thread::sleep(MOVING);
        }
        Err(io::Error::other("its files were being changed all the while that they were read; try again when they stand still"))
    }

    fn walk(&mut self, dir: &Path, depth: u8) {
        let mut below = Vec::new();
        let listed = std::fs::read_dir(dir).map(|entries| {
            for entry in entries.flatten() {
                let path = entry.path();
                let Ok(meta) = std::fs::metadata(&path) else { continue };
                let entry = Entry { path, is_folder: meta.is_dir() };
                if meta.is_file() && entry.ends_in("toml") {
                    let text = if meta.len() > LARGEST { Err(io::Error::other("larger than 16 MB")) } else { std::fs::read(&entry.path) };
                    self.texts.insert(entry.path.clone(), text);
                }
                below.push(entry);
            }
            below.sort_by(|a, b| a.path.cmp(&b.path));
            below
        });
        if depth < DEPTH {
            let folders: Vec<PathBuf> = listed.iter().flatten().filter(|entry| entry.is_folder).map(|entry| entry.path.clone()).collect();
            folders.iter().for_each(|folder| self.walk(folder, depth + 1));
        }
        self.folders.insert(dir.to_owned(), listed);
    }

    /// What lies in a folder, sorted by name; nothing where there is none.
    pub(super) fn entries(&self, folder: &Path) -> Result<&[Entry], &io::Error> {
        match self.folders.get(folder) {
            None => Ok(&[]),
            Some(listed) => listed.as_deref(),
        }
    }

    /// What stands in a file; `None` where there is none.
    pub(super) fn text(&self, file: &Path) -> Option<Result<&[u8], &io::Error>> {
        Some(self.texts.get(file)?.as_deref())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn what_is_changed_afterwards_is_not_seen() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rules/a.toml");
        std::fs::create_dir(dir.path().join("rules")).unwrap();
        std::fs::write(&file, "a = 1").unwrap();
        let snapshot = Snapshot::of(dir.path()).unwrap();
        std::fs::write(&file, "a = 2").unwrap();
        std::fs::write(dir.path().join("rules/b.toml"), "b = 1").unwrap();
        assert_eq!(snapshot.text(&file).unwrap().unwrap(), b"a = 1");
        let names: Vec<_> = snapshot.entries(&dir.path().join("rules")).unwrap().iter().map(|entry| entry.path.clone()).collect();
        assert_eq!(names, [file]);
        assert!(snapshot.entries(&dir.path().join("calendars")).unwrap().is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_said() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Snapshot::of(&dir.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
