//! What is old leaves whole, is erased wherever it lies, and what is held does neither.

use super::Place;
use super::kit::*;
use parcelward_casework::erase::{ERASED, is_erased};
use parcelward_casework::fact::Address;
use parcelward_casework::words::{CaseKind, CaseOutcome, Queue, TaskKind};
use parcelward_store::*;

/// Far later than everything here.
const LATER: i64 = 500_000;

/// A closed case file with a journal of its own, `at` seconds into the day.
async fn closed(store: &SharedStore, n: u32, seconds: i64) {
    let mut file = file(n);
    add_parcel(&mut file, waybill(&format!("W{n}")));
    add_case(&mut file, CaseKind::Stalled);
    file.cases[0].closed = Some((at(seconds), CaseOutcome::Delivered));
    file.cases[0].words = Some("李雷".to_owned());
    file.cases[0].new_address =
        Some(Address { phone: Some("13900000001".to_owned()), province: Some("云南".to_owned()), ..Address::default() });
    let key = order(n);
    let data = format!(
        r#"{{"platform":"{}","shop":"{}","order_id":"{}","from":"buyer","text":"ring 13900000001, 李雷"}}"#,
        key.platform, key.shop, key.order_id
    );
    let (fact, json) = fact(&format!("m{n}"), "message", &data, at(seconds));
    let told = Entry::Fact(FactEntry { fact, json, order: Some(key), parked: None });
    let entries = vec![told, decision(&file, at(seconds))];
    let owners = vec![(waybill(&format!("W{n}")), order(n))];
    tell(store, seconds, Batch { files: vec![new_file(file, None)], entries, owners, ..Batch::default() }).await;
}

/// A batch with an instant of its own.
async fn tell(store: &SharedStore, seconds: i64, batch: Batch) {
    let mut tx = store.begin().await.unwrap();
    tx.take_instant(at(seconds)).await.unwrap();
    tx.save(&batch).await.unwrap();
    tx.commit().await.unwrap();
}

async fn old(store: &SharedStore, step: Step, before: i64) -> Vec<OldFile> {
    let (mut found, mut after) = (Vec::new(), Some(0));
    while let Some(place) = after {
        let page = store.old_files(step, at(before), place).await.unwrap();
        found.extend(page.rows);
        after = page.next;
    }
    found
}

async fn erase_all(store: &SharedStore, before: i64) -> usize {
    let mut done = 0;
    for file in old(store, Step::Erase, before).await {
        done += usize::from(store.erase_file(&file, at(before), at(LATER)).await.unwrap());
    }
    done
}

async fn text_of(store: &SharedStore, n: u32) -> String {
    let lines = store.timeline(&order(n), 0, 100).await.unwrap().rows;
    let journal: String = lines.into_iter().map(|line| line.json + "\n").collect();
    journal + &serde_json::to_string(&*stored(store, n).await.file).unwrap()
}

fn found_by(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(u32::to_string).collect()
}

fn orders(files: &[OldFile]) -> Vec<String> {
    files.iter().map(|file| file.order.order_id.clone()).collect()
}

async fn well(store: &SharedStore) {
    let faults = store.faults().await.unwrap();
    let said: Vec<_> = doctor::FAULTS.iter().zip(faults).filter(|(_, count)| *count > 0).map(|((what, _), count)| (count, *what)).collect();
    assert_eq!(said, []);
}

pub async fn only_closed_files_of_which_nothing_was_heard_are_old(place: &impl Place) {
    let store = place.open().await;
    closed(&store, 1, 10).await;
    closed(&store, 2, 200).await;
    // Open: something still runs.
    let mut open = file(3);
    add_case(&mut open, CaseKind::Lost);
    add_task(&mut open, TaskKind::FollowUp, Queue::Service, at(50), None);
    // Closed, but it wants to be woken.
    let waits = file(4);
    save(&store, Batch { files: vec![new_file(open, Some(at(50)))], entries: vec![note("n3", 3, at(10))], ..Batch::default() })
        .await
        .unwrap();
    save(&store, Batch { files: vec![new_file(waits, Some(at(90)))], entries: vec![note("n4", 4, at(10))], ..Batch::default() })
        .await
        .unwrap();
    assert_eq!(orders(&old(&store, Step::Erase, 100).await), found_by(&[1]));
    assert_eq!(orders(&old(&store, Step::Erase, 300).await), found_by(&[1, 2]));
    assert_eq!(orders(&old(&store, Step::Archive, 300).await), found_by(&[]), "what is not erased does not leave");
    assert_eq!(orders(&old(&store, Step::ArchiveThen, 100).await), found_by(&[1]), "it would once it is erased");
    // It looks again at what it was told, whatever that was.
    let two = old(&store, Step::Erase, 300).await.remove(1);
    assert!(!store.erase_file(&two, at(100), at(LATER)).await.unwrap());
    assert_eq!(erase_all(&store, 100).await, 1);
    assert_eq!(
        (orders(&old(&store, Step::Erase, 300).await), orders(&old(&store, Step::Archive, 300).await)),
        (found_by(&[2]), found_by(&[1]))
    );
    assert_eq!(orders(&old(&store, Step::ArchiveThen, 300).await), found_by(&[2]));
}

pub async fn what_is_personal_is_erased_wherever_it_lies(place: &impl Place) {
    let store = place.open().await;
    closed(&store, 1, 10).await;
    let before = text_of(&store, 1).await;
    assert!(before.contains("李雷") && before.contains("13900000001"));
    let version = stored(&store, 1).await.stamp.version();
    assert_eq!(erase_all(&store, 100).await, 1);
    let after = text_of(&store, 1).await;
    assert!(!after.contains("李雷") && !after.contains("13900000001"), "{after}");
    assert!(after.contains(ERASED) && after.contains("云南"), "{after}");
    let lines = store.timeline(&order(1), 0, 100).await.unwrap().rows;
    assert_eq!(lines.iter().map(|line| (line.line, line.id.id.as_str())).collect::<Vec<_>>()[0], (1, "m1"));
    assert!(lines.len() == 2 && lines.iter().all(|line| is_erased(&line.json)), "each line is there, and says so");
    assert!(stored(&store, 1).await.stamp.version() > version, "whoever has it in memory reads it anew");
    assert_eq!(erase_all(&store, 100).await, 0, "once");
    // A fact that waits for its order is nobody's, and as personal.
    let waiting = tracking("t", "NOBODY", at(20));
    tell(&store, 20, Batch { entries: vec![waiting], ..Batch::default() }).await;
    assert_eq!(store.erase_loose(at(15), at(LATER), 10).await.unwrap(), 0);
    assert_eq!(store.erase_loose(at(100), at(LATER), 10).await.unwrap(), 1);
    assert_eq!(store.erase_loose(at(100), at(LATER), 10).await.unwrap(), 0);
    let facts = store.facts_after(0, 100).await.unwrap().rows;
    assert!(facts.iter().all(|fact| is_erased(&fact.json)));
    well(&store).await;
}

pub async fn a_file_that_was_heard_of_again_is_old_again_later(place: &impl Place) {
    let store = place.open().await;
    closed(&store, 1, 10).await;
    assert_eq!(erase_all(&store, 100).await, 1);
    let seen = old(&store, Step::Archive, 100).await.remove(0);
    let again = stored(&store, 1).await;
    let change = changed(&again, None, |file| file.cases[0].words = Some("韩梅梅".to_owned()));
    save(&store, Batch { files: vec![change], entries: vec![note("late", 1, at(150))], ..Batch::default() }).await.unwrap();
    assert!(old(&store, Step::Erase, 100).await.is_empty() && old(&store, Step::Archive, 1000).await.is_empty());
    let no = store.begin_archive("a", "me", at(LATER)).await.unwrap().unwrap();
    assert!(!store.finish_archive(no, 2, "ab", &[seen], at(1000)).await.unwrap(), "what has changed does not leave");
    assert_eq!(erase_all(&store, 1000).await, 1);
    assert!(!text_of(&store, 1).await.contains("韩梅梅"));
}

pub async fn what_left_is_gone_and_its_names_are_known(place: &impl Place) {
    let store = place.open().await;
    closed(&store, 1, 10).await;
    closed(&store, 2, 20).await;
    erase_all(&store, 15).await;
    let files = old(&store, Step::Archive, 15).await;
    let no = store.begin_archive("one.jsonl.gz", "me", at(LATER)).await.unwrap().unwrap();
    assert!(store.finish_archive(no, 2, "ab12", &files, at(15)).await.unwrap());
    assert_eq!(store.case_file(&order(1)).await.unwrap().map(|f| f.stamp), None);
    assert!(store.case_file(&order(2)).await.unwrap().is_some());
    assert_eq!(store.order_of_waybill(&waybill("W1")).await.unwrap(), None);
    assert_eq!(store.facts_after(0, 100).await.unwrap().rows.len(), 1);
    let row = store.archives(10).await.unwrap().remove(0);
    assert_eq!((row.name.as_str(), row.is_done, row.files, row.lines, row.sha256.as_str()), ("one.jsonl.gz", true, 1, 2, "ab12"));
    let left = store.archived_order(&order(1)).await.unwrap().unwrap();
    assert_eq!((left.order, left.archive.as_str()), (order(1), "one.jsonl.gz"));
    assert_eq!(store.archived_order(&order(2)).await.unwrap(), None);
    let mut tx = store.begin().await.unwrap();
    let found = tx.tombstones(&[order(2), order(1)], &[waybill("W2"), waybill("W1")], &[file(1).tag]).await.unwrap();
    let seen = tx.seen(&[id("m1"), id("m2"), id("m3")]).await.unwrap();
    tx.rollback().await;
    assert!(found.len() == 3 && found.iter().all(|stone| stone.order == order(1) && stone.tag == file(1).tag), "{found:?}");
    assert_eq!(found.iter().filter(|stone| stone.waybill == Some(waybill("W1"))).count(), 1);
    let seen: Vec<_> = seen.into_iter().map(|seen| seen.map(|seen| seen.order)).collect();
    assert_eq!(seen, [Some(None), Some(Some(order(2))), None], "an identity stays taken");
    well(&store).await;
    store.close().await;
    let store = place.open().await;
    assert!(store.archived_order(&order(1)).await.unwrap().is_some(), "a restart forgets nothing");
}

pub async fn an_archive_takes_all_of_its_files_or_none(place: &impl Place) {
    let store = place.open().await;
    for n in 1..=3 {
        closed(&store, n, i64::from(n)).await;
    }
    erase_all(&store, 100).await;
    let files = old(&store, Step::Archive, 100).await;
    assert_eq!(files.len(), 3);
    let change = changed(&stored(&store, 3).await, None, |file| file.seq += 1);
    save(&store, Batch { files: vec![change], ..Batch::default() }).await.unwrap();
    let no = store.begin_archive("a", "me", at(LATER)).await.unwrap().unwrap();
    assert!(!store.finish_archive(no, 6, "ab", &files, at(100)).await.unwrap());
    for n in 1..=3 {
        assert!(store.case_file(&order(n)).await.unwrap().is_some(), "{n}");
        assert_eq!(store.archived_order(&order(n)).await.unwrap(), None);
    }
    assert!(!store.archives(1).await.unwrap()[0].is_done);
    assert!(store.finish_archive(no, 4, "ab", &files[..2], at(100)).await.unwrap());
    assert!(!store.finish_archive(no, 4, "ab", &[], at(100)).await.unwrap(), "a finished one is finished");
    well(&store).await;
}

pub async fn one_archive_is_written_at_a_time_and_can_be_given_up(place: &impl Place) {
    let store = place.open().await;
    let first = store.begin_archive("a", "me", at(1)).await.unwrap().unwrap();
    assert_eq!(store.begin_archive("b", "you", at(2)).await.unwrap(), None);
    assert!(store.drop_archive(first).await.unwrap());
    assert!(!store.drop_archive(first).await.unwrap());
    assert!(!store.finish_archive(first, 0, "", &[], at(1)).await.unwrap(), "whoever was given up finishes nothing");
    let second = store.begin_archive("b", "you", at(3)).await.unwrap().unwrap();
    assert!(store.finish_archive(second, 0, "", &[], at(1)).await.unwrap());
    assert!(!store.drop_archive(second).await.unwrap(), "what is finished stays");
    assert_eq!(store.begin_archive("b", "you", at(4)).await.unwrap(), None, "no name twice");
    assert!(store.begin_archive("c", "you", at(4)).await.unwrap().is_some());
}

pub async fn what_is_held_neither_leaves_nor_is_erased(place: &impl Place) {
    let store = place.open().await;
    closed(&store, 1, 10).await;
    let hold = |who: &str, why: &str, seconds| Hold { order: order(1), who: who.to_owned(), why: why.to_owned(), at: at(seconds) };
    let seen = old(&store, Step::Erase, 100).await.remove(0);
    assert_eq!(store.set_hold(&Hold { order: order(9), ..hold("ann", "court", 20) }).await.unwrap(), None, "nothing is known of it");
    assert_eq!(store.set_hold(&hold("ann", "court", 20)).await.unwrap(), Some(true));
    assert_eq!(store.set_hold(&hold("bob", "audit", 21)).await.unwrap(), Some(false), "the first word stays");
    assert!(old(&store, Step::Erase, 100).await.is_empty());
    assert!(!store.erase_file(&seen, at(100), at(LATER)).await.unwrap());
    assert!(text_of(&store, 1).await.contains("李雷"));
    assert_eq!(store.holds(10).await.unwrap(), [hold("ann", "court", 20)]);
    assert!(store.release_hold(&hold("bob", "settled", 20)).await.unwrap());
    assert!(!store.release_hold(&hold("bob", "settled", 20)).await.unwrap());
    let words = store.hold_words(&order(1)).await.unwrap();
    let said: Vec<_> = words.iter().map(|word| (word.released, word.hold.who.as_str(), word.hold.why.as_str())).collect();
    assert_eq!(said, [(false, "ann", "court"), (true, "bob", "settled")]);
    assert_eq!(erase_all(&store, 100).await, 1);
    // Held between the look and the end.
    let files = old(&store, Step::Archive, 100).await;
    let no = store.begin_archive("a", "me", at(LATER)).await.unwrap().unwrap();
    assert_eq!(store.set_hold(&hold("ann", "again", 30)).await.unwrap(), Some(true));
    assert!(!store.finish_archive(no, 2, "ab", &files, at(100)).await.unwrap());
    assert!(store.case_file(&order(1)).await.unwrap().is_some());
}

pub async fn a_fact_that_comes_after_is_kept_and_shown(place: &impl Place) {
    let store = place.open().await;
    closed(&store, 1, 10).await;
    erase_all(&store, 100).await;
    let files = old(&store, Step::Archive, 100).await;
    let no = store.begin_archive("a", "me", at(LATER)).await.unwrap().unwrap();
    assert!(store.finish_archive(no, 2, "ab", &files, at(100)).await.unwrap());
    let late = |name: &str, seconds| LateEntry { id: id(name), tag: file(1).tag, at: at(seconds) };
    let entries = vec![tracking("scan", "W1", at(200))];
    tell(&store, 200, Batch { entries, late: vec![late("scan", 200)], ..Batch::default() }).await;
    let shown = store.late_facts(10).await.unwrap();
    assert_eq!((shown.len(), store.counts(at(LATER)).await.unwrap().late_facts), (1, 1));
    assert_eq!((&shown[0].order, shown[0].type_.as_str(), shown[0].archive.as_str()), (&order(1), "parcelward.tracking", "a"));
    assert_eq!(store.facts_after(0, 10).await.unwrap().rows.len(), 1, "it is in the journal");
    well(&store).await;
    // The courier gives the number out again: the scan was another parcel's.
    let mut other = file(2);
    add_parcel(&mut other, waybill("W1"));
    let mut tx = store.begin().await.unwrap();
    let parked = tx.parked(&[waybill("W1")]).await.unwrap().remove(0);
    let fact = Waiting::Stored { seq: parked.seq, waybill: waybill("W1") };
    let entries = vec![Entry::Released { fact, order: order(2) }];
    let owners = vec![(waybill("W1"), order(2))];
    tx.save(&Batch { files: vec![new_file(other, None)], entries, owners, ..Batch::default() }).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.late_facts(10).await.unwrap().is_empty());
    assert_eq!(store.timeline(&order(2), 0, 10).await.unwrap().rows.len(), 1);
}
