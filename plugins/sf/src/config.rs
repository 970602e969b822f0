//! An account's settings, and what they become once they are checked and the secrets are read.

use parcelward_courier::{Account, Address, PhoneTail, SecretReference, SecretString, SettingProblem};
use serde::Deserialize;

const PRODUCTION: &str = "https://sfapi.sf-express.com/std/service";

/// As written in TOML; `example.toml` says what each means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    partner_id: String,
    checkword: SecretReference,
    #[serde(default = "production")]
    base_url: String,
    #[serde(default = "production")]
    tracking_url: String,
    #[serde(default)]
    timestamp: Timestamp,
    #[serde(default)]
    monthly_card: String,
    #[serde(default)]
    pay_mode: PayMode,
    #[serde(default)]
    sender_phone_tail: String,
    return_address: Option<ReturnAddress>,
}

fn production() -> String {
    PRODUCTION.to_owned()
}

/// How the signed timestamp is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Timestamp {
    #[default]
    Milliseconds,
    Seconds,
}

/// Who pays for a return or a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PayMode {
    /// The monthly card where there is one, else the sender in cash.
    #[default]
    #[serde(rename = "")]
    Unset,
    SenderCash,
    RecipientCash,
    ThirdPartyCard,
    MonthlyCard,
}

impl PayMode {
    /// `payMode`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            PayMode::SenderCash | PayMode::Unset => "1",
            PayMode::RecipientCash => "2",
            PayMode::ThirdPartyCard => "3",
            PayMode::MonthlyCard => "4",
        }
    }

    /// Whether the card's number has to stand beside it.
    pub(crate) const fn wants_card(self) -> bool {
        matches!(self, PayMode::ThirdPartyCard | PayMode::MonthlyCard)
    }
}

/// The merchant's own address for what comes back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnAddress {
    name: String,
    phone: String,
    province: String,
    city: String,
    district: String,
    detail: String,
}

/// An account that can work.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) base_url: String,
    pub(crate) tracking_url: String,
    pub(crate) partner_id: String,
    pub(crate) checkword: SecretString,
    pub(crate) timestamp: Timestamp,
    pub(crate) terms: Terms,
    pub(crate) sender_phone_tail: Option<PhoneTail>,
}

/// On what terms parcels are turned round or sent elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    pub(crate) monthly_card: String,
    pub(crate) pay_mode: PayMode,
    pub(crate) return_address: Option<Address>,
}

impl Config {
    /// Checks an account's settings and reads its secrets; says everything that is wrong at once.
    pub(crate) fn read(account: &Account<'_>) -> Result<Config, Vec<SettingProblem>> {
        let settings: Settings = account.settings()?;
        let mut problems = Vec::new();
        if settings.partner_id.trim().is_empty() {
            problems.push(SettingProblem::at("partner_id", "is empty"));
        }
        let base_url = account.url("base_url", &settings.base_url, &mut problems);
        let tracking_url = account.url("tracking_url", &settings.tracking_url, &mut problems);
        let checkword = account.secret("checkword", &settings.checkword, &mut problems);
        let monthly_card = settings.monthly_card.trim().to_owned();
        let pay_mode = match settings.pay_mode {
            PayMode::Unset if monthly_card.is_empty() => PayMode::SenderCash,
            PayMode::Unset => PayMode::MonthlyCard,
            set => set,
        };
        if pay_mode.wants_card() && monthly_card.is_empty() {
            problems.push(SettingProblem::at("monthly_card", "is empty: this pay_mode wants it"));
        }
        let sender_phone_tail = phone_tail(&settings.sender_phone_tail, &mut problems);
        let return_address = settings.return_address.map(|address| address.checked(&mut problems));
        match (base_url, tracking_url, checkword) {
            (Some(base_url), Some(tracking_url), Some(checkword)) if problems.is_empty() => Ok(Config {
                base_url,
                tracking_url,
                partner_id: settings.partner_id,
                checkword,
                timestamp: settings.timestamp,
                terms: Terms { monthly_card, pay_mode, return_address },
                sender_phone_tail,
            }),
            _ => Err(problems),
        }
    }
}

fn phone_tail(text: &str, problems: &mut Vec<SettingProblem>) -> Option<PhoneTail> {
    let four = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    if !text.is_empty() && !four {
        problems.push(SettingProblem::at("sender_phone_tail", "is not four digits"));
    }
    PhoneTail::of(text).filter(|_| four)
}

impl ReturnAddress {
    fn checked(self, problems: &mut Vec<SettingProblem>) -> Address {
        let parts = [
            ("name", &self.name),
            ("phone", &self.phone),
            ("province", &self.province),
            ("city", &self.city),
            ("district", &self.district),
            ("detail", &self.detail),
        ];
        for (name, _) in parts.into_iter().filter(|(_, text)| text.trim().is_empty()) {
            problems.push(SettingProblem::at(format!("return_address.{name}"), "is empty"));
        }
        Address {
            name: Some(self.name),
            phone: Some(self.phone),
            province: Some(self.province),
            city: Some(self.city),
            district: Some(self.district),
            detail: Some(self.detail),
        }
    }
}
