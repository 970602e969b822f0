//! Kuaidi100 (快递100), an aggregator: one account, one adapter for each courier.
//!
//! Tracking of every courier, subscriptions and pushed histories; intercepts to the sender and to the outlet and changes of address for
//! the couriers of its own dictionary (ZTO, J&T, JD, EMS, Deppon), where the account holds the merchant's contract with them; callbacks.
//! Deliberately absent: work orders (they serve only parcels that were ordered through Kuaidi100), withdrawing or asking about an
//! intercept (no interface is published: its end comes by callback and in the scans), receipt pictures (their answer's shape is not
//! published), and what a callback's state code means (its list is not published: it is shown as it is and moves nothing).
//!
//! `wire` is what Kuaidi100 writes and reads, `requests` and `responses` go between that and the port, `codes` are its tables; all pure.
//! `adapter` sends, `push` receives.
#![forbid(unsafe_code)]

mod adapter;
mod codes;
mod config;
mod push;
mod requests;
mod responses;
mod wire;

use parcelward_courier::{Account, Built, Plugin};

/// Kuaidi100 for the daemon's list of carriers.
pub const PLUGIN: Plugin =
    Plugin { code: "kuaidi100", name: "Kuaidi100 快递100", couriers: codes::COURIERS, example: include_str!("../example.toml"), build };

fn build(account: &Account<'_>) -> Built {
    adapter::build(account, config::Config::read(account)?)
}
