//! `/metrics`: counts in Prometheus' text format.
//!
//! Deliberately absent: orders, shops and people as labels.

use super::app::App;
use super::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Bounds of the buckets for the time that requests take, in seconds.
const BUCKETS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0];

/// Starts counting, once in a process.
pub fn start() {
    HANDLE.get_or_init(|| {
        let handle = PrometheusBuilder::new().set_buckets(BUCKETS).and_then(PrometheusBuilder::install_recorder);
        handle.inspect_err(|error| tracing::warn!(%error, "there will be no metrics")).ok()
    });
}

/// Counts a request that was answered.
pub fn request(route: &str, method: &str, status: u16, took: Duration) {
    let labels = [("route", route.to_owned()), ("method", method.to_owned()), ("status", status.to_string())];
    metrics::counter!("parcelward_http_requests_total", &labels).increment(1);
    metrics::histogram!("parcelward_http_request_seconds", "route" => route.to_owned()).record(took.as_secs_f64());
}

/// Counts facts that were answered.
pub fn facts(taken: usize, duplicates: usize, rejected: usize) {
    for (result, n) in [("taken", taken), ("duplicate", duplicates), ("rejected", rejected)] {
        metrics::counter!("parcelward_facts_total", "result" => result).increment(n as u64);
    }
}

/// Shows the metrics.
#[utoipa::path(get, path = "/metrics", operation_id = "show_metrics", tag = "health", responses((status = 200, description = "Prometheus' text format", body = String)))]
pub async fn get(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    let now = app.now();
    let counts = app.store.counts(now).await?;
    let gauge = |name: &'static str, value: u64| metrics::gauge!(name).set(value as f64);
    for kind in parcelward_casework::words::CaseKind::ALL {
        let n = counts.open_cases.get(kind).copied().unwrap_or(0);
        metrics::gauge!("parcelward_open_cases", "kind" => kind.word()).set(n as f64);
    }
    for queue in parcelward_casework::words::Queue::ALL {
        let n = counts.open_tasks.get(queue).copied().unwrap_or(0);
        metrics::gauge!("parcelward_open_tasks", "queue" => queue.word()).set(n as f64);
    }
    gauge("parcelward_running_deadlines", counts.running_deadlines);
    gauge("parcelward_parked_facts", counts.parked_facts);
    gauge("parcelward_case_files_set_aside", counts.set_aside);
    gauge("parcelward_case_files_overdue", counts.overdue_files);
    metrics::gauge!("parcelward_most_overdue_seconds").set(counts.overdue_ms as f64 / 1000.0);
    gauge("parcelward_batches_committed", app.desk.pulse().borrow().batches);
    let handle = HANDLE.get().and_then(Option::as_ref).ok_or_else(|| Problem::new(Kind::Unavailable).detail("metrics were not started"))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()))
}
