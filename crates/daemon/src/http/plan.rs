//! `POST /v1/config/plan` and `POST /v1/config/apply`: what another configuration would do, and doing it.
//!
//! A plan is asked of the daemon, not of its database: only it knows the rules, the time and the world by which it decides, and only it can say
//! what it would decide. Deliberately absent: writing into the configuration's folder, which the daemon may only read; whoever applies has
//! put the files there before.

use super::access::Caller;
use super::app::App;
use super::problem::{FieldError, Kind, Problem};
use super::read_body;
use crate::adopt::Occasion;
use crate::config::{Loaded, Problems, load};
use crate::plan::{MOST, Plan, plan, write_files};
use axum::extract::{Request, State};
use axum::{Extension, Json};
use parcelward_casework::words::OpenDeadlines;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::Arc;
use utoipa::ToSchema;

/// Large enough for every file of a configuration, in bytes.
const LARGEST: usize = 16 << 20;

/// A configuration to be planned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The text of every file of its folder, by its path below it (`rules/pinduoduo.toml`).
    pub files: BTreeMap<String, String>,
    /// Whether the answer is to hold the files of the configuration in force.
    #[serde(default)]
    pub with_files: bool,
}

/// A plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanAnswer {
    /// What would happen.
    #[serde(flatten)]
    pub plan: Plan,
    /// The files of the folder as the configuration in force was read from them, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<BTreeMap<String, String>>,
}

/// What is to be applied, and how.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyRequest {
    /// The revision that was planned: what the folder says by now must be that.
    pub revision: String,
    /// `keep`: deadlines that run keep their due times and rungs; `move`: they are set anew.
    pub open_deadlines: String,
    /// Why, for whoever reads the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who; the token's name where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplyAnswer {
    /// The revision in force now.
    pub revision: String,
    /// Whether it is another than before.
    pub changed: bool,
    /// Keys that were changed but are read at a start only.
    pub at_next_start: Vec<String>,
}

/// Says what a configuration would do to what is open, and changes nothing.
#[utoipa::path(
    post, path = "/v1/config/plan", operation_id = "plan_configuration", tag = "configuration",
    request_body = PlanRequest,
    responses(
        (status = 200, description = "What would happen", body = PlanAnswer),
        (status = 422, description = "The configuration is wrong: each error names its file, line and key", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post_plan(State(app): State<Arc<App>>, request: Request) -> Result<Json<PlanAnswer>, Problem> {
    let _room = app.room().await;
    let body: PlanRequest = json(request).await?;
    let new = read(body.files).await?;
    let plan = plan(&app, &new, app.now(), MOST).await.map_err(|error| {
        tracing::error!("a configuration could not be planned: {error:#}");
        Problem::new(Kind::Unavailable).detail("the case files could not be read")
    })?;
    let own = app.config();
    let files = || own.kept.own().iter().map(|(name, text)| (name.clone(), text.to_string())).collect();
    Ok(Json(PlanAnswer { plan, in_force: body.with_files.then(files) }))
}

/// Puts the configuration of the daemon's folder in force, all of it or nothing.
#[utoipa::path(
    post, path = "/v1/config/apply", operation_id = "apply_configuration", tag = "configuration",
    request_body = ApplyRequest,
    responses(
        (status = 200, description = "It is in force", body = ApplyAnswer),
        (status = 422, description = "It is wrong, or not what was planned; the old one stays in force", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post_apply(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<ApplyAnswer>, Problem> {
    let body: ApplyRequest = json(request).await?;
    let open_deadlines = OpenDeadlines::from_word(&body.open_deadlines).ok_or_else(|| {
        Problem::bad("open_deadlines", format!("`{}` is neither `keep` nor `move`", super::problem::shown(&body.open_deadlines)))
    })?;
    let occasion = Occasion { open_deadlines, by: caller.0.or(body.by), reason: body.reason, asked: true };
    let applied = app.reload().apply(&app, &occasion, Some(&body.revision)).await.map_err(wrong)?;
    let at_next_start = applied.at_next_start.into_iter().map(str::to_owned).collect();
    Ok(Json(ApplyAnswer { revision: applied.revision, changed: applied.changed, at_next_start }))
}

async fn json<T: serde::de::DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let body = read_body(request, LARGEST).await?;
    let mut from = serde_json::Deserializer::from_slice(&body);
    serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let inner = error.inner().to_string();
        let what = inner.split(" at line ").next().unwrap_or_default().to_owned();
        Problem::bad(
            match error.path().to_string() {
                path if path == "." => "(body)".to_owned(),
                path => path,
            },
            what,
        )
    })
}

/// Reads a configuration from the texts of its files.
async fn read(files: BTreeMap<String, String>) -> Result<Loaded, Problem> {
    if let Some(name) = files.keys().find(|name| !is_below(name)) {
        return Err(Problem::bad("files", format!("`{}` is no path of a file below a folder", super::problem::shown(name))));
    }
    let reading = tokio::task::spawn_blocking(move || -> anyhow::Result<Result<Loaded, Problems>> {
        let dir = tempfile::tempdir()?;
        write_files(dir.path(), files.iter().map(|(name, text)| (name.as_str(), text.as_str())))?;
        Ok(load(Some(dir.path())))
    });
    let fault = |error: String| {
        tracing::error!(error, "a configuration could not be laid out to be planned");
        Problem::new(Kind::Internal)
    };
    reading.await.map_err(|e| fault(e.to_string()))?.map_err(|e| fault(format!("{e:#}")))?.map_err(wrong)
}

fn is_below(name: &str) -> bool {
    name.ends_with(".toml") && !name.contains('\0') && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

fn wrong(problems: Problems) -> Problem {
    let errors = problems.0.iter().map(|p| FieldError { field: p.location(), message: p.what() }).collect();
    let detail = "the configuration is wrong, and the old one stays in force: `parcelward check` draws each problem";
    Problem { errors, ..Problem::new(Kind::BadRequest).detail(detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lies_below_its_folder() {
        for good in ["parcelward.toml", "rules/a.toml", "rules/a.d/b.toml"] {
            assert!(is_below(good), "{good}");
        }
        for bad in ["/etc/x.toml", "../x.toml", "rules/../../x.toml", "x.sh", "", "./x.toml"] {
            assert!(!is_below(bad), "{bad}");
        }
    }
}
