//! The lanes' statements on SQLite: one writer, so nobody is waited for or passed over.

use super::transaction::Writing;

crate::lane_calls::lane_calls!(Writing, sqlx::sqlite::SqliteRow, "", "");
