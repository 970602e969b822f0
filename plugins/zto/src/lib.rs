//! ZTO Express (中通), its open platform.
//!
//! What its interface really does, and nothing else: tracking, subscription and pushed scans; intercepts to the sender, the collecting
//! outlet and a given address, their withdrawal and state; address and phone changes; urging, claims and two kinds of work orders.
//! Deliberately absent: complaints, proof pictures (no interface is published), cancelling orders before collection (the warehouse pulls
//! them), and looking up work orders by parcel (its query does not say which kind it found).
//!
//! `wire` is what ZTO writes and reads, `requests` and `responses` go between that and the port, `codes` are its tables; all pure.
//! `adapter` sends, `push` receives.
#![forbid(unsafe_code)]

mod adapter;
mod codes;
mod config;
mod push;
mod requests;
mod responses;
mod wire;

use parcelward_courier::{Account, Built, Courier, Plugin};
use std::sync::Arc;

/// ZTO for the daemon's list of carriers.
pub const PLUGIN: Plugin =
    Plugin { code: "zto", name: "ZTO Express 中通", couriers: &[Courier::Zto], example: include_str!("../example.toml"), build };

fn build(account: &Account<'_>) -> Built {
    let config = config::Config::read(account)?;
    Ok(vec![Arc::new(adapter::Zto::new(account, config)?)])
}
