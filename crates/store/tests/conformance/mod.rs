//! What every store must do, whatever its database. A database runs it by implementing [`Place`] and calling `suite!`.

pub mod checks;
pub mod files;
pub mod kit;
pub mod lanes;
pub mod ledger;
pub mod lists;
pub mod retention;
pub mod revisions;
pub mod routes;
pub mod rules;
pub mod views;
pub mod wakes;

use parcelward_store::SharedStore;

/// Somewhere a store can be opened, closed and opened again.
#[async_trait::async_trait]
pub trait Place: Sized + Send + Sync {
    /// An empty one.
    async fn fresh() -> Self;
    /// Opens what is there.
    async fn open(&self) -> SharedStore;
    /// A statement behind the store's back.
    async fn execute(&self, sql: String);
}

macro_rules! suite {
    ($place:ty: $($module:ident :: $test:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            let place = <$place as $crate::conformance::Place>::fresh().await;
            $crate::conformance::$module::$test(&place).await;
        })+
    };
    ($place:ty) => {
        $crate::conformance::suite!($place:
            files::instants_grow_even_over_a_restart,
            files::a_batch_is_all_or_nothing,
            files::a_transaction_that_is_dropped_changes_nothing,
            files::a_version_that_was_overtaken_is_refused,
            files::locking_reads_only_what_is_not_known,
            files::a_fact_is_known_by_its_identity,
            files::a_fact_that_waits_is_found_and_released_once,
            files::a_fact_of_the_same_batch_is_released,
            files::a_waybill_stays_with_its_first_order,
            files::an_id_leads_to_its_order,
            files::the_journal_keeps_the_order_of_things,
            files::a_large_batch_is_written_whole,
            files::open_files_are_read_page_by_page,
            files::a_batch_that_tells_news_keeps_others_from_committing,
            files::lists_are_written_anew_from_the_case_file,
            files::a_restart_keeps_everything,
            wakes::what_is_due_comes_in_order_and_bounded,
            wakes::what_is_set_aside_is_left_alone,
            wakes::news_rouses_every_open_file_in_steps,
            wakes::news_of_coverage_rouses_who_waits_for_it,
            wakes::news_of_the_world_is_kept_in_order,
            wakes::news_that_was_overtaken_is_refused,
            wakes::coverage_and_disruptions_are_listed_newest_first,
            ledger::a_slot_is_claimed_once,
            ledger::claims_of_an_older_state_come_to_nothing,
            ledger::an_edit_counts_from_its_moment,
            ledger::a_run_ends_once_and_is_shown_newest_first,
            ledger::what_is_old_and_ended_is_forgotten,
            revisions::a_revision_is_noted_once_and_found_again,
            revisions::a_line_of_the_journal_names_its_revision,
            revisions::what_no_line_names_is_forgotten_after_a_day,
            rules::a_change_of_rules_is_kept_in_its_place,
            rules::a_change_of_rules_that_was_overtaken_is_refused,
            rules::a_change_of_rules_that_is_gone_is_noticed,
            retention::only_closed_files_of_which_nothing_was_heard_are_old,
            retention::what_is_personal_is_erased_wherever_it_lies,
            retention::a_file_that_was_heard_of_again_is_old_again_later,
            retention::what_left_is_gone_and_its_names_are_known,
            retention::an_archive_takes_all_of_its_files_or_none,
            retention::one_archive_is_written_at_a_time_and_can_be_given_up,
            retention::what_is_held_neither_leaves_nor_is_erased,
            retention::a_fact_that_comes_after_is_kept_and_shown,
            lanes::an_attempt_is_begun_once_and_ended_by_whoever_began_it,
            lanes::of_one_kind_on_one_waybill_one_goes_first,
            lanes::after_a_change_of_incarnation_what_was_planned_is_looked_up,
            lanes::parcels_come_by_rank_and_to_one_daemon,
            lanes::what_is_in_doubt_is_asked_about_and_then_let_go,
            lanes::a_parcel_is_subscribed_to_once_an_account,
            lanes::every_daemon_obeys_a_gate,
            lanes::calls_are_given_out_once,
            lanes::an_account_has_one_open_task,
            routes::an_operation_that_nobody_can_be_asked_for_ends_once,
            routes::what_was_never_tried_goes_to_another_account_when_routes_change,
            routes::an_intercept_that_was_sent_is_found_by_its_parcel,
            routes::parcels_of_which_nothing_was_heard_are_asked_about_at_once,
            routes::deadlines_of_a_couriers_parcels_are_counted_by_rule,
            views::of_what_was_said_about_a_parcel_the_newest_few_are_kept,
            views::calls_that_failed_are_found_by_account_and_time,
            lists::tasks_are_listed_as_a_plain_filter_would,
            lists::a_task_follows_its_case_file,
            lists::deadlines_are_listed_as_a_plain_filter_would,
            lists::the_board_counts_what_is_open,
            checks::daemons_are_heard_of_until_they_leave,
            checks::what_a_daemon_says_in_another_way_is_not_known,
            checks::an_incarnation_is_renewed_when_told,
            checks::a_sound_database_has_no_findings,
            checks::what_is_wrong_is_found_and_mended_only_when_told,
            checks::an_open_case_of_which_nothing_will_come_is_found,
        );
    };
}
pub(crate) use suite;
