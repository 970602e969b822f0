//! Where the workspace lies and which of its files count.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root folder.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Every file that is or would be committed, relative to the root, sorted. Without git (an unpacked archive): every file
/// outside `target`.
///
/// # Errors
/// When neither git nor the folder can be read.
pub fn files() -> io::Result<Vec<PathBuf>> {
    let root = root();
    let listed = Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&root).output();
    let mut files: Vec<PathBuf> = match listed {
        Ok(out) if out.status.success() => {
            let names = String::from_utf8_lossy(&out.stdout).into_owned();
            // A file that was deleted but is still in the index is listed too.
            names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).filter(|path| root.join(path).is_file()).collect()
        }
        _ => walk(&root, &|name| !matches!(name, "target" | ".git"))?
            .into_iter()
            .filter_map(|path| Some(path.strip_prefix(&root).ok()?.to_owned()))
            .collect(),
    };
    files.sort();
    files.dedup();
    Ok(files)
}

/// Every file below a folder, sorted; `enter` says by name which folders are looked into.
///
/// # Errors
/// When a folder cannot be read.
pub fn walk(folder: &Path, enter: &dyn Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_file() {
            found.push(path);
        } else if kind.is_dir() && enter(&entry.file_name().to_string_lossy()) {
            found.extend(walk(&path, enter)?);
        }
    }
    found.sort();
    Ok(found)
}
