//! Deppon Express (德邦), its open platform.
//!
//! What its interface really does, and nothing else: tracking and subscription.
//! Deliberately absent: pushed scans (what Deppon pushes, and how it could be checked, is not published: parcels are asked about), intercepts,
//! address and phone changes, urging, claims and work orders (no interface is published), and cancelling orders before collection (the
//! warehouse pulls them).
//!
//! `wire` is what Deppon writes and reads, `requests` and `responses` go between that and the port, `codes` are its tables; all pure.
//! `adapter` sends.
#![forbid(unsafe_code)]

mod adapter;
mod codes;
mod config;
mod requests;
mod responses;
mod wire;

use parcelward_courier::{Account, Built, Courier, Plugin};
use std::sync::Arc;

/// Deppon for the daemon's list of carriers.
pub const PLUGIN: Plugin =
    Plugin { code: "deppon", name: "Deppon Express 德邦", couriers: &[Courier::Deppon], example: include_str!("../example.toml"), build };

fn build(account: &Account<'_>) -> Built {
    let config = config::Config::read(account)?;
    Ok(vec![Arc::new(adapter::Deppon::new(account, config)?)])
}
