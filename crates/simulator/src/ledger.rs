//! What was asked and what was taken, by business key. Nothing is ever forgotten: that a courier took the same thing twice must show.

use crate::service::Service;
use parcelward_casework::words::Courier;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One thing that a parcel can be asked for once: the parcel and the kind of request, whichever way it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct BusinessKey {
    /// Who carries it.
    pub courier: Courier,
    /// Its number, in upper case.
    pub waybill: String,
    /// What was asked: an operation's word (`intercept`), `work_order` or `proof`.
    pub kind: &'static str,
}

/// How often one thing was asked and taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests that reached the courier's interface with a right signature.
    pub asked: u32,
    /// Of these, those that it took, whether or not its answer reached the caller.
    pub accepted: u32,
}

/// What is known of one business key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// In all.
    #[serde(flatten)]
    pub counts: Counts,
    /// By the caller's own reference, where the interface carries one; else under the empty name.
    pub references: BTreeMap<String, Counts>,
    /// Over which interfaces.
    pub services: BTreeSet<Service>,
    /// The reason of the last refusal, the courier's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_refusal: Option<String>,
}

/// A key and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerLine {
    /// Of what.
    #[serde(flatten)]
    pub key: BusinessKey,
    /// How often.
    #[serde(flatten)]
    pub entry: Entry,
}

/// Everything, as `GET /ledger` gives it.
#[derive(Debug, Clone, Serialize)]
pub struct LedgerPage {
    /// One line a business key.
    pub entries: Vec<LedgerLine>,
    /// The lines whose request was taken more than once.
    pub accepted_twice: Vec<LedgerLine>,
    /// HTTP requests, by interface.
    pub calls: BTreeMap<Service, usize>,
    /// Questions about a number that came sooner after the last than the interface allows, by interface.
    pub too_soon: BTreeMap<Service, usize>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<BusinessKey, Entry>,
    calls: BTreeMap<Service, Vec<Duration>>,
    too_soon: BTreeMap<Service, usize>,
}

/// The ledger. Clones are the same.
#[derive(Debug, Clone)]
pub struct Ledger {
    began: Instant,
    state: Arc<Mutex<State>>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Ledger { began: Instant::now(), state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call; gives how many there were before it.
    pub(crate) fn called(&self, service: Service) -> usize {
        let at = self.began.elapsed();
        let mut state = self.state();
        let calls = state.calls.entry(service).or_default();
        calls.push(at);
        calls.len() - 1
    }

    pub(crate) fn asked_too_soon(&self, service: Service) {
        *self.state().too_soon.entry(service).or_default() += 1;
    }

    pub(crate) fn asked(&self, service: Service, key: &BusinessKey, reference: &str) {
        self.amend(key, |entry| {
            entry.services.insert(service);
            entry.counts.asked += 1;
            entry.references.entry(reference.to_owned()).or_default().asked += 1;
        });
    }

    pub(crate) fn accepted(&self, key: &BusinessKey, reference: &str) {
        self.amend(key, |entry| {
            entry.counts.accepted += 1;
            entry.references.entry(reference.to_owned()).or_default().accepted += 1;
        });
    }

    pub(crate) fn refused(&self, key: &BusinessKey, why: &str) {
        self.amend(key, |entry| entry.last_refusal = Some(why.to_owned()));
    }

    fn amend(&self, key: &BusinessKey, change: impl FnOnce(&mut Entry)) {
        change(self.state().entries.entry(key.clone()).or_default());
    }

    /// Every line, in order of courier, number and kind.
    #[must_use]
    pub fn lines(&self) -> Vec<LedgerLine> {
        self.state().entries.iter().map(|(key, entry)| LedgerLine { key: key.clone(), entry: entry.clone() }).collect()
    }

    /// What is known of one thing; all zero where it was never asked.
    #[must_use]
    pub fn entry(&self, courier: Courier, waybill: &str, kind: &str) -> Entry {
        let state = self.state();
        let first = BusinessKey { courier, waybill: waybill.to_ascii_uppercase(), kind: "" };
        let mut of_parcel = state.entries.range(&first..).take_while(|(key, _)| key.courier == courier && key.waybill == first.waybill);
        of_parcel.find(|(key, _)| key.kind == kind).map(|(_, entry)| entry.clone()).unwrap_or_default()
    }

    /// The lines whose request was taken more than once.
    #[must_use]
    pub fn accepted_twice(&self) -> Vec<LedgerLine> {
        self.lines().into_iter().filter(|line| line.entry.counts.accepted > 1).collect()
    }

    /// When an interface was called, each since the simulator's start: to see that a limit was kept.
    #[must_use]
    pub fn calls(&self, service: Service) -> Vec<Duration> {
        self.state().calls.get(&service).cloned().unwrap_or_default()
    }

    /// Everything at once.
    #[must_use]
    pub fn page(&self) -> LedgerPage {
        let (entries, accepted_twice) = (self.lines(), self.accepted_twice());
        let state = self.state();
        let calls = state.calls.iter().map(|(service, calls)| (*service, calls.len())).collect();
        LedgerPage { entries, accepted_twice, calls, too_soon: state.too_soon.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_twice_shows_whichever_way_it_came() {
        let ledger = Ledger::new();
        let key = BusinessKey { courier: Courier::Jd, waybill: "JDV1".into(), kind: "intercept" };
        for (service, reference) in [(Service::Jd, ""), (Service::Kuaidi100, "intercept-1")] {
            ledger.asked(service, &key, reference);
            ledger.accepted(&key, reference);
        }
        ledger.asked(Service::Jd, &key, "");
        ledger.refused(&key, "2101");
        let twice = ledger.accepted_twice();
        assert_eq!(twice.len(), 1);
        assert_eq!(twice[0].entry.counts, Counts { asked: 3, accepted: 2 });
        assert_eq!(twice[0].entry.references["intercept-1"], Counts { asked: 1, accepted: 1 });
        assert_eq!(ledger.entry(Courier::Jd, "jdv1", "intercept").last_refusal.as_deref(), Some("2101"));
        assert_eq!(ledger.entry(Courier::Jd, "JDV2", "intercept"), Entry::default());
    }
}
