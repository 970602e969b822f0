//! The schemas: current in the repository, true to the types, right for every shipped file, wrong for what is wrong.

use super::*;
use crate::config::files::shipped_files;
use crate::config::{couriers, disruptions, schedules, settings};
use parcelward_casework::rules::{Policy, RawAgain, RawCalendar, RawRule, RawStaffed, RawTask};
use parcelward_casework::text::{AdviceText, CaseText, RuleText, TaskText};
use parcelward_courier::{LimitsSettings, TransportSettings};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use std::collections::BTreeSet;
use std::path::Path;

/// A deserializer that only hears which fields a type asks for.
struct Fields<'a>(&'a mut BTreeSet<&'static str>);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("no struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, fields: &'static [&'static str], _: V) -> Result<V::Value, Self::Error> {
        self.0.extend(fields);
        Err(serde::de::Error::custom("heard"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

fn fields<T: DeserializeOwned>() -> BTreeSet<&'static str> {
    let mut fields = BTreeSet::new();
    let _ = T::deserialize(Fields(&mut fields));
    assert!(!fields.is_empty(), "a struct");
    fields
}

fn keys(schema: &Value) -> BTreeSet<&str> {
    schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

/// What is wrong with a value, as far as these schemas use JSON Schema.
fn misfits(root: &Value, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference} leads nowhere"));
        return misfits(root, target, value, at, out);
    }
    if let Some(options) = schema["oneOf"].as_array() {
        let fits = |option: &Value| {
            let mut inner = Vec::new();
            misfits(root, option, value, at, &mut inner);
            inner.is_empty()
        };
        if options.iter().filter(|option| fits(option)).count() != 1 {
            out.push(format!("{at}: is none of the options, or several"));
        }
        return;
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        other => panic!("{at}: a schema without a type: {other}"),
    };
    let kind = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        _ => "number",
    };
    if !kinds.contains(&kind) {
        out.push(format!("{at}: is {kind}"));
        return;
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        out.push(format!("{at}: {value} is no word of the list"));
    }
    if let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str())
        && !regex::Regex::new(pattern).unwrap().is_match(text)
    {
        out.push(format!("{at}: `{text}` does not match"));
    }
    if let Some(n) = value.as_i64() {
        let outside = schema["minimum"].as_i64().is_some_and(|least| n < least) || schema["maximum"].as_i64().is_some_and(|most| n > most);
        outside.then(|| out.push(format!("{at}: {n} lies outside")));
    }
    if let Some(list) = value.as_array() {
        if (list.len() as u64) < schema["minItems"].as_u64().unwrap_or(0) {
            out.push(format!("{at}: is too short"));
        }
        list.iter().enumerate().for_each(|(n, item)| misfits(root, &schema["items"], item, &format!("{at}[{n}]"), out));
    }
    if let Some(table) = value.as_object() {
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !table.contains_key(required) {
                out.push(format!("{at}: needs {required}"));
            }
        }
        for (key, value) in table {
            let at = format!("{at}.{key}");
            match (schema["properties"].get(key), &schema["additionalProperties"]) {
                (Some(known), _) => misfits(root, known, value, &at, out),
                (None, Value::Bool(false)) => out.push(format!("{at}: is not known")),
                (None, Value::Object(_)) => misfits(root, &schema["additionalProperties"], value, &at, out),
                (None, _) => {}
            }
        }
    }
}

fn wrong(schema: &str, text: &str) -> Vec<String> {
    let (_, schema) = schemas().into_iter().find(|(name, _)| name.starts_with(schema)).unwrap();
    let value: toml::Value = toml::from_str(text).unwrap();
    let mut out = Vec::new();
    misfits(&schema, &schema, &serde_json::to_value(value).unwrap(), "", &mut out);
    out
}

#[test]
fn the_committed_schemas_are_current() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/schema");
    for (name, schema) in schemas() {
        let committed = std::fs::read_to_string(dir.join(name)).unwrap_or_default();
        let command = "cargo run -p parcelward -- config schema --out config/schema";
        assert!(committed == written(&schema), "config/schema/{name} is not what the types say now; write it anew: {command}");
    }
    let files = std::fs::read_dir(dir).unwrap().count();
    assert_eq!(files, schemas().len(), "no schema is left over");
}

#[test]
fn each_shipped_file_names_its_schema_and_fits_it() {
    for (name, text) in shipped_files().filter(|(name, _)| name.ends_with(".toml")) {
        let schema = name.split(['/', '.']).next().unwrap();
        let up = if name.contains('/') { "../" } else { "./" };
        assert!(text.starts_with(&format!("#:schema {up}schema/{schema}.schema.json\n")), "{name}");
        assert_eq!(wrong(schema, &text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_schema_has_the_keys_of_the_type_that_reads_it() {
    let all: std::collections::HashMap<_, _> = whole_schemas().into_iter().collect();
    let at = |file: &str, pointer: &str| all[file].pointer(pointer).unwrap_or_else(|| panic!("{file} {pointer}")).clone();
    let settings = all["parcelward.schema.json"].clone();
    let account = "/properties/account/additionalProperties";
    let rule = "/properties/rule/properties/pdd.auto_refund_appeal";
    for (schema, fields) in [
        (settings.clone(), fields::<settings::RawSettings>()),
        (settings["properties"]["server"].clone(), fields::<settings::RawServer>()),
        (settings["properties"]["database"].clone(), fields::<settings::RawDatabase>()),
        (settings["properties"]["retention"].clone(), fields::<settings::RawRetention>()),
        (at("parcelward.schema.json", "/properties/staffed/properties/lead"), fields::<RawStaffed>()),
        (at("rules.schema.json", rule), fields::<RawRule>()),
        (at("rules.schema.json", "/properties/task/properties/ship_now"), fields::<RawTask>()),
        (at("rules.schema.json", "/properties/policy/properties/again"), fields::<RawAgain>()),
        (all["calendars.schema.json"].clone(), fields::<RawCalendar>()),
        (at("disruptions.schema.json", "/properties/disruption/additionalProperties"), fields::<disruptions::RawDisruption>()),
        (at("schedules.schema.json", "/properties/schedule/additionalProperties"), fields::<schedules::RawSchedule>()),
        (all["couriers.schema.json"].clone(), fields::<couriers::RawCouriers>()),
        (at("couriers.schema.json", "/properties/push"), fields::<couriers::RawPush>()),
        (at("couriers.schema.json", account), fields::<couriers::RawAccount>()),
        (at("couriers.schema.json", &format!("{account}/properties/push")), fields::<couriers::RawAccountPush>()),
        (at("couriers.schema.json", &format!("{account}/properties/limits")), fields::<LimitsSettings>()),
        (at("couriers.schema.json", &format!("{account}/properties/transport")), fields::<TransportSettings>()),
        (at("templates.schema.json", "/properties/task/properties/ship_now"), fields::<TaskText>()),
        (at("templates.schema.json", "/properties/rule/properties/collect"), fields::<RuleText>()),
        (at("templates.schema.json", "/properties/case/properties/lost"), fields::<CaseText>()),
        (at("templates.schema.json", "/properties/advice/properties/cancel_order"), fields::<AdviceText>()),
    ] {
        assert_eq!(keys(&schema), fields, "{}", schema["description"]);
    }
    let file = "/properties/file/additionalProperties";
    for (part, known) in parcelward_import::mapping_keys() {
        let schema = match part {
            "top" => all["imports.schema.json"].clone(),
            "file" => at("imports.schema.json", file),
            "column" => at("imports.schema.json", &format!("{file}/properties/column/additionalProperties")),
            _ => at("imports.schema.json", &format!("{file}/properties/fact/items")),
        };
        assert_eq!(keys(&schema), known.iter().copied().collect(), "{part}");
    }
    // One amount of the policy stands in parcelward.toml.
    let mut policy = fields::<Policy>();
    assert!(policy.remove("urgent_amount"));
    assert_eq!(keys(&at("rules.schema.json", "/properties/policy")), policy);
}

#[test]
fn what_is_wrong_does_not_fit() {
    for (schema, text) in [
        ("parcelward", "[server]\nlissten = \"x\""),
        ("parcelward", "[staffed.lead]\ndaily = [\"9am\"]"),
        ("rules", "[rule.\"pdd.collect\"]\nlength = 24"),
        ("rules", "[rule.\"pdd.collect\"]\nlength = \"24 hrs\""),
        ("rules", "[rule.\"pdd.colect\"]\nlength = \"24h\""),
        ("rules", "[rule.\"pdd.collect\"]\nladder = \"never\""),
        ("rules", "[rule.\"pdd.collect\"]\nvariants = { remote = \"1d\" }"),
        ("rules", "[task.ship_now]\nhours = 0"),
        ("calendars", "days_off = [\"soon\"]"),
        ("disruptions", "[disruption.x]\nfrom = \"2026-01-01\"\neffect = \"suspend\""),
        ("schedules", "[schedule.x]\ncron = \"0 9 * * *\""),
        ("schedules", "[schedule.x]\njob = \"revue\""),
        ("templates", "[task.ship_now.outcomes]\nfound = \"x\""),
        ("templates", "[task.ship_now.steps]\njd = \"no\""),
        ("imports", "[file.orders]\nrecognize = \"x\""),
    ] {
        assert_ne!(wrong(schema, text), Vec::<String>::new(), "{text}");
    }
    for (schema, text) in [
        ("rules", "[rule.\"tb.intervention\"]\nlength = \"4 working days\"\n[[rule.\"pdd.collect\".versions]]\nlength = \"next 10:00\""),
        ("rules", "[rule.\"pdd.collect\"]\nlength = \"1d 12h\"\nladder = \"at due\""),
        ("disruptions", "[disruption.x]\nfrom = \"2026-01-01\"\nuntil = \"2026-01-02 18:00\"\neffect = \"suspend\""),
    ] {
        assert_eq!(wrong(schema, text), Vec::<String>::new(), "{text}");
    }
}
