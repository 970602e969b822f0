//! The wake lane.

use crate::support::*;
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::{Receipt, Refused, WallClock};
use parcelward_store::EntryKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

pub async fn what_is_due_is_decided_at_its_own_instant_however_the_clock_comes_there(office: Office) {
    let open = office.open().await;
    open.desk.submit(vec![note("a", 1, "wake 60 bell"), note("b", 2, "wake 86400 far")]).await.unwrap();
    // The clock jumps by a day: noticed within seconds, not after a day's sleep.
    let started = Stopwatch::now();
    office.clock.set(at(90_000));
    open.wait_for(1, "bell").await;
    open.wait_for(2, "far").await;
    assert!(started.elapsed() < Duration::from_secs(4));
    let line = open.timeline(1).await.pop().unwrap();
    assert_eq!((line.time, line.recorded >= at(90_000)), (at(60), true));
}

pub async fn it_wakes_at_the_moment_and_is_roused_by_an_earlier_one(office: Office) {
    let store = office.store().await;
    let desk = parcelward_scheduler::Desk::start_with(
        Arc::new(crate::toy::Toy),
        Arc::clone(&store),
        rules(),
        Arc::new(WallClock),
        office.options.clone(),
    )
    .await
    .unwrap();
    let open = Open { desk, store };
    open.tell(note("a", 1, "wake 3600 late")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let started = Stopwatch::now();
    open.tell(note("b", 2, "wake 1 soon")).await;
    open.wait_for(2, "soon").await;
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(990) && took < Duration::from_millis(1600), "{took:?}");
    assert_eq!(open.lines(1).await, ["a"]);
}

pub async fn what_falls_due_at_the_instant_of_a_fact_comes_after_it_in_the_same_batch(office: Office) {
    let open = office.open().await;
    open.desk.submit(vec![note("a", 1, "wake 0 bell"), note("b", 1, "x")]).await.unwrap();
    let lines = open.timeline(1).await;
    assert_eq!(open.lines(1).await, ["a", "b", "bell"]);
    assert!(lines.iter().all(|line| line.recorded == at(0)), "{lines:?}");
}

pub async fn a_restart_wakes_what_fell_due_meanwhile(office: Office) {
    let open = office.open().await;
    open.tell(note("a", 1, "wake 60 bell")).await;
    open.close().await;
    office.clock.set(at(1000));
    let open = office.open().await;
    open.wait_for(1, "bell").await;
    assert_eq!(open.store.next_wake_at().await.unwrap(), None);
}

pub async fn a_case_file_that_panics_is_set_aside_and_stands_in_nobodys_way(office: Office) {
    let open = office.open().await;
    let facts = (1..=30).map(|n| note(&format!("a{n}"), n, if n % 10 == 0 { "wake 60 panic" } else { "wake 60 bell" }));
    open.desk.submit(facts.collect()).await.unwrap();
    office.clock.set(at(100));
    for n in (1..=30).filter(|n| n % 10 != 0) {
        open.wait_for(n, "bell").await;
    }
    let aside = || async { open.store.aside(10).await.unwrap().into_iter().map(|a| a.order).collect::<Vec<_>>() };
    for _ in 0..200 {
        if aside().await.len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(aside().await, [order(10), order(20), order(30)]);
    assert_eq!(open.store.next_wake_at().await.unwrap(), None);
    // A fact to it is refused, in words, and nothing else with it.
    let receipts = open.desk.submit(vec![note("b", 10, "x"), note("c", 11, "x")]).await.unwrap();
    assert!(matches!(&receipts[0], Receipt::Refused(Refused::FileBroken(_))), "{receipts:?}");
    assert_eq!(receipts[1], accepted(11));
    open.close().await;
    // A new start tries again, and finds the same.
    let open = office.open().await;
    for _ in 0..200 {
        if open.store.aside(10).await.unwrap().len() == 3 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", open.store.aside(10).await);
}

pub async fn a_case_file_that_cannot_be_read_or_stored_is_set_aside(office: Office) {
    let open = office.open().await;
    let facts = vec![note("a", 1, "wake 60 bell"), note("b", 2, "wake 60 bell"), note("c", 3, "wake 60 collide"), note("d", 4, "collide")];
    open.desk.submit(facts).await.unwrap();
    open.close().await;
    office.execute("UPDATE case_file SET state = '{}' WHERE order_id = '1'").await;
    office.clock.set(at(100));
    let open = office.open().await;
    open.wait_for(2, "bell").await;
    for _ in 0..300 {
        if open.store.aside(10).await.unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let aside: Vec<_> = open.store.aside(10).await.unwrap();
    assert_eq!(aside.iter().map(|a| a.order.clone()).collect::<std::collections::HashSet<_>>(), [order(1), order(3)].into());
    assert!(aside.iter().all(|a| !a.reason.is_empty()));
    let receipts = open.desk.submit(vec![note("x", 1, ""), note("y", 2, "")]).await.unwrap();
    assert!(matches!(&receipts[0], Receipt::Refused(Refused::FileBroken(_))), "{receipts:?}");
    assert_eq!(receipts[1], accepted(2));
}

pub async fn neither_facts_nor_wakes_starve_the_other(mut office: Office) {
    office.options.batch_wakes = 10;
    office.options.batch_wakes_alone = 10;
    office.options.batch_facts = 1;
    let open = office.open().await;
    open.desk.submit((1..=400).map(|n| note(&format!("a{n}"), n, "wake 60 bell")).collect()).await.unwrap();
    // 400 case files are due, and 30 requests wait, before the writer is on again.
    office.clock.set(at(100));
    let requests = (0..30).map(|n| open.desk.submit(vec![note(&format!("b{n}"), 1000 + n, "x")]));
    for answer in futures::future::join_all(requests).await {
        answer.unwrap();
    }
    for n in 1..=400 {
        open.wait_for(n, "bell").await;
    }
    let mut batches: BTreeMap<Instant, (u32, u32)> = BTreeMap::new();
    for fact in open.facts().await.iter().skip(400) {
        batches.entry(fact.recorded).or_default().0 += 1;
    }
    for n in 1..=400 {
        batches.entry(open.timeline(n).await[1].recorded).or_default().1 += 1;
    }
    let batches: Vec<(u32, u32)> = batches.into_values().collect();
    assert_eq!(batches[..30], [(1, 10); 30], "each batch takes of both what it may");
    assert_eq!(batches[30..], [(0, 10); 10], "and the rest of the wakes follows");
}

pub async fn news_of_the_world_reaches_every_open_case_file_once(mut office: Office) {
    office.options.batch_wakes = 7;
    let open = office.open().await;
    open.desk
        .submit((1..=40).map(|n| note(&format!("a{n}"), n, if n % 2 == 0 { "wake 9999 later" } else { "x" })).collect())
        .await
        .unwrap();
    assert_eq!(open.tell(disruption("snow")).await, Receipt::Accepted { order: None, parked: false, clock_skew: false });
    for n in (2..=40).step_by(2) {
        open.wait_for(n, "world 1").await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    for n in 1..=40 {
        let expected = if n % 2 == 0 { vec![format!("a{n}"), "world 1".to_owned()] } else { vec![format!("a{n}")] };
        assert_eq!(open.lines(n).await, expected);
    }
    assert_eq!(open.store.next_wake_at().await.unwrap(), Some(at(9999)), "everybody is back at his own moment");
}

pub async fn coverage_reaches_who_waits_for_it_and_is_kept(office: Office) {
    let open = office.open().await;
    open.desk.submit(vec![note("a", 1, "await 新疆"), note("b", 2, "await 西藏"), note("c", 3, "x")]).await.unwrap();
    open.tell(coverage("no", "新疆维吾尔自治区", false)).await;
    open.wait_for(1, "world 1").await;
    // An order's scans show it for another province; the next fact of the same batch knows.
    open.desk.submit(vec![note("d", 3, "noted 西藏"), note("e", 4, "world")]).await.unwrap();
    open.wait_for(2, "world 2").await;
    assert_eq!(open.lines(4).await, ["e", "knows 2"]);
    assert_eq!(open.lines(1).await, ["a", "world 1"]);
    let rows = open.store.coverage(&Default::default(), None, 10).await.unwrap().rows;
    assert_eq!(
        rows.iter().map(|r| (r.reach.province.as_str(), r.from_scans, r.cause.id.as_str())).collect::<Vec<_>>(),
        [("西藏", true, "d"), ("新疆", false, "no")]
    );
    open.close().await;
    let open = office.open().await;
    open.tell(note("f", 5, "world")).await;
    assert_eq!(open.lines(5).await, ["f", "knows 2"]);
    // A fact without an order stands in the export at its place.
    let facts: Vec<String> = open.facts().await.into_iter().map(|f| f.id.id).collect();
    assert_eq!(facts, ["a", "b", "c", "no", "d", "e", "f"]);
}

pub async fn wakes_and_facts_never_share_an_instant_with_an_earlier_batch(office: Office) {
    let open = office.open().await;
    open.tell(note("a", 1, "wake 1 bell")).await;
    office.clock.set(at(1) + Length::millis(5));
    open.wait_for(1, "bell").await;
    office.clock.set(at(1));
    open.tell(note("b", 1, "")).await;
    let lines = open.timeline(1).await;
    let batches: Vec<Instant> = lines.iter().map(|line| line.recorded).collect();
    assert_eq!(lines[1].kind, EntryKind::Decision);
    assert!(batches.windows(2).all(|pair| pair[0] < pair[1]), "{batches:?}");
}

pub async fn a_daemon_is_heard_of_while_it_works(mut office: Office) {
    office.options.name = "counter".to_owned();
    office.options.revision = "r1".to_owned();
    let open = office.open().await;
    let mut rows = Vec::new();
    for _ in 0..200 {
        rows = open.store.daemons(10).await.unwrap();
        if !rows.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((rows.len(), rows[0].name.as_str(), rows[0].revision.as_str()), (1, "counter", "r1"));
    assert_eq!((rows[0].boot_id.as_str(), rows[0].started_at, rows[0].failing.as_deref()), (open.desk.boot_id(), at(0), None));
    let second = office.open().await;
    assert_ne!(second.desk.boot_id(), open.desk.boot_id(), "each boot is another daemon");
    open.desk.stop().await;
    let left = second.store.daemons(10).await.unwrap();
    assert!(left.iter().all(|row| row.boot_id == second.desk.boot_id()), "{left:?}");
    second.close().await;
}
