//! The way out: one request, one attempt, one record of it.
//!
//! Bounded in time (connecting and in all), in size, and in number (the account's gate). No redirects, no retries, no cookies.
//! Questions share kept-alive connections. What changes something goes out on a connection of its own: a kept one may be closed by the
//! other side at the moment of writing, and then nobody can say whether the request arrived.

use crate::call::Call;
use crate::classify::{Outcome, Purpose, Rejecting, classify};
use crate::error::{CourierError, NotSentReason};
use crate::exchange::{ExchangeEnd, Recorded};
use crate::gate::Gate;
use crate::limits::Limits;
use crate::text::{decode_text, form_encode};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rustls_platform_verifier::BuilderVerifierExt;
use serde::Deserialize;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How an account goes out. Defaults suit every courier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransportSettings {
    /// Longest time for a connection, in milliseconds.
    pub connect_ms: u64,
    /// Longest time for a whole exchange, in milliseconds.
    pub total_ms: u64,
    /// Longest time to wait for a place at the account's gate, in milliseconds.
    pub wait_ms: u64,
    /// Largest answer that is read, in bytes.
    pub largest_answer: usize,
    /// Allow `http://` (some couriers' test addresses have no TLS).
    pub allow_plain_http: bool,
    /// A proxy (`http://10.0.0.1:3128`): couriers that know our address want one that stays. The environment's is not used.
    pub proxy: Option<String>,
}

impl Default for TransportSettings {
    fn default() -> Self {
        TransportSettings {
            connect_ms: 5_000,
            total_ms: 20_000,
            wait_ms: 2_000,
            largest_answer: 4 << 20,
            allow_plain_http: false,
            proxy: None,
        }
    }
}

/// A transport that cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportSetupError(String);

/// The way out of one account. Clones share its connections and its gate.
#[derive(Clone)]
pub struct Transport {
    kept_alive: reqwest::Client,
    /// Keeps no connection.
    fresh: reqwest::Client,
    gate: Arc<Gate>,
    settings: TransportSettings,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("gate", &self.gate).finish_non_exhaustive()
    }
}

/// A request to send.
pub struct Outgoing<'a> {
    /// Whether it changes something.
    pub purpose: Purpose,
    /// Where to, whole.
    pub url: &'a str,
    /// Headers, names in any case; their values are never recorded.
    pub headers: Vec<(&'a str, String)>,
    /// What is sent, always by `POST`: every courier's interface wants it.
    pub body: Body,
    /// Fields to mask in the record beside those that are masked by their names.
    pub mask: &'static [&'static str],
    /// What the courier's documents say of HTTP statuses.
    pub known: Rejecting,
}

/// The body of a request.
pub enum Body {
    /// JSON, written and signed by the adapter; sent byte for byte.
    Json(String),
    /// A form; each value is encoded once, here.
    Form(Vec<(&'static str, String)>),
}

impl Body {
    fn into_parts(self) -> (&'static str, String) {
        match self {
            Body::Json(text) => ("application/json; charset=UTF-8", text),
            Body::Form(fields) => {
                let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", form_encode(value))).collect();
                ("application/x-www-form-urlencoded; charset=UTF-8", pairs.join("&"))
            }
        }
    }
}

/// An answer that was read to its end. No `Debug`: it holds what is personal.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its body as text, whatever charset it came in.
    pub text: String,
}

impl Transport {
    /// Sets one up.
    ///
    /// # Errors
    /// Where the proxy is none, or the system's certificates cannot be read.
    pub fn new(settings: &TransportSettings, limits: &Limits) -> Result<Self, TransportSetupError> {
        let tls = tls()?;
        let proxy = match &settings.proxy {
            None => None,
            Some(url) => Some(reqwest::Proxy::all(url).map_err(|_| TransportSetupError("proxy is no URL".to_owned()))?),
        };
        let build = |idle: usize| {
            let mut client = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .connect_timeout(Duration::from_millis(settings.connect_ms))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .pool_max_idle_per_host(idle)
                .pool_idle_timeout(Duration::from_secs(30))
                .tcp_keepalive(Duration::from_secs(30))
                .referer(false)
                .no_proxy()
                .http1_only()
                .user_agent(concat!("parcelward/", env!("CARGO_PKG_VERSION")));
            if let Some(proxy) = &proxy {
                client = client.proxy(proxy.clone());
            }
            client.build().map_err(|e| TransportSetupError(format!("no HTTP client: {e}")))
        };
        Ok(Transport { kept_alive: build(16)?, fresh: build(0)?, gate: Arc::new(Gate::new(limits)), settings: settings.clone() })
    }

    /// The account's gate, for a lane that takes a place before it chooses what to ask.
    #[must_use]
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Sends a request, once.
    ///
    /// # Errors
    /// By the table of [`classify`]; not sent where the account's gate or the call's own time says so.
    pub async fn send(&self, call: &Call, outgoing: Outgoing<'_>) -> Result<Reply, CourierError> {
        let request = self.build(outgoing)?;
        self.pass(call).await?;
        let total = Duration::from_millis(self.settings.total_ms);
        let limit = call.time_left().map_or(total, |left| left.min(total));
        if limit.is_zero() {
            return Err(CourierError::not_sent(NotSentReason::OutOfTime, "the call's time was over before it was sent"));
        }
        let place = call.record(request.record(call));
        let begin = Instant::now();
        let sent = Box::pin(self.exchange(&request, limit)).await;
        let took = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        call.amend(place, |exchange| request.close(exchange, &sent, took));
        let outcome = match &sent {
            Ok((reply, retry_after)) => Outcome::Status { status: reply.status, retry_after: *retry_after },
            Err(outcome) => outcome.clone(),
        };
        tracing::debug!(host = request.host(), path = request.url.path(), took_ms = took, outcome = request.told(&sent), "courier asked");
        classify(&outcome, request.purpose, request.known)?;
        sent.map(|(reply, _)| reply).map_err(|_| CourierError::not_sent(NotSentReason::Unreachable, "no answer"))
    }

    async fn pass(&self, call: &Call) -> Result<(), CourierError> {
        if call.take_permit().is_some() {
            return Ok(());
        }
        let wait = Duration::from_millis(self.settings.wait_ms);
        let wait = call.time_left().map_or(wait, |left| left.min(wait));
        match self.gate.pass_within(wait).await {
            Ok(_) => Ok(()),
            Err(until) => Err(CourierError::NotSent {
                reason: NotSentReason::Limited,
                detail: "this account's own limit is spent".to_owned(),
                retry_after: Some(until),
            }),
        }
    }

    fn build(&self, outgoing: Outgoing<'_>) -> Result<Ready, CourierError> {
        let wrong = |what: String| CourierError::not_sent(NotSentReason::Misconfigured, what);
        let url = reqwest::Url::parse(outgoing.url).map_err(|_| wrong("the address is no URL".to_owned()))?;
        if url.scheme() != "https" && !(url.scheme() == "http" && self.settings.allow_plain_http) {
            return Err(wrong(format!("the address of {} is not https", url.host_str().unwrap_or("the courier"))));
        }
        let (content_type, body) = outgoing.body.into_parts();
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, value) in outgoing.headers {
            let value =
                HeaderValue::from_str(&value).map_err(|_| wrong(format!("header {name} has a character that no header may have")))?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(format!("`{name}` is no header")))?;
            headers.insert(name, value);
        }
        Ok(Ready { purpose: outgoing.purpose, url, headers, body, mask: outgoing.mask, known: outgoing.known })
    }

    async fn exchange(&self, request: &Ready, limit: Duration) -> Result<(Reply, Option<Duration>), Outcome> {
        let client = if request.purpose == Purpose::Change { &self.fresh } else { &self.kept_alive };
        let sending = client.post(request.url.clone()).headers(request.headers.clone()).body(request.body.clone()).timeout(limit).send();
        let failed = |e: reqwest::Error| {
            if e.is_connect() || e.is_builder() {
                Outcome::NoConnection(cause(&e))
            } else if e.is_timeout() {
                Outcome::Timeout(limit)
            } else {
                Outcome::Broken(cause(&e))
            }
        };
        let mut response = sending.await.map_err(failed)?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let retry_after = header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let content_type = header("content-type");
        let most = self.settings.largest_answer;
        if response.content_length().is_some_and(|length| length > most as u64) {
            return Err(Outcome::TooLarge(most));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > most {
                return Err(Outcome::TooLarge(most));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((Reply { status, text: decode_text(&bytes, content_type.as_deref()) }, retry_after))
    }
}

/// A request that is whole.
struct Ready {
    purpose: Purpose,
    url: reqwest::Url,
    headers: HeaderMap,
    body: String,
    mask: &'static [&'static str],
    known: Rejecting,
}

type Sent = Result<(Reply, Option<Duration>), Outcome>;

impl Ready {
    fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn record(&self, call: &Call) -> Recorded {
        Recorded {
            at: call.elapsed_now(),
            host: self.host(),
            path: self.url.path().to_owned(),
            query: self.url.query().map(str::to_owned),
            request: self.body.clone(),
            changes: self.purpose == Purpose::Change,
            end: ExchangeEnd::Open,
            status: None,
            response: String::new(),
            took_ms: 0,
            mask: self.mask,
        }
    }

    fn close(&self, exchange: &mut Recorded, sent: &Sent, took_ms: u64) {
        exchange.took_ms = took_ms;
        match sent {
            Ok((reply, _)) => {
                exchange.end = ExchangeEnd::Answered;
                exchange.status = Some(reply.status);
                exchange.response.clone_from(&reply.text);
            }
            Err(Outcome::NoConnection(why)) => exchange.end = ExchangeEnd::NeverLeft(why.clone()),
            Err(_) => exchange.end = ExchangeEnd::Broken(self.told(sent)),
        }
    }

    fn told(&self, sent: &Sent) -> String {
        match sent {
            Ok((reply, _)) => format!("HTTP {}", reply.status),
            Err(Outcome::NoConnection(why) | Outcome::Broken(why)) => why.clone(),
            Err(Outcome::Timeout(after)) => format!("no answer within {} ms", after.as_millis()),
            Err(Outcome::TooLarge(most)) => format!("more than {most} bytes"),
            Err(Outcome::Status { status, .. }) => format!("HTTP {status}"),
        }
    }
}

/// TLS with the system's certificates, which are read once in the life of the process: reading them takes longer than anything else here.
fn tls() -> Result<rustls::ClientConfig, TransportSetupError> {
    static TLS: OnceLock<rustls::ClientConfig> = OnceLock::new();
    if let Some(config) = TLS.get() {
        return Ok(config.clone());
    }
    let failed = |e: rustls::Error| TransportSetupError(format!("no TLS: {e}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(failed)?
        .with_no_client_auth();
    Ok(TLS.get_or_init(|| config).clone())
}

/// The innermost cause of an HTTP error: it names no URL and no body.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    if std::ptr::eq(cause, error as &dyn std::error::Error) { "the connection failed".to_owned() } else { text.chars().take(120).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_refused_unless_it_is_allowed() {
        let send = |allow: bool, url: &str| {
            let settings = TransportSettings { allow_plain_http: allow, ..TransportSettings::default() };
            let transport = Transport::new(&settings, &Limits::NONE).unwrap();
            let body = Body::Form(vec![("a", "b c".to_owned())]);
            let outgoing = Outgoing { purpose: Purpose::Change, url, headers: Vec::new(), body, mask: &[], known: Rejecting::default() };
            transport.build(outgoing).map(|ready| ready.body)
        };
        assert!(send(false, "http://example.invalid/").is_err());
        assert_eq!(send(true, "http://example.invalid/").as_deref(), Ok("a=b+c"));
        assert_eq!(send(false, "https://example.invalid/").as_deref(), Ok("a=b+c"));
        assert!(send(true, "ftp://example.invalid/").is_err() && send(true, "nothing").is_err());
    }

    #[test]
    fn a_proxy_that_is_none_stops_the_account() {
        let settings = TransportSettings { proxy: Some("no url at all".to_owned()), ..TransportSettings::default() };
        assert!(Transport::new(&settings, &Limits::NONE).is_err());
    }

    /// Two hundred accounts are built in no time: a daemon has many, and a test builds one for each case.
    #[test]
    fn setting_up_is_cheap_after_the_first() {
        let _ = Transport::new(&TransportSettings::default(), &Limits::NONE).unwrap();
        let begin = Instant::now();
        for _ in 0..200 {
            let _ = Transport::new(&TransportSettings::default(), &Limits::NONE).unwrap();
        }
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    }
}
