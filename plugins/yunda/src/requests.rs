//! From what the port asks to what Yunda is sent: the path and the body, written once. Pure.

use crate::wire::{Order, Query, Subscribe};
use parcelward_courier::{CourierError, json};

/// A request that is whole.
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) body: String,
}

/// Both paths are misspelt at Yunda's.
pub(crate) fn track(number: &str) -> Result<Request, CourierError> {
    Ok(Request { path: "openapi/outer/logictis/query", body: json::write(&Query { mailno: number })? })
}

pub(crate) fn subscribe(number: &str) -> Result<Request, CourierError> {
    let body = json::write(&Subscribe { orders: [Order { orderid: number, mailno: number }] })?;
    Ok(Request { path: "openapi/outer/logictis/subscribe", body })
}
