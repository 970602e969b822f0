//! A fact's line in the journal: its own text, with the instant of its receipt.

use parcelward_casework::instant::Instant;
use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The fact's JSON as it was given, unknown fields and all, on one line, with `recordedtime` set. One that stood there is replaced: the
/// daemon says when it received a fact, nobody else.
pub(crate) fn line(json: &str, recorded: Instant) -> Result<String, serde_json::Error> {
    let text = json.trim();
    // Line ends in JSON can only be white space: inside strings they are escaped.
    let one_line = |text: &str| if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text.to_owned() };
    let body = match text.strip_suffix('}') {
        Some(body) if !text.contains("recordedtime") && !text.contains("\\u") => one_line(body.trim_end()),
        _ => one_line(&without_recordedtime(text)?),
    };
    let comma = if body.ends_with('{') { "" } else { "," };
    Ok(format!("{body}{comma}\"recordedtime\":\"{recorded}\"}}"))
}

/// The object without its end and without `recordedtime`.
fn without_recordedtime(text: &str) -> Result<String, serde_json::Error> {
    struct Fields;
    impl<'de> Visitor<'de> for Fields {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
            let mut out = String::from("{");
            while let Some((key, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                if key == "recordedtime" {
                    continue;
                }
                if out.len() > 1 {
                    out.push(',');
                }
                out.push_str(&serde_json::to_string(&key).map_err(serde::de::Error::custom)?);
                out.push(':');
                out.push_str(value.get());
            }
            Ok(out)
        }
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let body = json.deserialize_map(Fields)?;
    json.end()?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at() -> Instant {
        Instant::parse("2026-03-10T08:00:00.250+08:00").unwrap()
    }

    #[test]
    fn the_instant_of_receipt_is_added_and_nothing_else_changes() {
        let line = line("{\"id\":\"1\",\n  \"x\":{\"a\":[1, 2]},\"data\":{\"extra\":1.50}\n}\n", at()).unwrap();
        assert_eq!(
            line,
            "{\"id\":\"1\",   \"x\":{\"a\":[1, 2]},\"data\":{\"extra\":1.50},\"recordedtime\":\"2026-03-10T08:00:00.250+08:00\"}"
        );
    }

    #[test]
    fn one_that_stood_there_is_replaced_however_it_is_spelt() {
        for key in ["recordedtime", "\\u0072ecordedtime"] {
            let line = line(&format!("{{\"{key}\":\"2020-01-01T00:00:00Z\",\"id\":\"1\"}}"), at()).unwrap();
            assert_eq!(line, "{\"id\":\"1\",\"recordedtime\":\"2026-03-10T08:00:00.250+08:00\"}");
        }
        let nested = line(r#"{"id":"1","data":{"recordedtime":"mine"}}"#, at()).unwrap();
        assert_eq!(nested, r#"{"id":"1","data":{"recordedtime":"mine"},"recordedtime":"2026-03-10T08:00:00.250+08:00"}"#);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for bad in ["", "[]", "1", "{", "recordedtime"] {
            assert!(line(bad, at()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_object_keeps_its_fields(fields in proptest::collection::btree_map("[a-z\"\\\\\n]{1,8}", "\\PC{0,12}", 0..6)) {
            let text = serde_json::to_string_pretty(&fields).unwrap();
            let written = line(&text, at()).unwrap();
            prop_assert!(!written.contains('\n'));
            let mut read: std::collections::BTreeMap<String, String> = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read.remove("recordedtime").unwrap(), at().to_string());
            prop_assert_eq!(read, fields);
        }
    }
}
