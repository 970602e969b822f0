//! An account's settings, and what they become once they are checked and the secrets are read.

use parcelward_courier::signing::md5_base64;
use parcelward_courier::{Account, ExposeSecret, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// As written in TOML; `example.toml` says what each means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    user_code: String,
    #[serde(default)]
    customer_code: String,
    secret: SecretReference,
    #[serde(default = "production")]
    base_url: String,
    #[serde(default = "first_version")]
    version: String,
    #[serde(default)]
    body: BodyKind,
    #[serde(default = "number_field")]
    number_field: String,
    client_id: Option<String>,
    #[serde(default = "intercept_words")]
    intercept_words: String,
    #[serde(default = "address_change_words")]
    address_change_words: String,
    #[serde(default = "cancel_words")]
    cancel_words: String,
    #[serde(default)]
    track: Interface,
    #[serde(default)]
    subscribe: Interface,
    #[serde(default)]
    intercept: Interface,
    #[serde(default)]
    address_change: Interface,
    #[serde(default)]
    intercept_cancel: Interface,
    #[serde(default)]
    push: Push,
}

/// Where one interface differs from what the account says in common.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Interface {
    url: Option<String>,
    method: Option<String>,
    version: Option<String>,
    secret: Option<SecretReference>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Push {
    secret: Option<SecretReference>,
}

/// How the outer fields are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BodyKind {
    #[default]
    Json,
    Form,
}

fn production() -> String {
    "https://openapi.yto.net.cn:11443/open".to_owned()
}
fn first_version() -> String {
    "v1".to_owned()
}
fn number_field() -> String {
    "NUMBER".to_owned()
}
fn intercept_words() -> String {
    "拦截退回".to_owned()
}
fn address_change_words() -> String {
    "修改收件地址".to_owned()
}
fn cancel_words() -> String {
    "取消拦截".to_owned()
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) body: BodyKind,
    pub(crate) number_field: String,
    pub(crate) client_id: String,
    pub(crate) words: Words,
    pub(crate) track: Endpoint,
    pub(crate) subscribe: Endpoint,
    pub(crate) intercept: Endpoint,
    pub(crate) address_change: Endpoint,
    pub(crate) intercept_cancel: Endpoint,
    pub(crate) push_secret: SecretString,
}

/// The reasons that YTO wants to hear.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) intercept: String,
    pub(crate) address_change: String,
    pub(crate) cancel: String,
}

/// One interface: its address and what its requests are signed with.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    method: String,
    version: String,
    secret: SecretString,
}

impl Endpoint {
    /// `Base64(MD5(param + method + version + secret))`; the timestamp is not signed.
    pub(crate) fn sign(&self, param: &str) -> String {
        md5_base64(&[param, &self.method, &self.version, self.secret.expose_secret()])
    }
}

/// What all interfaces of an account have in common, while its settings are read.
struct Common<'a> {
    account: &'a Account<'a>,
    base_url: String,
    suffix: Option<String>,
    version: &'a str,
    secret: Option<SecretString>,
}

impl Common<'_> {
    fn endpoint(&self, name: &str, method: &str, own: &Interface, problems: &mut Vec<SettingProblem>) -> Option<Endpoint> {
        let method = own.method.as_deref().unwrap_or(method).to_owned();
        let version = own.version.as_deref().unwrap_or(self.version).to_owned();
        for (field, text) in [("method", &method), ("version", &version)] {
            if text.trim().is_empty() {
                problems.push(SettingProblem::at(format!("{name}.{field}"), "is empty"));
            }
        }
        let url = match (&own.url, &self.suffix) {
            (Some(url), _) => self.account.url(&format!("{name}.url"), url, problems),
            (None, Some(suffix)) => Some(format!("{}/{method}/{version}/{suffix}", self.base_url)),
            (None, None) => {
                problems
                    .push(SettingProblem::at(format!("{name}.url"), "is missing: without user_code and customer_code it must be whole"));
                None
            }
        };
        let secret = match &own.secret {
            Some(reference) => self.account.secret(&format!("{name}.secret"), reference, problems),
            None => self.secret.clone(),
        };
        Some(Endpoint { url: url?, method, version, secret: secret? })
    }
}

impl Config {
    /// Checks an account's settings and reads its secrets; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        let words = [
            ("number_field", &settings.number_field),
            ("intercept_words", &settings.intercept_words),
            ("address_change_words", &settings.address_change_words),
            ("cancel_words", &settings.cancel_words),
        ];
        problems.extend(words.iter().filter(|(_, text)| text.trim().is_empty()).map(|(field, _)| SettingProblem::at(*field, "is empty")));
        let (user, customer) = (settings.user_code.trim(), settings.customer_code.trim());
        let secret = account.secret("secret", &settings.secret, &mut problems);
        let push_secret = match &settings.push.secret {
            Some(reference) => account.secret("push.secret", reference, &mut problems),
            None => secret.clone(),
        };
        let common = Common {
            account,
            base_url: account.url("base_url", &settings.base_url, &mut problems).unwrap_or_default(),
            suffix: (!user.is_empty() && !customer.is_empty()).then(|| format!("{user}/{customer}")),
            version: &settings.version,
            secret,
        };
        let track = common.endpoint("track", "track_query_adapter", &settings.track, &mut problems);
        let subscribe = common.endpoint("subscribe", "subscribe_adapter", &settings.subscribe, &mut problems);
        let intercept = common.endpoint("intercept", "wanted_report_adapter", &settings.intercept, &mut problems);
        let change = common.endpoint("address_change", "wanted_change_adapter", &settings.address_change, &mut problems);
        let cancel = common.endpoint("intercept_cancel", "wanted_cancel_adapter", &settings.intercept_cancel, &mut problems);
        let client_id = settings.client_id.unwrap_or_else(|| customer.to_owned());
        if client_id.trim().is_empty() {
            problems.push(SettingProblem::at("client_id", "is missing: without customer_code a subscription has no name to go under"));
        }
        match (track, subscribe, intercept, change, cancel, push_secret) {
            (Some(track), Some(subscribe), Some(intercept), Some(address_change), Some(intercept_cancel), Some(push_secret))
                if problems.is_empty() =>
            {
                Ok(Config {
                    body: settings.body,
                    number_field: settings.number_field,
                    client_id,
                    words: Words {
                        intercept: settings.intercept_words,
                        address_change: settings.address_change_words,
                        cancel: settings.cancel_words,
                    },
                    track,
                    subscribe,
                    intercept,
                    address_change,
                    intercept_cancel,
                    push_secret,
                })
            }
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(param: &str, method: &str, version: &str, secret: &str) -> String {
        let endpoint =
            Endpoint { url: String::new(), method: method.to_owned(), version: version.to_owned(), secret: secret.to_owned().into() };
        endpoint.sign(param)
    }

    #[test]
    fn signs_as_the_published_examples_do() {
        assert_eq!(sign("opentest", "", "", "123456"), "YLstCNa3x8ijQx16e/jqOA==");
        let track = r#"{"NUMBER":"YT2600227881409"}"#;
        assert_eq!(sign(track, "track_query_adapter", "v1", "123456"), "uhSL6hg8txxadZi26YPYPg==");
        assert_eq!(sign(track, "track_query_adapter", "v1", "1QLlIZ"), "A5VvsQJFjUk8wEHg6wxDsQ==");
        let report = r#"{"waybillNo":"YT2600227881409","wantedDesc":"拦截退回"}"#;
        assert_eq!(sign(report, "wanted_report_adapter", "v1", "123456"), "TSZTAYQAuQvMQ6mBdT4W6w==");
    }
}
