//! Who may ask: bearer tokens from a file, or, without one, this machine only.
//!
//! Deliberately absent: roles. Whoever has a token may do everything; its name says who it was.

use super::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use subtle::{ConditionallySelectable, ConstantTimeEq};

/// The least length of a token, in characters.
const LEAST: usize = 16;

/// Who asks: the name of their token; `None` where no token is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub Option<String>);

/// Who may ask.
#[derive(Clone)]
pub enum Access {
    /// Anyone on this machine.
    Loopback,
    /// Whoever has one of these tokens.
    Tokens(Vec<Token>),
}

/// A token: its name, and a hash of it.
#[derive(Clone)]
pub struct Token {
    name: String,
    hash: [u8; 32],
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Access::Loopback => f.write_str("Loopback"),
            Access::Tokens(tokens) => write!(f, "Tokens({})", tokens.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ")),
        }
    }
}

impl Access {
    /// Reads a token file: `name:token` a line.
    ///
    /// # Errors
    /// Says which line is wrong, and never what stands on it.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let text = std::fs::read_to_string(path).map_err(|e| anyhow::anyhow!("the token file `{}` cannot be read: {e}", path.display()))?;
        if path.metadata().is_ok_and(|m| m.mode() & 0o004 != 0) {
            tracing::warn!(file = %path.display(), "everybody on this machine can read the token file; take that right away (chmod o-r)");
        }
        Self::parse(&text).map_err(|message| anyhow::anyhow!("the token file `{}`: {message}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (mut tokens, mut names) = (Vec::new(), BTreeSet::new());
        for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, token) = line.split_once(':').ok_or_else(|| format!("line {number} is not `name:token`"))?;
            let (name, token) = (name.trim(), token.trim());
            if name.is_empty() || name.chars().count() > 60 {
                return Err(format!("line {number}: the name must have 1 to 60 characters"));
            }
            if token.len() < LEAST || !token.chars().all(|c| c.is_ascii_graphic()) {
                return Err(format!(
                    "line {number}: the token must have at least {LEAST} characters, letters, digits and signs without spaces"
                ));
            }
            if !names.insert(name.to_owned()) {
                return Err(format!("line {number}: the name `{name}` stands twice"));
            }
            tokens.push(Token { name: name.to_owned(), hash: Sha256::digest(token).into() });
        }
        if tokens.is_empty() { Err("holds no token".to_owned()) } else { Ok(Access::Tokens(tokens)) }
    }

    /// Who asks.
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        match self {
            Access::Loopback if is_local(headers) => Ok(Caller(None)),
            Access::Loopback => Err(Problem::new(Kind::Forbidden).detail(
                "no token file is configured, so only requests for this machine itself are served, and none from another site's page",
            )),
            Access::Tokens(tokens) => {
                let text = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
                let given = text.and_then(|t| t.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
                let Some((_, token)) = given else {
                    return Err(Problem::new(Kind::Unauthorized).detail("send `Authorization: Bearer TOKEN`"));
                };
                let hash: [u8; 32] = Sha256::digest(token.trim()).into();
                // Every token is compared, so that the time taken says nothing about which one it was.
                let mut found = u32::MAX;
                for (i, known) in tokens.iter().enumerate() {
                    let same = known.hash.ct_eq(&hash);
                    found.conditional_assign(&u32::try_from(i).unwrap_or(u32::MAX), same);
                }
                let known = tokens.get(found as usize).ok_or_else(|| Problem::new(Kind::Unauthorized).detail("the token is not known"))?;
                Ok(Caller(Some(known.name.clone())))
            }
        }
    }
}

/// Whether a request means this machine and comes from no other site's page: a browser can be led to send requests to 127.0.0.1.
fn is_local(headers: &HeaderMap) -> bool {
    let local = |authority: &str| {
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
        };
        host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    };
    let text = |name| headers.get(name).map(|v: &axum::http::HeaderValue| v.to_str().unwrap_or_default());
    let host = text(header::HOST).is_none_or(local);
    let origin = text(header::ORIGIN).is_none_or(|origin| origin.split_once("://").is_some_and(|(_, authority)| local(authority)));
    host && origin
}

/// Lets a request through with its [`Caller`].
pub async fn require(State(access): State<Arc<Access>>, mut request: Request, next: Next) -> Response {
    match access.caller(request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_names_its_caller() {
        let access = Access::parse("# staff\n 小王 : 0123456789abcdef\n\nerp:fedcba9876543210:x\n").unwrap();
        let caller = |value: &str| access.caller(&headers(&[("authorization", value)])).map(|c| c.0);
        assert_eq!(caller("Bearer 0123456789abcdef").unwrap().as_deref(), Some("小王"));
        assert_eq!(caller("bearer fedcba9876543210:x").unwrap().as_deref(), Some("erp"));
        for bad in ["Bearer 0123456789abcdeg", "Basic 0123456789abcdef", "Bearer", "Bearer ", ""] {
            assert_eq!(caller(bad).unwrap_err().status, 401, "{bad}");
        }
        assert!(!format!("{access:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn a_wrong_token_file_is_said_by_line_without_the_token() {
        for (text, line) in
            [("nocolon", "line 1"), ("a:short", "line 1"), ("a:0123456789abcdef\na:0123456789abcdeg", "line 2"), ("", "no token")]
        {
            let error = Access::parse(text).unwrap_err();
            assert!(error.contains(line) && !error.contains("0123456789abcdeg") && !error.contains("short"), "{error}");
        }
    }

    #[test]
    fn without_tokens_only_this_machine_is_served() {
        let status = |pairs: &[(&'static str, &str)]| Access::Loopback.caller(&headers(pairs)).map_err(|p| p.status).err();
        for good in [
            &[("host", "127.0.0.1:7878")][..],
            &[("host", "[::1]:7878")],
            &[("host", "localhost")],
            &[],
            &[("host", "localhost:1"), ("origin", "http://localhost:1")],
        ] {
            assert_eq!(status(good), None, "{good:?}");
        }
        for bad in
            [&[("host", "evil.example:7878")][..], &[("host", "127.0.0.1"), ("origin", "https://evil.example")], &[("origin", "null")]]
        {
            assert_eq!(status(bad), Some(403), "{bad:?}");
        }
    }
}
