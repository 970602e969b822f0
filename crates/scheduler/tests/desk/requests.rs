//! Facts handed in, and their answers.

use crate::support::*;
use parcelward_casework::instant::Instant;
use parcelward_casework::{Refusal, words::TaskOutcome};
use parcelward_scheduler::{DeskError, Receipt, Refused};
use parcelward_store::{EntryKind, Step, StoreError};

pub async fn a_request_has_one_instant_and_every_later_one_a_later(office: Office) {
    let open = office.open().await;
    open.desk.submit(vec![note("a", 1, ""), note("b", 2, ""), note("c", 1, "")]).await.unwrap();
    open.tell(note("d", 1, "")).await;
    office.clock.set(at(-3600));
    open.tell(note("e", 3, "")).await;
    open.close().await;
    let open = office.open().await;
    open.tell(note("f", 3, "")).await;
    let facts = open.facts().await;
    let instants: Vec<Instant> = facts.iter().map(|f| f.recorded).collect();
    assert_eq!(facts.iter().map(|f| f.id.id.as_str()).collect::<String>(), "abcdef");
    assert_eq!(instants[..3], [at(0); 3]);
    assert!(instants[2..].windows(2).all(|pair| pair[0] < pair[1]), "{instants:?}");
    for fact in facts {
        assert!(fact.json.ends_with(&format!(r#","recordedtime":"{}"}}"#, fact.recorded)), "{}", fact.json);
    }
}

pub async fn a_fact_said_again_changes_nothing_and_another_of_its_name_is_a_conflict(office: Office) {
    let open = office.open().await;
    let first = open.desk.submit(vec![note("a", 1, "x"), note("a", 1, "x"), note("a", 1, "other")]).await.unwrap();
    let duplicate = Receipt::Duplicate { order: Some(order(1)) };
    assert_eq!(first, [accepted(1), duplicate.clone(), Receipt::Conflict]);
    assert_eq!(open.tell(note("a", 1, "x")).await, duplicate);
    assert_eq!(open.tell(note("a", 2, "x")).await, Receipt::Conflict);
    assert_eq!(open.lines(1).await, ["a"]);
    assert!(open.store.case_file(&order(2)).await.unwrap().is_none());
}

pub async fn a_fact_from_the_future_is_marked(office: Office) {
    office.clock.set(at(-700));
    let open = office.open().await;
    assert_eq!(open.tell(note("a", 1, "")).await, Receipt::Accepted { order: Some(order(1)), parked: false, clock_skew: true });
}

pub async fn a_refused_fact_is_not_journalled_unless_it_was_right_once(office: Office) {
    let open = office.open().await;
    open.tell(note("a", 1, "wake 5 bell")).await;
    office.clock.set(at(60));
    let refused = Receipt::Refused(Refused::Engine(Refusal::NoSuchTask { field: "task_id" }));
    assert_eq!(open.tell(note("b", 1, "refuse")).await, refused);
    // What time brought with it stays.
    assert_eq!(open.lines(1).await, ["a", "bell"]);
    assert_eq!(open.tell(note("b", 1, "refuse")).await, refused, "it was never taken, so it is no duplicate");
    assert_eq!(open.tell(note("z", 9, "refuse")).await, refused);
    assert!(open.store.case_file(&order(9)).await.unwrap().is_none(), "it begins no case file");
    let tag = parcelward_casework::decision::order_tag(&order(1));
    let late = open.tell(task_update("c", &format!("{tag}-0"))).await;
    assert_eq!(late, Receipt::Refused(Refused::Engine(Refusal::TaskClosed { outcome: TaskOutcome::Done })));
    assert!(late.is_kept());
    assert_eq!(open.lines(1).await, ["a", "bell", "c"]);
}

pub async fn a_scan_waits_for_its_order_over_a_restart_and_comes_in_its_order(office: Office) {
    let open = office.open().await;
    let parked = Receipt::Accepted { order: None, parked: true, clock_skew: false };
    for id in ["t2", "t1", "t3"] {
        assert_eq!(open.tell(tracking(id, "W1")).await, parked);
    }
    assert_eq!(open.tell(tracking("x", "W2")).await, parked);
    assert_eq!(open.tell(tracking("t1", "W1")).await, Receipt::Duplicate { order: None });
    open.close().await;
    let open = office.open().await;
    assert_eq!(open.tell(note("n", 1, "parcel W1")).await, accepted(1));
    assert_eq!(open.lines(1).await, ["n", "t2", "took t2 by n", "t1", "took t1 by n", "t3", "took t3 by n"]);
    let taken = open.timeline(1).await;
    let released: Vec<Instant> = taken.iter().filter(|r| r.kind == EntryKind::Decision).map(|r| r.time).collect();
    assert_eq!(released, [taken[0].recorded; 3], "decided when the shipment was received");
    assert!(taken[1].recorded < taken[0].recorded, "but received before");
    assert_eq!(open.tell(tracking("t4", "W1")).await, accepted(1));
    assert_eq!(open.store.counts(at(0)).await.unwrap().parked_facts, 1);
    let facts: Vec<String> = open.facts().await.into_iter().map(|f| f.id.id).collect();
    assert_eq!(facts, ["t2", "t1", "t3", "x", "n", "t4"]);
}

/// Lets a closed order leave into an archive.
async fn leave(open: &Open, n: u32) {
    let later = at(90_000);
    for step in [Step::Erase, Step::Archive] {
        let files = open.store.old_files(step, later, 0).await.unwrap().rows;
        let files: Vec<_> = files.into_iter().filter(|file| file.order == order(n)).collect();
        assert_eq!(files.len(), 1, "{step:?}");
        match step {
            Step::Erase => assert!(open.store.erase_file(&files[0], later, later).await.unwrap()),
            Step::Archive | Step::ArchiveThen => {
                let no = open.store.begin_archive("a", "test", later).await.unwrap().unwrap();
                assert!(open.store.finish_archive(no, 1, "", &files, later).await.unwrap());
            }
        }
    }
}

pub async fn a_fact_for_an_order_that_left_is_kept_and_opens_nothing(office: Office) {
    let open = office.open().await;
    assert_eq!(open.tell(note("a", 1, "parcel W1")).await, accepted(1));
    leave(&open, 1).await;
    let late = Receipt::Accepted { order: Some(order(1)), parked: true, clock_skew: false };
    assert_eq!(open.tell(tracking("t", "W1")).await, late, "although the desk had the case file in memory");
    assert_eq!(open.tell(note("b", 1, "parcel W9")).await, late);
    assert_eq!(open.tell(note("a", 1, "parcel W1")).await, Receipt::Duplicate { order: None }, "its identity is taken");
    assert_eq!(open.tell(note("a", 1, "other")).await, Receipt::Conflict);
    let tag = parcelward_casework::decision::order_tag(&order(1));
    assert_eq!(open.tell(task_update("u", &format!("{tag}-1"))).await, Receipt::Refused(Refused::NoSuchTask));
    assert!(open.store.case_file(&order(1)).await.unwrap().is_none(), "nothing is opened");
    let shown =
        |facts: Vec<parcelward_store::LateFact>| facts.into_iter().map(|fact| fact.id.id).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(shown(open.store.late_facts(10).await.unwrap()), ["b", "t"].map(str::to_owned).into());
    // The courier gives the number out again: what waited is the new order's, and what comes from now on.
    assert_eq!(open.tell(note("c", 2, "parcel W1")).await, accepted(2));
    assert_eq!(open.lines(2).await, ["c", "t", "took t by c"]);
    assert_eq!(open.tell(tracking("t2", "W1")).await, accepted(2));
    assert_eq!(shown(open.store.late_facts(10).await.unwrap()), ["b".to_owned()].into());
    open.close().await;
}

pub async fn scans_and_shipment_of_one_request_find_each_other(office: Office) {
    let open = office.open().await;
    let facts = vec![tracking("before", "W1"), note("n", 1, "parcel W1"), tracking("after", "W1"), note("m", 2, "parcel W1")];
    let receipts = open.desk.submit(facts).await.unwrap();
    assert_eq!(receipts, [accepted(1), accepted(1), accepted(1), accepted(2)]);
    assert_eq!(open.lines(1).await, ["n", "before", "took before by n", "after", "took after"]);
    // The second order that names the waybill does not take it away.
    assert_eq!(open.tell(tracking("later", "W1")).await, accepted(1));
    assert_eq!(open.tell(tracking("before", "W1")).await, Receipt::Duplicate { order: Some(order(1)) });
}

pub async fn updates_find_their_order_by_id_or_waybill_or_are_refused(office: Office) {
    let open = office.open().await;
    let tag = parcelward_casework::decision::order_tag(&order(1));
    let facts = vec![
        note("a", 1, "parcel W1"),
        task_update("b", &format!("{tag}-7")),
        operation_update("c", r#""waybill":{"courier":"zto","number":"W1"},"kind":"urge""#),
    ];
    assert_eq!(open.desk.submit(facts).await.unwrap(), [accepted(1), accepted(1), accepted(1)]);
    assert_eq!(open.tell(operation_update("d", &format!(r#""operation_id":"{tag}-9""#))).await, accepted(1));
    assert_eq!(open.tell(task_update("e", &format!("{tag}-8"))).await, accepted(1));
    for (fact, why) in [
        (task_update("x", "0123456789ab-1"), Refused::NoSuchTask),
        (task_update("x", "-"), Refused::NoSuchTask),
        (operation_update("x", r#""operation_id":"nobody-1""#), Refused::NoSuchOperation),
        (operation_update("x", r#""waybill":{"courier":"sf","number":"W1"},"kind":"urge""#), Refused::NoSuchOperation),
    ] {
        assert_eq!(open.tell(fact).await, Receipt::Refused(why));
    }
    assert_eq!(open.facts().await.len(), 5);
    // One that names an order that is not there begins none.
    let json = r#"{"specversion":"1.0","id":"y","source":"test","type":"parcelward.task_update","time":"2026-03-10T08:00:00+08:00","data":{"platform":"jd","shop":"shop","order_id":"9","kind":"reship","status":"claimed"}}"#;
    let fact = parcelward_casework::parse::parse_fact(json).unwrap();
    let receipt = open.tell(parcelward_scheduler::Incoming { fact, json: json.to_owned() }).await;
    assert_eq!(receipt, Receipt::Refused(Refused::NoSuchTask));
    assert!(open.store.case_file(&order(9)).await.unwrap().is_none());
}

pub async fn one_request_that_cannot_be_stored_leaves_no_trace_and_the_others_go_on(office: Office) {
    let open = office.open().await;
    open.tell(note("first", 1, "collide")).await;
    let requests = (2..=9).map(|n| {
        let text = if n == 5 { "collide" } else { "" };
        open.desk.submit(vec![note(&format!("a{n}"), n, "parcel W"), note(&format!("b{n}"), n, text), note(&format!("c{n}"), n, "")])
    });
    let answers = futures::future::join_all(requests).await;
    for (n, answer) in (2..=9).zip(answers) {
        match answer {
            Ok(receipts) => assert!(n != 5 && receipts == vec![accepted(n); 3]),
            Err(DeskError::Store(error)) => assert!(n == 5 && matches!(*error, StoreError::Conflict(_)), "{n}: {error}"),
            Err(error) => panic!("{n}: {error}"),
        }
    }
    assert!(open.store.case_file(&order(5)).await.unwrap().is_none());
    assert!(open.facts().await.iter().all(|f| !f.id.id.ends_with('5')));
    assert_eq!(open.facts().await.len(), 1 + 7 * 3);
}

pub async fn a_fact_on_which_the_engine_panics_is_refused_alone(office: Office) {
    let open = office.open().await;
    let receipts = open.desk.submit(vec![note("a", 1, "x"), note("b", 1, "panic"), note("c", 1, "y"), note("d", 2, "z")]).await.unwrap();
    assert!(matches!(&receipts[1], Receipt::Refused(Refused::FileBroken(_))), "{receipts:?}");
    assert_eq!([&receipts[0], &receipts[2], &receipts[3]], [&accepted(1), &accepted(1), &accepted(2)]);
    assert_eq!(open.lines(1).await, ["a", "c"]);
    assert!(open.store.aside(9).await.unwrap().is_empty(), "the case file itself is well");
}

pub async fn everything_acknowledged_is_there_after_a_stop_and_nothing_is_taken_after_it(office: Office) {
    let open = office.open().await;
    let requests: Vec<_> = (1..=50)
        .map(|n| {
            let desk = open.desk.clone();
            tokio::spawn(async move { (n, desk.submit(vec![note(&format!("n{n}"), n, "")]).await) })
        })
        .collect();
    tokio::task::yield_now().await;
    open.desk.stop().await;
    let answers = futures::future::join_all(requests).await;
    let mut kept: Vec<u32> = Vec::new();
    for answer in answers {
        match answer.unwrap() {
            (n, Ok(_)) => kept.push(n),
            (_, Err(error)) => assert!(matches!(error, DeskError::Stopping), "{error}"),
        }
    }
    assert!(matches!(open.desk.submit(vec![note("late", 1, "")]).await, Err(DeskError::Stopping)));
    open.store.close().await;
    let open = office.open().await;
    let mut there: Vec<u32> = open.facts().await.iter().map(|f| f.id.id[1..].parse().unwrap()).collect();
    there.sort_unstable();
    kept.sort_unstable();
    assert_eq!(there, kept);
}

pub async fn requests_wait_for_room_and_all_are_answered(mut office: Office) {
    office.options.waiting_bytes = 2000;
    office.options.batch_facts = 3;
    let open = office.open().await;
    // Each is larger than half of the room, one larger than all of it.
    let long = "x".repeat(5000);
    let requests = (1..=20)
        .map(|n| open.desk.submit(vec![note(&format!("n{n}"), n, if n == 7 { &long } else { "y" }), note(&format!("m{n}"), n, "")]));
    for answer in futures::future::join_all(requests).await {
        assert_eq!(answer.unwrap().len(), 2);
    }
    assert_eq!(open.facts().await.len(), 40);
    assert!(open.desk.pulse().borrow().batches >= 14, "no batch is larger than it may be");
}
