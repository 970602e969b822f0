//! A fact or a decision in one line of words, for explanations.
//!
//! Deliberately absent: names, phones, addresses and what people wrote.

use parcelward_casework::instant::Instant;
use serde_json::Value;

/// An instant as people read it (UTC+8).
pub(super) fn local(at: Instant) -> String {
    at.local().strftime("%Y-%m-%d %H:%M").to_string()
}

fn local_text(text: &str) -> String {
    Instant::parse(text).map_or_else(|_| text.to_owned(), local)
}

/// A fact's type and data in words.
pub(super) fn of_fact(type_: &str, data: &Value) -> String {
    let text = |field: &str| data[field].as_str().unwrap_or_default();
    let word = |field: &str| text(field).replace('_', " ");
    let parcel = || match (data["waybill"]["courier"].as_str(), data["waybill"]["number"].as_str()) {
        (Some(courier), Some(number)) => format!(" {courier}:{number}"),
        _ => String::new(),
    };
    let with = |before: &str, field: &str| if text(field).is_empty() { String::new() } else { format!("{before}{}", word(field)) };
    let yuan = || if text("amount").is_empty() { String::new() } else { format!(", ¥{}", text("amount")) };
    match type_.strip_prefix("parcelward.").unwrap_or(type_) {
        "order" => format!(
            "the order: {}, paid {}{}",
            if text("status").is_empty() { "paid" } else { text("status") },
            local_text(text("paid_at")),
            yuan()
        ),
        "shipment" => format!("parcel{} declared {}", parcel(), local_text(text("declared_at"))),
        "tracking" => format!("parcel{}: {}{}{}", parcel(), word("status"), with(", ", "reason"), with(" at ", "place")),
        "after_sale" => {
            format!("after-sale {}: {} {}{}{}", text("after_sale_id"), word("kind"), word("status"), with(" by ", "decided_by"), yuan())
        }
        "buyer_request" => format!("the buyer asks: {}{}", word("request"), with(", wants ", "wants")),
        "dispute" => format!("dispute {}: {}{}", text("dispute_id"), word("status"), with(" for ", "ruling")),
        "commitment" => format!("promise {}: {} {}", text("commitment_id"), word("promise"), word("status")),
        "claim" => format!("claim{}: {}{}", parcel(), word("status"), yuan()),
        "evidence" => format!("evidence: {}", word("kind")),
        "message" => format!("a message from the {}", word("from")),
        "note" => format!("a note{}", with(" by ", "by")),
        "report" => format!("reported by hand: {}{}", word("case"), with(" by ", "by")),
        "operation_update" => format!("the courier's answer{}: {}{}", with(" to ", "kind"), word("status"), with(", ", "reason")),
        "task_update" => format!("task {}{}{}", word("status"), with(": ", "outcome"), with(" by ", "by")),
        "coverage" => {
            let reaches = if data["serves"] == true { "reaches" } else { "does not reach" };
            format!("{} {reaches} {}{}{}", text("courier"), text("province"), with(" ", "city"), with(" ", "district"))
        }
        "configuration" => of_rules(text("revision"), text("open_deadlines") == "move", data["by"].as_str()),
        "disruption" => format!(
            "disruption {}: {} from {} to {}{}",
            text("disruption_id"),
            word("effect"),
            local_text(text("from")),
            local_text(text("until")),
            with(", ", "reason")
        ),
        other => other.replace('_', " "),
    }
}

/// That other rules were applied.
pub(super) fn of_rules(revision: &str, moved: bool, by: Option<&str>) -> String {
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    let moved = if moved { "; open deadlines were set anew" } else { "; open deadlines keep theirs" };
    format!("rules {revision} applied{by}{moved}")
}

/// What a decision says beyond its type.
pub(super) fn of_decision(type_: &str, data: &Value) -> String {
    let text = |field: &str| data[field].as_str().unwrap_or_default();
    let due = || if text("due_at").is_empty() { String::new() } else { format!("due {}", local_text(text("due_at"))) };
    let parts: Vec<String> = match type_.strip_prefix("parcelward.").unwrap_or(type_) {
        "task.opened" => vec![text("title").to_owned(), due()],
        "task.updated" => {
            let named = [("status", ""), ("urgency", "now "), ("assignee", "for "), ("queue", "queue "), ("advice", "advice ")];
            let changes =
                named.iter().filter(|(field, _)| !text(field).is_empty()).map(|(field, before)| format!("{before}{}", text(field)));
            changes.chain([due()]).collect()
        }
        "task.closed" | "case.closed" => vec![text("kind").to_owned(), text("outcome").to_owned()],
        "operation.settled" => vec![text("kind").to_owned(), text("status").to_owned(), text("reason").to_owned()],
        "deadline.breached" | "deadline.met" => {
            let flags = ["waived", "late_news"].iter().filter(|flag| data[**flag] == true).map(|flag| flag.replace('_', " "));
            [text("rule").to_owned(), due()].into_iter().chain(flags).collect()
        }
        other if other.starts_with("deadline.") => vec![text("rule").to_owned(), due()],
        _ => vec![text("kind").to_owned()],
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn facts_in_words() {
        let waybill = json!({"courier": "yto", "number": "YT1"});
        for (type_, data, said) in [
            (
                "order",
                json!({"paid_at": "2026-03-10T00:00:00Z", "amount": "59.90", "recipient": {"name": "李雷"}}),
                "the order: paid, paid 2026-03-10 08:00, ¥59.90",
            ),
            (
                "tracking",
                json!({"waybill": waybill, "status": "exception", "reason": "out_of_range", "place": "杭州"}),
                "parcel yto:YT1: exception, out of range at 杭州",
            ),
            ("coverage", json!({"courier": "yto", "province": "新疆", "serves": false}), "yto does not reach 新疆"),
            (
                "task_update",
                json!({"status": "done", "outcome": "no_answer", "by": "小王", "note": "personal"}),
                "task done: no answer by 小王",
            ),
            ("unheard_of", json!({}), "unheard of"),
        ] {
            assert_eq!(of_fact(&format!("parcelward.{type_}"), &data), said);
        }
    }

    #[test]
    fn decisions_in_words() {
        let said = of_decision("parcelward.task.updated", &json!({"urgency": "critical", "due_at": "2026-03-10T00:00:00Z"}));
        assert_eq!(said, "now critical, due 2026-03-10 08:00");
        assert_eq!(of_decision("parcelward.deadline.breached", &json!({"rule": "pdd.collect", "waived": true})), "pdd.collect, waived");
    }
}
