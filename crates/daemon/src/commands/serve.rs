//! `parcelward serve`: runs the daemon until it is told to stop.

use super::ConfigArgs;
use crate::http::App;
use crate::serve::{Running, start_guarded};
use crate::systemd;
use crate::telemetry::{self, LogFormat};
use crate::traces::Traces;
use crate::watch;
use anyhow::Context;
use parcelward_scheduler::ClockGuard;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What `serve` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "SIGTERM or Ctrl-C stops it: running requests are finished and everything taken is stored; a second one ends it at once. \
    SIGHUP reads the configuration again: all of it holds from then on, or, where something is wrong, the old one stays and the log says why. \
    Without server.token_file it serves this machine only. \
    PARCELWARD_LOG says what is logged, instead of log.level (debug, or info,parcelward=debug).\n\n\
    Exit status: 0 stopped as told, 2 could not start or failed."
)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// How log lines are written, instead of log.format: text for people, json (one object a line), or journald
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    log_format: Option<LogFormat>,
}

/// Runs it.
///
/// # Errors
/// Where it cannot start, or the server fails.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let mut log = config.settings.log.clone();
    log.format = args.log_format.unwrap_or(log.format);
    let (traces, spans) = Traces::start(config.settings.traces.as_deref())?;
    telemetry::start_with(&log, spans)?;
    config.warnings.iter().for_each(|warning| tracing::warn!("configuration: {warning}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    let ended = runtime.block_on(async {
        // Signals are listened for before anything is opened: a stop during the start is a stop.
        let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        let mut hangup = listen(SignalKind::hangup())?;
        let mut running = tokio::select! {
            started = start_guarded(config, ClockGuard::of_machine()) => started?,
            _ = first(&mut term, &mut int) => return Ok(ExitCode::SUCCESS),
        };
        greet(&running);
        systemd::ready();
        let app = Arc::clone(running.app());
        tokio::select! {
            ended = running.ended() => {
                // It does not end by itself but where it fails; what it holds is closed all the same.
                running.stop().await.ok();
                ended?;
                anyhow::bail!("the HTTP server ended by itself");
            }
            name = first(&mut term, &mut int) => tracing::info!("{name}: stopping; running requests are finished first"),
            () = attend(&app, &mut hangup) => {}
        }
        systemd::stopping();
        tokio::select! {
            stopped = running.stop() => stopped?,
            name = first(&mut term, &mut int) => {
                tracing::warn!("{name} again: ending at once; what was acknowledged is stored, what was not may be sent again");
                return Ok(ExitCode::from(130));
            }
        }
        tracing::info!("stopped; everything taken is stored");
        Ok(ExitCode::SUCCESS)
    });
    traces.finish();
    ended
}

fn greet(running: &Running) {
    let address = running.address();
    if running.asks_token() {
        tracing::info!("listening on http://{address}; a token of the token file is asked for");
    } else {
        tracing::info!("listening on http://{address}; no token file is configured, so only this machine is served");
    }
    tracing::info!("the API is described at http://{address}/openapi.json");
}

fn listen(kind: SignalKind) -> anyhow::Result<Signal> {
    signal(kind).context("listening for signals")
}

async fn first(term: &mut Signal, int: &mut Signal) -> &'static str {
    tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = int.recv() => "interrupted",
    }
}

/// Reads the configuration again whenever it is told to, and tells the service manager how the daemon is. Does not end.
async fn attend(app: &Arc<App>, hangup: &mut Signal) {
    let reloads = async {
        while hangup.recv().await.is_some() {
            // What is wrong stands in the log; the old configuration serves on.
            reload(app).await;
        }
        std::future::pending::<()>().await
    };
    let watching = watch::folder(app, || reload(app));
    tokio::join!(reloads, watching, systemd::keep_telling(Arc::clone(app)));
}

async fn reload(app: &Arc<App>) {
    systemd::reloading();
    app.reload().run(app).await.ok();
    systemd::ready();
}
