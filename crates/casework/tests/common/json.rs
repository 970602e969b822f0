//! Facts as the contract writes them, for what a failing law prints and for what `parse_fact` must take.

use parcelward_casework::decision::Decision;
use parcelward_casework::fact::{Fact, FactBody};
use serde_json::{Value, json};

/// The fact as one object of the contract's JSON.
pub fn value(fact: &Fact) -> Value {
    let mut all = json!({
        "specversion": "1.0", "id": fact.id.id, "source": fact.id.source,
        "type": format!("parcelward.{}", fact.body.fact_type()),
        "time": fact.time.to_string(), "data": data(&fact.body),
    });
    if let Some(recorded) = fact.recorded {
        all["recordedtime"] = Value::String(recorded.to_string());
    }
    all
}

/// A decision in a few words.
pub fn brief(decision: &Decision) -> String {
    let all: Value = serde_json::from_str(&decision.to_json()).expect("a decision is JSON");
    let data = &all["data"];
    let word = |name: &str| data[name].as_str().map(|s| format!(" {s}")).unwrap_or_default();
    let names =
        ["rule", "kind", "case_id", "task_id", "deadline_id", "operation_id", "status", "urgency", "outcome", "starts_at", "due_at"];
    let words: Vec<String> = names.iter().map(|n| word(n)).collect();
    format!("{} {}{}{}", decision.time, decision.body.decision_type(), words.concat(), if data["late_news"] == true { " late" } else { "" })
}

/// The fact on one line.
pub fn line(fact: &Fact) -> String {
    value(fact).to_string()
}

fn data(body: &FactBody) -> Value {
    let data = match body {
        FactBody::Order(f) => serde_json::to_value(f),
        FactBody::Shipment(f) => serde_json::to_value(f),
        FactBody::Tracking(f) => serde_json::to_value(f),
        FactBody::AfterSale(f) => serde_json::to_value(f),
        FactBody::BuyerRequest(f) => serde_json::to_value(f),
        FactBody::Dispute(f) => serde_json::to_value(f),
        FactBody::Commitment(f) => serde_json::to_value(f),
        FactBody::Claim(f) => serde_json::to_value(f),
        FactBody::Evidence(f) => serde_json::to_value(f),
        FactBody::Message(f) => serde_json::to_value(f),
        FactBody::Note(f) => serde_json::to_value(f),
        FactBody::Report(f) => serde_json::to_value(f),
        FactBody::OperationUpdate(f) => serde_json::to_value(f),
        FactBody::TaskUpdate(f) => serde_json::to_value(f),
        FactBody::Coverage(f) => serde_json::to_value(f),
        FactBody::Disruption(f) => serde_json::to_value(f),
        FactBody::Configuration(f) => serde_json::to_value(f),
    };
    without_nothing(data.expect("a fact is JSON"))
}

/// Absent fields are absent, not null.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, v)| !v.is_null() && !matches!(v, Value::Array(a) if a.is_empty()));
            Value::Object(kept.map(|(k, v)| (k, without_nothing(v))).collect())
        }
        other => other,
    }
}
