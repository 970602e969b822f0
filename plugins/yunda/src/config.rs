//! An account's settings, and what they become once they are checked and the secret is read.

use parcelward_courier::signing::md5_hex;
use parcelward_courier::{Account, ExposeSecret, Instant, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// As written in TOML; `example.toml` says what each means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    app_key: String,
    app_secret: SecretReference,
    #[serde(default = "production")]
    base_url: String,
    #[serde(default)]
    time_unit: TimeUnit,
}

/// What `req-time` counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeUnit {
    #[default]
    Milliseconds,
    Seconds,
}

impl TimeUnit {
    pub(crate) fn write(self, at: Instant) -> String {
        match self {
            TimeUnit::Milliseconds => at.millis().to_string(),
            TimeUnit::Seconds => at.millis().div_euclid(1000).to_string(),
        }
    }
}

fn production() -> String {
    "https://openapi.yundaex.com".to_owned()
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) app_key: String,
    app_secret: SecretString,
    pub(crate) base_url: String,
    pub(crate) time_unit: TimeUnit,
}

impl Config {
    /// Checks an account's settings and reads its secret; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        if settings.app_key.trim().is_empty() {
            problems.push(SettingProblem::at("app_key", "is empty"));
        }
        let base_url = account.url("base_url", &settings.base_url, &mut problems);
        let app_secret = account.secret("app_secret", &settings.app_secret, &mut problems);
        match (base_url, app_secret) {
            (Some(base_url), Some(app_secret)) if problems.is_empty() => {
                Ok(Config { app_key: settings.app_key, app_secret, base_url, time_unit: settings.time_unit })
            }
            _ => Err(problems),
        }
    }

    /// `hex(MD5(body + "_" + secret))`.
    pub(crate) fn sign(&self, body: &str) -> String {
        md5_hex(&[body, "_", self.app_secret.expose_secret()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_written_in_the_unit_that_is_set() {
        let at = Instant::from_millis(1_700_000_000_999);
        assert_eq!(TimeUnit::Milliseconds.write(at), "1700000000999");
        assert_eq!(TimeUnit::Seconds.write(at), "1700000000");
    }
}
