//! Outcomes as JSON, so that a fixture can say what it expects in words.

use crate::error::CourierError;
use crate::push::{Pushed, PushedItem};
use serde::Serialize;
use serde_json::{Value, json};

/// `{"ok": …}`, `{"not_sent": …}`, `{"refused": …}` or `{"unconfirmed": …}`.
pub(super) fn outcome(result: &Result<Value, CourierError>) -> Value {
    match result {
        Ok(value) => json!({ "ok": value }),
        Err(error) => self::error(error),
    }
}

pub(super) fn error(error: &CourierError) -> Value {
    match error {
        CourierError::NotSent { reason, retry_after, .. } => match retry_after {
            Some(wait) => json!({ "not_sent": reason.to_string(), "retry_after": wait.as_secs() }),
            None => json!({ "not_sent": reason.to_string() }),
        },
        CourierError::Refused(refusal) => json!({ "refused": refusal.kind.word(), "code": refusal.code }),
        CourierError::Unconfirmed { reason, .. } => json!({ "unconfirmed": reason.to_string() }),
    }
}

/// Anything that is serialised; what cannot be is a breach by itself.
pub(super) fn value(thing: impl Serialize) -> Value {
    serde_json::to_value(thing).unwrap_or_else(|e| Value::String(format!("cannot be serialised: {e}")))
}

pub(super) fn item(item: &PushedItem) -> Value {
    match &item.tells {
        Pushed::Scan(waybill, event) => json!({ "number": waybill.number, "courier": waybill.courier.word(), "scan": event }),
        Pushed::Request { waybill, kind, state } => json!({ "number": waybill.number, "kind": kind.word(), "state": state }),
        Pushed::Other(name) => json!({ "other": name }),
    }
}

/// A difference, both sides whole: an author reads the second and, if it is right, writes it down. Said in TOML, as a fixture has it.
pub(super) fn differs(name: &str, expected: &Value, came: &Value) -> Option<String> {
    let toml = |value: &Value| {
        let table = toml::Table::try_from(json!({ "expect": value }));
        table.map_or_else(|_| value.to_string(), |table| table.to_string())
    };
    (expected != came).then(|| format!("{name}: outcome\n    ---- expected\n{}\n    ---- came\n{}", toml(expected), toml(came)))
}
