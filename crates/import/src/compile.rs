//! From a mapping's TOML to [`FileKind`]s, with every mistake named.

use crate::cell::fold;
use crate::convert::{Conversion, Value, Words};
use crate::error::Problem;
use crate::mapping::{Column, Condition, FactRule, FileKind, Spellings, known_fields, names_order};
use crate::template::{CellRef, Expression, Template};
use crate::toml_walk::{At, Walk, meant, root};
use parcelward_casework::words::{FactType, Platform};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;
use toml::de::DeValue;

const TOP: &[&str] = &["platform", "also", "empty", "words", "file"];
const FILE: &[&str] = &["title", "recognise", "not", "shop", "column", "skip", "fact"];
const COLUMN: &[&str] = &["header", "as", "required"];
const FACT: &[&str] = &["type", "needs", "lacks", "when", "time", "key", "data"];

/// The keys that a mapping may have: at its top, of a kind of file, of a column, of a fact. For whoever describes mappings to editors.
#[must_use]
pub const fn mapping_keys() -> [(&'static str, &'static [&'static str]); 4] {
    [("top", TOP), ("file", FILE), ("column", COLUMN), ("fact", FACT)]
}

/// Compiles one mapping file.
///
/// # Errors
/// Every problem in it.
pub(crate) fn compile(file: &str, text: &str) -> Result<Vec<FileKind>, Vec<Problem>> {
    let mut walk = Walk::new(file, text.strip_prefix('\u{feff}').unwrap_or(text));
    let Some(parsed) = walk.parse() else { return Err(walk.problems) };
    let whole = DeValue::Table(parsed.into_inner());
    let entries = walk.table(&root(&whole), TOP);
    let get = |name: &str| entries.iter().find(|(n, _)| n == name).map(|(_, at)| at);
    let platform = match get("platform") {
        None => {
            walk.problem("platform", 0..0, format!("is missing ({})", Platform::WORDS.join(", ")));
            None
        }
        Some(at) => walk.string(at).and_then(|word| word_of(&mut walk, at, word, Platform::from_word, Platform::WORDS)),
    };
    let also: Vec<Platform> = match get("also") {
        None => Vec::new(),
        Some(at) => {
            let words = walk.strings(at);
            words.iter().filter_map(|word| word_of(&mut walk, at, word, Platform::from_word, Platform::WORDS)).collect()
        }
    };
    let empty = get("empty").map(|at| walk.strings(at)).unwrap_or_default();
    let words = get("words").map(|at| compile_words(&mut walk, at)).unwrap_or_default();
    let mut kinds = Vec::new();
    match get("file") {
        None => walk.problem("file", 0..0, "is missing: a mapping needs at least one [file.<name>]"),
        Some(at) => {
            if !at.value.is_table() {
                walk.wrong(at, "must be a table of [file.<name>]");
            }
            for (name, file) in at.entries() {
                let mut compiler = FileCompiler { walk: &mut walk, words: &words, columns: Vec::new() };
                let platform = platform.unwrap_or(Platform::Other);
                if let Some(mut kind) = compiler.file(&name, &file, platform) {
                    kind.empty.clone_from(&empty);
                    for other in also.iter().filter(|other| **other != platform) {
                        kinds.push(FileKind { name: format!("{other}.{name}"), platform: *other, only_named: true, ..kind.clone() });
                    }
                    kinds.push(kind);
                }
            }
        }
    }
    if walk.problems.is_empty() { Ok(kinds) } else { Err(walk.problems) }
}

fn word_of<T>(walk: &mut Walk<'_>, at: &At<'_, '_>, word: &str, from: fn(&str) -> Option<T>, known: &[&str]) -> Option<T> {
    let value = from(word);
    if value.is_none() {
        walk.wrong(at, format!("`{word}` is not known here{}", meant(word, known.iter().copied())));
    }
    value
}

fn compile_words(walk: &mut Walk<'_>, at: &At<'_, '_>) -> HashMap<String, Arc<Words>> {
    let mut lists = HashMap::new();
    if !at.value.is_table() {
        walk.wrong(at, "must be a table of [words.<list>]");
    }
    for (name, list) in at.entries() {
        if !list.value.is_table() {
            walk.wrong(&list, "must be a table of words");
        }
        let mut words = Words { name: name.clone(), ..Words::default() };
        for (word, meaning) in list.entries() {
            // An empty meaning: the word says nothing.
            let to = match meaning.value.as_bool() {
                Some(flag) => Some(Value::Flag(flag)),
                None => match walk.string(&meaning) {
                    Some(to) => Some(to).filter(|t| !t.is_empty()).map(|t| Value::Text(t.to_owned())),
                    None => continue,
                },
            };
            if word == "*" {
                words.other = Some(to);
            } else if words.known.insert(fold(&word), to).is_some() {
                walk.wrong(&meaning, "stands twice in this list (spaces, width and case do not count)");
            }
        }
        lists.insert(name, Arc::new(words));
    }
    lists
}

struct FileCompiler<'w, 'a> {
    walk: &'w mut Walk<'a>,
    words: &'w HashMap<String, Arc<Words>>,
    columns: Vec<Column>,
}

impl FileCompiler<'_, '_> {
    fn file(&mut self, name: &str, at: &At<'_, '_>, platform: Platform) -> Option<FileKind> {
        let entries = self.walk.table(at, FILE);
        let get = |name: &str| entries.iter().find(|(n, _)| n == name).map(|(_, at)| at);
        if let Some(title) = get("title") {
            self.walk.string(title);
        }
        for (column, at) in get("column").map(At::entries).unwrap_or_default() {
            self.column(&column, &at);
        }
        let headers = |walk: &mut Walk<'_>, at: Option<&At<'_, '_>>| -> Vec<Spellings> {
            let spellings = |h: &String| Spellings(h.split('|').map(fold).filter(|h| !h.is_empty()).collect());
            at.map(|at| walk.strings(at)).unwrap_or_default().iter().map(spellings).filter(|h| !h.0.is_empty()).collect()
        };
        let recognise = headers(self.walk, get("recognise"));
        let not = headers(self.walk, get("not"));
        if recognise.is_empty() {
            self.walk.wrong(at, "needs `recognise`: the headers by which this file is known");
        }
        let shop = get("shop").and_then(|at| {
            let expression = self.expression(at)?;
            expression.0.first().map(|c| c.column)
        });
        let skip = get("skip").map(|at| self.conditions(at)).unwrap_or_default();
        let facts: Vec<FactRule> = get("fact").map(At::items).unwrap_or_default().iter().filter_map(|fact| self.fact(fact)).collect();
        if get("fact").is_none_or(|f| f.items().is_empty()) {
            self.walk.wrong(at, format!("needs at least one [[{}.fact]]", at.key));
        }
        let name = format!("{platform}.{name}");
        let columns = std::mem::take(&mut self.columns);
        Some(FileKind { name, platform, only_named: false, recognise, not, columns, skip, facts, empty: Vec::new(), shop })
    }

    fn column(&mut self, name: &str, at: &At<'_, '_>) {
        let entries = self.walk.table(at, COLUMN);
        let get = |name: &str| entries.iter().find(|(n, _)| n == name).map(|(_, at)| at);
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            self.walk.wrong(at, "a column's name has letters, digits and _ only");
        }
        let headers = get("header").map(|at| self.walk.strings(at)).unwrap_or_default();
        if headers.iter().all(|h| fold(h).is_empty()) {
            self.walk.wrong(at, "needs `header`: the spellings of its header");
        }
        let conversion = match get("as") {
            None => Some(Conversion::Text),
            Some(at) => self.walk.string(at).and_then(|word| self.conversion(at, word)),
        };
        let required = get("required").and_then(|at| self.walk.flag(at)).unwrap_or(false);
        // A column with a mistake stays known, so that one mistake is not told twice.
        let conversion = conversion.unwrap_or(Conversion::Text);
        self.columns.push(Column { name: name.to_owned(), headers, conversion, required });
    }

    fn conversion(&mut self, at: &At<'_, '_>, word: &str) -> Option<Conversion> {
        let found = match word.strip_prefix("words.") {
            Some(list) => self.words.get(list).map(|words| Conversion::Word(Arc::clone(words))),
            None => Conversion::from_name(word),
        };
        if found.is_none() {
            let lists: Vec<String> = self.words.keys().map(|list| format!("words.{list}")).collect();
            let mut known: Vec<&str> = Conversion::NAMES.iter().copied().chain(lists.iter().map(String::as_str)).collect();
            known.sort_unstable();
            self.walk.wrong(at, format!("`{word}` is no conversion{}", meant(word, known.into_iter())));
        }
        found
    }

    /// `$name`, `$name.part`, or several of them with `|` between.
    fn expression(&mut self, at: &At<'_, '_>) -> Option<Expression> {
        let text = self.walk.string(at)?;
        self.expression_of(at, text)
    }

    fn expression_of(&mut self, at: &At<'_, '_>, text: &str) -> Option<Expression> {
        let mut cells = Vec::new();
        for term in text.split('|').map(str::trim) {
            let Some(term) = term.strip_prefix('$') else {
                self.walk.wrong(at, format!("`{term}` must name a column (`$name`)"));
                return None;
            };
            let (name, part) = term.split_once('.').map_or((term, None), |(name, part)| (name, Some(part)));
            let Some(column) = self.columns.iter().position(|c| c.name == name) else {
                let message = format!("there is no column `{name}`{}", meant(name, self.columns.iter().map(|c| c.name.as_str())));
                self.walk.wrong(at, message);
                return None;
            };
            let is_address = matches!(self.columns[column].conversion, Conversion::Address);
            if let Some(part) = part
                && !(is_address && ["province", "city", "district", "detail"].contains(&part))
            {
                self.walk.wrong(at, format!("`{name}` has no part `{part}` (an address column has province, city, district, detail)"));
                return None;
            }
            cells.push(CellRef { column, part: part.map(str::to_owned) });
        }
        Some(Expression(cells))
    }

    fn conditions(&mut self, at: &At<'_, '_>) -> Vec<Condition> {
        if !at.value.is_table() {
            self.walk.wrong(at, "must be a table: column = [\"value\", …]");
        }
        let mut conditions = Vec::new();
        for (name, values) in at.entries() {
            let any_of = self.walk.strings(&values);
            match self.columns.iter().position(|c| c.name == name) {
                Some(column) => conditions.push(Condition { column, any_of }),
                None => {
                    let message = format!("there is no column `{name}`{}", meant(&name, self.columns.iter().map(|c| c.name.as_str())));
                    self.walk.wrong(&values, message);
                }
            }
        }
        conditions
    }

    fn fact(&mut self, at: &At<'_, '_>) -> Option<FactRule> {
        let entries = self.walk.table(at, FACT);
        let get = |name: &str| entries.iter().find(|(n, _)| n == name).map(|(_, at)| at);
        let need = |walk: &mut Walk<'_>, name: &str| {
            let found = get(name);
            if found.is_none() {
                walk.wrong(at, format!("needs `{name}`"));
            }
            found
        };
        let (kind, time, key, data) =
            (need(self.walk, "type")?, need(self.walk, "time")?, need(self.walk, "key")?, need(self.walk, "data")?);
        let word = self.walk.string(kind)?;
        let fact_type = word_of(self.walk, kind, word, FactType::from_word, FactType::WORDS)?;
        if known_fields(fact_type).is_empty() {
            self.walk.wrong(kind, "cannot be made from a table");
            return None;
        }
        let list = |at: &At<'_, '_>| -> usize { at.value.as_array().map_or(0, |l| l.len()) };
        let expressions = |compiler: &mut Self, at: &At<'_, '_>| -> Vec<Expression> {
            if list(at) > 0 {
                at.items().iter().filter_map(|item| compiler.expression(item)).collect()
            } else {
                compiler.expression(at).into_iter().collect()
            }
        };
        let needs = get("needs").map(|at| expressions(self, at)).unwrap_or_default();
        let lacks = get("lacks").map(|at| expressions(self, at)).unwrap_or_default();
        let when = get("when").map(|at| self.conditions(at)).unwrap_or_default();
        let key = expressions(self, key);
        let time = self.time(time);
        if !data.value.is_table() {
            self.walk.wrong(data, "must be a table");
        }
        let mut fields = Vec::new();
        for (name, value) in data.entries() {
            if !known_fields(fact_type).contains(&name.as_str()) {
                let message = format!("`{word}` facts have no such field{}", meant(&name, known_fields(fact_type).iter().copied()));
                self.walk.wrong(&value, message);
                continue;
            }
            if let Some(template) = self.template(&value) {
                fields.push((name, template));
            }
        }
        if names_order(fact_type) && !fields.iter().any(|(name, _)| name == "order_id") {
            self.walk.wrong(data, format!("`{word}` facts need `order_id`"));
        }
        let columns = |list: &[Expression]| list.iter().flat_map(|e| e.0.iter().map(|c| c.column)).collect();
        Some(FactRule { fact_type, needs: columns(&needs), lacks: columns(&lacks), when, time: time?, key, data: fields })
    }

    fn time(&mut self, at: &At<'_, '_>) -> Option<Expression> {
        let expression = self.expression(at)?;
        for cell in &expression.0 {
            let column = &self.columns[cell.column];
            if !matches!(column.conversion, Conversion::Time) {
                let message = format!("column `{}` is no time: write `as = \"time\"` there", column.name);
                self.walk.wrong(at, message);
                return None;
            }
        }
        Some(expression)
    }

    fn template(&mut self, at: &At<'_, '_>) -> Option<Template> {
        match at.value {
            DeValue::String(text) if text.starts_with('$') => match text.strip_suffix('!') {
                Some(text) => self.expression_of(at, text).map(Template::Decisive),
                None => self.expression(at).map(Template::Cells),
            },
            DeValue::String(text) => Some(Template::Constant(Json::String(text.to_string()))),
            DeValue::Boolean(yes) => Some(Template::Constant(Json::Bool(*yes))),
            DeValue::Integer(_) => {
                let n: Option<u64> = at.value.as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
                if n.is_none() {
                    self.walk.wrong(at, "must be a whole number that is not negative");
                }
                n.map(|n| Template::Constant(Json::from(n)))
            }
            DeValue::Table(_) => {
                Some(Template::Table(at.entries().into_iter().filter_map(|(name, value)| Some((name, self.template(&value)?))).collect()))
            }
            DeValue::Array(_) => Some(Template::List(at.items().iter().filter_map(|item| self.template(item)).collect())),
            DeValue::Float(_) | DeValue::Datetime(_) => {
                self.walk.wrong(at, "must be a string, a whole number, true or false, a table or a list");
                None
            }
        }
    }
}
