//! The configuration: shipped defaults, an operator's folder over them, the environment over both; compiled whole or refused whole.
//!
//! Layers, later over earlier, key by key: the repository's `config/` (built into the binary), `--config DIR` of the same layout (with
//! drop-ins in `parcelward.d/`, `rules/NAME.d/`, `rules.d/`, and so on), and `PARCELWARD_…` variables for `parcelward.toml`.
//! Deliberately absent: the meaning of rules and texts (casework compiles them) and watching files for changes.

mod environment;
mod extract;
mod files;
mod imports;
mod problem;
mod revision;
mod rulebook;
mod settings;

pub use environment::{COMMAND_VARIABLES, PREFIX};
pub use files::{ConfigFiles, TomlFile, shipped_files};
pub use problem::{Problem, Problems};
pub use settings::{DatabaseUrl, Server, Settings};

use extract::Merged;
use parcelward_casework::rules::{RawRules, Rules};
use parcelward_casework::text::Texts;
use parcelward_casework::words::Language;
use parcelward_import::Importer;
use std::path::Path;
use std::sync::Arc;

/// A configuration that is right as a whole.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// A short word that is another where a value that holds is another.
    pub revision: String,
    /// The daemon's own settings.
    pub settings: Settings,
    /// The compiled rules, with the texts of the configured language.
    pub rules: Rules,
    /// The rules as written, sources and dates included.
    pub raw_rules: RawRules,
    /// The texts of every language.
    pub texts: Vec<(Language, Texts)>,
    /// What the columns of merchants' exports mean.
    pub importer: Arc<Importer>,
}

/// Reads the shipped configuration, an operator's folder over it, and the environment over both.
///
/// # Errors
/// [`Problems`]: everything that is wrong, each with its file and key.
pub fn load(dir: Option<&Path>) -> Result<Loaded, Problems> {
    load_with(dir, std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))))
}

/// The same with the environment given.
///
/// # Errors
/// As [`load`].
pub fn load_with(dir: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Loaded, Problems> {
    let mut problems = Vec::new();
    let files = match ConfigFiles::new(dir) {
        Ok(files) => files,
        Err(problem) => return Err(Problems(vec![problem])),
    };
    let mut merged = Merged::of("parcelward.toml", &files.top("parcelward", &mut problems), &mut problems);
    for variable in environment::variables(environment) {
        merged = merged.merge(variable);
    }
    let settings = settings::read(&merged, &mut problems);
    let language = settings.as_ref().map_or(Language::ZhCn, |s| s.language);
    let texts = rulebook::texts(&files, language, &mut problems);
    let own = texts.iter().find(|(l, _)| *l == language).map(|(_, texts)| texts.clone()).unwrap_or_default();
    let compiled = rulebook::rules(&files, language, own, &mut problems);
    let importer = imports::importer(&files, &mut problems);
    match (settings, compiled, importer) {
        (Some(settings), Some((raw_rules, rules)), Some(importer)) if problems.is_empty() => {
            Ok(Loaded { revision: revision::of(&files, &settings), settings, rules, raw_rules, texts, importer: Arc::new(importer) })
        }
        _ => {
            problems.sort();
            problems.dedup();
            Err(Problems(problems))
        }
    }
}

#[cfg(test)]
mod tests;
