//! Whether an expectation speaks the contract's words: one that names no word of it could never be met, and a `none` never fail.

use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::{
    Advice, CaseKind, CaseOutcome, ClockKind, Courier, DecisionType, OperationKind, OperationStatus, Platform, Queue, TaskKind,
    TaskOutcome, Urgency,
};
use serde_json::Value;

/// The words in a match that the contract does not have, a sentence each.
pub(crate) fn unknown(wanted: &Value) -> Vec<String> {
    let mut unknown = Vec::new();
    let types: Vec<&str> = choices(&wanted["type"]);
    for word in &types {
        if word.strip_prefix("parcelward.").and_then(DecisionType::from_word).is_none() {
            unknown.push(format!("`{word}` is no type of a decision"));
        }
    }
    let about = |thing: &str| !types.is_empty() && types.iter().all(|t| t.starts_with(&format!("parcelward.{thing}.")));
    let mut check = |field: &str, known: &dyn Fn(&str) -> bool| {
        for word in choices(&wanted["data"][field]) {
            if !known(word) {
                unknown.push(format!("`{word}` is no {field} of the contract"));
            }
        }
    };
    check("kind", &|word| {
        (about("case") && CaseKind::from_word(word).is_some())
            || (about("task") && TaskKind::from_word(word).is_some())
            || (about("operation") && OperationKind::from_word(word).is_some())
            || !(about("case") || about("task") || about("operation"))
    });
    check("outcome", &|word| {
        (!about("case") && TaskOutcome::from_word(word).is_some()) || (!about("task") && CaseOutcome::from_word(word).is_some())
    });
    check("rule", &is_rule);
    check("queue", &|word| Queue::from_word(word).is_some());
    check("urgency", &|word| Urgency::from_word(word).is_some());
    check("advice", &|word| Advice::from_word(word).is_some());
    check("clock", &|word| ClockKind::from_word(word).is_some());
    check("platform", &|word| Platform::from_word(word).is_some());
    check("courier", &|word| Courier::from_word(word).is_some());
    check("status", &|word| {
        (about("operation") && OperationStatus::from_word(word).is_some())
            || (!about("operation") && ["open", "claimed", "snoozed"].contains(&word))
    });
    unknown
}

/// A text, or the texts of `{"any": […]}`.
fn choices(wanted: &Value) -> Vec<&str> {
    match wanted {
        Value::String(word) => vec![word],
        Value::Object(fields) => fields.get("any").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Any rule under any prefix: that a platform lacks one is worth an expectation too.
fn is_rule(id: &str) -> bool {
    Platform::ALL.iter().any(|&platform| RuleKind::ALL.iter().any(|rule| rule.id(platform) == id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_are_those_of_the_contract() {
        let table = [
            (json!({"type": "parcelward.case.opened", "data": {"kind": "stalled"}}), 0),
            (json!({"type": "parcelward.case.opened", "data": {"kind": "tell_buyer"}}), 1),
            (json!({"type": "parcelward.case.closed", "data": {"kind": "stalled", "outcome": "recovered"}}), 0),
            (json!({"type": "parcelward.case.closed", "data": {"kind": "stalled", "outcome": "missed"}}), 1),
            (json!({"type": "parcelward.task.closed", "data": {"kind": "tell_buyer", "outcome": "missed"}}), 0),
            (json!({"type": "parcelward.task.closed", "data": {"kind": "tell_buyer", "outcome": "closed_by_hand"}}), 1),
            (json!({"type": "parcelward.case.open"}), 1),
            (json!({"type": "case.opened"}), 1),
            (json!({"type": {"any": ["parcelward.deadline.met", "parcelward.deadline.meet"]}}), 1),
            (json!({"type": "parcelward.deadline.set", "data": {"rule": "pdd.movement", "clock": "hours"}}), 0),
            (json!({"type": "parcelward.deadline.set", "data": {"rule": "tb.second_scan"}}), 0),
            (json!({"type": "parcelward.deadline.set", "data": {"rule": "xhs.second_scan"}}), 1),
            (json!({"type": "parcelward.deadline.set", "data": {"rule": {"any": ["courier.claim_answer", "claim_answer"]}}}), 1),
            (json!({"type": "parcelward.operation.settled", "data": {"kind": "intercept", "status": "succeeded"}}), 0),
            (json!({"type": "parcelward.operation.settled", "data": {"kind": "intercept", "status": "open"}}), 1),
            (json!({"type": "parcelward.task.updated", "data": {"kind": "tell_buyer", "status": "open", "urgency": "high"}}), 0),
            (json!({"type": "parcelward.task.opened", "data": {"queue": "service", "advice": "agree_refund", "urgency": "urgent"}}), 1),
            (json!({"data": {"case_id": "C1"}}), 0),
        ];
        for (wanted, count) in table {
            assert_eq!(unknown(&wanted).len(), count, "{wanted}: {:?}", unknown(&wanted));
        }
    }
}
