//! The sweep over the ledger: at most once, and each owed slot as its policy says.

use crate::support::{Ground, spec, time};
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::cron::{CatchUp, Overlap, ScheduleSpec, TimetableError};
use parcelward_store::{DaemonRow, RunState};
use std::collections::BTreeSet;

fn at(text: &str) -> Instant {
    time(&format!("2026-03-{text}+08:00"))
}

fn pairs(name: &str, slots: &[&str]) -> Vec<(String, Instant)> {
    slots.iter().map(|slot| (name.to_owned(), at(slot))).collect()
}

pub async fn a_slot_fires_once_at_its_second(ground: Ground) {
    let daemon = ground.daemon("one", &[spec("morning", "0 0 9 * * *")]).await;
    ground.clock.set("2026-03-10T08:59:59.999+08:00");
    daemon.sweep().await;
    assert_eq!(ground.ran(), []);
    ground.clock.set("2026-03-10T09:00:00+08:00");
    daemon.sweep().await;
    daemon.sweep().await;
    assert_eq!(ground.ran(), pairs("morning", &["10T09:00:00"]));
    let runs = daemon.runs("morning").await;
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].state, runs[0].message.as_deref(), runs[0].report.as_deref()), (RunState::Ok, Some("noted"), Some("{}")));
    assert_eq!((runs[0].started_at, runs[0].ended_at), (Some(at("10T09:00:00")), Some(at("10T09:00:00"))));
    daemon.stop().await;
}

pub async fn a_day_asleep_is_made_up_for_as_the_policy_says(ground: Ground) {
    let hourly = |name: &str, catch_up| ScheduleSpec { catch_up, ..spec(name, "0 0 * * * *") };
    let specs = [hourly("all", CatchUp::All(3)), hourly("none", CatchUp::None), hourly("once", CatchUp::Once)];
    let daemon = ground.daemon("one", &specs).await;
    ground.clock.set("2026-03-11T08:30:00+08:00");
    daemon.sweep().await;
    let expected = [pairs("all", &["11T06:00:00", "11T07:00:00", "11T08:00:00"]), pairs("once", &["11T08:00:00"])].concat();
    assert_eq!(ground.ran(), expected);
    let passed = (daemon.skipped("all").await, daemon.skipped("none").await, daemon.skipped("once").await);
    assert_eq!(passed, (21, 24, 23));
    let runs = daemon.runs("none").await;
    assert_eq!((runs.len(), runs[0].state, runs[0].slot, runs[0].skipped), (1, RunState::Skipped, at("11T08:00:00"), 23));
    assert_eq!(daemon.runs("once").await[0].skipped, 23);
    // What is in time does for what was late.
    ground.clock.set("2026-03-11T12:00:05+08:00");
    daemon.sweep().await;
    let all = pairs("all", &["11T09:00:00", "11T10:00:00", "11T11:00:00", "11T12:00:00"]);
    assert_eq!(ground.ran(), [all, pairs("none", &["11T12:00:00"]), pairs("once", &["11T12:00:00"])].concat());
    println!(
        "{}: a day asleep, 24 hourly slots owed: {} made up for (`all`, 3 at most, and `once`), {passed:?} passed over by `all`, `none`, `once`",
        ground.place.name(),
        expected.len()
    );
    daemon.stop().await;
}

pub async fn a_restart_makes_up_for_what_was_missed(ground: Ground) {
    let specs = [spec("evening", "0 0 18 * * *")];
    ground.daemon("one", &specs).await.stop().await;
    ground.clock.set("2026-03-10T20:00:00+08:00");
    let daemon = ground.daemon("two", &specs).await;
    daemon.table.idle().await;
    assert_eq!(ground.ran(), pairs("evening", &["10T18:00:00"]));
    daemon.stop().await;
    let daemon = ground.daemon("three", &specs).await;
    daemon.table.idle().await;
    assert_eq!(ground.ran(), [], "the next restart has nothing to make up for");
    daemon.stop().await;
}

pub async fn an_edit_is_never_retroactive(ground: Ground) {
    let daemon = ground.daemon("one", &[spec("morning", "0 0 9 * * *"), spec("other", "0 0 7 * * *")]).await;
    ground.clock.set("2026-03-10T10:00:00+08:00");
    // Nobody swept 09:00; 09:30 is new, and so is everything else that was written differently.
    daemon.set(&[ScheduleSpec { catch_up: CatchUp::All(9), ..spec("morning", "0 0,30 9 * * *") }, spec("new", "0 59 9 * * *")]).await;
    daemon.sweep().await;
    assert_eq!(ground.ran(), []);
    // Switched off and on again, and taken out and put back, are edits.
    let off = ScheduleSpec { enabled: false, ..spec("new", "0 59 9 * * *") };
    daemon.set(&[off]).await;
    ground.clock.set("2026-03-11T10:00:00+08:00");
    daemon.sweep().await;
    daemon.set(&[spec("new", "0 59 9 * * *"), spec("other", "0 0 7 * * *")]).await;
    daemon.sweep().await;
    assert_eq!(ground.ran(), []);
    ground.clock.set("2026-03-12T09:59:00+08:00");
    daemon.sweep().await;
    assert_eq!(ground.ran(), [pairs("new", &["12T09:59:00"]), pairs("other", &["12T07:00:00"])].concat());
    daemon.stop().await;
}

pub async fn clocks_that_step_fire_nothing_twice(ground: Ground) {
    let daemon = ground.daemon("one", &[spec("hourly", "0 0 * * * *")]).await;
    ground.clock.set("2026-03-10T11:00:00+08:00");
    daemon.sweep().await;
    // Forward by a day, and back again; then the same day once more, minute by minute.
    ground.clock.set("2026-03-11T11:00:00+08:00");
    daemon.sweep().await;
    ground.clock.set("2026-03-10T11:00:30+08:00");
    for _ in 0..25 * 60 {
        ground.clock.on(Length::minutes(1));
        daemon.sweep().await;
    }
    let ran = ground.ran();
    let once: BTreeSet<_> = ran.iter().collect();
    assert_eq!(once.len(), ran.len(), "{ran:?}");
    assert_eq!(ran, pairs("hourly", &["10T11:00:00", "11T11:00:00", "11T12:00:00"]));
    daemon.stop().await;
}

pub async fn a_thousand_due_at_once_on_two_daemons(ground: Ground) {
    let specs: Vec<ScheduleSpec> = (0..1000).map(|n| spec(&format!("s{n:04}"), "0 0 9 * * *")).collect();
    let (one, two) = (ground.daemon("one", &specs).await, ground.daemon("two", &specs).await);
    let (mut took, mut fired) = (Vec::new(), 0);
    for day in 10..13 {
        let begun = std::time::Instant::now();
        ground.clock.set(&format!("2026-03-{day}T09:00:00+08:00"));
        let (first, second) = tokio::join!(one.table.sweep(), two.table.sweep());
        first.unwrap();
        second.unwrap();
        // Whoever lost against the other looks once more, as the next second would.
        one.sweep().await;
        two.sweep().await;
        let ran = ground.ran();
        let expected: Vec<(String, Instant)> = specs.iter().map(|s| (s.name.clone(), at(&format!("{day}T09:00:00")))).collect();
        took.push(begun.elapsed());
        fired += ran.len();
        assert_eq!(ran.len(), 1000);
        assert_eq!(ran, expected);
    }
    took.sort();
    println!(
        "{}: 1,000 schedules due in the same second on two daemons, three times: {fired} of 3000 slots fired, none twice; all done after {:.2?} [{:.2?}..{:.2?}]",
        ground.place.name(),
        took[1],
        took[0],
        took[2]
    );
    let runs = one.runs("s0500").await;
    assert!(runs.len() == 3 && runs.iter().all(|run| run.state == RunState::Ok && run.skipped == 0), "{runs:?}");
    one.stop().await;
    two.stop().await;
}

pub async fn a_run_in_the_way_skips_or_queues(ground: Ground) {
    let waits = |name: &str, overlap| ScheduleSpec { job: "wait".to_owned(), overlap, ..spec(name, "0 * * * * *") };
    let daemon = ground.daemon("one", &[waits("queues", Overlap::Queue), waits("skips", Overlap::Skip)]).await;
    for minute in 1..=3 {
        ground.clock.set(&format!("2026-03-10T08:0{minute}:00+08:00"));
        daemon.table.sweep().await.unwrap();
    }
    ground.jobs.gate.add_permits(100);
    daemon.table.idle().await;
    let queued = pairs("queues", &["10T08:01:00", "10T08:02:00", "10T08:03:00"]);
    assert_eq!(ground.ran(), [queued, pairs("skips", &["10T08:01:00"])].concat());
    let runs = daemon.runs("skips").await;
    assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [RunState::Skipped, RunState::Skipped, RunState::Ok]);
    assert!(runs[0].message.as_deref().unwrap().contains("had not ended"), "{:?}", runs[0].message);
    assert_eq!(daemon.skipped("skips").await, 2);
    ground.clock.set("2026-03-10T08:04:00+08:00");
    daemon.sweep().await;
    assert_eq!(ground.ran().len(), 2, "it goes on");
    daemon.stop().await;
}

pub async fn a_job_that_fails_or_panics_is_told_and_harms_nobody(ground: Ground) {
    let with = |name: &str| ScheduleSpec { job: name.to_owned(), ..spec(name, "0 0 9 * * *") };
    let daemon = ground.daemon("one", &[with("fail"), with("note"), with("panic")]).await;
    ground.clock.set("2026-03-10T09:00:00+08:00");
    daemon.sweep().await;
    assert_eq!(ground.ran().len(), 3);
    let told = |runs: Vec<parcelward_store::RunRow>| (runs[0].state, runs[0].message.clone().unwrap());
    assert_eq!(told(daemon.runs("fail").await), (RunState::Failed, "no such folder".to_owned()));
    assert_eq!(told(daemon.runs("panic").await).0, RunState::Failed);
    assert_eq!(told(daemon.runs("note").await).0, RunState::Ok);
    ground.clock.set("2026-03-11T09:00:00+08:00");
    daemon.sweep().await;
    assert_eq!(ground.ran().len(), 3, "tomorrow as today");
    daemon.stop().await;
}

pub async fn what_a_dead_daemon_left_is_lost_and_not_run_again(ground: Ground) {
    let specs = [ScheduleSpec { job: "wait".to_owned(), ..spec("long", "0 0 9 * * *") }];
    let dead = ground.daemon("dead", &specs).await;
    ground.clock.set("2026-03-10T09:00:00+08:00");
    dead.table.sweep().await.unwrap();
    while ground.jobs.ran.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ground.ran(), pairs("long", &["10T09:00:00"]));
    // It is never heard of again.
    let other = ground.daemon("other", &specs).await;
    assert_eq!(other.runs("long").await[0].state, RunState::Running, "a minute is given");
    ground.clock.set("2026-03-10T09:02:00+08:00");
    other.sweep().await;
    assert_eq!(ground.ran(), []);
    let run = other.runs("long").await.remove(0);
    assert_eq!((run.state, run.message.as_deref()), (RunState::Lost, Some("its daemon ended while it ran")));
    other.stop().await;
    ground.jobs.gate.add_permits(1);
    dead.stop().await;
}

pub async fn two_configurations_do_not_fire_against_each_other(ground: Ground) {
    let (old, new) = ([spec("s", "0 0 9 * * *")], [spec("s", "0 30 9 * * *")]);
    let first = ground.daemon("first", &old).await;
    let second = ground.daemon("second", &new).await;
    let beat = async |boot: &str| {
        let now = time("2026-03-10T09:30:00+08:00");
        let row = DaemonRow {
            boot_id: boot.to_owned(),
            name: boot.to_owned(),
            version: String::new(),
            revision: boot.to_owned(),
            started_at: now,
            beat_at: now,
            lag_ms: 0,
            batches: 0,
            failing: None,
            notes: Default::default(),
        };
        first.store.beat(&row).await.unwrap();
    };
    beat("second").await;
    ground.clock.set("2026-03-10T09:30:00+08:00");
    first.sweep().await;
    second.sweep().await;
    first.sweep().await;
    assert_eq!(ground.ran(), pairs("s", &["10T09:30:00"]), "what was taken over last holds");
    assert!(first.table.known().await[0].contested && !second.table.known().await[0].contested);
    // The second one goes, and is not heard of for a while: the first one's words hold again, from then on.
    second.stop().await;
    ground.clock.set("2026-03-11T08:00:00+08:00");
    first.sweep().await;
    ground.clock.set("2026-03-11T09:00:00+08:00");
    first.sweep().await;
    assert_eq!(ground.ran(), pairs("s", &["11T09:00:00"]));
    first.stop().await;
}

pub async fn by_hand_is_kept_apart(ground: Ground) {
    let daemon = ground.daemon("one", &[ScheduleSpec { enabled: false, ..spec("off", "0 0 9 * * *") }, spec("on", "0 0 9 * * *")]).await;
    let slot = daemon.table.run_now("off").await.unwrap();
    daemon.table.run_now("on").await.unwrap();
    daemon.table.idle().await;
    assert_eq!(ground.ran().len(), 2);
    let run = daemon.runs("off").await.remove(0);
    assert_eq!((run.slot, run.by_hand, run.state), (slot, true, RunState::Ok));
    assert!(matches!(daemon.table.run_now("none").await, Err(TimetableError::Unknown)));
    ground.clock.set("2026-03-10T09:00:00+08:00");
    daemon.sweep().await;
    assert_eq!(ground.ran(), pairs("on", &["10T09:00:00"]), "the clock's own firing comes all the same");
    daemon.stop().await;
}
