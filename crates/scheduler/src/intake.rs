//! Where a fact goes: whether it was seen before, and which order it belongs to.

use crate::batch::mentions;
use crate::receipt::{Incoming, Refused};
use parcelward_casework::decision::order_tag;
use parcelward_casework::fact::{Fact, FactBody, FactId, OrderKey, Waybill};
use parcelward_store::{ParkedFact, StoreError, Transaction};
use std::collections::{HashMap, HashSet};

/// Where a fact goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// To every order's decisions.
    World,
    /// To one order, which begins with it where `create` is set.
    Order {
        /// Which.
        order: OrderKey,
        /// Whether the fact may begin the order's case file.
        create: bool,
    },
    /// It waits for the order of this waybill.
    Waits(Waybill),
    /// Nowhere.
    Nowhere(Refused),
}

/// What is known of the facts of a batch.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    seen: HashMap<FactId, (u64, Option<OrderKey>)>,
    /// Waybills that were looked up, and whose they are.
    waybills: HashMap<Waybill, Option<OrderKey>>,
    tags: HashMap<String, Option<OrderKey>>,
    /// Facts that wait, by the waybills that were asked about.
    parked: HashMap<Waybill, Vec<ParkedFact>>,
    named: Vec<OrderKey>,
}

/// The part of an id that stands for its order.
fn tag_of(id: &str) -> &str {
    id.split_once('-').map_or(id, |(tag, _)| tag)
}

fn id_of(body: &FactBody) -> Option<&str> {
    match body {
        FactBody::OperationUpdate(f) => f.operation_id.as_deref(),
        FactBody::TaskUpdate(f) => f.task_id.as_deref(),
        _ => None,
    }
}

impl Intake {
    /// Looks up everything that a batch's facts name.
    pub(crate) async fn read(tx: &mut dyn Transaction, facts: &[&Incoming]) -> Result<Self, StoreError> {
        let mut intake = Intake::default();
        if facts.is_empty() {
            return Ok(intake);
        }
        let ids: Vec<FactId> = distinct(facts.iter().map(|f| f.fact.id.clone()));
        let seen = tx.seen(&ids).await?;
        for (id, seen) in ids.into_iter().zip(seen) {
            if let Some(seen) = seen {
                intake.seen.insert(id, (seen.fingerprint, seen.order));
            }
        }
        let fresh = || facts.iter().filter(|f| !intake.seen.contains_key(&f.fact.id)).map(|f| &f.fact.body);
        intake.named = distinct(fresh().filter_map(FactBody::order));
        let tags: Vec<String> = distinct(fresh().filter_map(id_of).map(|id| tag_of(id).to_owned()));
        let waybills: Vec<Waybill> = distinct(fresh().flat_map(mentions).cloned());
        let may_release: Vec<Waybill> = distinct(fresh().filter(|b| !matches!(b, FactBody::Tracking(_))).flat_map(mentions).cloned());
        if !tags.is_empty() {
            let orders = tx.orders_of_tags(&tags).await?;
            intake.tags.extend(tags.into_iter().zip(orders));
        }
        if !waybills.is_empty() {
            let orders = tx.orders_of_waybills(&waybills).await?;
            intake.waybills.extend(waybills.into_iter().zip(orders));
        }
        // Only a waybill that nobody registered yet can have facts that wait for it.
        let unknown: Vec<Waybill> = may_release.into_iter().filter(|w| intake.waybills.get(w).is_none_or(Option::is_none)).collect();
        intake.ask_parked(tx, unknown).await?;
        Ok(intake)
    }

    /// Every order that the facts lead to, as far as it is known before they are decided.
    pub(crate) fn orders(&self) -> Vec<OrderKey> {
        let found = self.tags.values().chain(self.waybills.values()).flatten();
        distinct(self.named.iter().chain(found).cloned())
    }

    /// The fingerprint and order of the fact that bears this identity, if one does.
    pub(crate) fn seen(&self, id: &FactId) -> Option<(u64, Option<OrderKey>)> {
        self.seen.get(id).cloned()
    }

    /// Notes that a fact is journalled.
    pub(crate) fn note_seen(&mut self, fact: &Fact, order: Option<OrderKey>) {
        self.seen.insert(fact.id.clone(), (fact.fingerprint, order));
    }

    /// Where a fact goes, by what is known now.
    pub(crate) fn goal(&self, body: &FactBody) -> Goal {
        let of_waybill = |waybill: &Waybill| self.waybills.get(waybill).cloned().flatten();
        let existing = |order: Option<OrderKey>, refused: Refused| match order {
            Some(order) => Goal::Order { order, create: false },
            None => Goal::Nowhere(refused),
        };
        match body {
            FactBody::Coverage(_) | FactBody::Disruption(_) | FactBody::Configuration(_) => Goal::World,
            FactBody::Tracking(f) => match of_waybill(&f.waybill) {
                Some(order) => Goal::Order { order, create: false },
                None => Goal::Waits(f.waybill.clone()),
            },
            FactBody::OperationUpdate(f) => {
                let by_id = f.operation_id.as_deref().map(|id| self.of_tag(id));
                existing(by_id.unwrap_or_else(|| f.waybill.as_ref().and_then(of_waybill)), Refused::NoSuchOperation)
            }
            FactBody::TaskUpdate(f) => {
                let by_id = f.task_id.as_deref().map(|id| self.of_tag(id));
                existing(by_id.unwrap_or_else(|| body.order()), Refused::NoSuchTask)
            }
            _ => match body.order() {
                Some(order) => Goal::Order { order, create: true },
                None => Goal::World,
            },
        }
    }

    fn of_tag(&self, id: &str) -> Option<OrderKey> {
        let tag = tag_of(id);
        let known = self.tags.get(tag).cloned().flatten();
        // The order may have begun in this very batch.
        known.or_else(|| self.named.iter().find(|order| order_tag(order) == tag).cloned())
    }

    /// Notes an order's new waybills. Gives those that are its own now: a waybill stays with the order that registered it first.
    pub(crate) async fn register(
        &mut self,
        tx: &mut dyn Transaction,
        waybills: Vec<Waybill>,
        order: &OrderKey,
    ) -> Result<Vec<Waybill>, StoreError> {
        let unasked: Vec<Waybill> = waybills.iter().filter(|w| !self.waybills.contains_key(*w)).cloned().collect();
        if !unasked.is_empty() {
            let orders = tx.orders_of_waybills(&unasked).await?;
            self.waybills.extend(unasked.into_iter().zip(orders));
        }
        let mut ours = Vec::new();
        for waybill in waybills {
            let holder = self.waybills.entry(waybill.clone()).or_default();
            if holder.is_none() {
                *holder = Some(order.clone());
                ours.push(waybill);
            }
        }
        Ok(ours)
    }

    /// The stored facts that wait for a waybill, in the order in which they were received. They are given out once.
    pub(crate) async fn parked(&mut self, tx: &mut dyn Transaction, waybill: &Waybill) -> Result<Vec<ParkedFact>, StoreError> {
        if !self.parked.contains_key(waybill) {
            self.ask_parked(tx, vec![waybill.clone()]).await?;
        }
        Ok(self.parked.get_mut(waybill).map(std::mem::take).unwrap_or_default())
    }

    async fn ask_parked(&mut self, tx: &mut dyn Transaction, waybills: Vec<Waybill>) -> Result<(), StoreError> {
        if waybills.is_empty() {
            return Ok(());
        }
        for parked in tx.parked(&waybills).await? {
            self.parked.entry(parked.waybill.clone()).or_default().push(parked);
        }
        for waybill in waybills {
            self.parked.entry(waybill).or_default();
        }
        Ok(())
    }
}

/// Each once, in the order of the first.
fn distinct<T: Clone + Eq + std::hash::Hash>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut met = HashSet::new();
    all.filter(|one| met.insert(one.clone())).collect()
}
