//! An account's settings, and what they become once they are checked and the secrets are read.

use parcelward_courier::signing::{jt_business_digest, md5_base64};
use parcelward_courier::{Account, ExposeSecret, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

/// As written in TOML; `example.toml` says what each means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    api_account: String,
    private_key: SecretReference,
    #[serde(default = "production")]
    base_url: String,
    uuid: Option<String>,
    #[serde(default)]
    business_digest: bool,
    #[serde(default)]
    customer_code: String,
    customer_password: Option<SecretReference>,
    #[serde(default = "digest_salt")]
    digest_salt: String,
    #[serde(default)]
    numbers: Numbers,
    #[serde(default)]
    subscriber_field: SubscriberField,
    #[serde(default = "trace_nodes")]
    trace_nodes: Vec<u8>,
    #[serde(default = "signed")]
    push_signed: bool,
}

/// How waybills stand in a tracking question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Numbers {
    #[default]
    Text,
    List,
}

/// How a subscription spells the account's field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum SubscriberField {
    #[default]
    #[serde(rename = "id")]
    Lower,
    #[serde(rename = "Id")]
    Upper,
}

fn production() -> String {
    "https://openapi.jtexpress.com.cn/webopenplatformapi/api".to_owned()
}
fn digest_salt() -> String {
    "jadada236t2".to_owned()
}
fn trace_nodes() -> Vec<u8> {
    (1..=14).filter(|node| *node != 2).collect()
}
const fn signed() -> bool {
    true
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) api_account: String,
    private_key: SecretString,
    base_url: String,
    /// `?uuid=…`, or nothing.
    query: String,
    pub(crate) customer: Option<Customer>,
    pub(crate) numbers: Numbers,
    pub(crate) subscriber_field: SubscriberField,
    /// `1&3&4`.
    pub(crate) trace_nodes: String,
    /// Holds the secret of the path.
    pub(crate) push_url: Option<SecretString>,
    pub(crate) push_signed: bool,
}

/// Who asks, and the digest that proves it within the body.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) code: String,
    pub(crate) digest: SecretString,
}

impl Config {
    /// Checks an account's settings and reads its secrets; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        if settings.api_account.trim().is_empty() {
            problems.push(SettingProblem::at("api_account", "is empty"));
        }
        if settings.trace_nodes.is_empty() || settings.trace_nodes.iter().any(|node| !(1..=14).contains(node)) {
            problems.push(SettingProblem::at("trace_nodes", "are J&T's numbers, 1 to 14, at least one"));
        }
        let base_url = account.url("base_url", &settings.base_url, &mut problems);
        let private_key = account.secret("private_key", &settings.private_key, &mut problems);
        let customer = match (&private_key, settings.business_digest) {
            (Some(key), true) => customer(account, &settings, key, &mut problems),
            _ => None,
        };
        let uuid = settings.uuid.as_deref().map(str::trim).filter(|uuid| !uuid.is_empty());
        if uuid.is_some_and(|uuid| !uuid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
            problems.push(SettingProblem::at("uuid", "has other characters than letters, digits and -"));
        }
        let nodes: Vec<String> = settings.trace_nodes.iter().map(u8::to_string).collect();
        match (base_url, private_key) {
            (Some(base_url), Some(private_key)) if problems.is_empty() => Ok(Config {
                base_url,
                private_key,
                query: uuid.map(|uuid| format!("?uuid={uuid}")).unwrap_or_default(),
                customer,
                api_account: settings.api_account,
                numbers: settings.numbers,
                subscriber_field: settings.subscriber_field,
                trace_nodes: nodes.join("&"),
                push_url: account.push_url.map(SecretString::from),
                push_signed: settings.push_signed,
            }),
            _ => Err(problems),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}{}", self.base_url, self.query)
    }

    /// The header's digest: `Base64(MD5(bizContent + private key))`, over the text before it is encoded.
    pub(crate) fn sign(&self, content: &str) -> String {
        md5_base64(&[content, self.private_key.expose_secret()])
    }
}

fn customer(account: &Account<'_>, settings: &Settings, key: &SecretString, problems: &mut Vec<SettingProblem>) -> Option<Customer> {
    let missing = |field: &str| SettingProblem::at(field, "is missing: business_digest = true wants it");
    if settings.customer_code.trim().is_empty() {
        problems.push(missing("customer_code"));
    }
    let Some(reference) = &settings.customer_password else {
        problems.push(missing("customer_password"));
        return None;
    };
    let password = account.secret("customer_password", reference, problems)?;
    let code = settings.customer_code.clone();
    let digest = jt_business_digest(&code, password.expose_secret(), &settings.digest_salt, key.expose_secret());
    Some(Customer { code, digest: digest.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_that_are_pushed_are_all_but_the_retired_one() {
        assert_eq!(trace_nodes(), [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    }
}
