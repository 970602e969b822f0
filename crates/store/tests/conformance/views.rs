//! What is kept of what was said with couriers is bounded, and is found again.

use super::Place;
use super::kit::*;
use parcelward_casework::fact::Waybill;
use parcelward_casework::words::Courier;
use parcelward_store::lanes::Question;

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
