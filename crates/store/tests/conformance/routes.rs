//! Who has an operation or a parcel when routes change, and what is asked about when nothing was heard for long.

use super::Place;
use super::kit::*;
use super::lanes::{LEASE, begin, end, planned, watched};
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::Length;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::{CaseKind, Courier};
use parcelward_store::lanes::*;
use parcelward_store::{Batch, SharedStore};

async fn unrouted(store: &SharedStore) -> Vec<String> {
    store.unrouted_operations(10).await.unwrap().into_iter().map(|operation| operation.operation_id).collect()
}

pub async fn an_operation_that_nobody_can_be_asked_for_ends_once(place: &impl Place) {
    let store = place.open().await;
    planned(place, &store, &[("o1", "intercept"), ("o2", "urge")]).await;
    store.route_operation("o2", "acc", "o2").await.unwrap();
    store.end_unrouted("o1", "{\"first\":1}").await.unwrap();
    store.end_unrouted("o1", "{\"second\":1}").await.unwrap();
    store.end_unrouted("o2", "{}").await.unwrap();
    assert_eq!(unrouted(&store).await, Vec::<String>::new());
    let untold: Vec<_> = store.untold(10).await.unwrap().into_iter().map(|untold| (untold.operation_id, untold.json)).collect();
    assert_eq!(untold, [("o1".to_owned(), "{\"first\":1}".to_owned())], "once; and what an account has is its own");
    assert_eq!(begin(&store, "a", at(10)).await.len(), 1);
}

pub async fn what_was_never_tried_goes_to_another_account_when_routes_change(place: &impl Place) {
    let store = place.open().await;
    planned(place, &store, &[("o1", "intercept"), ("o2", "urge")]).await;
    store.route_operation("o1", "acc", "o1").await.unwrap();
    let tried = begin(&store, "a", at(10)).await.remove(0);
    store.route_operation("o2", "acc", "o2").await.unwrap();
    watched(place, &store, &[(2, 100)]).await;
    let groups = store.poll_groups(false).await.unwrap();
    assert!(groups.len() > 1 && groups.iter().all(|group| group.account.as_deref() == Some("acc")), "{groups:?}");
    assert_eq!(store.poll_groups(true).await.unwrap(), []);
    let (gone, stay) = groups.split_at(1);
    let elsewhere = PollGroup { account: Some("another".to_owned()), ..stay[0].clone() };
    store.unroute(&[gone[0].clone(), elsewhere]).await.unwrap();
    assert_eq!(unrouted(&store).await, ["o2"], "what an account has begun, it ends");
    assert_eq!(store.poll_groups(true).await.unwrap(), [PollGroup { account: None, ..gone[0].clone() }], "one group alone");
    assert!(store.end_attempt("a", &end(&tried, Phase::Done, at(11))).await.unwrap());
    // A second account takes them, and no third.
    store.route_operation("o2", "second", "o2").await.unwrap();
    let taken = store.claim_operations("second", "a", at(12), LEASE, true, 10).await.unwrap();
    assert_eq!(taken.iter().map(|operation| operation.operation_id.as_str()).collect::<Vec<_>>(), ["o2"]);
}

pub async fn an_intercept_that_was_sent_is_found_by_its_parcel(place: &impl Place) {
    let store = place.open().await;
    planned(place, &store, &[("o1", "intercept"), ("o2", "urge")]).await;
    for id in ["o1", "o2"] {
        store.route_operation(id, "acc", &format!("our-{id}")).await.unwrap();
    }
    assert_eq!(store.sent_intercept(&waybill("7")).await.unwrap(), None, "it was never sent");
    for operation in begin(&store, "a", at(10)).await {
        assert!(store.end_attempt("a", &end(&operation, Phase::Done, at(11))).await.unwrap());
    }
    let (ours, _) = store.sent_intercept(&waybill("7")).await.unwrap().unwrap();
    assert_eq!(ours, "our-o1", "the intercept, not what else was asked");
    let theirs = Waybill { courier: Courier::Sto, number: "7".to_owned() };
    assert_eq!(store.sent_intercept(&theirs).await.unwrap(), None, "another courier's number");
}

pub async fn parcels_of_which_nothing_was_heard_are_asked_about_at_once(place: &impl Place) {
    let store = place.open().await;
    watched(place, &store, &[(1, 100), (2, 200), (3, 300)]).await;
    let mut next = Vec::new();
    for poll in store.claim_polls("acc", at(10), Length::ZERO, LEASE, 10).await.unwrap() {
        // Of the second something was heard a moment ago; the third was never answered.
        let seconds = i64::from(poll.waybill.number == "2") * 50;
        let newest = (poll.waybill.number != "3").then(|| ("collected".to_owned(), at(seconds)));
        let (waybill, place, fence) = (poll.waybill, poll.place, poll.fence);
        next.push(PollEnd {
            waybill,
            place,
            fence,
            asked_at: Some(at(10)),
            changed_at: at(10),
            failures: 0,
            answer: None,
            newest,
            again_at: at(9_000),
            spread: 0.5,
        });
    }
    store.end_polls(&next).await.unwrap();
    let due = async |now: i64| {
        let polls = store.claim_polls("acc", at(now), Length::ZERO, Length::ZERO, 10).await.unwrap();
        let mut numbers: Vec<String> = polls.into_iter().map(|poll| poll.waybill.number).collect();
        numbers.sort_unstable();
        numbers
    };
    assert!(due(60).await.is_empty());
    assert_eq!(store.hasten_silent(at(5), at(60), false).await.unwrap(), 0, "all were asked after that");
    assert_eq!(store.hasten_silent(at(40), at(60), true).await.unwrap(), 0, "no second source watches them");
    assert_eq!(store.hasten_silent(at(40), at(60), false).await.unwrap(), 2);
    assert_eq!(store.hasten_silent(at(40), at(60), false).await.unwrap(), 0, "they are due already");
    assert_eq!(due(60).await, ["1", "3"]);
}

pub async fn deadlines_of_a_couriers_parcels_are_counted_by_rule(place: &impl Place) {
    let store = place.open().await;
    let mut batch = Batch::default();
    for (n, rule, due) in
        [(1, RuleKind::Movement, 30), (2, RuleKind::Collect, 20), (3, RuleKind::Movement, 10), (4, RuleKind::Movement, 500)]
    {
        let mut one = file(n);
        add_case(&mut one, CaseKind::Stalled);
        add_parcel(&mut one, waybill(&format!("E{n}")));
        add_deadline(&mut one, rule, at(due));
        one.deadlines[0].subject = serde_json::from_str(r#"{"parcel":0}"#).unwrap();
        batch.files.push(new_file(one, Some(at(due))));
    }
    save(&store, batch).await.unwrap();
    let found = store.endangered(Courier::Zto, at(100)).await.unwrap();
    let expected = [(RuleKind::Movement, 2, 10), (RuleKind::Collect, 1, 20)];
    let expected = expected.map(|(rule, count, due)| Endangered { rule: rule.to_string(), count, first_due_at: at(due) });
    assert_eq!(found, expected, "the first due first; what is due later is not in danger yet");
    assert_eq!(store.endangered(Courier::Yto, at(100)).await.unwrap(), []);
    let read = stored(&store, 3).await;
    let met = changed(&read, None, |file| file.deadlines[0].state = serde_json::from_str("\"met\"").unwrap());
    save(&store, Batch { files: vec![met], ..Batch::default() }).await.unwrap();
    assert_eq!(store.endangered(Courier::Zto, at(100)).await.unwrap()[1].count, 1, "what has ended is in no danger");
}
