//! The rules of after-sales parcel cases: facts in, decisions out.
//!
//! Pure: no clock, no I/O, no async, no randomness. `now` is always an argument.
#![forbid(unsafe_code)]

mod apply;
pub mod calendar;
pub mod casefile;
mod compile_rules;
pub mod considered;
pub mod decision;
mod engine;
pub mod fact;
pub mod instant;
mod look;
pub mod money;
mod next_step;
mod opened;
mod operations;
mod parcel;
pub mod parse;
mod playbook;
mod raw_rules;
mod reconcile;
mod run;
mod update;
mod wants;
pub mod watch;
mod why_not;

pub mod region;
pub mod replay;

pub mod rule_change;
pub mod rule_kind;
pub mod rule_source;
pub mod rules;
pub mod task_table;
pub mod text;
mod told;
pub mod words;
pub mod world;

pub use engine::{Plan, Refusal, Signal, decide, next_wake_at};
