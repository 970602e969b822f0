//! The mappings of `imports/`: what the columns of a merchant's exports mean.
//!
//! Deliberately absent: reading such an export (`parcelward-import`).

use super::extract::Merged;
use super::files::{ConfigFiles, TomlFile};
use super::problem::{Place, Problem};
use super::rulebook::by_stem;
use parcelward_import::Importer;

/// The mappings, compiled; files of one name are one mapping, later ones over earlier ones, key by key.
pub(super) fn importer(files: &ConfigFiles, problems: &mut Vec<Problem>) -> Option<Importer> {
    let mut mappings = Vec::new();
    let groups: Vec<Vec<TomlFile>> = by_stem(files.folder("imports", problems)).into_values().collect();
    for group in &groups {
        let bad: Vec<Problem> = group.iter().flat_map(TomlFile::syntax_problems).collect();
        if !bad.is_empty() {
            problems.extend(bad);
        } else if let [only] = group.as_slice() {
            mappings.push((only.name.clone(), only.text.to_string(), group));
        } else {
            mappings.push(together(group));
        }
    }
    let given: Vec<(&str, &str)> = mappings.iter().map(|(name, text, _)| (name.as_str(), text.as_str())).collect();
    match Importer::load(&given) {
        Ok(importer) => Some(importer),
        Err(found) => {
            problems.extend(found.into_iter().map(|p| {
                let group = mappings.iter().find(|(name, _, _)| *name == p.file).map(|(_, _, group)| *group);
                located(p, group.map(Vec::as_slice).unwrap_or_default())
            }));
            None
        }
    }
}

/// A problem of a mapping, at its place in the file that said it.
fn located(p: parcelward_import::Problem, group: &[TomlFile]) -> Problem {
    let (message, meant) = match p.message.split_once("; did you mean `") {
        Some((message, meant)) => (message.to_owned(), meant.strip_suffix("`?").map(str::to_owned)),
        None => (p.message, None),
    };
    let problem = match group {
        [only] => {
            let at = Place::of_line(&only.text, p.line, p.column);
            let whole = only.tree().and_then(|tree| tree.beginning_at(at.span.start));
            let place = whole.map_or(at, |node| {
                let mark = if is_of_a_key(&message) { node.key.clone() } else { node.mark(&only.text) };
                Place::new(&only.text, mark)
            });
            Problem::new(p.file, p.key, message).at(Some(place))
        }
        // The lines of a mapping that several files make are lines of none of them: the key is looked for.
        _ => Merged::of(&p.file, group, &mut Vec::new()).problem(&p.key, message),
    };
    let code = match problem.message.as_str() {
        message if is_of_a_key(message) => "unknown-key",
        message if message.contains("is not known here") || message.contains("there is no") => "unknown-name",
        message if message.starts_with("needs ") => "missing",
        _ => "bad-value",
    };
    problem.code(code).meant(meant.as_deref())
}

/// Whether the name of the key is what is wrong.
fn is_of_a_key(message: &str) -> bool {
    message.starts_with("is not known here")
}

/// Several files as one text.
fn together(group: &Vec<TomlFile>) -> (String, String, &Vec<TomlFile>) {
    let mut table = toml::Table::new();
    for file in group {
        lay_over(&mut table, file.text.parse().unwrap_or_default());
    }
    let names: Vec<&str> = group.iter().map(|file| file.name.as_str()).collect();
    (names.join(" with "), toml::to_string(&table).unwrap_or_default(), group)
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
