//! A seeded simulation of three daemons on one database: everything that can go wrong goes wrong, in virtual time, and the same seed gives the
//! same run.
//!
//! `PARCELWARD_SEED` runs one seed, `PARCELWARD_SEEDS` so many from the first (200), `PARCELWARD_FIRST_SEED` says where to begin (1).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

mod books;
mod dice;
mod life;
mod line;
mod no_lanes;
mod no_retention;
mod run;
#[path = "../desk/shipped.rs"]
mod shipped;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number from the environment.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[test]
fn nothing_is_lost_or_done_twice_or_early_whatever_goes_wrong() {
    let one = setting("PARCELWARD_SEED");
    let first = one.or_else(|| setting("PARCELWARD_FIRST_SEED")).unwrap_or(1);
    let count = one.map_or_else(|| setting("PARCELWARD_SEEDS").unwrap_or(200), |_| 1);
    let rules = shipped::rules();
    let next = AtomicU64::new(first);
    let all = Mutex::new((BTreeMap::<&'static str, u64>::new(), 0_u64, 0_u64, std::time::Duration::ZERO));
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(count as usize);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= first + count {
                        return;
                    }
                    let said = Said(seed);
                    let came = run::simulate(seed, &rules);
                    std::mem::forget(said);
                    let mut all = all.lock().unwrap();
                    for (what, times) in came.happened {
                        *all.0.entry(what).or_default() += u64::from(times);
                    }
                    all.1 += came.facts;
                    all.2 += came.decisions;
                    all.3 = all.3.max(came.longest);
                }
            });
        }
    });
    let (happened, facts, decisions, longest) = all.into_inner().unwrap();
    println!(
        "{count} seeds from {first}: {facts} facts, {decisions} decisions, nothing pending {} ms after the faults",
        longest.as_millis()
    );
    println!("{happened:?}");
    if count >= 50 {
        for what in run::EVERYTHING {
            assert!(happened.contains_key(what), "{what} never happened: {happened:?}");
        }
    }
}

/// Names the seed of a run that fails.
struct Said(u64);

impl Drop for Said {
    fn drop(&mut self) {
        println!("the simulation failed; have it again with PARCELWARD_SEED={}", self.0);
    }
}

#[test]
fn a_seed_gives_the_same_run_again() {
    let rules = shipped::rules();
    let (once, again, other) = (run::simulate(7, &rules), run::simulate(7, &rules), run::simulate(8, &rules));
    assert_eq!((once.digest, &once.happened), (again.digest, &again.happened));
    assert_ne!(once.digest, other.digest);
}
