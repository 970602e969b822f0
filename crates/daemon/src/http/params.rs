//! Query parameters: each read by name, every wrong one said, unknown ones too. And the parts of paths.

use super::problem::{Kind, Problem, shown};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::UnknownWord;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The parts of a path. One that cannot be read (its bytes are no UTF-8) is a problem like any other.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(read)) => Ok(Path(read)),
            Err(rejection) => Err(Problem::bad("(path)", rejection.body_text())),
        }
    }
}

/// The pairs of a query, likewise.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(read)) => Ok(Query(read)),
            Err(rejection) => Err(Problem::bad("(query)", rejection.body_text())),
        }
    }
}

/// The parameters of a request, until they are all read.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
    problem: Problem,
}

impl Params {
    /// From the pairs of a query. An empty value counts as absent, so that a form can be sent as it is.
    #[must_use]
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Params {
            pairs: pairs.into_iter().filter(|(_, v)| !v.is_empty()).collect(),
            known: Vec::new(),
            problem: Problem::new(Kind::BadRequest),
        }
    }

    /// A text.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let mut values = self.pairs.extract_if(.., |(n, _)| n == name).map(|(_, v)| v).collect::<Vec<_>>();
        let value = values.pop();
        if !values.is_empty() {
            self.wrong(name, "stands more than once");
        }
        value.filter(|v| {
            let fits = v.len() <= 300;
            if !fits {
                self.wrong(name, "is longer than 300 bytes");
            }
            fits
        })
    }

    /// A word of a closed list.
    pub fn word<T: FromStr<Err = UnknownWord>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        text.parse().map_err(|e: UnknownWord| self.wrong(name, e.to_string())).ok()
    }

    /// An instant.
    pub fn instant(&mut self, name: &'static str) -> Option<Instant> {
        // A plus sign that was not escaped arrives as a space.
        let text = self.text(name)?.replace(' ', "+");
        Instant::parse(&text).map_err(|e| self.wrong(name, e.to_string())).ok()
    }

    /// A whole number within bounds.
    pub fn number(&mut self, name: &'static str, least: u32, most: u32, default: u32) -> u32 {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<u32>() {
            Ok(n) if (least..=most).contains(&n) => n,
            _ => {
                self.wrong(name, format!("must be a whole number from {least} to {most}"));
                default
            }
        }
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &'static str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => {
                self.wrong(name, "must be true or false");
                false
            }
        }
    }

    /// Notes what is wrong with a parameter.
    pub fn wrong(&mut self, name: &str, message: impl Into<String>) {
        self.problem = self.problem.clone().field(name, message);
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Everything that was wrong, unknown parameters included.
    pub fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.wrong(&shown(&name), format!("is not a parameter here; there are {}", self.known.join(", ")));
        }
        if self.problem.errors.is_empty() { Ok(()) } else { Err(self.problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_casework::words::Queue;

    #[test]
    fn every_wrong_parameter_is_named() {
        let pairs =
            [("queue", "kitchen"), ("due_before", "soon"), ("limit", "0"), ("colour", "red"), ("shop", "a"), ("shop", "b"), ("empty", "")];
        let mut params = Params::new(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect());
        assert_eq!(params.word::<Queue>("queue"), None);
        assert_eq!(params.instant("due_before"), None);
        assert_eq!(params.number("limit", 1, 500, 50), 50);
        params.text("shop");
        let problem = params.finish().unwrap_err();
        let named: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(named, ["queue", "due_before", "limit", "shop", "colour"]);
    }

    #[test]
    fn a_plus_sign_that_was_not_escaped_is_understood() {
        let mut params = Params::new(vec![("due_before".to_owned(), "2026-03-10T08:00:00 08:00".to_owned())]);
        assert_eq!(params.instant("due_before"), Some(Instant::parse("2026-03-10T08:00:00+08:00").unwrap()));
        assert!(params.finish().is_ok());
    }
}
