//! JD Logistics (京东物流), its open platform, the domain of express orders (ECAP).
//!
//! What its interface really does, and nothing else: tracking; intercepts to the sender, by the same call that cancels an order (JD
//! decides by where the parcel is), for parcels that were ordered as b2c or c2b; the picture of a signature, for b2c.
//! Deliberately absent: changes of address and phone (JD's `modify` edits an order before collection, with a new label), withdrawing an
//! intercept, claims, urging and work orders (no interface is published), subscriptions and pushes (the form of a push and its answer are
//! not published, and what could not be read must not be asked for), renewing the access token (the merchant logs in).
//!
//! `wire` is what JD writes and reads, `requests` and `responses` go between that and the port, `codes` are its tables; all pure.
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

/// JD for the daemon's list of carriers.
pub const PLUGIN: Plugin =
    Plugin { code: "jd", name: "JD Logistics 京东物流", couriers: &[Courier::Jd], example: include_str!("../example.toml"), build };

fn build(account: &Account<'_>) -> Built {
    let config = config::Config::read(account)?;
    Ok(vec![Arc::new(adapter::Jd::new(account, config)?)])
}
