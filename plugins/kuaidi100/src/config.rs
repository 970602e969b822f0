//! An account's settings, and what they become once they are checked and the secrets are read.

use crate::codes;
use parcelward_courier::{Account, Courier, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;
use std::collections::BTreeMap;

/// As written in TOML; `example.toml` says what each means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    customer: String,
    key: SecretReference,
    #[serde(default)]
    sign_type: SignType,
    #[serde(default = "query_url")]
    query_url: String,
    #[serde(default = "subscribe_url")]
    subscribe_url: String,
    #[serde(default = "order_url")]
    order_url: String,
    #[serde(default)]
    resultv2: ResultV2,
    salt: Option<SecretReference>,
    secret: Option<SecretReference>,
    #[serde(default)]
    order_id_field: OrderIdField,
    #[serde(default)]
    order_role: String,
    #[serde(default)]
    pay_type: String,
    #[serde(default)]
    companies: BTreeMap<Courier, String>,
    #[serde(default)]
    partners: BTreeMap<Courier, PartnerSettings>,
}

fn query_url() -> String {
    "https://poll.kuaidi100.com/poll/query.do".to_owned()
}
fn subscribe_url() -> String {
    "https://poll.kuaidi100.com/poll".to_owned()
}
fn order_url() -> String {
    "https://api.kuaidi100.com/label/order".to_owned()
}

/// How questions are signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum SignType {
    #[default]
    #[serde(rename = "MD5")]
    Md5,
    #[serde(rename = "SHA256")]
    Sha256,
}

/// How much each scan says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum ResultV2 {
    #[serde(rename = "1")]
    Words,
    #[default]
    #[serde(rename = "4")]
    Codes,
}

impl ResultV2 {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            ResultV2::Words => "1",
            ResultV2::Codes => "4",
        }
    }
}

/// Under which name our reference travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum OrderIdField {
    #[default]
    #[serde(rename = "")]
    None,
    #[serde(rename = "orderid")]
    Documented,
    #[serde(rename = "orderId")]
    Library,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartnerSettings {
    #[serde(default)]
    company: String,
    #[serde(default)]
    partner_id: String,
    partner_key: Option<SecretReference>,
    partner_secret: Option<SecretReference>,
    #[serde(default)]
    partner_name: String,
    #[serde(default)]
    net: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    app_key: String,
    app_secret: Option<SecretReference>,
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) customer: String,
    pub(crate) key: SecretString,
    pub(crate) sign_type: SignType,
    pub(crate) query_url: String,
    pub(crate) subscribe_url: String,
    pub(crate) order_url: String,
    pub(crate) resultv2: ResultV2,
    pub(crate) salt: Option<SecretString>,
    pub(crate) secret: Option<SecretString>,
    pub(crate) push_url: Option<PushUrl>,
    pub(crate) terms: Terms,
    pub(crate) companies: BTreeMap<Courier, String>,
    pub(crate) partners: BTreeMap<Courier, Partner>,
}

/// Where Kuaidi100 pushes to. No `Debug`: whoever knows it can push.
pub(crate) struct PushUrl(pub(crate) String);

impl std::fmt::Debug for PushUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PushUrl(***)")
    }
}

/// On what terms parcels are turned round.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    pub(crate) order_id_field: OrderIdField,
    pub(crate) order_role: String,
    pub(crate) pay_type: String,
}

/// The merchant's contract with a courier.
#[derive(Debug, Default)]
pub(crate) struct Partner {
    /// Kuaidi100's name for the courier in its dictionary of intercepts.
    pub(crate) company: String,
    pub(crate) partner_id: String,
    pub(crate) partner_key: SecretString,
    pub(crate) partner_secret: SecretString,
    pub(crate) partner_name: String,
    pub(crate) net: String,
    pub(crate) code: String,
    pub(crate) app_key: String,
    pub(crate) app_secret: SecretString,
}

impl Config {
    /// Checks an account's settings and reads its secrets; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        if settings.customer.trim().is_empty() {
            problems.push(SettingProblem::at("customer", "is empty"));
        }
        let query_url = account.url("query_url", &settings.query_url, &mut problems);
        let subscribe_url = account.url("subscribe_url", &settings.subscribe_url, &mut problems);
        let order_url = account.url("order_url", &settings.order_url, &mut problems);
        let key = account.secret("key", &settings.key, &mut problems);
        let salt = optional(account, "salt", settings.salt.as_ref(), &mut problems);
        let secret = optional(account, "secret", settings.secret.as_ref(), &mut problems);
        if !settings.partners.is_empty() && settings.secret.is_none() {
            problems.push(SettingProblem::at("secret", "is missing: intercepts for [partners] are signed with it"));
        }
        let partners = settings.partners.into_iter().map(|(courier, p)| (courier, p.checked(courier, account, &mut problems)));
        let partners = partners.collect();
        for (courier, company) in &settings.companies {
            if codes::company(*courier).is_none() || company.trim().is_empty() {
                problems.push(SettingProblem::at(format!("companies.{courier}"), "is no courier that is served, or empty"));
            }
        }
        match (query_url, subscribe_url, order_url, key) {
            (Some(query_url), Some(subscribe_url), Some(order_url), Some(key)) if problems.is_empty() => Ok(Config {
                customer: settings.customer,
                key,
                sign_type: settings.sign_type,
                query_url,
                subscribe_url,
                order_url,
                resultv2: settings.resultv2,
                salt,
                secret,
                push_url: account.push_url.map(|url| PushUrl(url.to_owned())),
                terms: Terms { order_id_field: settings.order_id_field, order_role: settings.order_role, pay_type: settings.pay_type },
                companies: settings.companies,
                partners,
            }),
            _ => Err(problems),
        }
    }

    /// Kuaidi100's name for a courier when it is asked where parcels are.
    pub(crate) fn company(&self, courier: Courier) -> &str {
        self.companies.get(&courier).map_or_else(|| codes::company(courier).unwrap_or_default(), String::as_str)
    }

    /// The courier of Kuaidi100's name for it.
    pub(crate) fn courier_of(&self, company: &str) -> Courier {
        let ours = self.companies.iter().find(|(_, name)| *name == company).map(|(courier, _)| *courier);
        ours.unwrap_or_else(|| codes::courier(company))
    }
}

fn optional(
    account: &Account<'_>,
    field: &str,
    reference: Option<&SecretReference>,
    problems: &mut Vec<SettingProblem>,
) -> Option<SecretString> {
    reference.and_then(|reference| account.secret(field, reference, problems))
}

impl PartnerSettings {
    fn checked(self, courier: Courier, account: &Account<'_>, problems: &mut Vec<SettingProblem>) -> Partner {
        let field = |name: &str| format!("partners.{courier}{name}");
        let usual = codes::intercepting_company(courier).unwrap_or_else(|| {
            problems.push(SettingProblem::at(field(""), "is none that Kuaidi100 takes intercepts for: zto, jt, jd, ems, deppon"));
            ""
        });
        let secrets = [("partner_key", &self.partner_key), ("partner_secret", &self.partner_secret), ("app_secret", &self.app_secret)];
        let [partner_key, partner_secret, app_secret] = secrets
            .map(|(name, reference)| optional(account, &field(&format!(".{name}")), reference.as_ref(), problems).unwrap_or_default());
        Partner {
            company: if self.company.is_empty() { usual.to_owned() } else { self.company },
            partner_id: self.partner_id,
            partner_key,
            partner_secret,
            partner_name: self.partner_name,
            net: self.net,
            code: self.code,
            app_key: self.app_key,
            app_secret,
        }
    }
}
