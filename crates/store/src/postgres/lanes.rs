//! The lanes' statements on PostgreSQL: rows that another daemon has in hand are passed over.

use super::link::Link;

crate::lane_calls::lane_calls!(Link, sqlx::postgres::PgRow, " FOR UPDATE OF o SKIP LOCKED", " FOR UPDATE");
