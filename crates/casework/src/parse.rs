//! Reading facts: one CloudEvents object of JSON into a [`Fact`], or an error that names the field.
//!
//! Deliberately absent: files, HTTP, and the question whether the fact was seen before (its fingerprint answers that).

use crate::fact::*;
use crate::instant::Instant;
use crate::text::Texts;
use crate::words::FactType;
use serde::Deserialize;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A fact's text may be this long, in bytes.
pub const MAX_FACT_BYTES: usize = 256 * 1024;
/// The longest identifier (order, shop, waybill, source, id) that is taken, in bytes.
const MAX_ID_BYTES: usize = 200;

/// A text that is no fact. Says which field, and never what personal value stood in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}field `{field}`: {message}", context(source_name, id))]
pub struct BadFact {
    /// The fact's source, where it could be read.
    pub source_name: Option<String>,
    /// The fact's id, where it could be read.
    pub id: Option<String>,
    /// The field (`data.waybill.courier`).
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

fn context(source: &Option<String>, id: &Option<String>) -> String {
    match (source, id) {
        (None, None) => String::new(),
        (s, i) => format!("source `{}`, id `{}`: ", s.as_deref().unwrap_or(""), i.as_deref().unwrap_or("")),
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    specversion: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    source: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "type")]
    type_: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    recordedtime: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// Reads one fact.
///
/// # Errors
/// [`BadFact`] naming the first field that is missing, ill-typed or outside its list.
pub fn parse_fact(text: &str) -> Result<Fact, BadFact> {
    let bad = |field: &str, message: String| BadFact { source_name: None, id: None, field: field.to_owned(), message };
    if text.len() > MAX_FACT_BYTES {
        return Err(bad("(line)", format!("is longer than {MAX_FACT_BYTES} bytes")));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|e| envelope_error(text, &e))?;
    let (source, id) = (envelope.source.as_deref(), envelope.id.as_deref());
    let bad = |field: &str, message: String| BadFact {
        source_name: source.map(|s| s.chars().take(MAX_ID_BYTES).collect()),
        id: id.map(|s| s.chars().take(MAX_ID_BYTES).collect()),
        field: field.to_owned(),
        message,
    };
    if envelope.specversion.as_deref() != Some("1.0") {
        return Err(bad("specversion", "must be \"1.0\"".to_owned()));
    }
    for (field, value) in [("id", id), ("source", source)] {
        match value {
            None => return Err(bad(field, "is missing".to_owned())),
            Some(v) if v.is_empty() || v.len() > MAX_ID_BYTES => {
                return Err(bad(field, format!("must have 1 to {MAX_ID_BYTES} bytes")));
            }
            Some(_) => {}
        }
    }
    let word = envelope.type_.as_deref().ok_or_else(|| bad("type", "is missing".to_owned()))?;
    let kind = word
        .strip_prefix("parcelward.")
        .and_then(FactType::from_word)
        .ok_or_else(|| bad("type", format!("`{}` is not a type of fact", word.chars().take(80).collect::<String>())))?;
    let time = envelope.time.as_deref().ok_or_else(|| bad("time", "is missing".to_owned()))?;
    let time = Instant::parse(time).map_err(|e| bad("time", e.to_string()))?;
    let recorded = envelope.recordedtime.as_deref().map(Instant::parse).transpose().map_err(|e| bad("recordedtime", e.to_string()))?;
    let data = envelope.data.ok_or_else(|| bad("data", "is missing".to_owned()))?.get();
    let body = parse_body(kind, data).map_err(|(field, message)| bad(&field, message))?;
    check(&body).map_err(|(field, message)| bad(field, message))?;
    let print = fingerprint(data).unwrap_or_default() ^ mix(kind as u64 + 1) ^ mix(time.millis().unsigned_abs());
    let id = FactId { source: source.unwrap_or_default().to_owned(), id: id.unwrap_or_default().to_owned() };
    Ok(Fact { id, time, recorded, body, fingerprint: print })
}

fn envelope_error(text: &str, error: &serde_json::Error) -> BadFact {
    // Tell an ill-typed attribute from a text that is no JSON at all.
    if let Ok(serde_json::Value::Object(map)) = serde_json::from_str::<serde_json::Value>(text) {
        let string = |name: &str| map.get(name).and_then(|v| v.as_str()).map(|s| s.chars().take(MAX_ID_BYTES).collect::<String>());
        for name in ["specversion", "id", "source", "type", "time", "recordedtime"] {
            if map.get(name).is_some_and(|v| !v.is_string()) {
                return BadFact {
                    source_name: string("source"),
                    id: string("id"),
                    field: name.to_owned(),
                    message: "must be a string".to_owned(),
                };
            }
        }
        return BadFact {
            source_name: string("source"),
            id: string("id"),
            field: "(line)".to_owned(),
            message: "an attribute stands twice".to_owned(),
        };
    }
    let message = format!("is not one JSON object (column {})", error.column());
    BadFact { source_name: None, id: None, field: "(line)".to_owned(), message }
}

fn parse_body(kind: FactType, data: &str) -> Result<FactBody, (String, String)> {
    fn read<'a, T: Deserialize<'a>>(data: &'a str) -> Result<T, (String, String)> {
        serde_json::from_str(data).map_err(|_| {
            let mut de = serde_json::Deserializer::from_str(data);
            match serde_path_to_error::deserialize::<_, T>(&mut de) {
                Err(e) => {
                    let inner = e.inner().to_string();
                    let message = inner.split(" at line ").next().unwrap_or_default().to_owned();
                    let path = e.path().to_string();
                    // A missing field is named by serde in the message, its parent by the path.
                    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()).map(str::to_owned);
                    let path = if path == "." { String::new() } else { format!(".{path}") };
                    match missing {
                        Some(name) => (format!("data{path}.{name}"), "is missing".to_owned()),
                        None => (format!("data{path}"), redact(&message)),
                    }
                }
                Ok(_) => ("data".to_owned(), "must be an object".to_owned()),
            }
        })
    }
    Ok(match kind {
        FactType::Order => FactBody::Order(read(data)?),
        FactType::Shipment => FactBody::Shipment(read(data)?),
        FactType::Tracking => FactBody::Tracking(read(data)?),
        FactType::AfterSale => FactBody::AfterSale(read(data)?),
        FactType::BuyerRequest => FactBody::BuyerRequest(read(data)?),
        FactType::Dispute => FactBody::Dispute(read(data)?),
        FactType::Commitment => FactBody::Commitment(read(data)?),
        FactType::Claim => FactBody::Claim(read(data)?),
        FactType::Evidence => FactBody::Evidence(read(data)?),
        FactType::Message => FactBody::Message(read(data)?),
        FactType::Note => FactBody::Note(read(data)?),
        FactType::Report => FactBody::Report(read(data)?),
        FactType::OperationUpdate => FactBody::OperationUpdate(read(data)?),
        FactType::TaskUpdate => FactBody::TaskUpdate(read(data)?),
        FactType::Coverage => FactBody::Coverage(read(data)?),
        FactType::Disruption => FactBody::Disruption(read(data)?),
        FactType::Configuration => FactBody::Configuration(read(data)?),
    })
}

/// Keeps a wrongly typed value out of an error: it may be a name or a phone. Words of a closed list are shown.
fn redact(message: &str) -> String {
    match message.split_once(", expected ") {
        Some((head, expected)) if head.starts_with("invalid type") || head.starts_with("invalid value") => {
            let shown = if expected.starts_with("one of ") { head } else { head.split(':').next().unwrap_or(head) };
            format!("{}, expected {expected}", shown.chars().take(120).collect::<String>())
        }
        _ => message.chars().take(300).collect(),
    }
}

/// What serde cannot see: lengths, and fields that go together.
fn check(body: &FactBody) -> Result<(), (&'static str, String)> {
    let bounded = |field: &'static str, value: &str| {
        if value.is_empty() || value.len() > MAX_ID_BYTES { Err((field, format!("must have 1 to {MAX_ID_BYTES} bytes"))) } else { Ok(()) }
    };
    if let Some(order) = body.order() {
        bounded("data.shop", &order.shop)?;
        bounded("data.order_id", &order.order_id)?;
    }
    let waybill = |w: Option<&Waybill>| w.map_or(Ok(()), |w| bounded("data.waybill.number", &w.number));
    match body {
        FactBody::Shipment(f) => waybill(Some(&f.waybill)).and_then(|()| waybill(f.replaces.as_ref())),
        FactBody::Tracking(f) => {
            // An exception without a reason is an exception of no known kind: it is taken as `other`.
            waybill(Some(&f.waybill))
        }
        FactBody::AfterSale(f) => bounded("data.after_sale_id", &f.after_sale_id).and_then(|()| waybill(f.return_waybill.as_ref())),
        FactBody::Dispute(f) => bounded("data.dispute_id", &f.dispute_id),
        FactBody::Commitment(f) => bounded("data.commitment_id", &f.commitment_id),
        FactBody::Claim(f) => bounded("data.claim_id", &f.claim_id).and_then(|()| waybill(Some(&f.waybill))),
        FactBody::Evidence(f) => bounded("data.evidence_id", &f.evidence_id),
        FactBody::OperationUpdate(f) => {
            if f.operation_id.is_none() && (f.waybill.is_none() || f.kind.is_none()) {
                return Err(("data.operation_id", "is missing (or `waybill` with `kind`)".to_owned()));
            }
            Ok(())
        }
        FactBody::TaskUpdate(f) => {
            let by_order = f.platform.is_some() && f.shop.is_some() && f.order_id.is_some() && f.kind.is_some();
            if f.task_id.is_none() && !by_order {
                return Err(("data.task_id", "is missing (or `platform`, `shop`, `order_id` and `kind`)".to_owned()));
            }
            Ok(())
        }
        FactBody::Coverage(f) => bounded("data.province", &f.province),
        FactBody::Configuration(f) => {
            bounded("data.revision", &f.revision)?;
            let wrong =
                |rules: &crate::rule_source::RuleSource| rules.compile(Texts::default()).err().and_then(|all| all.into_iter().next());
            match (wrong(&f.rules), f.before.as_deref().and_then(wrong)) {
                (Some(problem), _) => Err(("data.rules", problem.to_string())),
                (None, Some(problem)) => Err(("data.before", problem.to_string())),
                (None, None) => Ok(()),
            }
        }
        FactBody::Disruption(f) => {
            bounded("data.disruption_id", &f.disruption_id)?;
            if f.from >= f.until {
                return Err(("data.until", "lies before `from`".to_owned()));
            }
            match (f.effect, f.extend_by.as_deref()) {
                (crate::words::DisruptionEffect::Extend, None) => Err(("data.extend_by", "is missing (with `extend`)".to_owned())),
                (_, Some(text)) => crate::instant::Length::parse(text).map(drop).map_err(|e| ("data.extend_by", e.to_string())),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// A fingerprint of JSON that does not depend on the order of keys or on white space.
///
/// # Errors
/// Where the text is no JSON.
pub fn fingerprint(json: &str) -> Result<u64, serde_json::Error> {
    let mut de = serde_json::Deserializer::from_str(json);
    Print.deserialize(&mut de)
}

const fn mix(mut x: u64) -> u64 {
    // The finaliser of SplitMix64.
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn print_str(text: &str) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0_u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        h = mix(h ^ u64::from_le_bytes(word)).wrapping_add(chunk.len() as u64);
    }
    mix(h ^ 3)
}

struct Print;

impl<'de> DeserializeSeed<'de> for Print {
    type Value = u64;
    fn deserialize<D: serde::Deserializer<'de>>(self, d: D) -> Result<u64, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Print {
    type Value = u64;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(mix(11))
    }
    fn visit_bool<E>(self, v: bool) -> Result<u64, E> {
        Ok(mix(13 + u64::from(v)))
    }
    fn visit_u64<E>(self, v: u64) -> Result<u64, E> {
        Ok(mix(v ^ 0x5555))
    }
    fn visit_i64<E>(self, v: i64) -> Result<u64, E> {
        Ok(mix(v.unsigned_abs() ^ 0xaaaa_0000))
    }
    fn visit_f64<E>(self, v: f64) -> Result<u64, E> {
        Ok(mix(v.to_bits() ^ 7))
    }
    fn visit_str<E>(self, v: &str) -> Result<u64, E> {
        Ok(print_str(v))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<u64, A::Error> {
        let mut h = 17;
        while let Some(item) = seq.next_element_seed(Print)? {
            h = mix(h ^ item).wrapping_add(1);
        }
        Ok(mix(h))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut h = 19_u64;
        while let Some(key) = map.next_key_seed(Print)? {
            let value = map.next_value_seed(Print)?;
            // Addition commutes: keys may come in any order.
            h = h.wrapping_add(mix(key.rotate_left(17) ^ value));
        }
        Ok(mix(h))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"specversion":"1.0","id":"1","source":"t","type":"parcelward.tracking","time":"2026-03-10T08:00:00+08:00",
        "data":{"waybill":{"courier":"zto","number":"1"},"status":"collected"}}"#;

    #[test]
    fn reads_a_fact() {
        let fact = parse_fact(GOOD).unwrap();
        assert_eq!(fact.body.fact_type(), FactType::Tracking);
    }

    #[test]
    fn names_the_field() {
        for (from, to, field) in [
            ("\"collected\"", "\"nowhere\"", "data.status"),
            ("\"zto\"", "\"zzz\"", "data.waybill.courier"),
            (",\"status\":\"collected\"", "", "data.status"),
            ("\"number\":\"1\"", "\"number\":1", "data.waybill.number"),
            ("\"time\":\"2026-03-10T08:00:00+08:00\"", "\"time\":\"yesterday\"", "time"),
            ("parcelward.tracking", "parcelward.nothing", "type"),
            ("\"id\":\"1\"", "\"id\":1", "id"),
            ("\"1.0\"", "\"0.3\"", "specversion"),
        ] {
            let error = parse_fact(&GOOD.replace(from, to)).unwrap_err();
            assert_eq!(error.field, field, "{error}");
        }
        assert_eq!(parse_fact("nonsense").unwrap_err().field, "(line)");
    }

    #[test]
    fn a_fingerprint_does_not_see_key_order_or_spaces() {
        let a = fingerprint(r#"{"a":1,"b":[1,2],"c":{"x":null}}"#).unwrap();
        assert_eq!(a, fingerprint(r#"{ "c":{"x":null}, "b":[1, 2],"a":1 }"#).unwrap());
        for other in [r#"{"a":1,"b":[2,1],"c":{"x":null}}"#, r#"{"a":2,"b":[1,2],"c":{"x":null}}"#, r#"{"b":1,"a":[1,2],"c":{"x":null}}"#] {
            assert_ne!(a, fingerprint(other).unwrap());
        }
    }
}
