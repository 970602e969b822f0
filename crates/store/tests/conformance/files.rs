//! Transactions, case files, facts and the journal.

use super::Place;
use super::kit::*;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::{CaseKind, Queue, TaskKind};
use parcelward_store::*;

async fn take(store: &SharedStore, now: i64) -> parcelward_casework::instant::Instant {
    let mut tx = store.begin().await.unwrap();
    let instant = tx.take_instant(at(now)).await.unwrap();
    tx.commit().await.unwrap();
    instant
}

pub async fn instants_grow_even_over_a_restart(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(take(&store, 100).await, at(100));
    let second = take(&store, 100).await;
    assert!(second > at(100));
    let third = take(&store, 50).await;
    assert!(third > second, "the clock was set back");
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.high_water().await.unwrap(), third);
    assert!(take(&store, 0).await > third);
    assert_eq!(take(&store, 200).await, at(200));
}

fn opened(n: u32) -> CaseFile {
    let mut file = file(n);
    add_case(&mut file, CaseKind::Stalled);
    add_parcel(&mut file, waybill(&format!("W{n}")));
    file
}

pub async fn a_batch_is_all_or_nothing(place: &impl Place) {
    let store = place.open().await;
    let batch = |n: u32, ids: &[&str]| Batch {
        files: vec![new_file(opened(n), Some(at(5)))],
        entries: ids.iter().map(|id| note(id, n, at(1))).chain([decision(&opened(n), at(1))]).collect(),
        ..Batch::default()
    };
    save(&store, batch(1, &["a"])).await.unwrap();
    // The same identity twice: the last statement but one fails, and what came before it must go with it.
    let error = save(&store, batch(2, &["b", "a"])).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    assert!(store.case_file(&order(2)).await.unwrap().is_none());
    assert!(store.order_of_waybill(&waybill("W2")).await.unwrap().is_none());
    assert_eq!(store.facts_after(0, 10).await.unwrap().rows.len(), 1);
    assert_eq!(store.counts(at(9)).await.unwrap().open_cases[&CaseKind::Stalled], 1);
    assert_eq!(due(&store, at(9)).await, [order(1)]);
    // And the store goes on.
    save(&store, batch(2, &["b"])).await.unwrap();
    assert_eq!(store.facts_after(0, 10).await.unwrap().rows.len(), 2);
}

pub async fn a_transaction_that_is_dropped_changes_nothing(place: &impl Place) {
    let store = place.open().await;
    {
        let mut tx = store.begin().await.unwrap();
        tx.save(&Batch { files: vec![new_file(opened(1), None)], ..Batch::default() }).await.unwrap();
    }
    let mut tx = store.begin().await.unwrap();
    assert!(matches!(tx.lock(&[(order(1), None)]).await.unwrap()[0], Locked::Absent));
    tx.commit().await.unwrap();
    assert!(store.case_file(&order(1)).await.unwrap().is_none());
}

pub async fn a_version_that_was_overtaken_is_refused(place: &impl Place) {
    let store = place.open().await;
    save_new(&store, &[file(1)], at(5)).await;
    let read = stored(&store, 1).await;
    let change = |seq: u32| Batch { files: vec![changed(&read, None, |f| f.seq = seq)], ..Batch::default() };
    save(&store, change(1)).await.unwrap();
    let error = save(&store, change(2)).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let now = stored(&store, 1).await;
    assert_eq!((now.file.seq, now.stamp.version()), (1, 2));
}

pub async fn locking_reads_only_what_is_not_known(place: &impl Place) {
    let store = place.open().await;
    save_new(&store, &[opened(1), opened(2)], at(5)).await;
    let one = stored(&store, 1).await;
    let mut tx = store.begin().await.unwrap();
    let locked = tx.lock(&[(order(2), None), (order(3), None), (order(1), Some(one.stamp))]).await.unwrap();
    tx.rollback().await;
    assert!(matches!(&locked[0], Locked::Loaded(two) if *two.file == opened(2) && two.next_wake_at == Some(at(5))), "{locked:?}");
    assert!(matches!(&locked[1], Locked::Absent), "{locked:?}");
    assert!(matches!(&locked[2], Locked::Unchanged), "{locked:?}");
    save(&store, Batch { files: vec![changed(&one, None, |f| f.seq = 9)], ..Batch::default() }).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let locked = tx.lock(&[(order(1), Some(one.stamp))]).await.unwrap();
    tx.rollback().await;
    assert!(matches!(&locked[0], Locked::Loaded(now) if now.file.seq == 9), "{locked:?}");
}

async fn seen(store: &SharedStore, ids: &[&str]) -> Vec<Option<Seen>> {
    let mut tx = store.begin().await.unwrap();
    let ids: Vec<_> = ids.iter().map(|i| id(i)).collect();
    let seen = tx.seen(&ids).await.unwrap();
    tx.rollback().await;
    seen
}

pub async fn a_fact_is_known_by_its_identity(place: &impl Place) {
    let store = place.open().await;
    let entries = vec![note("a", 1, at(1)), tracking("b", "W9", at(1))];
    let Entry::Fact(a) = &entries[0] else { unreachable!() };
    let fingerprint = a.fact.fingerprint;
    save(&store, Batch { files: vec![new_file(file(1), None)], entries, ..Batch::default() }).await.unwrap();
    let known = seen(&store, &["b", "nobody", "a"]).await;
    assert!(known[0].as_ref().is_some_and(|b| b.parked && b.order.is_none()), "{known:?}");
    assert_eq!(known[1], None);
    assert_eq!(known[2], Some(Seen { fingerprint, order: Some(order(1)), parked: false }));
}

async fn parked(store: &SharedStore, numbers: &[&str]) -> Vec<ParkedFact> {
    let mut tx = store.begin().await.unwrap();
    let waybills: Vec<_> = numbers.iter().map(|n| waybill(n)).collect();
    let parked = tx.parked(&waybills).await.unwrap();
    tx.rollback().await;
    parked
}

pub async fn a_fact_that_waits_is_found_and_released_once(place: &impl Place) {
    let store = place.open().await;
    let entries = vec![tracking("t2", "W1", at(1)), tracking("t3", "W2", at(1)), tracking("t1", "W1", at(1))];
    save(&store, Batch { entries, ..Batch::default() }).await.unwrap();
    assert_eq!(store.counts(at(9)).await.unwrap().parked_facts, 3);
    let waiting = parked(&store, &["W1", "W7"]).await;
    assert!(waiting.len() == 2 && waiting[0].json.contains("\"t2\"") && waiting[1].json.contains("\"t1\""), "{waiting:?}");
    let release = || Batch {
        files: vec![new_file(opened(1), None)],
        entries: std::iter::once(note("n", 1, at(2)))
            .chain(
                waiting
                    .iter()
                    .map(|w| Entry::Released { fact: Waiting::Stored { seq: w.seq, waybill: w.waybill.clone() }, order: order(1) }),
            )
            .chain([decision(&opened(1), at(2))])
            .collect(),
        ..Batch::default()
    };
    save(&store, release()).await.unwrap();
    assert!(parked(&store, &["W1"]).await.is_empty());
    assert_eq!(parked(&store, &["W2"]).await.len(), 1);
    let line = |row: &JournalRow| (row.line, row.id.id.clone());
    let lines: Vec<_> = store.timeline(&order(1), 0, 10).await.unwrap().rows.iter().map(line).collect();
    let decided = format!("{}-d", opened(1).cases[0].id);
    assert_eq!(lines, [(1, "n".to_owned()), (2, "t2".to_owned()), (3, "t1".to_owned()), (4, decided)]);
    // Received first, it is exported first.
    let facts: Vec<_> = store.facts_after(0, 10).await.unwrap().rows.into_iter().map(|row| row.id.id).collect();
    assert_eq!(facts, ["t2", "t3", "t1", "n"]);
    assert!(seen(&store, &["t1"]).await[0].as_ref().is_some_and(|s| !s.parked && s.order == Some(order(1))));
    let mut twice = release();
    twice.files = vec![changed(&stored(&store, 1).await, None, |_| {})];
    twice.entries.remove(0);
    assert!(save(&store, twice).await.unwrap_err().is_transient());
}

pub async fn a_fact_of_the_same_batch_is_released(place: &impl Place) {
    let store = place.open().await;
    let mut entries = vec![tracking("t", "W1", at(1)), note("n", 1, at(1))];
    let Entry::Fact(waited) = &mut entries[0] else { unreachable!() };
    waited.parked = None;
    entries.push(Entry::Released { fact: Waiting::Here(0), order: order(1) });
    entries.push(note("m", 1, at(1)));
    save(&store, Batch { files: vec![new_file(opened(1), None)], entries, ..Batch::default() }).await.unwrap();
    let lines: Vec<_> = store.timeline(&order(1), 0, 10).await.unwrap().rows.into_iter().map(|row| (row.line, row.id.id)).collect();
    assert_eq!(lines, [(1, "n".to_owned()), (2, "t".to_owned()), (3, "m".to_owned())]);
    let facts: Vec<_> = store.facts_after(0, 10).await.unwrap().rows.into_iter().map(|row| row.id.id).collect();
    assert_eq!(facts, ["t", "n", "m"], "received first, it is exported first");
    assert!(parked(&store, &["W1"]).await.is_empty());
}

pub async fn a_waybill_stays_with_its_first_order(place: &impl Place) {
    let store = place.open().await;
    let with = |n: u32| {
        let mut file = file(n);
        add_parcel(&mut file, waybill("SAME"));
        file
    };
    save_new(&store, &[with(1)], at(5)).await;
    save_new(&store, &[with(2)], at(5)).await;
    assert_eq!(store.order_of_waybill(&waybill("SAME")).await.unwrap(), Some(order(1)));
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.orders_of_waybills(&[waybill("none"), waybill("SAME")]).await.unwrap(), [None, Some(order(1))]);
    tx.rollback().await;
}

pub async fn an_id_leads_to_its_order(place: &impl Place) {
    let store = place.open().await;
    save_new(&store, &[opened(1), opened(2)], at(5)).await;
    let mut tx = store.begin().await.unwrap();
    let tags = [file(2).tag, "nobody".to_owned(), file(1).tag];
    assert_eq!(tx.orders_of_tags(&tags).await.unwrap(), [Some(order(2)), None, Some(order(1))]);
    tx.rollback().await;
    let case = opened(2).cases[0].id.clone();
    let view = store.case(&case).await.unwrap().unwrap();
    assert_eq!((view.stored.file.key.clone(), view.index), (order(2), 0));
    for none in ["", "x", "nobody-1", &format!("{}-99", file(2).tag)] {
        assert!(store.case(none).await.unwrap().is_none(), "{none}");
    }
}

pub async fn the_journal_keeps_the_order_of_things(place: &impl Place) {
    let store = place.open().await;
    for round in 0..5_u32 {
        let mut files = Vec::new();
        for n in [1, 2] {
            files.push(if round == 0 { new_file(opened(n), None) } else { changed(&stored(&store, n).await, None, |f| f.seq = round) });
        }
        let mut entries = Vec::new();
        for n in [1, 2, 1] {
            entries.push(note(&format!("{round}-{}", entries.len()), n, at(i64::from(round))));
        }
        entries.push(decision(&opened(2), at(i64::from(round))));
        save(&store, Batch { files, entries, ..Batch::default() }).await.unwrap();
    }
    let (mut facts, mut after) = (Vec::new(), Some(0));
    while let Some(place) = after {
        let page = store.facts_after(place, 4).await.unwrap();
        assert!(page.rows.iter().all(|row| row.kind == EntryKind::Fact));
        facts.extend(page.rows.into_iter().map(|row| row.id.id));
        after = page.next;
    }
    let expected: Vec<String> = (0..5).flat_map(|round| (0..3).map(move |i| format!("{round}-{i}"))).collect();
    assert_eq!(facts, expected);
    let (mut lines, mut after) = (Vec::new(), Some(0));
    while let Some(line) = after {
        let page = store.timeline(&order(2), line, 3).await.unwrap();
        lines.extend(page.rows.into_iter().map(|row| (row.line, row.kind)));
        after = page.next;
    }
    let expected: Vec<_> = (1..=10).map(|line| (line, if line % 2 == 1 { EntryKind::Fact } else { EntryKind::Decision })).collect();
    assert_eq!(lines, expected);
}

/// More rows than any one statement takes.
pub async fn a_large_batch_is_written_whole(place: &impl Place) {
    let store = place.open().await;
    let files: Vec<CaseFile> = (1..=333).map(opened).collect();
    let entries = files.iter().enumerate().map(|(i, _)| note(&i.to_string(), i as u32 + 1, at(1))).collect();
    let files = files.into_iter().map(|f| new_file(f, Some(at(5)))).collect();
    save(&store, Batch { files, entries, ..Batch::default() }).await.unwrap();
    assert_eq!(store.facts_after(0, 1000).await.unwrap().rows.len(), 333);
    assert_eq!(store.counts(at(9)).await.unwrap().overdue_files, 333);
    for n in [1, 64, 65, 72, 333] {
        assert_eq!(*stored(&store, n).await.file, opened(n));
        assert_eq!(store.order_of_waybill(&waybill(&format!("W{n}"))).await.unwrap(), Some(order(n)));
        assert_eq!(store.timeline(&order(n), 0, 9).await.unwrap().rows.len(), 1);
    }
}

pub async fn open_files_are_read_page_by_page(place: &impl Place) {
    let store = place.open().await;
    // Every third is closed, one is set aside.
    let files = (1..=9).map(|n| new_file(if n % 3 == 0 { file(n) } else { opened(n) }, Some(at(5)))).collect();
    save(&store, Batch { files, ..Batch::default() }).await.unwrap();
    store.set_aside(&order(4), "it panics", at(6)).await.unwrap();
    let (mut orders, mut pages, mut after) = (Vec::new(), 0, Some(0));
    while let Some(place) = after {
        let page = store.open_files(place, 2).await.unwrap();
        assert!(page.rows.len() <= 2);
        for row in &page.rows {
            assert_eq!((&*row.file, row.next_wake_at), (&opened(row.file.key.order_id.parse().unwrap()), Some(at(5))));
        }
        orders.extend(page.rows.iter().map(|row| row.file.key.clone()));
        (pages, after) = (pages + 1, page.next);
    }
    assert_eq!(orders, [1, 2, 5, 7, 8].map(order));
    assert_eq!(pages, 3);
    // One that closes is passed over, one that was taken back is there; the stamp is good for a change.
    let first = store.open_files(0, 1).await.unwrap().rows.remove(0);
    let close = changed(&first, None, |file| file.cases.clear());
    save(&store, Batch { files: vec![close], ..Batch::default() }).await.unwrap();
    assert_eq!(store.take_back().await.unwrap(), 1);
    let left: Vec<_> = store.open_files(0, 100).await.unwrap().rows.into_iter().map(|row| row.file.key.clone()).collect();
    assert_eq!(left, [2, 4, 5, 7, 8].map(order));
}

pub async fn a_batch_that_tells_news_keeps_others_from_committing(place: &impl Place) {
    let (store, other) = (place.open().await, place.open().await);
    let mut news = store.begin().await.unwrap();
    news.hold_world().await.unwrap();
    news.stay().await.unwrap();
    let told = news.take_instant(at(10)).await.unwrap();
    let later = async {
        // A retry is right as well: it decided without knowing the news.
        loop {
            let mut tx = other.begin().await.unwrap();
            match tx.take_instant(at(5)).await {
                Ok(instant) => {
                    let known = tx.world_from(0).await.unwrap().len();
                    tx.commit().await.unwrap();
                    return (instant, known);
                }
                Err(error) => assert!(error.is_transient(), "{error:?}"),
            }
        }
    };
    let first = async {
        news.stay().await.unwrap();
        news.save(&Batch { entries: vec![tracking("t", "W1", at(10))], ..Batch::default() }).await.unwrap();
        news.commit().await.unwrap();
    };
    let ((), (instant, _)) = tokio::join!(first, later);
    assert!(instant > told, "whoever came after it decided after it");
    assert_eq!(store.facts_after(0, 10).await.unwrap().rows.len(), 1);
}

pub async fn lists_are_written_anew_from_the_case_file(place: &impl Place) {
    let store = place.open().await;
    let mut whole = opened(1);
    let task = add_task(&mut whole, TaskKind::ChaseCourier, Queue::Service, at(20), None);
    let deadline = add_deadline(&mut whole, RuleKind::Movement, at(30));
    let files = vec![new_file(whole.clone(), Some(at(5)))];
    save(&store, Batch { files, told: [(task.clone(), r#"{"title":"said"}"#.to_owned())].into_iter().collect(), ..Batch::default() })
        .await
        .unwrap();
    place.execute(format!("UPDATE deadline SET due_at = 5 WHERE deadline_id = '{deadline}'")).await;
    let before = store.task(&task).await.unwrap().unwrap();
    let read = stored(&store, 1).await;
    let mut tx = store.begin().await.unwrap();
    tx.clear_lists(read.stamp, std::slice::from_ref(&task)).await.unwrap();
    let anew = FileChange { before: None, ..changed(&read, Some(at(5)), |_| ()) };
    tx.save(&Batch { files: vec![anew], ..Batch::default() }).await.unwrap();
    tx.commit().await.unwrap();
    let after = store.task(&task).await.unwrap().unwrap();
    assert_eq!(after.due_at, before.due_at);
    let rows = store.deadlines(&DeadlineFilter::default(), None, 10).await.unwrap().rows;
    assert_eq!(rows.iter().map(|row| (row.deadline_id.as_str(), row.due_at)).collect::<Vec<_>>(), [(deadline.as_str(), at(30))]);
    assert_eq!(store.order_of_waybill(&waybill("W1")).await.unwrap(), Some(order(1)));
    assert_eq!(*stored(&store, 1).await.file, whole);
}

pub async fn a_restart_keeps_everything(place: &impl Place) {
    let store = place.open().await;
    let entries = vec![note("a", 1, at(1)), decision(&opened(1), at(1)), tracking("t", "W9", at(1))];
    save(&store, Batch { files: vec![new_file(opened(1), Some(at(7)))], entries, ..Batch::default() }).await.unwrap();
    let (before, incarnation) = (store.timeline(&order(1), 0, 10).await.unwrap().rows, store.incarnation().await.unwrap());
    assert_eq!(before.len(), 2);
    store.close().await;
    let closed = store.case_file(&order(1)).await.unwrap_err();
    assert!(matches!(closed, StoreError::Unavailable(_)), "{closed:?}");
    let store = place.open().await;
    assert_eq!(*stored(&store, 1).await.file, opened(1));
    assert_eq!(store.timeline(&order(1), 0, 10).await.unwrap().rows, before);
    assert_eq!(store.next_wake_at().await.unwrap(), Some(at(7)));
    assert_eq!(parked(&store, &["W9"]).await.len(), 1);
    assert_eq!(store.incarnation().await.unwrap(), incarnation);
    store.probe(at(9)).await.unwrap();
}
