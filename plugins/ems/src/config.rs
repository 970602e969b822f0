//! An account's settings, and what they become once they are checked and the secrets are read.

use parcelward_courier::signing::sm4::ems_seal;
use parcelward_courier::{Account, ExposeSecret, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// As written in TOML; `example.toml` says what each means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    sender_no: String,
    authorization: SecretReference,
    signing_key: Option<SecretReference>,
    #[serde(default = "production")]
    base_url: String,
    #[serde(default = "version")]
    version: String,
    #[serde(default)]
    msg_type: String,
    #[serde(default)]
    user_code: String,
}

fn production() -> String {
    "https://api.ems.com.cn/amp-prod-api/f/amp/api/open".to_owned()
}
fn version() -> String {
    "V1.0.0".to_owned()
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) base_url: String,
    pub(crate) sender_no: String,
    pub(crate) authorization: SecretString,
    /// With which bodies are enciphered; known to fit.
    pub(crate) key: SecretString,
    pub(crate) version: String,
    pub(crate) msg_type: String,
    pub(crate) user_code: String,
}

impl Config {
    /// Checks an account's settings and reads its secrets; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        if settings.sender_no.trim().is_empty() {
            problems.push(SettingProblem::at("sender_no", "is empty"));
        }
        let base_url = account.url("base_url", &settings.base_url, &mut problems);
        let authorization = account.secret("authorization", &settings.authorization, &mut problems);
        let (field, key) = match &settings.signing_key {
            Some(reference) => ("signing_key", account.secret("signing_key", reference, &mut problems)),
            None => ("authorization", authorization.clone()),
        };
        if key.as_ref().is_some_and(|key| ems_seal("", key.expose_secret()).is_err()) {
            problems.push(SettingProblem::at(field, "is not a key: 16 bytes in Base64 are wanted"));
        }
        match (base_url, authorization, key) {
            (Some(base_url), Some(authorization), Some(key)) if problems.is_empty() => Ok(Config {
                base_url,
                sender_no: settings.sender_no,
                authorization,
                key,
                version: settings.version,
                msg_type: settings.msg_type,
                user_code: settings.user_code,
            }),
            _ => Err(problems),
        }
    }
}
