//! `POST /v1/config/reload`: reads the configuration again, as SIGHUP does.
//!
//! Deliberately absent: sending a configuration over HTTP. What holds is what stands in the folder.

use super::app::App;
use super::problem::{FieldError, Kind, Problem};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a reload did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReloadAnswer {
    /// The revision in force now.
    pub revision: String,
    /// Whether it is another than before.
    pub changed: bool,
    /// Keys that were changed but are read at a start only (`server.listen`).
    pub at_next_start: Vec<&'static str>,
    /// What is probably not meant so, one line each, with file and line.
    pub warnings: Vec<String>,
}

/// Reads the configuration again. Where something is wrong the old one stays in force, and each error names its file, line and key.
#[utoipa::path(
    post, path = "/v1/config/reload", operation_id = "reload_configuration", tag = "configuration",
    responses(
        (status = 200, description = "The configuration of the folder is in force", body = ReloadAnswer),
        (status = 422, description = "It is wrong; the old one stays in force", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post(State(app): State<Arc<App>>) -> Result<Json<ReloadAnswer>, Problem> {
    match app.reload().run(&app).await {
        Ok(reloaded) => Ok(Json(ReloadAnswer {
            revision: reloaded.revision,
            changed: reloaded.changed,
            at_next_start: reloaded.at_next_start,
            warnings: app.config().warnings.iter().map(ToString::to_string).collect(),
        })),
        Err(problems) => {
            let errors = problems.0.iter().map(|p| FieldError { field: p.location(), message: p.what() }).collect();
            let detail = "the configuration is wrong, and the old one stays in force: `parcelward check` draws each problem";
            Err(Problem { errors, ..Problem::new(Kind::BadRequest).detail(detail) })
        }
    }
}
