//! What is due, what is set aside, and news of the world.

use super::Place;
use super::kit::*;
use parcelward_casework::fact::FactBody;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::{CaseKind, Courier};
use parcelward_casework::world::Reach;
use parcelward_store::*;

pub async fn what_is_due_comes_in_order_and_bounded(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.next_wake_at().await.unwrap(), None);
    let files = [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(20)), (5, Some(99))];
    let files = files.into_iter().map(|(n, wake)| new_file(file(n), wake.map(at))).collect();
    save(&store, Batch { files, ..Batch::default() }).await.unwrap();
    assert_eq!(store.next_wake_at().await.unwrap(), Some(at(10)));
    assert_eq!(due(&store, at(30)).await, [order(2), order(4), order(1)]);
    assert_eq!(due(&store, at(9)).await, []);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.due(at(99), 2).await.unwrap(), [order(2), order(4)]);
    tx.rollback().await;
    let counts = store.counts(at(30)).await.unwrap();
    assert_eq!((counts.overdue_files, counts.overdue_ms), (3, 20_000));
}

pub async fn what_is_set_aside_is_left_alone(place: &impl Place) {
    let store = place.open().await;
    save_new(&store, &[file(1), file(2), file(3)], at(10)).await;
    store.set_aside(&order(1), "it panics", at(11)).await.unwrap();
    store.set_aside(&order(2), "it panics", at(12)).await.unwrap();
    assert_eq!(due(&store, at(20)).await, [order(3)]);
    let aside = store.aside(10).await.unwrap();
    assert_eq!(aside[0], SetAside { order: order(1), reason: "it panics".to_owned(), since: at(11) });
    assert_eq!(store.counts(at(20)).await.unwrap().set_aside, 2);
    // A change that succeeds takes it back.
    let two = stored(&store, 2).await;
    save(&store, Batch { files: vec![changed(&two, Some(at(10)), |f| f.seq = 1)], ..Batch::default() }).await.unwrap();
    assert_eq!(due(&store, at(20)).await, [order(2), order(3)]);
    assert_eq!(store.take_back().await.unwrap(), 1);
    assert_eq!(due(&store, at(20)).await.len(), 3);
}

async fn rouse(store: &SharedStore, limit: u32) -> u32 {
    let mut tx = store.begin().await.unwrap();
    let roused = tx.rouse_some(limit).await.unwrap();
    tx.commit().await.unwrap();
    roused
}

pub async fn news_rouses_every_open_file_in_steps(place: &impl Place) {
    let store = place.open().await;
    let mut files = Vec::new();
    for n in 1..=5 {
        let mut file = file(n);
        if n != 4 {
            add_case(&mut file, CaseKind::Stalled);
        }
        // One is due before the news: it stays so.
        files.push(new_file(file, if n == 1 { Some(at(1)) } else { Some(at(100 + i64::from(n))) }));
    }
    save(&store, Batch { files, ..Batch::default() }).await.unwrap();
    save(&store, Batch { rouse: vec![(RouseScope::EveryOpen, at(50))], ..Batch::default() }).await.unwrap();
    let mut late = file(6);
    add_case(&mut late, CaseKind::Stalled);
    save_new(&store, &[late], at(200)).await;
    assert_eq!(store.next_wake_at().await.unwrap(), Some(Instant::MIN), "news has still to reach some");
    assert_eq!(rouse(&store, 2).await, 2);
    assert_eq!(due(&store, at(50)).await, [order(1), order(2)]);
    store.close().await;
    let store = place.open().await;
    assert_eq!(rouse(&store, 2).await, 2);
    assert_eq!(rouse(&store, 2).await, 0);
    // The closed one and the one that began after the news are left alone.
    assert_eq!(due(&store, at(50)).await, [order(1), order(2), order(3), order(5)]);
    assert_eq!(store.next_wake_at().await.unwrap(), Some(at(1)));
}

pub async fn news_of_coverage_rouses_who_waits_for_it(place: &impl Place) {
    let store = place.open().await;
    let waits = [(1, Some((Courier::Zto, "新疆"))), (2, Some((Courier::Zto, "西藏"))), (3, Some((Courier::Yto, "新疆"))), (4, None)];
    let files = waits.into_iter().map(|(n, waits)| FileChange {
        awaits_coverage: waits.map(|(courier, province)| (courier, province.to_owned())),
        ..new_file(file(n), None)
    });
    let files = files.collect();
    save(&store, Batch { files, ..Batch::default() }).await.unwrap();
    let scope = RouseScope::Awaiting(Courier::Zto, "新疆".to_owned());
    save(&store, Batch { rouse: vec![(scope, at(50))], ..Batch::default() }).await.unwrap();
    assert_eq!(rouse(&store, 100).await, 1);
    assert_eq!(due(&store, at(60)).await, [order(1)]);
}

fn reach(province: &str, serves: bool, seconds: i64) -> Reach {
    Reach { courier: Courier::Zto, province: province.to_owned(), city: None, district: None, serves, at: at(seconds), until: None }
}

pub async fn news_of_the_world_is_kept_in_order(place: &impl Place) {
    let store = place.open().await;
    let data =
        |reason: &str| format!(r#"{{"disruption_id":"d","from":"{}","until":"{}","effect":"waive","reason":"{reason}"}}"#, at(1), at(9));
    let mut world = Vec::new();
    for (i, reason) in ["snow", "more snow"].iter().enumerate() {
        let (fact, _) = fact(&i.to_string(), "disruption", &data(reason), at(2));
        let FactBody::Disruption(told) = &fact.body else { unreachable!() };
        world.push(WorldNews::Disruption { fact: told.clone(), recorded: at(2), id: fact.id.clone() });
    }
    for (province, serves, seconds) in [("新疆", false, 1), ("西藏", false, 2), ("新疆", true, 3)] {
        let note = Some(format!("word {seconds}"));
        world.push(WorldNews::Reach { reach: reach(province, serves, seconds), fact: Some(id("c")), note });
    }
    save(&store, Batch { world: world.clone(), ..Batch::default() }).await.unwrap();
    let all = store.world_after(0, 0).await.unwrap();
    let news: Vec<WorldNews> = all.iter().map(|entry| entry.news.clone()).collect();
    assert_eq!(news, [&world[2..], &world[..2]].concat());
    assert_eq!(store.world_after(all[1].seq, all[4].seq).await.unwrap(), [all[2].clone()]);

    let newest = CoverageFilter { newest_only: true, ..CoverageFilter::default() };
    let rows = store.coverage(&newest, None, 10).await.unwrap().rows;
    assert_eq!(rows.iter().map(|r| r.reach.clone()).collect::<Vec<_>>(), [reach("新疆", true, 3), reach("西藏", false, 2)]);
    assert_eq!(rows[0].note.as_deref(), Some("word 3"));
    let one = CoverageFilter { province: Some("西藏".to_owned()), courier: Some(Courier::Zto), newest_only: false };
    assert_eq!(store.coverage(&one, None, 10).await.unwrap().rows.len(), 1);
    let first = store.coverage(&CoverageFilter::default(), None, 2).await.unwrap();
    let second = store.coverage(&CoverageFilter::default(), first.next, 2).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.next), (2, 1, None));
    let disruptions = store.disruptions(None, 10).await.unwrap().rows;
    assert_eq!(disruptions.iter().map(|d| d.fact.reason.as_deref()).collect::<Vec<_>>(), [Some("more snow")]);
}

pub async fn a_firing_is_claimed_once(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.last_run("sweep").await.unwrap(), None);
    let tries: Vec<bool> =
        futures::future::join_all((0..5).map(|_| store.claim_run("sweep", at(10), at(11)))).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(tries.iter().filter(|won| **won).count(), 1);
    assert!(store.claim_run("other", at(10), at(11)).await.unwrap());
    assert!(store.claim_run("sweep", at(20), at(21)).await.unwrap());
    assert_eq!(store.last_run("sweep").await.unwrap(), Some(at(20)));
}
