//! Routes: which account asks which courier for what.
//!
//! Filled by the daemon from its configuration, whole and checked; a change of configuration is a new value of [`Routes`].
//! Deliberately absent: settings, secrets, endpoints (they are inside the adapters) and the courier calls themselves (the lanes').

use parcelward_casework::words::{Courier, OperationKind};
use parcelward_courier::{Ability, CourierAdapter, Limits};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One account: one lane. Every adapter that calls through it (an aggregator has one for each courier) shares its gate and its budget.
#[derive(Debug, Clone)]
pub struct AccountLane {
    /// The account's name in the configuration; the name of its rows in the database. Unique, lasting.
    pub name: String,
    /// Its adapters, one for each courier that it serves.
    pub adapters: Vec<Arc<dyn CourierAdapter>>,
    /// The shops whose parcels it serves; nothing where it serves every shop.
    pub shops: Option<Vec<String>>,
    /// What the courier allows it, what the operator set included.
    pub limits: Limits,
    /// The part of its calls that polls leave to operations near their cut-off, 0 to 90 in the hundred.
    pub reserved_percent: u8,
    /// Calls under way at once, at least 1.
    pub at_once: usize,
    /// What couriers tell by themselves comes in under this account: they are asked to tell of its parcels.
    pub takes_pushes: bool,
}

impl AccountLane {
    /// What polls leave to operations where nobody says otherwise.
    pub const RESERVED_PERCENT: u8 = 20;
    /// Calls under way at once where nobody says otherwise.
    pub const AT_ONCE: usize = 8;

    /// An account with the defaults of lanes; its limits are those of its first adapter.
    #[must_use]
    pub fn new(name: impl Into<String>, adapters: Vec<Arc<dyn CourierAdapter>>) -> Self {
        let limits = adapters.first().map_or(Limits::NONE, |adapter| adapter.limits().clone());
        AccountLane {
            name: name.into(),
            adapters,
            shops: None,
            limits,
            reserved_percent: Self::RESERVED_PERCENT,
            at_once: Self::AT_ONCE,
            takes_pushes: false,
        }
    }

    /// Whether it serves a shop.
    #[must_use]
    pub fn serves(&self, shop: &str) -> bool {
        self.shops.as_ref().is_none_or(|shops| shops.iter().any(|s| s == shop))
    }

    /// Its adapter for a courier's parcels.
    #[must_use]
    pub fn adapter(&self, courier: Courier) -> Option<&Arc<dyn CourierAdapter>> {
        self.adapters.iter().find(|adapter| adapter.identity().courier == courier)
    }
}

/// Where a request goes.
#[derive(Debug, Clone)]
pub struct Route {
    /// The account's name: [`AccountLane::name`].
    pub lane: String,
    /// Whom to ask.
    pub adapter: Arc<dyn CourierAdapter>,
}

impl Route {
    /// Whether it asks the courier itself.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.adapter.identity().is_direct()
    }
}

/// Why an operation has nobody to go to. Its word is the `reason` of the operation's `rejected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// No account serves this courier's parcels of this shop.
    NoAccount,
    /// There are accounts, and none of them can do it.
    NoAbility,
}

impl NoRoute {
    /// The contract's `reason`; durable.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            NoRoute::NoAccount => "no_account",
            NoRoute::NoAbility => "no_ability",
        }
    }
}

/// Every account, and for each courier the accounts that serve each ability, in order of trust (direct, then aggregator).
#[derive(Debug, Clone, Default)]
pub struct Routes {
    lanes: Vec<Arc<AccountLane>>,
    /// Courier and ability → places in `lanes`, most trusted first. What is absent is derived from the accounts' order.
    order: BTreeMap<(&'static str, &'static str), Vec<usize>>,
}

impl Routes {
    /// With these accounts, in the order in which they are tried where nothing else is set: accounts of the courier itself before
    /// aggregators, each kind as given.
    #[must_use]
    pub fn new(lanes: Vec<AccountLane>) -> Self {
        Routes { lanes: lanes.into_iter().map(Arc::new).collect(), order: BTreeMap::new() }
    }

    /// Sets which accounts serve an ability of a courier, by name, most trusted first; an empty list means that nobody is asked.
    /// Gives the first name that no account bears.
    ///
    /// # Errors
    /// That name.
    pub fn prefer(&mut self, courier: Courier, ability: Ability, accounts: &[String]) -> Result<(), String> {
        let place = |name: &String| self.lanes.iter().position(|lane| lane.name == *name).ok_or_else(|| name.clone());
        let places = accounts.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        self.order.insert((courier.word(), ability.word()), places);
        Ok(())
    }

    /// Every account.
    #[must_use]
    pub fn lanes(&self) -> &[Arc<AccountLane>] {
        &self.lanes
    }

    /// An account by its name.
    #[must_use]
    pub fn lane(&self, name: &str) -> Option<&Arc<AccountLane>> {
        self.lanes.iter().find(|lane| lane.name == name)
    }

    /// Whether nobody can be asked anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Who serves an ability of a courier for a shop, most trusted first.
    #[must_use]
    pub fn serving(&self, courier: Courier, shop: &str, ability: Ability) -> Vec<Route> {
        let route = |lane: &Arc<AccountLane>| {
            let adapter = lane.adapter(courier)?;
            (lane.serves(shop) && ability.is_of(&**adapter)).then(|| Route { lane: lane.name.clone(), adapter: Arc::clone(adapter) })
        };
        match self.order.get(&(courier.word(), ability.word())) {
            Some(places) => places.iter().filter_map(|place| self.lanes.get(*place)).filter_map(route).collect(),
            None => {
                let mut routes: Vec<Route> = self.lanes.iter().filter_map(route).collect();
                routes.sort_by_key(|route| !route.is_direct());
                routes
            }
        }
    }

    /// Where an operation goes: the most trusted account that can do it. There is one only, so that nothing is asked of two.
    ///
    /// # Errors
    /// Why nobody is there.
    pub fn for_operation(&self, courier: Courier, shop: &str, kind: OperationKind) -> Result<Route, NoRoute> {
        let known = |lane: &Arc<AccountLane>| lane.serves(shop) && lane.adapter(courier).is_some();
        match self.serving(courier, shop, Ability::of(kind)).into_iter().next() {
            Some(route) => Ok(route),
            None if self.lanes.iter().any(known) => Err(NoRoute::NoAbility),
            None => Err(NoRoute::NoAccount),
        }
    }

    /// The couriers of whose parcels nothing is heard while an account is down: those that it serves, an aggregator only where no account of the
    /// courier itself does.
    #[must_use]
    pub fn rely_on(&self, account: &str) -> Vec<Courier> {
        let Some(lane) = self.lane(account) else { return Vec::new() };
        let direct = |courier| self.lanes.iter().any(|lane| lane.adapter(courier).is_some_and(|adapter| adapter.identity().is_direct()));
        let served = lane.adapters.iter().map(|adapter| adapter.identity());
        served.filter(|identity| identity.is_direct() || !direct(identity.courier)).map(|identity| identity.courier).collect()
    }

    /// Who can be asked where a parcel is, most trusted first: the first one polls, the second is the other source.
    #[must_use]
    pub fn trackers(&self, courier: Courier, shop: &str) -> Vec<Route> {
        self.serving(courier, shop, Ability::Tracking)
    }
}
