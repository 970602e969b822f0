//! What a push tells, as facts for the desk.
//!
//! A scan that was pushed and the same scan that was asked for are one fact. What nobody signed stands under a source of its own: it shows, and
//! it never stands in the way of what the courier itself says when it is asked.

use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::{ClaimStatus, OperationKind, OperationStatus, TrackingStatus};
use parcelward_courier::{Identity, Progress, Pushed, PushedItem, RequestState, Verification, mask};
use parcelward_scheduler::Incoming;
use parcelward_scheduler::lanes::facts::{claim, source, tracking, under_new_number};
use serde_json::{Value, json};

/// What is appended to an adapter's source where its pushes are not signed. Durable.
const UNSIGNED: &str = "/unsigned";

/// Who pushed.
pub(super) struct Pusher<'a> {
    pub(super) identity: &'a Identity,
    pub(super) verification: Verification,
    /// When it came.
    pub(super) now: Instant,
}

/// An item whose order has to be known before it can be told.
pub(super) fn waybill_to_look_up(item: &PushedItem) -> Option<&Waybill> {
    match &item.tells {
        Pushed::Request { waybill, .. } => Some(waybill),
        Pushed::Scan(waybill, _) => new_number(item).map(|_| waybill),
        Pushed::Other(_) => None,
    }
}

/// The number under which a parcel goes on, where an item says that it does.
pub(super) fn new_number(item: &PushedItem) -> Option<&str> {
    match &item.tells {
        Pushed::Scan(waybill, event) => event.new_number.as_deref().filter(|number| !number.is_empty() && *number != waybill.number),
        Pushed::Request { .. } | Pushed::Other(_) => None,
    }
}

/// The parcel that an item tells of, and whether something is decided by what it tells: that it is over with it, or that something went wrong.
pub(super) fn told_of(item: &PushedItem) -> Option<(&Waybill, bool)> {
    use TrackingStatus as S;
    match &item.tells {
        Pushed::Scan(waybill, event) => {
            let decides = matches!(event.status, S::Delivered | S::Refused | S::Returning | S::Returned | S::Exception);
            Some((waybill, decides || new_number(item).is_some()))
        }
        Pushed::Request { waybill, .. } => Some((waybill, true)),
        Pushed::Other(_) => None,
    }
}

impl Pusher<'_> {
    fn source(&self) -> String {
        let source = source(self.identity);
        match self.verification {
            Verification::Signed => source,
            Verification::Unsigned => source + UNSIGNED,
        }
    }

    /// An item as facts; none where it tells nothing that moves or shows anything. `order` is the order of its waybill, where known, and `file`
    /// its case file, where the parcel goes on under another number.
    pub(super) fn facts(&self, item: &PushedItem, order: Option<&OrderKey>, file: Option<&CaseFile>) -> Vec<Incoming> {
        let texts: Vec<Option<String>> = match &item.tells {
            Pushed::Scan(waybill, event) => match (new_number(item), order) {
                (Some(number), Some(order)) => {
                    let told = under_new_number(self.identity, (order, file), waybill, (**event).clone(), number);
                    told.iter().map(|json| self.ours(json)).collect()
                }
                _ => vec![self.ours(&tracking(self.identity, waybill, event))],
            },
            Pushed::Request { waybill, kind, state } => vec![self.request(&item.key, waybill, *kind, state, order)],
            Pushed::Other(_) => Vec::new(),
        };
        // What a courier says and no fact can hold (a number of a hundred characters) is left out, and the rest is taken.
        texts.into_iter().flatten().filter_map(|json| parse_fact(&json).ok().map(|fact| Incoming { fact, json })).collect()
    }

    /// The text of a fact that a look would have told, under the source of these pushes.
    fn ours(&self, json: &str) -> Option<String> {
        let mut fact: Value = serde_json::from_str(json).ok()?;
        fact["source"] = json!(self.source());
        Some(fact.to_string())
    }

    /// How a request stands. A word that no table has moves nothing: it is shown in the order's timeline.
    fn request(&self, key: &str, waybill: &Waybill, kind: OperationKind, state: &RequestState, order: Option<&OrderKey>) -> Option<String> {
        let said = state.text.as_deref().map(mask::phones);
        if kind == OperationKind::Claim
            && state.progress != Progress::Unrecognized
            && let (Some(order), Some(claim_id)) = (order, &state.reference)
        {
            return Some(self.claim(waybill, claim_id, state, said.as_deref(), order));
        }
        let status = match state.progress {
            // The end of what was accepted comes from the scans.
            Progress::Pending | Progress::UnderWay => OperationStatus::Accepted,
            Progress::Succeeded => OperationStatus::Succeeded,
            Progress::Failed | Progress::Cancelled => OperationStatus::Failed,
            Progress::Closed | Progress::Unrecognized => return self.message(key, waybill, kind, state, order?),
        };
        let mut data = json!({"waybill": waybill, "kind": kind.word(), "status": status.word()});
        if let Some(reference) = &state.reference {
            data["courier_reference"] = json!(reference);
        }
        if status == OperationStatus::Failed {
            data["reason"] = json!(said.unwrap_or_else(|| state.code.clone()));
        }
        Some(self.told("operation_update", key, data))
    }

    fn claim(&self, waybill: &Waybill, claim_id: &str, state: &RequestState, said: Option<&str>, order: &OrderKey) -> String {
        let status = match state.progress {
            Progress::Succeeded => ClaimStatus::Decided,
            Progress::Failed => ClaimStatus::Refused,
            Progress::Cancelled => ClaimStatus::Withdrawn,
            Progress::Pending | Progress::UnderWay | Progress::Closed | Progress::Unrecognized => ClaimStatus::Answered,
        };
        claim(&self.source(), order, waybill, claim_id, status, said, self.now)
    }

    fn message(&self, key: &str, waybill: &Waybill, kind: OperationKind, state: &RequestState, order: &OrderKey) -> Option<String> {
        let said = [Some(state.code.clone()), state.text.as_deref().map(mask::phones)];
        let said: Vec<String> = said.into_iter().flatten().filter(|text| !text.trim().is_empty()).collect();
        if said.is_empty() {
            return None;
        }
        let mut data = order_data(order);
        data["from"] = json!("courier");
        data["channel"] = json!("push");
        data["waybill"] = json!(waybill);
        data["text"] = json!(format!("{}: {}", kind.word(), said.join(" ")));
        Some(self.told("message", key, data))
    }

    fn told(&self, kind: &str, id: &str, data: Value) -> String {
        let fact = json!({
            "specversion": "1.0", "source": self.source(), "id": id, "type": format!("parcelward.{kind}"), "time": self.now.to_string(),
            "data": data,
        });
        fact.to_string()
    }
}

fn order_data(order: &OrderKey) -> Value {
    json!({"platform": order.platform.word(), "shop": order.shop, "order_id": order.order_id})
}
