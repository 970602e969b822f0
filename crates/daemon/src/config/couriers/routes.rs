//! Who is asked for what: the routes of the files, checked against what the adapters can do.

use super::account::Say;
use super::{AccountState, example};
use crate::carriers;
use parcelward_courier::{Ability, Courier, Plugin};
use parcelward_scheduler::{AccountLane, Routes};
use std::collections::BTreeMap;

use super::super::problem::{dotted, listed, nearest};

/// The key for every ability that is not named.
const DEFAULT: &str = "default";

type RawRoutes = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Checks the routes and puts the accounts that are on in their order.
pub(super) fn compile(raw: &RawRoutes, lanes: Vec<AccountLane>, accounts: &[AccountState], say: &mut Say<'_>) -> Routes {
    let adapter_of = |lane: &AccountLane| accounts.iter().find(|account| account.name == lane.name).map_or("", |account| account.adapter);
    let mut lanes: Vec<(AccountLane, &str)> = lanes.into_iter().map(|lane| (adapter_of(&lane), lane)).map(|(a, l)| (l, a)).collect();
    // What serves some shops comes before what serves all, so that a shop's own account is asked.
    lanes.sort_by_key(|(lane, _)| lane.shops.is_none());
    let named: Vec<(String, &str)> = lanes.iter().map(|(lane, adapter)| (lane.name.clone(), *adapter)).collect();
    let check = Check { lanes: &lanes, plugins: carriers::all() };
    let mut chosen: Vec<(Courier, Ability, Vec<String>)> = Vec::new();
    for (code, route) in raw {
        let Some(courier) = Courier::from_word(code) else {
            let path = dotted(&["route".to_owned(), code.clone()]);
            let message =
                format!("there is no courier `{code}`: there are {}", listed(Courier::WORDS.iter().copied()).replace(" or ", " and "));
            let problem = say.merged.problem_with_name(&path, message).code("unknown-name");
            say.push(problem.meant(nearest(code, Courier::WORDS.iter().copied())));
            continue;
        };
        for key in route.keys().filter(|key| *key != DEFAULT && Ability::from_word(key).is_none()) {
            let known: Vec<&str> = Ability::ALL.iter().map(|ability| ability.word()).chain([DEFAULT]).collect();
            let path = dotted(&["route".to_owned(), code.clone(), key.clone()]);
            let problem = say.merged.unknown_key(&path, &known);
            say.push(problem);
        }
        let by_default = route.get(DEFAULT).filter(|adapters| check.adapters(courier, DEFAULT, adapters, say));
        for ability in Ability::ALL {
            let adapters = match route.get(ability.word()) {
                Some(adapters) if check.adapters(courier, ability.word(), adapters, say) => {
                    check.abilities(courier, ability, adapters, say);
                    Some(adapters)
                }
                Some(_) => None,
                None => by_default,
            };
            let Some(adapters) = adapters else { continue };
            let of_adapter = |code| named.iter().filter(move |(_, adapter)| adapter == code).map(|(name, _)| name.clone());
            chosen.push((courier, ability, adapters.iter().flat_map(of_adapter).collect()));
        }
    }
    let mut routes = Routes::new(lanes.into_iter().map(|(lane, _)| lane).collect());
    for (courier, ability, accounts) in chosen {
        // Every name is that of a lane: they were taken from the lanes.
        let _ = routes.prefer(courier, ability, &accounts);
    }
    routes
}

struct Check<'a> {
    lanes: &'a [(AccountLane, &'a str)],
    plugins: Vec<Plugin>,
}

impl Check<'_> {
    /// Whether every adapter is known and serves the courier.
    fn adapters(&self, courier: Courier, key: &str, adapters: &[String], say: &mut Say<'_>) -> bool {
        let mut right = true;
        for (n, code) in adapters.iter().enumerate() {
            let place = n.to_string();
            let path = ["route", courier.word(), key, &place];
            match self.plugins.iter().find(|plugin| plugin.code == *code) {
                None => {
                    let serving = self.plugins.iter().filter(|plugin| plugin.couriers.contains(&courier)).map(|plugin| plugin.code);
                    let serving: Vec<&str> = serving.collect();
                    let message = format!(
                        "there is no adapter `{code}`: for {courier} there {} {}",
                        are(&serving),
                        listed(serving.iter().copied()).replace(" or ", " and ")
                    );
                    say.unknown(&path, code, message, serving);
                    right = false;
                }
                Some(plugin) if !plugin.couriers.contains(&courier) => {
                    say.at(&path, "no-ability", format!("`{code}` does not serve parcels of {courier}"));
                    right = false;
                }
                Some(_) if adapters[..n].contains(code) => {
                    say.at(&path, "bad-value", format!("`{code}` stands here twice"));
                    right = false;
                }
                Some(_) => {}
            }
        }
        right
    }

    /// Says which adapters of a route lack the ability: by their interface, or with the settings of their accounts.
    fn abilities(&self, courier: Courier, ability: Ability, adapters: &[String], say: &mut Say<'_>) {
        for (n, code) in adapters.iter().enumerate() {
            let Some(plugin) = self.plugins.iter().find(|plugin| plugin.code == *code) else { continue };
            let ours: Vec<&AccountLane> = self.lanes.iter().filter(|(_, adapter)| adapter == code).map(|(lane, _)| lane).collect();
            let able = ours.iter().filter_map(|lane| lane.adapter(courier)).any(|adapter| ability.is_of(&**adapter));
            let could = example::abilities(plugin).iter().any(|abilities| abilities.has(ability));
            let message = match (ours.as_slice(), able, could) {
                (_, true, _) | ([], _, true) => continue,
                (_, false, false) => {
                    let others = self.plugins.iter().filter(|p| p.couriers.contains(&courier));
                    let able = others.filter(|p| example::abilities(p).iter().any(|a| a.has(ability))).map(|p| p.code);
                    let able: Vec<&str> = able.collect();
                    let instead =
                        if able.is_empty() { "nobody has it for this courier".to_owned() } else { format!("{} can do it", listed(able)) };
                    format!("`{code}` has no {}: {instead}", ability.word())
                }
                ([lane, ..], ..) => format!("account `{}` has no {} for {courier} with its settings", lane.name, ability.word()),
            };
            let place = n.to_string();
            say.at(&["route", courier.word(), ability.word(), &place], "no-ability", message);
        }
    }
}

fn are(list: &[&str]) -> &'static str {
    if list.len() == 1 { "is" } else { "are" }
}
