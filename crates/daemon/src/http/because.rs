//! What was decided about something, and the facts, rungs and tasks that caused it: with when, and from whom.
//!
//! Deliberately absent: what people wrote, and anything personal (`gist` leaves it out).

use super::gist;
use super::schedules::Moment;
use super::spoken::{Speech, moment};
use parcelward_casework::world::{News, World};
use parcelward_store::{EntryKind, JournalRow};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The fields that name what a decision is about.
const NAMES: [&str; 4] = ["task_id", "deadline_id", "case_id", "operation_id"];

/// A cause of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    /// `fact`, `rule` or `task`.
    pub what: &'static str,
    /// It in one line.
    pub text: String,
    /// When a fact happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Moment>,
    /// When it was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Moment>,
    /// Who told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its id there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// Something that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// When.
    pub time: Moment,
    /// When it was written down, where that was later (the daemon was down, or the news came late).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Moment>,
    /// Its type (`task.opened`).
    pub decision: String,
    /// What it says, in one line.
    pub text: String,
    /// What caused it.
    pub because: Vec<Reason>,
}

/// A delay that is worth a word, in milliseconds: within it a daemon is on time.
const LATE: i64 = 60_000;

/// What was told and decided, to look causes up in.
pub(super) struct Told<'a> {
    pub rows: &'a [JournalRow],
    pub world: &'a World,
    pub speech: Speech,
}

impl Told<'_> {
    /// The decisions about these ids, in order, with their causes.
    pub(super) fn steps(&self, ids: &[String]) -> Vec<Step> {
        self.about(ids).map(|(row, data)| self.step(row, &data)).collect()
    }

    /// The lines of the journal about these ids.
    pub(super) fn about<'b>(&'b self, ids: &'b [String]) -> impl Iterator<Item = (&'b JournalRow, Value)> + 'b {
        let decisions = self.rows.iter().filter(|row| row.kind == EntryKind::Decision);
        decisions.filter_map(move |row| {
            let data = line_body(&row.json);
            let named = NAMES.iter().any(|name| data[*name].as_str().is_some_and(|named| ids.iter().any(|id| id == named)));
            named.then_some((row, data))
        })
    }

    fn step(&self, row: &JournalRow, data: &Value) -> Step {
        let because = data["because"].as_array().map(|causes| causes.iter().map(|cause| self.reason(cause)).collect());
        let late = row.recorded.since(row.time).as_millis() > LATE;
        Step {
            time: moment(row.time),
            written: late.then(|| moment(row.recorded)),
            decision: row.type_.strip_prefix("parcelward.").unwrap_or(&row.type_).to_owned(),
            text: gist::of_decision(&row.type_, data),
            because: because.unwrap_or_default(),
        }
    }

    fn reason(&self, cause: &Value) -> Reason {
        let text = |field: &str| cause[field].as_str().unwrap_or_default().to_owned();
        let own = |what, text| Reason { what, text, time: None, received: None, source: None, id: None };
        if let Some(rule) = cause["rule"].as_str() {
            let rung = text("rung");
            return own(
                "rule",
                match rung.as_str() {
                    "due" => format!("{rule} fell due"),
                    "snoozed_until" => format!("{rule} had been put off until then"),
                    rung => format!("{rule}: the rung {rung} before the due time"),
                },
            );
        }
        if let Some(task) = cause["task_id"].as_str() {
            return own("task", format!("task {task} ended: {}", text("outcome").replace('_', " ")));
        }
        let (source, id) = (text("source"), text("id"));
        let row = self.rows.iter().find(|row| row.kind == EntryKind::Fact && row.id.source == source && row.id.id == id);
        let (said, time, received) = match row {
            Some(row) => (gist::of_fact(&row.type_, &line_body(&row.json)), Some(row.time), Some(row.recorded)),
            None => self.of_the_world(&source, &id),
        };
        let (time, received) = (time.map(moment), received.map(moment));
        Reason { what: "fact", text: said, time, received, source: Some(source), id: Some(id) }
    }

    /// News of the world stands in no order's timeline.
    fn of_the_world(
        &self,
        source: &str,
        id: &str,
    ) -> (String, Option<parcelward_casework::instant::Instant>, Option<parcelward_casework::instant::Instant>) {
        match self.world.changes().iter().find(|change| change.cause.source == source && change.cause.id == id) {
            Some(change) => {
                let said = match &change.news {
                    News::Reach(reach) => {
                        let reaches = if reach.serves { "reaches" } else { "does not reach" };
                        format!("{} {reaches} {}", reach.courier, reach.province)
                    }
                    News::Rules(change) => gist::of_rules(&change.fact().revision, change.moves(), change.fact().by.as_deref()),
                    News::Disruption(d) => format!("disruption {}: {} {}", d.disruption_id, d.effect, self.speech.span(d.from, d.until)),
                };
                (said, None, Some(change.at))
            }
            None => ("a fact".to_owned(), None, None),
        }
    }
}

/// The `data` of a line of the journal.
pub(super) fn line_body(json: &str) -> Value {
    match serde_json::from_str(json) {
        Ok(Value::Object(mut line)) => line.remove("data").unwrap_or_default(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::instant::Instant;

    #[test]
    fn a_cause_is_said_in_words() {
        let told = Told { rows: &[], world: &World::default(), speech: Speech::at(Instant::MIN) };
        let said = |cause: Value| told.reason(&cause).text;
        assert_eq!(said(serde_json::json!({"rule": "pdd.collect", "rung": "4h"})), "pdd.collect: the rung 4h before the due time");
        assert_eq!(said(serde_json::json!({"rule": "pdd.collect", "rung": "due"})), "pdd.collect fell due");
        assert_eq!(said(serde_json::json!({"task_id": "x-t1", "outcome": "no_answer"})), "task x-t1 ended: no answer");
    }
}
