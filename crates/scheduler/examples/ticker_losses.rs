//! What tokio-cron-scheduler loses by itself, and why it only says when to look here.
//!
//! `cargo run -p parcelward-scheduler --example ticker_losses [JOBS]`: so many jobs (2,000) that fall due in the same second, each once; how many of
//! them ran. On several threads, as here, it is a race; `tests/cron/ticker.rs` has the form that always happens. And a job of a zone with summer time: what it keeps of the zone.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "an example")]

use chrono::{Timelike, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_cron_scheduler::{Job, JobScheduler};

#[tokio::main]
async fn main() {
    let jobs: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(2000);
    for round in 1..=3 {
        let ran = burst(jobs).await;
        println!("round {round}: of {jobs} jobs due in the same second {ran} ran, {} were lost", jobs.saturating_sub(ran));
    }
    fixed_offset();
}

async fn burst(jobs: usize) -> usize {
    let scheduler = JobScheduler::new().await.unwrap();
    let ran = Arc::new(AtomicUsize::new(0));
    // Far enough ahead that all are in place, and once only: this second of this hour.
    let due = Utc::now() + chrono::Duration::seconds(12);
    let cron = format!("{} {} {} * * *", due.second(), due.minute(), due.hour());
    for _ in 0..jobs {
        let ran = Arc::clone(&ran);
        let job = Job::new_async(cron.as_str(), move |_, _| {
            let ran = Arc::clone(&ran);
            Box::pin(async move {
                ran.fetch_add(1, Ordering::Relaxed);
            })
        });
        scheduler.add(job.unwrap()).await.unwrap();
    }
    scheduler.start().await.unwrap();
    let left = (due - Utc::now()).to_std().unwrap_or_default();
    tokio::time::sleep(left + Duration::from_secs(8)).await;
    let mut scheduler = scheduler;
    scheduler.shutdown().await.unwrap();
    ran.load(Ordering::Relaxed)
}

/// The record of a job says all that is kept of its zone: an offset.
fn fixed_offset() {
    let job = Job::new_tz("0 30 9 * * *", chrono_tz::America::New_York, |_, _| {}).unwrap();
    let mut job = job;
    let kept = job.job_data().unwrap().time_offset_seconds;
    println!("a job of America/New_York made today keeps {kept} s of its zone, in July and in January");
}
