//! What tokio-cron-scheduler does not do by itself, and the ledger therefore does: it keeps an offset in place of a zone, and forgets its jobs with
//! the process. That it loses some of many that are due at once is a race: `examples/ticker_losses.rs` shows how many.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_cron_scheduler::{Job, JobScheduler};

#[tokio::test]
async fn the_ticker_alone_keeps_an_offset_where_a_zone_is_meant() {
    let mut job = Job::new_tz("0 30 9 * * *", chrono_tz::America::New_York, |_, _| {}).unwrap();
    let kept = job.job_data().unwrap().time_offset_seconds;
    let zone = TimeZone::get("America/New_York").unwrap();
    let offset = |day: &str| zone.to_offset(day.parse::<Timestamp>().unwrap()).seconds();
    let (winter, summer) = (offset("2027-01-15T12:00:00Z"), offset("2027-07-15T12:00:00Z"));
    assert_ne!(winter, summer);
    assert!([winter, summer].contains(&kept), "one number for the whole year, wrong in one half of it: {kept}");
}

#[tokio::test]
async fn the_ticker_alone_forgets_its_jobs_over_a_restart() {
    let mut scheduler = JobScheduler::new().await.unwrap();
    let id = scheduler.add(Job::new_async("0 30 9 * * *", |_, _| Box::pin(async {})).unwrap()).await.unwrap();
    scheduler.start().await.unwrap();
    assert!(scheduler.next_tick_for_job(id).await.unwrap().is_some());
    scheduler.shutdown().await.unwrap();
    let mut again = JobScheduler::new().await.unwrap();
    assert!(!matches!(again.next_tick_for_job(id).await, Ok(Some(_))), "whoever starts again has to be told everything again");
    assert!(!matches!(again.time_till_next_job().await, Ok(Some(_))));
}
