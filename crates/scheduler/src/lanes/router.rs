//! Gives operations and parcels to accounts, and hands in what lanes could not.

use super::facts::{self, Update};
use super::{LaneError, Shared};
use parcelward_casework::words::OperationStatus;
use parcelward_courier::ClientReference;
use parcelward_store::lanes::{PollGroup, UnroutedOperation};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PAGE: u32 = 200;
/// What operations that nobody can send are told by.
const SOURCE: &str = "parcelward/lanes";

/// Our own name of an operation, as the decision told it.
#[derive(Deserialize)]
struct Named {
    idempotency_key: String,
}

#[derive(Debug)]
pub(super) struct Router {
    shared: Arc<Shared>,
    /// What other routes had given away was taken back.
    took_back: bool,
}

impl Router {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Router { shared, took_back: false }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut pulse = self.shared.desk.pulse();
        let mut pause = Duration::from_millis(100);
        while !stop.is_cancelled() {
            match self.turn().await {
                Ok(()) => pause = Duration::from_millis(100),
                Err(error) => {
                    pause = (pause * 2).min(Duration::from_secs(10));
                    tracing::warn!(%error, "operations and parcels could not be given to accounts; tried again");
                }
            }
            // After every batch of the desk, and now and then for those of other daemons; never without a pause.
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
            tokio::select! {
                () = stop.cancelled() => break,
                changed = pulse.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    pub(super) async fn turn(&mut self) -> Result<(), LaneError> {
        if !self.took_back {
            self.take_back().await?;
            self.took_back = true;
        }
        let mut moved = self.hand_in().await?;
        moved |= self.operations().await?;
        moved |= self.polls().await?;
        if moved {
            self.shared.rouse.notify_waiters();
        }
        Ok(())
    }

    /// After a change of routes: what was given to an account that it would not be given to now.
    async fn take_back(&self) -> Result<(), LaneError> {
        let groups = self.shared.store.poll_groups(false).await?;
        let gone: Vec<PollGroup> =
            groups.into_iter().filter(|group| group.account.as_deref().is_some_and(|account| account != self.asker(group))).collect();
        Ok(self.shared.store.unroute(&gone).await?)
    }

    /// Facts of attempts whose daemon died before the desk had them.
    async fn hand_in(&self) -> Result<bool, LaneError> {
        let untold = self.shared.store.untold(PAGE).await?;
        for one in &untold {
            self.shared.submit(one.json.lines().map(str::to_owned)).await?;
            self.shared.store.told(one).await?;
        }
        Ok(!untold.is_empty())
    }

    async fn operations(&self) -> Result<bool, LaneError> {
        let unrouted = self.shared.store.unrouted_operations(PAGE).await?;
        for operation in &unrouted {
            self.operation(operation).await?;
        }
        // What nobody can do is told at once.
        self.hand_in().await?;
        Ok(!unrouted.is_empty())
    }

    async fn operation(&self, operation: &UnroutedOperation) -> Result<(), LaneError> {
        let route = self.shared.routes.for_operation(operation.waybill.courier, &operation.shop, operation.kind);
        let name = serde_json::from_str::<Named>(&operation.intent).ok().and_then(|n| ClientReference::new(&n.idempotency_key));
        let reason = match (&route, name) {
            (Ok(route), Some(name)) => {
                return Ok(self.shared.store.route_operation(&operation.operation_id, &route.lane, name.as_str()).await?);
            }
            (Err(nobody), _) => nobody.word(),
            // Its request is not in the list of operations: nothing is sent that is not known whole.
            (Ok(_), None) => "request_unreadable",
        };
        tracing::info!(operation = operation.operation_id, reason, "nobody can be asked; a person is");
        let tell = facts::update(&Update {
            source: SOURCE,
            operation_id: &operation.operation_id,
            by: reason,
            status: OperationStatus::Rejected,
            reference: None,
            reason: Some(reason),
            fee: None,
            at: self.shared.now(),
        });
        Ok(self.shared.store.end_unrouted(&operation.operation_id, &tell).await?)
    }

    async fn polls(&self) -> Result<bool, LaneError> {
        let groups = self.shared.store.poll_groups(true).await?;
        for group in &groups {
            self.shared.store.route_polls(group, &self.asker(group)).await?;
        }
        Ok(!groups.is_empty())
    }

    /// The account that asks about a group's parcels; empty where there is none.
    fn asker(&self, group: &PollGroup) -> String {
        let trackers = self.shared.routes.trackers(group.courier, &group.shop);
        trackers.into_iter().nth(usize::from(group.place)).map(|route| route.lane).unwrap_or_default()
    }
}
