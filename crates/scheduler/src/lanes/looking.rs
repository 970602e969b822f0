//! Looking for an earlier request: one without a clear answer, or one that may have been sent in a time that the database has lost.

use super::LaneError;
use super::lane::Own;
use super::operations::{Made, backoff, shows_after};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::OperationStatus;
use parcelward_courier::{
    Accepted, Call, ClientReference, CourierAdapter, CourierError, LookUpQuery, Looked, Progress, RequestState, UnclearReason,
};
use parcelward_store::lanes::{AttemptMode, ClaimedOperation, GateKind, Phase};

/// An unclear request of which nothing can be found out for this long is a person's.
const GIVE_UP: Length = Length::hours(24);
/// How far a platform's clock and the database's may differ.
const CLOCKS_DIFFER: Length = Length::minutes(10);

/// One look.
pub(super) async fn look<'a>(
    own: &Own,
    adapter: &dyn CourierAdapter,
    call: &Call,
    operation: &'a ClaimedOperation,
) -> Result<Made<'a>, LaneError> {
    let options = &own.shared.options;
    let first = operation.first_look_at.unwrap_or_else(|| own.shared.now());
    let never_sent = operation.mode == AttemptMode::Look && operation.foreign && operation.sent_at.is_none();
    let renewed_at = if operation.foreign { own.shared.store.renewed_at().await? } else { None };
    if never_sent
        && let Some(at) = renewed_at
        && began_after(own, operation, at).await?
    {
        // Nobody can have asked anything about this order before: its request goes out.
        let mut made = Made::new(operation, own.shared.now());
        made.end.cleared = true;
        let now = made.end.ended_at;
        return Ok(made.end(Phase::Planned, now, "began_after_the_restore"));
    }
    let Some(shows_after) = shows_after(options, adapter, operation.kind) else {
        let reason = if operation.foreign { "restored" } else { "unconfirmed" };
        return Ok(Made::new(operation, own.shared.now()).told(Phase::Done, OperationStatus::Unknown, Some(reason)));
    };
    let found = find(own, adapter, call, operation).await;
    own.learn(GateKind::Ask, found.as_ref().err()).await?;
    let now = own.shared.now();
    let mut made = Made::new(operation, now);
    (made.end.looks, made.end.first_look_at) = (operation.looks.saturating_add(1), Some(first));
    // What was sent is sure to show that long after it was sent. Where nobody knows when: before the database lost it, or before the first look.
    let lost_before = renewed_at.filter(|_| operation.foreign).map(|at| at + options.lease).unwrap_or(first);
    let sure_at = operation.sent_at.filter(|_| !operation.foreign).unwrap_or_else(|| first.min(lost_before)) + shows_after;
    let phase = if never_sent { Phase::Planned } else { Phase::Unclear };
    Ok(match found {
        Ok(Looked::Seen(state)) => seen(adapter, made, state),
        Ok(Looked::NotSeen) if now >= sure_at => {
            if phase == Phase::Planned {
                // Nothing was ever sent: it goes out now, for the first time.
                made.end.cleared = true;
                made.end.looks = 0;
                made.end(Phase::Planned, now, "not_there")
            } else {
                made.told(Phase::Done, OperationStatus::Unknown, Some("not_found"))
            }
        }
        Ok(Looked::NotSeen) => {
            let pause = Length::millis((sure_at.since(now).as_millis() / 2).max(60_000));
            made.end(phase, sure_at.min(now + pause), "not_seen_yet")
        }
        Err(error) if now.since(first) > shows_after + GIVE_UP => {
            made.told(Phase::Done, OperationStatus::Unknown, Some("not_found_out")).detail(error.to_string())
        }
        Err(error) => {
            let wait = Length::millis(error.retry_after().map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(0)));
            let looks = made.end.looks;
            made.end(phase, now + wait.max(backoff(options, looks)), "look_failed").detail(error.to_string())
        }
    })
}

/// Whether an order was paid for after the database changed its incarnation: nothing about it can have been lost.
async fn began_after(own: &Own, operation: &ClaimedOperation, renewed_at: Instant) -> Result<bool, LaneError> {
    let file = own.shared.store.case_file(&operation.order).await?;
    let paid_at = file.and_then(|stored| stored.file.order.as_ref().map(|order| order.paid_at));
    Ok(paid_at.is_some_and(|paid_at| paid_at > renewed_at + CLOCKS_DIFFER))
}

async fn find(own: &Own, adapter: &dyn CourierAdapter, call: &Call, operation: &ClaimedOperation) -> Result<Looked, CourierError> {
    let look = adapter.look_up().filter(|look| look.finds(operation.kind).is_some());
    let asking = async {
        match (look, adapter.intercept_state()) {
            (Some(look), _) => {
                let reference = ClientReference::new(&operation.client_ref).ok_or_else(|| CourierError::missing("reference"))?;
                let query = LookUpQuery {
                    waybill: operation.waybill.clone(),
                    kind: operation.kind,
                    reference,
                    courier_reference: operation.reference.clone(),
                };
                look.find(call, &query).await
            }
            (None, Some(state)) => state.state_of_intercept(call, &operation.waybill, operation.reference.as_deref()).await,
            (None, None) => Ok(Looked::NotSeen),
        }
    };
    let asked = tokio::time::timeout(own.shared.options.call, asking).await;
    asked.unwrap_or_else(|_| Err(CourierError::unconfirmed(UnclearReason::Timeout, "no answer in the call's time")))
}

/// The courier has it.
fn seen<'a>(adapter: &dyn CourierAdapter, made: Made<'a>, state: RequestState) -> Made<'a> {
    let mut made = made;
    made.end.cleared = true;
    if made.operation.sent_at.is_none() {
        made.end.sent_at = Some(made.end.ended_at);
    }
    match state.progress {
        Progress::Failed => made.told(Phase::Done, OperationStatus::Failed, Some(state.text.as_deref().unwrap_or(&state.code))),
        Progress::Cancelled => made.told(Phase::Done, OperationStatus::Failed, Some("cancelled")),
        _ => made.accepted(adapter, Accepted::with(state.reference)),
    }
}
