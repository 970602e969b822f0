//! JSON Schemas of the files, for editors: what `config/schema/` holds.
//!
//! Made from the vocabularies and the tables of known keys, so that an editor offers every rule, task and word that there is; a test holds each
//! against the fields of the type that reads it. Every key may be left out: a file says only what differs from the shipped ones.
//! Deliberately absent: whatever needs two keys to be seen as wrong (`parcelward check` tells that).

use super::schedules;
use crate::jobs::{Job, Wanted};
use crate::telemetry::LogFormat;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::rule_ids;
use parcelward_casework::task_table::ways;
use parcelward_casework::text::{EVERYWHERE, NOT_ON_THIS_PLATFORM, PLACEHOLDERS, WORD_TABLES};
use parcelward_casework::words::{Advice, CaseKind, Courier, DisruptionEffect, FactType, Language, Platform, Queue, TaskKind, Urgency};
use parcelward_courier::Ability;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// `48h`, `90m`, `1d12h`.
const LENGTH: &str = r"^\s*([0-9]+\s*[smhd]\s*)+$";
/// A length, or one of the other clocks.
const SPAN: &str = r"^\s*(next\s+[0-9]{1,2}:[0-9]{2}|[0-9]+\s+working\s+days?|[0-9]+\s+staffed\s+hours?|([0-9]+\s*[smhd]\s*)+)\s*$";
const DAY: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const PERIOD: &str = r"^\s*[0-9]{1,2}:[0-9]{2}\s*-\s*[0-9]{1,2}:[0-9]{2}\s*$";
const MONEY: &str = r"^[0-9]+(\.[0-9]{1,2})?$";

/// Every schema, by the name of its file in `schema/`.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Value)> {
    whole_schemas().into_iter().map(|(name, schema)| (name, shared(schema))).collect()
}

/// The same, with everything written out where it stands.
pub(crate) fn whole_schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("parcelward.schema.json", parcelward()),
        ("rules.schema.json", rules()),
        ("calendars.schema.json", calendars()),
        ("disruptions.schema.json", disruptions()),
        ("schedules.schema.json", schedules()),
        ("templates.schema.json", templates()),
        ("imports.schema.json", imports()),
        ("couriers.schema.json", couriers()),
    ]
}

/// With what stands in several places written once, under `definitions`.
fn shared(mut schema: Value) -> Value {
    fn count(schema: &Value, seen: &mut BTreeMap<String, usize>) {
        if is_shareable(schema) {
            *seen.entry(schema.to_string()).or_default() += 1;
        }
        below(schema).for_each(|inner| count(inner, seen));
    }
    fn below(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
        match value {
            Value::Object(map) => Box::new(map.values()),
            Value::Array(list) => Box::new(list.iter()),
            _ => Box::new(std::iter::empty()),
        }
    }
    fn replace(schema: &mut Value, names: &BTreeMap<String, String>, definitions: &mut Map<String, Value>) {
        let name = names.get(&schema.to_string()).cloned();
        match schema {
            Value::Object(map) => map.values_mut().for_each(|inner| replace(inner, names, definitions)),
            Value::Array(list) => list.iter_mut().for_each(|inner| replace(inner, names, definitions)),
            _ => {}
        }
        if let Some(name) = name {
            let reference = json!({ "$ref": format!("#/definitions/{name}") });
            definitions.insert(name, std::mem::replace(schema, reference));
        }
    }
    let mut seen = BTreeMap::new();
    count(&schema, &mut seen);
    let repeated = seen.into_iter().filter(|(_, times)| *times > 1).enumerate();
    let names = repeated.map(|(n, (text, _))| (text, format!("shared_{}", n + 1))).collect();
    let mut definitions = Map::new();
    replace(&mut schema, &names, &mut definitions);
    if !definitions.is_empty() {
        schema["definitions"] = Value::Object(definitions);
    }
    schema
}

/// Whether it is worth a name: a schema of its own, and not a short one.
fn is_shareable(schema: &Value) -> bool {
    schema.get("description").is_some_and(Value::is_string) && schema.to_string().len() > 160
}

/// A schema as its file stands: indented, with a line end.
#[must_use]
pub fn written(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn file(title: &str, properties: Value) -> Value {
    let mut schema = table(title, properties);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema
}

/// A table whose keys are all known.
fn table(about: &str, properties: Value) -> Value {
    json!({ "description": about, "type": "object", "additionalProperties": false, "properties": properties })
}

fn text(about: &str) -> Value {
    json!({ "description": about, "type": "string" })
}

fn pattern(about: &str, pattern: &str) -> Value {
    json!({ "description": about, "type": "string", "pattern": pattern })
}

fn words(about: &str, words: &[&str]) -> Value {
    json!({ "description": about, "type": "string", "enum": words })
}

fn list(about: &str, of: Value) -> Value {
    json!({ "description": about, "type": "array", "items": of })
}

/// A table with a key for each of these names, and no other.
fn each<'k>(about: &str, names: impl IntoIterator<Item = &'k str>, of: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = names.into_iter().map(|name| (name.to_owned(), of(name))).collect();
    table(about, Value::Object(properties))
}

fn parcelward() -> Value {
    let time = |about: &str| pattern(about, LENGTH);
    let days = each("Days that differ; an empty list is a day off.", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], |_| {
        list("Periods of this day.", pattern("A period, half open.", PERIOD))
    });
    let staffed = each("When each queue is staffed, local time.", Queue::WORDS.iter().copied(), |queue| {
        let daily = list("Periods of every day.", pattern("A period, half open, such as 09:00-22:00.", PERIOD));
        table(&format!("When `{queue}` is staffed."), json!({ "daily": daily, "days": days }))
    });
    let server = json!({
        "name": text("What people call this daemon in `parcelward status`; empty: the machine's name."),
        "listen": text("Where it listens, as address:port."),
        "token_file": text("A file with one name:token a line; empty: no token is asked for."),
        "max_body": pattern("The largest request body, such as 16MiB.", r"^\s*[0-9]+\s*(B|KiB|MiB|GiB)?\s*$"),
        "request_time": time("A request that takes longer is answered with 503."),
        "upload_time": time("How long an upload may take."),
        "stop_time": time("How long a stop may wait for requests that are still running."),
    });
    let database = json!({
        "url": text("sqlite:FILE, or postgres://USER@HOST/DATABASE."),
        "password_file": text("The file that holds the password of the database's role; a relative name is a credential of the service."),
        "connections": pattern("Connections to a database server that this daemon holds at most, 4 to 100.", r"^\s*[0-9]{1,3}\s*$"),
    });
    let retention = json!({
        "erase_after": time("Personal data of a closed case file goes when nothing was heard of it for so long."),
        "archive_after": time("A closed case file leaves when nothing was heard of it for so long; not before erase_after."),
        "folder": text("The folder that archives go to; a relative one lies in $STATE_DIRECTORY."),
    });
    let log = json!({
        "format": words("How lines are written.", &LogFormat::WORDS.map(|(word, _)| word)),
        "level": text("What is logged: error, warn, info, debug, or by part: info,parcelward_scheduler=debug."),
    });
    file(
        "The daemon itself (parcelward.toml).",
        json!({
            "language": words("The language of titles, reasons, steps and replies.", Language::WORDS),
            "urgent_amount": pattern("A task with at least this much at stake, in yuan, is high when opened; 0 switches it off.", MONEY),
            "shadow": { "description": "A folder whose rules run beside: what they would set otherwise is logged and counted, and nothing else comes of it. A relative one lies in this folder. Empty: none.", "type": "string" },
            "watch": { "description": "Whether this folder is read again by itself when a file in it changes.", "type": "boolean" },
            "server": table("Where and how it answers.", server),
            "database": table("Where it stores.", database),
            "log": table("How it logs.", log),
            "traces": table("Who is told of spans.", json!({ "endpoint": text("An OpenTelemetry collector, as http://HOST:4318; empty: nobody.") })),
            "retention": table("When personal data is erased and closed case files leave; by the job `retention` alone.", retention),
            "staffed": staffed,
        }),
    )
}

fn rules() -> Value {
    let ids = rule_ids();
    let kind_of = |id: &str| ids.iter().find(|(known, _, _)| known == id).map(|(_, _, kind)| *kind);
    let rule = each("Deadline rules, by id.", ids.iter().map(|(id, _, _)| id.as_str()), |id| rule(kind_of(id), true));
    let task = each("Who works each kind of task.", TaskKind::WORDS.iter().copied(), |_| {
        table(
            "A kind of task.",
            json!({
                "queue": words("Who works it.", Queue::WORDS),
                "hours": { "description": "Staffed hours until due, where no deadline gives the time.", "type": "integer", "minimum": 1, "maximum": 500 },
                "urgency": words("Its urgency when opened.", Urgency::WORDS),
            }),
        )
    });
    let length = |about: &str| pattern(about, LENGTH);
    let again = json!({
        "courier_looks": length("A courier that looks into it is left in peace this long."),
        "no_answer": length("A platform, a courier or a buyer that has not answered."),
        "by_phone": length("A buyer who did not pick up or read: once more, by phone."),
        "return_silent": length("A buyer who has not said by what parcel the goods come back."),
        "return_unscanned": length("A buyer's parcel that has not been scanned at all."),
        "undeclared": length("A new parcel that was said to be sent and is not declared."),
        "extension": length("What an extension of the goods' receipt is worth where nobody said until when."),
    });
    let policy = json!({
        "reship": words("When the buyer is served after a loss.", &["first", "after_claim", "below_amount"]),
        "reship_below": pattern("The amount in yuan for below_amount.", MONEY),
        "payer": words("Who pays for an address change.", &["ask", "merchant"]),
        "compensation_per_order": pattern("Above this sum for one order the lead decides, in yuan.", MONEY),
        "compensation_per_day": pattern("Above this sum for one order in a day the lead decides, in yuan.", MONEY),
        "eta_gate": length("Agree and intercept only where the estimated arrival is further away than this."),
        "again": table("When an answer that is none is asked for again.", again),
        "remote": list("Destination provinces with the longer first-hub limit.", text("A province.")),
        "far_remote": list("Destination provinces with the longest.", text("A province.")),
    });
    file("Rules (rules/*.toml).", json!({ "rule": rule, "task": task, "policy": table("The merchant's own choices.", policy) }))
}

fn rule(kind: Option<RuleKind>, with_versions: bool) -> Value {
    let ladder = json!({
        "description": "How long before the due time each rung acts, longest first; or \"at due\".",
        "oneOf": [
            { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": LENGTH } },
            { "type": "string", "enum": ["at due"] },
        ],
    });
    let day = |about: &str| pattern(about, DAY);
    let mut properties = json!({
        "length": pattern("48h, 7d, 4 working days, 2 staffed hours, next 10:00.", SPAN),
        "variants": each("Lengths for situations of their own.", kind.map_or(&[][..], RuleKind::variants).iter().copied(), |_| pattern("A length.", SPAN)),
        "ladder": ladder,
        "queue": words("Whose staffed hours its rungs keep.", Queue::WORDS),
        "effective_from": day("The first day it holds."),
        "effective_until": day("The first day it no longer holds."),
        "source": text("Where the number comes from."),
        "as_of": text("As of when."),
        "confidence": text("How sure it is."),
    });
    if kind.is_none_or(|kind| kind.variants().contains(&"signed")) {
        properties["ladder_signed"] = ladder;
    }
    if with_versions {
        properties["versions"] = list("Other versions, each with what differs and effective_from.", rule(kind, false));
    }
    table("A deadline rule.", properties)
}

fn calendars() -> Value {
    let days = |about: &str| list(about, pattern("A day.", DAY));
    file(
        "Working days (calendars/*.toml).",
        json!({
            "covers_until": pattern("The last day that the notice covers; a date counted past it is provisional.", DAY),
            "days_off": days("Weekdays off; Saturdays and Sundays are off by themselves."),
            "makeup_workdays": days("Weekend days on which people work."),
        }),
    )
}

fn disruptions() -> Value {
    let ids = rule_ids();
    let ids: Vec<&str> = ids.iter().map(|(id, _, _)| id.as_str()).collect();
    let moment = |about: &str| text(&format!("{about} A day such as 2026-01-31, or a time such as 2026-01-31 18:00 (local)."));
    let names = |about: &str| list(about, text("A name."));
    let mut one = table(
        "Times that are not normal. A list that is left out means all; lists are combined with and.",
        json!({
            "from": moment("From when; a day counts from its beginning."),
            "until": moment("Until when; a day counts to its end."),
            "effect": words("suspend: clocks stand still. extend: a due time inside moves by extend_by. waive: a breach inside is marked.", DisruptionEffect::WORDS),
            "extend_by": pattern("By how much, with extend.", LENGTH),
            "couriers": list("For which couriers.", words("A courier.", Courier::WORDS)),
            "provinces": names("For which destination provinces."),
            "cities": names("For which destination cities."),
            "sites": names("For which sites: the newest scan's place."),
            "platforms": list("For which platforms.", words("A platform.", Platform::WORDS)),
            "shops": names("For which shops."),
            "rules": list("For which rules.", words("A rule.", &ids)),
            "reason": text("Why, for people."),
        }),
    );
    one["required"] = json!(["from", "until", "effect"]);
    let all = json!({ "description": "By name; the name is the disruption's id.", "type": "object", "additionalProperties": one });
    file("Disruptions (disruptions/*.toml).", json!({ "disruption": all }))
}

fn schedules() -> Value {
    let options: Map<String, Value> = Job::ALL
        .iter()
        .flat_map(|job| job.options())
        .map(|(name, wanted, _, about)| {
            let schema = match wanted {
                Wanted::Length => pattern(about, LENGTH),
                Wanted::Folder => text(about),
                Wanted::Count => json!({ "description": about, "type": "integer", "minimum": 1, "maximum": 1000 }),
            };
            ((*name).to_owned(), schema)
        })
        .collect();
    let one = table(
        "What is done at fixed times. Needs job and cron, where the shipped schedule of the name does not say them.",
        json!({
            "job": words("What is done.", Job::WORDS),
            "cron": pattern("Six fields: second, minute, hour, day of month, month, day of week.", r"^\s*\S+(\s+\S+){5}\s*$"),
            "zone": text("The time zone, by its IANA name (Asia/Shanghai)."),
            "catch_up": words("Missed times: none are made up for, once the newest, all up to catch_up_max.", schedules::CATCH_UP),
            "catch_up_max": { "description": "How many are made up for with all (10).", "type": "integer", "minimum": 1, "maximum": 1000 },
            "overlap": words("While the one before still runs: skip it, or queue.", schedules::OVERLAP),
            "jitter": pattern("By how much an installation shifts it at most.", LENGTH),
            "enabled": { "description": "Whether it fires.", "type": "boolean" },
            "options": table("What the job is told.", Value::Object(options)),
        }),
    );
    let all = json!({ "description": "By name.", "type": "object", "additionalProperties": one });
    file("Schedules (schedules/*.toml).", json!({ "schedule": all }))
}

fn templates() -> Value {
    let filled = |about: &str| {
        text(&format!("{about} Placeholders: {{{}}}; a part in [[…]] is left out where one has no value.", PLACEHOLDERS.join("}, {")))
    };
    let steps = json!({
        "description": "What to click and do, in order.",
        "oneOf": [
            { "type": "array", "minItems": 1, "items": { "type": "string" } },
            { "type": "string", "enum": [NOT_ON_THIS_PLATFORM] },
        ],
    });
    let task = each("By kind of task.", TaskKind::WORDS.iter().copied(), |word| {
        let outcomes: Vec<&str> = TaskKind::from_word(word).map_or(&[][..], ways).iter().map(|way| way.outcome.word()).collect();
        table(
            "The texts of a kind of task.",
            json!({
                "title": filled("One line, at most 60 characters."),
                "why": filled("Why it is asked."),
                "missed": filled("What happens if it is missed."),
                "reply": filled("A reply to the buyer."),
                "outcomes": each("What a result is called in this task.", outcomes, |_| text("A name.")),
                "steps": each("By platform.", Platform::WORDS.iter().copied().chain([EVERYWHERE]), |_| steps.clone()),
            }),
        )
    });
    let titled = |about: &str, words: &[&str], fields: Value| each(about, words.iter().copied(), |_| table("Its texts.", fields.clone()));
    let mut properties = json!({
        "language": words("The language of this file.", Language::WORDS),
        "task": task,
        "rule": titled("By rule.", RuleKind::WORDS, json!({ "title": text("Its name."), "consequence": text("What it costs when missed.") })),
        "case": titled("By kind of case.", CaseKind::WORDS, json!({ "title": text("Its name.") })),
        "advice": titled("By advice.", Advice::WORDS, json!({ "text": text("The words.") })),
    });
    for (table, known) in WORD_TABLES {
        properties[*table] = each("Words for values.", known.iter().copied(), |_| text("A word."));
    }
    file("Texts of one language (templates/*.toml).", properties)
}

fn imports() -> Value {
    let one_or_more =
        |about: &str| json!({ "description": about, "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    let conditions = json!({
        "description": "Column = [values]; all must hold.", "type": "object",
        "additionalProperties": { "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
    });
    let column = table(
        "A column that is read.",
        json!({
            "header": one_or_more("Its header, or several spellings."),
            "as": text("text (default), id, person, money, count, time, flag, address, or words.<list>."),
            "required": { "description": "The column must be there.", "type": "boolean" },
        }),
    );
    let fact = table(
        "A fact that a row makes.",
        json!({
            "type": words("The contract's type without `parcelward.`.", FactType::WORDS),
            "needs": one_or_more("Made only where these cells are filled."),
            "lacks": one_or_more("Made only where these cells are empty."),
            "when": conditions,
            "time": text("When it happened: the first filled one of \"$a | $b\"."),
            "key": one_or_more("What it is about: part of the fact's id."),
            "data": { "description": "Its fields; \"$name\" is a column.", "type": "object" },
        }),
    );
    let kind = table(
        "One kind of export.",
        json!({
            "title": text("Its name for people."),
            "recognise": one_or_more("Headers that it has; \"a | b\" is one of several spellings."),
            "not": one_or_more("Headers that it has not."),
            "shop": text("The column that names the shop."),
            "column": { "description": "Columns by name.", "type": "object", "additionalProperties": column },
            "skip": conditions,
            "fact": list("The facts that a row makes.", fact),
        }),
    );
    let list_of_words = json!({ "type": "object", "additionalProperties": { "type": ["string", "boolean"] } });
    file(
        "What the columns of a merchant's exports mean (imports/*.toml).",
        json!({
            "platform": words("Whose back office it is.", Platform::WORDS),
            "also": list("Other platforms whose files these are, where they are asked for by name.", words("A platform.", Platform::WORDS)),
            "empty": one_or_more("What stands in a cell that holds nothing."),
            "words": { "description": "Lists of words and what they mean.", "type": "object", "additionalProperties": list_of_words },
            "file": { "description": "Kinds of exports by name.", "type": "object", "additionalProperties": kind },
        }),
    )
}

fn couriers() -> Value {
    let number = |about: &str, least: u32, most: u64| json!({ "description": about, "type": "integer", "minimum": least, "maximum": most });
    let adapters = |about: &str| list(about, text("The code of an adapter."));
    let abilities: Vec<&str> = ["default"].into_iter().chain(Ability::ALL.iter().map(|ability| ability.word())).collect();
    let route = each("Who is asked for what, by courier.", Courier::WORDS.iter().copied(), |_| {
        each("By ability; default holds for those without a line of their own.", abilities.iter().copied(), |_| {
            adapters("The adapters that serve it, the most trusted first; an empty list: nobody.")
        })
    });
    let mut secret = table(
        "The secret in the path: where it stands, never the secret itself.",
        json!({
            "file": text("A file: an absolute path, or a name among systemd's credentials."),
            "env": text("An environment variable."),
        }),
    );
    secret["oneOf"] = json!([{ "type": "object", "required": ["file"] }, { "type": "object", "required": ["env"] }]);
    let limits = json!({
        "per_second": number("Calls a second.", 1, 100_000),
        "per_minute": number("Calls a minute.", 1, 6_000_000),
        "per_day": number("Calls in any 24 hours.", 1, 4_294_967_295),
        "batch": number("Waybills in one tracking call; never more than the courier takes.", 1, 1_000),
        "least_gap_seconds": number("The least time between two questions about one number.", 0, 604_800),
    });
    let transport = json!({
        "connect_ms": number("Longest time for a connection, in milliseconds.", 50, 120_000),
        "total_ms": number("Longest time for a whole exchange, in milliseconds.", 50, 120_000),
        "wait_ms": number("Longest wait for a place at the account's own limits, in milliseconds.", 0, 120_000),
        "largest_answer": number("Largest answer that is read, in bytes.", 1024, 1 << 30),
        "allow_plain_http": { "description": "Whether addresses without TLS are taken, which some test addresses are.", "type": "boolean" },
        "proxy": text("A proxy, such as http://10.0.0.1:3128. The environment's is not used."),
    });
    let push = json!({
        "secret": secret,
        "from": list("The addresses and networks that pushes may come from; needed where the courier does not sign.", text("203.0.113.5 or 203.0.113.0/24.")),
    });
    let mut account = table(
        "An account with a carrier. Its name is lasting: rows in the database bear it.",
        json!({
            "adapter": text("The code of the carrier whose interface it is."),
            "shops": list("The shops whose parcels it serves; left out: every shop.", text("A shop, as in the orders.")),
            "reserved_percent": number("The share of its calls that polls leave to operations near their cut-off.", 0, 90),
            "at_once": number("Calls under way at once.", 1, 256),
            "settings": { "description": "The carrier's own settings: see its file.", "type": "object" },
            "limits": table("In place of what the courier allows.", limits),
            "transport": table("How it goes out.", transport),
            "push": table("What it pushes; left out: it pushes nothing.", push),
        }),
    );
    account["required"] = json!(["adapter"]);
    let pushes = json!({
        "public_url": text("Where couriers reach this daemon from outside, such as https://ward.example.com."),
        "trusted_proxies": list("Reverse proxies whose X-Forwarded-For is believed.", text("An address or a network.")),
    });
    file(
        "Accounts with couriers, and who is asked for what (couriers/*.toml).",
        json!({
            "route": route,
            "account": { "description": "Accounts by name.", "type": "object", "additionalProperties": account },
            "push": table("What holds for all pushes.", pushes),
        }),
    )
}

#[cfg(test)]
mod tests;
