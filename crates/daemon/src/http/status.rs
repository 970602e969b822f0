//! `GET /v1/status`: what `parcelward status --json` prints, for whoever reaches the daemon and not its database.

use super::app::App;
use super::problem::Problem;
use crate::status::{SHOWN, Status};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

/// Shows the daemons that work on this database, and what waits there.
#[utoipa::path(
    get, path = "/v1/status", operation_id = "show_status", tag = "health",
    responses((status = 200, description = "Every daemon on the database, with its configuration and its lanes; and what waits", body = Status))
)]
pub async fn get(State(app): State<Arc<App>>) -> Result<Json<Status>, Problem> {
    let now = app.now();
    let (daemons, counts) = (app.store.daemons(SHOWN).await?, app.store.counts(now).await?);
    Ok(Json(Status::of(&daemons, &counts, &app.store.incarnation().await?, now)))
}
