//! Why there is a task about an account: since when it is down, what failed, how, which deadlines that endangers, and when it is tried again.
//!
//! Such a task follows from how calls go and stands in no journal; what is shown is how the account's gates stand, and what was said with the
//! courier around that time. Deliberately absent: what may be done with the task (`account_tasks`).

use super::account_tasks::{self, EndangeredDeadlines};
use super::app::App;
use super::because::{Reason, Step};
use super::exchanges::{QuestionView, troubled};
use super::explain::Explanation;
use super::foresight::Foreseen;
use super::problem::Problem;
use super::schedules::Moment;
use super::spoken::{Speech, ZONE, length, moment};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::TaskKind;
use parcelward_store::lanes::{AccountTask, GateRow};
use serde::Serialize;
use utoipa::ToSchema;

/// How long before the account counted as down failed calls are shown from: it takes several in a row.
const BEFORE: Length = Length::minutes(30);
/// The most calls that are shown.
const CALLS: u32 = 6;
/// The most tasks that are looked through.
const MOST: u32 = 1_000;

/// How one kind of call stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GateView {
    /// `questions` (where a parcel is) or `requests` (what changes something).
    pub calls: &'static str,
    /// How they stand, in words.
    pub text: String,
    /// Failures in a row.
    pub failures: u32,
    /// Since when nothing is sent; absent where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down_since: Option<Moment>,
    /// When one call is tried; absent where none waits for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Moment>,
}

/// An account that is or was down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutageAccount {
    /// The account.
    pub account: String,
    /// The couriers that it serves.
    pub couriers: Vec<String>,
    /// Since when it counts as down.
    pub since: Moment,
    /// Until when it did; absent while it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// What failed when it was found to be down.
    pub reason: String,
    /// How each kind of call stands now.
    pub gates: Vec<GateView>,
    /// The deadlines that are due within a day and hang on it: of now; where it is over, of the moment when the task opened.
    pub endangered: Vec<EndangeredDeadlines>,
    /// What waits for the account meanwhile, in words.
    pub waiting: String,
    /// The newest calls that failed around that time, the oldest first. What never left is told where it was an operation.
    pub calls: Vec<QuestionView>,
}

/// Explains a task about an account; `None` where there is none of this id.
///
/// # Errors
/// Where the database does not answer.
pub(super) async fn explain(app: &App, id: &str) -> Result<Option<Explanation>, Problem> {
    let now = app.now();
    let Some(item) = account_tasks::find(app, id, now).await? else { return Ok(None) };
    let Some(task) = app.store.account_tasks(false, MOST).await?.into_iter().find(|task| task.task_id == id) else { return Ok(None) };
    let speech = Speech::at(now);
    let since = down_since(&task);
    let gates: Vec<GateRow> = app.store.gates().await?.into_iter().filter(|gate| gate.account == task.account).collect();
    let until = task.closed_at.unwrap_or(now);
    let calls = app.store.troubled_calls(&task.account, since - BEFORE, until, CALLS).await?;
    let told: serde_json::Value = serde_json::from_str(&task.told).unwrap_or_default();
    let reason = parcelward_courier::mask::phones(told["reason"].as_str().unwrap_or_default());
    let backlog = app.store.backlog(&task.account, now, Length::ZERO).await?;
    let tries = next_tries(&gates, task.is_open);
    let account = OutageAccount {
        account: task.account.clone(),
        couriers: item.couriers.clone(),
        since: moment(since),
        until: task.closed_at.map(moment),
        reason: reason.clone(),
        gates: gates.iter().filter_map(|gate| view(gate, speech)).collect(),
        endangered: item.endangered,
        waiting: format!(
            "{} operation{} and {} parcel{} are due{}",
            backlog.operations,
            if backlog.operations == 1 { "" } else { "s" },
            backlog.polls,
            if backlog.polls == 1 { "" } else { "s" },
            if backlog.lag > Length::ZERO { format!(", the oldest for {}", length(whole_minutes(backlog.lag))) } else { String::new() }
        ),
        calls: calls.iter().map(troubled).collect(),
    };
    let serves = if item.couriers.is_empty() { String::new() } else { format!(", by which {} is asked", item.couriers.join(", ")) };
    let state = match task.outcome.as_deref() {
        Some(outcome) => format!("closed, {}", outcome.replace('_', " ")),
        None => item.state.to_owned(),
    };
    Ok(Some(Explanation {
        id: id.to_owned(),
        what: "task",
        kind: item.kind.to_owned(),
        title: item.title,
        state,
        zone: ZONE,
        order: None,
        about: format!("account {}{serves}", task.account),
        rule: None,
        urgency: Some(format!("urgency {}: nothing is heard of any of its parcels, and nothing can be asked for them", item.urgency)),
        steps: steps(&task, since, &reason, speech),
        others: Vec::new(),
        operation: None,
        outage: Some(account),
        tracking: Vec::new(),
        next: tries.first().cloned(),
        if_nobody_acts: tries,
    }))
}

/// Whether an id is of such a task.
pub(super) fn is_one(id: &str) -> bool {
    id.strip_prefix(TaskKind::CourierOutage.word()).is_some_and(|rest| rest.starts_with('-'))
}

/// It stands in the task's id, so that an outage has one task.
fn down_since(task: &AccountTask) -> Instant {
    task.task_id.rsplit('-').next().and_then(|ms| ms.parse().ok()).map_or(task.opened_at, Instant::from_millis)
}

fn whole_minutes(of: Length) -> Length {
    let minutes = of.as_millis() / 60_000;
    if minutes == 0 { Length::millis(of.as_millis() / 1_000 * 1_000) } else { Length::millis(minutes * 60_000) }
}

fn view(gate: &GateRow, speech: Speech) -> Option<GateView> {
    let calls = match gate.kind.as_str() {
        "ask" => "questions",
        "act" => "requests",
        _ => return None,
    };
    let why = gate.why.as_deref().map(|why| format!(" ({})", parcelward_courier::mask::phones(why))).unwrap_or_default();
    let failed = match gate.failures {
        0 => String::new(),
        1 => ", the last call failed".to_owned(),
        n => format!(", the last {n} calls failed"),
    };
    let text = match gate.open_since {
        Some(since) => format!("nothing is sent since {}{failed}{why}", speech.time(since)),
        None if gate.failures > 0 => format!("are sent{failed}{why}"),
        None => "are sent".to_owned(),
    };
    let tried_at = gate.open_since.map(|_| moment(gate.open_until));
    Some(GateView { calls, text, failures: gate.failures, down_since: gate.open_since.map(moment), tried_at })
}

/// When it is tried again, and what that leads to.
fn next_tries(gates: &[GateRow], is_open: bool) -> Vec<Foreseen> {
    let mut down: Vec<&GateRow> = gates.iter().filter(|gate| is_open && gate.open_since.is_some()).collect();
    down.sort_by_key(|gate| gate.open_until);
    let of = |gate: &&GateRow| Foreseen {
        at: moment(gate.open_until),
        text: format!(
            "one {} is sent; where it is answered, the others follow, and the task closes by itself",
            if gate.kind == "act" { "request" } else { "question" }
        ),
        consequence: None,
    };
    down.iter().map(of).collect()
}

fn steps(task: &AccountTask, since: Instant, reason: &str, speech: Speech) -> Vec<Step> {
    let because = |text: String| Reason { what: "fact", text, time: None, received: None, source: None, id: None };
    let mut steps = vec![Step {
        time: moment(task.opened_at),
        written: None,
        decision: "task.opened".to_owned(),
        text: format!("{} of account {}, down since {}", task.kind, task.account, speech.time(since)),
        because: vec![because(format!("several calls in a row failed: {reason}"))],
    }];
    if let Some(at) = task.closed_at {
        steps.push(Step {
            time: moment(at),
            written: None,
            decision: "task.closed".to_owned(),
            text: task.outcome.clone().unwrap_or_default(),
            because: vec![because("a call of it was answered again, or a person said so".to_owned())],
        });
    }
    steps
}
