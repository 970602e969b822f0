//! `parcelward record`: a fact told by a person, without writing JSON.
//!
//! What can be told, and in what words, stands in `parcelward_import::record`. Deliberately absent: any check that the daemon makes.

use crate::client::text::{clean, local_and_left, order_name, text_width, wrap};
use crate::client::{Api, DaemonArgs, local_user};
use anyhow::Context;
use parcelward_casework::instant::Instant;
use parcelward_import::record::{RecordArgs, Told};
use parcelward_scheduler::{Clock, WallClock};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use std::process::ExitCode;
use uuid::Uuid;

/// Pages of a timeline that are looked through for what followed.
const PAGES: usize = 50;

/// What `record` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Times without an offset are Beijing time: 2026-03-10 08:00, 08:30 (today), +2h, -30m. Shows what followed from it: \
    the cases and tasks that opened, moved or closed.\n\n\
    parcelward record promise pinduoduo/shop1/260309-123456789 reship --due +24h\n\
    parcelward record scan zto:78900000000001 delivered --at 16:05\n\
    parcelward record coverage yunda 新疆 --no-reach --until \"2026-12-01 00:00\"\n\n\
    Exit status: 0 it is recorded, 2 it is not."
)]
pub struct Args {
    #[command(flatten)]
    told: RecordArgs,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// What became of a fact.
#[derive(Debug, Deserialize)]
struct Recorded {
    result: String,
    order: Option<Order>,
    #[serde(default)]
    clock_skew: bool,
}

#[derive(Debug, Deserialize)]
struct Order {
    platform: String,
    shop: String,
    order_id: String,
}

#[derive(Debug, Deserialize)]
struct Timeline {
    timeline: Vec<Line>,
    timeline_next: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Line {
    #[serde(rename = "type")]
    type_: String,
    data: Value,
}

/// Runs it.
///
/// # Errors
/// Where the arguments make no fact, or the daemon refuses it.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let now = WallClock.now();
    let user = local_user();
    anyhow::ensure!(user.is_some() || args.told.by.is_some(), "who tells it? Name them with --by");
    let told = args.told.fact(user.as_deref().unwrap_or_default(), &Uuid::now_v7().to_string(), now)?;
    let api = args.daemon.api()?;
    crate::client::run(async {
        let request = api.request(Method::POST, &["v1", "facts"]).header("content-type", "application/cloudevents+json");
        let recorded = api.ask::<Recorded>(request.body(told.line.json.clone())).await?.body;
        super::print(&said(&recorded, &told))?;
        if let Some(order) = &recorded.order {
            let followed = followed(&api, order, &told).await.context("it is recorded; asking what followed")?;
            super::print(&followed_lines(&followed, now))?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn said(recorded: &Recorded, told: &Told) -> String {
    let what = told.line.fact_type.word().replace('_', " ");
    let of = match &recorded.order {
        Some(order) => format!(" for {}", order_name(&order.platform, &order.shop, &order.order_id)),
        None if recorded.result == "parked" => "; no order has this waybill yet, so it waits until one does".to_owned(),
        None => String::new(),
    };
    let mut out = format!("recorded: {what}{of}\n");
    if recorded.clock_skew {
        out.push_str("its time lies more than ten minutes ahead, so it was taken as of now\n");
    }
    if let Some(id) = &told.made_id {
        out.push_str(&format!("its id is {}; later news of it gives --id\n", clean(id)));
    }
    out
}

/// The decisions that a fact caused, in order.
async fn followed(api: &Api, order: &Order, told: &Told) -> anyhow::Result<Vec<Line>> {
    let (mut lines, mut after) = (Vec::new(), 0);
    for _ in 0..PAGES {
        let path = ["v1", "orders", &order.platform, &order.shop, &order.order_id];
        let page = api.ask::<Timeline>(api.request(Method::GET, &path).query(&[("after_line", after)])).await?.body;
        let is_cause = |cause: &Value| cause["id"] == told.line.id.as_str() && cause["source"] == told.line.source.as_str();
        lines
            .extend(page.timeline.into_iter().filter(|line| line.data["because"].as_array().is_some_and(|list| list.iter().any(is_cause))));
        match page.timeline_next {
            Some(next) => after = next,
            None => break,
        }
    }
    Ok(lines)
}

fn followed_lines(lines: &[Line], now: Instant) -> String {
    let mut out = String::new();
    for line in lines {
        let text = |field: &str| clean(line.data[field].as_str().unwrap_or_default());
        let due = || local_and_left(line.data["due_at"].as_str().unwrap_or_default(), now);
        let what = match line.type_.strip_prefix("parcelward.").unwrap_or_default() {
            "case.opened" => format!("case opened: {} {}", text("kind"), text("case_id")),
            "case.closed" => format!("case closed: {} {}: {}", text("kind"), text("case_id"), text("outcome")),
            "task.opened" => format!("task opened: {}, due {}\n{}", text("title"), due(), text("task_id")),
            "task.closed" => format!("task closed: {} {}: {}", text("kind"), text("task_id"), text("outcome")),
            "deadline.set" => format!("deadline set: {}, due {}", text("rule"), due()),
            "deadline.moved" => format!("deadline moved: {}, now due {}", text("rule"), due()),
            "deadline.met" => format!("deadline met: {}", text("rule")),
            "deadline.cancelled" => format!("deadline gone: {}", text("rule")),
            "operation.requested" => format!("courier asked: {} {}", text("kind"), text("operation_id")),
            "operation.settled" => format!("courier's answer: {} {}", text("kind"), text("status")),
            _ => continue,
        };
        for (i, line) in what.lines().flat_map(|line| wrap(line, text_width().saturating_sub(4))).enumerate() {
            out.push_str(if i == 0 { "  → " } else { "    " });
            out.push_str(&line);
            out.push('\n');
        }
    }
    if out.is_empty() { "  nothing follows from it by itself\n".to_owned() } else { out }
}
