//! What tokio-cron-scheduler does not do by itself, and the ledger therefore does: it loses jobs that are due together, keeps an offset in place of a
//! zone, and forgets its jobs with the process. Beside each, that the ledger and its sweep do not.
//!
//! The loss has one cause (0.15.1, `scheduler.rs`, `job/runner.rs`): due jobs go through a broadcast channel of 200, which tokio rounds up to 256; its
//! one reader falls behind, is told `Lagged`, and goes on with what is left. On several threads it is a race how many are lost
//! (`examples/ticker_losses.rs`); on one thread all are sent before the reader has its turn, so that it always happens.

use crate::support::{Place, compiled, in_zone, spec};
use chrono::{DateTime, Timelike, Utc};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use parcelward_casework::instant::Instant;
use parcelward_scheduler::WallClock;
use parcelward_scheduler::cron::{Jobs, ScheduleSpec, Timetable, TimetableOptions};
use parcelward_store::RunState;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_cron_scheduler::{Job, JobScheduler};

const BURST: usize = 1000;

/// A second that lies this far ahead, as a pattern that means it alone for a day.
fn second_ahead(lead: u64) -> (DateTime<Utc>, String) {
    let due = (Utc::now() + Duration::from_secs(lead)).with_nanosecond(0).unwrap();
    (due, format!("{} {} {} * * *", due.second(), due.minute(), due.hour()))
}

/// The ticker with that many jobs, all of which fall due in one second and before it begins to tick; and how many of them ran.
async fn ticker_with_a_burst() -> (JobScheduler, Vec<uuid::Uuid>, Arc<AtomicUsize>, DateTime<Utc>) {
    for lead in [2, 10, 60] {
        let (scheduler, ran) = (JobScheduler::new().await.unwrap(), Arc::new(AtomicUsize::new(0)));
        let (due, cron) = second_ahead(lead);
        let mut ids = Vec::new();
        for _ in 0..BURST {
            let ran = Arc::clone(&ran);
            let job = Job::new_async(cron.as_str(), move |_, _| {
                ran.fetch_add(1, Ordering::SeqCst);
                Box::pin(async {})
            });
            ids.push(scheduler.add(job.unwrap()).await.unwrap());
        }
        // A machine that was too slow for this would have put the last ones on tomorrow.
        if let Ok(left) = (due - Utc::now()).to_std() {
            tokio::time::sleep(left).await;
            return (scheduler, ids, ran, due);
        }
    }
    panic!("{BURST} jobs take longer than a minute to add");
}

#[tokio::test(flavor = "current_thread")]
async fn the_ticker_alone_loses_jobs_of_a_burst() {
    let (mut scheduler, ids, ran, due) = ticker_with_a_burst().await;
    scheduler.start().await.unwrap();
    // Until the ticker itself takes every one for done, and waits for tomorrow.
    for id in &ids {
        while scheduler.next_tick_for_job(*id).await.unwrap().is_none_or(|next| next <= due) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    // And until nothing more comes of it.
    let mut seen = usize::MAX;
    while seen != ran.load(Ordering::SeqCst) {
        seen = ran.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    scheduler.shutdown().await.unwrap();
    println!("ticker alone: of {BURST} jobs due in the same second {seen} ran, {} were lost", BURST - seen);
    assert!(seen > 0, "it does run some");
    assert!(seen <= 256, "its channel holds no more: {seen}");
}

#[tokio::test(flavor = "current_thread")]
async fn the_ledger_and_its_sweep_lose_none_of_the_same_burst() {
    let ground = Place::on_sqlite();
    let store = ground.store().await;
    // The ticker that says when to look and the clock on the wall are the daemon's own.
    let options =
        TimetableOptions { boot_id: "one".to_owned(), revision: "one".to_owned(), stop_time: Duration::from_secs(20), ticks: true };
    let jobs: Arc<dyn Jobs> = Arc::<crate::support::Noted>::clone(&ground.jobs);
    let table = Timetable::start(Arc::clone(&store), jobs, Arc::new(WallClock), Vec::new(), options);
    let mut due = Utc::now();
    let mut specs: Vec<ScheduleSpec> = Vec::new();
    for lead in [3, 15, 60] {
        let (second, cron) = second_ahead(lead);
        due = second;
        specs = (0..BURST).map(|n| ScheduleSpec { zone: "UTC".to_owned(), ..spec(&format!("s{n:04}"), &cron) }).collect();
        table.set(compiled(&specs), lead.to_string()).await;
        table.sweep().await.unwrap();
        // On a machine that was too slow for this they were edited after they were due, and are owed nothing.
        if Utc::now() < due {
            break;
        }
    }
    assert!(Utc::now() < due, "known before they are due");
    while ground.jobs.ran.lock().unwrap().len() < BURST {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Three ticks more: none comes twice.
    tokio::time::sleep(Duration::from_secs(3)).await;
    table.idle().await;
    let mut fired: BTreeMap<(String, Instant), usize> = BTreeMap::new();
    for firing in ground.ran() {
        *fired.entry(firing).or_default() += 1;
    }
    let slot = Instant::from_millis(due.timestamp_millis());
    println!("ledger and sweep: of {BURST} schedules due in the same second {} ran, none twice", fired.len());
    assert_eq!(fired, specs.iter().map(|spec| ((spec.name.clone(), slot), 1)).collect());
    let runs = store.runs("s0999", None, 10).await.unwrap().rows;
    assert!(runs.len() == 1 && runs[0].slot == slot && runs[0].state == RunState::Ok, "{runs:?}");
    table.stop().await;
    store.close().await;
}

#[tokio::test]
async fn the_ticker_alone_keeps_an_offset_where_a_zone_is_meant() {
    let mut job = Job::new_tz("0 30 9 * * *", chrono_tz::America::New_York, |_, _| {}).unwrap();
    let kept = job.job_data().unwrap().time_offset_seconds;
    let zone = TimeZone::get("America/New_York").unwrap();
    let offset = |day: &str| zone.to_offset(day.parse::<Timestamp>().unwrap()).seconds();
    let (winter, summer) = (offset("2027-01-15T12:00:00Z"), offset("2027-07-15T12:00:00Z"));
    assert_ne!(winter, summer);
    assert!([winter, summer].contains(&kept), "one number for the whole year, wrong in one half of it: {kept}");
    // The ledger's slots are looked up in the zone, each on its own day.
    let ours = in_zone("America/New_York", "0 30 9 * * *");
    for (day, at) in [("2027-01-15T12:00:00Z", "2027-01-15T14:30:00Z"), ("2027-07-15T12:00:00Z", "2027-07-15T13:30:00Z")] {
        assert_eq!(ours.next_after(crate::support::time(day)), Some(crate::support::time(at)));
    }
}

/// What the ledger does in its place: `sweeps::a_restart_makes_up_for_what_was_missed`.
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
