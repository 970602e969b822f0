//! An account's settings, and what they become once they are checked and the secrets are read.

use parcelward_courier::signing::{Algorithm, Encoding};
use parcelward_courier::{Account, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// As written in TOML; `example.toml` says what each means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    app_key: String,
    app_secret: SecretReference,
    #[serde(default = "production")]
    base_url: String,
    #[serde(default = "production")]
    tracking_url: String,
    #[serde(default)]
    digest: Algorithm,
    #[serde(default)]
    encoding: Encoding,
    #[serde(default)]
    send_timestamp: bool,
    hmac_key: Option<SecretReference>,
    #[serde(default = "key_header")]
    key_header: String,
    #[serde(default = "digest_header")]
    digest_header: String,
    #[serde(flatten)]
    customer: Customer,
    #[serde(default)]
    return_kinds: Vec<String>,
    #[serde(default)]
    redirect_kinds: Vec<String>,
}

/// Who asks, and where a compensation is paid.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Customer {
    pub(crate) customer_id: String,
    pub(crate) customer_name: String,
    pub(crate) customer_role: Role,
    pub(crate) compensation_channel: String,
    pub(crate) compensation_mobile: String,
    pub(crate) compensation_account_name: String,
    pub(crate) compensation_account_code: String,
}

/// Who opens a work order. An outlet's own staff do not use this program.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Other,
    Ordering,
    #[default]
    Sender,
    Receiver,
}

impl Role {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Role::Other => 0,
            Role::Ordering => 1,
            Role::Sender => 2,
            Role::Receiver => 3,
        }
    }
}

fn production() -> String {
    "https://japi.zto.com".to_owned()
}
fn key_header() -> String {
    "x-appKey".to_owned()
}
fn digest_header() -> String {
    "x-dataDigest".to_owned()
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) base_url: String,
    pub(crate) tracking_url: String,
    pub(crate) signing: Signing,
    pub(crate) customer: Customer,
    pub(crate) kinds: ReturnKinds,
}

/// What requests are signed with, and pushes checked.
#[derive(Debug)]
pub(crate) struct Signing {
    pub(crate) app_key: String,
    pub(crate) secret: SecretString,
    pub(crate) hmac_key: SecretString,
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: Encoding,
    pub(crate) send_timestamp: bool,
    pub(crate) key_header: String,
    pub(crate) digest_header: String,
}

/// What a pushed return may say of itself.
#[derive(Debug, Default)]
pub(crate) struct ReturnKinds {
    pub(crate) returned: Vec<String>,
    pub(crate) redirected: Vec<String>,
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
        let tracking_url = account.url("tracking_url", &settings.tracking_url, &mut problems);
        let secret = account.secret("app_secret", &settings.app_secret, &mut problems);
        let hmac_key = match &settings.hmac_key {
            Some(reference) => account.secret("hmac_key", reference, &mut problems),
            None if settings.digest == Algorithm::HmacSha256 => {
                problems.push(SettingProblem::at("hmac_key", "is missing: digest = \"hmac-sha256\" wants it"));
                None
            }
            None => Some(SecretString::default()),
        };
        match (base_url, tracking_url, secret, hmac_key) {
            (Some(base_url), Some(tracking_url), Some(secret), Some(hmac_key)) if problems.is_empty() => Ok(Config {
                base_url,
                tracking_url,
                signing: Signing {
                    app_key: settings.app_key,
                    secret,
                    hmac_key,
                    algorithm: settings.digest,
                    encoding: settings.encoding,
                    send_timestamp: settings.send_timestamp,
                    key_header: settings.key_header,
                    digest_header: settings.digest_header,
                },
                customer: settings.customer,
                kinds: ReturnKinds { returned: settings.return_kinds, redirected: settings.redirect_kinds },
            }),
            _ => Err(problems),
        }
    }
}
