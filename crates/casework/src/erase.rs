//! Personal data taken out of what is kept, so that what is left still reads, replays and counts.
//!
//! Everything that is not known to be free of personal data goes: an unknown field, an operator's tag, every free text. What stays is listed
//! here by name. Ids, kinds, times, money, waybills, places of scans, and province, city and district stay; so do the names of staff, who
//! answer for what they did.
//!
//! Deliberately absent: what is old enough, and where it is kept.

use crate::casefile::CaseFile;
use crate::fact::Address;
use crate::instant::Instant;
use serde_json::{Map, Value};

/// Stands where a text stood.
pub const ERASED: &str = "[erased]";
/// The attribute of a line that says when it was erased (RFC 3339).
pub const ERASED_AT: &str = "erasedtime";

/// Attributes of an envelope that stay as they are.
const ENVELOPE: [&str; 7] = ["specversion", "id", "source", "type", "time", "recordedtime", "because"];

/// Fields that stay as they are, at whatever depth they stand.
const KEPT: &[&str] = &[
    "advice",
    "after_sale_id",
    "amount",
    "appeal_by",
    "assignee",
    "because",
    "by",
    "case",
    "case_id",
    "case_kind",
    "cause",
    "channel",
    "city",
    "claim_id",
    "clock",
    "code",
    "commitment_id",
    "computed_due_at",
    "consequence",
    "courier",
    "courier_reference",
    "courier_serves",
    "couriers",
    "deadline_id",
    "decided_by",
    "declared_at",
    "direction",
    "dispute_id",
    "disruption_id",
    "district",
    "due_at",
    "effect",
    "electronic_waybill",
    "estimated_delivery_at",
    "evidence_by",
    "evidence_id",
    "evidence_wanted",
    "expected_version",
    "extend_by",
    "fee",
    "freight",
    "from",
    "idempotency_key",
    "insured_value",
    "kind",
    "late_news",
    "money_at_stake",
    "operation_id",
    "order_id",
    "outcome",
    "outcomes",
    "paid_at",
    "payer",
    "place",
    "planned_courier",
    "platform",
    "promise",
    "province",
    "provisional",
    "queue",
    "reference",
    "remind_at",
    "replaces",
    "request",
    "respond_by",
    "return_waybill",
    "rule",
    "ruling",
    "seen_by",
    "serves",
    "sha256",
    "ship_by",
    "shop",
    "snooze_until",
    "starts_at",
    "status",
    "task_id",
    "until",
    "urgency",
    "urgent",
    "waived",
    "wants",
    "waybill",
];

/// Fields whose own fields are looked at one by one.
const NESTED: [&str; 8] = ["answers", "details", "recipient", "origin", "destination", "new_address", "address", "items"];

/// Fields of an item that is sold.
const ITEM: [&str; 4] = ["sku", "title", "quantity", "price"];

/// Why a line was not erased. What stood in it is not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a kept line is no object of JSON, so that nothing in it can be erased")]
pub struct NotErased;

/// A line of the journal, a fact or a decision, without personal data and marked with the instant of the erasure. A line that is erased
/// already stays as it is.
///
/// # Errors
/// [`NotErased`] where it is no JSON object.
pub fn line(json: &str, at: Instant) -> Result<String, NotErased> {
    let mut line = object(json)?;
    if line.contains_key(ERASED_AT) {
        return Ok(json.to_owned());
    }
    let is_scan = line.get("type").and_then(Value::as_str) == Some("parcelward.tracking");
    line.retain(|key, _| ENVELOPE.contains(&key.as_str()) || key == "data");
    if let Some(Value::Object(body)) = line.get_mut("data") {
        // A scan's reason is a word of a list; elsewhere it is somebody's text.
        let reason = body.get("reason").filter(|_| is_scan).cloned();
        clean(body);
        body.extend(reason.map(|word| ("reason".to_owned(), word)));
    }
    line.insert(ERASED_AT.to_owned(), Value::String(at.to_string()));
    Ok(Value::Object(line).to_string())
}

/// What a decision told, kept apart for lists, without personal data.
///
/// # Errors
/// [`NotErased`] where it is no JSON object.
pub fn told(json: &str) -> Result<String, NotErased> {
    let mut body = object(json)?;
    clean(&mut body);
    Ok(Value::Object(body).to_string())
}

fn object(json: &str) -> Result<Map<String, Value>, NotErased> {
    match serde_json::from_str(json) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(NotErased),
    }
}

fn clean(body: &mut Map<String, Value>) {
    let old = std::mem::take(body);
    for (key, value) in old {
        let name = key.as_str();
        let left = match value {
            Value::Object(mut inner) if NESTED.contains(&name) => {
                clean(&mut inner);
                Some(Value::Object(inner))
            }
            Value::Array(list) if name == "items" => Some(list.into_iter().filter_map(item).collect()),
            value if KEPT.contains(&name) => Some(value),
            Value::String(_) => Some(ERASED.into()),
            Value::Array(list) if list.iter().all(Value::is_string) => Some(list.iter().map(|_| ERASED).collect()),
            _ => None,
        };
        body.extend(left.map(|left| (key, left)));
    }
}

fn item(item: Value) -> Option<Value> {
    let Value::Object(mut item) = item else { return None };
    item.retain(|key, _| ITEM.contains(&key.as_str()));
    Some(Value::Object(item))
}

/// A case file without personal data: names, phones, streets and texts go, everything that decides stays.
#[must_use]
pub fn file(mut file: CaseFile) -> CaseFile {
    if let Some(recipient) = file.order.as_mut().and_then(|order| order.recipient.as_mut()) {
        address(recipient);
    }
    for case in &mut file.cases {
        case.new_address.iter_mut().for_each(address);
        text(&mut case.words);
    }
    for sale in &mut file.after_sales {
        text(&mut sale.reason);
    }
    for dispute in &mut file.disputes {
        text(&mut dispute.reason);
    }
    for commitment in &mut file.commitments {
        text(&mut commitment.text);
    }
    for request in &mut file.requests {
        request.new_address.iter_mut().for_each(address);
    }
    for operation in &mut file.operations {
        operation.phone_tail = None;
    }
    file
}

fn address(address: &mut Address) {
    (address.name, address.phone, address.detail) = (None, None, None);
}

fn text(text: &mut Option<String>) {
    if let Some(text) = text {
        ERASED.clone_into(text);
    }
}

/// Whether a line says that it was erased.
#[must_use]
pub fn is_erased(json: &str) -> bool {
    json.contains(ERASED_AT) && object(json).is_ok_and(|line| line.contains_key(ERASED_AT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse_fact;

    fn at() -> Instant {
        Instant::parse("2027-06-01T03:00:00+08:00").unwrap()
    }

    #[test]
    fn what_is_personal_goes_and_the_rest_stays() {
        let fact = r#"{"specversion":"1.0","id":"1","source":"s","type":"parcelward.order","time":"2026-03-10T08:00:00+08:00","subject":"李雷",
            "recordedtime":"2026-03-10T08:00:01+08:00","data":{"platform":"jd","shop":"a","order_id":"7","paid_at":"2026-03-10T08:00:00+08:00",
            "amount":"59.90","items":[{"sku":"x","title":"cup","quantity":2,"engraving":"李雷"}],"tags":["vip 李雷"],"remark":"13900000001",
            "recipient":{"name":"李雷","phone":"13900000001","province":"云南","city":"昆明","district":"五华","detail":"翠湖1号"},
            "buyer_id":"lilei","loyalty":{"card":"13900000001"},"rank":139}}"#;
        let erased = line(fact, at()).unwrap();
        for gone in ["李雷", "13900000001", "翠湖", "lilei", "loyalty", "139", "subject"] {
            assert!(!erased.contains(gone), "{gone}: {erased}");
        }
        for kept in ["59.90", "云南", "昆明", "五华", "cup", "\"order_id\":\"7\"", "2027-06-01T03:00:00"] {
            assert!(erased.contains(kept), "{kept}: {erased}");
        }
        let read = parse_fact(&erased).unwrap();
        assert_eq!(read.body.order(), parse_fact(fact).unwrap().body.order());
        assert_eq!(line(&erased, at() + crate::instant::Length::days(9)).unwrap(), erased, "once");
        assert!(is_erased(&erased) && !is_erased(fact));
        assert_eq!(line("[1]", at()), Err(NotErased));
    }

    #[test]
    fn a_scans_reason_stays_and_its_words_go() {
        let scan = r#"{"specversion":"1.0","id":"1","source":"s","type":"parcelward.tracking","time":"2026-03-10T08:00:00+08:00","data":
            {"waybill":{"courier":"zto","number":"1"},"status":"exception","reason":"lost","place":"昆明","description":"张三 13900000001"}}"#;
        let erased = line(scan, at()).unwrap();
        assert!(erased.contains("lost") && erased.contains("昆明") && !erased.contains("张三"), "{erased}");
        assert_eq!(parse_fact(&erased).unwrap().body.fact_type(), parse_fact(scan).unwrap().body.fact_type());
        let told = told(r#"{"task_id":"t-1","why":"李雷 wants it","steps":["call 139","wait"],"outcomes":["done"]}"#).unwrap();
        assert_eq!(told, r#"{"outcomes":["done"],"steps":["[erased]","[erased]"],"task_id":"t-1","why":"[erased]"}"#);
    }
}
