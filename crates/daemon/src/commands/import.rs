//! `parcelward import`: merchants' files, read here, handed to a daemon.
//!
//! The files are read on this machine under its own mappings. Their facts go in one request, so that they share one `recordedtime`: an
//! order, its parcel and its after-sale from three exports become known together, and nothing is missed for the moment between two files.

use super::ConfigArgs;
use crate::client::text::{clean, pad};
use crate::client::{Api, ApiError, CONTENT_LENGTH, CONTENT_TYPE, DaemonArgs, ReadFile, RefusedField, Spool, read_files};
use anyhow::Context;
use console::measure_text_width;
use futures::TryStreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use parcelward_import::Options;
use reqwest::{Body, Method};
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::io::ReaderStream;

/// Reasons that are printed for one file; the rejects file holds all.
const SHOWN: usize = 20;

/// What `import` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads order, shipment and after-sale exports of the back offices of Pinduoduo, Taobao, Tmall (with --kind tmall: its files look like \
    Taobao's) and JD (CSV in UTF-8 or GB18030, XLSX) under the mappings of imports/*.toml, and facts as JSON Lines. All files of one import become known at the same moment. A row that does not fit is reported, \
    and kept in FILE.rejects.csv beside its file, to be put right and imported again. Importing a file twice changes nothing.\n\n\
    Exit status: 0 every row was taken or known, 1 some were not, 2 nothing was imported."
)]
pub struct Args {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Whose export it is; needed where the file has no column for the shop
    #[arg(long, value_name = "NAME")]
    shop: Option<String>,
    /// The platform (tmall) or the mapping to use (pinduoduo.orders); else it is found by the headers
    #[arg(long, value_name = "MAPPING")]
    kind: Option<String>,
    /// Read and report only: no daemon is asked, no rejects file is written
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// What the daemon made of the facts.
#[derive(Debug, Deserialize)]
struct Outcome {
    taken: usize,
    parked: usize,
    duplicates: usize,
    not_taken: usize,
    refused: Vec<RefusedFact>,
    /// Facts that this program reads and the daemon, of another version, does not.
    problems: Vec<UnreadFact>,
}

/// A fact that was not taken.
#[derive(Debug, Deserialize)]
struct RefusedFact {
    /// Its place among those that were sent, from 1.
    index: usize,
    errors: Vec<RefusedField>,
}

#[derive(Debug, Deserialize)]
struct UnreadFact {
    row: usize,
    header: Option<String>,
    reason: String,
}

/// Runs it.
///
/// # Errors
/// Where a file cannot be read at all, or the daemon takes nothing.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let importer = match args.config.load() {
        Ok(loaded) => loaded.importer,
        Err(problems) => anyhow::bail!("the configuration is not right\n{problems}"),
    };
    let api = args.daemon.api()?;
    let options = Options { shop: args.shop.clone(), kind: args.kind.clone(), ..Options::default() };
    let bar = reading_bar(&args.files);
    let read = read_files(&importer, &args.files, &options, !args.dry_run, &bar);
    bar.finish_and_clear();
    let (files, spool) = read?;
    super::print(&files_read(&files))?;
    for file in &files {
        complain(file);
    }
    let rejected: u64 = files.iter().map(|file| file.report.rejected).sum();
    let status = |clean: bool| if clean && rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.dry_run {
        super::print(&format!("dry run: {} would be handed in; nothing was sent\n", count(spool.facts() as u64, "fact")))?;
        return Ok(status(true));
    }
    if spool.facts() == 0 {
        super::print("there is nothing to hand in\n")?;
        return Ok(status(true));
    }
    let outcome = crate::client::run(send(&api, &spool))?;
    super::print(&outcome.to_string())?;
    complain_of_facts(&outcome, &files, &spool);
    Ok(status(outcome.not_taken == 0 && outcome.problems.is_empty()))
}

/// Says on standard error which facts the daemon did not take, by the rows that they came from.
fn complain_of_facts(outcome: &Outcome, files: &[ReadFile], spool: &Spool) {
    let say = |index: usize, field: &str, message: &str| {
        let (file, row) = spool.origin(index);
        let name = files.get(file).map(|f| f.path.display().to_string()).unwrap_or_default();
        eprintln!("{}: row {row}, field `{}`: {}", clean(&name), clean(field), clean(message));
    };
    for refused in &outcome.refused {
        refused.errors.iter().for_each(|error| say(refused.index, &error.field, &error.message));
    }
    for unread in &outcome.problems {
        say(unread.row, unread.header.as_deref().unwrap_or("(line)"), &unread.reason);
    }
    let more = outcome.not_taken.saturating_sub(outcome.refused.len());
    if more > 0 {
        eprintln!("… and {more} facts more that were refused");
    }
}

fn reading_bar(files: &[PathBuf]) -> ProgressBar {
    let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum();
    with_style(ProgressBar::new(bytes), "reading {msg} {wide_bar} {binary_bytes}/{binary_total_bytes}")
}

fn with_style(bar: ProgressBar, template: &str) -> ProgressBar {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// One line a file: what it was read as, and how many rows it has.
fn files_read(files: &[ReadFile]) -> String {
    let name = |file: &ReadFile| clean(&file.path.display().to_string());
    let names = files.iter().map(|file| measure_text_width(&name(file))).max().unwrap_or(0);
    let mut out = String::new();
    for file in files {
        let report = &file.report;
        let sheet = report.sheet.as_ref().map(|sheet| format!(", sheet {}", clean(sheet))).unwrap_or_default();
        let _ = write!(out, "{}  {} ({}{sheet}): {}", pad(&name(file), names), report.kind, report.format, count(report.rows, "row"));
        let _ = write!(out, ", {}", count(report.facts, "fact"));
        if report.skipped > 0 {
            let _ = write!(out, ", {} left out on purpose", report.skipped);
        }
        if report.rejected > 0 {
            let _ = write!(out, ", {} rejected", report.rejected);
        }
        out.push('\n');
    }
    out
}

/// Says on standard error which rows are bad.
fn complain(file: &ReadFile) {
    let name = clean(&file.path.display().to_string());
    for problem in file.report.problems.iter().take(SHOWN) {
        eprintln!("{name}: {}", clean(&problem.to_string()));
    }
    let more = file.report.problems.len().saturating_sub(SHOWN);
    if more > 0 {
        let or_more = if file.report.problems.len() == parcelward_import::Report::MAX_PROBLEMS { " or more" } else { "" };
        eprintln!("{name}: … and {more}{or_more} reasons more");
    }
    if let Some(rejects) = &file.rejects {
        // A line of JSON is put right where it stands; a row can be put right in a spreadsheet of its own.
        let then = if file.report.kind == "facts" { "" } else { "; put them right there and import that file" };
        eprintln!("{name}: {} in {}{then}", count(file.report.rejected, "rejected row"), rejects.display());
    }
}

fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Hands everything in at once.
async fn send(api: &Api, spool: &Spool) -> anyhow::Result<Outcome> {
    let bar = with_style(ProgressBar::new(spool.bytes()), "sending {wide_bar} {binary_bytes}/{binary_total_bytes}");
    let (counted, total) = (bar.clone(), spool.bytes());
    let file = tokio::fs::File::from_std(spool.reader()?);
    let stream = ReaderStream::new(file).inspect_ok(move |piece| {
        counted.inc(piece.len() as u64);
        if counted.position() >= total {
            let waiting = with_style(counted.clone(), "{spinner} the daemon decides what follows ({elapsed})");
            waiting.enable_steady_tick(Duration::from_millis(120));
        }
    });
    let request = api.request(Method::POST, &["v1", "import"]).query(&[("file", "import")]);
    let request = request.header(CONTENT_TYPE, "application/x-ndjson").header(CONTENT_LENGTH, total).body(Body::wrap_stream(stream));
    let answer: Result<_, ApiError> = api.ask::<Outcome>(request).await;
    bar.finish_and_clear();
    match answer {
        Ok(answer) => Ok(answer.body),
        Err(error) if error.refusal().is_some_and(|r| r.status == 413) => Err(error).context(
            "the files together are more than the daemon takes at one moment; import them one by one, or raise server.max_body in its configuration",
        ),
        Err(error) => Err(error.into()),
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} taken", count(self.taken as u64, "fact"))?;
        if self.parked > 0 {
            write!(f, " ({} of them wait until the order of their waybill is known)", self.parked)?;
        }
        writeln!(f, ", {} known already, {} refused", self.duplicates, self.not_taken)
    }
}
