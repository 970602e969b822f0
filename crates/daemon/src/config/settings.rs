//! The daemon's own settings (`parcelward.toml`): where it listens, where it stores, and its limits.

use super::extract::Merged;
use super::problem::Problem;
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

/// Where and how the daemon answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
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
    /// Whether the folder is read again by itself when a file in it changes.
    pub watch: bool,
}

/// `parcelward.toml` as operators write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSettings {
    language: Language,
    /// A text in the environment.
    #[serde(deserialize_with = "flag")]
    watch: bool,
    /// Read here so that a misfit is told here; the rules take it.
    #[expect(dead_code, reason = "casework reads it from the same values")]
    urgent_amount: Money,
    server: RawServer,
    database: RawDatabase,
    #[expect(dead_code, reason = "casework reads it from the same values")]
    #[serde(default)]
    staffed: BTreeMap<String, RawStaffed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServer {
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
    if !raw.database.url.starts_with("sqlite:") {
        // The text itself is not shown: it may hold a password.
        say("database.url", "must be `sqlite:FILE`".to_owned());
    }
    let token_file = (!raw.server.token_file.as_os_str().is_empty()).then_some(raw.server.token_file);
    if token_file.is_none() && !listen.ip().is_loopback() {
        let message = format!("`{listen}` can be reached from elsewhere: set server.token_file, or listen on 127.0.0.1 or [::1]");
        problems.push(merged.problem("server.listen", message).code("exposed"));
    }
    let server = Server { listen, token_file, max_body, request_time, upload_time, stop_time };
    (problems.len() == before).then_some(Settings {
        language: raw.language,
        server,
        database: DatabaseUrl(raw.database.url),
        watch: raw.watch,
    })
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
