//! What `/metrics` shows of a running daemon after known facts. One test in a process of its own: the figures are the process's.
#![allow(clippy::float_cmp, reason = "whole numbers")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use parcelward_scheduler::metric::{self, MetricKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PAID: &str = "2026-03-10T08:00:00+08:00";

/// Every sample by its name and labels, as they stand.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap())).unwrap()).collect()
}

fn conflicting() -> Value {
    let mut other = order("O1", PAID, "59.90");
    other["data"]["amount"] = "1.00".into();
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_those_of_the_facts_that_were_told() {
    let daemon = Daemon::at("2026-03-10T08:00:00+08:00").await;
    let unknown =
        fact("s9", "tracking", PAID, json!({"waybill": {"courier": "yto", "number": "YT1"}, "status": "unrecognized", "code": "X77"}));
    daemon
        .tell(&[
            order("O1", PAID, "59.90"),
            order("O2", PAID, "59.90"),
            order("O3", PAID, "59.90"),
            shipment("O1", "YT1", PAID),
            unknown,
            // Nobody's parcel so far.
            scan("s2", "YT404", PAID, "collected", None),
        ])
        .await;
    // Said twice; said otherwise; not readable; of no task.
    daemon.post("/v1/facts", json!([order("O1", PAID, "59.90"), conflicting(), {"specversion": "1.0"}])).await;
    daemon.post("/v1/facts", fact("t1", "task_update", PAID, json!({"task_id": "tsk-none", "status": "claimed", "by": "me"}))).await;
    // The first rung of the collect deadline lies at 20:00, due is the next morning at 08:00; shipping O2 and O3 is due on the 12th.
    daemon.clock.set("2026-03-10T20:00:03+08:00");
    wait_for_task(&daemon, "hand_over_to_courier").await;
    // The others act together before the staffed hours end.
    daemon.clock.set("2026-03-10T21:30:02+08:00");
    wait_for_task(&daemon, "chase_courier").await;
    daemon.clock.set("2026-03-11T08:00:07+08:00");
    wait_for_task(&daemon, "trace_unhanded_parcel").await;

    let (_, text) = daemon.get("/metrics").await;
    let text = text.as_str().unwrap().to_owned();
    let found = samples(&text);
    let get = |name: &str| found.get(name).copied().unwrap_or_else(|| panic!("{name} is missing:\n{text}"));
    for (name, value) in [
        ("parcelward_facts_total{type=\"order\",result=\"accepted\"}", 3.0),
        ("parcelward_facts_total{type=\"order\",result=\"duplicate\"}", 1.0),
        ("parcelward_facts_total{type=\"order\",result=\"conflict\"}", 1.0),
        ("parcelward_facts_total{type=\"shipment\",result=\"accepted\"}", 1.0),
        ("parcelward_facts_total{type=\"tracking\",result=\"accepted\"}", 1.0),
        ("parcelward_facts_total{type=\"tracking\",result=\"parked\"}", 1.0),
        ("parcelward_facts_total{type=\"task_update\",result=\"refused\"}", 1.0),
        ("parcelward_facts_unread_total", 1.0),
        ("parcelward_tracking_unrecognized_total{courier=\"yto\"}", 1.0),
        ("parcelward_cases_opened_total{kind=\"uncollected\"}", 1.0),
        ("parcelward_tasks_opened_total{kind=\"hand_over_to_courier\",queue=\"warehouse\"}", 1.0),
        ("parcelward_deadlines_breached_total{rule=\"pdd.collect\"}", 1.0),
        ("parcelward_deadlines_met_total{rule=\"pdd.ship_by\"}", 1.0),
        ("parcelward_parked_facts", 1.0),
        ("parcelward_requests_waiting", 0.0),
        ("parcelward_batches_failed_total", 0.0),
        ("parcelward_config_reload_failed", 0.0),
        ("parcelward_case_files_overdue", 0.0),
        ("parcelward_open_cases{kind=\"uncollected\"}", 1.0),
        ("parcelward_http_requests_total{route=\"/v1/facts\",method=\"POST\",status=\"200\"}", 2.0),
    ] {
        assert!((get(name) - value).abs() < 1e-9, "{name} is {} and not {value}\n{text}", get(name));
    }
    assert!(found.keys().any(|name| name.starts_with("parcelward_build_info{version=")), "{text}");
    assert!((get("parcelward_tasks_closed_total{kind=\"hand_over_to_courier\",outcome=\"missed\"}") - 1.0).abs() < 1e-9);
    // Two tasks were opened by rungs, twelve and ten and a half hours before they are due, less the seconds by which the rungs were late; two by the due time,
    // due within some hours of their own.
    let bucket = |name: &str, le: &str| get(&format!("parcelward_{name}_seconds_bucket{{rule=\"pdd.collect\",le=\"{le}\"}}"));
    assert_eq!((bucket("task_notice", "28800"), bucket("task_notice", "43200"), bucket("task_notice", "+Inf")), (2.0, 4.0, 4.0), "{text}");
    assert_eq!((bucket("task_notice", "0"), bucket("rule_lateness", "1")), (0.0, 0.0), "{text}");
    assert_eq!(bucket("rule_lateness", "60"), bucket("rule_lateness", "+Inf"), "{text}");
    assert!(bucket("rule_lateness", "60") >= 5.0, "four tasks and the breach itself");
    assert!(
        get("parcelward_wake_lateness_seconds_count") >= 2.0
            && (get("parcelward_wakes_total") - get("parcelward_wake_lateness_seconds_count")).abs() < 1e-9
    );
    for name in ["parcelward_commit_seconds", "parcelward_transaction_seconds", "parcelward_decide_seconds", "parcelward_batch_facts"] {
        assert!((get(&format!("{name}_count")) - get("parcelward_batches_total")).abs() < 1e-9, "{name}");
    }

    every_series_is_listed(&text, &found);
    for named in ["O1", "O2", "YT1", "YT404", "shop\"", "X77", "李雷"] {
        assert!(!found.keys().any(|name| name.contains(&format!("\"{named}"))), "{named} is a label");
    }
}

/// Each series is of a listed metric, with its listed labels, and its description says what the list says.
fn every_series_is_listed(text: &str, found: &BTreeMap<String, f64>) {
    for name in found.keys() {
        let (bare, labels) = name.split_once('{').unwrap_or((name, ""));
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
        let metric = metric::ALL.iter().find(|m| m.name == bare || (m.kind == MetricKind::Histogram && m.name == stem));
        let metric = metric.unwrap_or_else(|| panic!("{name} is not listed"));
        let own =
            labels.trim_end_matches('}').split("\",").filter_map(|label| label.split('=').next()).filter(|l| !l.is_empty() && *l != "le");
        assert_eq!(own.collect::<Vec<_>>(), metric.labels, "{name}");
        assert!(text.contains(&format!("# HELP {} {}", metric.name, metric.help)), "{name} is described");
    }
}

/// The wake lane sleeps two seconds at most, whatever the test does with the clock.
async fn wait_for_task(daemon: &Daemon, kind: &str) -> Value {
    for _ in 0..600 {
        if let Some(task) = daemon.tasks(kind).await.into_iter().next() {
            return task;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("there is no task {kind}");
}
