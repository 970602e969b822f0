//! What the journal of an order says, in words for somebody who sees it for the first time.
//!
//! Deliberately absent: deadlines, and everything else that is not the way of one intercept; `parcelward order` shows all of it.

use parcelward_casework::instant::{Instant, Length};
use parcelward_store::{EntryKind, JournalRow};
use serde_json::Value;

/// What a line of the journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Its place in the whole journal.
    pub(super) seq: u64,
    /// When the daemon heard it or decided it.
    pub(super) at: Instant,
    /// In words.
    pub(super) text: String,
    /// A scan: when it was made, and what it says; nothing where it is none.
    pub(super) scan: Option<(Instant, String)>,
    /// What it is for the course of things.
    pub(super) event: Event,
}

/// What a line is for the course of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The daemon asks for an intercept; its name for it.
    Requested(String),
    /// The courier said yes or no to it.
    Answered {
        /// The daemon's name for it.
        operation: String,
        /// Whether yes.
        yes: bool,
    },
    /// It is on its way back.
    Turning,
    /// It goes on under another number.
    Renumbered,
    /// It is back at its sender's.
    Home,
    /// A person has something to do.
    Task,
    /// Nothing waits for it.
    Other,
}

/// A time of the local clock.
pub(super) fn clock_time(at: Instant, format: &str) -> String {
    at.local().strftime(format).to_string()
}

/// The sentence of a line; nothing where it is no part of the tale. It stands behind the courier's name.
pub(super) fn sentence(row: &JournalRow) -> Option<Sentence> {
    let line: Value = serde_json::from_str(&row.json).ok()?;
    let data = &line["data"];
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    let about = row.type_.trim_start_matches("parcelward.");
    let (text, event) = match (row.kind, about) {
        (EntryKind::Fact, "after_sale") => {
            (format!("the shop agrees to refund ¥{}; the parcel is on its way", text("amount")), Event::Other)
        }
        (EntryKind::Fact, "tracking") => scan(data)?,
        (EntryKind::Fact, "shipment") if data["replaces"].is_object() => {
            let number = data["waybill"]["number"].as_str().unwrap_or_default();
            (format!("it travels back under a new number, {number}, and is followed under that"), Event::Renumbered)
        }
        (EntryKind::Fact, "operation_update") => answer(data)?,
        (EntryKind::Decision, "case.opened") => (format!("a case is opened: {}", words(&text("kind"))), Event::Other),
        (EntryKind::Decision, "operation.requested") => {
            let id = text("operation_id");
            (format!("is to be asked: {} (operation {id})", words(&text("kind"))), Event::Requested(id))
        }
        (EntryKind::Decision, "operation.settled") if data["status"] == "succeeded" => {
            ("so the intercept has succeeded".to_owned(), Event::Other)
        }
        (EntryKind::Decision, "task.opened") => {
            let due = data["due_at"].as_str().and_then(|due| Instant::parse(due).ok());
            let due = due.map(|due| format!(", due {}", clock_time(due, "%H:%M"))).unwrap_or_default();
            (format!("a task for {}{due}: {} ({})", text("queue"), words(&text("kind")), text("title")), Event::Task)
        }
        (EntryKind::Decision, "task.closed") if data["outcome"] == "not_needed" => {
            (format!("the task {} is not needed any more", text("kind")), Event::Other)
        }
        (EntryKind::Decision, "case.closed") => {
            (format!("the case is closed: {}, {}", words(&text("kind")), words(&text("outcome"))), Event::Other)
        }
        _ => return None,
    };
    let scan = (about == "tracking").then(|| (row.time, text.clone()));
    Some(Sentence { seq: row.seq, at: row.recorded, text: if scan.is_some() { scanned(row, &text) } else { text }, scan, event })
}

/// Scans that are heard of later than this after they were made say when that was.
const OLD_NEWS: Length = Length::minutes(1);

fn scanned(row: &JournalRow, text: &str) -> String {
    let old = row.recorded.since(row.time) > OLD_NEWS;
    let made = if old { format!(" at {}", clock_time(row.time, "%H:%M")) } else { String::new() };
    format!("scanned{made}: {text}")
}

/// A tracking fact.
fn scan(data: &Value) -> Option<(String, Event)> {
    let (what, event) = match data["status"].as_str()? {
        "returning" => ("turned round, on its way back".to_owned(), Event::Turning),
        "returned" => ("back at its sender's, and signed for there".to_owned(), Event::Home),
        other => (words(other), Event::Other),
    };
    let place = data["place"].as_str().map(|place| format!(", {place}")).unwrap_or_default();
    Some((format!("{what}{place}"), event))
}

/// The courier's answer to an operation.
fn answer(data: &Value) -> Option<(String, Event)> {
    let answered = |yes| Event::Answered { operation: data["operation_id"].as_str().unwrap_or_default().to_owned(), yes };
    let with = |key: &str, before: &str| data[key].as_str().map(|text| format!("{before}{text}")).unwrap_or_default();
    match data["status"].as_str()? {
        "accepted" => Some((format!("accepts the intercept{}", with("courier_reference", "; its number for it: ")), answered(true))),
        "rejected" => Some((format!("refuses the intercept{}", with("reason", ": ")), answered(false))),
        other => Some((format!("says of the intercept: {}{}", words(other), with("reason", ", ")), Event::Other)),
    }
}

fn words(word: &str) -> String {
    word.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::fact::FactId;
    use serde_json::json;

    fn said(kind: EntryKind, type_: &str, data: &Value) -> Option<(String, Event)> {
        let at = Instant::from_millis(1_774_173_600_000);
        let id = FactId { source: "s".to_owned(), id: "1".to_owned() };
        let json = json!({ "data": data }).to_string();
        let row =
            JournalRow { seq: 1, line: 1, kind, type_: format!("parcelward.{type_}"), id, time: at, recorded: at, config: None, json };
        sentence(&row).map(|sentence| (sentence.text, sentence.event))
    }

    #[test]
    fn the_steps_of_an_intercept_are_told_and_nothing_else_is() {
        let fact = |type_: &str, data: Value| said(EntryKind::Fact, type_, &data);
        let decision = |type_: &str, data: Value| said(EntryKind::Decision, type_, &data);
        let answered = |yes| Event::Answered { operation: "a-o1".to_owned(), yes };
        let taken = fact("operation_update", json!({"operation_id": "a-o1", "status": "accepted", "courier_reference": "77"}));
        assert_eq!(taken, Some(("accepts the intercept; its number for it: 77".to_owned(), answered(true))));
        let refused = fact("operation_update", json!({"operation_id": "a-o1", "status": "rejected", "reason": "运单已派件"}));
        assert_eq!(refused, Some(("refuses the intercept: 运单已派件".to_owned(), answered(false))));
        let unclear = fact("operation_update", json!({"operation_id": "a-o1", "status": "unknown"}));
        assert_eq!(unclear, Some(("says of the intercept: unknown".to_owned(), Event::Other)));
        let scans = ["returning", "returned", "out_for_delivery"].map(|s| fact("tracking", json!({"status": s, "place": "武汉市"})));
        assert_eq!(
            scans.map(Option::unwrap),
            [
                ("scanned: turned round, on its way back, 武汉市".to_owned(), Event::Turning),
                ("scanned: back at its sender's, and signed for there, 武汉市".to_owned(), Event::Home),
                ("scanned: out for delivery, 武汉市".to_owned(), Event::Other),
            ]
        );
        let task = json!({"kind": "intercept_by_phone", "queue": "service", "title": "Call now", "due_at": "2026-03-22T11:05:00Z"});
        assert_eq!(
            decision("task.opened", task),
            Some(("a task for service, due 19:05: intercept by phone (Call now)".to_owned(), Event::Task))
        );
        assert_eq!(decision("deadline.set", json!({"rule": "pdd.movement"})), None);
        assert_eq!(fact("order", json!({"amount": "1.00"})), None);
        assert_eq!(fact("shipment", json!({"waybill": {"courier": "sf", "number": "SF1"}})), None, "only one that replaces another");
    }
}
