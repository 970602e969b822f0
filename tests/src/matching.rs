//! Whether a printed decision is the one that was meant.

use jiff::Timestamp;
use serde_json::Value;

/// Whether `got` has everything that `want` names.
///
/// Objects are compared by the fields that `want` names (a field that is absent is null), arrays by whether each wanted element is
/// there, `{"any": […]}` by whether one of them fits. Texts under a name that ends in `_at` or `_by` are instants where both can be
/// read as such, equal to the second.
#[must_use]
pub fn fits(want: &Value, got: &Value) -> bool {
    fits_as("", want, got)
}

fn fits_as(name: &str, want: &Value, got: &Value) -> bool {
    match (want, got) {
        (Value::Object(fields), _) if fields.len() == 1 && fields.contains_key("any") => {
            fields["any"].as_array().is_some_and(|choices| choices.iter().any(|choice| fits_as(name, choice, got)))
        }
        (Value::Object(fields), Value::Object(found)) => {
            fields.iter().all(|(name, want)| fits_as(name, want, found.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(wanted), Value::Array(found)) => wanted.iter().all(|want| found.iter().any(|got| fits(want, got))),
        (Value::String(want), Value::String(got)) if name.ends_with("_at") || name.ends_with("_by") => match (want.parse(), got.parse()) {
            (Ok(want), Ok(got)) => same_second(want, got),
            _ => want == got,
        },
        (Value::Number(want), Value::Number(got)) => want == got || want.as_f64().is_some_and(|n| got.as_f64() == Some(n)),
        _ => want == got,
    }
}

/// Whether two instants are less than a second apart.
#[must_use]
pub fn same_second(a: Timestamp, b: Timestamp) -> bool {
    a.duration_since(b).abs() < jiff::SignedDuration::from_secs(1)
}

/// An instant as scenarios write it, at +08:00.
#[must_use]
pub fn local(time: Timestamp) -> String {
    format!("{}+08:00", jiff::tz::offset(8).to_datetime(time))
}

/// The instant at which a decision was made.
#[must_use]
pub fn time_of(decision: &Value) -> Option<Timestamp> {
    decision["time"].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_fit_by_what_is_named() {
        let table = [
            (json!({"a": 1}), json!({"a": 1, "b": 2}), true),
            (json!({"a": 1, "c": 3}), json!({"a": 1, "b": 2}), false),
            (json!({"a": null}), json!({"b": 2}), true),
            (json!({"a": {"b": "x"}}), json!({"a": {"b": "x", "c": 1}}), true),
            (json!({"a": {"b": "x"}}), json!({"a": "x"}), false),
            (json!({"a": {"any": ["x", "y"]}}), json!({"a": "y"}), true),
            (json!({"a": {"any": ["x", "y"]}}), json!({"a": "z"}), false),
            (json!({"a": {"any": []}}), json!({"a": "z"}), false),
            (json!({"a": {"any": [{"b": 1}]}}), json!({"a": {"b": 1, "c": 2}}), true),
            (json!({"list": ["p"]}), json!({"list": ["o", "p", "q"]}), true),
            (json!({"list": ["p", "z"]}), json!({"list": ["o", "p", "q"]}), false),
            (json!({"list": []}), json!({"list": ["o"]}), true),
            (json!({"list": [{"x": 1}]}), json!({"list": [{"x": 1, "y": 2}]}), true),
            (json!({"list": ["p"]}), json!({"list": "p"}), false),
            (json!({"n": 1}), json!({"n": 1.0}), true),
            (json!({"n": 1}), json!({"n": "1"}), false),
            (json!({"n": true}), json!({"n": false}), false),
        ];
        for (want, got, expected) in table {
            assert_eq!(fits(&want, &got), expected, "{want} against {got}");
        }
    }

    #[test]
    fn times_are_compared_as_instants() {
        let table = [
            ("due_at", "2026-03-12T18:00:00+08:00", "2026-03-12T10:00:00Z", true),
            ("due_at", "2026-03-12T18:00:00+08:00", "2026-03-12T18:00:00.999+08:00", true),
            ("due_at", "2026-03-12T18:00:00+08:00", "2026-03-12T18:00:01+08:00", false),
            ("respond_by", "2026-03-12T18:00:00+08:00", "2026-03-12T10:00:00Z", true),
            ("decided_by", "merchant", "merchant", true),
            ("decided_by", "merchant", "platform", false),
            ("reference", "2026-03-12T18:00:00+08:00", "2026-03-12T10:00:00Z", false),
        ];
        for (name, want, got, expected) in table {
            assert_eq!(fits(&json!({ name: want }), &json!({ name: got })), expected, "{name}: {want} against {got}");
        }
        let choice = json!({"due_at": {"any": ["2026-03-12T18:00:00+08:00"]}});
        assert!(fits(&choice, &json!({"due_at": "2026-03-12T10:00:00Z"})), "a choice is an instant too");
    }
}
