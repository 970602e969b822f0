//! What is kept of what was said with couriers is bounded, and is found again.

use super::Place;
use super::kit::at;
use super::lanes::{LEASE, end, planned};
use parcelward_casework::fact::Waybill;
use parcelward_casework::words::{Courier, OperationKind};
use parcelward_store::lanes::{AttemptEnd, Phase, Question};

fn waybill(number: &str) -> Waybill {
    Waybill { courier: Courier::Yto, number: number.to_owned() }
}

fn question(number: &str, place: u8, seconds: i64) -> Question {
    Question {
        waybill: waybill(number),
        place,
        asked_at: at(seconds),
        account: "main".to_owned(),
        outcome: "news".to_owned(),
        detail: Some("in words".to_owned()),
        exchange: Some("[]".to_owned()),
    }
}

pub async fn of_what_was_said_about_a_parcel_the_newest_few_are_kept(place: &impl Place) {
    let store = place.open().await;
    let many: Vec<Question> = (0..12).map(|n| question("YT1", 0, n)).chain([question("YT1", 1, 3), question("YT2", 0, 4)]).collect();
    store.note_questions(&many).await.unwrap();
    // Said again, it is the same.
    store.note_questions(&many[11..12]).await.unwrap();
    let store = place.open().await;
    let kept = store.questions(&waybill("YT1")).await.unwrap();
    let newest: Vec<Question> = (7..12).map(|n| question("YT1", 0, n)).chain([question("YT1", 1, 3)]).collect();
    assert_eq!(kept, newest);
    assert_eq!(store.questions(&waybill("YT2")).await.unwrap(), [question("YT2", 0, 4)]);
    assert_eq!(store.questions(&waybill("YT3")).await.unwrap(), []);
    assert_eq!(store.poll_states(&waybill("YT3")).await.unwrap(), []);
    assert_eq!(store.operation_lane("none").await.unwrap(), None);
}

pub async fn calls_that_failed_are_found_by_account_and_time(place: &impl Place) {
    let (store, failed) =
        (place.open().await, |number: &str, seconds| Question { outcome: "failed".to_owned(), ..question(number, 0, seconds) });
    planned(place, &store, &[("o1", "intercept"), ("o2", "urge")]).await;
    store.note_questions(&[failed("YT1", 10), failed("YT2", 30), failed("YT3", 90), question("YT4", 0, 20)]).await.unwrap();
    store.note_questions(&[Question { account: "another".to_owned(), ..failed("YT5", 20) }]).await.unwrap();
    for id in ["o1", "o2"] {
        store.route_operation(id, "main", id).await.unwrap();
    }
    for operation in store.claim_operations("main", "a", at(20), LEASE, true, 10).await.unwrap() {
        let (outcome, detail) =
            if operation.operation_id == "o1" { ("unconfirmed", Some("cut off".to_owned())) } else { ("accepted", None) };
        let ended = AttemptEnd { outcome: outcome.to_owned(), detail, ..end(&operation, Phase::Unclear, at(21)) };
        assert!(store.end_attempt("a", &ended).await.unwrap());
    }
    let found = store.troubled_calls("main", at(5), at(60), 10).await.unwrap();
    let shown: Vec<_> = found.iter().map(|call| (call.at, call.waybill.number.as_str(), call.operation, call.outcome.as_str())).collect();
    let intercept = Some(OperationKind::Intercept);
    assert_eq!(
        shown,
        [(at(10), "YT1", None, "failed"), (at(20), "7", intercept, "unconfirmed"), (at(30), "YT2", None, "failed")],
        "what went well, what another account did, and what came later is left out"
    );
    assert_eq!(
        (found[1].detail.as_deref(), found[0].exchange.as_deref(), found[0].account.as_str()),
        (Some("cut off"), Some("[]"), "main")
    );
    let newest = store.troubled_calls("main", at(5), at(60), 2).await.unwrap();
    assert_eq!(newest, found[1..], "of many the newest");
}
