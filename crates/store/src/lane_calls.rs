//! The lanes' statements: the same for both databases, sent through each one's own connection.
//!
//! `$skip` is what keeps two daemons from waiting for each other at rows that either may take, `$lock` what makes one wait at a row that
//! both need; a database with one writer needs neither.

pub(crate) mod accounts;
pub(crate) mod looks;
pub(crate) mod operations;
pub(crate) mod polls;
pub(crate) mod views;

macro_rules! lane_calls {
    ($On:ty, $Row:ty, $skip:literal, $lock:literal) => {
        use crate::lanes::*;
        use crate::rows::{Columns, at, count, order_key, waybill_of, word};
        use crate::{MAX_PAGE, StoreError};
        use parcelward_casework::fact::Waybill;
        use parcelward_casework::instant::{Instant, Length};
        use parcelward_casework::watch::{Looks, next_look, rank};
        use parcelward_casework::words::{Courier, OperationKind};

        /// The `acts_at` of a parcel about which nothing runs.
        const NOTHING_RUNS: i64 = crate::projection::NOTHING_RUNS;

        /// The exchanges of so many attempts of an operation are kept, beside those that sent something.
        const EXCHANGES_KEPT: i64 = 20;

        fn small(row: &impl Columns, column: &str) -> Result<u32, StoreError> {
            Ok(u32::try_from(row.number(column)?).unwrap_or(u32::MAX))
        }

        fn maybe_at(row: &impl Columns, column: &str) -> Result<Option<Instant>, StoreError> {
            Ok(row.number_or_none(column)?.map(Instant::from_millis))
        }

        fn maybe_text(row: &impl Columns, column: &str) -> Result<Option<String>, StoreError> {
            Ok(row.text_or_none(column)?.map(str::to_owned))
        }

        crate::lane_calls::operations::operation_calls!($On, $Row, $skip, $lock);
        crate::lane_calls::polls::poll_calls!($On, $Row, $skip, $lock);
        crate::lane_calls::looks::look_calls!($On, $Row);
        crate::lane_calls::accounts::account_calls!($On, $Row, $skip, $lock);
        crate::lane_calls::views::view_calls!($On, $Row);
    };
}
pub(crate) use lane_calls;

/// The [`crate::lanes::LaneStore`] of a database: each method a transaction of its own, begun by `$begin` and ended by `$end`.
macro_rules! lane_store {
    ($Store:ty, $module:ident, |$store:ident| $begin:expr, |$tx:ident| $end:expr) => {
        crate::lane_calls::lane_store! { @methods $Store, $module, |$store| $begin, |$tx| $end;
                unrouted_operations(limit: u32) -> Vec<UnroutedOperation>;
                route_operation(operation_id: &str, account: &str, client_ref: &str) -> ();
                end_unrouted(operation_id: &str, tell: &str) -> ();
                unroute(gone: &[PollGroup]) -> ();
                due_operations(account: &str, now: Instant, may_send: bool, limit: u32) -> u32;
                claim_operations(account: &str, owner: &str, now: Instant, lease: Length, may_send: bool, limit: u32)
                    -> Vec<ClaimedOperation>;
                end_attempt(owner: &str, end: &AttemptEnd) -> bool;
                untold(limit: u32) -> Vec<Untold>;
                told(untold: &Untold) -> ();
                attempts(operation_id: &str) -> Vec<AttemptRow>;
                operation_lane(operation_id: &str) -> Option<OperationLane>;
                poll_states(waybill: &Waybill) -> Vec<PollState>;
                note_questions(questions: &[Question]) -> ();
                questions(waybill: &Waybill) -> Vec<Question>;
                troubled_calls(account: &str, from: Instant, until: Instant, limit: u32) -> Vec<TroubledCall>;
                sent_intercept(waybill: &Waybill) -> Option<(String, Option<String>)>;
                poll_groups(unrouted_only: bool) -> Vec<PollGroup>;
                route_polls(group: &PollGroup, account: &str) -> ();
                claim_polls(account: &str, now: Instant, least_gap: Length, lease: Length, limit: u32) -> Vec<ClaimedPoll>;
                end_polls(ends: &[PollEnd]) -> ();
                hasten(waybill: &Waybill, now: Instant) -> ();
                doubt(waybill: &Waybill, phone_tail: Option<&str>, now: Instant, at_once: bool) -> ();
                last_looks(waybill: &Waybill) -> Vec<Look>;
                hasten_silent(heard_before: Instant, now: Instant, both: bool) -> u64;
                begin_subscription(account: &str, waybill: &Waybill, now: Instant) -> bool;
                end_subscription(account: &str, waybill: &Waybill, end: SubscriptionEnd, detail: Option<&str>) -> ();
                pass(account: &str, kind: GateKind, owner: &str, now: Instant, probe: Length) -> GatePass;
                block(account: &str, kind: GateKind, until: Instant, why: &str) -> ();
                note_failure(account: &str, kind: GateKind, now: Instant, threshold: u32, open_until: Instant, why: &str)
                    -> Option<Instant>;
                note_success(account: &str, kind: GateKind) -> bool;
                gates() -> Vec<GateRow>;
                take_slice(account: &str, now: Instant, allowance: &Allowance, calls: u32) -> Slice;
                open_account_task(task: &AccountTask) -> bool;
                close_account_task(task_id: &str, outcome: &str, now: Instant) -> bool;
                account_tasks(open_only: bool, limit: u32) -> Vec<AccountTask>;
                endangered(courier: Courier, until: Instant) -> Vec<Endangered>;
                backlog(account: &str, now: Instant, least_gap: Length) -> Backlog;
        }
    };
    (@methods $Store:ty, $module:ident, |$store:ident| $begin:expr, |$tx:ident| $end:expr;
        $($name:ident($($argument:ident: $Argument:ty),*) -> $Out:ty;)+) => {
        #[async_trait]
        impl crate::lanes::LaneStore for $Store {
            $(async fn $name(&self, $($argument: $Argument),*) -> Result<$Out, StoreError> {
                let $store = self;
                let mut $tx = $begin;
                let out = $module::$name(&mut $tx $(, $argument)*).await?;
                $end?;
                Ok(out)
            })+
        }
    };
}
pub(crate) use lane_store;
