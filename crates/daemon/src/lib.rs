//! The Parcelward daemon and its commands.
#![forbid(unsafe_code)]

pub mod config;
