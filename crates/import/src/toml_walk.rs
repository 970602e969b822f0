//! Walks a TOML text with places, so that every mistake is found in one go and each is named by file, line, column and key.

use crate::error::Problem;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and the key that it stands under.
pub(crate) struct At<'v, 't> {
    pub(crate) key: String,
    pub(crate) span: Range<usize>,
    pub(crate) value: &'v DeValue<'t>,
}

impl<'v, 't> At<'v, 't> {
    fn of(parent: &str, name: &str, value: &'v Spanned<DeValue<'t>>) -> Self {
        let key = if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") };
        At { key, span: value.span(), value: value.get_ref() }
    }

    /// The entries of a list.
    pub(crate) fn items(&self) -> Vec<At<'v, 't>> {
        let list = self.value.as_array();
        list.map(|l| {
            l.iter().enumerate().map(|(i, v)| At { key: format!("{}[{i}]", self.key), span: v.span(), value: v.get_ref() }).collect()
        })
        .unwrap_or_default()
    }

    /// The entries of a table.
    pub(crate) fn entries(&self) -> Vec<(String, At<'v, 't>)> {
        let table = self.value.as_table();
        table.map(|t| t.iter().map(|(k, v)| (k.get_ref().to_string(), At::of(&self.key, k.get_ref(), v))).collect()).unwrap_or_default()
    }
}

/// Collects the problems of one text.
pub(crate) struct Walk<'a> {
    file: &'a str,
    text: &'a str,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Walk<'a> {
        Walk { file, text, problems: Vec::new() }
    }

    /// The whole text as a table; `None` where it is no TOML.
    pub(crate) fn parse(&mut self) -> Option<Spanned<DeTable<'a>>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                self.problem("", span, error.message().lines().next().unwrap_or("is no TOML").to_owned());
                None
            }
        }
    }

    pub(crate) fn problem(&mut self, key: &str, span: Range<usize>, message: impl Into<String>) {
        let before = self.text.get(..span.start.min(self.text.len())).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        self.problems.push(Problem { file: self.file.to_owned(), line, column, key: key.to_owned(), message: message.into() });
    }

    pub(crate) fn wrong(&mut self, at: &At<'_, '_>, message: impl Into<String>) {
        self.problem(&at.key, at.span.clone(), message);
    }

    pub(crate) fn string<'v>(&mut self, at: &At<'v, '_>) -> Option<&'v str> {
        let text = at.value.as_str();
        if text.is_none() {
            self.wrong(at, format!("must be a string, not {}", at.value.type_str()));
        }
        text
    }

    pub(crate) fn flag(&mut self, at: &At<'_, '_>) -> Option<bool> {
        let flag = at.value.as_bool();
        if flag.is_none() {
            self.wrong(at, "must be true or false");
        }
        flag
    }

    /// One string or a list of them.
    pub(crate) fn strings(&mut self, at: &At<'_, '_>) -> Vec<String> {
        match at.value {
            DeValue::String(one) => vec![one.to_string()],
            DeValue::Array(_) => at.items().iter().filter_map(|item| self.string(item).map(str::to_owned)).collect(),
            _ => {
                self.wrong(at, "must be a string or a list of strings");
                Vec::new()
            }
        }
    }

    /// A table whose keys are all known; the others are problems with a suggestion.
    pub(crate) fn table<'v, 't>(&mut self, at: &At<'v, 't>, known: &[&str]) -> Vec<(String, At<'v, 't>)> {
        if !at.value.is_table() {
            self.wrong(at, format!("must be a table, not {}", at.value.type_str()));
            return Vec::new();
        }
        let entries = at.entries();
        for (name, entry) in &entries {
            if !known.contains(&name.as_str()) {
                let message = format!("is not known here{}", meant(name, known.iter().copied()));
                self.wrong(entry, message);
            }
        }
        entries
    }
}

/// The root of a parsed text.
pub(crate) fn root<'v, 't>(table: &'v DeValue<'t>) -> At<'v, 't> {
    At { key: String::new(), span: 0..0, value: table }
}

/// "; did you mean `x`?", where something known is close enough, else the list of what is known.
pub(crate) fn meant<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().map(|k| (strsim::damerau_levenshtein(word, k), *k)).filter(|(d, k)| *d <= 2.max(k.chars().count() / 3)).min();
    match near {
        Some((_, near)) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => String::new(),
        None => format!(" (known: {})", known.join(", ")),
    }
}
