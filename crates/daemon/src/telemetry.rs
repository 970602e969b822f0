//! The log: lines for people on standard error.
//!
//! Deliberately absent: names, phones, addresses, tokens. Nothing that is logged anywhere may hold them.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// What is logged where `PARCELWARD_LOG` says nothing.
const USUAL: &str = "info,sqlx=warn,tokio_cron_scheduler=warn";

/// Starts logging, once in a process.
///
/// # Errors
/// Where `PARCELWARD_LOG` is no filter.
pub fn start(format: LogFormat) -> anyhow::Result<()> {
    start_with(format, USUAL)
}

/// The same for a command whose output a log would disturb: only what is wrong.
///
/// # Errors
/// As [`start`].
pub fn start_quietly(format: LogFormat) -> anyhow::Result<()> {
    start_with(format, "warn")
}

fn start_with(format: LogFormat, usual: &str) -> anyhow::Result<()> {
    let filter = match std::env::var("PARCELWARD_LOG") {
        Ok(text) if !text.trim().is_empty() => EnvFilter::try_new(&text).map_err(|e| {
            anyhow::anyhow!("PARCELWARD_LOG is `{text}`, which is no filter ({e}): write `debug` or `info,parcelward=debug`")
        })?,
        _ => EnvFilter::new(usual),
    };
    // The journal writes the time of each line itself.
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let started = match (format, journal) {
        (LogFormat::Json, _) => lines.json().flatten_event(true).try_init(),
        (LogFormat::Text, true) => lines.with_ansi(false).without_time().try_init(),
        (LogFormat::Text, false) => lines.with_ansi(std::io::stderr().is_terminal()).with_timer(SystemTime).try_init(),
    };
    started.map_err(|e| anyhow::anyhow!("the log cannot be started: {e}"))
}
