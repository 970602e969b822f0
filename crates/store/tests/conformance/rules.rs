//! Rules that were applied are news of the world like any other, and are kept as they were told.

use super::Place;
use super::kit::*;
use parcelward_casework::fact::ConfigurationFact;
use parcelward_casework::rule_change::RuleChange;
use parcelward_casework::words::{Courier, OpenDeadlines};
use parcelward_casework::world::{Change, News, Reach};
use parcelward_store::doctor::FAULTS;
use parcelward_store::*;

/// A set of values with one rule of that length.
fn source(length: &str) -> String {
    format!(
        r#"{{"rule":{{"pdd.collect":{{"length":"{length}","ladder":["4h"]}}}},"language":"zh-CN","calendars":[],"policy":{{"reship":"first",
        "reship_below":"30.00","payer":"merchant","compensation_per_order":"5.00","compensation_per_day":"100.00","eta_gate":"24h",
        "again":{{"courier_looks":"1h","no_answer":"2h","by_phone":"3h","return_silent":"4h","return_unscanned":"5h","undeclared":"6h",
        "extension":"7h"}},"urgent_amount":"300.00","remote":["新疆"],"far_remote":[]}}}}"#
    )
}

fn told(revision: &str, length: &str, before: Option<&str>, open_deadlines: Option<OpenDeadlines>) -> News {
    let mut fact = format!(r#"{{"revision":"{revision}","rules":{}"#, source(length));
    if let Some(before) = before {
        fact.push_str(&format!(r#","before":{}"#, source(before)));
    }
    let fact: ConfigurationFact = serde_json::from_str(&format!("{fact}}}")).unwrap();
    let by = Some("ops \"上海\"".to_owned());
    News::Rules(RuleChange::of(ConfigurationFact { open_deadlines, by, reason: Some("a day\nis not late".to_owned()), ..fact }))
}

fn news(n: i64, news: News) -> WorldNews {
    WorldNews { change: Change { at: at(n), cause: id(&format!("c{n}")), news }, note: None, from_scans: false }
}

/// Two changes of rules with other news before, between and after them.
fn some_news() -> Vec<WorldNews> {
    let reach = |serves| {
        let province = "新疆".to_owned();
        News::Reach(Reach { courier: Courier::Zto, province, city: None, district: None, serves, at: at(1), until: None })
    };
    vec![
        news(0, reach(false)),
        news(1, told("r1", "20h", Some("24h"), None)),
        news(2, reach(true)),
        news(3, told("r2", "8h", None, Some(OpenDeadlines::Move))),
        news(4, reach(false)),
    ]
}

async fn world_from(store: &SharedStore, position: u32) -> Vec<Change> {
    let mut tx = store.begin().await.unwrap();
    let changes = tx.world_from(position).await.unwrap();
    tx.rollback().await;
    changes
}

async fn missing_changes(store: &SharedStore) -> u64 {
    let counts = store.faults().await.unwrap();
    assert_eq!(counts.len(), FAULTS.len());
    FAULTS.iter().zip(counts).find(|((what, _), _)| what.starts_with("changes of the world")).unwrap().1
}

pub async fn a_change_of_rules_is_kept_in_its_place(place: &impl Place) {
    let store = place.open().await;
    let all = some_news();
    save(&store, Batch { world: all[..1].to_vec(), ..Batch::default() }).await.unwrap();
    // One alone in its batch, which the next one's first goes on from; and one in the midst of others.
    save(&store, Batch { world: all[1..2].to_vec(), world_position: 1, ..Batch::default() }).await.unwrap();
    save(&store, Batch { world: all[2..].to_vec(), world_position: 2, ..Batch::default() }).await.unwrap();
    let changes: Vec<Change> = all.into_iter().map(|news| news.change).collect();
    store.close().await;
    let store = place.open().await;
    assert_eq!(world_from(&store, 0).await, changes);
    assert_eq!(world_from(&store, 3).await, changes[3..]);
    let kept = world_from(&store, 1).await;
    let (News::Rules(first), News::Rules(second)) = (&kept[0].news, &kept[2].news) else { panic!("{kept:?}") };
    assert_eq!(first.fact().before.as_ref().unwrap().rules.rule["pdd.collect"].length.as_deref(), Some("24h"));
    assert_eq!((first.moves(), second.moves(), second.fact().before.is_none()), (false, true, true));
    assert_eq!(second.fact().rules.rules.rule["pdd.collect"].length.as_deref(), Some("8h"));
    let (by, reason) = (second.fact().by.as_deref(), second.fact().reason.as_deref());
    assert_eq!((by, reason), (Some("ops \"上海\""), Some("a day\nis not late")));
    // They are in no list of what couriers reach or of disruptions.
    assert_eq!(store.coverage(&CoverageFilter::default(), None, 10).await.unwrap().rows.len(), 3);
    assert_eq!(store.disruptions(None, 10).await.unwrap().rows.len(), 0);
    assert_eq!(missing_changes(&store).await, 0);
}

pub async fn a_change_of_rules_that_was_overtaken_is_refused(place: &impl Place) {
    let store = place.open().await;
    let all = some_news();
    save(&store, Batch { world: all[..2].to_vec(), ..Batch::default() }).await.unwrap();
    // Another daemon told its rules meanwhile: this one decided without knowing them.
    for overtaken in [0, 1] {
        let error = save(&store, Batch { world: vec![all[3].clone()], world_position: overtaken, ..Batch::default() }).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
    }
    assert_eq!(world_from(&store, 0).await.len(), 2);
    let mut tx = store.begin().await.unwrap();
    tx.save(&Batch { world: vec![all[3].clone()], world_position: 2, ..Batch::default() }).await.unwrap();
    tx.rollback().await;
    assert_eq!(world_from(&store, 0).await.len(), 2, "taken back, it never was");
}

pub async fn a_change_of_rules_that_is_gone_is_noticed(place: &impl Place) {
    let store = place.open().await;
    save(&store, Batch { world: some_news(), ..Batch::default() }).await.unwrap();
    place.execute("DELETE FROM rule_change WHERE position = 1".to_owned()).await;
    assert_eq!(missing_changes(&store).await, 1);
    let mut tx = store.begin().await.unwrap();
    let error = tx.world_from(0).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "what case files have read would shift: {error:?}");
    tx.rollback().await;
    place.execute("UPDATE rule_change SET told = '{\"revision\":\"r2\"}' WHERE position = 3".to_owned()).await;
    let mut tx = store.begin().await.unwrap();
    let error = tx.world_from(3).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable(_)), "{error:?}");
    tx.rollback().await;
}
