//! Turns merged TOML into types and says everything that does not fit, not only the first thing.

use super::files::TomlFile;
use super::problem::{Problem, dotted, segments};
use figment::value::Value;
use figment::{Figment, Provider};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Merged layers, with the file of each key.
pub(super) struct Merged {
    figment: Figment,
    value: Value,
    /// What problems of no key of their own are put down to.
    place: String,
}

impl Merged {
    /// Merges files, later ones over earlier ones, key by key. Files that are no TOML are left out and said.
    pub(super) fn of(place: &str, files: &[TomlFile], problems: &mut Vec<Problem>) -> Self {
        let mut figment = Figment::new();
        for file in files {
            match file.syntax_problem() {
                Some(problem) => problems.push(problem),
                None => figment = figment.merge(file.clone()),
            }
        }
        Self::from_figment(place, figment)
    }

    fn from_figment(place: &str, figment: Figment) -> Self {
        let value = figment.find_value("").unwrap_or_else(|_| Value::from(figment::value::Dict::new()));
        Merged { figment, value, place: place.to_owned() }
    }

    /// With one more layer on top.
    pub(super) fn merge(self, provider: impl Provider) -> Self {
        Self::from_figment(&self.place, self.figment.merge(provider))
    }

    /// The names of the top-level tables and keys.
    pub(super) fn top_keys(&self) -> Vec<String> {
        self.value.as_dict().map(|d| d.keys().cloned().collect()).unwrap_or_default()
    }

    /// The file that said a key; where the key is missing, the file that last said the table above it.
    pub(super) fn file_of(&self, key: &[String]) -> String {
        let mut at = Some(&self.value);
        let mut tag = None;
        for segment in key {
            at = at.and_then(|v| child(v, segment));
            let Some(value) = at else { break };
            tag = Some(value.tag());
        }
        tag.and_then(|tag| self.figment.get_metadata(tag)).map_or_else(|| self.place.clone(), |m| m.name.to_string())
    }

    /// A problem at a key, put down to the file that said it.
    pub(super) fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        Problem { file: self.file_of(&segments(key)), key: key.to_owned(), message: message.into() }
    }

    /// Reads the merged values as `T`. Each value that does not fit is said, taken out, and the rest is read again, so that one run
    /// tells everything. `None` where what is left is no `T`.
    pub(super) fn extract<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        let mut value = self.value.clone();
        let mut said = BTreeSet::new();
        loop {
            let error = match value.deserialize::<T>() {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let mut path = error.path.clone();
            let message = match &error.kind {
                figment::error::Kind::UnknownField(name, known) => {
                    if path.last() != Some(name) {
                        path.push(name.clone());
                    }
                    unknown(name, known)
                }
                figment::error::Kind::MissingField(name) => {
                    if path.last().map(String::as_str) != Some(&**name) {
                        path.push(name.to_string());
                    }
                    "is missing".to_owned()
                }
                figment::error::Kind::Message(text) if text.contains("RawLadder") => {
                    "is not a ladder: write `[\"12h\", \"4h\"]` or `\"at due\"`".to_owned()
                }
                figment::error::Kind::Message(text) if text.contains("RawSteps") => {
                    "is neither a list of steps nor \"not on this platform\"".to_owned()
                }
                // A type of ours says nothing to an operator: what was expected there is a table.
                figment::error::Kind::InvalidType(found, expected) if expected.starts_with("struct ") => {
                    format!("is {found}, but has settings of its own: give those, as in `[{}]`", path.join("."))
                }
                kind => kind.to_string(),
            };
            let first_time = said.insert(path.clone());
            if first_time {
                problems.push(Problem { file: self.file_of(&path), key: dotted(&path), message });
            }
            if !first_time || !remove(&mut value, &path) {
                // A missing value cannot be taken out: its whole table is, so that its neighbours are read all the same.
                path.pop();
                if path.is_empty() || !remove(&mut value, &path) {
                    return None;
                }
            }
        }
    }
}

fn child<'a>(value: &'a Value, segment: &str) -> Option<&'a Value> {
    match value {
        Value::Dict(_, dict) => dict.get(segment),
        Value::Array(_, list) => segment.parse::<usize>().ok().and_then(|i| list.get(i)),
        _ => None,
    }
}

fn remove(value: &mut Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match value {
        Value::Dict(_, dict) if rest.is_empty() => dict.remove(first).is_some(),
        Value::Dict(_, dict) => dict.get_mut(first).is_some_and(|v| remove(v, rest)),
        Value::Array(_, list) => match first.parse::<usize>() {
            Ok(i) if i < list.len() && rest.is_empty() => {
                list.remove(i);
                true
            }
            Ok(i) => list.get_mut(i).is_some_and(|v| remove(v, rest)),
            Err(_) => false,
        },
        _ => false,
    }
}

/// An unknown name, with the nearest known one.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|k| (strsim::jaro_winkler(name, k), *k)).max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((score, word)) if score > 0.7 => format!("unknown key `{name}`; did you mean `{word}`?"),
        _ => format!("unknown key `{name}`; known are {}", known.join(", ")),
    }
}
