//! Persistence of case files on SQLite and PostgreSQL
#![forbid(unsafe_code)]
