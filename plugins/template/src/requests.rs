//! From what the port asks to what the carrier is sent: a path and a body, written once. Pure.

use crate::wire::{Intercept, TrackQuery};
use parcelward_courier::{CourierError, InterceptRequest, TrackingQuery, json};

/// A request that is whole. Its body is signed and sent byte for byte.
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) body: String,
}

pub(crate) fn track(queries: &[TrackingQuery]) -> Result<Request, CourierError> {
    let body = json::write(&TrackQuery { numbers: queries.iter().map(|q| q.number.as_str()).collect() })?;
    Ok(Request { path: "/track", body })
}

pub(crate) fn intercept(request: &InterceptRequest) -> Result<Request, CourierError> {
    let ticket = &request.ticket;
    let body = json::write(&Intercept { number: &ticket.waybill.number, client_id: ticket.reference.as_str() })?;
    Ok(Request { path: "/intercept", body })
}
