//! The mappings of `imports/`: what the columns of a merchant's exports mean.
//!
//! Deliberately absent: reading such an export (`parcelward-import`).

use super::files::{ConfigFiles, TomlFile};
use super::problem::Problem;
use super::rulebook::by_stem;
use parcelward_import::Importer;

/// The mappings, compiled; files of one name are one mapping, later ones over earlier ones, key by key.
pub(super) fn importer(files: &ConfigFiles, problems: &mut Vec<Problem>) -> Option<Importer> {
    let mut mappings = Vec::new();
    for group in by_stem(files.folder("imports", problems)).into_values() {
        let bad: Vec<Problem> = group.iter().filter_map(TomlFile::syntax_problem).collect();
        if !bad.is_empty() {
            problems.extend(bad);
        } else if let [only] = group.as_slice() {
            mappings.push((only.name.clone(), only.text.clone(), true));
        } else {
            mappings.push(merged(&group));
        }
    }
    let given: Vec<(&str, &str)> = mappings.iter().map(|(name, text, _)| (name.as_str(), text.as_str())).collect();
    match Importer::load(&given) {
        Ok(importer) => Some(importer),
        Err(found) => {
            problems.extend(found.into_iter().map(|p| {
                // The lines of a mapping that several files make are lines of none of them.
                let own_lines = mappings.iter().any(|(name, _, own)| *name == p.file && *own);
                let message = if own_lines { format!("line {}, column {}: {}", p.line, p.column, p.message) } else { p.message };
                Problem { file: p.file, key: p.key, message }
            }));
            None
        }
    }
}

/// Several files as one text.
fn merged(group: &[TomlFile]) -> (String, String, bool) {
    let mut table = toml::Table::new();
    for file in group {
        lay_over(&mut table, file.text.parse().unwrap_or_default());
    }
    let names: Vec<&str> = group.iter().map(|file| file.name.as_str()).collect();
    (names.join(" with "), toml::to_string(&table).unwrap_or_default(), false)
}

fn lay_over(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
