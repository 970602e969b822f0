//! The Parcelward daemon and its commands.
//!
//! A binary of one's own, with a carrier of one's own, is `parcelward::Daemon::builder()` and what it brings along. Deliberately absent:
//! any rule of a case (casework), any carrier (plugins).
#![forbid(unsafe_code)]

pub mod adopt;
mod announce;
pub mod backtest;
pub mod carriers;
pub mod client;
pub mod commands;
pub mod config;
mod daemon;
mod database;
pub mod demo;
pub mod http;
mod jobs;
pub mod plan;
pub mod reference;
pub mod reload;
pub mod replay;
pub mod retention;
pub mod serve;
mod shadow;
pub mod simulated;
pub mod status;
mod systemd;
mod telemetry;
mod traces;
mod watch;

pub use daemon::{Daemon, DaemonBuilder};
/// What a carrier of one's own is: the port's crate holds the rest.
pub use parcelward_courier::Plugin;
