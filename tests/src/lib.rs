//! Whole-daemon tests
#![forbid(unsafe_code)]
