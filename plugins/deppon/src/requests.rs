//! From what the port asks to what Deppon is sent: `params`, written once. Pure.

use crate::wire::{Subscribe, TraceQuery};
use parcelward_courier::{CourierError, json};

pub(crate) fn track(number: &str) -> Result<String, CourierError> {
    json::write(&TraceQuery { mail_no: number })
}

pub(crate) fn subscribe(number: &str) -> Result<String, CourierError> {
    json::write(&Subscribe { tracking_number: number })
}
