//! Configurations are kept as they were for as long as a line of the journal names them.

use super::Place;
use super::checks::daemon;
use super::kit::*;
use parcelward_casework::words::CaseKind;
use parcelward_store::{Batch, DaemonRow, NewRevision, RevisionRow, SharedStore};

async fn note(store: &SharedStore, revision: &str, seconds: i64) -> u32 {
    let new = NewRevision { revision, who: "daemon a", rules: "{\"rule\":{}}", files: "[]" };
    store.note_revision(&new, at(seconds)).await.unwrap()
}

/// A batch with one line of the journal for each new order, under a configuration.
async fn decide(store: &SharedStore, n: u32, config: Option<u32>) {
    let mut of = file(n);
    add_case(&mut of, CaseKind::Lost);
    let entries = vec![decision(&of, at(0))];
    let files = vec![new_file(of, None)];
    save(store, Batch { files, entries, config, config_is_new: config.is_some(), ..Batch::default() }).await.unwrap();
}

pub async fn a_revision_is_noted_once_and_found_again(place: &impl Place) {
    let store = place.open().await;
    let first = note(&store, "aaa", 0).await;
    assert_eq!(note(&store, "aaa", 50).await, first, "seen before");
    let second = note(&store, "bbb", 60).await;
    assert!(second > first);
    let row = RevisionRow {
        no: first,
        revision: "aaa".to_owned(),
        at: at(0),
        who: "daemon a".to_owned(),
        rules: "{\"rule\":{}}".to_owned(),
        files: "[]".to_owned(),
    };
    let store = place.open().await;
    assert_eq!(store.revision(first).await.unwrap(), Some(row.clone()));
    assert_eq!(store.revision_named("aaa").await.unwrap(), Some(row));
    assert_eq!((store.revision(99).await.unwrap(), store.revision_named("ccc").await.unwrap()), (None, None));
    let listed: Vec<_> = store.revisions(10).await.unwrap().into_iter().map(|r| (r.no, r.revision, r.files)).collect();
    assert_eq!(listed, [(second, "bbb".to_owned(), String::new()), (first, "aaa".to_owned(), String::new())]);
}

pub async fn a_line_of_the_journal_names_its_revision(place: &impl Place) {
    let store = place.open().await;
    let config = note(&store, "aaa", 0).await;
    decide(&store, 1, Some(config)).await;
    decide(&store, 2, None).await;
    for (n, expected) in [(1, Some(config)), (2, None)] {
        let rows = store.timeline(&order(n), 0, 10).await.unwrap().rows;
        assert_eq!(rows.iter().map(|row| row.config).collect::<Vec<_>>(), [expected]);
    }
}

pub async fn what_no_line_names_is_forgotten_after_a_day(place: &impl Place) {
    let store = place.open().await;
    let named = note(&store, "named", 0).await;
    decide(&store, 1, Some(named)).await;
    let unnamed = note(&store, "unnamed", 1).await;
    let works_by = note(&store, "held", 2).await;
    store.beat(&DaemonRow { revision: "held!".to_owned(), ..daemon("a", 5) }).await.unwrap();
    let newest = note(&store, "newest", 3).await;
    let day = 24 * 3600;
    assert_eq!(note(&store, "newest", day).await, newest);
    assert!(store.revision(unnamed).await.unwrap().is_some(), "not yet a day");
    let next = note(&store, "next", day + 100).await;
    let left: Vec<u32> = store.revisions(10).await.unwrap().into_iter().map(|r| r.no).collect();
    assert_eq!(left, [next, works_by, named]);
    assert!(note(&store, "unnamed", day + 101).await > next, "no number is given out twice");
}
