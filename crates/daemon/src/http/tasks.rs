//! `GET /v1/tasks` and `GET /v1/tasks/{id}`: what waits for a person, what is due first standing first, then what costs most.

use super::account_tasks::{self, EndangeredDeadlines};
use super::app::App;
use super::facts::OrderName;
use super::params::{Params, Path, Query};
use super::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::task_table::{Answer, Way, ways};
use parcelward_casework::words::{Advice, TaskOutcome};
use parcelward_scheduler::lanes::facts::{TWO_SOURCES, seen_by, two_sources_id};
use parcelward_store::{Cursor, JournalRow, TaskFilter, TaskListState, TaskRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most rows of a page.
pub(super) const MOST: u32 = 500;
/// Lines of a timeline that are read at a time.
const PAGE: u32 = 500;
/// The rows of a page where none are asked for.
pub(super) const USUAL: u32 = 50;

/// A waybill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaybillName {
    /// The courier's code.
    #[schema(example = "yto")]
    pub courier: &'static str,
    /// The courier's number.
    pub number: String,
}

impl From<&Waybill> for WaybillName {
    fn from(waybill: &Waybill) -> Self {
        WaybillName { courier: waybill.courier.word(), number: waybill.number.clone() }
    }
}

/// A link that goes with a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// What it leads to.
    #[serde(default)]
    pub title: String,
    /// Where.
    pub uri: String,
}

/// An outcome that a task may be done with, and the answers that go with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutcomeWay {
    /// Its word.
    pub outcome: String,
    /// What it is called on a button.
    pub title: String,
    /// Answers without which it is refused.
    pub required: Vec<&'static str>,
    /// Answers that may come with it.
    pub optional: Vec<&'static str>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskItem {
    /// Its id.
    pub task_id: String,
    /// Its kind.
    pub kind: &'static str,
    /// The order; a task about an account with a courier has none.
    #[serde(flatten)]
    pub order: Option<OrderName>,
    /// The account with a courier that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The couriers that the account serves, by code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub couriers: Vec<String>,
    /// The deadlines that the account's outage endangers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endangered: Vec<EndangeredDeadlines>,
    /// What each source said last of the parcel; only where one task is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceLook>,
    /// In what the sources contradicted each other last, and when that was noticed; only where one task is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<Disagreement>,
    /// Its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
    /// Its case's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_kind: Option<&'static str>,
    /// The parcel it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waybill: Option<WaybillName>,
    /// Who works it.
    pub queue: &'static str,
    /// How pressing it is.
    pub urgency: &'static str,
    /// Until when.
    pub due_at: String,
    /// Seconds until then; negative once it has passed.
    pub seconds_left: i64,
    /// The deadline that gives the due time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_id: Option<String>,
    /// `open`, `claimed`, `snoozed` or `closed`.
    pub state: &'static str,
    /// Until when it sleeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<String>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// When it opened.
    pub opened_at: String,
    /// Changes so far; `expected_version` and `If-Match` name it.
    pub version: u64,
    /// Yuan at stake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money_at_stake: Option<String>,
    /// One line.
    pub title: String,
    /// Why it is asked.
    pub why: String,
    /// What happens if it is missed.
    pub missed: String,
    /// What is advised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
    /// That in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice_text: Option<String>,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// Where to look.
    pub links: Vec<Link>,
    /// What should be collected.
    pub evidence_wanted: Vec<String>,
    /// How it may be done.
    pub outcomes: Vec<OutcomeWay>,
    /// A reply to the buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_template: Option<String>,
}

/// What one source said last of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceLook {
    /// The account that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `courier` where it is the courier itself, else `aggregator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_by: Option<&'static str>,
    /// When it was asked last.
    pub asked_at: String,
    /// The newest scan's status that it told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// That scan's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_at: Option<String>,
}

/// Two sources contradicted each other about a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Disagreement {
    /// When it was noticed.
    pub noticed_at: String,
    /// Who said what.
    pub text: String,
}

/// What a list takes from the decision that opened a task.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Opened {
    title: String,
    why: String,
    missed: String,
    steps: Vec<String>,
    links: Vec<Link>,
    evidence_wanted: Vec<String>,
    outcomes: Vec<String>,
    reply_template: Option<String>,
}

/// A page of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskPage {
    /// The tasks, the least time left first, then the most money.
    pub items: Vec<TaskItem>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which tasks.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct TaskQuery {
    /// `warehouse`, `service` or `lead`.
    queue: Option<String>,
    /// `open`, `claimed`, `snoozed` or `closed`; absent: every one that has not ended.
    state: Option<String>,
    /// `normal`, `high` or `critical`.
    urgency: Option<String>,
    /// Who has it.
    assignee: Option<String>,
    /// Due before this time (RFC 3339).
    due_before: Option<String>,
    /// Of this platform.
    platform: Option<String>,
    /// Of this shop.
    shop: Option<String>,
    /// About a parcel of this courier.
    courier: Option<String>,
    /// In a case of this kind.
    case_kind: Option<String>,
    /// Of the order of this number.
    order_id: Option<String>,
    /// Of this kind.
    kind: Option<String>,
    /// Rows of a page, 1 to 500 (50).
    limit: Option<u32>,
    /// Where the page begins: the `next` of the one before.
    cursor: Option<String>,
}

/// Of a list's filter what a task about an account can fit.
#[derive(Debug, Default)]
pub(super) struct TaskQueryShape {
    queue: Option<&'static str>,
    urgency: Option<&'static str>,
    courier: Option<&'static str>,
    kind: Option<&'static str>,
    due_before: Option<Instant>,
    /// Those that ended.
    pub(super) closed: bool,
}

impl TaskQueryShape {
    /// `None` where no task about an account fits.
    fn of(filter: &TaskFilter) -> Option<Self> {
        let of_an_order = filter.platform.is_some()
            || filter.shop.is_some()
            || filter.case_kind.is_some()
            || filter.order_id.is_some()
            || filter.assignee.is_some()
            || matches!(filter.state, Some(TaskListState::Claimed | TaskListState::Snoozed));
        (!of_an_order).then(|| TaskQueryShape {
            queue: filter.queue.map(|queue| queue.word()),
            urgency: filter.urgency.map(|urgency| urgency.word()),
            courier: filter.courier.map(|courier| courier.word()),
            kind: filter.kind.map(|kind| kind.word()),
            due_before: filter.due_before,
            closed: filter.state == Some(TaskListState::Closed),
        })
    }

    pub(super) fn fits(&self, item: &TaskItem) -> bool {
        let fits = |wanted: Option<&str>, word: &str| wanted.is_none_or(|wanted| wanted == word);
        let due = Instant::parse(&item.due_at).ok();
        fits(self.queue, item.queue)
            && fits(self.urgency, item.urgency)
            && fits(self.kind, item.kind)
            && self.courier.is_none_or(|courier| item.couriers.iter().any(|code| code == courier))
            && self.due_before.is_none_or(|before| due.is_some_and(|due| due < before))
    }
}

/// Lists tasks.
#[utoipa::path(
    get, path = "/v1/tasks", operation_id = "list_tasks", tag = "tasks", params(TaskQuery),
    responses(
        (status = 200, description = "A page of tasks", body = TaskPage),
        (status = 422, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Json<TaskPage>, Problem> {
    let mut params = Params::new(pairs);
    let state = params.text("state").and_then(|word| {
        let state = TaskListState::from_word(&word);
        if state.is_none() {
            params.wrong("state", "must be open, claimed, snoozed or closed");
        }
        state
    });
    let filter = TaskFilter {
        queue: params.word("queue"),
        state,
        urgency: params.word("urgency"),
        assignee: params.text("assignee"),
        due_before: params.instant("due_before"),
        platform: params.word("platform"),
        shop: params.text("shop"),
        courier: params.word("courier"),
        case_kind: params.word("case_kind"),
        order_id: params.text("order_id"),
        kind: params.word("kind"),
    };
    let limit = params.number("limit", 1, MOST, USUAL);
    let cursor = params.text("cursor");
    params.finish()?;
    let cursor = cursor.map(|text| text.parse::<Cursor>()).transpose()?;
    let page = app.store.tasks(&filter, cursor.as_ref(), limit).await?;
    let now = app.now();
    // About accounts there are few, and they come before all others: as long as one is open, its courier is asked nothing.
    let mut items = match TaskQueryShape::of(&filter).filter(|_| cursor.is_none()) {
        Some(shape) => account_tasks::listed(&app, &shape, now).await?,
        None => Vec::new(),
    };
    items.extend(page.rows.iter().map(|row| item(&app, row, now)));
    Ok(Json(TaskPage { items, next: page.next.map(|c| c.to_string()) }))
}

/// Shows a task.
#[utoipa::path(
    get, path = "/v1/tasks/{id}", operation_id = "show_task", tag = "tasks", params(("id" = String, Path, description = "The task's id")),
    responses(
        (status = 200, description = "The task; `ETag` is its version", body = TaskItem),
        (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    if let Some(about_account) = account_tasks::find(&app, &id, app.now()).await? {
        return Ok(with_version(about_account));
    }
    let row = find(&app, &id).await?;
    let mut item = item(&app, &row, app.now());
    if let Some(waybill) = &row.waybill {
        item.sources = sources(&app, waybill, &row.order.shop).await?;
        item.disagreement = disagreement(&app, &row.order, waybill).await?;
    }
    Ok(with_version(item))
}

/// The newest note in the order's timeline that says so. What one source said may have ended the case for which both were asked: the note stays.
async fn disagreement(app: &App, order: &OrderKey, waybill: &Waybill) -> Result<Option<Disagreement>, Problem> {
    let (mut after, mut found) = (0, None);
    loop {
        let page = app.store.timeline(order, after, PAGE).await?;
        let about = |row: &&JournalRow| row.id.source == TWO_SOURCES && row.id.id.starts_with(&two_sources_id(waybill));
        if let Some(row) = page.rows.iter().rfind(about) {
            let json: serde_json::Value = serde_json::from_str(&row.json).unwrap_or_default();
            let text = json["data"]["text"].as_str().unwrap_or_default().to_owned();
            found = Some(Disagreement { noticed_at: row.time.to_string(), text });
        }
        match page.next {
            Some(next) => after = next,
            None => return Ok(found),
        }
    }
}

/// What each source said last of a parcel. One that was never asked is not among them.
async fn sources(app: &App, waybill: &Waybill, shop: &str) -> Result<Vec<SourceLook>, Problem> {
    let looks = app.store.last_looks(waybill).await?;
    let config = app.config();
    let trackers = config.couriers.routes.trackers(waybill.courier, shop);
    let shown = looks.iter().filter(|look| look.asked_at.millis() > 0).map(|look| {
        let route = trackers.get(usize::from(look.place));
        SourceLook {
            account: route.map(|route| route.lane.clone()),
            seen_by: route.map(|route| seen_by(route.adapter.identity()).word()),
            asked_at: look.asked_at.to_string(),
            status: look.newest.as_ref().map(|(status, _)| status.clone()),
            status_at: look.newest.as_ref().map(|(_, at)| at.to_string()),
        }
    });
    Ok(shown.collect())
}

/// The open tasks that have the least time left, at most `limit`, and how many there are in all.
///
/// # Errors
/// Where the database does not answer.
pub async fn open_tasks(app: &App, limit: u32) -> Result<(Vec<TaskItem>, u64), Problem> {
    let now = app.now();
    let page = app.store.tasks(&TaskFilter::default(), None, limit).await?;
    let open: u64 = app.store.counts(now).await?.open_tasks.values().sum();
    let mut items = account_tasks::listed(app, &TaskQueryShape::default(), now).await?;
    let open = open + u64::try_from(items.len()).unwrap_or_default();
    items.extend(page.rows.iter().map(|row| item(app, row, now)));
    Ok((items, open))
}

pub(super) async fn find(app: &App, id: &str) -> Result<TaskRow, Problem> {
    app.store.task(id).await?.ok_or_else(|| Problem::not_found(format!("there is no task `{}`", id.chars().take(80).collect::<String>())))
}

/// A task with its version as the entity's tag.
pub(super) fn with_version(item: TaskItem) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", item.version));
    let mut response = Json(item).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

pub(super) fn item(app: &App, row: &TaskRow, now: Instant) -> TaskItem {
    let opened: Opened = serde_json::from_str(&row.opened).unwrap_or_default();
    let texts = &app.desk.rules().texts;
    let outcomes = opened.outcomes.iter().map(|word| way(app, row, word)).collect();
    TaskItem {
        task_id: row.task_id.clone(),
        kind: row.kind.word(),
        order: Some(OrderName::from(&row.order)),
        account: None,
        couriers: Vec::new(),
        endangered: Vec::new(),
        sources: Vec::new(),
        disagreement: None,
        case_id: row.case_id.clone(),
        case_kind: row.case_kind.map(|k| k.word()),
        waybill: row.waybill.as_ref().map(WaybillName::from),
        queue: row.queue.word(),
        urgency: row.urgency.word(),
        due_at: row.due_at.to_string(),
        seconds_left: row.due_at.since(now).as_millis().div_euclid(1000),
        deadline_id: row.deadline_id.clone(),
        state: row.state.word(),
        snoozed_until: row.snoozed_until.map(|at| at.to_string()),
        outcome: row.outcome.map(|o| o.word()),
        assignee: row.assignee.clone(),
        opened_at: row.opened_at.to_string(),
        version: row.version,
        money_at_stake: row.money.map(|m| m.to_string()),
        title: opened.title,
        why: opened.why,
        missed: opened.missed,
        advice: row.advice.map(Advice::word),
        advice_text: row.advice.map(|a| texts.advice(a).to_owned()).filter(|t| !t.is_empty()),
        steps: opened.steps,
        links: opened.links,
        evidence_wanted: opened.evidence_wanted,
        outcomes,
        reply_template: opened.reply_template,
    }
}

fn way(app: &App, row: &TaskRow, word: &str) -> OutcomeWay {
    let rules = app.desk.rules();
    let outcome = TaskOutcome::from_word(word);
    let title = outcome.map_or(word, |outcome| rules.texts.outcome(row.kind, outcome)).to_owned();
    let way = ways(row.kind).iter().find(|way| way.outcome.word() == word);
    let answers = |of: fn(&Way) -> &'static [Answer]| way.map(|way| of(way).iter().map(|a| a.word()).collect()).unwrap_or_default();
    OutcomeWay { outcome: word.to_owned(), title, required: answers(|w| w.required), optional: answers(|w| w.optional) }
}
