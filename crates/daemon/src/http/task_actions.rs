//! What people do with tasks. Each request becomes a `parcelward.task_update` fact and goes the way of all facts.
//!
//! Deliberately absent: checks of its own. The engine refuses what does not fit, in the same transaction, so that of two people who claim
//! one task at one moment exactly one has it.

use super::access::Caller;
use super::account_tasks;
use super::app::App;
use super::facts::{refused_field, refused_kind, without_field};
use super::params::Path;
use super::problem::{Against, FieldError, Kind, Problem, shown};
use super::read_body;
use super::tasks::{TaskItem, find, item, with_version};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use axum::{Extension, Json};
use parcelward_casework::Refusal;
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::TaskVerb;
use parcelward_scheduler::{Incoming, Receipt, Refused};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// The `source` of the facts that are made here.
const SOURCE: &str = "parcelward/api";
/// The most tasks of one batch.
const MOST: usize = 200;
/// The largest body of one action, in bytes.
const MAX_BODY: usize = 1 << 20;

/// What may stand in the body of an action. Each action reads what it needs.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "written for the description of the API; the body is read as the fact that it becomes")]
pub struct TaskAction {
    /// Who does it; the token's name where absent.
    by: Option<String>,
    /// How the task was done (`done`).
    outcome: Option<String>,
    /// The answers that the outcome asks for: `amount`, `fee`, `waybill`, `until`, `reference`, `address`, `phone`.
    #[schema(value_type = Option<Object>)]
    answers: Option<Value>,
    /// A remark.
    note: Option<String>,
    /// To whom it goes (`assign`).
    assignee: Option<String>,
    /// Until when it sleeps, RFC 3339 (`snooze`).
    snooze_until: Option<String>,
    /// The version that the person saw: refused with 409 where it is another by now. `If-Match` says the same and is refused with 412.
    expected_version: Option<u64>,
}

/// The names in [`TaskAction`].
const FIELDS: &[&str] = &["by", "outcome", "answers", "note", "assignee", "snooze_until", "expected_version"];

/// What may stand in the body of a batch: one action, and the tasks that it is done to.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "written for the description of the API; the body is read as the facts that it becomes")]
pub struct TaskBatch {
    /// `claim`, `done`, `dismiss`, `snooze`, `reopen` or `assign`.
    verb: String,
    /// The tasks, 1 to 200: ids, or objects with `task_id` and what differs for this one from the fields beside.
    #[schema(value_type = Vec<Object>)]
    tasks: Vec<Value>,
    /// As in a single action; for every task that does not say otherwise.
    by: Option<String>,
    /// As in a single action.
    outcome: Option<String>,
    /// As in a single action.
    #[schema(value_type = Option<Object>)]
    answers: Option<Value>,
    /// As in a single action.
    note: Option<String>,
    /// As in a single action.
    assignee: Option<String>,
    /// As in a single action.
    snooze_until: Option<String>,
}

/// What became of one task of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskAnswer {
    /// The task.
    pub task_id: String,
    /// The status that a request of this task alone would have had.
    pub status: u16,
    /// The task as it is now, where it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskItem>,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What became of each task of a batch, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskAnswers {
    /// How many were done.
    pub done: usize,
    /// How many were not.
    pub refused: usize,
    /// One for each task.
    pub items: Vec<TaskAnswer>,
}

fn verb_of(word: &str) -> Option<TaskVerb> {
    Some(match word {
        "claim" => TaskVerb::Claimed,
        "done" => TaskVerb::Done,
        "dismiss" => TaskVerb::Dismissed,
        "snooze" => TaskVerb::Snoozed,
        "reopen" => TaskVerb::Reopened,
        "assign" => TaskVerb::Assigned,
        _ => return None,
    })
}

/// Does something with a task.
#[utoipa::path(
    post, path = "/v1/tasks/{id}/{verb}", operation_id = "act_on_task", tag = "tasks",
    params(
        ("id" = String, Path, description = "The task's id"),
        ("verb" = String, Path, description = "claim, done, dismiss, snooze, reopen or assign"),
        ("If-Match" = Option<String>, Header, description = "The version that the person saw, as `ETag` gave it"),
    ),
    request_body(content = TaskAction, description = "May be empty where nothing is asked for"),
    responses(
        (status = 200, description = "The task as it is now; `ETag` is its version", body = TaskItem),
        (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else has it (named), it is closed, or it is at another version", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It is not at the version of `If-Match`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is wrong, or an answer is missing", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn act(
    State(app): State<Arc<App>>,
    Path((id, verb)): Path<(String, String)>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let verb = verb_of(&verb)
        .ok_or_else(|| Problem::not_found("there is no such action; there are claim, done, dismiss, snooze, reopen and assign"))?;
    let seen = if_match(&request)?;
    let mut fields = object(&read_body(request, MAX_BODY).await?)?;
    if let Some(version) = seen {
        fields.insert("expected_version".to_owned(), version.into());
    }
    if let Some(about_account) = account_tasks::act(&app, &id, verb, &fields).await? {
        return Ok(with_version(about_account));
    }
    let incoming = fact(&app, &id, verb, fields, &caller, FIELDS)?;
    let receipt = app.desk.submit(vec![incoming]).await?.pop().ok_or_else(|| Problem::new(Kind::Internal))?;
    if let Some(problem) = refused(&id, receipt, seen.is_some()) {
        return Err(problem);
    }
    let row = find(&app, &id).await?;
    Ok(with_version(item(&app, &row, app.now())))
}

/// Does the same with up to 200 tasks.
#[utoipa::path(
    post, path = "/v1/tasks/batch", operation_id = "act_on_tasks", tag = "tasks", request_body = TaskBatch,
    responses(
        (status = 200, description = "An answer to each task", body = TaskAnswers),
        (status = 422, description = "The batch itself is wrong", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn batch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<TaskAnswers>, Problem> {
    let mut body = object(&read_body(request, MAX_BODY).await?)?;
    let verb = match body.remove("verb") {
        Some(Value::String(word)) => verb_of(&word),
        _ => None,
    };
    let verb = verb.ok_or_else(|| Problem::bad("verb", "must be claim, done, dismiss, snooze, reopen or assign"))?;
    let tasks = match body.remove("tasks") {
        Some(Value::Array(tasks)) if (1..=MOST).contains(&tasks.len()) => tasks,
        _ => return Err(Problem::bad("tasks", format!("must be a list of 1 to {MOST} tasks"))),
    };
    unknown_fields(&body, FIELDS)?;
    let mut items = Vec::with_capacity(tasks.len());
    let (mut facts, mut waiting, mut named) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (i, task) in tasks.into_iter().enumerate() {
        let (id, own) = match task {
            Value::String(id) => (id, Map::new()),
            Value::Object(mut own) => match own.remove("task_id") {
                Some(Value::String(id)) => (id, own),
                _ => return Err(Problem::bad(format!("tasks[{i}].task_id"), "is missing")),
            },
            _ => return Err(Problem::bad(format!("tasks[{i}]"), "must be a task's id, or an object with `task_id`")),
        };
        let fields = body.iter().map(|(k, v)| (k.clone(), v.clone())).chain(own).collect();
        let read = if named.insert(id.clone()) {
            fact(&app, &id, verb, fields, &caller, FIELDS)
        } else {
            Err(Problem::bad("task_id", "stands twice in the batch"))
        };
        let mut answer = TaskAnswer { task_id: id, status: 200, task: None, problem: None };
        match read {
            Ok(incoming) => {
                facts.push(incoming);
                waiting.push(items.len());
            }
            Err(problem) => (answer.status, answer.problem) = (problem.status, Some(problem)),
        }
        items.push(answer);
    }
    let receipts = app.desk.submit(facts).await?;
    for (place, receipt) in waiting.into_iter().zip(receipts) {
        let answer: &mut TaskAnswer = &mut items[place];
        match refused(&answer.task_id, receipt, false) {
            Some(problem) => (answer.status, answer.problem) = (problem.status, Some(problem)),
            None => answer.task = app.store.task(&answer.task_id).await?.map(|row| item(&app, &row, app.now())),
        }
    }
    let done = items.iter().filter(|item| item.status == 200).count();
    Ok(Json(TaskAnswers { done, refused: items.len() - done, items }))
}

/// The fact that an action becomes.
fn fact(app: &App, id: &str, verb: TaskVerb, mut fields: Map<String, Value>, caller: &Caller, known: &[&str]) -> Result<Incoming, Problem> {
    unknown_fields(&fields, known)?;
    let by_somebody = fields.get("by").is_some_and(|by| !by.is_null());
    if let (false, Some(name)) = (by_somebody, &caller.0) {
        fields.insert("by".to_owned(), name.clone().into());
    }
    fields.insert("task_id".to_owned(), id.into());
    fields.insert("status".to_owned(), verb.word().into());
    let now = app.now();
    let json = serde_json::json!({
        "specversion": "1.0", "id": Uuid::now_v7().to_string(), "source": SOURCE, "type": "parcelward.task_update",
        "time": now.to_string(), "data": fields,
    })
    .to_string();
    let fact = parse_fact(&json).map_err(|bad| Problem::bad(own_name(&bad.field), bad.message))?;
    Ok(Incoming { fact, json })
}

/// The field of a fact by its name in an action's body.
fn own_name(field: &str) -> String {
    field.strip_prefix("data.").unwrap_or(field).to_owned()
}

/// Why a task update had no effect, if it had none.
fn refused(id: &str, receipt: Receipt, by_header: bool) -> Option<Problem> {
    let refused = match receipt {
        Receipt::Accepted { .. } | Receipt::Duplicate { .. } => return None,
        Receipt::Conflict => return Some(Problem::new(Kind::Conflict).detail("another request bears the same id; send it again")),
        Receipt::Refused(refused) => refused,
    };
    let message = without_field(&refused.to_string());
    Some(match &refused {
        Refused::NoSuchTask | Refused::Engine(Refusal::NoSuchTask { .. }) => {
            Problem::not_found(format!("there is no task `{}`", id.chars().take(80).collect::<String>()))
        }
        Refused::Engine(Refusal::ClaimedBy { by }) => {
            Problem::new(Kind::Conflict).detail(message).against(Against { assignee: Some(by.clone()), ..Against::default() })
        }
        Refused::Engine(Refusal::TaskClosed { outcome }) => {
            Problem::new(Kind::Conflict).detail(message).against(Against { outcome: Some(outcome.word()), ..Against::default() })
        }
        Refused::Engine(Refusal::Stale { actual }) => {
            let (kind, field) = if by_header { (Kind::PreconditionFailed, "If-Match") } else { (Kind::Conflict, "expected_version") };
            Problem::new(kind).field(field, message).against(Against { current_version: Some(*actual), ..Against::default() })
        }
        other => {
            let mut problem = Problem::new(refused_kind(other));
            problem.errors.push(FieldError { field: own_name(&refused_field(other)), message });
            problem
        }
    })
}

fn if_match(request: &Request) -> Result<Option<u64>, Problem> {
    let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.trim_start_matches("W/").trim_matches('"').parse();
    version.map(Some).map_err(|_| Problem::bad("If-Match", "must be the version that `ETag` gave, such as \"3\""))
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Problem::bad("(body)", "must be a JSON object")),
        Err(e) => Err(Problem::bad("(body)", format!("is no JSON (line {}, column {})", e.line(), e.column()))),
    }
}

fn unknown_fields(fields: &Map<String, Value>, known: &[&str]) -> Result<(), Problem> {
    let mut problem = Problem::new(Kind::BadRequest);
    for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
        problem = problem.field(shown(name), format!("is not a field here; there are {}", known.join(", ")));
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem) }
}
