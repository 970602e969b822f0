//! `GET /v1/deadlines`: the clocks, what is due first standing first.

use super::app::App;
use super::facts::OrderName;
use super::params::{Params, Query};
use super::problem::Problem;
use super::tasks::{MOST, USUAL, WaybillName};
use axum::Json;
use axum::extract::State;
use parcelward_casework::casefile::DeadlineState;
use parcelward_casework::instant::Instant;
use parcelward_store::{Cursor, DeadlineFilter, DeadlineRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeadlineItem {
    /// Its id.
    pub deadline_id: String,
    /// Its rule.
    pub rule: String,
    /// The order.
    #[serde(flatten)]
    pub order: OrderName,
    /// The parcel it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waybill: Option<WaybillName>,
    /// When its clock started.
    pub starts_at: String,
    /// When it is due.
    pub due_at: String,
    /// Seconds until then; negative once it has passed.
    pub seconds_left: i64,
    /// When it would be due by the rule, where the platform gave the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computed_due_at: Option<String>,
    /// `running`, `met`, `breached` or `cancelled`.
    pub state: &'static str,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Its clock: `hours`, `working_days` or `staffed_hours`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub clock: String,
    /// What it costs when missed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub consequence: String,
    /// It lies past the calendar's end.
    pub provisional: bool,
    /// Its breach costs nothing.
    pub waived: bool,
    /// Met by news that came after the breach.
    pub late_news: bool,
}

/// What a list takes from the decision that set a deadline.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Set {
    clock: String,
    consequence: String,
    computed_due_at: Option<String>,
}

/// A page of deadlines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeadlinePage {
    /// The deadlines, the least time left first.
    pub items: Vec<DeadlineItem>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which deadlines.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct DeadlineQuery {
    /// The rule's id (`pdd.collect`).
    rule: Option<String>,
    /// `running`, `met`, `breached` or `cancelled`; absent: running.
    state: Option<String>,
    /// Due before this time (RFC 3339).
    due_before: Option<String>,
    /// Of this platform.
    platform: Option<String>,
    /// Of this shop.
    shop: Option<String>,
    /// Of the order of this number.
    order_id: Option<String>,
    /// Rows of a page, 1 to 500 (50).
    limit: Option<u32>,
    /// Where the page begins: the `next` of the one before.
    cursor: Option<String>,
}

const STATES: &[(&str, DeadlineState)] = &[
    ("running", DeadlineState::Running),
    ("met", DeadlineState::Met),
    ("breached", DeadlineState::Breached),
    ("cancelled", DeadlineState::Cancelled),
];

pub(super) fn state_word(state: DeadlineState) -> &'static str {
    STATES.iter().find(|(_, s)| *s == state).map_or("", |(word, _)| word)
}

/// Lists deadlines.
#[utoipa::path(
    get, path = "/v1/deadlines", operation_id = "list_deadlines", tag = "deadlines", params(DeadlineQuery),
    responses(
        (status = 200, description = "A page of deadlines", body = DeadlinePage),
        (status = 422, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Json<DeadlinePage>, Problem> {
    let mut params = Params::new(pairs);
    let state = params.text("state").and_then(|word| {
        let state = STATES.iter().find(|(known, _)| *known == word).map(|(_, state)| *state);
        if state.is_none() {
            params.wrong("state", "must be running, met, breached or cancelled");
        }
        state
    });
    let rule = params.text("rule");
    if let Some(rule) = &rule
        && !app.config().raw_rules.rule.contains_key(rule)
    {
        params.wrong("rule", "is not a rule's id, such as pdd.collect");
    }
    let filter = DeadlineFilter {
        rule,
        state,
        due_before: params.instant("due_before"),
        platform: params.word("platform"),
        shop: params.text("shop"),
        order_id: params.text("order_id"),
    };
    let limit = params.number("limit", 1, MOST, USUAL);
    let cursor = params.text("cursor");
    params.finish()?;
    let cursor = cursor.map(|text| text.parse::<Cursor>()).transpose()?;
    let page = app.store.deadlines(&filter, cursor.as_ref(), limit).await?;
    let now = app.now();
    Ok(Json(DeadlinePage { items: page.rows.iter().map(|row| item(row, now)).collect(), next: page.next.map(|c| c.to_string()) }))
}

fn item(row: &DeadlineRow, now: Instant) -> DeadlineItem {
    let set: Set = serde_json::from_str(&row.set).unwrap_or_default();
    DeadlineItem {
        deadline_id: row.deadline_id.clone(),
        rule: row.rule.clone(),
        order: OrderName::from(&row.order),
        waybill: row.waybill.as_ref().map(WaybillName::from),
        starts_at: row.starts_at.to_string(),
        due_at: row.due_at.to_string(),
        seconds_left: row.due_at.since(now).as_millis().div_euclid(1000),
        computed_due_at: set.computed_due_at,
        state: state_word(row.state),
        ended_at: row.ended_at.map(|at| at.to_string()),
        clock: set.clock,
        consequence: set.consequence,
        provisional: row.provisional,
        waived: row.waived,
        late_news: row.late_news,
    }
}
