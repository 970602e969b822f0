//! `export`: every fact as JSON Lines into a folder, the newest files kept.
//!
//! A file has its name only once it is whole and on the disk. It is the journal itself, personal data included; only its owner may read it.

use super::Options;
use crate::http::App;
use parcelward_scheduler::cron::Done;
use std::path::{Path, PathBuf};
use tokio::fs::{self, OpenOptions};
use tokio::io::{AsyncWriteExt, BufWriter};

const PAGE: u32 = 500;
const KEEP: usize = 14;
const PREFIX: &str = "facts-";
const SUFFIX: &str = ".jsonl";

pub(super) async fn run(app: &App, options: Options<'_>) -> Result<Done, String> {
    let folder = options.text("folder").ok_or("no folder is named")?;
    let folder = match std::env::var_os("STATE_DIRECTORY") {
        Some(state) => Path::new(&state).join(folder),
        None => PathBuf::from(folder),
    };
    fs::create_dir_all(&folder).await.map_err(|e| format!("the folder `{}` cannot be made: {e}", folder.display()))?;
    let name = format!("{PREFIX}{}{SUFFIX}", app.now().to_string().replace([':', '-'], "").split(['.', '+']).next().unwrap_or_default());
    let (path, partial) = (folder.join(&name), folder.join(format!("{name}.partial")));
    let written = write(app, &partial).await;
    let facts = match written {
        Ok(facts) => facts,
        Err(error) => {
            // What is half written is of no use to anybody.
            let _ = fs::remove_file(&partial).await;
            return Err(error);
        }
    };
    fs::rename(&partial, &path).await.map_err(|e| format!("`{}` cannot be put in place: {e}", path.display()))?;
    let gone = rotate(&folder, options.count("keep", KEEP)).await.map_err(|e| format!("older files cannot be removed: {e}"))?;
    let message =
        format!("{facts} facts in {}{}", path.display(), if gone > 0 { format!("; {gone} older removed") } else { String::new() });
    Ok(Done { message, report: None })
}

async fn write(app: &App, path: &Path) -> Result<u64, String> {
    let bad = |e: std::io::Error| format!("`{}` cannot be written: {e}", path.display());
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut out = BufWriter::new(options.open(path).await.map_err(bad)?);
    let (mut facts, mut after) = (0, Some(0));
    while let Some(place) = after {
        let page = app.store.facts_after(place, PAGE).await.map_err(|e| format!("the facts could not be read: {e}"))?;
        for row in &page.rows {
            out.write_all(row.json.as_bytes()).await.map_err(bad)?;
            out.write_all(b"\n").await.map_err(bad)?;
            facts += 1;
        }
        after = page.next;
    }
    out.flush().await.map_err(bad)?;
    out.into_inner().sync_all().await.map_err(bad)?;
    Ok(facts)
}

/// Removes all but the newest files that were written here. Their names sort as their times do.
async fn rotate(folder: &Path, keep: usize) -> std::io::Result<usize> {
    let mut names = Vec::new();
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        if let Some(name) = entry.file_name().to_str()
            && name.starts_with(PREFIX)
            && name.ends_with(SUFFIX)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    let old = names.len().saturating_sub(keep);
    for name in &names[..old] {
        fs::remove_file(folder.join(name)).await?;
    }
    Ok(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_are_kept_and_strangers_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for name in
            ["facts-20260101T000000Z.jsonl", "facts-20260102T000000Z.jsonl", "facts-20260103T000000Z.jsonl", "notes.txt", "facts.md"]
        {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(rotate(dir.path(), 2).await.unwrap(), 1);
        let mut left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["facts-20260102T000000Z.jsonl", "facts-20260103T000000Z.jsonl", "facts.md", "notes.txt"]);
    }
}
