//! Accounts with the simulated couriers: settings for the adapters, and the secrets behind them. None of these is anybody's.

use parcelward_courier::{SecretReference, SecretSource, SecretString, UnreadableSecret};

/// One account: what an adapter needs to talk to one of the interfaces. Its transport must allow plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The adapter's settings, in TOML, with each secret as `{ env = "SIM_…" }`.
    pub settings: String,
    /// The secrets: environment variable and value.
    pub secrets: Vec<(&'static str, &'static str)>,
}

impl Account {
    pub(crate) fn new(settings: String, secrets: &[(&'static str, &'static str)]) -> Self {
        Account { settings, secrets: secrets.to_vec() }
    }

    /// The settings with each secret as `{ file = "…" }`, as `place` names the file of a secret.
    #[must_use]
    pub fn settings_with_files(&self, place: impl Fn(&str) -> String) -> String {
        self.secrets.iter().fold(self.settings.clone(), |settings, (name, _)| {
            settings.replace(&format!("{{ env = \"{name}\" }}"), &format!("{{ file = {:?} }}", place(name)))
        })
    }
}

/// The secrets of this account and no others, so that a test needs no environment.
impl SecretSource for Account {
    fn read(&self, reference: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        let (SecretReference::Env(name) | SecretReference::File(name)) = reference;
        let found = self.secrets.iter().find(|(known, _)| known == name);
        found
            .map(|(_, secret)| SecretString::from(*secret))
            .ok_or_else(|| UnreadableSecret { place: name.clone(), problem: "it is none of this account's".to_owned() })
    }
}
