//! Template: a carrier that does not exist, the smallest whole adapter. `scripts/new-courier` copies it.
//!
//! Tracking in batches, and intercepts to the sender. Say here what the carrier's interface does and, above all, what it does not.
//!
//! `wire` is what the carrier writes and reads, `requests` and `responses` go between that and the port, `codes` are its tables; all
//! pure. `adapter` sends.
#![forbid(unsafe_code)]

mod adapter;
mod codes;
mod config;
mod requests;
mod responses;
mod wire;

use parcelward_courier::{Account, Built, Courier, Plugin};
use std::sync::Arc;

/// Template for the daemon's list of carriers.
pub const PLUGIN: Plugin =
    Plugin { code: "template", name: "Template", couriers: &[Courier::Other], example: include_str!("../example.toml"), build };

fn build(account: &Account<'_>) -> Built {
    let config = config::Config::read(account)?;
    Ok(vec![Arc::new(adapter::Template::new(account, config)?)])
}
