//! What a plugin says of itself in its `example.toml`: the settings that there are, and what an account could do at the most.

use parcelward_courier::{
    Abilities, Account, CourierAdapter, LimitsSettings, Plugin, SecretReference, SecretSource, SecretString, TransportSettings,
    UnreadableSecret,
};
use std::sync::Arc;

/// Any secret is there: nothing is asked with it. It is also a key for couriers that want 16 bytes in Base64.
struct AnySecret;

impl SecretSource for AnySecret {
    fn read(&self, _: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        Ok("MDEyMzQ1Njc4OWFiY2RlZg==".into())
    }
}

/// Every setting that the example shows, those in comments included.
pub(super) fn settings(plugin: &Plugin) -> toml::Table {
    let uncommented: Vec<&str> = plugin.example.lines().map(uncommented).collect();
    let whole = uncommented.join("\n").parse::<toml::Table>();
    whole.or_else(|_| plugin.example.parse()).unwrap_or_default()
}

/// A setting in a comment, as a setting. A sentence stays a comment.
fn uncommented(line: &str) -> &str {
    let Some(rest) = line.strip_prefix("# ") else { return line };
    let key = rest.split('=').next().unwrap_or_default().trim();
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_header = rest.starts_with('[') && rest.ends_with(']');
    if (is_key && rest.contains('=') || is_header) && rest.parse::<toml::Table>().is_ok() { rest } else { line }
}

/// The adapters of an account that has everything the example has. They are asked what they can do, and nothing else.
pub fn adapters(plugin: &Plugin) -> Vec<Arc<dyn CourierAdapter>> {
    let settings = plugin.example.parse::<toml::Table>().unwrap_or_default();
    let account = Account {
        name: plugin.code,
        settings: &settings,
        limits: &LimitsSettings::default(),
        transport: &TransportSettings { allow_plain_http: true, ..TransportSettings::default() },
        secrets: &AnySecret,
        push_url: Some("https://push.invalid/push"),
    };
    (plugin.build)(&account).unwrap_or_default()
}

/// What an adapter of this plugin can do with the right account, for whichever courier.
pub(super) fn abilities(plugin: &Plugin) -> Vec<Abilities> {
    adapters(plugin).iter().map(|adapter| Abilities::of(&**adapter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carriers;

    #[test]
    fn every_carrier_of_ours_is_built_from_its_example_and_tells_its_settings() {
        for plugin in carriers::all() {
            assert_eq!(adapters(&plugin).len(), plugin.couriers.len(), "{}", plugin.code);
            assert!(settings(&plugin).len() >= 2, "{}", plugin.code);
        }
        let sf = settings(&carriers::of_code("sf").unwrap());
        assert!(sf["return_address"]["city"].is_str(), "settings in comments are settings: {sf:?}");
        let yto = settings(&carriers::of_code("yto").unwrap());
        assert!(yto.contains_key("client_id") && yto["track"].as_table().unwrap().contains_key("url"), "{yto:?}");
    }
}
