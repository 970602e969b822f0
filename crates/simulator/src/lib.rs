//! Couriers to try against: nine couriers and an aggregator on loopback, each in its own wire format.
//!
//! Requests are read, checked and answered as each courier publishes it; behind them is one world of parcels that move by a clock
//! ([`World`]), a ledger of everything that was asked and taken ([`Ledger`]), and faults to switch on ([`Faults`]). The server side is
//! written from what the couriers publish and not from the adapters, so that the two check each other.
//!
//! Deliberately absent: what no adapter asks for (ordering, labels, prices), TLS, and any limit on calls: how often it was called stands in the
//! ledger.
#![forbid(unsafe_code)]

mod accounts;
mod admin;
mod books;
mod chance;
mod clock;
mod couriers;
mod faults;
mod incident;
mod ledger;
mod life;
mod parcel;
mod pushing;
mod server;
mod service;
mod settings;
mod world;

pub use accounts::Account;
pub use clock::{HandClock, WorldClock};
pub use faults::{Fault, FaultKind, FaultSpec, Faults, NoFault};
pub use ledger::{BusinessKey, Counts, Entry, Ledger, LedgerLine, LedgerPage};
pub use life::{Life, Step};
pub use parcel::{Scan, TurnState, Way};
pub use pushing::PushMade;
pub use server::{RunningSimulator, Simulator, StartError};
pub use service::Service;
pub use settings::{NoPushTarget, PushTarget, SimulatorSettings};
pub use world::{NewParcel, ParcelStanding, World};
