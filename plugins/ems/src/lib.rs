//! China Post and EMS (邮政, EMS), the interface for contract customers.
//!
//! What its interface really does, and nothing else: tracking, and pushed scans (for the whole account, by arrangement with EMS).
//! Deliberately absent: intercepts, changes of address or phone, claims, urging, complaints, proof pictures (EMS does these, and
//! publishes no interface for them: an aggregator may, else a person does), and cancelling orders before collection (the warehouse pulls
//! the parcel).
//!
//! Bodies are enciphered with a key that both sides share, and nothing is signed: see
//! [`Verification::Unsigned`](parcelward_courier::Verification::Unsigned).
//!
//! `wire` is what EMS writes and reads, `requests` and `responses` go between that and the port, `codes` are its tables; all pure.
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

/// EMS for the daemon's list of carriers.
pub const PLUGIN: Plugin =
    Plugin { code: "ems", name: "China Post EMS 邮政", couriers: &[Courier::Ems], example: include_str!("../example.toml"), build };

fn build(account: &Account<'_>) -> Built {
    let config = config::Config::read(account)?;
    Ok(vec![Arc::new(adapter::Ems::new(account, config)?)])
}
