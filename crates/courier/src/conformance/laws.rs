//! What does not depend on fixtures: settings that say what is wrong, and limits that are kept.

use super::peer::{Act, Peer};
use super::{AnySecret, Subject, call, transport};
use crate::error::{CourierError, NotSentReason};
use crate::limits::LimitsSettings;
use crate::plugin::Account;
use crate::secret::{SecretReference, SecretSource, UnreadableSecret};
use crate::tracking::TrackingQuery;
use crate::{OperationKind, SecretString, TransportSettings, offers};

/// No secret is there.
struct NoSecret;

impl SecretSource for NoSecret {
    fn read(&self, _: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        Err(UnreadableSecret { place: "nowhere".to_owned(), problem: "it is not set".to_owned() })
    }
}

fn build(subject: &Subject, settings: &toml::Table, secrets: &dyn SecretSource) -> Result<usize, Vec<String>> {
    let limits = LimitsSettings::default();
    let transport = TransportSettings { allow_plain_http: true, ..TransportSettings::default() };
    let account = Account { name: "checked", settings, limits: &limits, transport: &transport, secrets, push_url: None };
    let built = (subject.plugin.build)(&account);
    built.map(|adapters| adapters.len()).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// Law: the plugin's example works as it is written; an unknown field, a missing secret and an empty table are each told by name.
pub async fn settings_are_checked(subject: &Subject) -> Vec<String> {
    let mut breaches = Vec::new();
    let example: toml::Table = match subject.plugin.example.parse() {
        Ok(example) => example,
        Err(error) => return vec![format!("example.toml is no TOML: {error}")],
    };
    match build(subject, &example, &AnySecret) {
        Ok(0) => breaches.push("example.toml builds no adapter".to_owned()),
        Ok(_) => {}
        Err(problems) => breaches.push(format!("example.toml cannot be built: {}", problems.join("; "))),
    }
    let mut unknown = example.clone();
    unknown.insert("no_such_setting".to_owned(), toml::Value::Boolean(true));
    match build(subject, &unknown, &AnySecret) {
        Err(problems) if problems.iter().any(|p| p.contains("no_such_setting")) => {}
        other => breaches.push(format!("a setting that does not exist is not told by name: {other:?}")),
    }
    if !subject.secrets.is_empty() && build(subject, &example, &NoSecret).is_ok() {
        breaches.push("a missing secret is not told".to_owned());
    }
    if build(subject, &toml::Table::new(), &AnySecret).is_ok() {
        breaches.push("an account without any setting is built".to_owned());
    }
    breaches
}

/// Law: what a courier's own adapter offers is what the rules count on (`Courier::offers`).
pub async fn the_rules_know_what_it_offers(subject: &Subject) -> Vec<String> {
    let adapter = match subject.adapter("http://127.0.0.1:9", &transport(1_000)) {
        Ok(adapter) => adapter,
        Err(why) => return vec![why],
    };
    if !adapter.identity().is_direct() {
        return Vec::new();
    }
    let differs = OperationKind::ALL.iter().filter(|kind| offers(adapter.as_ref(), **kind) != subject.courier.offers(**kind));
    differs.map(|kind| format!("{kind}: the rules say {}, the adapter does not", subject.courier.offers(*kind))).collect()
}

/// Law: an account's limit is kept by its own gate: what goes beyond it is not sent, and says how long to wait.
pub async fn the_account_is_kept_to_its_limits(subject: &Subject) -> Vec<String> {
    match kept(subject).await {
        Ok(breaches) => breaches,
        Err(why) => vec![why],
    }
}

async fn kept(subject: &Subject) -> Result<Vec<String>, String> {
    let peer = Peer::start().await?;
    let limits = LimitsSettings { per_minute: Some(1), ..LimitsSettings::default() };
    let adapter = subject.adapter_with(peer.base(), &transport(5_000), &limits)?;
    peer.play(std::iter::repeat_n(Act::answer(500, ""), 4));
    let query = [TrackingQuery::number(adapter.sample_number())];
    let (first, asked) = (adapter.track(&call(), &query).await, peer.seen().len());
    let second = adapter.track(&call(), &query).await;
    let mut breaches = Vec::new();
    if first.is_ok() || asked != 1 {
        breaches.push(format!("the first call asked {asked} times"));
    }
    let limited = matches!(&second, Err(CourierError::NotSent { reason: NotSentReason::Limited, retry_after: Some(_), .. }));
    if !limited || peer.seen().len() != asked {
        breaches.push(format!("the call beyond the limit: {:?}, asked {} times", second.err(), peer.seen().len() - asked));
    }
    Ok(breaches)
}
