//! Tasks about an account with a courier: they have no order, and stand with the others.
//!
//! They follow from how calls go (`parcelward_scheduler::lanes`), so nothing but `done` can be done with one, and it closes by itself once the
//! account answers again.

use super::app::App;
use super::problem::{Kind, Problem};
use super::tasks::{OutcomeWay, TaskItem, TaskQueryShape};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::task_table::ways;
use parcelward_casework::text::fill;
use parcelward_casework::words::{Platform, Queue, TaskKind, TaskOutcome, TaskVerb, Urgency};
use parcelward_store::lanes::AccountTask;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// How far ahead deadlines are named.
const AHEAD: Length = Length::hours(24);
/// The most that are shown.
const MOST: u32 = 1_000;

/// Deadlines of one rule that an account's outage endangers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EndangeredDeadlines {
    /// The courier's code.
    pub courier: String,
    /// The rule.
    pub rule: String,
    /// Its name for people.
    pub title: String,
    /// How many are due within a day of the outage.
    pub count: u64,
    /// When the first is due.
    pub first_due_at: String,
}

/// What was told when the task was opened.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    queue: String,
    urgency: String,
    couriers: Vec<String>,
    reason: String,
    endangered: Vec<Named>,
    outcomes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    courier: String,
    rule: String,
    count: u64,
    first_due_at: String,
}

/// Those that a list shows: the open ones, or those that ended.
///
/// # Errors
/// Where the database does not answer.
pub(super) async fn listed(app: &App, shape: &TaskQueryShape, now: Instant) -> Result<Vec<TaskItem>, Problem> {
    let tasks = app.store.account_tasks(!shape.closed, MOST).await?;
    let mut items = Vec::new();
    for task in tasks.iter().filter(|task| task.is_open != shape.closed) {
        items.push(item(app, task, now).await?);
    }
    items.retain(|item| shape.fits(item));
    Ok(items)
}

/// One of them.
///
/// # Errors
/// Where the database does not answer.
pub(super) async fn find(app: &App, id: &str, now: Instant) -> Result<Option<TaskItem>, Problem> {
    if !id.starts_with(TaskKind::CourierOutage.word()) {
        return Ok(None);
    }
    let tasks = app.store.account_tasks(false, MOST).await?;
    match tasks.iter().find(|task| task.task_id == id) {
        Some(task) => Ok(Some(item(app, task, now).await?)),
        None => Ok(None),
    }
}

/// Does something with one; `None` where there is none of this id.
///
/// # Errors
/// Where it cannot be done, or is closed.
pub(super) async fn act(app: &App, id: &str, verb: TaskVerb, fields: &Map<String, Value>) -> Result<Option<TaskItem>, Problem> {
    let now = app.now();
    let Some(task) = find(app, id, now).await? else { return Ok(None) };
    if verb != TaskVerb::Done {
        return Err(
            Problem::new(Kind::Conflict).detail("a task about an account can only be done; it closes by itself once the account answers")
        );
    }
    let outcome = fields.get("outcome").and_then(Value::as_str).unwrap_or_default();
    if !task.outcomes.iter().any(|way| way.outcome == outcome) {
        return Err(Problem::bad("outcome", "must be `restored`"));
    }
    if !app.store.close_account_task(id, outcome, now).await? {
        return Err(Problem::new(Kind::Conflict).detail("the task is closed"));
    }
    find(app, id, now).await
}

/// What it endangers is what is due within a day: of the present while it is open, as it was told where it has ended.
async fn endangered(app: &App, task: &AccountTask, told: Vec<Named>, now: Instant) -> Result<Vec<EndangeredDeadlines>, Problem> {
    let rules = app.desk.rules();
    let shown = |courier: String, rule: String, count, first_due_at| EndangeredDeadlines {
        title: RuleKind::from_word(&rule).map_or(rule.as_str(), |kind| rules.texts.rule_title(kind)).to_owned(),
        courier,
        rule,
        count,
        first_due_at,
    };
    if !task.is_open {
        return Ok(told.into_iter().map(|one| shown(one.courier, one.rule, one.count, one.first_due_at)).collect());
    }
    let mut all = Vec::new();
    for courier in app.config().couriers.routes.rely_on(&task.account) {
        for one in app.store.endangered(courier, now + AHEAD).await? {
            all.push(shown(courier.word().to_owned(), one.rule, one.count, one.first_due_at.to_string()));
        }
    }
    Ok(all)
}

async fn item(app: &App, task: &AccountTask, now: Instant) -> Result<TaskItem, Problem> {
    let mut told: Told = serde_json::from_str(&task.told).unwrap_or_default();
    let endangered = endangered(app, task, std::mem::take(&mut told.endangered), now).await?;
    let rules = app.desk.rules();
    let texts = &rules.texts;
    let kind = TaskKind::from_word(&task.kind).unwrap_or(TaskKind::CourierOutage);
    let value = |name: &str| match name {
        "courier" => Some(task.account.clone()),
        "reason" => Some(told.reason.clone()).filter(|reason| !reason.is_empty()),
        _ => None,
    };
    let say = |template: Option<&String>| template.map(|template| fill(template, &value)).unwrap_or_default();
    let text = texts.task(kind);
    let way = |outcome: &String| {
        let known = TaskOutcome::from_word(outcome);
        let of_kind = ways(kind).iter().find(|way| Some(way.outcome) == known);
        let answers = |list: &[parcelward_casework::task_table::Answer]| list.iter().map(|answer| answer.word()).collect();
        OutcomeWay {
            outcome: outcome.clone(),
            title: known.map_or(outcome.as_str(), |known| texts.outcome(kind, known)).to_owned(),
            required: of_kind.map(|way| answers(way.required)).unwrap_or_default(),
            optional: of_kind.map(|way| answers(way.optional)).unwrap_or_default(),
        }
    };
    Ok(TaskItem {
        task_id: task.task_id.clone(),
        kind: kind.word(),
        order: None,
        account: Some(task.account.clone()),
        couriers: told.couriers,
        endangered,
        sources: Vec::new(),
        disagreement: None,
        case_id: None,
        case_kind: None,
        waybill: None,
        queue: Queue::from_word(&told.queue).unwrap_or(Queue::Lead).word(),
        urgency: Urgency::from_word(&told.urgency).unwrap_or(Urgency::Critical).word(),
        due_at: task.due_at.to_string(),
        seconds_left: task.due_at.since(now).as_millis().div_euclid(1000),
        deadline_id: None,
        state: if task.is_open { "open" } else { "closed" },
        snoozed_until: None,
        outcome: task.outcome.as_deref().and_then(TaskOutcome::from_word).map(TaskOutcome::word),
        assignee: None,
        opened_at: task.opened_at.to_string(),
        version: u64::from(!task.is_open),
        money_at_stake: None,
        title: say(text.map(|text| &text.title)),
        why: say(text.map(|text| &text.why)),
        missed: say(text.map(|text| &text.missed)),
        advice: None,
        advice_text: None,
        steps: texts.steps(kind, Platform::Other).to_vec(),
        links: Vec::new(),
        evidence_wanted: Vec::new(),
        outcomes: told.outcomes.iter().map(way).collect(),
        reply_template: None,
    })
}
