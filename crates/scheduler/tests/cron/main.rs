//! Schedules: which slots there are in every time zone, and that each is run as its policy says, once, whatever happens.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

#[path = "../../../store/tests/support/server.rs"]
#[allow(dead_code, reason = "the store's own tests use more of it")]
mod server;
mod slots;
mod support;
mod sweeps;
mod ticker;

/// Each law on both databases.
macro_rules! laws {
    ($($law:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $law() {
                crate::sweeps::$law(crate::support::Place::on_sqlite()).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $law() {
                crate::sweeps::$law(crate::support::Place::on_postgres().await).await;
            })+
        }
    };
}

laws! {
    a_slot_fires_once_at_its_second,
    a_day_asleep_is_made_up_for_as_the_policy_says,
    a_restart_makes_up_for_what_was_missed,
    an_edit_is_never_retroactive,
    clocks_that_step_fire_nothing_twice,
    a_thousand_due_at_once_on_two_daemons,
    a_run_in_the_way_skips_or_queues,
    a_job_that_fails_or_panics_is_told_and_harms_nobody,
    what_a_dead_daemon_left_is_lost_and_not_run_again,
    two_configurations_do_not_fire_against_each_other,
    by_hand_is_kept_apart,
}
