//! `GET /v1/orders/{platform}/{shop}/{order_id}` and `GET /v1/cases/{id}`: everything known and everything open, with the timeline.
//!
//! Names, phones and streets are masked; `personal=show` shows them, and the log says who asked (not what was shown).

use super::access::Caller;
use super::app::App;
use super::mask;
use super::params::{Params, Path, Query};
use super::problem::Problem;
use super::tasks::{TaskItem, item};
use super::view::{CaseItem, ClockView, FileView, OperationView, Personal, Reader};
use axum::extract::State;
use axum::{Extension, Json};
use parcelward_casework::casefile::Subject;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::words::Platform;
use parcelward_store::{EntryKind, JournalRow, MAX_PAGE, TaskFilter, TaskListState};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Lines of the timeline in one answer.
const LINES: u32 = 500;

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TimelineEntry {
    /// Its place among the order's lines.
    pub line: u64,
    /// `fact` or `decision`.
    pub what: &'static str,
    /// Its type.
    #[serde(rename = "type")]
    pub type_: String,
    /// Who said it.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// When it happened, or was decided.
    pub time: String,
    /// When it was received, or decided in earnest.
    pub recordedtime: String,
    /// What it says.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OrderView {
    /// The case file.
    #[serde(flatten)]
    pub file: FileView,
    /// Its tasks, open ones first.
    pub tasks: Vec<TaskItem>,
    /// What was told and what was decided, in order.
    pub timeline: Vec<TimelineEntry>,
    /// Give this as `after_line` for the rest of the timeline; absent at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline_next: Option<u64>,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseView {
    /// The case.
    #[serde(flatten)]
    pub case: CaseItem,
    /// Its order.
    pub order: super::facts::OrderName,
    /// Its tasks, open ones first.
    pub tasks: Vec<TaskItem>,
    /// The deadlines of what it is about.
    pub deadlines: Vec<ClockView>,
    /// Its courier operations.
    pub operations: Vec<OperationView>,
}

/// What of an order.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct OrderQuery {
    /// `mask` (where absent) or `show`: names, phones and streets as they are.
    personal: Option<String>,
    /// The timeline after this line.
    after_line: Option<u64>,
}

/// Shows an order.
#[utoipa::path(
    get, path = "/v1/orders/{platform}/{shop}/{order_id}", operation_id = "show_order", tag = "orders",
    params(
        ("platform" = String, Path, description = "The platform"), ("shop" = String, Path, description = "The shop"),
        ("order_id" = String, Path, description = "The order's number there"), OrderQuery
    ),
    responses(
        (status = 200, description = "The case file with its timeline", body = OrderView),
        (status = 404, description = "Nothing is known of this order", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn order(
    State(app): State<Arc<App>>,
    Path((platform, shop, order_id)): Path<(String, String, String)>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<OrderView>, Problem> {
    let mut params = Params::new(pairs);
    let personal = match params.text("personal").as_deref() {
        None | Some("mask") => Personal::Masked,
        Some("show") => Personal::Shown,
        Some(_) => {
            params.wrong("personal", "must be mask or show");
            Personal::Masked
        }
    };
    let after = params.number("after_line", 0, u32::MAX, 0);
    params.finish()?;
    let platform: Platform =
        platform.parse().map_err(|e: parcelward_casework::words::UnknownWord| Problem::bad("platform", e.to_string()))?;
    let key = OrderKey { platform, shop, order_id };
    let unknown = || Problem::not_found("nothing is known of this order");
    let stored = app.store.case_file(&key).await?.ok_or_else(unknown)?;
    if personal == Personal::Shown {
        tracing::info!(by = caller.0.as_deref().unwrap_or("local"), "personal data of one order was shown");
    }
    let rules = app.desk.rules();
    let reader = Reader { file: &stored.file, texts: &rules.texts, personal };
    let file = reader.file(stored.stamp.version(), stored.next_wake_at);
    let tasks = tasks_of(&app, &key).await?;
    let lines = app.store.timeline(&key, u64::from(after), LINES).await?;
    let timeline = lines.rows.iter().map(|row| entry(row, personal)).collect();
    Ok(Json(OrderView { file, tasks, timeline, timeline_next: lines.next }))
}

/// Shows a case.
#[utoipa::path(
    get, path = "/v1/cases/{id}", operation_id = "show_case", tag = "orders", params(("id" = String, Path, description = "The case's id")),
    responses(
        (status = 200, description = "The case", body = CaseView),
        (status = 404, description = "There is no such case", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn case(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<CaseView>, Problem> {
    let unknown = || Problem::not_found(format!("there is no case `{}`", id.chars().take(80).collect::<String>()));
    let view = app.store.case(&id).await?.ok_or_else(unknown)?;
    let file = &view.stored.file;
    let case = file.cases.get(view.index as usize).ok_or_else(unknown)?;
    let rules = app.desk.rules();
    let reader = Reader { file, texts: &rules.texts, personal: Personal::Masked };
    let parcel = case.parcel.or(match case.subject {
        Subject::Parcel(i) => Some(i),
        _ => None,
    });
    let belongs = |subject: Subject| match subject {
        Subject::Case(i) => i == view.index,
        Subject::Operation(i) => file.operations.get(i as usize).is_some_and(|o| o.case == view.index),
        Subject::Parcel(i) => Some(i) == parcel,
        other => other == case.subject,
    };
    let tasks = tasks_of(&app, &file.key).await?.into_iter().filter(|task| task.case_id.as_deref() == Some(&case.id)).collect();
    Ok(Json(CaseView {
        case: reader.case(case),
        order: (&file.key).into(),
        tasks,
        deadlines: file.deadlines.iter().filter(|d| belongs(d.subject)).map(|d| reader.deadline(d)).collect(),
        operations: file.operations.iter().filter(|o| o.case == view.index).map(|o| reader.operation(o)).collect(),
    }))
}

/// An order's tasks, open ones first.
async fn tasks_of(app: &App, key: &OrderKey) -> Result<Vec<TaskItem>, Problem> {
    let mut tasks = Vec::new();
    for state in [None, Some(TaskListState::Closed)] {
        let (shop, order_id) = (Some(key.shop.clone()), Some(key.order_id.clone()));
        let filter = TaskFilter { platform: Some(key.platform), shop, order_id, state, ..TaskFilter::default() };
        let page = app.store.tasks(&filter, None, MAX_PAGE).await?;
        tasks.extend(page.rows.iter().map(|row| item(app, row, app.now())));
    }
    Ok(tasks)
}

fn entry(row: &JournalRow, personal: Personal) -> TimelineEntry {
    let mut data = match serde_json::from_str(&row.json) {
        Ok(Value::Object(mut fact)) => fact.remove("data").unwrap_or(Value::Null),
        _ => Value::Null,
    };
    if personal == Personal::Masked {
        mask::json(&mut data);
    }
    let what = if row.kind == EntryKind::Fact { "fact" } else { "decision" };
    let (source, id) = (row.id.source.clone(), row.id.id.clone());
    let (time, recordedtime) = (row.time.to_string(), row.recorded.to_string());
    TimelineEntry { line: row.line, what, type_: row.type_.clone(), source, id, time, recordedtime, data }
}
