//! What is kept of a push, for whoever asks later what a courier told by itself: of each parcel of ours in it, when, by which account, what it
//! came to, and the bodies, masked.
//!
//! Deliberately absent: pushes that were not taken. Whose parcel they are about only they themselves say, and they are not believed.

use super::app::App;
use crate::config::PushDoor;
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::Instant;
use parcelward_courier::{PushReceipt, PushRequest, Pushed, Verification, mask};
use parcelward_store::StoreError;
use parcelward_store::lanes::{PUSHED, Question};
use serde_json::json;
use std::time::Duration;

/// Characters of a body that are kept: of a push about many parcels, those about this one.
const CHARACTERS: usize = 1_500;

/// A push that was taken.
pub(super) struct Taken<'a> {
    pub(super) door: &'a PushDoor,
    pub(super) request: &'a PushRequest<'a>,
    pub(super) receipt: &'a PushReceipt,
    /// When it came.
    pub(super) at: Instant,
    /// Whether anything of it was new.
    pub(super) new: bool,
    pub(super) took: Duration,
}

impl Taken<'_> {
    /// Keeps it for each parcel of ours that it tells of.
    ///
    /// # Errors
    /// Where the database does not answer; what the push told is stored already.
    pub(super) async fn keep(&self, app: &App) -> Result<(), StoreError> {
        let mut kept: Vec<Question> = Vec::new();
        for item in &self.receipt.items {
            let (Some(waybill), said) = told(&item.tells) else { continue };
            if let Some(earlier) = kept.iter_mut().find(|question| question.waybill == *waybill) {
                earlier.detail = earlier.detail.take().map(|detail| format!("{detail}, {said}"));
            } else if app.store.order_of_waybill(waybill).await?.is_some() {
                kept.push(self.question(waybill, said));
            }
        }
        if self.door.adapter.push_in().is_some_and(|reader| reader.verification() == Verification::Unsigned) {
            kept.iter_mut()
                .for_each(|question| question.detail = question.detail.take().map(|detail| format!("{detail}; nobody signed it")));
        }
        if kept.is_empty() { Ok(()) } else { app.store.note_questions(&kept).await }
    }

    fn question(&self, waybill: &Waybill, said: String) -> Question {
        let about = |text: &str| mask::body_about(text, &[], &waybill.number, CHARACTERS);
        let query = if self.request.query.is_empty() { String::new() } else { format!("?{}", mask::form(self.request.query, &[], 0)) };
        let exchange = json!([{
            "direction": "in",
            "at": self.at.to_string(),
            "method": "POST",
            "host": "",
            // What stands behind the courier is the account's secret.
            "path": format!("/push/{}/***{query}", self.door.code),
            "request": about(&self.request.text().unwrap_or_default()),
            "changes": false,
            "end": "answered",
            "status": self.receipt.acknowledge.status,
            "response": about(&self.receipt.acknowledge.body),
            "took_ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        }]);
        Question {
            waybill: waybill.clone(),
            place: PUSHED,
            asked_at: self.at,
            account: self.door.account.clone(),
            outcome: if self.new { "taken" } else { "known" }.to_owned(),
            detail: Some(said),
            exchange: Some(exchange.to_string()),
        }
    }
}

/// The parcel that an item tells of, and what it says of it in a word or two.
fn told(item: &Pushed) -> (Option<&Waybill>, String) {
    match item {
        Pushed::Scan(waybill, event) => (Some(waybill), event.status.word().replace('_', " ")),
        Pushed::Request { waybill, kind, .. } => (Some(waybill), format!("how the {} stands", kind.word().replace('_', " "))),
        Pushed::Other(_) => (None, String::new()),
    }
}
