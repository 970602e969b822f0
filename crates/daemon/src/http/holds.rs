//! `GET /v1/holds`, `POST /v1/holds`, `POST /v1/holds/release`: orders that stay as they are whatever their age.

use super::access::Caller;
use super::app::App;
use super::problem::{Kind, Problem};
use super::read_body;
use axum::extract::{Request, State};
use axum::{Extension, Json};
use parcelward_casework::fact::OrderKey;
use parcelward_store::{Hold, HoldWord, MAX_PAGE};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A word about a hold, as it is said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// The platform.
    platform: String,
    /// The shop.
    shop: String,
    /// The order.
    order_id: String,
    /// Why.
    why: String,
    /// Who says so; without it the token's name.
    #[serde(default)]
    who: Option<String>,
}

/// An order that is held, or a word about one.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldItem {
    /// The platform.
    pub platform: &'static str,
    /// The shop.
    pub shop: String,
    /// The order.
    pub order_id: String,
    /// `held` or `released`.
    pub state: &'static str,
    /// Who said so.
    pub who: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: String,
}

/// Orders that are held.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldList {
    /// The newest first.
    pub items: Vec<HoldItem>,
}

fn item(hold: Hold, state: &'static str) -> HoldItem {
    let Hold { order, who, why, at } = hold;
    HoldItem { platform: order.platform.word(), shop: order.shop, order_id: order.order_id, state, who, why, at: at.to_string() }
}

/// The longest reason and name, in characters.
const LONGEST: usize = 500;

async fn word(app: &App, caller: &Caller, request: Request) -> Result<Hold, Problem> {
    let body = read_body(request, 1 << 16).await?;
    let said: HoldRequest = serde_json::from_slice(&body).map_err(|error| Problem::bad("(body)", error.to_string()))?;
    let platform = said.platform.parse().map_err(|_| Problem::bad("platform", "is no platform"))?;
    let who = said.who.or_else(|| caller.0.clone()).unwrap_or_default();
    for (field, text) in [("why", &said.why), ("who", &who)] {
        if text.trim().is_empty() || text.chars().count() > LONGEST {
            return Err(Problem::bad(field, format!("must have 1 to {LONGEST} characters")));
        }
    }
    Ok(Hold { order: OrderKey { platform, shop: said.shop, order_id: said.order_id }, who, why: said.why, at: app.now() })
}

/// The orders that are held.
#[utoipa::path(
    get, path = "/v1/holds", operation_id = "list_holds", tag = "retention",
    responses((status = 200, description = "The orders that are held, the newest first", body = HoldList))
)]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<HoldList>, Problem> {
    let holds = app.store.holds(MAX_PAGE).await?;
    Ok(Json(HoldList { items: holds.into_iter().map(|hold| item(hold, "held")).collect() }))
}

/// Has an order stay: it is neither erased nor archived until it is released. Gives every word about it.
#[utoipa::path(
    post, path = "/v1/holds", operation_id = "set_hold", tag = "retention", request_body = HoldRequest,
    responses(
        (status = 200, description = "Held", body = HoldList),
        (status = 404, description = "There is no such order here", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is held already", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn set(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Result<Json<HoldList>, Problem> {
    let hold = word(&app, &caller, request).await?;
    match app.store.set_hold(&hold).await? {
        Some(true) => words(&app, &hold.order).await,
        Some(false) => Err(Problem::new(Kind::Conflict).detail(format!("order {} is held already", hold.order))),
        None => match app.store.archived_order(&hold.order).await? {
            Some(left) => Err(Problem::not_found(format!("order {} left into the archive {}: keep that file", hold.order, left.archive))),
            None => Err(Problem::not_found(format!("nothing is known of order {}", hold.order))),
        },
    }
}

/// Lets an order go its way again. Gives every word about it.
#[utoipa::path(
    post, path = "/v1/holds/release", operation_id = "release_hold", tag = "retention", request_body = HoldRequest,
    responses(
        (status = 200, description = "Released", body = HoldList),
        (status = 404, description = "It is not held", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn release(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<HoldList>, Problem> {
    let hold = word(&app, &caller, request).await?;
    if !app.store.release_hold(&hold).await? {
        return Err(Problem::not_found(format!("order {} is not held", hold.order)));
    }
    words(&app, &hold.order).await
}

async fn words(app: &App, order: &OrderKey) -> Result<Json<HoldList>, Problem> {
    let words = app.store.hold_words(order).await?;
    let items = words.into_iter().map(|HoldWord { released, hold }| item(hold, if released { "released" } else { "held" }));
    Ok(Json(HoldList { items: items.collect() }))
}
