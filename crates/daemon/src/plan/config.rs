//! Two configurations beside each other: their files, and their values.

use crate::config::{Loaded, effective, environment};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use utoipa::ToSchema;

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileChange {
    /// Its path below the folder.
    pub name: String,
    /// `added`, `changed` or `removed`.
    pub change: String,
}

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Setting {
    /// The file of the layout, or the files that are read as one (`rules/*.toml`).
    pub part: String,
    /// Its dotted key.
    pub key: String,
    /// The value that holds, as TOML; absent where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value that would hold; absent where none would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// File and line that say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// The files that differ, by name.
#[must_use]
pub fn files_changed(old: &[(String, Arc<str>)], new: &[(String, Arc<str>)]) -> Vec<FileChange> {
    let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) = (by_name(old), by_name(new));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let change = |name: &str| match (old.get(name), new.get(name)) {
        (None, _) => Some("added"),
        (_, None) => Some("removed"),
        (old, new) => (old != new).then_some("changed"),
    };
    names.into_iter().filter_map(|name| Some(FileChange { name: name.to_owned(), change: change(name)?.to_owned() })).collect()
}

fn by_name(files: &[(String, Arc<str>)]) -> BTreeMap<&str, &str> {
    files.iter().map(|(name, text)| (name.as_str(), &**text)).collect()
}

/// The values that differ, whatever files they stand in.
///
/// # Errors
/// Where the files cannot be laid out beside each other.
pub fn settings_changed(old: &Loaded, new: &Loaded) -> anyhow::Result<Vec<Setting>> {
    let (old, new) = (values(old)?, values(new)?);
    let keys: BTreeSet<&(String, String)> = old.keys().chain(new.keys()).collect();
    let mut settings = Vec::new();
    for key in keys {
        let (before, after) = (old.get(key), new.get(key));
        if before.map(|(value, _)| value) == after.map(|(value, _)| value) {
            continue;
        }
        settings.push(Setting {
            part: key.0.clone(),
            key: key.1.clone(),
            before: before.map(|(value, _)| value.clone()),
            after: after.map(|(value, _)| value.clone()),
            place: after.map(|(_, place)| place.clone()),
        });
    }
    Ok(settings)
}

/// Every value with its place, by file of the layout and key. A folder that was edited meanwhile is taken as it was read.
fn values(config: &Loaded) -> anyhow::Result<BTreeMap<(String, String), (String, String)>> {
    let dir = tempfile::tempdir().context("laying the files out")?;
    write_files(dir.path(), config.kept.own().iter().map(|(name, text)| (name.as_str(), &**text)))?;
    let parts = effective(Some(dir.path()), environment()).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let mut values = BTreeMap::new();
    for part in parts {
        for value in part.values {
            values.insert((part.title.clone(), value.key), (value.value, value.origin.to_string()));
        }
    }
    Ok(values)
}

/// Writes files below a folder.
///
/// # Errors
/// Where one cannot be written.
pub fn write_files<'a>(dir: &Path, files: impl Iterator<Item = (&'a str, &'a str)>) -> anyhow::Result<()> {
    for (name, text) in files {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(|| format!("making the folder of {name}"))?;
        }
        std::fs::write(&path, text).with_context(|| format!("writing {name}"))?;
    }
    Ok(())
}
