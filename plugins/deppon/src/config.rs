//! An account's settings, and what they become once they are checked and the secret is read.

use parcelward_courier::signing::md5_hex_base64;
use parcelward_courier::{Account, ExposeSecret, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// As written in TOML; `example.toml` says what each means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    company_code: String,
    app_key: SecretReference,
    #[serde(default = "track_url")]
    track_url: String,
    #[serde(default = "subscribe_url")]
    subscribe_url: String,
}

fn track_url() -> String {
    "https://dpapi.deppon.com/dop-interface-sync/standard-query/newTraceQuery.action".to_owned()
}
fn subscribe_url() -> String {
    "https://dpapi.deppon.com/dop-interface-sync/dop-nonstandard-extension/standTraceSubscribe.action".to_owned()
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) company_code: String,
    app_key: SecretString,
    pub(crate) track_url: String,
    pub(crate) subscribe_url: String,
}

impl Config {
    /// Checks an account's settings and reads its secret; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        if settings.company_code.trim().is_empty() {
            problems.push(SettingProblem::at("company_code", "is empty"));
        }
        let track_url = account.url("track_url", &settings.track_url, &mut problems);
        let subscribe_url = account.url("subscribe_url", &settings.subscribe_url, &mut problems);
        let app_key = account.secret("app_key", &settings.app_key, &mut problems);
        match (track_url, subscribe_url, app_key) {
            (Some(track_url), Some(subscribe_url), Some(app_key)) if problems.is_empty() => {
                Ok(Config { company_code: settings.company_code, app_key, track_url, subscribe_url })
            }
            _ => Err(problems),
        }
    }

    /// `Base64(hex(MD5(params + app key + timestamp)))`: of the 32 letters, not of the bytes.
    pub(crate) fn sign(&self, params: &str, timestamp: &str) -> String {
        md5_hex_base64(&[params, self.app_key.expose_secret(), timestamp])
    }
}
