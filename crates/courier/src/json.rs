//! JSON as couriers write it: flags as words, numbers as texts, an object where a list was promised.
//!
//! Reading never puts a value into an error: what came may be personal.

use crate::error::{CourierError, UnclearReason};
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Reads an answer, a JSON object. What cannot be read is [`CourierError::Unconfirmed`]: it was sent, and what came says nothing.
///
/// # Errors
/// With the field at which reading stopped, and never its value.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, CourierError> {
    // A derived struct would read itself out of a list as well, field by field: `[1]` would be an answer of yes.
    if !text.trim_start().starts_with('{') {
        return Err(CourierError::unconfirmed(UnclearReason::Malformed, format!("no JSON object ({} bytes)", text.len())));
    }
    from_text(text).map_err(|what| CourierError::unconfirmed(UnclearReason::Malformed, what))
}

/// Reads an answer of any JSON shape, for couriers that answer a list or an object.
///
/// # Errors
/// As [`read`].
pub fn read_value(text: &str) -> Result<Value, CourierError> {
    from_text(text).map_err(|what| CourierError::unconfirmed(UnclearReason::Malformed, what))
}

/// Reads JSON; the error says where it stops, and never shows a value.
///
/// # Errors
/// Where the text is no JSON, or not of that shape.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let what = match error.inner().classify() {
            serde_json::error::Category::Data => "another shape than expected",
            serde_json::error::Category::Eof => "cut off",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "no JSON",
        };
        match error.path().to_string().as_str() {
            "." => format!("{what} ({} bytes)", text.len()),
            path => format!("{what} at {path} ({} bytes)", text.len()),
        }
    })?;
    reader.end().map_err(|_| format!("more behind the JSON ({} bytes)", text.len()))?;
    Ok(value)
}

/// Writes what we send, once: these bytes are signed and these are sent.
///
/// # Errors
/// Nothing of ours fails to serialise; the error is there so that nothing can be sent half.
pub fn write<T: Serialize>(value: &T) -> Result<String, CourierError> {
    serde_json::to_string(value).map_err(|e| CourierError::not_sent(crate::NotSentReason::Incomplete, format!("cannot be written: {e}")))
}

/// A text that may be written as a number, a flag or null; null is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl Text {
    /// The text, where there is one.
    #[must_use]
    pub fn given(self) -> Option<String> {
        let text = self.0.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The text as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct AsText;
        impl Visitor<'_> for AsText {
            type Value = Text;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Text, E> {
                Ok(Text(n.to_string()))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Text, E> {
                Ok(Text(n.to_string()))
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Text, E> {
                Ok(Text(n.to_string()))
            }
            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Text, E> {
                Ok(Text(flag.to_string()))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Text, E> {
                Ok(Text::default())
            }
        }
        d.deserialize_any(AsText)
    }
}

/// A flag that may be written `true`, `"true"`, `1`, `"1"`, `"T"`, `"Y"` or `"success"`; anything else is false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(d)?;
        Ok(Flag(matches!(text.0.to_ascii_lowercase().as_str(), "true" | "1" | "t" | "y" | "yes" | "success")))
    }
}

/// JSON that may stand as itself or as a text that holds JSON. Empty text and null are [`Value::Null`].
#[must_use]
pub fn unwrapped(value: Value) -> Value {
    match value {
        Value::String(text) if text.trim().is_empty() => Value::Null,
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => inner,
            _ => Value::String(text),
        },
        other => other,
    }
}

/// A list that may be written as one thing, as null, or as text that holds it.
#[must_use]
pub fn listed(value: Value) -> Vec<Value> {
    match unwrapped(value) {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Reads an object that was set aside; the error never shows it.
///
/// # Errors
/// [`CourierError::Unconfirmed`] with the place at which it has another shape.
pub fn shaped<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, CourierError> {
    if !value.is_object() {
        return Err(CourierError::unconfirmed(UnclearReason::Malformed, format!("no object at {place}")));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." { place.to_owned() } else { format!("{place}.{path}") };
        CourierError::unconfirmed(UnclearReason::Malformed, format!("another shape than expected at {at}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Answer {
        code: Text,
        #[serde(default)]
        ok: Flag,
    }

    #[test]
    fn takes_numbers_for_texts_and_words_for_flags() {
        for (text, code, ok) in [
            (r#"{"code":0,"ok":"true"}"#, "0", true),
            (r#"{"code":"0","ok":1}"#, "0", true),
            (r#"{"code":null,"ok":"false"}"#, "", false),
            (r#"{"code":true}"#, "true", false),
        ] {
            let answer: Answer = read(text).unwrap();
            assert_eq!((answer.code.as_str(), answer.ok.0), (code, ok), "{text}");
        }
    }

    #[test]
    fn an_error_names_the_field_and_never_shows_the_value() {
        for text in
            [r#"{"code":{"name":"张三"}}"#, r#"{"code":["13812345678"]}"#, "<html>张三", r#"{"code":"13812345678"#, r#"{"code":1} x"#, ""]
        {
            let error = read::<Answer>(text).unwrap_err();
            assert!(error.is_unconfirmed());
            assert!(!error.to_string().contains("张三") && !error.to_string().contains("138"), "{error}");
        }
        let error = read::<Answer>(r#"{"code":{"name":"张三"}}"#).unwrap_err();
        assert!(error.to_string().contains("at code"), "{error}");
    }

    #[test]
    fn finds_json_within_text() {
        assert_eq!(listed(Value::String("[1,2]".into())).len(), 2);
        assert_eq!(listed(serde_json::json!({"a":1})).len(), 1);
        assert_eq!(listed(Value::Null).len(), 0);
        assert_eq!(unwrapped(Value::String("SUCCESS".into())), Value::String("SUCCESS".into()));
    }
}
