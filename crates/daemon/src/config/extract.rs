//! Layers of TOML laid over each other, turned into types; everything that does not fit is said, not only the first thing.
//!
//! This is the one place where figment is used: it merges and it deserialises. It forgets lines, so where a key was said is looked up in
//! the trees that the layers were read from. Deliberately absent: what any key means.

use super::files::TomlFile;
use super::problem::{Place, Problem, dotted, listed, nearest, segments};
use super::tree::{Holds, Node, same};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How high a layer lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Built into the binary.
    BuiltIn,
    /// A file of the operator's folder.
    File,
    /// A drop-in of the operator's folder.
    DropIn,
    /// An environment variable.
    Environment,
    /// A credential of the service manager.
    Credential,
}

/// One layer: a file, an environment variable, a credential.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// As problems name it.
    pub name: String,
    /// How high it lies.
    pub rank: Rank,
    /// The text of a file.
    pub text: Option<Arc<str>>,
    /// What it says.
    pub tree: Arc<Node>,
}

impl Layer {
    /// A layer that says one thing and is no file.
    pub(super) fn of_one(name: String, rank: Rank, path: &[String], text: &str) -> Self {
        Layer { name, rank, text: None, tree: Arc::new(Node::made(path, text)) }
    }
}

impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.tree.to_dict()))
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file, variable or credential.
    pub name: String,
    /// How high it lies.
    pub rank: Rank,
    /// Where in the file.
    pub place: Option<Place>,
}

/// Merged layers, with the place of each key.
pub(super) struct Merged {
    figment: Figment,
    value: Value,
    layers: Vec<Layer>,
    /// What problems of no key of their own are put down to.
    place: String,
}

impl Merged {
    /// Merges files, later ones over earlier ones, key by key. Files that are no TOML are left out and said; so is a key that two files of
    /// one folder say differently, since the order of their names would decide.
    pub(super) fn of(place: &str, files: &[TomlFile], problems: &mut Vec<Problem>) -> Self {
        let mut merged = Merged { figment: Figment::new(), value: Value::from(Dict::new()), layers: Vec::new(), place: place.to_owned() };
        for file in files {
            match file.layer() {
                Ok(layer) => merged.layers.push(layer),
                Err(found) => problems.extend(found),
            }
        }
        merged.shapes(problems);
        merged.contradictions(problems);
        merged.figment = merged.layers.iter().fold(Figment::new(), |figment, layer| figment.merge(layer));
        merged.read()
    }

    fn read(mut self) -> Self {
        self.value = self.figment.find_value("").unwrap_or_else(|_| Value::from(Dict::new()));
        self
    }

    /// With one more layer on top.
    pub(super) fn merge(mut self, layer: Layer) -> Self {
        self.figment = self.figment.merge(&layer);
        self.layers.push(layer);
        self.read()
    }

    /// With values that were read elsewhere. Their places are looked up there.
    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        let path = segments(key);
        let nested = path.iter().rev().fold(value, |inner, key| Value::from(Dict::from([(key.clone(), inner)])));
        if let Value::Dict(_, dict) = nested {
            self.figment = self.figment.merge(figment::providers::Serialized::defaults(dict));
        }
        self.read()
    }

    /// Without a key, for reading on where it does not fit. Its place stays known.
    pub(super) fn without(mut self, key: &str) -> Self {
        let path = segments(key);
        let replaced = self.shipped(&path).map(Node::to_value).is_some_and(|shipped| put(&mut self.value, &path, shipped));
        if !replaced {
            remove(&mut self.value, &path);
        }
        self
    }

    /// How high the layer lies that said a key; `None` where none says it.
    pub(super) fn rank_of(&self, key: &str) -> Option<Rank> {
        self.says(key).then(|| self.said(&segments(key)).map(|(layer, _)| layer.rank)).flatten()
    }

    /// Of several keys that do not go together, the one that lies highest: what the operator wrote last.
    pub(super) fn blame<'k>(&self, keys: &[&'k str]) -> &'k str {
        let highest = keys.iter().rev().max_by_key(|key| self.rank_of(key));
        highest.copied().unwrap_or_default()
    }

    /// Whether a layer says this very key.
    pub(super) fn says(&self, key: &str) -> bool {
        let path = segments(key);
        self.layers.iter().any(|layer| layer.tree.find(&path).is_some())
    }

    /// The names of the top-level tables and keys.
    pub(super) fn top_keys(&self) -> Vec<String> {
        self.value.as_dict().map(|d| d.keys().cloned().collect()).unwrap_or_default()
    }

    /// The value of a key, as figment holds it.
    pub(super) fn value_of(&self, key: &str) -> Option<Value> {
        segments(key).iter().try_fold(&self.value, child).cloned()
    }

    /// Every value that holds, in the order of the keys, with where it comes from.
    pub(super) fn effective(&self) -> Vec<(Vec<String>, &Node, Origin)> {
        let mut out: BTreeMap<Vec<String>, (&Node, &Layer)> = BTreeMap::new();
        for layer in &self.layers {
            for (path, node) in layer.tree.leaves() {
                out.insert(path, (node, layer));
            }
        }
        let origin = |layer: &Layer, node: &Node| Origin { name: layer.name.clone(), rank: layer.rank, place: place_of(layer, node) };
        out.into_iter().map(|(path, (node, layer))| (path, node, origin(layer, node))).collect()
    }

    /// What the shipped files say at a key.
    pub(super) fn shipped(&self, path: &[String]) -> Option<&Node> {
        self.layers.iter().filter(|layer| layer.rank == Rank::BuiltIn).rev().find_map(|layer| layer.tree.find(path))
    }

    /// The layer that a key's value comes from, and the value; where the key is missing, the nearest table above it.
    fn said(&self, path: &[String]) -> Option<(&Layer, &Node)> {
        // A list is one layer's: its entries are looked for nowhere else.
        let list = path.iter().enumerate().find(|(at, _)| self.is_list(&path[..*at])).map(|(at, _)| at);
        if let Some(at) = list {
            let layer = self.layers.iter().rev().find(|layer| layer.tree.find(&path[..at]).is_some())?;
            let depth = (at..=path.len()).rev().find(|depth| layer.tree.find(&path[..*depth]).is_some())?;
            return layer.tree.find(&path[..depth]).map(|node| (layer, node));
        }
        (1..=path.len())
            .rev()
            .find_map(|depth| self.layers.iter().rev().find_map(|layer| layer.tree.find(&path[..depth]).map(|node| (layer, node))))
    }

    fn is_list(&self, path: &[String]) -> bool {
        matches!(path.iter().try_fold(&self.value, child), Some(Value::Array(..)))
    }

    /// The file that said a key; where the key is missing, the file that last said the table above it.
    pub(super) fn file_of(&self, key: &[String]) -> String {
        self.said(key).map_or_else(|| self.place.clone(), |(layer, _)| layer.name.clone())
    }

    /// Where a key is said.
    pub(super) fn place_of(&self, key: &str) -> Option<Place> {
        self.said(&segments(key)).and_then(|(layer, node)| place_of(layer, node))
    }

    /// A problem at a key's value, put down to where it was said.
    pub(super) fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        Problem::new(self.file_of(&segments(key)), key, message).at(self.place_of(key))
    }

    /// A problem with a key's name.
    pub(super) fn problem_with_name(&self, key: &str, message: impl Into<String>) -> Problem {
        let named = self.said(&segments(key)).and_then(|(layer, node)| {
            let text = layer.text.as_ref().filter(|_| !node.key.is_empty())?;
            Some(Place::new(text, node.key.clone()))
        });
        Problem { place: named.or_else(|| self.place_of(key)), ..self.problem(key, message) }
    }

    /// A key that is not known here.
    pub(super) fn unknown_key(&self, key: &str, known: &[&str]) -> Problem {
        let path = segments(key);
        let name = path.last().map(String::as_str).unwrap_or_default();
        let meant = nearest(name, known.iter().copied());
        let message = if meant.is_some() || known.len() > 12 {
            format!("there is no setting `{name}` here")
        } else {
            format!("there is no setting `{name}` here: known are {}", listed(known.iter().copied()).replace(" or ", " and "))
        };
        self.problem_with_name(key, message).code("unknown-key").meant(meant)
    }

    /// Says lists where the shipped files have a table, and leaves them out: serde would read one as the table's values in their order.
    fn shapes(&mut self, problems: &mut Vec<Problem>) {
        let mut bad = Vec::new();
        for (n, layer) in self.layers.iter().enumerate().filter(|(_, layer)| layer.rank > Rank::BuiltIn) {
            for (path, node) in layer.tree.leaves() {
                let is_table = self.shipped(&path).is_some_and(|shipped| matches!(shipped.holds, Holds::Table(_)));
                if is_table && matches!(node.holds, Holds::List(_)) {
                    let key = dotted(&path);
                    let message = format!("is a list, but must be a table: write `[{key}]`, in single brackets");
                    problems.push(Problem::new(&layer.name, &key, message).code("wrong-type").at(place_of(layer, node)));
                    bad.push((n, path));
                }
            }
        }
        for (n, path) in bad {
            Arc::make_mut(&mut self.layers[n].tree).remove(&path);
        }
    }

    fn contradictions(&self, problems: &mut Vec<Problem>) {
        let mut seen: BTreeMap<(Rank, Vec<String>), (&Layer, &Node)> = BTreeMap::new();
        for layer in self.layers.iter().filter(|layer| layer.rank == Rank::File) {
            for (path, node) in layer.tree.leaves() {
                let Some((first, before)) = seen.insert((layer.rank, path.clone()), (layer, node)) else { continue };
                if same(before, node) {
                    continue;
                }
                let also = super::problem::Also { file: first.name.clone(), place: place_of(first, before) };
                let line = also.place.as_ref().map(|p| format!(":{}", p.line)).unwrap_or_default();
                let message = format!(
                    "{}{line} says something else, and neither lies over the other: keep one, or move one into a drop-in folder",
                    first.name
                );
                let problem = Problem::new(&layer.name, dotted(&path), message).code("contradiction").at(place_of(layer, node));
                problems.push(Problem { also: Some(Box::new(also)), ..problem });
            }
        }
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
            let problem = self.misfit(&error.kind, &mut path);
            if said.insert(path.clone()) {
                problems.push(problem);
                // The shipped value in its place, so that its neighbours are read all the same.
                let shipped = self.shipped(&path).map(Node::to_value);
                let replaced = shipped.is_some_and(|shipped| put(&mut value, &path, shipped));
                if replaced || remove(&mut value, &path) {
                    continue;
                }
            }
            // What is missing, or wrong as shipped, goes with the table that it stands in; that is then not missing as well.
            loop {
                path.pop();
                if path.is_empty() {
                    return None;
                }
                said.insert(path.clone());
                if remove(&mut value, &path) {
                    break;
                }
            }
        }
    }

    /// What figment found, as an operator reads it. Completes the path where figment stops one short of the key.
    fn misfit(&self, kind: &figment::error::Kind, path: &mut Vec<String>) -> Problem {
        use figment::error::Kind;
        let mut end_with = |name: &str| {
            if path.last().map(String::as_str) != Some(name) {
                path.push(name.to_owned());
            }
            dotted(path)
        };
        match kind {
            Kind::UnknownField(name, known) => self.unknown_key(&end_with(name), known),
            Kind::MissingField(name) => self.problem_with_name(&end_with(name), "is missing").code("missing"),
            Kind::InvalidType(found, expected) => {
                let key = dotted(path);
                self.problem(&key, format!("is {}, but must be {}", a_kind(found), what_is_wanted(expected, &key))).code("wrong-type")
            }
            Kind::InvalidValue(figment::error::Actual::Str(word), expected) if expected.starts_with("one of ") => {
                let known: Vec<&str> = expected.trim_start_matches("one of ").split(", ").collect();
                let problem = self.problem(&dotted(path), format!("`{word}` is none of {}", listed(known.iter().copied())));
                problem.code("unknown-name").meant(nearest(word, known))
            }
            Kind::UnknownVariant(word, known) => {
                let problem = self.problem(&dotted(path), format!("`{word}` is none of {}", listed(known.iter().copied())));
                problem.code("unknown-name").meant(nearest(word, known.iter().copied()))
            }
            Kind::InvalidValue(found, expected) => {
                let key = dotted(path);
                self.problem(&key, format!("is {}, but must be {}", a_kind(found), what_is_wanted(expected, &key)))
            }
            Kind::Message(text) if text == parcelward_courier::SecretReference::LITERAL => {
                self.problem_with_name(&dotted(path), text.clone()).code("literal-secret")
            }
            Kind::Message(text) if text.contains("RawLadder") => {
                self.problem(&dotted(path), "is no ladder: write `[\"12h\", \"4h\"]` or `\"at due\"`").code("wrong-type")
            }
            Kind::Message(text) if text.contains("RawSteps") => {
                self.problem(&dotted(path), "is neither a list of steps nor \"not on this platform\"").code("wrong-type")
            }
            kind => self.problem(&dotted(path), kind.to_string()),
        }
    }
}

fn place_of(layer: &Layer, node: &Node) -> Option<Place> {
    let text = layer.text.as_ref()?;
    let mark = node.mark(text);
    (!mark.is_empty()).then(|| Place::new(text, mark))
}

/// What was found, in an operator's words. A text itself is not repeated: it may be a secret.
fn a_kind(found: &figment::error::Actual) -> String {
    use figment::error::Actual as A;
    match found {
        A::Bool(flag) => format!("`{flag}`"),
        A::Unsigned(n) => format!("the number {n}"),
        A::Signed(n) => format!("the number {n}"),
        A::Float(n) => format!("the number {n}"),
        A::Char(_) | A::Str(_) | A::Bytes(_) => "a text".to_owned(),
        A::Map => "a table".to_owned(),
        A::Seq => "a list".to_owned(),
        other => other.to_string(),
    }
}

/// What would be right, in an operator's words.
fn what_is_wanted(expected: &str, key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or_default();
    match expected {
        "a string" | "path string" | "a character" => match last {
            "length" => "a text with its unit, such as \"48h\", \"2d\" or \"3 working days\"".to_owned(),
            _ if last.ends_with("_time") || key.starts_with("policy.again.") || last == "eta_gate" => {
                "a text with its unit, such as \"30s\", \"8h\" or \"2d\"".to_owned()
            }
            _ => "a text in quotes".to_owned(),
        },
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list, such as `[\"…\"]`".to_owned(),
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" if last == "hours" => "a whole number of staffed hours, such as 4".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i64" | "i32" => "a whole number".to_owned(),
        _ if expected.starts_with("struct ") || expected == "a map" => "a table with settings of its own".to_owned(),
        other => other.to_owned(),
    }
}

fn child<'a>(value: &'a Value, segment: &String) -> Option<&'a Value> {
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

/// Puts a value in place of another; whether there was one and it differs.
fn put(value: &mut Value, path: &[String], new: Value) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match value {
        Value::Dict(_, dict) if rest.is_empty() => dict.get_mut(first).is_some_and(|old| {
            let differs = *old != new;
            *old = new;
            differs
        }),
        Value::Dict(_, dict) => dict.get_mut(first).is_some_and(|v| put(v, rest, new)),
        _ => false,
    }
}

/// What a table of a tree holds, by key.
pub(super) fn table(node: &Node) -> Option<&BTreeMap<String, Node>> {
    match &node.holds {
        Holds::Table(table) => Some(table),
        _ => None,
    }
}
