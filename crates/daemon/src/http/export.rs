//! `GET /v1/export`: every fact, as JSON Lines with its `recordedtime`. A replay of it decides the same.
//!
//! Deliberately absent: masking. It is the journal itself, for backups and replays; guard it as such.

use super::app::App;
use super::problem::Problem;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use std::sync::Arc;

/// Facts that are read at a time.
const PAGE: u32 = 500;

/// Where an export stands.
enum At {
    After(u64),
    End,
}

/// Streams every fact in the order in which it was received.
#[utoipa::path(
    get, path = "/v1/export", operation_id = "export_facts", tag = "facts",
    responses((status = 200, description = "Every fact, one a line, with its `recordedtime`", body = String, content_type = "application/x-ndjson"))
)]
pub async fn get(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    // The first page is read before the answer begins, so that a database that does not answer is said as a problem.
    let first = page(&app, 0).await?;
    let rest = stream::try_unfold(first.1, move |at| {
        let app = Arc::clone(&app);
        async move {
            match at {
                At::End => Ok(None),
                At::After(seq) => page(&app, seq).await.map(Some).map_err(|problem| std::io::Error::other(problem.title)),
            }
        }
    });
    let body = futures::StreamExt::chain(stream::once(async move { Ok::<_, std::io::Error>(first.0) }), rest);
    let mut response = Body::from_stream(body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

async fn page(app: &App, after: u64) -> Result<(Bytes, At), Problem> {
    let page = app.store.facts_after(after, PAGE).await?;
    let mut lines = String::with_capacity(page.rows.iter().map(|row| row.json.len() + 1).sum());
    for row in &page.rows {
        lines.push_str(&row.json);
        lines.push('\n');
    }
    Ok((Bytes::from(lines), page.next.map_or(At::End, At::After)))
}
