//! What couriers say, as facts for the desk. Source and id are a pure function of what was said, so that a repeat is recognised.

use crate::receipt::Incoming;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::parse::{BadFact, parse_fact};
use parcelward_casework::words::{ClaimStatus, Direction, OperationKind, OperationStatus, SeenBy, TrackingStatus};
use parcelward_courier::{Identity, TrackingEvent};
use serde_json::{Value, json};

/// The source of what an adapter told: pushes and polls of one adapter share it.
#[must_use]
pub fn source(identity: &Identity) -> String {
    format!("courier/{}", identity.adapter)
}

/// Whether the courier itself was seen through an adapter.
#[must_use]
pub fn seen_by(identity: &Identity) -> SeenBy {
    if identity.is_direct() { SeenBy::Courier } else { SeenBy::Aggregator }
}

fn fact(source: &str, id: &str, kind: &str, time: Instant, data: Value) -> String {
    json!({"specversion": "1.0", "source": source, "id": id, "type": format!("parcelward.{kind}"), "time": time.to_string(), "data": data})
        .to_string()
}

/// A fact's text, read.
///
/// # Errors
/// [`BadFact`] where a courier said something that no fact can hold (a number that is too long).
pub fn incoming(json: String) -> Result<Incoming, BadFact> {
    parse_fact(&json).map(|fact| Incoming { fact, json })
}

/// A scan as the text of a fact.
#[must_use]
pub fn tracking(identity: &Identity, waybill: &Waybill, event: &TrackingEvent) -> String {
    // The key leaves the place out, and two scans of one instant and code may lie at two places.
    let place = event.place.as_deref().map(|place| format!("/{:08x}", hash(place))).unwrap_or_default();
    let id = format!("{}{place}", event.key(waybill));
    let told = event.clone().into_fact(waybill.clone(), seen_by(identity));
    fact(&source(identity), &id, "tracking", event.at, serde_json::to_value(told).unwrap_or_default())
}

/// A short fingerprint (32-bit FNV-1a).
pub(crate) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// What came of an operation.
pub(crate) struct Update<'a> {
    pub(crate) source: &'a str,
    pub(crate) operation_id: &'a str,
    /// The attempt that heard it, or a word where there was none.
    pub(crate) by: &'a str,
    pub(crate) status: OperationStatus,
    pub(crate) reference: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) fee: Option<parcelward_courier::Money>,
    pub(crate) at: Instant,
}

/// As the text of a fact.
pub(crate) fn update(update: &Update<'_>) -> String {
    let mut data = json!({"operation_id": update.operation_id, "status": update.status.word()});
    if let Some(reference) = update.reference {
        data["courier_reference"] = json!(reference);
    }
    if let Some(reason) = update.reason {
        data["reason"] = json!(reason);
    }
    if let Some(fee) = update.fee {
        data["fee"] = json!(fee);
    }
    let id = format!("{}/{}/{}", update.operation_id, update.by, update.status.word());
    fact(update.source, &id, "operation_update", update.at, data)
}

/// A claim's state, as the text of a fact.
#[must_use]
pub fn claim(
    source: &str,
    order: &OrderKey,
    waybill: &Waybill,
    claim_id: &str,
    status: ClaimStatus,
    reason: Option<&str>,
    at: Instant,
) -> String {
    let mut data = order_data(order);
    data["waybill"] = json!(waybill);
    data["claim_id"] = json!(claim_id);
    data["status"] = json!(status.word());
    data["by"] = json!("courier");
    if let Some(reason) = reason {
        data["reason"] = json!(reason);
    }
    let id = format!("claim/{claim_id}/{}/{:08x}", status.word(), hash(reason.unwrap_or_default()));
    fact(source, &id, "claim", at, data)
}

/// The courier closed a claim in words that only a person can read: a note that comes back at once, as a `follow_up` task.
pub(crate) fn claim_closed(source: &str, order: &OrderKey, waybill: &Waybill, claim_id: &str, words: Option<&str>, at: Instant) -> String {
    let mut data = order_data(order);
    data["by"] = json!("parcelward");
    let said = words.map_or("without a word".to_owned(), |words| format!("\u{201c}{words}\u{201d}"));
    data["text"] = json!(format!("{} {}: the courier closed the claim {claim_id}: {said}", waybill.courier, waybill.number));
    data["remind_at"] = json!(at.to_string());
    fact(source, &format!("claim/{claim_id}/closed/{:08x}", hash(words.unwrap_or_default())), "note", at, data)
}

/// A parcel that travels on under a new number, as the text of a shipment that replaces the old one.
pub(crate) fn replaced(
    identity: &Identity,
    order: &OrderKey,
    old: &Waybill,
    number: &str,
    direction: Option<Direction>,
    at: Instant,
) -> String {
    let mut data = order_data(order);
    data["waybill"] = json!({"courier": old.courier.word(), "number": number});
    data["replaces"] = json!(old);
    data["declared_at"] = json!(at.to_string());
    if let Some(direction) = direction {
        data["direction"] = json!(direction.word());
    }
    let id = format!("{}/{}/goes-on-as/{number}", old.courier, old.number);
    fact(&source(identity), &id, "shipment", at, data)
}

/// The source of notes that two sources contradict each other. Durable.
pub const TWO_SOURCES: &str = "parcelward/two-sources";

/// What the ids of such notes about one parcel begin with.
#[must_use]
pub fn two_sources_id(waybill: &Waybill) -> String {
    format!("{}/{}/", waybill.courier, waybill.number)
}

/// Courier and aggregator say different things of a parcel: a note in its order's timeline.
pub(crate) fn disagreement(order: &OrderKey, waybill: &Waybill, courier: (&str, Instant), other: (&str, Instant), at: Instant) -> String {
    let mut data = order_data(order);
    data["by"] = json!("parcelward");
    data["text"] = json!(format!(
        "{} {}: the courier says {} ({}), the other source says {} ({})",
        waybill.courier, waybill.number, courier.0, courier.1, other.0, other.1
    ));
    let id = format!("{}{}@{}/{}@{}", two_sources_id(waybill), courier.0, courier.1.millis(), other.0, other.1.millis());
    fact(TWO_SOURCES, &id, "note", at, data)
}

fn order_data(order: &OrderKey) -> Value {
    json!({"platform": order.platform.word(), "shop": order.shop, "order_id": order.order_id})
}

/// A scan that says that the parcel goes on under another number, as the texts of two facts: the scan, and the shipment that replaces.
#[must_use]
pub fn under_new_number(
    identity: &Identity,
    (order, file): (&OrderKey, Option<&CaseFile>),
    waybill: &Waybill,
    mut event: TrackingEvent,
    number: &str,
) -> [String; 2] {
    let direction = file.and_then(|file| way_on(file, waybill, &mut event));
    [tracking(identity, waybill, &event), replaced(identity, order, waybill, number, direction, event.at)]
}

/// Which way a parcel travels under its new number, and what the scan that gave the number says. A courier's one code for "goes on under
/// another number" means a return where nothing else was asked, and a redirection where an address change is under way.
fn way_on(file: &CaseFile, waybill: &Waybill, event: &mut TrackingEvent) -> Option<Direction> {
    let parcel = file.parcel_of(waybill)?;
    let is_live = |kind| file.operations.iter().any(|o| o.parcel == parcel && o.kind == kind && o.is_live());
    let redirected = is_live(OperationKind::AddressChange) && !is_live(OperationKind::Intercept);
    let was = file.parcels.get(usize::try_from(parcel).ok()?).map(|p| p.direction);
    if redirected {
        if event.status == TrackingStatus::Returning {
            event.status = TrackingStatus::InTransit;
        }
        return was;
    }
    match event.status {
        TrackingStatus::Returning | TrackingStatus::Returned => Some(Direction::Return),
        _ => was,
    }
}
