//! `parcelward case`: one case with what is open in it.

use crate::client::model::{CaseView, waybill_name};
use crate::client::text::{clean, field, local, local_and_left};
use crate::client::{DaemonArgs, show, table};
use parcelward_scheduler::{Clock, WallClock};
use reqwest::Method;
use std::process::ExitCode;

/// What `case` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 shown, 2 not.")]
pub struct Args {
    /// The case's id
    id: String,
    /// Print the API's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs it.
///
/// # Errors
/// Where the daemon does not answer, or there is no such case.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.daemon.api()?;
    let answer = crate::client::run(async { Ok(api.ask::<CaseView>(api.request(Method::GET, &["v1", "cases", &args.id])).await?) })?;
    super::print(&if args.json { format!("{}\n", answer.json) } else { page(&answer.body) })?;
    Ok(ExitCode::SUCCESS)
}

fn page(view: &CaseView) -> String {
    let now = WallClock.now();
    let case = &view.case;
    let mut out = format!("{}\n", table::Look::Strong.on(&clean(&format!("{} ({})", case.title, case.kind))));
    field(&mut out, "order", &view.order.name());
    field(&mut out, "parcel", &waybill_name(case.waybill.as_ref()));
    field(&mut out, "about", case.about.as_deref().unwrap_or_default());
    field(&mut out, "opened", &local_and_left(&case.opened_at, now));
    let closed = case.closed_at.as_ref().map(|at| format!("{}: {}", local(at), case.outcome.as_deref().unwrap_or_default()));
    field(&mut out, "closed", &closed.unwrap_or_default());
    for (head, table) in [
        ("Tasks", show::tasks(&view.tasks)),
        ("Deadlines", show::clocks(&view.deadlines, now)),
        ("Couriers", show::operations(&view.operations)),
    ] {
        if !table.is_empty() {
            out.push_str(&table::heading(head));
            out.push_str(&table.render());
        }
    }
    out
}
