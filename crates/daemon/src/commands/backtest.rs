//! `parcelward backtest`: the journal played under the rules that held and under others, and what came of each side by side.
//!
//! Deliberately absent: playing and counting (`crate::backtest`).

use super::plan::{ask, files_of};
use super::replay::at_due_rules;
use crate::backtest::{Compared, Figure, Window, compare};
use crate::client::table::{Column, Look, Table, heading};
use crate::client::{Api, DaemonArgs};
use crate::config::{Loaded, load};
use crate::plan::write_files;
use crate::replay::Ordered;
use anyhow::Context;
use jiff::civil::Date;
use parcelward_casework::fact::FactBody;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::rules::Rules;
use parcelward_casework::text::Texts;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// What `backtest` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "People's work is played as it was done, by the kind of its task: what they would have done with other tasks, nobody knows.\n\n\
    Exit status: 0 compared, 2 not."
)]
pub struct Args {
    /// The folder with the configuration in question
    #[arg(long = "config", value_name = "DIR")]
    dir: PathBuf,
    /// The first day that is counted (2026-03-01)
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// The last day that is counted; up to the last fact where absent
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Play an export instead of asking the daemon for one
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// With --facts: the folder whose rules held before the export tells of others; the shipped ones where absent
    #[arg(long, value_name = "DIR", requires = "facts")]
    against: Option<PathBuf>,
    /// List the orders of each figure
    #[arg(long)]
    orders: bool,
    /// Print JSON, the orders of each figure included
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs it.
///
/// # Errors
/// Where a configuration is wrong, or the facts cannot be had.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let asked = load(Some(&args.dir)).map_err(|found| anyhow::anyhow!("{}", found.below(Some(&args.dir))))?;
    let (mut facts, held) = match &args.facts {
        Some(path) => {
            let file = std::fs::File::open(path).with_context(|| format!("reading {}", path.display()))?;
            let held = load(args.against.as_deref()).map_err(|found| anyhow::anyhow!("{}", found.below(args.against.as_deref())))?;
            (file, held)
        }
        None => crate::client::run(of_daemon(&args.daemon.api()?, args))?,
    };
    let lived = rules_at_the_beginning(&mut facts, &held)?;
    let start = |day: Date| Instant::from_local(day.at(0, 0, 0, 0));
    let until = args.to.map(|day| start(day) + Length::hours(24) - Length::millis(1));
    let window = Window { from: start(args.from), until };
    let mut at_due = at_due_rules(&lived);
    at_due.retain(|rule| at_due_rules(&asked.rules).contains(rule));
    let ordered = Ordered::of_open(facts).context("reading the facts")?;
    let mut compared = compare(ordered, &lived, &asked.rules, window, &at_due).context("replaying")?;
    let text = if args.json { format!("{}\n", as_json(args, &mut compared)?) } else { page(args, &mut compared)? };
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The daemon's facts, in a temporary file, and the configuration that it works by.
async fn of_daemon(api: &Api, args: &Args) -> anyhow::Result<(std::fs::File, Loaded)> {
    let (_, answer) = ask(api, files_of(&args.dir)?, true).await?;
    let dir = tempfile::tempdir().context("laying the configuration in force out")?;
    write_files(dir.path(), answer.in_force.iter().flatten().map(|(name, text)| (name.as_str(), text.as_str())))?;
    let held = load(Some(dir.path())).map_err(|found| anyhow::anyhow!("the configuration in force: {found}"))?;
    let mut out = BufWriter::with_capacity(1 << 18, tempfile::tempfile().context("keeping the facts")?);
    let mut response = api.send(api.request(Method::GET, &["v1", "export"])).await?;
    while let Some(piece) = response.chunk().await.map_err(|error| api.broke_off(&error))? {
        out.write_all(&piece).context("keeping the facts")?;
    }
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error).context("keeping the facts")?;
    Ok((file, held))
}

/// The rules that held before the facts tell of others: the first change names them.
fn rules_at_the_beginning(facts: &mut std::fs::File, held: &Loaded) -> anyhow::Result<Rules> {
    facts.rewind().context("reading the facts")?;
    for line in BufReader::new(&*facts).lines() {
        let line = line.context("reading the facts")?;
        if !line.contains("\"parcelward.configuration\"") {
            continue;
        }
        let Ok(fact) = parse_fact(&line) else { continue };
        let FactBody::Configuration(change) = fact.body else { continue };
        let before = change.before.context("the facts tell of other rules, and not of those before")?;
        return before.compile(Texts::default()).map_err(|problems| anyhow::anyhow!("the rules at the beginning: {problems:?}"));
    }
    Ok(held.rules.clone())
}

/// Every figure of both sides.
fn figures(compared: &Compared) -> BTreeSet<Figure> {
    compared.then.figures().keys().chain(compared.now.figures().keys()).cloned().collect()
}

fn counts(compared: &Compared, figure: &Figure) -> (usize, usize) {
    let of = |tally: &crate::backtest::Tally| tally.figure(figure).map_or(0, crate::backtest::Figures::count);
    (of(&compared.then), of(&compared.now))
}

fn medians(compared: &Compared, figure: &Figure) -> (Option<u32>, Option<u32>) {
    let of = |tally: &crate::backtest::Tally| tally.figure(figure).and_then(crate::backtest::Figures::median);
    (of(&compared.then), of(&compared.now))
}

fn page(args: &Args, compared: &mut Compared) -> anyhow::Result<String> {
    let to = args.to.map_or_else(|| "the last fact".to_owned(), |day| day.to_string());
    let mut out = format!("{} facts played twice; counted from {} to {to}\n", compared.facts, args.from);
    let all = figures(compared);
    section(&mut out, compared, &all, "Deadlines missed", &["RULE"], |figure| match figure {
        Figure::Missed(rule) => Some(vec![rule.clone()]),
        _ => None,
    });
    section(&mut out, compared, &all, "Tasks opened", &["DAY", "QUEUE"], |figure| match figure {
        Figure::Tasks(day, queue) => Some(vec![day.clone(), queue.word().to_owned()]),
        _ => None,
    });
    notice(&mut out, compared, &all);
    if compared.without_effect > 0 {
        // Writing into a text does not fail.
        let _ = writeln!(out, "\n{} pieces of work or answers had nothing to be about under the planned rules", compared.without_effect);
    }
    if args.orders {
        orders(&mut out, compared, &all)?;
    } else {
        out.push_str("\n--orders lists the orders of each figure\n");
    }
    Ok(out)
}

fn section(
    out: &mut String,
    compared: &Compared,
    all: &BTreeSet<Figure>,
    title: &str,
    names: &[&'static str],
    named: impl Fn(&Figure) -> Option<Vec<String>>,
) {
    let mut columns: Vec<Column> = names.iter().map(|name| Column::new(name)).collect();
    columns.extend(["THEN", "PLANNED", "MORE OR LESS"].map(|name| Column::new(name).right()));
    let mut table = Table::new(&columns);
    let (mut sum_then, mut sum_now) = (0, 0);
    for figure in all {
        let Some(mut cells) = named(figure) else { continue };
        let (then, now) = counts(compared, figure);
        (sum_then, sum_now) = (sum_then + then, sum_now + now);
        let look = if then == now { Look::Faint } else { Look::Plain };
        cells.extend([then.to_string(), now.to_string(), difference(then, now)]);
        table.row(look, &cells);
    }
    let mut cells = vec!["all".to_owned()];
    cells.resize(names.len(), String::new());
    cells.extend([sum_then.to_string(), sum_now.to_string(), difference(sum_then, sum_now)]);
    table.row(Look::Strong, &cells);
    out.push_str(&heading(title));
    out.push_str(&table.render());
}

fn difference(then: usize, now: usize) -> String {
    match now.cmp(&then) {
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Less => format!("-{}", then - now),
        std::cmp::Ordering::Greater => format!("+{}", now - then),
    }
}

fn notice(out: &mut String, compared: &Compared, all: &BTreeSet<Figure>) {
    let columns = [Column::new("RULE"), Column::new("THEN").right(), Column::new("OF").right(), Column::new("PLANNED").right()];
    let mut table = Table::new(&[columns[0], columns[1], columns[2], columns[3], Column::new("OF").right()]);
    for figure in all {
        let Figure::Notice(rule) = figure else { continue };
        let ((then, now), (n_then, n_now)) = (medians(compared, figure), counts(compared, figure));
        let look = if then == now { Look::Faint } else { Look::Plain };
        let shown = |minutes: Option<u32>| minutes.map_or_else(|| "—".to_owned(), |m| format!("{} h {:02} min", m / 60, m % 60));
        table.row(look, &[rule.clone(), shown(then), n_then.to_string(), shown(now), n_now.to_string()]);
    }
    out.push_str(&heading("Median notice: from a deadline's first task to its due time"));
    out.push_str(&table.render());
}

fn name(figure: &Figure) -> String {
    match figure {
        Figure::Missed(rule) => format!("missed {rule}"),
        Figure::Tasks(day, queue) => format!("tasks {day} {queue}"),
        Figure::Notice(rule) => format!("notice {rule}"),
    }
}

fn orders(out: &mut String, compared: &mut Compared, all: &BTreeSet<Figure>) -> anyhow::Result<()> {
    out.push_str(&heading("Orders"));
    for figure in all {
        for (side, tally) in [("then", &mut compared.then), ("planned", &mut compared.now)] {
            let orders = tally.orders(figure).context("reading the orders back")?;
            if !orders.is_empty() {
                let _ = writeln!(out, "{}, {side}: {}", name(figure), orders.join(" "));
            }
        }
    }
    Ok(())
}

fn as_json(args: &Args, compared: &mut Compared) -> anyhow::Result<Value> {
    let (mut missed, mut tasks, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    for figure in figures(compared) {
        let (then, now) = counts(compared, &figure);
        let (median_then, median_now) = medians(compared, &figure);
        let orders_then = compared.then.orders(&figure).context("reading the orders back")?;
        let orders_now = compared.now.orders(&figure).context("reading the orders back")?;
        let mut row = json!({"then": then, "planned": now, "orders_then": orders_then, "orders_planned": orders_now});
        match &figure {
            Figure::Missed(rule) => {
                row["rule"] = rule.as_str().into();
                missed.push(row);
            }
            Figure::Tasks(day, queue) => {
                row["day"] = day.as_str().into();
                row["queue"] = queue.word().into();
                tasks.push(row);
            }
            Figure::Notice(rule) => {
                row["rule"] = rule.as_str().into();
                row["median_minutes_then"] = median_then.into();
                row["median_minutes_planned"] = median_now.into();
                notices.push(row);
            }
        }
    }
    Ok(json!({
        "from": args.from.to_string(),
        "to": args.to.map(|day| day.to_string()),
        "facts": compared.facts,
        "work_without_effect": compared.without_effect,
        "missed": missed,
        "tasks": tasks,
        "notice": notices,
    }))
}
