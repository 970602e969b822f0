//! `/metrics`: counts in Prometheus' text format.
//!
//! Deliberately absent: orders, shops and people as labels.

use super::app::App;
use super::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use parcelward_scheduler::metric::{self, MetricKind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts counting, once in a process.
pub fn start() {
    HANDLE.get_or_init(|| install().inspect_err(|error| tracing::warn!(%error, "there will be no metrics")).ok());
}

fn install() -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for metric in metric::ALL.iter().filter(|metric| metric.kind == MetricKind::Histogram) {
        builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), metric.buckets)?;
    }
    let handle = builder.install_recorder()?;
    for metric in metric::ALL {
        match metric.kind {
            MetricKind::Counter => metrics::describe_counter!(metric.name, metric.help),
            MetricKind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            MetricKind::Histogram => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    metrics::gauge!(metric::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION"), "rust" => env!("CARGO_PKG_RUST_VERSION")).set(1.0);
    // An alert on a growing number has to see it before it grows.
    for name in
        [metric::BATCHES_FAILED, metric::RETRIES, metric::ENGINE_PANICS, metric::SET_ASIDE, metric::WAKES_STUCK, metric::FACTS_UNREAD]
    {
        metrics::counter!(name).absolute(0);
    }
    metrics::gauge!(metric::RELOAD_FAILED).set(0.0);
    Ok(handle)
}

/// Counts a request that was answered.
pub fn request(route: &str, method: &str, status: u16, took: Duration) {
    // A client may invent methods; each would be a series of its own.
    let method = if matches!(method, "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS") { method } else { "other" };
    let labels = [("route", route.to_owned()), ("method", method.to_owned()), ("status", status.to_string())];
    metrics::counter!(metric::HTTP_REQUESTS, &labels).increment(1);
    metrics::histogram!(metric::HTTP_TIME, "route" => route.to_owned()).record(took.as_secs_f64());
}

/// Counts facts that could not be read.
pub fn unread(facts: usize) {
    metrics::counter!(metric::FACTS_UNREAD).increment(facts as u64);
}

/// Shows the metrics.
#[utoipa::path(get, path = "/metrics", operation_id = "show_metrics", tag = "health", responses((status = 200, description = "Prometheus' text format", body = String)))]
pub async fn get(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    let now = app.now();
    let counts = app.store.counts(now).await?;
    let gauge = |name: &'static str, value: u64| metrics::gauge!(name).set(value as f64);
    for kind in parcelward_casework::words::CaseKind::ALL {
        let n = counts.open_cases.get(kind).copied().unwrap_or(0);
        metrics::gauge!(metric::OPEN_CASES, "kind" => kind.word()).set(n as f64);
    }
    for queue in parcelward_casework::words::Queue::ALL {
        let n = counts.open_tasks.get(queue).copied().unwrap_or(0);
        metrics::gauge!(metric::OPEN_TASKS, "queue" => queue.word()).set(n as f64);
    }
    gauge(metric::RUNNING_DEADLINES, counts.running_deadlines);
    gauge(metric::PARKED_FACTS, counts.parked_facts);
    gauge(metric::FILES_SET_ASIDE, counts.set_aside);
    gauge(metric::FILES_OVERDUE, counts.overdue_files);
    metrics::gauge!(metric::MOST_OVERDUE).set(counts.overdue_ms as f64 / 1000.0);
    let handle = HANDLE.get().and_then(Option::as_ref).ok_or_else(|| Problem::new(Kind::Unavailable).detail("metrics were not started"))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()))
}
