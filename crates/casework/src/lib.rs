//! The rules of after-sales parcel cases: facts in, decisions out.
//!
//! Pure: no clock, no I/O, no async, no randomness. `now` is always an argument.
#![forbid(unsafe_code)]

pub mod fact;
pub mod instant;
pub mod money;
pub mod words;
