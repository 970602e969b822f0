//! Facts told by a person: `parcelward record buyer-request | promise | evidence | dispute | scan | claim | note | report | disruption | coverage`.
//!
//! Pure: arguments in, one contract fact out ([`RecordArgs::fact`]); the daemon posts it. Deliberately absent: HTTP, the clock, random ids.

mod args;
mod fact;
mod values;

pub use args::*;
pub use fact::{RecordError, Told};
pub use values::{OrderRef, WaybillRef};
