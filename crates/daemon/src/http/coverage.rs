//! `GET|PUT|DELETE /v1/coverage`: which couriers do not reach which areas.
//!
//! A change is a `parcelward.coverage` fact like any other; taking a word back says that the courier reaches the area again.

use super::access::Caller;
use super::app::App;
use super::facts::{FactAnswer, hand_in};
use super::params::{Params, Query};
use super::problem::{Kind, Problem, shown};
use super::read_body;
use super::tasks::{MOST, USUAL};
use axum::extract::{Request, State};
use axum::{Extension, Json};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::region::short_province;
use parcelward_casework::words::Courier;
use parcelward_scheduler::Incoming;
use parcelward_store::{CoverageFilter, CoverageRow};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A word about coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoverageItem {
    /// The courier.
    pub courier: &'static str,
    /// Province, without its ending.
    pub province: String,
    /// Narrower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Narrower still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// Whether the courier reaches it.
    pub serves: bool,
    /// Since when this is known.
    pub since: String,
    /// Until when it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// A remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// An order's scans showed it; nobody told it as such.
    pub learnt: bool,
}

/// A page of words about coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoveragePage {
    /// The newest first.
    pub items: Vec<CoverageItem>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which words.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct CoverageQuery {
    /// Of this courier.
    courier: Option<String>,
    /// Of this province.
    province: Option<String>,
    /// Older words about the same areas as well.
    history: Option<bool>,
    /// Rows of a page, 1 to 500 (50).
    limit: Option<u32>,
    /// Where the page begins: the `next` of the one before.
    cursor: Option<String>,
}

/// What is said of an area.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "written for the description of the API; the body is read as the fact that it becomes")]
pub struct CoverageWord {
    /// The courier's code.
    courier: String,
    /// Province, with or without its ending.
    province: String,
    /// Narrower.
    city: Option<String>,
    /// Narrower still.
    district: Option<String>,
    /// Whether the courier reaches it; `false` where absent.
    serves: Option<bool>,
    /// Until when this holds, RFC 3339.
    until: Option<String>,
    /// A remark.
    note: Option<String>,
}

/// Lists what is known.
#[utoipa::path(
    get, path = "/v1/coverage", operation_id = "list_coverage", tag = "coverage", params(CoverageQuery),
    responses((status = 200, description = "A page of words about coverage", body = CoveragePage))
)]
pub async fn list(State(app): State<Arc<App>>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Json<CoveragePage>, Problem> {
    let mut params = Params::new(pairs);
    let filter = CoverageFilter {
        courier: params.word("courier"),
        province: params.text("province").map(|p| short_province(&p)),
        newest_only: !params.flag("history"),
    };
    let limit = params.number("limit", 1, MOST, USUAL);
    let before = params.text("cursor").and_then(|text| {
        let seq = text.parse::<u64>();
        if seq.is_err() {
            params.wrong("cursor", "is not a cursor of this list");
        }
        seq.ok()
    });
    params.finish()?;
    let page = app.store.coverage(&filter, before, limit).await?;
    Ok(Json(CoveragePage { items: page.rows.iter().map(item).collect(), next: page.next.map(|seq| seq.to_string()) }))
}

fn item(row: &CoverageRow) -> CoverageItem {
    CoverageItem {
        courier: row.reach.courier.word(),
        province: row.reach.province.clone(),
        city: row.reach.city.clone(),
        district: row.reach.district.clone(),
        serves: row.reach.serves,
        since: row.known_at.to_string(),
        until: row.reach.until.map(|at| at.to_string()),
        note: row.note.clone(),
        learnt: row.from_scans,
    }
}

/// Says that a courier does not reach an area, or reaches it.
#[utoipa::path(
    put, path = "/v1/coverage", operation_id = "note_coverage", tag = "coverage", request_body = CoverageWord,
    responses(
        (status = 200, description = "Taken", body = FactAnswer),
        (status = 422, description = "A field is wrong", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn put(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Result<Json<FactAnswer>, Problem> {
    let body = read_body(request, 1 << 16).await?;
    let Ok(Value::Object(mut data)) = serde_json::from_slice(&body) else { return Err(Problem::bad("(body)", "must be a JSON object")) };
    let known = ["courier", "province", "city", "district", "serves", "until", "note"];
    if let Some(name) = data.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Problem::bad(shown(name), format!("is not a field here; there are {}", known.join(", "))));
    }
    data.entry("serves").or_insert(Value::Bool(false));
    say(&app, &caller, data).await
}

/// Which area.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct Area {
    /// The courier's code.
    courier: String,
    /// Province.
    province: String,
    /// Narrower.
    city: Option<String>,
    /// Narrower still.
    district: Option<String>,
}

/// Takes a word back: from now on the courier counts as reaching the area.
#[utoipa::path(
    delete, path = "/v1/coverage", operation_id = "take_coverage_back", tag = "coverage", params(Area),
    responses(
        (status = 200, description = "Taken back", body = FactAnswer),
        (status = 404, description = "Nothing is known of this area", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<FactAnswer>, Problem> {
    let mut params = Params::new(pairs);
    let courier: Option<Courier> = params.word("courier");
    let province = params.text("province");
    let (city, district) = (params.text("city"), params.text("district"));
    for (name, missing) in [("courier", courier.is_none()), ("province", province.is_none())] {
        if missing {
            params.wrong(name, "is missing");
        }
    }
    params.finish()?;
    let (Some(courier), Some(province)) = (courier, province) else { return Err(Problem::new(Kind::Internal)) };
    let filter = CoverageFilter { courier: Some(courier), province: Some(short_province(&province)), newest_only: true };
    let mut before = None;
    loop {
        let page = app.store.coverage(&filter, before, MOST).await?;
        if page.rows.iter().any(|row| !row.reach.serves && row.reach.city == city && row.reach.district == district) {
            break;
        }
        before = page.next;
        if before.is_none() {
            return Err(Problem::not_found("no word says that this courier does not reach this area"));
        }
    }
    let mut data = Map::new();
    for (name, value) in
        [("courier", Some(courier.word().to_owned())), ("province", Some(province)), ("city", city), ("district", district)]
    {
        if let Some(value) = value {
            data.insert(name.to_owned(), value.into());
        }
    }
    data.insert("serves".to_owned(), true.into());
    say(&app, &caller, data).await
}

async fn say(app: &App, caller: &Caller, data: Map<String, Value>) -> Result<Json<FactAnswer>, Problem> {
    let source = caller.0.as_ref().map_or_else(|| "parcelward/api".to_owned(), |name| format!("parcelward/api/{name}"));
    let json = serde_json::json!({
        "specversion": "1.0", "id": Uuid::now_v7().to_string(), "source": source, "type": "parcelward.coverage",
        "time": app.now().to_string(), "data": data,
    })
    .to_string();
    let fact = parse_fact(&json).map_err(|bad| Problem::bad(bad.field.strip_prefix("data.").unwrap_or(&bad.field), bad.message))?;
    let answers = hand_in(app, vec![(0, Ok(Incoming { fact, json }))]).await?;
    answers.items.into_iter().next().map(Json).ok_or_else(|| Problem::new(Kind::Internal))
}
