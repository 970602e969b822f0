//! A TOML text as a tree in which every key and value knows where it stands.
//!
//! figment lays values over each other and forgets their lines; this remembers them. Deliberately absent: what the values mean.

use figment::value::{Dict, Num, Value};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place, in bytes of its text.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its key. Empty for the whole text and for entries of a list.
    pub key: Range<usize>,
    /// The value itself.
    pub value: Range<usize>,
    /// What it is.
    pub holds: Holds,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Holds {
    /// A table.
    Table(BTreeMap<String, Node>),
    /// A list.
    List(Vec<Node>),
    /// A text. A date without quotes counts as its text: an operator may leave them out.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with a point.
    Fraction(f64),
    /// True or false.
    Flag(bool),
}

/// Why a text is no TOML: what is wrong, and where.
pub(super) type SyntaxError = (String, Range<usize>);

/// Reads a text; every mistake in it, not only the first.
pub(super) fn parse(text: &str) -> Result<Node, Vec<SyntaxError>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node { key: 0..0, value: 0..text.len(), holds: Holds::Table(entries(table.into_inner())) });
    }
    let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count();
    let is_header = |at: usize| text.lines().nth(at).is_some_and(|line| line.trim_start().starts_with('['));
    let mut told: Vec<SyntaxError> = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().lines().next().unwrap_or("is no TOML");
        if let Some((before, last)) = told.last() {
            // What follows a mistake on the same line is mostly that mistake again, and so are the keys of a table that stands twice.
            let again = message == "duplicate key" && before == message && is_header(line(last.start));
            if line(last.start) == line(span.start) || again && (line(last.start) + 1..=line(span.start)).all(|at| !is_header(at)) {
                continue;
            }
            // Inside a list that does not end, everything is wrong.
            if before.starts_with("missing comma") || before.starts_with("unclosed") {
                break;
            }
        }
        told.push((message.to_owned(), span));
    }
    Err(told)
}

fn entries(table: DeTable<'_>) -> BTreeMap<String, Node> {
    table.into_iter().map(|(key, value)| (key.get_ref().to_string(), node(key.span(), value))).collect()
}

fn node(key: Range<usize>, value: Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let holds = match value.into_inner() {
        DeValue::String(text) => Holds::Text(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(whole) => Holds::Whole(whole),
            Err(_) => Holds::Text(number.as_str().to_owned()),
        },
        DeValue::Float(number) => Holds::Fraction(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Holds::Flag(flag),
        DeValue::Datetime(date) => Holds::Text(date.to_string()),
        DeValue::Array(list) => Holds::List(list.into_iter().map(|entry| node(0..0, entry)).collect()),
        DeValue::Table(table) => Holds::Table(entries(table)),
    };
    Node { key, value: span, holds }
}

impl Node {
    /// A table of one key in another (`server.listen`), of a layer that is no file.
    pub fn made(path: &[String], text: &str) -> Node {
        let leaf = Node { key: 0..0, value: 0..0, holds: Holds::Text(text.to_owned()) };
        path.iter().rev().fold(leaf, |inner, key| Node {
            key: 0..0,
            value: 0..0,
            holds: Holds::Table(BTreeMap::from([(key.clone(), inner)])),
        })
    }

    /// The value below a key or a place in a list.
    pub fn child(&self, segment: &str) -> Option<&Node> {
        match &self.holds {
            Holds::Table(table) => table.get(segment),
            Holds::List(list) => segment.parse::<usize>().ok().and_then(|i| list.get(i)),
            _ => None,
        }
    }

    /// The value at a path.
    pub fn find(&self, path: &[String]) -> Option<&Node> {
        path.iter().try_fold(self, |node, segment| node.child(segment))
    }

    /// Takes the value at a path out.
    pub fn remove(&mut self, path: &[String]) {
        let (Holds::Table(table), Some((first, rest))) = (&mut self.holds, path.split_first()) else { return };
        if rest.is_empty() {
            table.remove(first);
        } else if let Some(below) = table.get_mut(first) {
            below.remove(rest);
        }
    }

    /// The text that it is, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.holds {
            Holds::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What a problem with it is pointed at: the value where it stands on one line, else its key.
    pub fn mark(&self, text: &str) -> Range<usize> {
        let one_line = text.get(self.value.clone()).is_some_and(|value| !value.contains('\n'));
        let leaf = !matches!(self.holds, Holds::Table(_));
        if (one_line && leaf) || self.key.is_empty() { self.value.clone() } else { self.key.clone() }
    }

    /// The innermost value that begins here.
    pub fn beginning_at(&self, at: usize) -> Option<&Node> {
        let below = match &self.holds {
            Holds::Table(table) => table.values().find_map(|node| node.beginning_at(at)),
            Holds::List(list) => list.iter().find_map(|node| node.beginning_at(at)),
            _ => None,
        };
        below.or_else(|| (self.value.start == at && !self.value.is_empty()).then_some(self))
    }

    /// Every value that is no table, with its path.
    pub fn leaves(&self) -> Vec<(Vec<String>, &Node)> {
        fn walk<'a>(node: &'a Node, path: &mut Vec<String>, out: &mut Vec<(Vec<String>, &'a Node)>) {
            match &node.holds {
                Holds::Table(table) => {
                    for (key, below) in table {
                        path.push(key.clone());
                        walk(below, path, out);
                        path.pop();
                    }
                }
                _ => out.push((path.clone(), node)),
            }
        }
        let mut out = Vec::new();
        walk(self, &mut Vec::new(), &mut out);
        out
    }

    /// The same as TOML, on one line: whatever stands in it, and nothing of how it was laid out.
    pub fn to_toml(&self) -> String {
        let key = |key: &String| super::problem::dotted(std::slice::from_ref(key));
        match &self.holds {
            Holds::Text(text) => quoted(text),
            Holds::Whole(whole) => whole.to_string(),
            Holds::Fraction(fraction) => fraction.to_string(),
            Holds::Flag(flag) => flag.to_string(),
            Holds::List(list) => format!("[{}]", list.iter().map(Node::to_toml).collect::<Vec<_>>().join(", ")),
            Holds::Table(table) => {
                let entries: Vec<String> = table.iter().map(|(k, node)| format!("{} = {}", key(k), node.to_toml())).collect();
                if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
            }
        }
    }

    /// The same for figment.
    pub fn to_value(&self) -> Value {
        match &self.holds {
            Holds::Table(_) => Value::from(self.to_dict()),
            Holds::List(list) => Value::from(list.iter().map(Node::to_value).collect::<Vec<_>>()),
            Holds::Text(text) => Value::from(text.as_str()),
            Holds::Whole(whole) => Value::from(Num::I64(*whole)),
            Holds::Fraction(fraction) => Value::from(Num::F64(*fraction)),
            Holds::Flag(flag) => Value::from(*flag),
        }
    }

    /// A table for figment; empty for what is none.
    pub fn to_dict(&self) -> Dict {
        match &self.holds {
            Holds::Table(table) => table.iter().map(|(key, node)| (key.clone(), node.to_value())).collect(),
            _ => Dict::new(),
        }
    }
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Whether two values are the same, wherever they stand.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (&a.holds, &b.holds) {
        (Holds::List(a), Holds::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Holds::Table(a), Holds::Table(b)) => a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b)),
        (Holds::Text(a), Holds::Text(b)) => a == b,
        (Holds::Whole(a), Holds::Whole(b)) => a == b,
        (Holds::Fraction(a), Holds::Fraction(b)) => a == b,
        (Holds::Flag(a), Holds::Flag(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::problem::segments;

    #[test]
    fn every_value_knows_where_it_stands() {
        let text = "[rule.\"pdd.collect\"]\nlength = \"24h\"\n[[rule.\"pdd.collect\".versions]]\nladder = [\"1h\",\n  \"2h\"]\n";
        let tree = parse(text).unwrap();
        let marked = |key: &str| &text[tree.find(&segments(key)).unwrap().mark(text)];
        assert_eq!(marked("rule.\"pdd.collect\".length"), "\"24h\"");
        assert_eq!(marked("rule.\"pdd.collect\".versions[0].ladder"), "ladder", "of several lines: the key");
        assert_eq!(marked("rule.\"pdd.collect\".versions[0].ladder[1]"), "\"2h\"");
        assert_eq!(marked("rule.\"pdd.collect\""), "\"pdd.collect\"");
    }

    #[test]
    fn every_mistake_is_told_once() {
        let errors = parse("a = 24h\nb = \nc = \"1\"\nc = \"2\"\n").unwrap_err();
        assert_eq!(errors.len(), 3, "{errors:?}");
    }
}
