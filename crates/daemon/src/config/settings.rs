//! The daemon's own settings (`parcelward.toml`): where it listens, where it stores, and its limits.

use super::extract::Merged;
use super::problem::Problem;
use crate::retention::Retention;
use crate::telemetry::{Log, LogFormat, check_level};
use parcelward_casework::instant::Length;
use parcelward_casework::money::Money;
use parcelward_casework::rules::RawStaffed;
use parcelward_casework::words::Language;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A shorter time than this is a slip: deadlines, appeals and returns are not over by then.
const LEAST_RETENTION: Length = Length::days(30);

/// The longest name of a daemon, in characters.
const LONGEST_NAME: usize = 60;
/// Connections without which a daemon cannot work: one for instants, one that writes, two that read.
const LEAST_CONNECTIONS: u32 = 4;
/// Connections beyond which a server only loses.
const MOST_CONNECTIONS: u32 = 100;

/// A database URL. `Display` and `Debug` leave the password out.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// From a URL as an operator writes it.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        DatabaseUrl(url.into())
    }

    /// The whole URL, password included: for the connection only, never for a message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").map_or(("", self.0.as_str()), |(s, r)| (s, r));
        match rest.rsplit_once('@') {
            Some((user, host)) if !scheme.is_empty() => {
                let host = host.split('?').next().unwrap_or_default();
                write!(f, "{scheme}://{}:***@{host}", user.split(':').next().unwrap_or_default())
            }
            _ => f.write_str(self.0.split('?').next().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// How the daemon connects to a database on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// The file with the password of its role. A relative name is one of the service's credentials, where it has any.
    pub password_file: Option<PathBuf>,
    /// Connections that this daemon holds at most.
    pub connections: u32,
}

/// Where and how the daemon answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What people call this daemon; the machine's name without it.
    pub name: Option<String>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The file of bearer tokens; none are asked for without one.
    pub token_file: Option<PathBuf>,
    /// The largest request body, in bytes.
    pub max_body: usize,
    /// How long a request may take.
    pub request_time: Duration,
    /// How long an upload may take.
    pub upload_time: Duration,
    /// How long a stop waits for running requests.
    pub stop_time: Duration,
}

/// The daemon's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The language of texts.
    pub language: Language,
    /// Where it answers.
    pub server: Server,
    /// Where it stores.
    pub database: DatabaseUrl,
    /// How it connects, where that is on a server.
    pub connect: Connect,
    /// How it logs.
    pub log: Log,
    /// The OpenTelemetry collector that is told of spans (`http://127.0.0.1:4318`).
    pub traces: Option<String>,
    /// Whether the folder is read again by itself when a file in it changes.
    pub watch: bool,
    /// A folder whose rules run beside: what they would set otherwise is logged.
    pub shadow: Option<PathBuf>,
    /// When personal data is erased and closed case files leave; by the job `retention` alone.
    pub retention: Retention,
}

/// `parcelward.toml` as operators write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSettings {
    language: Language,
    /// A text in the environment.
    #[serde(deserialize_with = "flag")]
    watch: bool,
    shadow: PathBuf,
    /// Read here so that a misfit is told here; the rules take it.
    #[expect(dead_code, reason = "casework reads it from the same values")]
    urgent_amount: Money,
    server: RawServer,
    database: RawDatabase,
    #[expect(dead_code, reason = "casework reads it from the same values")]
    #[serde(default)]
    staffed: BTreeMap<String, RawStaffed>,
    log: RawLog,
    traces: RawTraces,
    retention: RawRetention,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRetention {
    erase_after: String,
    archive_after: String,
    folder: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTraces {
    endpoint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLog {
    format: String,
    level: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServer {
    name: String,
    listen: String,
    token_file: PathBuf,
    max_body: String,
    request_time: String,
    upload_time: String,
    stop_time: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDatabase {
    url: String,
    password_file: PathBuf,
    connections: String,
}

/// Reads the settings; says everything that is wrong.
pub(super) fn read(merged: &Merged, problems: &mut Vec<Problem>) -> Option<Settings> {
    let raw: RawSettings = merged.extract(problems)?;
    let before = problems.len();
    let mut say = |key: &str, message: String| {
        let code = if key.ends_with("_time") { "bad-length" } else { "bad-value" };
        problems.push(merged.problem(key, message).code(code));
    };
    let listen = raw.server.listen.parse().unwrap_or_else(|_| {
        say("server.listen", format!("`{}` is not an address with a port: write `127.0.0.1:7878` or `[::1]:7878`", raw.server.listen));
        SocketAddr::from(([127, 0, 0, 1], 7878))
    });
    let max_body = size(&raw.server.max_body).unwrap_or_else(|message| {
        say("server.max_body", message);
        1 << 24
    });
    let mut time = |key: &str, text: &str, most: u64| match Length::parse(text).map(|l| u64::try_from(l.as_millis()).unwrap_or(0)) {
        Ok(ms) if ms >= 100 && ms <= most * 1000 => Duration::from_millis(ms),
        Ok(_) => {
            say(key, format!("`{text}` lies outside 1 to {most} seconds"));
            Duration::from_secs(most)
        }
        Err(e) => {
            say(key, e.to_string());
            Duration::from_secs(most)
        }
    };
    let request_time = time("server.request_time", &raw.server.request_time, 600);
    let upload_time = time("server.upload_time", &raw.server.upload_time, 3600);
    let stop_time = time("server.stop_time", &raw.server.stop_time, 600);
    let name = raw.server.name.trim().to_owned();
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        say("server.name", format!("must have at most {LONGEST_NAME} characters, on one line"));
    }
    let (database, connect) = database(raw.database, &mut say);
    let format = LogFormat::from_word(&raw.log.format).unwrap_or_else(|| {
        say("log.format", format!("`{}` is none of text, json, journald", raw.log.format));
        LogFormat::Text
    });
    if let Err(message) = check_level(&raw.log.level) {
        say("log.level", message);
    }
    let log = Log { format, level: raw.log.level };
    let traces = Some(raw.traces.endpoint.trim().to_owned()).filter(|url| !url.is_empty());
    if let Some(url) = &traces {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            say("traces.endpoint", format!("`{url}` is no URL: write `http://127.0.0.1:4318`"));
        } else if !crate::traces::BUILT_IN {
            say(
                "traces.endpoint",
                "this program was built without OpenTelemetry: build it with `--features otel`, or leave this empty".to_owned(),
            );
        }
    }
    let retention = retention(raw.retention, &mut say);
    let token_file = (!raw.server.token_file.as_os_str().is_empty()).then_some(raw.server.token_file);
    if token_file.is_none() && !listen.ip().is_loopback() {
        let message = format!("`{listen}` can be reached from elsewhere: set server.token_file, or listen on 127.0.0.1 or [::1]");
        problems.push(merged.problem("server.listen", message).code("exposed"));
    }
    let shadow = (!raw.shadow.as_os_str().is_empty()).then_some(raw.shadow);
    let name = (!name.is_empty()).then_some(name);
    let server = Server { name, listen, token_file, max_body, request_time, upload_time, stop_time };
    (problems.len() == before).then_some(Settings {
        language: raw.language,
        server,
        database,
        connect,
        log,
        traces,
        watch: raw.watch,
        shadow,
        retention,
    })
}

/// Reads what is old enough for what.
fn retention(raw: RawRetention, say: &mut impl FnMut(&str, String)) -> Retention {
    let mut length = |key: &str, text: &str| match Length::parse(text) {
        Ok(length) if length >= LEAST_RETENTION => length,
        Ok(_) => {
            say(key, format!("`{text}` is shorter than {LEAST_RETENTION}"));
            LEAST_RETENTION
        }
        Err(error) => {
            say(key, error.to_string());
            LEAST_RETENTION
        }
    };
    let (erase_after, archive_after) =
        (length("retention.erase_after", &raw.erase_after), length("retention.archive_after", &raw.archive_after));
    let is_told = Length::parse(&raw.archive_after).is_ok_and(|length| length == archive_after);
    if archive_after < erase_after && is_told {
        let message =
            format!("`{}` comes before erase_after (`{}`): personal data must not lie in archives", raw.archive_after, raw.erase_after);
        say("retention.archive_after", message);
    }
    if raw.folder.as_os_str().is_empty() {
        say("retention.folder", "must name a folder".to_owned());
    }
    Retention { erase_after, archive_after, folder: raw.folder }
}

/// Reads where it stores.
fn database(raw: RawDatabase, say: &mut impl FnMut(&str, String)) -> (DatabaseUrl, Connect) {
    let is_server = ["postgres://", "postgresql://"].iter().any(|scheme| raw.url.starts_with(scheme));
    if !is_server && !raw.url.starts_with("sqlite:") {
        // The text itself is not shown: it may hold a password.
        say("database.url", "must be `sqlite:FILE` or `postgres://USER@HOST/DATABASE`".to_owned());
    }
    let password_file = (!raw.password_file.as_os_str().is_empty()).then_some(raw.password_file);
    if password_file.is_some() && raw.url.starts_with("sqlite:") {
        say("database.password_file", "is of no use here: a database in a file has no password".to_owned());
    }
    let connections = raw.connections.trim().parse().ok().filter(|n| (LEAST_CONNECTIONS..=MOST_CONNECTIONS).contains(n));
    let connections = connections.unwrap_or_else(|| {
        let message = format!("`{}` is no number from {LEAST_CONNECTIONS} to {MOST_CONNECTIONS}", raw.connections);
        say("database.connections", message);
        LEAST_CONNECTIONS
    });
    (DatabaseUrl(raw.url), Connect { password_file, connections })
}

/// `true` or `false`, in quotes or not: every value of the environment is a text.
fn flag<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    struct Flag;
    impl serde::de::Visitor<'_> for Flag {
        type Value = bool;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("`true` or `false`")
        }
        fn visit_bool<E>(self, flag: bool) -> Result<bool, E> {
            Ok(flag)
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<bool, E> {
            text.parse().map_err(|_| E::custom("must be `true` or `false`"))
        }
    }
    from.deserialize_any(Flag)
}

/// Reads `16MiB`, `512KiB` or a number of bytes.
fn size(text: &str) -> Result<usize, String> {
    let bad = || format!("`{text}` is not a size between 64KiB and 1GiB: write `16MiB` or `512KiB`");
    let digits = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim();
    let unit = match text.trim()[digits.len()..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(bad()),
    };
    let bytes = digits.parse::<usize>().ok().and_then(|n| n.checked_mul(unit)).ok_or_else(bad)?;
    if (1 << 16..=1 << 30).contains(&bytes) { Ok(bytes) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_never_shows_its_password() {
        let url = DatabaseUrl::new("postgres://ward:s3cret@db.example:5432/p?password=s3cret");
        assert!(!format!("{url} {url:?}").contains("s3cret"), "{url}");
        assert_eq!(DatabaseUrl::new("sqlite:a.db").to_string(), "sqlite:a.db");
    }

    #[test]
    fn sizes() {
        assert_eq!(size("16MiB"), Ok(16 << 20));
        assert_eq!(size("65536"), Ok(65536));
        for bad in ["", "16", "2GiB", "-1MiB", "MiB", "16 parsecs", "１MiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
