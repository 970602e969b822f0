//! What polling costs beside a bare HTTP loop, and whether a slow courier slows another one.
//!
//! `cargo bench -p parcelward-tests --bench polls -- [WORD ...]`:
//!
//! - `full`: parcels of one courier are polled at full speed through the simulator: adapter, lane, desk and database (SQLite with fsync). Before
//!   and after it the same signed requests go out in a bare reqwest loop of the same concurrency. Each parcel is asked twice: the first answer is news (its
//!   scans become facts, which are decided and stored), the second is not, as most are in a parcel's life. Once with a courier that answers
//!   at once, which none does, and once with one that answers after 20 ms.
//! - `slow`: how long one courier's parcels take from being due to their answer, before and while another courier needs 30 s for every call.
//! - a number: so many parcels (10,000).
//!
//! Simulator and daemon share the process and its cores, in every part alike: compare within a run.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a bench fails by panicking")]

mod bare;
mod ground;

use bare::Bare;
use ground::Ground;
use parcelward_casework::words::Courier;
use parcelward_simulator::{FaultKind, Service};
use std::time::{Duration, Instant as Stopwatch};

/// As the daemon has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls under way at once.
const AT_ONCE: usize = 8;

fn rate(count: usize, took: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "thousands")]
    let count = count as f64;
    count / took.as_secs_f64()
}

/// How fast a bare loop, polls that bring news and polls that bring none are, through a courier that answers after so long.
async fn full(parcels: u32, answers_after: Duration) {
    let ground = Ground::begin(parcels, AT_ONCE).await;
    let bare = Bare::record(&ground, parcels).await;
    if !answers_after.is_zero() {
        ground.fault(Service::Zto, FaultKind::Slow, answers_after.as_secs_f64());
    }
    let count = parcels as usize;
    let before = rate(count, bare.run(AT_ONCE).await);
    let lanes = ground.start_lanes().await;
    let begin = Stopwatch::now();
    ground.answered(count).await;
    let news = rate(count, begin.elapsed());
    ground.settled().await;
    ground.all_are_due().await;
    let begin = Stopwatch::now();
    ground.answered(2 * count).await;
    let no_news = rate(count, begin.elapsed());
    lanes.stop().await;
    let after = rate(count, bare.run(AT_ONCE).await);
    let middle = f64::midpoint(before, after);
    let what = format!("full, a courier that answers after {} ms", answers_after.as_millis());
    println!("{what}: bare loop {before:.0} and {after:.0} calls/s, {AT_ONCE} at once");
    println!("{what}: polls without news {no_news:.0}/s, {:.2} of the bare loop", no_news / middle);
    println!("{what}: polls with news {news:.0}/s, {:.2} of the bare loop", news / middle);
}

/// The answer's time of each parcel, sorted, in milliseconds.
async fn one_after_the_other(ground: &Ground, count: u32) -> Vec<f64> {
    let mut took = Vec::new();
    for n in 0..count {
        let begin = Stopwatch::now();
        let answered = ground.next_answer();
        ground.is_due(n).await;
        answered.await;
        took.push(begin.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    took.sort_by(f64::total_cmp);
    took
}

async fn slow(parcels: u32) {
    let ground = Ground::begin(parcels, AT_ONCE).await;
    let lanes = ground.start_lanes().await;
    ground.answered(parcels as usize).await;
    ground.settled().await;
    let rounds = 3;
    let mut shares = Vec::new();
    for round in 1..=rounds {
        let alone = one_after_the_other(&ground, parcels).await;
        ground.fault(Service::Yto, FaultKind::Slow, 30.0);
        ground.ship(Courier::Yto, 1000 * round, 300).await;
        ground.hanging().await;
        let beside = one_after_the_other(&ground, parcels).await;
        ground.no_faults();
        let p = |sorted: &[f64], part: usize| sorted[(sorted.len() * part / 100).min(sorted.len() - 1)];
        println!(
            "slow: p50 {:.2} ms, p99 {:.2} ms alone; {:.2} and {:.2} ms while every call to another courier takes 30 s",
            p(&alone, 50),
            p(&alone, 99),
            p(&beside, 50),
            p(&beside, 99)
        );
        shares.push(p(&beside, 99) / p(&alone, 99));
        ground.settled().await;
    }
    shares.sort_by(f64::total_cmp);
    println!("slow: p99 beside it / alone: {:.2} [{:.2}..{:.2}]", shares[shares.len() / 2], shares[0], shares[shares.len() - 1]);
    drop(lanes);
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let number = words.iter().find_map(|word| word.parse().ok());
    let wants = |word: &str| words.iter().all(|w| w.parse::<u32>().is_ok()) || words.iter().any(|w| w == word);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if wants("full") {
            let parcels = number.unwrap_or(10_000);
            full(parcels, Duration::ZERO).await;
            // As near as a courier in the same town ever is.
            full(parcels.min(3_000), Duration::from_millis(20)).await;
        }
        if wants("slow") {
            slow(number.unwrap_or(1_000).min(1_000)).await;
        }
    });
}
