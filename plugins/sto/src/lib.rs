//! STO Express (申通), its open platform.
//!
//! What its interface really does, and nothing else: tracking, subscription and pushed scans; intercepts to the sender, their withdrawal,
//! and address changes. All three are taken only: how they end shows in the scans (`退回件`, `改地址件`), since there is no question for
//! their state and no push of it.
//! Deliberately absent: turning a parcel to its outlet or to a given address (the latter is an address change, and shows as one), phone
//! changes, urging, claims and work orders (no interface is published), cancelling orders before collection (the warehouse pulls them),
//! and looking up an earlier request (none can be found again: it carries no name of ours).
//!
//! `wire` is what STO writes and reads, `requests` and `responses` go between that and the port, `codes` are its tables; all pure.
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

/// STO for the daemon's list of carriers.
pub const PLUGIN: Plugin =
    Plugin { code: "sto", name: "STO Express 申通", couriers: &[Courier::Sto], example: include_str!("../example.toml"), build };

fn build(account: &Account<'_>) -> Built {
    let config = config::Config::read(account)?;
    Ok(vec![Arc::new(adapter::Sto::new(account, config)?)])
}
