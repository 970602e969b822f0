//! A configuration as it is kept beside the journal: the values of its rules, and the files that they stand in, so that what was decided
//! under it can be explained with file and line when the files have long been changed.
//!
//! Deliberately absent: accounts with couriers, which decide nothing, and secrets, which no file holds; a password that stands in
//! `database.url` all the same is left out.

use super::extract::Rank;
use super::files::TomlFile;
use parcelward_casework::rule_source::RuleSource;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// Folders whose shipped files are kept too: by them it is decided.
const DECIDING: [&str; 3] = ["", "rules", "calendars"];
/// Nothing is decided by it.
const LEFT_OUT: &str = "couriers";

/// What is kept of a configuration.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The effective values of its rules.
    pub source: RuleSource,
    /// Name and text, a later one over an earlier one.
    files: Vec<(String, Arc<str>)>,
    /// Every file of the operator's folder by its path below it, accounts included. In memory only.
    own: Vec<(String, Arc<str>)>,
}

/// A file of a configuration that was in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile<'a> {
    /// Its path below the folder; a shipped one has `(built-in) ` before it.
    pub name: Cow<'a, str>,
    /// What stood in it.
    pub text: Cow<'a, str>,
}

impl Kept {
    /// Of these values and files, each with its folder (empty at the top).
    pub(super) fn of(source: RuleSource, files: &[(&str, TomlFile)]) -> Self {
        let kept = files.iter().filter(|(folder, file)| match file.rank {
            _ if *folder == LEFT_OUT => false,
            Rank::BuiltIn => DECIDING.contains(folder),
            _ => DECIDING.contains(folder) || !file.as_shipped,
        });
        let own = files.iter().filter(|(_, file)| file.rank != Rank::BuiltIn);
        let named = |(_, file): &(&str, TomlFile)| (file.name.clone(), Arc::clone(&file.text));
        Kept { source, files: kept.map(named).collect(), own: own.map(named).collect() }
    }

    /// Every file of the operator's folder as it was read, by its path below it.
    #[must_use]
    pub fn own(&self) -> &[(String, Arc<str>)] {
        &self.own
    }

    /// The values as JSON.
    #[must_use]
    pub fn rules(&self) -> String {
        self.source.to_json()
    }

    /// The files as JSON: a list of [`KeptFile`].
    #[must_use]
    pub fn files(&self) -> String {
        let files: Vec<KeptFile<'_>> =
            self.files.iter().map(|(name, text)| KeptFile { name: name.into(), text: without_password(text) }).collect();
        // Texts can always be written.
        serde_json::to_string(&files).unwrap_or_default()
    }
}

/// Without what stands between the role's name and the host of a URL.
fn without_password(text: &str) -> Cow<'_, str> {
    let has = |line: &str| password(line).is_some();
    if !text.lines().any(has) {
        return text.into();
    }
    let masked = text.split_inclusive('\n').map(|line| match password(line) {
        Some(range) => format!("{}***{}", &line[..range.start], &line[range.end..]),
        None => line.to_owned(),
    });
    masked.collect::<String>().into()
}

fn password(line: &str) -> Option<std::ops::Range<usize>> {
    let host = line.find("://")? + 3;
    let at = host + line[host..].find('@')?;
    let colon = host + line[host..at].find(':')? + 1;
    (colon < at).then_some(colon..at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_kept_and_lines_stay_where_they_are() {
        let text = "a = 1\nurl = \"postgres://pw:se:cret@host:5432/db\" # here\nlisten = \"127.0.0.1:7878\"\nmail = \"a@b\"\n";
        let masked = without_password(text);
        assert_eq!(masked, text.replace("se:cret", "***"));
        assert!(matches!(without_password("url = \"postgres://pw@host:5432/db\"\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_files_that_decide_are_kept_with_their_names() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("rules")).unwrap();
        std::fs::create_dir(dir.path().join("couriers")).unwrap();
        std::fs::write(dir.path().join("rules/mine.toml"), "[rule.\"pdd.collect\"]\nlength = \"18h\"\n").unwrap();
        std::fs::write(dir.path().join("couriers/sf.toml"), "").unwrap();
        let loaded = super::super::load_with(Some(dir.path()), std::iter::empty()).unwrap();
        let files: Vec<KeptFile<'_>> = serde_json::from_str(&loaded.kept.files()).unwrap();
        let names: Vec<&str> = files.iter().map(|file| &*file.name).collect();
        assert!(names.contains(&"(built-in) rules/pinduoduo.toml") && names.contains(&"rules/mine.toml"), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("couriers") || name.contains("templates")), "{names:?}");
        let again: RuleSource = serde_json::from_str(&loaded.kept.rules()).unwrap();
        assert_eq!(again.to_json(), loaded.kept.rules());
        assert_eq!(again.rules.rule["pdd.collect"].length.as_deref(), Some("18h"));
        assert!(again.compile(loaded.rules.texts.clone()).is_ok());
        assert!(loaded.kept.rules().len() < 64 * 1024, "{}", loaded.kept.rules().len());
    }
}
