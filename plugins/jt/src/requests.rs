//! From what the port asks to what J&T is sent: the path and `bizContent`, written once. Pure.

use crate::config::{Config, Customer, Numbers, SubscriberField};
use crate::wire::{Intercept, Proof, Receiver, Subscribe, Subscribed, Trace};
use parcelward_courier::{AddressChangeRequest, CourierError, ExposeSecret, SubscribeQuery, TrackingQuery, json, needed};

/// A request that is whole.
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) content: String,
}

/// What `waybill/intercept` is asked for. J&T publishes these two.
const BACK_TO_SENDER: u8 = 4;
const TO_ANOTHER_ADDRESS: u8 = 5;

pub(crate) fn track(queries: &[TrackingQuery], numbers: Numbers) -> Result<Request, CourierError> {
    let list: Vec<&str> = queries.iter().map(|query| query.number.as_str()).collect();
    let content = match numbers {
        Numbers::Text => json::write(&Trace { bill_codes: list.join(",") })?,
        Numbers::List => json::write(&Trace { bill_codes: list })?,
    };
    Ok(Request { path: "logistics/trace", content })
}

pub(crate) fn subscribe(queries: &[SubscribeQuery], config: &Config) -> Result<Request, CourierError> {
    let account = |field: SubscriberField| (config.subscriber_field == field).then_some(config.api_account.as_str());
    let back_url = config.push_url.as_ref().map(|url| url.expose_secret());
    let list = queries.iter().map(|query| Subscribed { waybill_code: &query.number, trace_node: &config.trace_nodes, back_url }).collect();
    let content = json::write(&Subscribe { id: account(SubscriberField::Lower), upper_id: account(SubscriberField::Upper), list })?;
    Ok(Request { path: "trace/subscribe", content })
}

pub(crate) fn intercept(number: &str, customer: Option<&Customer>) -> Result<Request, CourierError> {
    apply(Intercept { mail_no: number, apply_type_code: BACK_TO_SENDER, receiver: None, proof: proof(customer) })
}

pub(crate) fn change_address(request: &AddressChangeRequest, customer: Option<&Customer>) -> Result<Request, CourierError> {
    let address = &request.address;
    let receiver = Receiver {
        receive_username: needed(address.name.as_ref(), "address.name")?,
        receive_phone: needed(address.phone.as_ref(), "address.phone")?,
        receive_province: needed(address.province.as_ref(), "address.province")?,
        receive_city: needed(address.city.as_ref(), "address.city")?,
        receive_district: needed(address.district.as_ref(), "address.district")?,
        receive_address: needed(address.detail.as_ref(), "address.detail")?,
    };
    let number = &request.ticket.waybill.number;
    apply(Intercept { mail_no: number, apply_type_code: TO_ANOTHER_ADDRESS, receiver: Some(receiver), proof: proof(customer) })
}

fn apply(content: Intercept<'_>) -> Result<Request, CourierError> {
    Ok(Request { path: "waybill/intercept", content: json::write(&content)? })
}

fn proof(customer: Option<&Customer>) -> Option<Proof<'_>> {
    customer.map(|customer| Proof { customer_code: &customer.code, digest: customer.digest.expose_secret() })
}
