//! `parcelward demo`: the sample shop on a real daemon, three refunds on simulated couriers, and a live list of what waits.

use super::ConfigArgs;
use crate::config::{Couriers, DatabaseUrl};
use crate::demo::{Intercepts, Screen, ToldClock, page, story, tell};
use crate::http::open_tasks;
use crate::serve::{Running, start};
use crate::telemetry;
use anyhow::Context;
use console::Term;
use indicatif::{ProgressBar, ProgressStyle};
use parcelward_scheduler::{Clock, WallClock};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How often the list is drawn anew.
const EVERY: Duration = Duration::from_secs(2);

/// How long what was told of the intercepts stands before the list comes.
const TO_READ: Duration = Duration::from_secs(15);

/// What `demo` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Three weeks of a shop are told so that they end now. Then three refunds are agreed whose parcels are on their way, and their couriers, simulated \
on this machine, are asked to intercept them: through the real adapters, over HTTP. Then the open tasks are listed, anew every two seconds.\n\n\
Everything lies in a temporary folder that is removed at the end. Ctrl-C stops it.\n\n\
    Exit status: 0 stopped as told, 2 could not start or failed.")]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Where it listens; the first free port where absent
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", hide_default_value = true)]
    listen: SocketAddr,
    /// Print the list once, after what the couriers did, and stop
    #[arg(long)]
    once: bool,
}

/// Runs it.
///
/// # Errors
/// Where it cannot start, or the server fails.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    telemetry::start_quietly()?;
    anyhow::ensure!(
        args.listen.ip().is_loopback(),
        "the demo asks for no token, so it listens on this machine only: give 127.0.0.1 or [::1]"
    );
    let folder = tempfile::Builder::new().prefix("parcelward-demo-").tempdir().context("making a temporary folder")?;
    let mut config = args.config.load()?;
    config.settings.database = DatabaseUrl::new(format!("sqlite:{}", folder.path().join("demo.db").display()));
    config.settings.server.listen = args.listen;
    config.settings.server.token_file = None;
    // The sample's parcels are nobody's: no courier is asked about them, whatever accounts the folder names; the accounts of the refunds at the
    // end are for another shop. And what is due at fixed times was not missed in three weeks that are told in seconds.
    config.couriers = Couriers::default();
    config.schedules.clear();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        let story = story(WallClock.now())?;
        let begin = story.first().and_then(|group| group.first()).map_or_else(|| WallClock.now(), |fact| fact.at);
        let clock = ToldClock::at(begin);
        let mut running = start(config, Arc::clone(&clock) as Arc<dyn Clock>).await?;
        let bar = progress(story.iter().map(Vec::len).sum::<usize>() as u64);
        let told = tokio::select! {
            told = tell(&running.app().desk, &clock, story, |n| bar.inc(n as u64)) => Some(told?),
            () = told_to_stop() => None,
        };
        bar.finish_and_clear();
        if told.is_some() {
            tokio::select! {
                shown = go_on(&running, folder.path(), args.once) => shown?,
                () = told_to_stop() => {}
            }
        }
        let failed = tokio::select! {
            biased;
            ended = running.ended() => ended.err(),
            () = std::future::ready(()) => None,
        };
        running.stop().await?;
        folder.close().context("removing the temporary folder")?;
        failed.map_or(Ok(ExitCode::SUCCESS), Err)
    })
}

/// What follows the three weeks: the refunds of today, and the list.
async fn go_on(running: &Running, folder: &Path, once: bool) -> anyhow::Result<()> {
    let mut intercepts = Intercepts::open(running, &folder.join("couriers-of-the-demo")).await?;
    intercepts.happen().await?;
    let hint = intercepts.hint();
    if once {
        super::print("\n")?;
        return super::print(&format!("{}\n", drawn(running, Screen { height: usize::MAX, ..screen() }, hint.as_deref()).await?));
    }
    show(running, hint.as_deref()).await
}

/// Ends at Ctrl-C or SIGTERM.
async fn told_to_stop() {
    match signal(SignalKind::terminate()) {
        Ok(mut term) => {
            tokio::select! {
                _ = term.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

fn progress(facts: u64) -> ProgressBar {
    let bar = ProgressBar::new(facts);
    if let Ok(style) = ProgressStyle::with_template("telling three weeks of the sample shop {wide_bar} {pos}/{len} facts") {
        bar.set_style(style);
    }
    bar
}

fn screen() -> Screen {
    let terminal = Term::stdout();
    let (height, width) = terminal.size_checked().unwrap_or((40, 120));
    Screen { height: usize::from(height), width: usize::from(width), colours: terminal.is_term() && console::colors_enabled() }
}

async fn drawn(running: &Running, screen: Screen, hint: Option<&str>) -> anyhow::Result<String> {
    let address = running.address();
    let hint = hint.map(|hint| format!("an intercept, word for word: {hint}\n")).unwrap_or_default();
    let foot =
        format!("{hint}http://{address}/v1/tasks  ·  described at http://{address}/openapi.json  ·  Ctrl-C stops and removes everything");
    let (tasks, open) =
        open_tasks(running.app(), 1_000).await.map_err(|problem| anyhow::anyhow!("reading the tasks: {}", problem.title))?;
    Ok(page(&tasks, open, screen, &foot))
}

/// Draws the list until it is told to stop; where the output is no terminal, once.
async fn show(running: &Running, hint: Option<&str>) -> anyhow::Result<()> {
    let terminal = Term::stdout();
    if !terminal.is_term() {
        super::print(&format!("\n{}\n", drawn(running, screen(), hint).await?))?;
        return std::future::pending().await;
    }
    super::print(&format!("\nThe list of everything that waits for people follows in {} s; this stays above it.\n", TO_READ.as_secs()))?;
    tokio::time::sleep(TO_READ).await;
    // What was told is moved up and out, where scrolling finds it: the list takes the whole screen.
    super::print(&"\n".repeat(screen().height))?;
    loop {
        let page = drawn(running, screen(), hint).await?;
        terminal.clear_screen().and_then(|()| terminal.write_line(&page)).context("writing to the terminal")?;
        tokio::time::sleep(EVERY).await;
    }
}
