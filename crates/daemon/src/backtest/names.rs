//! What people and couriers speak of, told so that an engine understands it whose ids are others: by order and kind.
//!
//! Only what is open is remembered.

use parcelward_casework::decision::{Decision, DecisionBody};
use parcelward_casework::fact::{Fact, FactBody, OrderKey, Waybill};
use parcelward_casework::words::{OperationKind, TaskKind};
use std::borrow::Cow;
use std::collections::HashMap;

/// Tasks and operations that are open where they were lived, by id.
#[derive(Debug, Default)]
pub(super) struct Names {
    tasks: HashMap<String, (OrderKey, TaskKind)>,
    operations: HashMap<String, (Waybill, OperationKind)>,
}

impl Names {
    /// Notes what a decision opens or closes.
    pub fn note(&mut self, decision: &Decision) {
        match &decision.body {
            DecisionBody::TaskOpened(task) => drop(self.tasks.insert(task.task_id.clone(), (task.order.clone(), task.kind))),
            DecisionBody::TaskClosed(task) => drop(self.tasks.remove(&task.task_id)),
            DecisionBody::OperationRequested(asked) => {
                self.operations.insert(asked.operation_id.clone(), (asked.waybill.clone(), asked.kind));
            }
            DecisionBody::OperationSettled(settled) => drop(self.operations.remove(&settled.operation_id)),
            _ => {}
        }
    }

    /// The fact as the other engine is to hear it; `None` where it speaks of something that is not open.
    pub fn told<'f>(&self, fact: &'f Fact) -> Option<Cow<'f, Fact>> {
        let mut told = Cow::Borrowed(fact);
        match &fact.body {
            FactBody::TaskUpdate(update) => {
                let Some(id) = &update.task_id else { return Some(told) };
                let (order, kind) = self.tasks.get(id)?;
                if let FactBody::TaskUpdate(update) = &mut told.to_mut().body {
                    update.task_id = None;
                    // The version is the one that a person saw of the other task.
                    update.expected_version = None;
                    (update.platform, update.kind) = (Some(order.platform), Some(*kind));
                    (update.shop, update.order_id) = (Some(order.shop.clone()), Some(order.order_id.clone()));
                }
            }
            FactBody::OperationUpdate(update) => {
                let Some(id) = &update.operation_id else { return Some(told) };
                let (waybill, kind) = self.operations.get(id)?;
                if let FactBody::OperationUpdate(update) = &mut told.to_mut().body {
                    update.operation_id = None;
                    (update.waybill, update.kind) = (Some(waybill.clone()), Some(*kind));
                }
            }
            _ => {}
        }
        Some(told)
    }
}
