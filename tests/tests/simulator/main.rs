//! Every adapter against the simulated couriers, over HTTP: the server side was written from what the couriers publish, the adapters
//! too, and neither knows the other. What both say is held here to what the couriers publish.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod faults;
mod operations;
mod page;
mod pushes;
mod stand;
mod tracking;
