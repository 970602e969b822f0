//! What holds in the end, value by value, and where each comes from: `parcelward config show`.
//!
//! Deliberately absent: whether it is right (`read`). Secrets are left out of what is shown.

use super::environment;
use super::extract::{Merged, Origin, Rank};
use super::files::{ConfigFiles, FOLDERS, TomlFile};
use super::problem::{Problems, dotted};
use super::rulebook::by_stem;
use super::settings::DatabaseUrl;
use super::tree::{Node, quoted, same};
use std::path::Path;

/// The values of one file of the layout, or of the files that are read as one.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its path below the folder: `parcelward.toml`, `rules/*.toml`, `calendars/cn-2026.toml`.
    pub title: String,
    /// Its values, by key.
    pub values: Vec<Effective>,
}

/// One value that holds.
#[derive(Debug, Clone)]
pub struct Effective {
    /// Its dotted key.
    pub key: String,
    /// The value as TOML, on one line; `"***"` in place of a secret.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether the shipped files say something else, or nothing.
    pub changed: bool,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        match &self.place {
            Some(place) => write!(f, ":{}", place.line),
            None => Ok(()),
        }
    }
}

/// Every value that holds, of every file.
///
/// # Errors
/// What cannot be read, or is no TOML. Values that are wrong are shown all the same.
pub fn effective(dir: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Vec<Part>, Problems> {
    let mut problems = Vec::new();
    let files = ConfigFiles::new(dir).map_err(|problem| Problems(vec![*problem]))?;
    let environment: Vec<(String, String)> = environment.collect();
    let mut settings = Merged::of("parcelward.toml", &files.top("parcelward", &mut problems), &mut problems);
    let above = environment::variables(&environment).into_iter().chain(environment::credentials(&environment, &mut problems));
    settings = above.fold(settings, Merged::merge);
    let mut parts = vec![part("parcelward.toml".to_owned(), &settings)];
    for folder in FOLDERS {
        let found = files.folder(folder, &mut problems);
        if matches!(*folder, "rules" | "disruptions" | "schedules") {
            push(&mut parts, format!("{folder}/*.toml"), &found, &mut problems);
        } else {
            for (stem, group) in by_stem(found) {
                push(&mut parts, format!("{folder}/{stem}.toml"), &group, &mut problems);
            }
        }
    }
    problems.retain(|p| p.code == "syntax" || p.code == "duplicate-key" || p.code == "unreadable");
    if problems.is_empty() { Ok(parts) } else { Err(Problems(problems)) }
}

fn push(parts: &mut Vec<Part>, title: String, files: &[TomlFile], problems: &mut Vec<super::problem::Problem>) {
    let part = part(title.clone(), &Merged::of(&title, files, problems));
    if !part.values.is_empty() {
        parts.push(part);
    }
}

fn part(title: String, merged: &Merged) -> Part {
    let shown = |path: &[String], node: &Node| match node.text() {
        Some(url) if path == ["database", "url"] => quoted(&DatabaseUrl::new(url).to_string()),
        Some(text) if title.starts_with("couriers/") && is_secret(path.last().map_or("", String::as_str)) && !text.is_empty() => {
            "\"***\"".to_owned()
        }
        _ => node.to_toml(),
    };
    let values = merged.effective().into_iter().map(|(path, node, origin)| Effective {
        key: dotted(&path),
        value: shown(&path, node),
        changed: origin.rank > Rank::BuiltIn && !merged.shipped(&path).is_some_and(|shipped| same(shipped, node)),
        origin,
    });
    Part { values: values.collect(), title }
}

/// Whether a courier's setting is a secret, by its name. The name of a file or of a credential is none.
fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    ["secret", "token", "password", "key", "checkword"].iter().any(|word| key.contains(word)) && !key.ends_with("_file")
}
