//! What a simulator is started with.

use crate::clock::WorldClock;
use crate::faults::FaultSpec;
use crate::service::Service;
use std::net::SocketAddr;
use std::time::Duration;

/// What a simulator is started with. The defaults suit a test: free ports, the wall's clock, lives as long as they are.
#[derive(Debug, Clone)]
pub struct SimulatorSettings {
    /// Where its own page and ledger are served; the interfaces listen on the ports behind it, or on free ones where the port is 0. Loopback only.
    pub listen: SocketAddr,
    /// What tells the world the time.
    pub clock: WorldClock,
    /// How many times faster parcels live: with 3600 an hour of a life takes a second of the clock. At least 1/1000, at most 100 000.
    pub speed: f64,
    /// What lives and faults follow from.
    pub seed: u64,
    /// Whether a number that is asked about and not registered belongs to a parcel.
    pub parcels_appear: bool,
    /// The faults that are on from the start.
    pub faults: Vec<FaultSpec>,
    /// Where scans are pushed to.
    pub push_to: Vec<PushTarget>,
    /// How often it looks for what is to be pushed; never by itself where absent.
    pub push_every: Option<Duration>,
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        SimulatorSettings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: WorldClock::wall(),
            speed: 1.0,
            seed: 1,
            parcels_appear: true,
            faults: Vec::new(),
            push_to: Vec::new(),
            push_every: None,
        }
    }
}

/// Where an interface pushes to: `http://127.0.0.1:8750/push/{courier}/SECRET` for all, `sf=http://…` for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushTarget {
    /// Whose pushes; all where absent.
    pub service: Option<Service>,
    /// The address; `{courier}` in it becomes the interface's code.
    pub url: String,
}

/// A text that is no [`PushTarget`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address to push to: give http://ADDRESS:PORT/push/{{courier}}/SECRET, or COURIER=http://…")]
pub struct NoPushTarget(String);

impl std::str::FromStr for PushTarget {
    type Err = NoPushTarget;

    fn from_str(text: &str) -> Result<Self, NoPushTarget> {
        let wrong = || NoPushTarget(text.to_owned());
        let (service, url) = match text.split_once('=') {
            Some((word, url)) if Service::from_word(word).is_some() => (Service::from_word(word), url),
            _ => (None, text),
        };
        let host = url.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default()).unwrap_or_default();
        let every = service.is_some() || url.contains("{courier}");
        if host.is_empty() || !every { Err(wrong()) } else { Ok(PushTarget { service, url: url.to_owned() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_for_one_courier_or_names_the_place_of_its_code() {
        let target = |text: &str| text.parse::<PushTarget>().map(|t| (t.service, t.url));
        assert_eq!(target("http://h:1/push/{courier}/s"), Ok((None, "http://h:1/push/{courier}/s".to_owned())));
        assert_eq!(target("sf=http://h:1/push/sf/s"), Ok((Some(Service::Sf), "http://h:1/push/sf/s".to_owned())));
        for text in ["http://h:1/push", "https://h/push/{courier}", "http:///{courier}", "dhl=http://h/x", ""] {
            assert!(target(text).is_err(), "{text}");
        }
    }
}
