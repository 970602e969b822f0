//! The one list of carriers: the plugins of this repository, and those that a third party's binary brings along.
//!
//! Deliberately absent: accounts and routes (`config`), and anything that one carrier alone knows.

use parcelward_casework::words::Courier;
use parcelward_courier::Plugin;
use std::sync::{PoisonError, RwLock};

/// Every carrier of this repository. Couriers first, then aggregators.
const OURS: [Plugin; 10] = [
    parcelward_courier_sf::PLUGIN,
    parcelward_courier_zto::PLUGIN,
    parcelward_courier_yto::PLUGIN,
    parcelward_courier_sto::PLUGIN,
    parcelward_courier_yunda::PLUGIN,
    parcelward_courier_jt::PLUGIN,
    parcelward_courier_jd::PLUGIN,
    parcelward_courier_ems::PLUGIN,
    parcelward_courier_deppon::PLUGIN,
    parcelward_courier_kuaidi100::PLUGIN,
];

/// What a binary brought along before it read its command line.
static BROUGHT: RwLock<Vec<Plugin>> = RwLock::new(Vec::new());

/// Adds one. A carrier with the code of one that is there takes its place.
pub(crate) fn bring(plugin: Plugin) {
    let mut brought = BROUGHT.write().unwrap_or_else(PoisonError::into_inner);
    brought.retain(|known| known.code != plugin.code);
    brought.push(plugin);
}

/// Every carrier, in the order in which tables show them.
#[must_use]
pub fn all() -> Vec<Plugin> {
    let brought = BROUGHT.read().unwrap_or_else(PoisonError::into_inner);
    let ours = OURS.into_iter().filter(|plugin| !brought.iter().any(|b| b.code == plugin.code));
    ours.chain(brought.iter().copied()).collect()
}

/// The carrier of a code.
#[must_use]
pub fn of_code(code: &str) -> Option<Plugin> {
    all().into_iter().find(|plugin| plugin.code == code)
}

/// Whether it is a courier's own interface, and not an aggregator's.
#[must_use]
pub fn is_direct(plugin: &Plugin, courier: Courier) -> bool {
    plugin.code == courier.word()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_courier_of_the_contract_but_other_has_an_interface_of_its_own() {
        for courier in Courier::ALL.iter().copied().filter(|courier| *courier != Courier::Other) {
            assert!(OURS.iter().any(|plugin| is_direct(plugin, courier) && plugin.couriers == [courier]), "{courier}");
        }
        let codes: std::collections::BTreeSet<&str> = OURS.iter().map(|plugin| plugin.code).collect();
        assert_eq!(codes.len(), OURS.len(), "a code names one carrier");
    }
}
