//! The log: lines for people, for collectors or for the system journal on standard error; and spans, where a collector takes them.
//!
//! A span stands around every HTTP request (`request`), transaction (`transaction`) and decided signal (`signal`). The latter two are of level debug, and
//! cost nothing to speak of where nobody asks for them.
//!
//! Deliberately absent: names, phones, addresses, tokens. Nothing that is logged anywhere may hold them; a test runs a daemon at its
//! most talkative and searches every line.

use std::fmt;
use std::io::IsTerminal;
use tracing::{Event, Level, Subscriber};
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
    /// For systemd's journal: told with priority and fields where it listens, else lines that begin with their priority (`<6>`). The
    /// journal writes the time itself.
    Journald,
}

impl LogFormat {
    /// The words of the configuration.
    pub const WORDS: [(&'static str, LogFormat); 3] =
        [("text", LogFormat::Text), ("json", LogFormat::Json), ("journald", LogFormat::Journald)];

    /// From its word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<LogFormat> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, format)| *format)
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, format)| *format == self).map_or("text", |(word, _)| *word)
    }
}

/// How the daemon logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// How lines are written.
    pub format: LogFormat,
    /// What is logged, as a filter (`info`, or `info,parcelward=debug`).
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Log { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// Set by systemd where standard error goes to its journal (`systemd.exec(5)`).
const JOURNAL_VARIABLE: &str = "JOURNAL_STREAM";
/// What the names of our fields begin with in the journal (`journalctl PARCELWARD_ROUTE=/v1/facts`).
const FIELDS: &str = "PARCELWARD";

/// What outside crates may say at most, unless the filter names them.
const QUIET: &str = "sqlx=warn,hyper=warn,h2=warn,tokio_cron_scheduler=warn";

/// Whether a text is a filter.
///
/// # Errors
/// Why it is none.
pub fn check_level(text: &str) -> Result<(), String> {
    EnvFilter::try_new(text)
        .map(|_| ())
        .map_err(|e| format!("`{text}` is no filter ({e}): write `info`, `debug` or `info,parcelward=debug`"))
}

/// Starts logging, once in a process. `PARCELWARD_LOG` wins over the level of the configuration.
///
/// # Errors
/// Where `PARCELWARD_LOG` is no filter, or logging was started before.
pub fn start(log: &Log) -> anyhow::Result<()> {
    start_with(log, None)
}

/// The same for a command whose output a log would disturb: only what is wrong.
///
/// # Errors
/// As [`start`].
pub fn start_quietly() -> anyhow::Result<()> {
    start(&Log { format: LogFormat::Text, level: "warn".to_owned() })
}

/// A layer that hands spans to somebody else.
pub type Further = Box<dyn Layer<Registry> + Send + Sync>;

/// The same, with a further layer.
///
/// # Errors
/// As [`start`].
pub fn start_with(log: &Log, further: Option<Further>) -> anyhow::Result<()> {
    let filter = match std::env::var("PARCELWARD_LOG") {
        Ok(text) if !text.trim().is_empty() => {
            check_level(&text).map_err(|e| anyhow::anyhow!("PARCELWARD_LOG: {e}"))?;
            text
        }
        _ => log.level.clone(),
    };
    let filter = EnvFilter::new(format!("{QUIET},{filter}"));
    tracing_subscriber::registry()
        .with(further)
        .with(lines(log.format).with_filter(filter))
        .try_init()
        .map_err(|e| anyhow::anyhow!("the log cannot be started: {e}"))
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    // The journal writes the time of each line itself.
    let journal = std::env::var_os(JOURNAL_VARIABLE).is_some();
    if format == LogFormat::Journald
        && journal
        && let Ok(native) = tracing_journald::layer()
    {
        let native = native.with_priority_mappings(PriorityMappings {
            info: Priority::Informational,
            debug: Priority::Debug,
            ..PriorityMappings::new()
        });
        return native.with_syslog_identifier(env!("CARGO_PKG_NAME").to_owned()).with_field_prefix(Some(FIELDS.to_owned())).boxed();
    }
    let lines = layer().with_writer(std::io::stderr).with_target(false);
    match (format, journal) {
        (LogFormat::Json, _) => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
        (LogFormat::Journald, _) => lines.with_ansi(false).event_format(Journald(plain())).boxed(),
        (LogFormat::Text, true) => lines.with_ansi(false).without_time().boxed(),
        (LogFormat::Text, false) => lines.with_ansi(std::io::stderr().is_terminal()).with_timer(SystemTime).boxed(),
    }
}

fn plain() -> Format<Full, ()> {
    tracing_subscriber::fmt::format().without_time().with_level(false).with_target(false).with_ansi(false)
}

/// Lines with the priority that the journal reads (`sd-daemon(3)`).
struct Journald(Format<Full, ()>);

impl<S, N> FormatEvent<S, N> for Journald
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            _ => 7,
        };
        write!(writer, "<{priority}>")?;
        self.0.format_event(ctx, writer, event)
    }
}
