//! What must hold in any run, whatever the scenario: identity, causes, order, pairing, urgency.

use crate::matching::{local, time_of};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The things that are opened and closed: the field that names one, and the decision that opens it.
const THINGS: [(&str, &str, &str); 4] = [
    ("case.", "case_id", "case.opened"),
    ("task.", "task_id", "task.opened"),
    ("deadline.", "deadline_id", "deadline.set"),
    ("operation.", "operation_id", "operation.requested"),
];
/// What may be said once of a thing. A breached deadline may be met by late news, and a reopened task closes again.
const ONCE: [&str; 3] = ["case.closed", "deadline.met", "deadline.cancelled"];
/// How pressing, from the least.
const URGENCIES: [&str; 3] = ["normal", "high", "critical"];

/// Every breach of a law in a run's decisions, a sentence each; none when all hold. `until` is where the run's clock stopped.
#[must_use]
pub fn breaches(decisions: &[Value], until: Option<Timestamp>) -> Vec<String> {
    let mut seen = Seen::default();
    for decision in decisions {
        seen.decision(decision, until);
    }
    seen.breaches
}

#[derive(Default)]
struct Seen<'a> {
    breaches: Vec<String>,
    ids: HashSet<(&'a str, &'a str)>,
    opened: HashSet<(&'a str, &'a str)>,
    ended: HashSet<(&'a str, &'a str)>,
    urgency: HashMap<&'a str, usize>,
    last: Option<Timestamp>,
}

impl<'a> Seen<'a> {
    fn decision(&mut self, decision: &'a Value, until: Option<Timestamp>) {
        let text = |field: &str| decision[field].as_str().unwrap_or_default();
        let kind = text("type").strip_prefix("parcelward.").unwrap_or_else(|| text("type"));
        if text("id").is_empty() || !self.ids.insert((text("source"), text("id"))) {
            self.breaches.push(format!("{kind}: id `{}` is missing or stands twice", text("id")));
        }
        let has_cause = decision["data"]["because"].as_array().is_some_and(|causes| !causes.is_empty());
        let Some(now) = time_of(decision).filter(|_| has_cause) else {
            self.breaches.push(format!("{kind} `{}`: without time or because", text("id")));
            return;
        };
        if self.last.is_some_and(|last| now < last) {
            self.breaches.push(format!("{kind} at {} stands after a later decision", local(now)));
        }
        self.last = Some(now);
        if until.is_some_and(|until| now > until) {
            self.breaches.push(format!("{kind} at {} lies after the end of the run", local(now)));
        }
        self.pairing(kind, &decision["data"]);
        self.urgency(kind, &decision["data"]);
    }

    /// What is moved, met or closed was opened before, and once.
    fn pairing(&mut self, kind: &'a str, data: &'a Value) {
        let Some((_, field, opening)) = THINGS.into_iter().find(|(prefix, ..)| kind.starts_with(prefix)) else { return };
        let Some(id) = data[field].as_str() else {
            self.breaches.push(format!("{kind}: without {field}"));
            return;
        };
        if kind == opening {
            if !self.opened.insert((field, id)) {
                self.breaches.push(format!("{field} {id} is opened twice"));
            }
        } else if !self.opened.contains(&(field, id)) {
            self.breaches.push(format!("{kind}: {field} {id} was never opened"));
        }
        if ONCE.contains(&kind) && !self.ended.insert((field, id)) {
            self.breaches.push(format!("{kind} twice for {field} {id}"));
        }
    }

    fn urgency(&mut self, kind: &str, data: &'a Value) {
        let (Some(id), Some(word)) = (data["task_id"].as_str(), data["urgency"].as_str()) else { return };
        if !kind.starts_with("task.") {
            return;
        }
        let Some(rank) = URGENCIES.iter().position(|u| *u == word) else {
            self.breaches.push(format!("{kind}: urgency `{word}` of task_id {id} is no urgency"));
            return;
        };
        if self.urgency.insert(id, rank).is_some_and(|before| rank < before) {
            self.breaches.push(format!("{kind}: urgency of task_id {id} falls to {word}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A decision at a minute past noon, in short.
    fn decision(id: &str, minute: u8, kind: &str, data: Value) -> Value {
        let mut data = data;
        data["because"] = json!([{"source": "test", "id": "f1"}]);
        json!({"specversion": "1.0", "source": "parcelward", "id": id, "type": format!("parcelward.{kind}"),
            "time": format!("2026-03-10T12:{minute:02}:00+08:00"), "data": data})
    }

    fn good_run() -> Vec<Value> {
        vec![
            decision("d1", 0, "deadline.set", json!({"deadline_id": "D1"})),
            decision("d2", 1, "case.opened", json!({"case_id": "C1"})),
            decision("d3", 1, "task.opened", json!({"task_id": "T1", "case_id": "C1", "urgency": "normal"})),
            decision("d4", 2, "task.updated", json!({"task_id": "T1", "urgency": "critical"})),
            decision("d5", 3, "operation.requested", json!({"operation_id": "O1", "case_id": "C1"})),
            decision("d6", 4, "deadline.breached", json!({"deadline_id": "D1"})),
            decision("d7", 5, "deadline.met", json!({"deadline_id": "D1", "late_news": true})),
            decision("d8", 5, "operation.settled", json!({"operation_id": "O1"})),
            decision("d9", 5, "task.closed", json!({"task_id": "T1"})),
            decision("d10", 5, "case.closed", json!({"case_id": "C1"})),
            decision("d11", 6, "coverage.noted", json!({"courier": "zto"})),
        ]
    }

    #[test]
    fn a_good_run_breaks_no_law() {
        assert_eq!(breaches(&good_run(), "2026-03-10T12:06:00+08:00".parse().ok()), [""; 0]);
        assert_eq!(breaches(&[], None), [""; 0]);
    }

    /// One line of the good run is changed, or one more follows; exactly one law must be seen broken.
    #[test]
    fn each_law_is_seen_when_it_is_broken() {
        type Spoil = fn(&mut Vec<Value>);
        let table: [(&str, Spoil); 16] = [
            ("`d1` is missing or stands twice", |run| run[10]["id"] = json!("d1")),
            ("`` is missing or stands twice", |run| run[10]["id"] = Value::Null),
            ("without time or because", |run| run[10]["data"]["because"] = json!([])),
            ("without time or because", |run| run[10]["time"] = json!("soon")),
            ("stands after a later decision", |run| run[10]["time"] = json!("2026-03-10T12:04:59+08:00")),
            ("lies after the end of the run", |run| run[10]["time"] = json!("2026-03-10T12:06:01+08:00")),
            ("case_id C1 is opened twice", |run| run.push(decision("x", 6, "case.opened", json!({"case_id": "C1"})))),
            ("deadline_id D1 is opened twice", |run| run.push(decision("x", 6, "deadline.set", json!({"deadline_id": "D1"})))),
            ("operation_id O1 is opened twice", |run| run.push(decision("x", 6, "operation.requested", json!({"operation_id": "O1"})))),
            ("task_id T2 was never opened", |run| run[8]["data"]["task_id"] = json!("T2")),
            ("deadline_id D2 was never opened", |run| run[5]["data"]["deadline_id"] = json!("D2")),
            ("case.opened: without case_id", |run| run.push(decision("x", 6, "case.opened", json!({})))),
            ("case.closed twice for case_id C1", |run| run.push(decision("x", 6, "case.closed", json!({"case_id": "C1"})))),
            ("deadline.met twice for deadline_id D1", |run| run.push(decision("x", 6, "deadline.met", json!({"deadline_id": "D1"})))),
            ("urgency of task_id T1 falls to high", |run| {
                run.push(decision("x", 6, "task.updated", json!({"task_id": "T1", "urgency": "high"})));
            }),
            ("urgency `urgent` of task_id T1 is no urgency", |run| run[3]["data"]["urgency"] = json!("urgent")),
        ];
        for (law, spoil) in table {
            let mut run = good_run();
            spoil(&mut run);
            let found = breaches(&run, "2026-03-10T12:06:00+08:00".parse().ok());
            assert_eq!(found.len(), 1, "{law}: {found:?}");
            assert!(found[0].contains(law), "{law}: {found:?}");
        }
    }

    #[test]
    fn a_reopened_task_may_close_again() {
        let mut run = good_run();
        run.push(decision("x", 6, "task.updated", json!({"task_id": "T1", "status": "open"})));
        run.push(decision("y", 6, "task.closed", json!({"task_id": "T1"})));
        assert_eq!(breaches(&run, None), [""; 0]);
    }
}
