//! Lanes are not simulated: whoever asks the model about them is told so.

use super::line::{Line, not_here};
use async_trait::async_trait;
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::Courier;
use parcelward_store::StoreError;
use parcelward_store::lanes::*;

#[async_trait]
impl LaneStore for Line {
    async fn unrouted_operations(&self, _limit: u32) -> Result<Vec<UnroutedOperation>, StoreError> {
        not_here()
    }
    async fn route_operation(&self, _operation_id: &str, _account: &str, _client_ref: &str) -> Result<(), StoreError> {
        not_here()
    }
    async fn end_unrouted(&self, _operation_id: &str, _tell: &str) -> Result<(), StoreError> {
        not_here()
    }
    async fn unroute(&self, _gone: &[PollGroup]) -> Result<(), StoreError> {
        not_here()
    }
    async fn due_operations(&self, _account: &str, _now: Instant, _limit: u32) -> Result<u32, StoreError> {
        not_here()
    }
    async fn claim_operations(
        &self,
        _account: &str,
        _owner: &str,
        _now: Instant,
        _lease: Length,
        _limit: u32,
    ) -> Result<Vec<ClaimedOperation>, StoreError> {
        not_here()
    }
    async fn end_attempt(&self, _owner: &str, _end: &AttemptEnd) -> Result<bool, StoreError> {
        not_here()
    }
    async fn untold(&self, _limit: u32) -> Result<Vec<Untold>, StoreError> {
        not_here()
    }
    async fn told(&self, _untold: &Untold) -> Result<(), StoreError> {
        not_here()
    }
    async fn attempts(&self, _operation_id: &str) -> Result<Vec<AttemptRow>, StoreError> {
        not_here()
    }
    async fn sent_intercept(&self, _waybill: &Waybill) -> Result<Option<(String, Option<String>)>, StoreError> {
        not_here()
    }
    async fn poll_groups(&self, _unrouted_only: bool) -> Result<Vec<PollGroup>, StoreError> {
        not_here()
    }
    async fn route_polls(&self, _group: &PollGroup, _account: &str) -> Result<(), StoreError> {
        not_here()
    }
    async fn claim_polls(
        &self,
        _account: &str,
        _now: Instant,
        _least_gap: Length,
        _lease: Length,
        _limit: u32,
    ) -> Result<Vec<ClaimedPoll>, StoreError> {
        not_here()
    }
    async fn end_polls(&self, _ends: &[PollEnd]) -> Result<(), StoreError> {
        not_here()
    }
    async fn hasten(&self, _waybill: &Waybill, _now: Instant) -> Result<(), StoreError> {
        not_here()
    }
    async fn last_looks(&self, _waybill: &Waybill) -> Result<Vec<(u8, Instant, Option<(String, Instant)>)>, StoreError> {
        not_here()
    }
    async fn pass(&self, _account: &str, _kind: GateKind, _owner: &str, _now: Instant, _probe: Length) -> Result<GatePass, StoreError> {
        not_here()
    }
    async fn block(&self, _account: &str, _kind: GateKind, _until: Instant, _why: &str) -> Result<(), StoreError> {
        not_here()
    }
    async fn note_failure(
        &self,
        _account: &str,
        _kind: GateKind,
        _now: Instant,
        _threshold: u32,
        _open_until: Instant,
        _why: &str,
    ) -> Result<Option<Instant>, StoreError> {
        not_here()
    }
    async fn note_success(&self, _account: &str, _kind: GateKind) -> Result<bool, StoreError> {
        not_here()
    }
    async fn gates(&self) -> Result<Vec<GateRow>, StoreError> {
        not_here()
    }
    async fn take_slice(&self, _account: &str, _now: Instant, _allowance: &Allowance, _calls: u32) -> Result<Slice, StoreError> {
        not_here()
    }
    async fn open_account_task(&self, _task: &AccountTask) -> Result<bool, StoreError> {
        not_here()
    }
    async fn close_account_task(&self, _task_id: &str, _outcome: &str, _now: Instant) -> Result<bool, StoreError> {
        not_here()
    }
    async fn account_tasks(&self, _open_only: bool, _limit: u32) -> Result<Vec<AccountTask>, StoreError> {
        not_here()
    }
    async fn endangered(&self, _courier: Courier, _until: Instant) -> Result<Vec<Endangered>, StoreError> {
        not_here()
    }
    async fn backlog(&self, _account: &str, _now: Instant) -> Result<Backlog, StoreError> {
        not_here()
    }
}
