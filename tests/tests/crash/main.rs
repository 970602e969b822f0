//! The crash matrix: every labelled place of inbox, decide, commit, wake and task update, with every fault, on both databases, while facts pour
//! in over HTTP; and retention, broken off at each of its places. `docs/reliability.md` says what must hold and what was seen.
//!
//! A run without settings takes a sample. `PARCELWARD_CRASH_LOOPS` says how often each cell is run (`scripts/soak matrix`), `…_MINUTES` when
//! to end, `…_SEED` which run it is, `…_BOUND` how many milliseconds may pass after a fault until nothing is pending, `…_ONLY` names a part of
//! the cells (`postgres commit.sent kill`).
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![forbid(unsafe_code)]

mod cell;
mod child;
mod disk;
#[path = "../pour/mod.rs"]
mod pour;
mod retention;
#[path = "../../../crates/store/tests/support/server.rs"]
#[allow(dead_code, reason = "the store's own tests use more of it")]
mod server;
mod shop;
mod table;

use cell::Cell;
use libtest_mimic::{Arguments, Trial};
use parcelward_tests::dice::{Dice, setting};
use shop::{Base, Shop};
use std::time::{Duration, Instant as Stopwatch};
use table::Table;

/// Cells that are run on one database before it is held to its export.
const ROUND: usize = 10;
/// Cells that a sample takes of each database.
const SAMPLE: [(Base, usize); 2] = [(Base::Sqlite, 12), (Base::Postgres, 10)];

fn main() -> std::process::ExitCode {
    if let Ok(url) = std::env::var(child::DATABASE) {
        child::serve(url);
        return std::process::ExitCode::SUCCESS;
    }
    if let Ok(url) = std::env::var(retention::DATABASE) {
        return retention::run_as_child(&url);
    }
    let trial = |base: Base, name: &str| {
        Trial::test(name, move || {
            let _ = rustls::crypto::ring::default_provider().install_default();
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(matrix(base));
            Ok(())
        })
    };
    let trials = vec![
        trial(Base::Sqlite, "nothing_is_lost_or_done_twice_on_sqlite"),
        trial(Base::Postgres, "nothing_is_lost_or_done_twice_by_three_daemons_on_postgresql"),
        disk_trial("a_disk_that_is_full_costs_nothing_that_was_acknowledged", disk::full),
        disk_trial("a_disk_that_cannot_be_written_is_refused_by_name", disk::read_only),
        disk_trial("a_damaged_file_is_refused_by_name_and_nothing_acknowledged_is_lost", disk::damaged),
        disk_trial("retention_that_is_broken_off_loses_nothing_on_sqlite", retention::on_sqlite),
        disk_trial("retention_that_is_broken_off_loses_nothing_on_postgresql", retention::on_postgres),
        Trial::test("every_place_stands_in_the_matrix", || {
            cell::holds();
            Ok(())
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn disk_trial<F: Future<Output = ()> + 'static>(name: &str, trial: fn() -> F) -> Trial {
    Trial::test(name, move || {
        let _ = rustls::crypto::ring::default_provider().install_default();
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(trial());
        Ok(())
    })
}

async fn matrix(base: Base) {
    let usual_seed = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into();
    let seed = setting("PARCELWARD_CRASH_SEED", usual_seed);
    let loops = setting("PARCELWARD_CRASH_LOOPS", || 0);
    let minutes = setting("PARCELWARD_CRASH_MINUTES", || 100_000);
    let bound = Duration::from_millis(setting("PARCELWARD_CRASH_BOUND", || 60_000));
    let only = std::env::var("PARCELWARD_CRASH_ONLY").unwrap_or_default();
    let mut dice = Dice::new(seed);
    let mut cells: Vec<Cell> = Cell::of(base);
    cells.retain(|cell| only.split_whitespace().all(|word| cell.to_string().split_whitespace().any(|own| own == word)));
    let mut plan = Vec::new();
    for _ in 0..loops.max(1) {
        shuffle(&mut cells, &mut dice);
        plan.extend(cells.iter().copied());
    }
    if loops == 0 {
        plan.truncate(SAMPLE.iter().find(|(of, _)| *of == base).unwrap().1);
    }
    let (mut table, started, mut acknowledged, mut decisions) = (Table::default(), Stopwatch::now(), 0, 0);
    for round in plan.chunks(ROUND) {
        if started.elapsed() > Duration::from_secs(minutes * 60) {
            break;
        }
        let mut shop = Shop::open(base, dice.roll(u64::MAX)).await;
        for cell in round {
            let took = cell.run(&mut shop, &mut dice).await;
            println!("{cell}: nothing pending after {} ms", took.as_millis());
            assert!(took <= bound, "{cell}: something was pending for {took:?}");
            table.note(cell, took);
        }
        let (told, decided) = shop.close().await;
        println!("{told}; {decided} decisions equal to a replay");
        acknowledged += told.acknowledged;
        decisions += decided;
        assert!(told.acknowledged > 20 && decided > 20, "the test says too little");
    }
    println!("{table}\n{acknowledged} facts acknowledged, 0 lost; {decisions} decisions, 0 twice; {} s", started.elapsed().as_secs());
}

fn shuffle(cells: &mut [Cell], dice: &mut Dice) {
    for at in (1..cells.len()).rev() {
        cells.swap(at, usize::try_from(dice.roll(at as u64 + 1)).unwrap());
    }
}
