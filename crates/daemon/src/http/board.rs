//! `GET /v1/board`: counts as a merchant's parcel centre shows them.

use super::app::App;
use super::params::{Params, Query};
use super::problem::Problem;
use axum::Json;
use axum::extract::State;
use parcelward_casework::instant::Length;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// How far ahead "soon" reaches where nothing is asked for, in hours.
const SOON: u32 = 12;

/// Counts of what is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardCounts {
    /// How far ahead "soon" reaches, in hours.
    pub hours: u32,
    /// Parcels declared and not collected whose limit ends soon, or ended.
    pub soon_uncollected: u64,
    /// Open cases of parcels that no longer move.
    pub stalled: u64,
    /// Open cases of parcels that were not delivered.
    pub undelivered: u64,
    /// Open cases of parcels that the courier does not reach.
    pub out_of_range: u64,
    /// Open cases of parcels that come back.
    pub coming_back: u64,
    /// After-sales whose answer is due soon, or was.
    pub after_sales_soon_due: u64,
    /// Open tasks that want evidence.
    pub evidence_wanted: u64,
    /// Open cases by kind.
    pub open_cases: BTreeMap<&'static str, u64>,
    /// Running deadlines that are due soon, by rule, all platforms together.
    pub running_due: BTreeMap<&'static str, u64>,
}

/// How far ahead.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct BoardQuery {
    /// How far ahead "soon" reaches, 1 to 168 hours (12).
    hours: Option<u32>,
}

/// Shows the board.
#[utoipa::path(get, path = "/v1/board", operation_id = "show_board", tag = "board", params(BoardQuery), responses((status = 200, description = "The counts", body = BoardCounts)))]
pub async fn get(State(app): State<Arc<App>>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Json<BoardCounts>, Problem> {
    let mut params = Params::new(pairs);
    let hours = params.number("hours", 1, 168, SOON);
    params.finish()?;
    let board = app.store.board(app.now(), Length::hours(i64::from(hours))).await?;
    Ok(Json(BoardCounts {
        hours,
        soon_uncollected: board.soon_uncollected,
        stalled: board.stalled,
        undelivered: board.undelivered,
        out_of_range: board.out_of_range,
        coming_back: board.coming_back,
        after_sales_soon_due: board.after_sales_soon_due,
        evidence_wanted: board.evidence_wanted,
        open_cases: board.open_cases.iter().map(|(kind, n)| (kind.word(), *n)).collect(),
        running_due: board.running_due.iter().map(|(kind, n)| (kind.word(), *n)).collect(),
    }))
}
