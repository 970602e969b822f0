//! An account's settings, and what they become once they are checked and the secrets are read.

use parcelward_courier::signing::jd::JdAlgorithm;
use parcelward_courier::{Account, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// The longest `cancelReason`, in characters.
const LONGEST_REASON: usize = 30;

/// As written in TOML; `example.toml` says what each means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    app_key: String,
    app_secret: SecretReference,
    access_token: SecretReference,
    #[serde(default = "production")]
    base_url: String,
    #[serde(default = "domain")]
    lop_dn: String,
    #[serde(default)]
    algorithm: JdAlgorithm,
    #[serde(default)]
    lop_tz: String,
    #[serde(default)]
    order_origin: Origin,
    #[serde(default)]
    customer_code: String,
    #[serde(default = "cancel_reason")]
    cancel_reason: String,
    #[serde(default)]
    subscribe_intercept: bool,
}

fn production() -> String {
    "https://api.jdl.com".to_owned()
}
fn domain() -> String {
    "ECAP".to_owned()
}
fn cancel_reason() -> String {
    "买家已退款".to_owned()
}

/// How parcels were ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    C2c,
    #[default]
    B2c,
    C2b,
}

impl Origin {
    /// `orderOrigin`.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Origin::C2c => 0,
            Origin::B2c => 1,
            Origin::C2b => 2,
        }
    }
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) base_url: String,
    pub(crate) lop_dn: String,
    pub(crate) lop_tz: String,
    pub(crate) app_key: String,
    pub(crate) app_secret: SecretString,
    pub(crate) access_token: SecretString,
    pub(crate) algorithm: JdAlgorithm,
    pub(crate) owner: Owner,
    pub(crate) cancel_reason: String,
    pub(crate) subscribe_intercept: bool,
}

/// Whose parcels are asked about.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) origin: Origin,
    /// Empty with c2c.
    pub(crate) customer_code: String,
}

impl Config {
    /// Checks an account's settings and reads its secrets; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        for (field, text) in [("app_key", &settings.app_key), ("lop_dn", &settings.lop_dn)] {
            if text.trim().is_empty() {
                problems.push(SettingProblem::at(field, "is empty"));
            }
        }
        if settings.order_origin != Origin::C2c && settings.customer_code.trim().is_empty() {
            problems.push(SettingProblem::at("customer_code", "is empty: b2c and c2b want it"));
        }
        if !(1..=LONGEST_REASON).contains(&settings.cancel_reason.trim().chars().count()) {
            problems.push(SettingProblem::at("cancel_reason", "is not of 1 to 30 characters"));
        }
        let base_url = account.url("base_url", &settings.base_url, &mut problems);
        let app_secret = account.secret("app_secret", &settings.app_secret, &mut problems);
        let access_token = account.secret("access_token", &settings.access_token, &mut problems);
        match (base_url, app_secret, access_token) {
            (Some(base_url), Some(app_secret), Some(access_token)) if problems.is_empty() => Ok(Config {
                base_url,
                lop_dn: settings.lop_dn,
                lop_tz: settings.lop_tz,
                app_key: settings.app_key,
                app_secret,
                access_token,
                algorithm: settings.algorithm,
                owner: Owner { origin: settings.order_origin, customer_code: settings.customer_code },
                cancel_reason: settings.cancel_reason.trim().to_owned(),
                subscribe_intercept: settings.subscribe_intercept,
            }),
            _ => Err(problems),
        }
    }
}
