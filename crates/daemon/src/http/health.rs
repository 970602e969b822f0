//! `/healthz`: the process lives. `/readyz`: it can be given facts now. Both without a token.

use super::app::App;
use super::problem::{Kind, Problem};
use axum::extract::State;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A write that went well says so for this long: a probe is a real, durable write.
const GOOD_FOR: Duration = Duration::from_secs(2);

/// The process lives.
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = "health", security(()), responses((status = 200, description = "The process lives", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Facts are taken now.
#[utoipa::path(
    get, path = "/readyz", operation_id = "readyz", tag = "health", security(()),
    responses(
        (status = 200, description = "Facts are taken", body = String),
        (status = 503, description = "Stopping, or the database takes no write", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    let not_ready = |why: String| Problem::new(Kind::Unavailable).detail(why);
    if app.is_stopping() {
        return Err(not_ready("the daemon is stopping".to_owned()));
    }
    if let Some(failing) = app.desk.pulse().borrow().failing.clone() {
        tracing::warn!(why = %failing, "not ready");
        return Err(not_ready("the last batch of facts could not be committed; the log says why".to_owned()));
    }
    let mut probed = app.probed.lock().await;
    let result = match &*probed {
        Some((at, result)) if at.elapsed() < GOOD_FOR => result.clone(),
        _ => {
            let result = app.store.probe(app.now()).await.map_err(|e| e.to_string());
            *probed = Some((Instant::now(), result.clone()));
            result
        }
    };
    result.map(|()| "ready\n").map_err(|why| {
        tracing::warn!(%why, "not ready");
        not_ready("the database takes no write; the log says why".to_owned())
    })
}
