//! The line has no courier lanes: they have tests of their own, on real stores.

use crate::line::Line;
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::Courier;
use parcelward_store::StoreError;
use parcelward_store::lanes::*;

const NONE: &str = "nothing here asks couriers";

#[async_trait::async_trait]
#[allow(unused_variables, reason = "nobody calls them")]
impl LaneStore for Line {
    async fn unrouted_operations(&self, limit: u32) -> Result<Vec<UnroutedOperation>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn route_operation(&self, operation_id: &str, account: &str, client_ref: &str) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn end_unrouted(&self, operation_id: &str, tell: &str) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn unroute(&self, gone: &[PollGroup]) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn due_operations(&self, account: &str, now: Instant, may_send: bool, limit: u32) -> Result<u32, StoreError> {
        unreachable!("{NONE}")
    }
    async fn claim_operations(
        &self,
        account: &str,
        owner: &str,
        now: Instant,
        lease: Length,
        may_send: bool,
        limit: u32,
    ) -> Result<Vec<ClaimedOperation>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn end_attempt(&self, owner: &str, end: &AttemptEnd) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn untold(&self, limit: u32) -> Result<Vec<Untold>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn told(&self, untold: &Untold) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn attempts(&self, operation_id: &str) -> Result<Vec<AttemptRow>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn operation_lane(&self, operation_id: &str) -> Result<Option<OperationLane>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn note_questions(&self, questions: &[Question]) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn questions(&self, waybill: &Waybill) -> Result<Vec<Question>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn troubled_calls(&self, account: &str, from: Instant, until: Instant, limit: u32) -> Result<Vec<TroubledCall>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn poll_states(&self, waybill: &Waybill) -> Result<Vec<PollState>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn sent_intercept(&self, waybill: &Waybill) -> Result<Option<(String, Option<String>)>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn poll_groups(&self, unrouted_only: bool) -> Result<Vec<PollGroup>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn route_polls(&self, group: &PollGroup, account: &str) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn claim_polls(
        &self,
        account: &str,
        now: Instant,
        least_gap: Length,
        lease: Length,
        limit: u32,
    ) -> Result<Vec<ClaimedPoll>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn end_polls(&self, ends: &[PollEnd]) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn hasten(&self, waybill: &Waybill, now: Instant) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn doubt(&self, waybill: &Waybill, phone_tail: Option<&str>, now: Instant, at_once: bool) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn last_looks(&self, waybill: &Waybill) -> Result<Vec<Look>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn hasten_silent(&self, heard_before: Instant, now: Instant, both: bool) -> Result<u64, StoreError> {
        unreachable!("{NONE}")
    }
    async fn begin_subscription(&self, account: &str, waybill: &Waybill, now: Instant) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn end_subscription(
        &self,
        account: &str,
        waybill: &Waybill,
        end: SubscriptionEnd,
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn pass(&self, account: &str, kind: GateKind, owner: &str, now: Instant, probe: Length) -> Result<GatePass, StoreError> {
        unreachable!("{NONE}")
    }
    async fn block(&self, account: &str, kind: GateKind, until: Instant, why: &str) -> Result<(), StoreError> {
        unreachable!("{NONE}")
    }
    async fn note_failure(
        &self,
        account: &str,
        kind: GateKind,
        now: Instant,
        threshold: u32,
        open_until: Instant,
        why: &str,
    ) -> Result<Option<Instant>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn note_success(&self, account: &str, kind: GateKind) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn gates(&self) -> Result<Vec<GateRow>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn take_slice(&self, account: &str, now: Instant, allowance: &Allowance, calls: u32) -> Result<Slice, StoreError> {
        unreachable!("{NONE}")
    }
    async fn open_account_task(&self, task: &AccountTask) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn close_account_task(&self, task_id: &str, outcome: &str, now: Instant) -> Result<bool, StoreError> {
        unreachable!("{NONE}")
    }
    async fn account_tasks(&self, open_only: bool, limit: u32) -> Result<Vec<AccountTask>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn endangered(&self, courier: Courier, until: Instant) -> Result<Vec<Endangered>, StoreError> {
        unreachable!("{NONE}")
    }
    async fn backlog(&self, account: &str, now: Instant, least_gap: Length) -> Result<Backlog, StoreError> {
        unreachable!("{NONE}")
    }
}
