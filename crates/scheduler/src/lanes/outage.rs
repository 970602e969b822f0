//! An account that is down: one task for a person, which names what it endangers, opened with the breaker and closed with it.
//!
//! Such a task has no order and no case. It is in no order's journal, so a replay of the journals neither needs nor makes it.

use super::{LaneError, Shared};
use crate::routes::AccountLane;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::{TaskKind, TaskOutcome};
use parcelward_store::lanes::{AccountTask, GateKind};
use serde_json::json;

/// How far ahead deadlines are named.
const NAMED_AHEAD: Length = Length::hours(24);
/// How long a person has for it.
const DUE_AFTER: Length = Length::hours(1);

/// Opens the task, unless it is open.
pub(super) async fn open(shared: &Shared, lane: &AccountLane, since: Instant, why: &str) -> Result<(), LaneError> {
    let now = shared.now();
    let couriers: Vec<_> = lane.adapters.iter().map(|adapter| adapter.identity().courier).collect();
    let mut endangered = Vec::new();
    for courier in &shared.routes.rely_on(&lane.name) {
        for one in shared.store.endangered(*courier, now + NAMED_AHEAD).await? {
            endangered.push(
                json!({"courier": courier.word(), "rule": one.rule, "count": one.count, "first_due_at": one.first_due_at.to_string()}),
            );
        }
    }
    let kind = TaskKind::CourierOutage.word();
    let task_id = format!("{kind}-{}-{}", lane.name, since.millis());
    let courier = couriers.first().map_or("other", |courier| courier.word());
    let told = json!({
        "task_id": task_id, "kind": kind, "account": lane.name, "couriers": couriers.iter().map(|c| c.word()).collect::<Vec<_>>(),
        "queue": "lead", "urgency": "critical", "due_at": (now + DUE_AFTER).to_string(), "reason": why, "endangered": endangered,
        "outcomes": [TaskOutcome::Restored.word()],
    });
    let task = AccountTask {
        task_id,
        kind: kind.to_owned(),
        account: lane.name.clone(),
        courier: courier.to_owned(),
        is_open: true,
        opened_at: now,
        due_at: now + DUE_AFTER,
        closed_at: None,
        outcome: None,
        told: told.to_string(),
    };
    if shared.store.open_account_task(&task).await? {
        metrics::counter!(crate::metric::COURIER_OUTAGES, "account" => lane.name.clone()).increment(1);
        tracing::warn!(account = lane.name, why, deadlines = endangered.len(), "the account is down; a task says so");
    }
    Ok(())
}

/// Closes it, once nothing of the account is down any more.
pub(super) async fn close(shared: &Shared, account: &str) -> Result<(), LaneError> {
    if shared.store.gates().await?.iter().any(|gate| gate.account == account && gate.open_since.is_some()) {
        return Ok(());
    }
    for task in shared.store.account_tasks(true, 1_000).await? {
        if task.account == account && task.kind == TaskKind::CourierOutage.word() {
            shared.store.close_account_task(&task.task_id, TaskOutcome::Restored.word(), shared.now()).await?;
            tracing::info!(account, "the account answers again");
        }
    }
    Ok(())
}

/// The kinds of call that a gate stands before.
pub(super) const fn label(kind: GateKind) -> &'static str {
    match kind {
        GateKind::Ask => "questions",
        GateKind::Act => "requests",
    }
}
