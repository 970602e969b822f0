//! What the files of a folder look like from outside: enough to see that one of them was changed, without reading any.
//!
//! Deliberately absent: what stands in them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The TOML files below a folder with their numbers on the disk, lengths and times. A file that is replaced by renaming has a number of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprint(Vec<Seen>);

/// A file: its path, number, length and time.
type Seen = (PathBuf, u64, u64, Option<SystemTime>);

#[cfg(unix)]
fn number(meta: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn number(_: &std::fs::Metadata) -> u64 {
    0
}

impl Fingerprint {
    /// Of what is there now; of no folder, or of one that cannot be read, it is empty.
    #[must_use]
    pub fn of(dir: Option<&Path>) -> Self {
        let mut files = Vec::new();
        if let Some(dir) = dir {
            walk(dir, 0, &mut files);
        }
        files.sort();
        Fingerprint(files)
    }
}

/// The layout is three folders deep at most (`rules/pinduoduo.d/`); a loop of links is not followed further.
fn walk(dir: &Path, depth: u8, files: &mut Vec<Seen>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(meta) = std::fs::metadata(&path) else { continue };
        if meta.is_dir() && depth < 3 {
            walk(&path, depth + 1, files);
        } else if meta.is_file() && path.extension().is_some_and(|ending| ending == "toml") {
            files.push((path, number(&meta), meta.len(), meta.modified().ok()));
        }
    }
}
