//! Faults, switched on one by one: which, at which interface, how often.
//!
//! | fault | what happens |
//! | --- | --- |
//! | `drop` | a request that changes something is taken, and the connection closed without an answer |
//! | `error` | a request that changes something is taken, and answered with HTTP 500 |
//! | `duplicate` | a request that changes something is taken, and answered as one that was asked before |
//! | `slow` | whatever was asked is done, and the answer waits |
//! | `throttled` | nothing is done; the courier's own answer for too many calls, else HTTP 429 with `Retry-After` |
//! | `unavailable` | nothing is done; HTTP 503 with a page in HTML |
//! | `outage` | nobody listens: connections are refused, open ones are closed. On or off, without a share |
//! | `out_of_order` | scans are told in another order |
//! | `duplicate_scans` | some scans are told twice |
//! | `skew` | a share of parcels is scanned by clocks that are wrong by so many seconds |

use crate::chance;
use crate::parcel::Scan;
use crate::service::Service;
use parcelward_casework::instant::Length;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What can go wrong; the module says what each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the fault of its name")]
pub enum FaultKind {
    Drop,
    Error,
    Duplicate,
    Slow,
    Throttled,
    Unavailable,
    Outage,
    OutOfOrder,
    DuplicateScans,
    Skew,
}

impl FaultKind {
    /// Every one.
    pub const ALL: [FaultKind; 10] = [
        FaultKind::Drop,
        FaultKind::Error,
        FaultKind::Duplicate,
        FaultKind::Slow,
        FaultKind::Throttled,
        FaultKind::Unavailable,
        FaultKind::Outage,
        FaultKind::OutOfOrder,
        FaultKind::DuplicateScans,
        FaultKind::Skew,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            FaultKind::Drop => "drop",
            FaultKind::Error => "error",
            FaultKind::Duplicate => "duplicate",
            FaultKind::Slow => "slow",
            FaultKind::Throttled => "throttled",
            FaultKind::Unavailable => "unavailable",
            FaultKind::Outage => "outage",
            FaultKind::OutOfOrder => "out_of_order",
            FaultKind::DuplicateScans => "duplicate_scans",
            FaultKind::Skew => "skew",
        }
    }
}

/// A fault that is on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fault {
    /// Which.
    pub kind: FaultKind,
    /// How often, 0 to 1.
    pub probability: f64,
    /// Of `slow` how long, of `throttled` what `Retry-After` says, of `skew` by how much; in seconds.
    pub seconds: f64,
}

/// A fault as it is written: `sf=throttled:0.2`, `zto=slow:1:30`, `all=drop:0.05`, `yto=outage`.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSpec {
    /// Where; every interface where absent.
    pub service: Option<Service>,
    /// What.
    pub fault: Fault,
}

/// A text that is no [`FaultSpec`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoFault(String);

impl std::str::FromStr for FaultSpec {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        let wrong = |what: String| NoFault(format!("`{text}`: {what}"));
        let (place, what) = text.split_once('=').ok_or_else(|| wrong("a fault is written COURIER=FAULT[:SHARE[:SECONDS]]".to_owned()))?;
        let service = match place.trim() {
            "all" => None,
            word => Some(Service::from_word(word).ok_or_else(|| {
                let known: Vec<&str> = Service::ALL.iter().map(|service| service.word()).collect();
                wrong(format!("`{word}` is none of {}, all", known.join(", ")))
            })?),
        };
        let mut parts = what.split(':').map(str::trim);
        let word = parts.next().unwrap_or_default();
        let kind = FaultKind::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let known: Vec<&str> = FaultKind::ALL.iter().map(|kind| kind.word()).collect();
            wrong(format!("`{word}` is none of {}", known.join(", ")))
        })?;
        let probability = match parts.next() {
            None => 1.0,
            Some(share) => share
                .parse()
                .ok()
                .filter(|share| (0.0..=1.0).contains(share))
                .ok_or_else(|| wrong(format!("`{share}` is no share from 0 to 1")))?,
        };
        let seconds = match parts.next() {
            None => {
                if kind == FaultKind::Skew {
                    3.0 * 3600.0
                } else {
                    30.0
                }
            }
            Some(seconds) => {
                let number = seconds.parse().ok().filter(|number: &f64| number.abs() <= MOST_SECONDS);
                number.ok_or_else(|| wrong(format!("`{seconds}` is no number of seconds")))?
            }
        };
        if parts.next().is_some() {
            return Err(wrong("there is more behind the seconds".to_owned()));
        }
        if kind == FaultKind::Outage && probability != 1.0 && probability != 0.0 {
            return Err(wrong("an outage is on (1) or off (0)".to_owned()));
        }
        Ok(FaultSpec { service, fault: Fault { kind, probability, seconds } })
    }
}

/// A century: whatever is longer is a slip.
const MOST_SECONDS: f64 = 3_155_760_000.0;

#[allow(clippy::cast_possible_truncation, reason = "at most a century")]
const fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

/// As `Retry-After` says it: whole seconds, none too few.
fn whole_seconds(seconds: f64) -> i64 {
    millis(seconds.ceil()) / 1000
}

/// What befalls one request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Drawn {
    pub(crate) dropped: bool,
    pub(crate) error: bool,
    pub(crate) duplicate: bool,
    pub(crate) unavailable: bool,
    /// With the seconds of `Retry-After`.
    pub(crate) throttled: Option<i64>,
    pub(crate) slow: Option<Duration>,
}

#[derive(Debug, Default)]
struct Switches {
    on: BTreeMap<(Service, FaultKind), Fault>,
    drawn: BTreeMap<(Service, FaultKind), u64>,
}

/// Whether an interface shall listen, and whether it does.
#[derive(Debug)]
struct Door {
    shut: watch::Sender<bool>,
    is_shut: watch::Sender<bool>,
}

/// The faults. Clones are the same.
#[derive(Debug, Clone)]
pub struct Faults {
    seed: u64,
    switches: Arc<Mutex<Switches>>,
    doors: Arc<BTreeMap<Service, Door>>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        let door = || Door { shut: watch::Sender::new(false), is_shut: watch::Sender::new(false) };
        Faults { seed, switches: Arc::default(), doors: Arc::new(Service::ALL.into_iter().map(|service| (service, door())).collect()) }
    }

    fn switches(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Switches a fault on, or off where its share is 0. One of the same kind is replaced. An outage is there once [`Faults::settled`] says so.
    pub fn set(&self, spec: &FaultSpec) {
        let services = spec.service.map_or_else(|| Service::ALL.to_vec(), |service| vec![service]);
        let mut switches = self.switches();
        for service in services {
            let key = (service, spec.fault.kind);
            let on = spec.fault.probability > 0.0;
            if on {
                switches.on.insert(key, spec.fault);
            } else {
                switches.on.remove(&key);
            }
            if spec.fault.kind == FaultKind::Outage {
                self.shut(service, on);
            }
        }
    }

    /// Switches everything off at an interface, or at all.
    pub fn clear(&self, service: Option<Service>) {
        let gone = |s: Service| service.is_none_or(|only| only == s);
        self.switches().on.retain(|(s, _), _| !gone(*s));
        Service::ALL.into_iter().filter(|s| gone(*s)).for_each(|s| self.shut(s, false));
    }

    fn shut(&self, service: Service, shut: bool) {
        if let Some(door) = self.doors.get(&service) {
            door.shut.send_replace(shut);
        }
    }

    /// Waits until every interface listens or does not, as it shall.
    pub async fn settled(&self) {
        for door in self.doors.values() {
            let (shall, mut is) = (*door.shut.borrow(), door.is_shut.subscribe());
            let _ = is.wait_for(|is| *is == shall).await;
        }
    }

    /// What is on.
    #[must_use]
    pub fn on(&self) -> BTreeMap<Service, Vec<Fault>> {
        let mut on: BTreeMap<Service, Vec<Fault>> = BTreeMap::new();
        for ((service, _), fault) in &self.switches().on {
            on.entry(*service).or_default().push(*fault);
        }
        on
    }

    pub(crate) fn door(&self, service: Service) -> Option<(watch::Receiver<bool>, watch::Sender<bool>)> {
        self.doors.get(&service).map(|door| (door.shut.subscribe(), door.is_shut.clone()))
    }

    /// Whether a fault befalls this time: by seed, interface, fault, and how often it was asked for before.
    fn falls(&self, service: Service, kind: FaultKind) -> Option<Fault> {
        let (fault, nth) = {
            let mut switches = self.switches();
            let fault = switches.on.get(&(service, kind)).copied()?;
            let drawn = switches.drawn.entry((service, kind)).or_default();
            *drawn += 1;
            (fault, *drawn)
        };
        let share = chance::share(self.seed, &["fault", service.word(), kind.word(), &nth.to_string()]);
        (share < fault.probability).then_some(fault)
    }

    pub(crate) fn draw(&self, service: Service) -> Drawn {
        use FaultKind as K;
        Drawn {
            dropped: self.falls(service, K::Drop).is_some(),
            error: self.falls(service, K::Error).is_some(),
            duplicate: self.falls(service, K::Duplicate).is_some(),
            unavailable: self.falls(service, K::Unavailable).is_some(),
            throttled: self.falls(service, K::Throttled).map(|fault| whole_seconds(fault.seconds)),
            slow: self.falls(service, K::Slow).map(|fault| Duration::from_secs_f64(fault.seconds.abs())),
        }
    }

    /// Scans as they are told: with wrong clocks, twice, and out of order, where these are on.
    pub(crate) fn told(&self, service: Service, number: &str, mut scans: Vec<Scan>) -> Vec<Scan> {
        let skew = self.switches().on.get(&(service, FaultKind::Skew)).copied();
        // Of a parcel all scans or none, and always: the same scan must bear the same time whenever it is told.
        if let Some(skew) = skew.filter(|skew| chance::share(self.seed, &["skew", service.word(), number]) < skew.probability) {
            scans.iter_mut().for_each(|scan| scan.at = scan.at + Length::millis(millis(skew.seconds)));
        }
        if !scans.is_empty() && self.falls(service, FaultKind::DuplicateScans).is_some() {
            let again = scans[scans.len() / 2].clone();
            scans.push(again);
        }
        if self.falls(service, FaultKind::OutOfOrder).is_some() {
            scans.reverse();
            let middle = scans.len() / 3;
            scans.rotate_left(middle);
        }
        scans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_written_in_a_line() {
        let spec = |text: &str| text.parse::<FaultSpec>();
        assert_eq!(
            spec("sf=throttled:0.2"),
            Ok(FaultSpec { service: Some(Service::Sf), fault: Fault { kind: FaultKind::Throttled, probability: 0.2, seconds: 30.0 } })
        );
        assert_eq!(
            spec("all=slow:1:7"),
            Ok(FaultSpec { service: None, fault: Fault { kind: FaultKind::Slow, probability: 1.0, seconds: 7.0 } })
        );
        assert_eq!(spec("zto=outage").map(|s| s.fault.probability), Ok(1.0));
        for (text, said) in [
            ("sf", "COURIER=FAULT"),
            ("dhl=drop", "is none of sf"),
            ("sf=burn", "is none of drop"),
            ("sf=drop:2", "no share"),
            ("sf=slow:1:x", "no number of seconds"),
            ("sf=slow:1:1:1", "more behind"),
            ("sf=outage:0.5", "on (1) or off (0)"),
        ] {
            let problem = spec(text).unwrap_err().to_string();
            assert!(problem.contains(said) && problem.contains(text), "{problem}");
        }
    }

    #[test]
    fn faults_fall_as_often_as_they_should_and_the_same_way_for_the_same_seed() {
        let fall = |seed: u64| {
            let faults = Faults::new(seed);
            faults.set(&"zto=drop:0.2".parse().unwrap());
            (0..2_000).map(|_| faults.draw(Service::Zto).dropped).collect::<Vec<_>>()
        };
        let dropped = fall(5).iter().filter(|dropped| **dropped).count();
        assert!((330..470).contains(&dropped), "{dropped}");
        assert_eq!(fall(5), fall(5));
        assert_ne!(fall(5), fall(6));
        let faults = Faults::new(5);
        faults.set(&"zto=drop".parse().unwrap());
        assert!(faults.draw(Service::Zto).dropped && !faults.draw(Service::Sf).dropped);
        faults.clear(Some(Service::Zto));
        assert!(!faults.draw(Service::Zto).dropped && faults.on().is_empty());
    }
}
