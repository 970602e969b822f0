//! Who can be asked for what, worked out from the configuration: the same for people and for programs.

use crate::carriers;
use crate::config::{AccountState, Couriers, example_adapters};
use parcelward_courier::{Abilities, Ability, Courier, Plugin};
use parcelward_scheduler::Route;

/// One courier.
pub(super) struct CourierRow {
    pub(super) courier: Courier,
    /// Its name for people.
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
}

/// One ability of one courier.
pub(super) struct Cell {
    pub(super) ability: Ability,
    /// Who is asked, the most trusted first.
    pub(super) from: Vec<Route>,
    /// Accounts that are on and could, and that no route names.
    pub(super) unrouted: Vec<String>,
    /// Adapters that could with an account.
    pub(super) could: Vec<&'static str>,
    /// Those of them that have an account, which lacks what this needs.
    pub(super) unset: Vec<&'static str>,
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Direct,
    Aggregator,
    Both,
    Unrouted,
    Unset,
    Off,
    Nobody,
}

impl Source {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Source::Direct => "direct",
            Source::Aggregator => "aggr.",
            Source::Both => "both",
            Source::Unrouted => "unrouted",
            Source::Unset => "unset",
            Source::Off => "off",
            Source::Nobody => "–",
        }
    }
}

impl Cell {
    pub(super) fn source(&self) -> Source {
        let direct = self.from.iter().any(is_direct);
        let other = self.from.iter().any(|route| !is_direct(route));
        match (direct, other) {
            (true, true) => Source::Both,
            (true, false) => Source::Direct,
            (false, true) => Source::Aggregator,
            (false, false) if !self.unrouted.is_empty() => Source::Unrouted,
            (false, false) if !self.unset.is_empty() => Source::Unset,
            (false, false) if !self.could.is_empty() => Source::Off,
            (false, false) => Source::Nobody,
        }
    }
}

/// Every courier of the contract, and every ability.
pub(super) fn rows(couriers: &Couriers) -> Vec<CourierRow> {
    let plugins = carriers::all();
    let could: Vec<(&Plugin, Vec<(Courier, Abilities)>)> = plugins
        .iter()
        .map(|plugin| (plugin, example_adapters(plugin).iter().map(|a| (a.identity().courier, Abilities::of(&**a))).collect()))
        .collect();
    Courier::ALL.iter().map(|courier| row(*courier, couriers, &could)).collect()
}

fn row(courier: Courier, couriers: &Couriers, could: &[(&Plugin, Vec<(Courier, Abilities)>)]) -> CourierRow {
    let own = could.iter().find(|(plugin, _)| carriers::is_direct(plugin, courier));
    let serving: Vec<&str> = could.iter().filter(|(plugin, _)| plugin.couriers.contains(&courier)).map(|(plugin, _)| plugin.name).collect();
    let name = own.map_or_else(|| format!("others, through {}", serving.join(", ")), |(plugin, _)| plugin.name.to_owned());
    let cells = Ability::ALL.into_iter().map(|ability| {
        let able = |abilities: &[(Courier, Abilities)]| abilities.iter().any(|(c, a)| *c == courier && a.has(ability));
        let from = routes(courier, ability, couriers);
        let lanes = couriers.routes.lanes().iter().filter(|lane| lane.adapter(courier).is_some_and(|a| ability.is_of(&**a)));
        let unrouted = lanes.map(|lane| lane.name.clone()).filter(|name| from.iter().all(|route| route.lane != *name)).collect();
        let could: Vec<&'static str> = could.iter().filter(|(_, abilities)| able(abilities)).map(|(plugin, _)| plugin.code).collect();
        let has_account = |code: &&'static str| couriers.accounts.iter().any(|account| account.adapter == *code && account.is_on());
        let unset = could.iter().copied().filter(has_account).collect();
        Cell { ability, from, unrouted, could, unset }
    });
    CourierRow { courier, name, cells: cells.collect() }
}

/// Who is asked, over all shops: a shop's own accounts come first.
fn routes(courier: Courier, ability: Ability, couriers: &Couriers) -> Vec<Route> {
    let shops = couriers.accounts.iter().flat_map(|account| account.shops.iter().flatten()).map(String::as_str);
    let mut found: Vec<Route> = Vec::new();
    // The empty name is that of no shop: only accounts for every shop serve it.
    for shop in shops.chain([""]) {
        for route in couriers.routes.serving(courier, shop, ability) {
            if found.iter().all(|known| known.lane != route.lane) {
                found.push(route);
            }
        }
    }
    found.sort_by_key(|route| !is_direct(route));
    found
}

/// Whether the courier itself is asked. A carrier that the contract has no code for serves parcels of `other`, and nobody else's.
pub(super) fn is_direct(route: &Route) -> bool {
    route.is_direct() || carriers::of_code(route.adapter.identity().adapter).is_some_and(|plugin| plugin.couriers.len() == 1)
}

/// Why a carrier is off; nothing where an account of it is on.
pub(super) fn why_off(code: &str, accounts: &[AccountState]) -> Option<String> {
    let own: Vec<&AccountState> = accounts.iter().filter(|account| account.adapter == code).collect();
    if own.iter().any(|account| account.is_on()) {
        return None;
    }
    if own.is_empty() {
        return Some(format!("no account; couriers/{code}.toml shows one"));
    }
    Some(own.iter().map(|account| format!("account {}: {}", account.name, account.missing.join("; "))).collect::<Vec<_>>().join("; "))
}

/// The shops of an account, in words.
pub(super) fn shops(shops: Option<&Vec<String>>) -> String {
    shops.map_or_else(|| "every shop".to_owned(), |shops| shops.join(", "))
}
