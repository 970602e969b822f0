//! What operators are given stands on what there is: every metric in the dashboard and the alert rules exists, with its labels, and every alert and metric is
//! explained.
#![expect(clippy::expect_used, reason = "a test's helpers fail as the test does")]

use parcelward_scheduler::metric::{ALL, Metric, MetricKind};
use parcelward_tests::workspace::root;
use serde_json::Value;
use std::collections::BTreeSet;
use yaml_rust2::{Yaml, YamlLoader};

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

/// An alert rule.
struct Rule {
    name: String,
    expr: String,
}

fn alert_rules() -> Vec<Rule> {
    let all = YamlLoader::load_from_str(&read("packaging/prometheus/parcelward.rules.yml")).expect("the rules are YAML");
    let groups = all[0]["groups"].as_vec().expect("groups");
    let rules: Vec<&Yaml> = groups.iter().flat_map(|group| group["rules"].as_vec().expect("rules")).collect();
    let text = |value: &Yaml| value.as_str().expect("a text").to_owned();
    for rule in &rules {
        let name = text(&rule["alert"]);
        assert!(["warning", "critical"].contains(&rule["labels"]["severity"].as_str().expect("a severity")), "{name}");
        assert!(!text(&rule["annotations"]["summary"]).is_empty(), "{name}");
        assert_eq!(text(&rule["annotations"]["runbook"]), format!("docs/operations.md#{}", name.to_lowercase()));
    }
    rules.iter().map(|rule| Rule { name: text(&rule["alert"]), expr: text(&rule["expr"]) }).collect()
}

/// Every PromQL expression of the dashboard, with its panel's title.
fn panels() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&read("packaging/grafana/parcelward.json")).expect("the dashboard is JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().expect("an id")).collect();
    assert_eq!(ids.len(), panels.len(), "panels have ids of their own");
    let targets = |panel: &Value| panel["targets"].as_array().cloned().unwrap_or_default();
    let of_panel = |panel: &Value| {
        let title = panel["title"].as_str().expect("a title").to_owned();
        targets(panel).into_iter().map(move |target| (title.clone(), target["expr"].as_str().expect("an expression").to_owned()))
    };
    panels.iter().flat_map(of_panel).collect()
}

/// The metrics in an expression: each with the text that follows it.
fn metrics_in(expr: &str) -> Vec<(String, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    expr.match_indices("parcelward_")
        .filter(|(at, _)| !expr[..*at].ends_with(is_name))
        .map(|(at, _)| {
            let rest = &expr[at..];
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        })
        .collect()
}

fn listed(name: &str) -> Option<&'static Metric> {
    ALL.iter().find(|metric| {
        let histogram = metric.kind == MetricKind::Histogram;
        match name.strip_prefix(metric.name) {
            Some("") => !histogram,
            Some("_bucket" | "_sum" | "_count") => histogram,
            _ => false,
        }
    })
}

/// The labels that a selector `{a="…",b=~"…"}` names.
fn labels_of(selector: &str) -> Vec<String> {
    let Some(inner) = selector.strip_prefix('{').and_then(|rest| rest.split_once('}')) else { return Vec::new() };
    // A value may hold a comma; a label's name is what stands before an operator.
    inner.0.split('"').step_by(2).map(|part| part.trim_matches([',', '=', '~', '!', ' ']).to_owned()).filter(|l| !l.is_empty()).collect()
}

#[test]
fn every_metric_of_the_dashboard_and_the_alerts_exists() {
    let rules = alert_rules().into_iter().map(|rule| (rule.name, rule.expr));
    let all: Vec<(String, String)> = panels().into_iter().chain(rules).collect();
    assert!(all.len() > 40, "they are found");
    for (place, expr) in &all {
        let found = metrics_in(expr);
        assert!(!found.is_empty() || expr.contains("up{job=\"parcelward\"}"), "{place}: {expr}");
        for (name, rest) in found {
            let metric = listed(&name).unwrap_or_else(|| panic!("{place}: there is no {name}"));
            for label in labels_of(rest) {
                let known = metric.labels.contains(&label.as_str()) || ["instance", "job", "le"].contains(&label.as_str());
                assert!(known, "{place}: {name} has no label {label}");
            }
        }
    }
}

#[test]
fn words_in_the_alerts_are_words_that_are_counted() {
    for rule in alert_rules() {
        for outcome in rule.expr.split("outcome=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(parcelward_casework::words::TaskOutcome::from_word(outcome).is_some(), "{}: {outcome}", rule.name);
        }
    }
}

#[test]
fn every_alert_and_every_metric_is_explained() {
    let text = read("docs/operations.md");
    for rule in alert_rules() {
        assert!(text.contains(&format!("\n### {}\n", rule.name)), "docs/operations.md says nothing of {}", rule.name);
    }
    let (_, alerts) = text.split_once("\n## Alerts\n").expect("alerts have a part of their own");
    let (alerts, _) = alerts.split_once("\n## ").expect("another part follows");
    for heading in alerts.lines().filter_map(|line| line.strip_prefix("### ")) {
        assert!(alert_rules().iter().any(|rule| rule.name == heading), "there is no alert {heading}");
    }
    for metric in ALL {
        assert!(text.contains(&format!("| `{}` |", metric.name)), "docs/operations.md does not list {}", metric.name);
        assert!(text.contains(metric.help), "docs/operations.md says otherwise of {}", metric.name);
    }
}

#[test]
fn a_wrong_name_would_be_seen() {
    assert!(listed("parcelward_facts").is_none() && listed("parcelward_commit_seconds").is_none());
    assert_eq!(listed("parcelward_commit_seconds_bucket").map(|m| m.name), Some("parcelward_commit_seconds"));
    let expr = "sum(rate(parcelward_facts_total{type=\"a,b\",result!~\"x\"}[5m])) / parcelward_no";
    let found = metrics_in(expr);
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["parcelward_facts_total", "parcelward_no"]);
    assert_eq!(labels_of(found[0].1), ["type", "result"]);
}
