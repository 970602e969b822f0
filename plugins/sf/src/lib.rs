//! SF Express (顺丰), its open platform Fengqiao (丰桥), the JSON generation.
//!
//! What its interface really does, and nothing else: tracking (ten numbers a call), registration for pushes and pushed scans; returns to
//! the sender or to a given address, their withdrawal; address and phone changes; proof pictures, which SF pushes later.
//! Deliberately absent: claims, urging, work orders and the state of an intercept (no interface is published: its end stands in the
//! scans), turning round to the outlet, cancelling orders before collection (it goes by SF's order number; the warehouse pulls the
//! parcel), the legacy XML generation, and reading pushed pictures (their key and form are shown in SF's console only).
//!
//! SF does not sign its pushes: see [`Verification::Unsigned`](parcelward_courier::Verification::Unsigned).
//!
//! `wire` is what SF writes and reads, `requests` and `responses` go between that and the port, `codes` are its tables; all pure.
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

/// SF for the daemon's list of carriers.
pub const PLUGIN: Plugin =
    Plugin { code: "sf", name: "SF Express 顺丰", couriers: &[Courier::Sf], example: include_str!("../example.toml"), build };

fn build(account: &Account<'_>) -> Built {
    let config = config::Config::read(account)?;
    Ok(vec![Arc::new(adapter::Sf::new(account, config)?)])
}
