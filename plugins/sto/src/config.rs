//! An account's settings, and what they become once they are checked and the secret is read.

use parcelward_courier::signing::md5_base64;
use parcelward_courier::{Account, ExposeSecret, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// As written in TOML; `example.toml` says what each means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    app_key: String,
    secret: SecretReference,
    from_code: Option<String>,
    #[serde(default = "production")]
    gateway_url: String,
    #[serde(default = "intercept_api")]
    intercept_api: String,
    #[serde(default = "intercept_cancel_api")]
    intercept_cancel_api: String,
    #[serde(default = "intercept_to_code")]
    intercept_to_code: String,
    #[serde(default = "act")]
    intercept_act: String,
    #[serde(default = "act")]
    address_change_act: String,
}

fn production() -> String {
    "https://cloudinter-linkgateway.sto.cn/gateway/link.do".to_owned()
}
fn intercept_api() -> String {
    "INTERCEPT_CREATE_STANDARD".to_owned()
}
fn intercept_cancel_api() -> String {
    "INTERCEPT_DEL_STANDARD".to_owned()
}
fn intercept_to_code() -> String {
    "reverse-center".to_owned()
}
fn act() -> String {
    "DEFAULT".to_owned()
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) app_key: String,
    pub(crate) from_code: String,
    secret: SecretString,
    pub(crate) gateway_url: String,
    pub(crate) intercepts: Intercepts,
}

/// The names around intercepting.
#[derive(Debug)]
pub(crate) struct Intercepts {
    pub(crate) api: String,
    pub(crate) cancel_api: String,
    pub(crate) to_code: String,
    pub(crate) act: String,
    pub(crate) change_act: String,
}

impl Config {
    /// Checks an account's settings and reads its secret; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        for (field, text) in [
            ("app_key", &settings.app_key),
            ("intercept_api", &settings.intercept_api),
            ("intercept_cancel_api", &settings.intercept_cancel_api),
            ("intercept_to_code", &settings.intercept_to_code),
            ("intercept_act", &settings.intercept_act),
            ("address_change_act", &settings.address_change_act),
        ] {
            if text.trim().is_empty() {
                problems.push(SettingProblem::at(field, "is empty"));
            }
        }
        let gateway_url = account.url("gateway_url", &settings.gateway_url, &mut problems);
        let secret = account.secret("secret", &settings.secret, &mut problems);
        match (gateway_url, secret) {
            (Some(gateway_url), Some(secret)) if problems.is_empty() => Ok(Config {
                from_code: settings.from_code.unwrap_or_else(|| settings.app_key.clone()),
                app_key: settings.app_key,
                secret,
                gateway_url,
                intercepts: Intercepts {
                    api: settings.intercept_api,
                    cancel_api: settings.intercept_cancel_api,
                    to_code: settings.intercept_to_code,
                    act: settings.intercept_act,
                    change_act: settings.address_change_act,
                },
            }),
            _ => Err(problems),
        }
    }

    /// `Base64(MD5(content + secret))`, over the text before it is encoded; of requests and of pushes.
    pub(crate) fn sign(&self, content: &str) -> String {
        md5_base64(&[content, self.secret.expose_secret()])
    }
}
