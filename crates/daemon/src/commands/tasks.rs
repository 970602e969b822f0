//! `parcelward tasks`: what waits for people, the least time left first, then the most money.

use crate::client::model::TaskPage;
use crate::client::{DaemonArgs, show, text};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use parcelward_casework::words::{CaseKind, Courier, Platform, Queue, TaskKind, Urgency};
use parcelward_scheduler::{Clock, WallClock};
use reqwest::Method;
use std::process::ExitCode;

/// Words of a closed list: a typing error gets a suggestion.
macro_rules! word {
    ($t:ty) => {
        PossibleValuesParser::new(<$t>::WORDS).map(|word: String| word)
    };
}

/// What `tasks` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "`parcelward task show ID` shows one task with its steps; `parcelward task done ID --outcome WORD` ends it.\n\n\
    Exit status: 0 shown, 2 not.")]
pub struct Args {
    /// Only of this queue: warehouse, service or lead
    #[arg(long, value_parser = word!(Queue), hide_possible_values = true)]
    queue: Option<String>,
    /// Only in this state: open, claimed, snoozed or closed; else every one that has not ended
    #[arg(long, value_parser = ["open", "claimed", "snoozed", "closed"], hide_possible_values = true)]
    state: Option<String>,
    /// Only of this urgency: normal, high or critical
    #[arg(long, value_parser = word!(Urgency), hide_possible_values = true)]
    urgency: Option<String>,
    /// Only what this person has
    #[arg(long, value_name = "NAME")]
    assignee: Option<String>,
    /// Only what is due before this time (+4h, 18:00, 2026-03-10 08:00)
    #[arg(long, value_name = "TIME")]
    due_before: Option<String>,
    /// Only of this platform
    #[arg(long, value_parser = word!(Platform), hide_possible_values = true)]
    platform: Option<String>,
    /// Only of this shop
    #[arg(long, value_name = "NAME")]
    shop: Option<String>,
    /// Only about parcels of this courier
    #[arg(long, value_parser = word!(Courier), hide_possible_values = true)]
    courier: Option<String>,
    /// Only in cases of this kind (lost, stalled, after_sale, …)
    #[arg(long, value_name = "KIND", value_parser = word!(CaseKind), hide_possible_values = true)]
    case_kind: Option<String>,
    /// Only of the order of this number
    #[arg(long, value_name = "NUMBER")]
    order_id: Option<String>,
    /// Only of this kind (ship_now, answer_buyer, …)
    #[arg(long, value_name = "KIND", value_parser = word!(TaskKind), hide_possible_values = true)]
    kind: Option<String>,
    /// Rows at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Go on where the list before ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Print the API's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs it.
///
/// # Errors
/// Where the daemon does not answer.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let due_before = args.due_before.as_deref().map(|t| text::when(t, WallClock.now())).transpose();
    let due_before = due_before.map_err(|why| anyhow::anyhow!("--due-before: {why}"))?.map(|at| at.to_string());
    let limit = Some(args.limit.to_string());
    let query: Vec<(&str, &str)> = [
        ("queue", &args.queue),
        ("state", &args.state),
        ("urgency", &args.urgency),
        ("assignee", &args.assignee),
        ("due_before", &due_before),
        ("platform", &args.platform),
        ("shop", &args.shop),
        ("courier", &args.courier),
        ("case_kind", &args.case_kind),
        ("order_id", &args.order_id),
        ("kind", &args.kind),
        ("cursor", &args.cursor),
        ("limit", &limit),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    .collect();
    let api = args.daemon.api()?;
    let answer = crate::client::run(async { Ok(api.ask::<TaskPage>(api.request(Method::GET, &["v1", "tasks"]).query(&query)).await?) })?;
    if args.json {
        super::print(&format!("{}\n", answer.json))?;
        return Ok(ExitCode::SUCCESS);
    }
    let page = answer.body;
    if page.items.is_empty() {
        super::print("no task waits that fits\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    super::print(&show::tasks(&page.items).render())?;
    if let Some(next) = page.next {
        super::print(&format!("… there are more: --limit 500, or go on with --cursor {}\n", text::clean(&next)))?;
    }
    Ok(ExitCode::SUCCESS)
}
