//! The page of settings: every key of every file, from the schemas.

use super::{cell, code};
use crate::config::whole_schemas;
use serde_json::Value;
use std::fmt::Write as _;

/// The page.
#[must_use]
pub fn settings() -> String {
    let mut page = String::from(
        "# Settings\n\nEvery key of every file of the configuration. Made by `parcelward docs settings`; do not edit it.\n\
         How files, drop-ins and the environment lie over each other is told in [configuration.md](configuration.md).\n",
    );
    for (name, schema) in whole_schemas() {
        let about = schema["description"].as_str().unwrap_or_default().trim_end_matches('.');
        let (what, files) = about.rsplit_once(" (").unwrap_or((about, name));
        let _ = write!(page, "\n## {}\n\n{what}.\n\n| key | value | what it is |\n| --- | --- | --- |\n", files.trim_end_matches(')'));
        rows(&schema, "", &mut page);
    }
    page
}

fn rows(schema: &Value, path: &str, page: &mut String) {
    let key = |name: &str| {
        let name = if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() };
        if path.is_empty() { name } else { format!("{path}.{name}") }
    };
    let named = schema["properties"].as_object();
    if let Some(one) = alike(schema) {
        return rows(one, &key("NAME"), page);
    }
    for (name, inner) in named.into_iter().flatten() {
        rows(inner, &key(name), page);
    }
    if named.is_none() {
        let is_list_of_tables = schema["items"]["properties"].is_object();
        let about = schema["description"].as_str().unwrap_or_default();
        let _ = writeln!(page, "| {} | {} | {} |", code(path), value_of(schema), cell(about));
        // A version of a rule has the keys of the rule.
        if is_list_of_tables && !path.ends_with(".versions") {
            rows(&schema["items"], &format!("{path}[]"), page);
        }
    }
}

/// What the keys of a table hold, where each holds the same: rules by id, tasks by kind, words by value.
fn alike(schema: &Value) -> Option<&Value> {
    if schema["additionalProperties"].is_object() {
        return Some(&schema["additionalProperties"]).filter(|one| one["properties"].is_object());
    }
    let named: Vec<&Value> = schema["properties"].as_object()?.values().collect();
    let same = |a: &Value, b: &Value| a["type"] == b["type"] && a["description"] == b["description"];
    let first = named.first()?;
    let described_alike = named.iter().all(|one| same(one, first)) || named.iter().all(|one| one["properties"]["daily"].is_object());
    let by_name = ["Lengths for situations", "What a result"]
        .iter()
        .any(|begin| schema["description"].as_str().is_some_and(|d| d.starts_with(begin)));
    if named.len() < 2 && !by_name || !described_alike {
        return None;
    }
    named.into_iter().max_by_key(|one| one["properties"].as_object().map_or(0, serde_json::Map::len))
}

fn value_of(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return if words.len() > 12 { "a name".to_owned() } else { words.iter().map(|w| code(w)).collect::<Vec<_>>().join(", ") };
    }
    if let Some(options) = schema["oneOf"].as_array() {
        return options.iter().map(value_of).collect::<Vec<_>>().join(" or ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", value_of(&schema["items"])),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("integer") => match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
            (Some(least), Some(most)) => format!("number, {least} to {most}"),
            _ => "number".to_owned(),
        },
        Some("object") => "table".to_owned(),
        _ if schema["description"].as_str().is_some_and(|d| d.contains("yuan")) => "yuan, `\"59.90\"`".to_owned(),
        _ => match schema["pattern"].as_str() {
            Some(pattern) if pattern.contains("working") => "length or clock".to_owned(),
            Some(pattern) if pattern.contains("smhd") => "length".to_owned(),
            Some(pattern) if pattern.contains("{4}-") => "day".to_owned(),
            Some(pattern) if pattern.contains("KiB") => "size".to_owned(),
            Some(_) => "period".to_owned(),
            None => "text".to_owned(),
        },
    }
}
