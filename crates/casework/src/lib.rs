//! The rules of after-sales parcel cases: facts in, decisions out.
//!
//! Pure: no clock, no I/O, no async, no randomness. `now` is always an argument.
#![forbid(unsafe_code)]

pub mod calendar;
pub mod casefile;
pub mod decision;
mod engine;
pub mod fact;
pub mod instant;
pub mod money;
pub mod parse;
mod playbook;
pub mod region;
pub mod replay;
pub mod rule_kind;
pub mod rules;
pub mod text;
pub mod words;
pub mod world;

pub use engine::{Plan, Refusal, Signal, decide};
