//! The desk's laws, on real stores with an engine that does what it is told.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

#[path = "../simulation/dice.rs"]
mod dice;
mod faults;
#[path = "../simulation/life.rs"]
#[allow(dead_code, reason = "the simulation uses more of it")]
mod life;
mod many;
mod replay;
mod requests;
#[path = "../../../store/tests/support/server.rs"]
#[allow(dead_code, reason = "the store's own tests use more of it")]
mod server;
mod shipped;
mod support;
mod toy;
mod wakes;

/// Each law on both databases.
macro_rules! laws {
    ($($module:ident :: $law:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $law() {
                crate::$module::$law(crate::support::Office::on_sqlite()).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $law() {
                crate::$module::$law(crate::support::Office::on_postgres().await).await;
            })+
        }
    };
}

laws! {
    replay::a_journal_that_was_tampered_with_is_found_out,
    wakes::a_daemon_is_heard_of_while_it_works,
    requests::a_request_has_one_instant_and_every_later_one_a_later,
    requests::a_fact_said_again_changes_nothing_and_another_of_its_name_is_a_conflict,
    requests::a_fact_from_the_future_is_marked,
    requests::a_refused_fact_is_not_journalled_unless_it_was_right_once,
    requests::a_scan_waits_for_its_order_over_a_restart_and_comes_in_its_order,
    requests::a_fact_for_an_order_that_left_is_kept_and_opens_nothing,
    requests::scans_and_shipment_of_one_request_find_each_other,
    requests::updates_find_their_order_by_id_or_waybill_or_are_refused,
    requests::one_request_that_cannot_be_stored_leaves_no_trace_and_the_others_go_on,
    requests::a_fact_on_which_the_engine_panics_is_refused_alone,
    requests::everything_acknowledged_is_there_after_a_stop_and_nothing_is_taken_after_it,
    requests::requests_wait_for_room_and_all_are_answered,
    wakes::what_is_due_is_decided_at_its_own_instant_however_the_clock_comes_there,
    wakes::it_wakes_at_the_moment_and_is_roused_by_an_earlier_one,
    wakes::what_falls_due_at_the_instant_of_a_fact_comes_after_it_in_the_same_batch,
    wakes::a_restart_wakes_what_fell_due_meanwhile,
    wakes::a_case_file_that_panics_is_set_aside_and_stands_in_nobodys_way,
    wakes::a_case_file_that_cannot_be_read_or_stored_is_set_aside,
    wakes::neither_facts_nor_wakes_starve_the_other,
    wakes::news_of_the_world_reaches_every_open_case_file_once,
    wakes::coverage_reaches_who_waits_for_it_and_is_kept,
    wakes::wakes_and_facts_never_share_an_instant_with_an_earlier_batch,
}
