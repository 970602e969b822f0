//! `GET /v1/explain/{id}`: why a task, a deadline, a case or a courier operation is as it is.

use super::app::App;
use super::deadlines::state_word;
use super::facts::OrderName;
use super::gist;
use super::params::Path;
use super::problem::{Problem, shown};
use super::sums::{Book, RuleAccount};
use axum::Json;
use axum::extract::State;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::world::World;
use parcelward_store::{EntryKind, JournalRow};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// Lines of a journal that are read at a time.
const PAGE: u32 = 500;
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
    pub time: Option<String>,
    /// Who told a fact.
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
    pub time: String,
    /// Its type (`task.opened`).
    pub decision: String,
    /// What it says, in one line.
    pub text: String,
    /// What caused it.
    pub because: Vec<Reason>,
}

/// Why something is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explanation {
    /// Its id.
    pub id: String,
    /// `task`, `deadline`, `case` or `operation`.
    pub what: &'static str,
    /// Its kind; of a deadline its rule.
    pub kind: String,
    /// Its name in words.
    pub title: String,
    /// Where it stands.
    pub state: String,
    /// Its order.
    pub order: OrderName,
    /// How its due time comes about; a case and an operation have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleAccount>,
    /// What was decided about it, in order.
    pub steps: Vec<Step>,
}

/// Explains something by its id.
#[utoipa::path(
    get, path = "/v1/explain/{id}", operation_id = "explain", tag = "orders",
    params(("id" = String, Path, description = "The id of a task, a deadline, a case or a courier operation")),
    responses(
        (status = 200, description = "Rule, sums, facts", body = Explanation),
        (status = 404, description = "There is no such thing", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Explanation>, Problem> {
    let unknown = || Problem::not_found(format!("there is no task, deadline, case or operation `{}`", shown(&id)));
    let (order, world) = look_up(&app, &id).await?.ok_or_else(unknown)?;
    let stored = app.store.case_file(&order).await?.ok_or_else(unknown)?;
    let rules = app.desk.rules();
    let config = app.config();
    let book = Book { rules: &rules, raw: &config.raw_rules.rule, world: &world, file: &stored.file };
    let mut explanation = found(&book, &id).ok_or_else(unknown)?;
    let rows = whole_timeline(&app, &order).await?;
    let told = Told { rows: &rows, world: &world };
    let about = by_hand(&stored.file, &id);
    explanation.steps = rows.iter().filter_map(|row| told.step(row, &about)).collect();
    if explanation.what == "task"
        && let Some(row) = app.store.task(&id).await?
    {
        explanation.title = super::tasks::item(&app, &row, app.now()).title;
    }
    Ok(Json(explanation))
}

/// The order for whose ids this one's first part stands, and the world as it is known.
async fn look_up(app: &App, id: &str) -> Result<Option<(OrderKey, World)>, Problem> {
    let Some((tag, rest)) = id.split_once('-') else { return Ok(None) };
    if tag.len() != 12 || rest.is_empty() || !tag.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return Ok(None);
    }
    let mut tx = app.store.begin().await?;
    let orders = tx.orders_of_tags(&[tag.to_owned()]).await;
    let changes = tx.world_from(0).await;
    tx.rollback().await;
    let mut world = World::default();
    changes?.into_iter().for_each(|change| world.push(change));
    Ok(orders?.into_iter().next().flatten().map(|order| (order, world)))
}

async fn whole_timeline(app: &App, order: &OrderKey) -> Result<Vec<JournalRow>, Problem> {
    let (mut rows, mut after) = (Vec::new(), Some(0));
    while let Some(line) = after {
        let page = app.store.timeline(order, line, PAGE).await?;
        rows.extend(page.rows);
        after = page.next;
    }
    Ok(rows)
}

/// What an id stands for in its case file.
fn found(book: &Book<'_>, id: &str) -> Option<Explanation> {
    let file: &CaseFile = book.file;
    let texts = &book.rules.texts;
    let base = |what, kind: &str, title: &str, state: &str, rule| Explanation {
        id: id.to_owned(),
        what,
        kind: kind.to_owned(),
        title: title.to_owned(),
        state: state.to_owned(),
        order: OrderName::from(&file.key),
        rule,
        steps: Vec::new(),
    };
    if let Some(task) = file.tasks.iter().find(|task| task.id == id) {
        let deadline = task.deadline.and_then(|at| file.deadlines.get(at as usize));
        let account = deadline.map_or_else(|| book.task(task), |deadline| book.deadline(deadline));
        return Some(base("task", task.kind.word(), task.kind.word(), task.state.word(), Some(account)));
    }
    if let Some(deadline) = file.deadlines.iter().find(|deadline| deadline.id == id) {
        let account = book.deadline(deadline);
        let (rule, title) = (account.rule.clone(), account.title.clone());
        return Some(base("deadline", &rule, &title, state_word(deadline.state), Some(account)));
    }
    if let Some(case) = file.cases.iter().find(|case| case.id == id) {
        let state = case.closed.map_or("open", |(_, outcome)| outcome.word());
        return Some(base("case", case.kind.word(), texts.case_title(case.kind), state, None));
    }
    let operation = file.operations.iter().find(|operation| operation.id == id)?;
    let kind = operation.kind.word();
    let state = match operation.settled_at {
        Some(at) => format!("settled {}", gist::local(at)),
        None if operation.requested => "asked, not settled yet".to_owned(),
        None => "done by hand".to_owned(),
    };
    Some(base("operation", kind, texts.word("operation", kind), &state, None))
}

/// The id itself, and of an operation also the tasks that do it by hand.
fn by_hand<'a>(file: &'a CaseFile, id: &'a str) -> Vec<&'a str> {
    let operation = file.operations.iter().position(|operation| operation.id == id);
    let does_it = |task: &&'a parcelward_casework::casefile::Task| operation.is_some() && task.operation.map(|at| at as usize) == operation;
    std::iter::once(id).chain(file.tasks.iter().filter(does_it).map(|task| task.id.as_str())).collect()
}

/// What was told and decided, to look causes up in.
struct Told<'a> {
    rows: &'a [JournalRow],
    world: &'a World,
}

impl Told<'_> {
    /// A decision about one of these ids, with its causes.
    fn step(&self, row: &JournalRow, ids: &[&str]) -> Option<Step> {
        if row.kind != EntryKind::Decision {
            return None;
        }
        let data = data_of(&row.json);
        if !NAMES.iter().any(|name| data[*name].as_str().is_some_and(|named| ids.contains(&named))) {
            return None;
        }
        let because = data["because"].as_array().map(|causes| causes.iter().map(|cause| self.reason(cause)).collect());
        Some(Step {
            time: row.time.to_string(),
            decision: row.type_.strip_prefix("parcelward.").unwrap_or(&row.type_).to_owned(),
            text: gist::of_decision(&row.type_, &data),
            because: because.unwrap_or_default(),
        })
    }

    fn reason(&self, cause: &Value) -> Reason {
        let text = |field: &str| cause[field].as_str().unwrap_or_default().to_owned();
        if let Some(rule) = cause["rule"].as_str() {
            let rung = text("rung");
            let text = if rung == "due" { format!("{rule} fell due") } else { format!("{rule}: the rung {rung} before the due time") };
            return Reason { what: "rule", text, time: None, source: None, id: None };
        }
        if let Some(task) = cause["task_id"].as_str() {
            return Reason { what: "task", text: format!("task {task} ended: {}", text("outcome")), time: None, source: None, id: None };
        }
        let (source, id) = (text("source"), text("id"));
        let row = self.rows.iter().find(|row| row.kind == EntryKind::Fact && row.id.source == source && row.id.id == id);
        let (said, time) = match row {
            Some(row) => (gist::of_fact(&row.type_, &data_of(&row.json)), Some(row.time.to_string())),
            None => self.of_the_world(&source, &id),
        };
        Reason { what: "fact", text: said, time, source: Some(source), id: Some(id) }
    }

    /// News of the world stands in no order's timeline.
    fn of_the_world(&self, source: &str, id: &str) -> (String, Option<String>) {
        use parcelward_casework::world::News;
        match self.world.changes().iter().find(|change| change.cause.source == source && change.cause.id == id) {
            Some(change) => {
                let said = match &change.news {
                    News::Reach(reach) => {
                        let reaches = if reach.serves { "reaches" } else { "does not reach" };
                        format!("{} {reaches} {}", reach.courier, reach.province)
                    }
                    News::Rules(change) => gist::of_rules(&change.fact().revision, change.moves(), change.fact().by.as_deref()),
                    News::Disruption(d) => {
                        format!("disruption {}: {} from {} to {}", d.disruption_id, d.effect, gist::local(d.from), gist::local(d.until))
                    }
                };
                (said, Some(change.at.to_string()))
            }
            None => ("a fact".to_owned(), None),
        }
    }
}

fn data_of(json: &str) -> Value {
    match serde_json::from_str(json) {
        Ok(Value::Object(mut line)) => line.remove("data").unwrap_or_default(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_in_words() {
        let told = Told { rows: &[], world: &World::default() };
        let said = |cause: Value| told.reason(&cause).text;
        assert_eq!(said(serde_json::json!({"rule": "pdd.collect", "rung": "4h"})), "pdd.collect: the rung 4h before the due time");
        assert_eq!(said(serde_json::json!({"rule": "pdd.collect", "rung": "due"})), "pdd.collect fell due");
        assert_eq!(said(serde_json::json!({"task_id": "x-t1", "outcome": "told"})), "task x-t1 ended: told");
    }
}
