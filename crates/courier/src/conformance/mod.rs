//! The suite that every adapter must pass. An adapter gives its fixtures and gets all of it.
//!
//! A plugin's whole test file:
//!
//! ```ignore
//! parcelward_courier::conformance_tests!(parcelward_courier::conformance::Subject {
//!     plugin: parcelward_courier_zto::PLUGIN,
//!     courier: parcelward_courier::Courier::Zto,
//!     fixtures: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"),
//!     settings: |peer| format!("app_key = \"k\"\napp_secret = {{ env = \"S\" }}\nbase_url = \"{peer}\""),
//!     secrets: &[("S", "test_secret")],
//!     not_applicable: &[],
//! });
//! ```
//!
//! What it holds: every ability has its fixtures ([`REQUIRED`]), a fixture's request is what goes out and its outcome what comes back;
//! and whatever the other side does (HTML, a cut at every byte, silence, a break, a redirect, ten megabytes, random bytes, every HTTP
//! status), the adapter says rightly whether it was sent, asks once, never panics, and shows no secret and no person.

mod ask;
mod cases;
mod faults;
mod fixture;
mod laws;
mod peer;
mod pushes;
mod rendering;

pub use cases::{CHANGES_TOGETHER, REQUIRED, fixtures_are_there, fixtures_hold};
pub use faults::{cut_answers_are_unconfirmed, faults_are_told_apart};
pub use laws::{settings_are_checked, the_account_is_kept_to_its_limits, the_rules_know_what_it_offers};
pub use peer::{Act, Peer, Seen};
pub use pushes::{pushes_are_checked, pushes_hold};

use crate::limits::LimitsSettings;
use crate::plugin::{Account, Plugin, SettingProblem};
use crate::secret::{SecretReference, SecretSource, UnreadableSecret};
use crate::{Call, Courier, CourierAdapter, Instant, SecretString, TransportSettings};
use std::sync::Arc;

/// An adapter under test.
#[derive(Clone, Copy)]
pub struct Subject {
    /// Its plugin.
    pub plugin: Plugin,
    /// Which of the plugin's couriers.
    pub courier: Courier,
    /// The folder of its fixtures, absolute.
    pub fixtures: &'static str,
    /// An account's settings, all of whose addresses lead to the peer (`http://127.0.0.1:port`), as TOML.
    pub settings: fn(&str) -> String,
    /// The secrets that the settings refer to, by the name of the variable or file. None of them may show anywhere.
    pub secrets: &'static [(&'static str, &'static str)],
    /// Required fixtures (`tracking/throttled`) that this courier cannot have, each with the reason.
    pub not_applicable: &'static [(&'static str, &'static str)],
}

/// The suite as tests of a plugin.
#[macro_export]
macro_rules! conformance_tests {
    ($subject:expr) => {
        $crate::conformance_tests!(@each $subject;
            fixtures_are_there, fixtures_hold, faults_are_told_apart, cut_answers_are_unconfirmed, pushes_hold, pushes_are_checked,
            settings_are_checked, the_rules_know_what_it_offers, the_account_is_kept_to_its_limits);
    };
    (@each $subject:expr; $($law:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                let breaches = $crate::conformance::$law(&$subject).await;
                assert!(breaches.is_empty(), "\n  {}\n", breaches.join("\n  "));
            }
        )+
    };
}

/// The time of every call in the suite: 2023-11-15 06:13:20 in Shanghai, 1700000000000 in milliseconds.
pub const NOW: Instant = Instant::from_millis(1_700_000_000_000);

pub(crate) fn call() -> Call {
    Call::at(NOW, "0190a1b2-call-0001")
}

struct KnownSecrets(&'static [(&'static str, &'static str)]);

impl SecretSource for KnownSecrets {
    fn read(&self, reference: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        let (SecretReference::File(name) | SecretReference::Env(name)) = reference;
        let known = self.0.iter().find(|(known, _)| known == name).map(|(_, secret)| SecretString::from(*secret));
        known.ok_or_else(|| UnreadableSecret { place: name.clone(), problem: "the subject has no such secret".to_owned() })
    }
}

/// Any secret is there.
pub(crate) struct AnySecret;

impl SecretSource for AnySecret {
    fn read(&self, _: &SecretReference) -> Result<SecretString, UnreadableSecret> {
        // Also a key for couriers that want 16 bytes in Base64.
        Ok("MDEyMzQ1Njc4OWFiY2RlZg==".into())
    }
}

/// Limits that no test reaches.
const WIDE: LimitsSettings = LimitsSettings {
    per_second: Some(1_000_000),
    per_minute: Some(60_000_000),
    per_day: Some(u32::MAX),
    batch: None,
    least_gap_seconds: None,
};

pub(crate) fn transport(total_ms: u64) -> TransportSettings {
    TransportSettings { connect_ms: 2_000, total_ms, wait_ms: 100, allow_plain_http: true, largest_answer: 1 << 20, proxy: None }
}

impl Subject {
    /// Builds the adapter against a peer.
    ///
    /// # Errors
    /// In words, for the list of breaches.
    pub fn adapter(&self, base: &str, transport: &TransportSettings) -> Result<Arc<dyn CourierAdapter>, String> {
        self.adapter_with(base, transport, &WIDE)
    }

    pub(crate) fn adapter_with(
        &self,
        base: &str,
        transport: &TransportSettings,
        limits: &LimitsSettings,
    ) -> Result<Arc<dyn CourierAdapter>, String> {
        let settings: toml::Table = (self.settings)(base).parse().map_err(|e| format!("the subject's settings are no TOML: {e}"))?;
        let secrets = KnownSecrets(self.secrets);
        let account = Account {
            name: "conformance",
            settings: &settings,
            limits,
            transport,
            secrets: &secrets,
            push_url: Some("https://push.example.invalid/push/x/secret"),
        };
        let told = |problems: Vec<SettingProblem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let adapters = (self.plugin.build)(&account).map_err(|problems| format!("it cannot be built: {}", told(problems)))?;
        let found = adapters.into_iter().find(|a| a.identity().courier == self.courier);
        found.ok_or_else(|| format!("the plugin built no adapter for {}", self.courier))
    }

    pub(crate) fn excuse(&self, case: &str) -> bool {
        self.not_applicable.iter().any(|(excused, reason)| *excused == case && !reason.is_empty())
    }
}
