//! Daemons that are heard of, and what a check finds.

use super::Place;
use super::kit::*;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::instant::Instant;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::*;
use parcelward_store::doctor::{Wakes, examine};
use parcelward_store::*;

pub fn daemon(boot: &str, beat: i64) -> DaemonRow {
    DaemonRow {
        boot_id: boot.to_owned(),
        name: "shop".to_owned(),
        version: "1".to_owned(),
        revision: "r1".to_owned(),
        started_at: at(0),
        beat_at: at(beat),
        lag_ms: 7,
        batches: 3,
        failing: None,
        notes: DaemonNotes::default(),
    }
}

pub async fn daemons_are_heard_of_until_they_leave(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.daemons(10).await.unwrap(), []);
    store.beat(&daemon("a", 5)).await.unwrap();
    store.beat(&daemon("b", 6)).await.unwrap();
    let lane = LaneNote { state: "pauses".to_owned(), waiting: 3, lag_ms: 1500, why: Some("it asked us to wait".to_owned()) };
    let notes = DaemonNotes {
        revision_since_ms: Some(7),
        refused: Some("rules/a.toml:2:10: no".to_owned()),
        clock: Some("it jumped".to_owned()),
        lanes: [("yto".to_owned(), lane)].into_iter().collect(),
    };
    let later = DaemonRow { revision: "r2".to_owned(), lag_ms: 0, batches: 9, failing: Some("full".to_owned()), notes, ..daemon("a", 10) };
    store.beat(&later).await.unwrap();
    assert_eq!(store.daemons(10).await.unwrap(), [later.clone(), daemon("b", 6)]);
    assert_eq!(store.daemons(1).await.unwrap(), [later]);
    store.leave("a").await.unwrap();
    assert_eq!(store.daemons(10).await.unwrap(), [daemon("b", 6)]);
    // One that has not been heard of for a week is forgotten.
    store.beat(&daemon("c", 8 * 86_400)).await.unwrap();
    assert_eq!(store.daemons(10).await.unwrap(), [daemon("c", 8 * 86_400)]);
}

pub async fn an_incarnation_is_renewed_when_told(place: &impl Place) {
    let store = place.open().await;
    let first = store.incarnation().await.unwrap();
    assert_eq!(store.renewed_at().await.unwrap(), None);
    let second = store.renew_incarnation().await.unwrap();
    assert_ne!(first, second);
    assert!(store.renewed_at().await.unwrap() > Some(Instant::parse("2026-01-01T00:00:00Z").unwrap()));
    assert_eq!(store.incarnation().await.unwrap(), second);
    store.close().await;
    assert_eq!(place.open().await.incarnation().await.unwrap(), second);
}

/// Wakes everything open at one instant.
struct AtNine;

impl Wakes for AtNine {
    fn next_wake_at(&self, file: &CaseFile) -> Option<Instant> {
        file.is_open().then(|| at(9))
    }

    fn awaits_coverage(&self, _: &CaseFile) -> Option<(Courier, String)> {
        None
    }
}

/// A case file that shows in every list, with its journal.
fn whole(n: u32) -> (CaseFile, Vec<Entry>) {
    let mut file = file(n);
    add_case(&mut file, CaseKind::Stalled);
    add_task(&mut file, TaskKind::ChaseCourier, Queue::Service, at(20), Some(500));
    add_deadline(&mut file, RuleKind::Movement, at(30));
    add_parcel(&mut file, waybill(&format!("W{n}")));
    let entries = vec![note(&format!("n{n}"), n, at(1)), decision(&file, at(1))];
    (file, entries)
}

async fn findings(store: &SharedStore, mend: bool) -> Vec<(Option<u32>, String, bool)> {
    let examined = examine(&**store, &AtNine, mend).await.unwrap();
    examined.findings.into_iter().map(|f| (f.order.map(|o| o.order_id.parse().unwrap()), f.what, f.mended)).collect()
}

async fn take(store: &SharedStore, to: Instant) {
    let mut tx = store.begin().await.unwrap();
    tx.take_instant(to).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn a_sound_database_has_no_findings(place: &impl Place) {
    let store = place.open().await;
    take(&store, at(5)).await;
    let mut batch = Batch::default();
    for n in 1..=3 {
        let (file, entries) = whole(n);
        batch.files.push(new_file(file, Some(at(9))));
        batch.entries.extend(entries);
    }
    batch.entries.push(tracking("t", "W99", at(1)));
    save(&store, batch).await.unwrap();
    // The second order that names a waybill has no line of its own.
    let (mut second, _) = whole(7);
    add_parcel(&mut second, waybill("W1"));
    save(&store, Batch { files: vec![new_file(second, Some(at(9)))], ..Batch::default() }).await.unwrap();
    assert_eq!(findings(&store, false).await, []);
    let examined = examine(&*store, &AtNine, false).await.unwrap();
    assert_eq!(examined.files, 4);
}

pub async fn what_is_wrong_is_found_and_mended_only_when_told(place: &impl Place) {
    let store = place.open().await;
    take(&store, at(5)).await;
    for n in 1..=6 {
        let (file, entries) = whole(n);
        let mut batch = Batch { files: vec![new_file(file, Some(at(9)))], entries, ..Batch::default() };
        if n == 1 {
            let told = format!("{}-2", batch.files[0].after.tag);
            batch.told.insert(told, r#"{"title":"x"}"#.to_owned());
        }
        save(&store, batch).await.unwrap();
    }
    let tag = |n: u32| file(n).tag;
    for sql in [
        format!("DELETE FROM task WHERE task_id = '{}-2'", tag(1)),
        format!("UPDATE deadline SET due_at = 5 WHERE deadline_id = '{}-3'", tag(2)),
        "UPDATE case_file SET next_wake_at = NULL WHERE order_id = '3'".to_owned(),
        format!("UPDATE open_case SET case_id = 'ghost-1' WHERE case_id = '{}-1'", tag(4)),
        "DELETE FROM waybill_index WHERE number = 'W5'".to_owned(),
        "DELETE FROM journal WHERE id = 'n6'".to_owned(),
        "DELETE FROM inbox WHERE id = 'n5'".to_owned(),
    ] {
        place.execute(sql).await;
    }
    store.set_aside(&order(6), "it panics", at(6)).await.unwrap();
    let expected = |mended: bool| {
        vec![
            (Some(1), format!("task {}-2 is missing", tag(1)), mended),
            (Some(2), format!("deadline {}-3 does not say what the case file says", tag(2)), mended),
            (Some(3), "would be woken too late, or never".to_owned(), mended),
            (Some(4), format!("open_case {}-1 is missing", tag(4)), mended),
            (Some(4), "open_case ghost-1 is in no case file".to_owned(), mended),
            (Some(5), "waybill_index zto/W5 is missing".to_owned(), mended),
            (Some(6), "is set aside, so that nobody wakes it: it panics".to_owned(), false),
            (Some(6), "has 1 lines of the journal, the last numbered 2, and should have 2".to_owned(), false),
            (None, "1 facts in the journal whose identity is not taken".to_owned(), false),
            (None, "1 identities that are taken by no fact in the journal".to_owned(), false),
        ]
    };
    assert_eq!(findings(&store, false).await, expected(false));
    assert_eq!(findings(&store, false).await, expected(false), "looking changes nothing");
    assert_eq!(findings(&store, true).await, expected(true));
    assert_eq!(findings(&store, false).await, expected(true).split_off(6), "what can be put right is");
    assert_eq!(due(&store, at(9)).await.len(), 5, "order 3 is woken again");
    assert_eq!(store.order_of_waybill(&waybill("W5")).await.unwrap(), Some(order(5)));
    assert_eq!(store.task(&format!("{}-2", tag(1))).await.unwrap().unwrap().due_at, at(20));
    assert_eq!(*stored(&store, 1).await.file, whole(1).0, "the case file itself is as it was");
}

pub async fn an_open_case_of_which_nothing_will_come_is_found(place: &impl Place) {
    let store = place.open().await;
    take(&store, at(5)).await;
    let (mut dead, entries) = whole(1);
    add_case(&mut dead, CaseKind::Lost);
    let id = dead.cases[1].id.clone();
    save(&store, Batch { files: vec![new_file(dead, Some(at(9)))], entries, ..Batch::default() }).await.unwrap();
    assert_eq!(findings(&store, true).await, [(Some(1), format!("case {id} is open and nothing will ever come of it"), false)]);
}

pub async fn what_a_daemon_says_in_another_way_is_not_known(place: &impl Place) {
    let store = place.open().await;
    store.beat(&daemon("a", 5)).await.unwrap();
    for other in ["", "no", "7", "{\"lanes\":7}"] {
        place.execute(format!("UPDATE daemon SET notes = '{other}'")).await;
        assert_eq!(store.daemons(10).await.unwrap(), [daemon("a", 5)], "{other}");
    }
    place.execute("UPDATE daemon SET notes = '{\"clock\":\"late\",\"new\":1}'".to_owned()).await;
    assert_eq!(store.daemons(10).await.unwrap()[0].notes.clock.as_deref(), Some("late"));
}
