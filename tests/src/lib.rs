//! What the whole-daemon tests stand on: the daemon's binary, scenarios, and the verdict on what a run printed.
//!
//! Deliberately absent: any knowledge of how a decision is made. A verdict is reached from the printed lines alone.
#![forbid(unsafe_code)]

pub mod binary;
pub mod dice;
pub mod journal;
pub mod laws;
pub mod matching;
pub mod replay;
pub mod scenario;
pub mod verdict;
mod words;
pub mod workspace;
