//! The simulated couriers as accounts of a configuration folder: what `simulate-couriers --print-config` writes and the demo runs on.
//!
//! Deliberately absent: anything that reads it. The folder is loaded as an operator's own is, so that the two cannot differ.

use crate::carriers;
use crate::config::example_adapters;
use anyhow::Context;
use parcelward_courier::Verification;
use parcelward_simulator::{Account, PushTarget, RunningSimulator, Service};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What stands in the path of simulated pushes where nothing else was given. It opens nothing but a daemon that was given these accounts.
pub const PUSH_SECRET: &str = "simulated-couriers-push";

/// The folder of secrets. The name begins with a dot because a daemon that reads the folder warns of others that it does not know.
const SECRETS: &str = ".secrets";
/// The file of the secret in the path of pushes.
const PUSH_SECRET_FILE: &str = "SIM_PUSH";

/// The account's limits. The simulated couriers count no calls, and lives that pass in a minute would be over before a courier's own least gap is.
const LIMITS: &str = "per_second = 50\nper_minute = 3000\nper_day = 4000000\nleast_gap_seconds = 1\n";

/// Where simulated pushes go, as the daemon's side has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushPlace {
    /// Where the daemon is reached; nothing where it is not known.
    pub base: Option<String>,
    /// The secret in the path.
    pub secret: String,
}

impl PushPlace {
    /// Read from where the simulator pushes to, where that is a daemon's address for all couriers.
    #[must_use]
    pub fn of(targets: &[PushTarget]) -> Self {
        let whole = targets.iter().filter(|target| target.service.is_none());
        let known = whole.filter_map(|target| target.url.split_once("/push/{courier}/")).find(|(_, secret)| !secret.is_empty());
        known.map_or_else(
            || PushPlace { base: None, secret: PUSH_SECRET.to_owned() },
            |(base, secret)| PushPlace { base: Some(base.to_owned()), secret: secret.to_owned() },
        )
    }

    /// For a daemon at this address.
    #[must_use]
    pub fn at(base: &str) -> Self {
        PushPlace { base: Some(base.to_owned()), secret: PUSH_SECRET.to_owned() }
    }

    /// Where a simulator has to push to.
    #[must_use]
    pub fn target(&self) -> Option<PushTarget> {
        let base = self.base.as_ref()?;
        Some(PushTarget { service: None, url: format!("{base}/push/{{courier}}/{}", self.secret) })
    }
}

/// Writes the accounts and their secrets into a folder that `--config` takes.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_accounts(folder: &Path, running: &RunningSimulator, push: &PushPlace) -> anyhow::Result<()> {
    write_accounts_of(folder, running, push, None)
}

/// The same, for one shop's parcels only; for every shop's where none is named.
///
/// # Errors
/// As [`write_accounts`].
pub(crate) fn write_accounts_of(folder: &Path, running: &RunningSimulator, push: &PushPlace, shop: Option<&str>) -> anyhow::Result<()> {
    let (couriers, secrets) = (folder.join("couriers"), folder.join(SECRETS));
    for place in [&couriers, &secrets] {
        std::fs::create_dir_all(place).with_context(|| format!("making {}", place.display()))?;
    }
    // Whole, so that the daemon may be started from anywhere.
    let secrets = secrets.canonicalize().with_context(|| format!("finding {}", secrets.display()))?;
    write_secret(&secrets.join(PUSH_SECRET_FILE), &push.secret)?;
    for (service, account) in running.accounts() {
        for (name, secret) in &account.secrets {
            write_secret(&secrets.join(name), secret)?;
        }
        write(&couriers.join(format!("{service}.toml")), &account_toml(service, &account, &secrets, shop)?)?;
    }
    if let Some(base) = &push.base {
        write(&couriers.join("pushes.toml"), &format!("# Where the simulated couriers push to.\n[push]\npublic_url = {base:?}\n"))?;
    }
    Ok(())
}

fn write_secret(file: &Path, secret: &str) -> anyhow::Result<()> {
    let written = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    written.and_then(|mut open| open.write_all(secret.as_bytes())).with_context(|| format!("writing {}", file.display()))
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

/// How an interface's pushes are known; nothing where it pushes nothing.
fn verification(service: Service) -> Option<Verification> {
    let adapters = carriers::of_code(service.word()).map(|plugin| example_adapters(&plugin)).unwrap_or_default();
    adapters.iter().find_map(|adapter| adapter.push_in().map(parcelward_courier::PushIn::verification))
}

/// One account, in the format of `couriers/*.toml`.
fn account_toml(service: Service, account: &Account, secrets: &Path, shop: Option<&str>) -> anyhow::Result<String> {
    let place = |name: &str| secrets.join(name).display().to_string();
    let settings: toml::Table =
        account.settings_with_files(place).parse().with_context(|| format!("the simulated account of {service}"))?;
    let named = |mut table: toml::Table, path: [&str; 3]| {
        for key in path.into_iter().rev() {
            table = toml::Table::from_iter([(key.to_owned(), toml::Value::Table(table))]);
        }
        toml::to_string(&table).with_context(|| format!("the simulated account of {service}"))
    };
    let settings = named(settings, ["account", service.word(), "settings"])?;
    let push = verification(service).map_or_else(String::new, |verification| {
        // Who does not sign is known by the address.
        let from = if verification == Verification::Unsigned { "from = [\"127.0.0.0/8\", \"::1\"]\n" } else { "" };
        format!("\n[account.{service}.push]\nsecret = {{ file = {:?} }}\n{from}", place(PUSH_SECRET_FILE))
    });
    let shops = shop.map_or_else(String::new, |shop| format!("shops = [{shop:?}]\n"));
    Ok(format!(
        "# {service} as `parcelward simulate-couriers` serves it on this machine. It is asked as often as its parcels move.\n\
         [account.{service}]\nadapter = \"{service}\"\n{shops}\n[account.{service}.transport]\nallow_plain_http = true\n\n\
         [account.{service}.limits]\n{LIMITS}{push}\n{settings}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemons_side_is_read_from_where_pushes_go() {
        let target = |text: &str| text.parse::<PushTarget>().unwrap();
        let whole = target("http://127.0.0.1:7878/push/{courier}/a-secret-of-my-own-12");
        let place = PushPlace::of(&[target("sf=http://127.0.0.1:1/x"), whole.clone()]);
        assert_eq!(place, PushPlace { base: Some("http://127.0.0.1:7878".into()), secret: "a-secret-of-my-own-12".into() });
        assert_eq!(place.target(), Some(whole));
        let unknown = PushPlace { base: None, secret: PUSH_SECRET.into() };
        assert_eq!(PushPlace::of(&[target("http://127.0.0.1:1/elsewhere/{courier}")]), unknown);
        assert_eq!(PushPlace::of(&[]), unknown);
    }
}
