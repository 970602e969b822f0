//! Requests to a daemon.

use super::refusal::Refusal;
use anyhow::{Context, bail};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a daemon answers that nobody has configured otherwise.
pub const DEFAULT_URL: &str = "http://127.0.0.1:7878";

/// How long the way to the daemon may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long it may say nothing while it answers: a large import is decided before the first word.
const SILENCE: Duration = Duration::from_secs(600);

/// Where the daemon is, and by what right it is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct DaemonArgs {
    /// Where the daemon answers
    #[arg(long, value_name = "URL", env = "PARCELWARD_URL", default_value = DEFAULT_URL, hide_env_values = true, global = true, help_heading = "Daemon")]
    pub url: String,
    /// File that holds the token, alone on its first line; else PARCELWARD_TOKEN is the token
    #[arg(long, value_name = "FILE", global = true, help_heading = "Daemon")]
    pub token_file: Option<PathBuf>,
}

impl DaemonArgs {
    /// The way to it. Nothing is sent yet.
    ///
    /// # Errors
    /// Where the address is none, or the token cannot be read.
    pub fn api(&self) -> anyhow::Result<Api> {
        let bad = || format!("--url: `{}` is not an address; write {DEFAULT_URL}", self.url);
        let base: Url = self.url.trim().trim_end_matches('/').parse().with_context(bad)?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() || base.cannot_be_a_base() {
            bail!(bad());
        }
        // Needed once in a process; that it is there already is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder().connect_timeout(CONNECT).read_timeout(SILENCE);
        // A proxy is the way out; a daemon on this machine is not out there.
        let local = matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let http = if local { builder.no_proxy() } else { builder }.build().context("preparing the connection")?;
        Ok(Api { http, base, token: self.token()? })
    }

    fn token(&self) -> anyhow::Result<Option<SecretString>> {
        let text = match &self.token_file {
            Some(path) => first_line(path)?,
            None => match std::env::var("PARCELWARD_TOKEN") {
                Ok(token) => token.trim().to_owned(),
                Err(_) => return Ok(None),
            },
        };
        if text.is_empty() {
            return Ok(None);
        }
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            bail!("the token holds characters that a token cannot have");
        }
        Ok(Some(SecretString::from(text)))
    }
}

fn first_line(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the token file `{}`", path.display()))?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    line.map(str::to_owned).with_context(|| format!("the token file `{}` is empty", path.display()))
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody listens there: start a daemon, or name another address.
    #[error("no daemon answers at {0}; start one with `parcelward serve`, or say where it is with --url or PARCELWARD_URL")]
    NoDaemon(String),
    /// It refused: put right what is named.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The answer broke off: what was asked may have been done.
    #[error("the connection to {url} broke off ({why}); it may have been done all the same, and can be asked again")]
    BrokeOff {
        /// Where.
        url: String,
        /// What the network said.
        why: String,
    },
    /// Something else answers there: name another address.
    #[error("what answers at {url} is no Parcelward daemon ({why}); is --url right?")]
    NotOurs {
        /// Where.
        url: String,
        /// What was odd.
        why: String,
    },
}

impl ApiError {
    /// The refusal, where it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            ApiError::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// An answer as it was sent, and as it is read.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// The JSON, as it came.
    pub json: String,
    /// What it says.
    pub body: T,
}

/// The way to a daemon.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    base: Url,
    token: Option<SecretString>,
}

impl Api {
    /// Whether a token goes with every request; its name says who asks then.
    #[must_use]
    pub const fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// A request to the path of these parts; they are escaped.
    pub fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(path);
        }
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    /// Sends a request; an answer that is no success is an error.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        let response = request.send().await.map_err(|error| self.unsent(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await.map_err(|error| self.broke_off(&error))?;
        match serde_json::from_str::<Refusal>(&text) {
            Ok(refusal) if refusal.status == status.as_u16() => Err(ApiError::Refused(Box::new(refusal))),
            _ => Err(self.not_ours(&odd(status))),
        }
    }

    /// Sends a request and reads its JSON.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Answer<T>, ApiError> {
        let response = self.send(request).await?;
        let json = response.text().await.map_err(|error| self.broke_off(&error))?;
        let body = serde_json::from_str(&json).map_err(|error| self.not_ours(&error.to_string()))?;
        Ok(Answer { json, body })
    }

    /// The error of an answer that broke off.
    #[must_use]
    pub fn broke_off(&self, error: &reqwest::Error) -> ApiError {
        ApiError::BrokeOff { url: self.shown(), why: innermost(error) }
    }

    /// The address as people write it, without a password in it.
    fn shown(&self) -> String {
        let mut url = self.base.clone();
        let _ = url.set_password(None);
        url.as_str().trim_end_matches('/').to_owned()
    }

    fn unsent(&self, error: &reqwest::Error) -> ApiError {
        if error.is_connect() { ApiError::NoDaemon(self.shown()) } else { self.broke_off(error) }
    }

    fn not_ours(&self, why: &str) -> ApiError {
        ApiError::NotOurs { url: self.shown(), why: why.to_owned() }
    }
}

fn odd(status: StatusCode) -> String {
    format!("it says {status}")
}

/// The innermost cause: the outer ones say only that something went wrong.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    if let Some(mut source) = error.source() {
        while let Some(inner) = source.source() {
            source = inner;
        }
        cause = source;
    }
    cause.to_string()
}

// `header` stands in the interface of request builders that callers fill.
pub(crate) use header::{CONTENT_LENGTH, CONTENT_TYPE};

#[cfg(test)]
mod tests {
    use super::*;

    fn args(url: &str) -> DaemonArgs {
        DaemonArgs { url: url.to_owned(), token_file: None }
    }

    #[test]
    fn the_default_is_where_the_shipped_configuration_listens() {
        let shipped = crate::config::load_with(None, std::iter::empty()).unwrap();
        assert_eq!(DEFAULT_URL, format!("http://{}", shipped.settings.server.listen));
    }

    #[test]
    fn parts_of_a_path_are_escaped() {
        let request = args("http://localhost:1/under/").api().unwrap().request(Method::GET, &["v1", "orders", "a shop/1", "订单?"]);
        let url = request.build().unwrap().url().to_string();
        assert_eq!(url, "http://localhost:1/under/v1/orders/a%20shop%2F1/%E8%AE%A2%E5%8D%95%3F");
    }

    #[test]
    fn an_address_that_is_none_is_said() {
        for bad in ["localhost:7878", "ftp://localhost", "", "/v1", "http://"] {
            let error = args(bad).api().unwrap_err().to_string();
            assert!(error.starts_with("--url: "), "{bad}: {error}");
        }
    }

    #[test]
    fn a_token_file_holds_the_token_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "# mine\n\n  0123456789abcdef \n").unwrap();
        assert_eq!(first_line(&path).unwrap(), "0123456789abcdef");
        std::fs::write(&path, "\n").unwrap();
        assert!(first_line(&path).unwrap_err().to_string().contains("is empty"));
    }

    #[tokio::test]
    async fn a_daemon_that_does_not_run_is_said_with_what_to_do() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let api = args(&format!("http://{free}")).api().unwrap();
        let error = api.send(api.request(Method::GET, &["v1", "tasks"])).await.unwrap_err().to_string();
        assert!(error.contains("no daemon answers at http://127.0.0.1:") && error.contains("parcelward serve"), "{error}");
    }
}
