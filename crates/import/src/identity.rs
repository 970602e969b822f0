//! Who says an imported fact, and under which id.
//!
//! The id is made from the fact's own content, so the same file imported twice says nothing new, and a row that changed is a new fact that updates the
//! order. A row that changes back to what it once was is therefore known already and changes nothing: exports only ever move forward.

use parcelward_casework::words::{FactType, Platform};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The longest business key that stands in an id, in bytes; the hash tells longer ones apart.
const MAX_KEY: usize = 120;

/// The source of facts that are read from a shop's exports.
#[must_use]
pub fn source(platform: Platform, shop: &str) -> String {
    format!("import:{platform}:{shop}")
}

/// The id of a fact: its type, what it is about, and a hash of when and what.
#[must_use]
pub fn fact_id(fact_type: FactType, key: &str, time: &str, data: &Json) -> String {
    let mut hash = Sha256::new();
    for part in [fact_type.word(), key, time, &canonical(data)] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut id = format!("{fact_type}:");
    let cut = (0..=MAX_KEY.min(key.len())).rev().find(|&i| key.is_char_boundary(i)).unwrap_or(0);
    id.push_str(&key[..cut]);
    id.push(':');
    for byte in &digest[..8] {
        // Writing to a string cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

/// JSON with sorted keys and without spaces: the same for the same content, whatever the JSON library keeps.
#[must_use]
pub fn canonical(json: &Json) -> String {
    let mut out = String::new();
    write_canonical(json, &mut out);
    out
}

fn write_canonical(json: &Json, out: &mut String) {
    match json {
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, value)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", Json::String(key.clone()));
                write_canonical(value, out);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// One line of JSON: the fact in its envelope.
pub(crate) fn envelope(fact_type: FactType, source: &str, id: &str, time: &str, data: &Json) -> String {
    let text = |s: &str| Json::String(s.to_owned());
    format!(
        "{{\"specversion\":\"1.0\",\"id\":{},\"source\":{},\"type\":\"parcelward.{fact_type}\",\"time\":{},\"data\":{}}}",
        text(id),
        text(source),
        text(time),
        canonical(data)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_the_content_and_not_the_order_of_keys() {
        let a: Json = serde_json::from_str(r#"{"a":1,"b":{"x":"1","y":[1,2]}}"#).unwrap();
        let b: Json = serde_json::from_str(r#"{"b":{"y":[1,2],"x":"1"},"a":1}"#).unwrap();
        let c: Json = serde_json::from_str(r#"{"b":{"y":[2,1],"x":"1"},"a":1}"#).unwrap();
        let id = |t, key, time, data| fact_id(t, key, time, data);
        assert_eq!(id(FactType::Order, "P1", "t", &a), id(FactType::Order, "P1", "t", &b));
        assert_ne!(id(FactType::Order, "P1", "t", &a), id(FactType::Order, "P1", "t", &c));
        assert_ne!(id(FactType::Order, "P1", "t", &a), id(FactType::Order, "P1", "u", &a));
        assert_ne!(id(FactType::Order, "P1", "t", &a), id(FactType::Order, "P2", "t", &a));
        assert!(id(FactType::Order, &"订".repeat(500), "t", &a).len() <= 200);
    }
}
