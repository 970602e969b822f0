//! What is due, what is set aside, and news of the world.

use super::Place;
use super::kit::*;
use parcelward_casework::fact::FactBody;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::{CaseKind, Courier};
use parcelward_casework::world::{Change, News, Reach};
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

fn some_news() -> Vec<WorldNews> {
    let mut world = Vec::new();
    let mut tell = |news, note: &str| {
        let seconds = world.len() as i64;
        let change = Change { at: at(seconds), cause: id(&format!("c{seconds}")), news };
        world.push(WorldNews { change, note: Some(note.to_owned()), from_scans: seconds == 2 });
    };
    let disruption = |reason: &str| {
        let data = format!(r#"{{"disruption_id":"d","from":"{}","until":"{}","effect":"waive","reason":"{reason}"}}"#, at(1), at(9));
        let (fact, _) = fact("d", "disruption", &data, at(2));
        let FactBody::Disruption(told) = &fact.body else { unreachable!() };
        News::Disruption(told.clone())
    };
    tell(News::Reach(reach("新疆", false, 1)), "first");
    tell(disruption("snow"), "");
    tell(News::Reach(reach("西藏", false, 2)), "");
    tell(disruption("more snow"), "");
    tell(News::Reach(reach("新疆", true, 3)), "last");
    world
}

async fn world_from(store: &SharedStore, position: u32) -> Vec<Change> {
    let mut tx = store.begin().await.unwrap();
    let changes = tx.world_from(position).await.unwrap();
    tx.rollback().await;
    changes
}

pub async fn news_of_the_world_is_kept_in_order(place: &impl Place) {
    let store = place.open().await;
    let news = some_news();
    save(&store, Batch { world: news[..2].to_vec(), ..Batch::default() }).await.unwrap();
    save(&store, Batch { world: news[2..].to_vec(), world_position: 2, ..Batch::default() }).await.unwrap();
    let changes: Vec<Change> = news.into_iter().map(|n| n.change).collect();
    assert_eq!(world_from(&store, 0).await, changes);
    assert_eq!(world_from(&store, 3).await, changes[3..]);
    assert_eq!(world_from(&store, 5).await, []);
    store.close().await;
    let store = place.open().await;
    assert_eq!(world_from(&store, 0).await, changes);
}

pub async fn news_that_was_overtaken_is_refused(place: &impl Place) {
    let store = place.open().await;
    let news = some_news();
    save(&store, Batch { world: news[..2].to_vec(), ..Batch::default() }).await.unwrap();
    let error = save(&store, Batch { world: news[2..].to_vec(), world_position: 1, ..Batch::default() }).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(world_from(&store, 0).await.len(), 2);
}

pub async fn coverage_and_disruptions_are_listed_newest_first(place: &impl Place) {
    let store = place.open().await;
    save(&store, Batch { world: some_news(), ..Batch::default() }).await.unwrap();
    let newest = CoverageFilter { newest_only: true, ..CoverageFilter::default() };
    let rows = store.coverage(&newest, None, 10).await.unwrap().rows;
    assert_eq!(rows.iter().map(|r| r.reach.clone()).collect::<Vec<_>>(), [reach("新疆", true, 3), reach("西藏", false, 2)]);
    assert_eq!((rows[0].note.as_deref(), rows[0].known_at, &rows[0].cause), (Some("last"), at(4), &id("c4")));
    assert_eq!(rows.iter().map(|r| r.from_scans).collect::<Vec<_>>(), [false, true]);
    let one = CoverageFilter { province: Some("西藏".to_owned()), courier: Some(Courier::Zto), newest_only: false };
    assert_eq!(store.coverage(&one, None, 10).await.unwrap().rows.len(), 1);
    let first = store.coverage(&CoverageFilter::default(), None, 2).await.unwrap();
    let second = store.coverage(&CoverageFilter::default(), first.next, 2).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.next), (2, 1, None));
    let disruptions = store.disruptions(None, 10).await.unwrap().rows;
    assert_eq!(disruptions.iter().map(|d| d.fact.reason.as_deref()).collect::<Vec<_>>(), [Some("more snow")]);
}
