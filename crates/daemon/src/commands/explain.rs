//! `parcelward explain`: why a task, a deadline, a case or a courier operation is as it is: its rule, the sums in words, the facts behind.

use crate::client::DaemonArgs;
use crate::client::model::{Explanation, Reason, RuleAccount, Step};
use crate::client::table::{Column, Look, Table, heading, indented};
use crate::client::text::{clean, field, from_now, local, local_short};
use parcelward_casework::instant::Instant;
use parcelward_scheduler::{Clock, WallClock};
use reqwest::Method;
use std::process::ExitCode;

/// What `explain` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 explained, 2 not.")]
pub struct Args {
    /// The id of a task, a deadline, a case or a courier operation
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
/// Where the daemon does not answer, or there is no such thing.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.daemon.api()?;
    let answer = crate::client::run(async { Ok(api.ask::<Explanation>(api.request(Method::GET, &["v1", "explain", &args.id])).await?) })?;
    super::print(&if args.json { format!("{}\n", answer.json) } else { page(&answer.body, WallClock.now()) })?;
    Ok(ExitCode::SUCCESS)
}

fn page(explanation: &Explanation, now: Instant) -> String {
    let mut out = format!("{}\n", Look::Strong.on(&clean(&explanation.title)));
    field(
        &mut out,
        explanation.what.as_str(),
        &format!("{} {}, {}", explanation.kind, explanation.id, explanation.state.replace('_', " ")),
    );
    field(&mut out, "order", &explanation.order.name());
    if let Some(rule) = &explanation.rule {
        out.push_str(&account(rule, now));
    }
    out.push_str(&heading("What happened, and because of what"));
    out.push_str(&steps(&explanation.steps));
    out
}

/// The rule, and how its due time comes about.
fn account(rule: &RuleAccount, now: Instant) -> String {
    let of = rule.deadline_id.as_ref().map(|id| format!(" (deadline {})", clean(id))).unwrap_or_default();
    let mut out = heading(&format!("Due by {} {}{of}", clean(&rule.rule), clean(&rule.title)));
    field(&mut out, "length", &format!("{}, counted in {}", rule.length, rule.clock.replace('_', " ")));
    let known = [("as of", &rule.as_of), ("confidence", &rule.confidence)];
    let known: Vec<String> = known.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}"))).collect();
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    field(&mut out, "source", &rule.source.as_ref().map(|source| format!("{source}{known}")).unwrap_or_default());
    field(&mut out, "if missed", &rule.consequence);
    let left = if rule.state == "running" || rule.deadline_id.is_none() { from_now(&rule.due_at, now) } else { rule.state.clone() };
    let mut sum = Table::new(&[Column::new("").flexible(), Column::new(""), Column::new("")]);
    for line in &rule.sum {
        sum.row(Look::Plain, &[line.text.as_str(), &local(&line.at), ""]);
    }
    sum.row(Look::Strong, &["= due", &local(&rule.due_at), &left]);
    out.push('\n');
    out.push_str(&indented(&sum.render()));
    if !rule.rungs.is_empty() {
        let mut rungs = Table::new(&[Column::new("RUNG"), Column::new("AT"), Column::new(""), Column::new("").flexible()]);
        for rung in &rule.rungs {
            let (when, look) = if rung.acted { ("acted".to_owned(), Look::Faint) } else { (from_now(&rung.at, now), Look::Plain) };
            rungs.row(look, &[&format!("{} before", rung.before), &local(&rung.at), &when, rung.moved.as_deref().unwrap_or_default()]);
        }
        out.push('\n');
        out.push_str(&indented(&rungs.render()));
    }
    for note in &rule.notes {
        field(&mut out, "note", note);
    }
    out
}

/// What was decided, each with what caused it on the lines below.
fn steps(steps: &[Step]) -> String {
    let mut table = Table::new(&[Column::new(""), Column::new("").flexible()]);
    for step in steps {
        let text = if step.text.is_empty() { step.decision.clone() } else { format!("{}: {}", step.decision, step.text) };
        table.row(Look::Plain, &[local(&step.time), text]);
        for reason in &step.because {
            table.row(Look::Faint, &[String::new(), format!("  because {}", because(reason))]);
        }
    }
    table.render()
}

fn because(reason: &Reason) -> String {
    let at = reason.time.as_deref().map(|at| format!(", {}", local_short(at))).unwrap_or_default();
    match (&reason.source, &reason.id) {
        (Some(source), Some(id)) => format!("{}{at} ({source} {id})", reason.text),
        _ => format!("{}{at}", reason.text),
    }
}
