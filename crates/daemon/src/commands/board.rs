//! `parcelward board`: how much of what is open, as a merchant's parcel centre shows it.

use crate::client::DaemonArgs;
use crate::client::model::Board;
use crate::client::table::{Column, Look, Table, heading};
use reqwest::Method;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// What `board` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 shown, 2 not.")]
pub struct Args {
    /// How far ahead "soon" reaches, in hours
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=168))]
    hours: u32,
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
    let api = args.daemon.api()?;
    let request = api.request(Method::GET, &["v1", "board"]).query(&[("hours", args.hours)]);
    let answer = crate::client::run(async { Ok(api.ask::<Board>(request).await?) })?;
    super::print(&if args.json { format!("{}\n", answer.json) } else { page(&answer.body) })?;
    Ok(ExitCode::SUCCESS)
}

fn page(board: &Board) -> String {
    let mut table = Table::new(&[Column::new("").right(), Column::new("")]);
    let soon = format!("due within {} h, or overdue", board.hours);
    for (n, what) in [
        (board.soon_uncollected, format!("declared and not collected, {soon}")),
        (board.stalled, "no longer moving".to_owned()),
        (board.undelivered, "not delivered".to_owned()),
        (board.out_of_range, "where the courier does not go".to_owned()),
        (board.coming_back, "coming back".to_owned()),
        (board.after_sales_soon_due, format!("after-sales whose answer is {soon}")),
        (board.evidence_wanted, "tasks that want evidence".to_owned()),
    ] {
        table.row(if n == 0 { Look::Faint } else { Look::Plain }, &[n.to_string(), what]);
    }
    let mut out = table.render();
    counts(&mut out, "Open cases", &board.open_cases);
    counts(&mut out, &format!("Deadlines {soon}"), &board.running_due);
    out
}

/// A list of counts, the largest first.
fn counts(out: &mut String, head: &str, counts: &BTreeMap<String, u64>) {
    if counts.is_empty() {
        return;
    }
    let mut sorted: Vec<(&String, &u64)> = counts.iter().collect();
    sorted.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), name.as_str()));
    let mut table = Table::new(&[Column::new("").right(), Column::new("")]);
    for (name, n) in sorted {
        table.row(Look::Plain, &[n.to_string(), name.clone()]);
    }
    out.push_str(&heading(head));
    out.push_str(&table.render());
}
