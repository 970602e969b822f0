//! Lanes, attempts, budgets and cron
#![forbid(unsafe_code)]
