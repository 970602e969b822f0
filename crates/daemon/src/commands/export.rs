//! `parcelward export`: every fact that a daemon holds, as JSON Lines with its `recordedtime`. A replay of it decides what the daemon decided.

use crate::client::text::clean;
use crate::client::{Api, DaemonArgs};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `export` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The lines hold names, phones and addresses as they were told: guard them. A file given with --out appears when it is \
    whole, readable by you alone; `parcelward replay FILE` plays it.\n\n\
    Exit status: 0 every fact was written, 2 not."
)]
pub struct Args {
    /// Write here instead of standard output; a file that is there is replaced at the end
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs it.
///
/// # Errors
/// Where the daemon does not give them all, or they cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.daemon.api()?;
    crate::client::run(async {
        match &args.out {
            Some(path) => to_file(&api, path).await,
            None => to_output(&api).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn to_file(api: &Api, path: &Path) -> anyhow::Result<()> {
    let shown = clean(&path.display().to_string());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made private, and named only when it is whole: half an export must not be taken for one.
    let file = tempfile::NamedTempFile::new_in(folder).with_context(|| format!("writing in the folder of {shown}"))?;
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} facts ({elapsed})") {
        bar.set_style(style);
    }
    let mut out = BufWriter::with_capacity(1 << 18, file);
    let facts = stream(api, &mut out, &bar).await?;
    bar.finish_and_clear();
    let writing = || format!("writing {shown}");
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(writing)?;
    file.as_file().sync_all().with_context(writing)?;
    file.persist(path).map_err(|e| e.error).with_context(writing)?;
    super::print(&format!("{facts} facts written to {shown}\n"))
}

async fn to_output(api: &Api) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
    match stream(api, &mut out, &ProgressBar::hidden()).await.and_then(|_| out.flush().context("writing")) {
        // A reader that has seen enough (`| head`) is no error.
        Err(error) if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) => Ok(()),
        other => other,
    }
}

/// Writes the lines as they come; gives how many there were.
async fn stream(api: &Api, out: &mut impl Write, bar: &ProgressBar) -> anyhow::Result<u64> {
    let mut response = api.send(api.request(Method::GET, &["v1", "export"])).await?;
    let mut facts = 0;
    while let Some(piece) = response.chunk().await.map_err(|error| api.broke_off(&error))? {
        out.write_all(&piece).context("writing the facts")?;
        facts += memchr::memchr_iter(b'\n', &piece).count() as u64;
        bar.set_position(facts);
    }
    Ok(facts)
}
