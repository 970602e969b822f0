//! A plugin: a carrier's crate, as the daemon lists it.

use crate::adapter::CourierAdapter;
use crate::limits::LimitsSettings;
use crate::secret::{SecretReference, SecretSource};
use crate::transport::TransportSettings;
use parcelward_casework::words::Courier;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The adapters of an account, or everything that is wrong with its settings.
pub type Built = Result<Vec<Arc<dyn CourierAdapter>>, Vec<SettingProblem>>;

/// A carrier's crate: one constant `PLUGIN` in each, and one line in the daemon's list.
#[derive(Clone, Copy)]
pub struct Plugin {
    /// Its code in routes and folders: the courier's own, or the aggregator's.
    pub code: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The couriers whose parcels it serves.
    pub couriers: &'static [Courier],
    /// An account's settings, every field with its meaning; what `example.toml` of the crate holds, and what a test builds from.
    pub example: &'static str,
    /// Builds the adapters of one account, one for each courier. Opens no connection.
    pub build: fn(&Account<'_>) -> Built,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("code", &self.code).field("couriers", &self.couriers).finish_non_exhaustive()
    }
}

/// An account to build adapters for.
pub struct Account<'a> {
    /// Its name in the configuration.
    pub name: &'a str,
    /// The plugin's own settings.
    pub settings: &'a toml::Table,
    /// What the operator set in place of the courier's limits.
    pub limits: &'a LimitsSettings,
    /// How it goes out.
    pub transport: &'a TransportSettings,
    /// Where secrets are read.
    pub secrets: &'a dyn SecretSource,
    /// Where the courier shall push to, the secret in the path included; nothing where pushes are off.
    pub push_url: Option<&'a str>,
}

/// Something wrong with an account's settings. Never shows a value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct SettingProblem {
    /// Which field (`app_secret`).
    pub field: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl SettingProblem {
    /// With a field and what is wrong there.
    #[must_use]
    pub fn at(field: impl Into<String>, problem: impl Into<String>) -> Self {
        SettingProblem { field: field.into(), problem: problem.into() }
    }
}

impl Account<'_> {
    /// The plugin's own settings, typed. Its struct has `#[serde(deny_unknown_fields)]`.
    ///
    /// # Errors
    /// The first field that is unknown, missing or of another type.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, Vec<SettingProblem>> {
        serde_path_to_error::deserialize(self.settings.clone()).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." { "settings".to_owned() } else { path };
            vec![SettingProblem::at(field, error.inner().message())]
        })
    }

    /// Reads a secret; what is wrong goes on the list, so that all problems are told at once.
    pub fn secret(&self, field: &str, reference: &SecretReference, problems: &mut Vec<SettingProblem>) -> Option<SecretString> {
        match self.secrets.read(reference) {
            Ok(secret) => Some(secret),
            Err(error) => {
                problems.push(SettingProblem::at(field, error.to_string()));
                None
            }
        }
    }

    /// Checks an address: `https://`, or `http://` where the transport allows it. Trailing slashes go.
    pub fn url(&self, field: &str, text: &str, problems: &mut Vec<SettingProblem>) -> Option<String> {
        let wrong = match reqwest::Url::parse(text) {
            Err(_) => Some("is no URL"),
            Ok(url) if url.scheme() == "https" && url.has_host() => None,
            Ok(url) if url.scheme() == "http" && url.has_host() => {
                (!self.transport.allow_plain_http).then_some("is not https (`allow_plain_http = true` in [transport] allows it)")
            }
            Ok(_) => Some("is no https URL"),
        };
        match wrong {
            None => Some(text.trim_end_matches('/').to_owned()),
            Some(problem) => {
                problems.push(SettingProblem::at(field, format!("`{text}` {problem}")));
                None
            }
        }
    }
}
