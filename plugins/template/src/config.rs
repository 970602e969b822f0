//! An account's settings, and what they become once they are checked and the secrets are read.

use parcelward_courier::{Account, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// As written in TOML; `example.toml` says what each means. What the carrier's documents leave open is a setting.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    app_key: String,
    app_secret: SecretReference,
    #[serde(default = "production")]
    base_url: String,
}

fn production() -> String {
    "https://api.template.example".to_owned()
}

/// An account that can work. `SecretString` shows nothing in `Debug`.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) app_key: String,
    pub(crate) secret: SecretString,
    pub(crate) base_url: String,
}

impl Config {
    /// Checks an account's settings and reads its secrets; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        if settings.app_key.trim().is_empty() {
            problems.push(SettingProblem::at("app_key", "is empty"));
        }
        let base_url = account.url("base_url", &settings.base_url, &mut problems);
        let secret = account.secret("app_secret", &settings.app_secret, &mut problems);
        match (base_url, secret) {
            (Some(base_url), Some(secret)) if problems.is_empty() => Ok(Config { app_key: settings.app_key, secret, base_url }),
            _ => Err(problems),
        }
    }
}
