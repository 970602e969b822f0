//! `couriers/*.toml`: the accounts with couriers, who is asked for what, and what couriers may push.
//!
//! An account without its secrets is off, and said; everything else that is wrong stands in the way. Deliberately absent: which carriers there
//! are (`carriers`), what an account's own settings mean (its plugin), and calling anybody.

mod account;
mod example;
mod network;
mod routes;
mod secrets;
#[cfg(test)]
mod shipped;

pub use example::adapters as example_adapters;
pub use network::Network;

use super::extract::Merged;
use super::files::ConfigFiles;
use super::problem::Problem;
use parcelward_courier::{CourierAdapter, LimitsSettings, SecretReference, TransportSettings};
use parcelward_scheduler::Routes;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files as operators write them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawCouriers {
    /// Who is asked for what, by courier: an ability or `default`, and the adapters in order of trust.
    pub route: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Accounts by name.
    pub account: BTreeMap<String, RawAccount>,
    /// What holds for all pushes.
    pub push: RawPush,
}

/// An account as operators write it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAccount {
    /// The code of the carrier whose interface it is.
    pub adapter: String,
    /// The shops whose parcels it serves; left out: every shop.
    pub shops: Option<Vec<String>>,
    /// The share of its calls that polls leave to operations near their cut-off.
    pub reserved_percent: Option<u8>,
    /// Calls under way at once.
    pub at_once: Option<usize>,
    /// The carrier's own settings.
    #[serde(default)]
    pub settings: toml::Table,
    /// What is set in place of the courier's limits.
    #[serde(default)]
    pub limits: LimitsSettings,
    /// How it goes out.
    #[serde(default)]
    pub transport: TransportSettings,
    /// Its pushes; left out: it takes none.
    pub push: Option<RawAccountPush>,
}

/// An account's pushes as operators write them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAccountPush {
    /// The secret in the path.
    pub secret: SecretReference,
    /// The addresses and networks that pushes may come from; left out: any.
    #[serde(default)]
    pub from: Vec<String>,
}

/// What holds for all pushes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawPush {
    /// Where couriers reach this daemon.
    pub public_url: String,
    /// Reverse proxies whose word for a sender's address is taken.
    pub trusted_proxies: Vec<String>,
}

/// What is configured of couriers.
#[derive(Debug, Clone, Default)]
pub struct Couriers {
    /// Who is asked for what; the accounts that are on.
    pub routes: Arc<Routes>,
    /// Every account of the files, by name.
    pub accounts: Vec<AccountState>,
    /// Where pushes may come in.
    pub doors: Vec<PushDoor>,
    /// Reverse proxies whose word for a sender's address is taken.
    pub trusted_proxies: Vec<Network>,
    /// Another where anything of this is another, secrets included.
    pub(crate) digest: [u8; 32],
}

/// An account, and whether it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// Its name.
    pub name: String,
    /// The code of its carrier.
    pub adapter: &'static str,
    /// The shops that it serves; nothing where it serves every shop.
    pub shops: Option<Vec<String>>,
    /// The secrets that could not be read, by key; it is off where there are any.
    pub missing: Vec<String>,
    /// Whether it takes pushes.
    pub takes_pushes: bool,
}

impl AccountState {
    /// Whether it is on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Where the pushes of one account come in.
#[derive(Clone)]
pub struct PushDoor {
    /// The account's name.
    pub account: String,
    /// The code of its carrier: what stands in the path.
    pub code: &'static str,
    /// What reads them.
    pub adapter: Arc<dyn CourierAdapter>,
    /// The addresses that they may come from; empty: any.
    pub from: Vec<Network>,
    secret: [u8; 32],
}

impl PushDoor {
    /// Whether this is the secret of its path. The time taken says nothing about it.
    #[must_use]
    pub fn opens_with(&self, secret: &str) -> bool {
        use subtle::ConstantTimeEq;
        let given: [u8; 32] = Sha256::digest(secret).into();
        self.secret.ct_eq(&given).into()
    }
}

impl std::fmt::Debug for PushDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushDoor")
            .field("account", &self.account)
            .field("code", &self.code)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// The files, merged.
pub(super) fn merged(files: &ConfigFiles, problems: &mut Vec<Problem>) -> Merged {
    Merged::of("couriers/*.toml", &files.folder("couriers", problems), problems)
}

/// Reads them; says everything that is wrong. What is wrong is left out.
pub(super) fn read(merged: &Merged, environment: &[(String, String)], problems: &mut Vec<Problem>) -> Couriers {
    let raw: RawCouriers = merged.extract(problems).unwrap_or_default();
    let mut say = account::Say::new(merged, problems);
    let public_url = account::public_url(&raw.push.public_url, &mut say);
    let trusted_proxies = account::networks(&raw.push.trusted_proxies, &["push", "trusted_proxies"], &mut say);
    let (mut lanes, mut accounts, mut doors, mut digest) = (Vec::new(), Vec::new(), Vec::new(), Sha256::new());
    for (path, node, _) in merged.effective() {
        digest.update(format!("{}={}\n", path.join("\0"), node.to_toml()));
    }
    for (name, raw) in &raw.account {
        let Some(built) = account::build(name, raw, public_url.as_deref(), environment, &mut say) else { continue };
        digest.update(built.digest);
        lanes.extend(built.lane);
        doors.extend(built.door);
        accounts.push(built.state);
    }
    account::overlaps(&accounts, &mut say);
    let routes = routes::compile(&raw.route, lanes, &accounts, &mut say);
    Couriers { routes: Arc::new(routes), accounts, doors, trusted_proxies, digest: digest.finalize().into() }
}
