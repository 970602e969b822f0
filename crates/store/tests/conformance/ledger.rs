//! The ledger of schedules: a slot is decided once, whoever asks and however often.

use super::Place;
use super::kit::*;
use parcelward_casework::instant::Instant;
use parcelward_store::{RunEnd, RunState, SharedStore, SlotClaim, SlotRun};

fn claim(schedule: &str, after: i64, slots: &[i64], upto: i64) -> SlotClaim {
    let run = |slot: &i64| SlotRun { slot: at(*slot), skipped: 0, passed_over: None };
    SlotClaim {
        schedule: schedule.to_owned(),
        digest: "d".to_owned(),
        after: at(after),
        upto: at(upto),
        skipped: 0,
        runs: slots.iter().map(run).collect(),
    }
}

async fn adopt(store: &SharedStore, names: &[&str], digest: &str, now: i64) {
    let named: Vec<(String, String)> = names.iter().map(|name| ((*name).to_owned(), digest.to_owned())).collect();
    store.adopt_schedules(&named, at(now)).await.unwrap();
}

fn ended(state: RunState) -> RunEnd {
    RunEnd { state, message: "two tasks".to_owned(), report: Some("{}".to_owned()) }
}

pub async fn a_slot_is_claimed_once(place: &impl Place) {
    let store = place.open().await;
    adopt(&store, &["other", "sweep"], "d", 0).await;
    let claims = [claim("sweep", 0, &[10], 11)];
    let tries = futures::future::join_all((0..5).map(|n| {
        let (store, claims) = (store.clone(), &claims);
        async move { store.claim_slots(&format!("boot{n}"), claims, at(11)).await.unwrap() }
    }));
    let won: Vec<Instant> = tries.await.into_iter().flatten().flatten().flatten().collect();
    assert_eq!(won, [at(10)]);
    assert_eq!(store.claim_slots("b", &[claim("other", 0, &[10], 11)], at(11)).await.unwrap(), [Some(vec![at(10)])]);
    // Even where the ledger was set back, a slot with a row is not given out again.
    adopt(&store, &["sweep"], "e", 0).await;
    let again = SlotClaim { digest: "e".to_owned(), ..claim("sweep", 0, &[10, 20], 21) };
    assert_eq!(store.claim_slots("b", &[again], at(21)).await.unwrap(), [Some(vec![at(20)])]);
}

pub async fn claims_of_an_older_state_come_to_nothing(place: &impl Place) {
    let store = place.open().await;
    adopt(&store, &["a", "b"], "d", 0).await;
    let passed = SlotRun { slot: at(9), skipped: 3, passed_over: Some("too late".to_owned()) };
    let first = SlotClaim { runs: vec![passed], skipped: 4, ..claim("a", 0, &[], 10) };
    assert_eq!(store.claim_slots("x", std::slice::from_ref(&first), at(10)).await.unwrap(), [Some(vec![at(9)])]);
    let claims = [first, claim("b", 0, &[5], 10)];
    assert_eq!(store.claim_slots("x", &claims, at(10)).await.unwrap(), [None, Some(vec![at(5)])], "each stands for itself");
    let other_words = SlotClaim { digest: "other".to_owned(), ..claim("a", 10, &[15], 20) };
    assert_eq!(store.claim_slots("x", &[other_words], at(20)).await.unwrap(), [None]);
    let rows = store.schedules().await.unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.since, row.upto, row.skipped)).collect();
    assert_eq!(shown, [("a", at(0), at(10), 4), ("b", at(0), at(10), 0)]);
    let run = store.runs("a", None, 10).await.unwrap().rows.remove(0);
    assert_eq!((run.state, run.skipped, run.message.as_deref(), run.ended_at), (RunState::Skipped, 3, Some("too late"), Some(at(10))));
}

pub async fn an_edit_counts_from_its_moment(place: &impl Place) {
    let store = place.open().await;
    adopt(&store, &["a", "b", "c"], "d", 5).await;
    let named = [("a", "d"), ("b", "new"), ("n", "d")].map(|(name, digest)| (name.to_owned(), digest.to_owned()));
    let rows = store.adopt_schedules(&named, at(50)).await.unwrap();
    assert_eq!(rows, store.schedules().await.unwrap());
    let shown: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.since, row.upto)).collect();
    assert_eq!(shown, [("a", at(5), at(5)), ("b", at(50), at(50)), ("n", at(50), at(50))]);
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.schedules().await.unwrap(), rows, "a restart forgets nothing");
    // Taken out and put back is an edit as well.
    adopt(&store, &["a", "b", "c"], "d", 90).await;
    assert_eq!(store.schedules().await.unwrap()[2].since, at(90));
}

pub async fn a_run_ends_once_and_is_shown_newest_first(place: &impl Place) {
    let store = place.open().await;
    adopt(&store, &["a"], "d", 0).await;
    store.claim_slots("x", &[claim("a", 0, &[1, 2, 3], 4)], at(4)).await.unwrap();
    store.start_run("a", at(2), at(5)).await.unwrap();
    store.end_run("a", at(2), &ended(RunState::Ok), at(6)).await.unwrap();
    store.end_run("a", at(2), &ended(RunState::Lost), at(7)).await.unwrap();
    assert!(store.claim_by_hand("x", "a", at(9)).await.unwrap());
    assert!(!store.claim_by_hand("y", "a", at(9)).await.unwrap());
    let open: Vec<_> = store.open_runs().await.unwrap().into_iter().map(|run| (run.slot, run.by_hand)).collect();
    assert_eq!(open, [(at(1), false), (at(3), false), (at(9), true)]);
    let first = store.runs("a", None, 3).await.unwrap();
    assert_eq!(first.rows.iter().map(|run| run.slot).collect::<Vec<_>>(), [at(9), at(3), at(2)]);
    let run = &first.rows[2];
    assert_eq!((run.state, run.started_at, run.ended_at), (RunState::Ok, Some(at(5)), Some(at(6))));
    assert_eq!((run.message.as_deref(), run.report.as_deref(), run.boot_id.as_str()), (Some("two tasks"), Some("{}"), "x"));
    let rest = store.runs("a", first.next, 3).await.unwrap();
    assert_eq!((rest.rows.len(), rest.rows[0].slot), (1, at(1)));
    assert!(store.runs("nothing", None, 3).await.unwrap().rows.is_empty());
}

pub async fn what_is_old_and_ended_is_forgotten(place: &impl Place) {
    let store = place.open().await;
    adopt(&store, &["a"], "d", 0).await;
    store.claim_slots("x", &[claim("a", 0, &[1, 2], 4)], at(4)).await.unwrap();
    store.claim_slots("x", &[claim("a", 4, &[50], 60)], at(60)).await.unwrap();
    for slot in [1, 50] {
        store.end_run("a", at(slot), &ended(RunState::Failed), at(61)).await.unwrap();
    }
    assert_eq!(store.forget_runs(at(60)).await.unwrap(), 1);
    assert_eq!(store.runs("a", None, 9).await.unwrap().rows.iter().map(|run| run.slot).collect::<Vec<_>>(), [at(50), at(2)]);
}
