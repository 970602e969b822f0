//! The lanes' laws, on real stores with the shipped rules, a courier in memory that keeps a ledger, and a clock held by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

mod budgets;
mod courier;
mod once;
mod outages;
#[path = "../../../store/tests/support/server.rs"]
#[allow(dead_code, reason = "the store's own tests use more of it")]
mod server;
#[path = "../desk/shipped.rs"]
mod shipped;
mod support;
mod watching;

/// Each law on both databases.
macro_rules! laws {
    ($($module:ident :: $law:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $law() {
                crate::$module::$law(crate::support::Yard::on_sqlite()).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $law() {
                crate::$module::$law(crate::support::Yard::on_postgres().await).await;
            })+
        }
    };
}

laws! {
    once::an_operation_goes_out_once_and_its_answer_reaches_the_case,
    once::without_a_clear_answer_it_is_looked_up_and_never_sent_again,
    once::a_daemon_that_dies_on_the_way_leaves_something_that_is_looked_up,
    once::an_answer_that_the_desk_never_heard_is_told_by_the_next_daemon,
    once::after_a_restore_nothing_is_sent_that_the_courier_has,
    once::what_is_decided_again_after_a_restore_is_looked_up_before_it_is_sent,
    once::while_the_clock_is_in_doubt_nothing_is_sent_and_questions_go_on,
    once::what_was_not_sent_is_tried_again_and_at_last_a_persons,
    once::who_has_no_account_is_told_at_once,
    once::nothing_is_sent_about_a_parcel_that_is_final,
    once::many_operations_under_every_fault_and_daemons_that_die,
    watching::scans_become_facts_once_and_a_final_parcel_is_left_alone,
    watching::an_old_look_is_renewed_before_an_intercept_goes_out,
    watching::a_new_number_is_followed,
    watching::a_parcel_is_subscribed_to_once_and_then_asked_about_more_seldom,
    watching::a_subscription_is_tried_again_only_where_it_was_not_sent,
    watching::who_answers_only_about_what_was_subscribed_to_is_subscribed_to_first,
    watching::what_nobody_signed_is_asked_about_even_where_it_made_the_parcel_final,
    watching::a_schedule_has_silent_parcels_asked_about_out_of_turn,
    watching::a_parcel_is_asked_about_under_the_phone_that_the_courier_took,
    watching::two_sources_that_disagree_are_noted,
    watching::what_a_courier_closes_a_claim_with_is_read_by_a_person,
    watching::a_claim_waits_for_a_fresh_look_at_both_sources,
    outages::a_breaker_opens_one_task_that_names_deadlines_and_closes_it,
    outages::who_is_told_to_wait_waits_and_so_does_every_daemon,
    outages::one_daemon_tries_whether_it_answers_again,
    budgets::a_day_is_never_overspent_by_two_daemons_or_over_a_restart,
    budgets::two_daemons_share_a_minute,
    budgets::a_number_is_left_alone_for_its_least_gap,
}
