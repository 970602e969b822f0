//! The desk: the one place where facts and time turn into transactions.
//!
//! [`Desk::submit`] takes a request's facts and answers each; behind it one writer task batches what waits, decides it and commits it, and
//! wakes the case files whose moment has come.
//!
//! Deliberately absent: what a fact or a moment leads to (`casework`), how it is kept (`store`), HTTP.
#![forbid(unsafe_code)]

mod batch;
mod cache;
pub mod clock;
pub mod clock_guard;
pub mod cron;
mod desk;
pub mod doctor;
mod engine;
mod hand;
mod intake;
pub mod lanes;
mod line;
pub mod metric;
mod news;
pub mod presence;
mod receipt;
mod routes;
mod shadow;
mod tally;
mod writer;

pub use clock::{Clock, WallClock};
pub use clock_guard::{ClockGuard, Clocks, Held};
pub use desk::{Desk, DeskOptions, Pulse};
pub use engine::{Casework, Engine};
pub use receipt::{DeskError, Incoming, Receipt, Refused};
pub use routes::{AccountLane, NoRoute, Route, Routes};
pub use shadow::Shadow;
