//! Around every request: an id, a time limit, a log line and its counts, and an answer even where the program panicked.
//!
//! Deliberately absent from the log: paths with orders in them, queries, bodies, addresses. The route's pattern stands for the path.

use super::metrics;
use super::problem::{Kind, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a request may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit(pub Duration);

/// Ends a request that takes too long.
pub(super) async fn limit(State(Limit(most)): State<Limit>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::new(Kind::TooSlow).detail("it may have been taken all the same; facts can be sent again without harm").into_response()
        }
    }
}

/// Gives a request its id, answers where it panics, logs and counts it.
pub(super) async fn request(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).filter(|id| is_plain(id)).cloned();
    let id = id.or_else(|| HeaderValue::from_str(&Uuid::now_v7().to_string()).ok());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());
    let shown = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let began = Instant::now();
    let span = tracing::info_span!("request", request_id = %shown, %method, %route);
    // A panic is a fault of ours: this request is answered, the others go on. The panic hook has logged where it was.
    let result = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span).await;
    let mut response = result.unwrap_or_else(|_| {
        tracing::error!(request_id = %shown, %method, %route, "a request panicked");
        Problem::new(Kind::Internal).detail("the log says more under this request's id").into_response()
    });
    let (status, took) = (response.status(), began.elapsed());
    metrics::request(&route, method.as_str(), status.as_u16(), took);
    let ms = took.as_millis();
    if status.is_server_error() {
        tracing::warn!(request_id = %shown, %method, %route, status = status.as_u16(), ms, "answered");
    } else if status == StatusCode::OK && matches!(route.as_str(), "/healthz" | "/readyz" | "/metrics") {
        tracing::trace!(request_id = %shown, %method, %route, status = status.as_u16(), ms, "answered");
    } else {
        tracing::debug!(request_id = %shown, %method, %route, status = status.as_u16(), ms, "answered");
    }
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn is_plain(id: &HeaderValue) -> bool {
    id.to_str().is_ok_and(|id| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
}
