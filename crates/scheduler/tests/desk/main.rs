//! The desk's laws, on a real store with an engine that does what it is told.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test fails by panicking")]

mod replay;
mod requests;
mod support;
mod toy;
mod wakes;
