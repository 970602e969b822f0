//! Many rows in one statement: few round trips, and few different statements, so that each stays prepared.

use crate::StoreError;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};
use std::sync::{Arc, OnceLock};

/// A statement before its values are bound.
pub(super) type Prepared<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Rows a statement, the largest first. Each statement crosses to another thread: what one case file writes into a table takes one.
const SIZES: [usize; 10] = [64, 16, 8, 7, 6, 5, 4, 3, 2, 1];

/// An `INSERT` of any number of rows.
pub(super) struct Insert {
    /// Up to and without `VALUES`.
    head: &'static str,
    /// Values a row.
    columns: usize,
    /// What follows the rows (`ON CONFLICT …`).
    tail: &'static str,
    sql: OnceLock<[Arc<str>; SIZES.len()]>,
}

impl Insert {
    pub(super) const fn new(head: &'static str, columns: usize, tail: &'static str) -> Self {
        Insert { head, columns, tail, sql: OnceLock::new() }
    }

    fn sql(&self) -> &[Arc<str>; SIZES.len()] {
        self.sql.get_or_init(|| {
            let row = format!("({})", vec!["?"; self.columns].join(","));
            SIZES.map(|size| format!("{} VALUES {} {}", self.head, vec![row.as_str(); size].join(","), self.tail).into())
        })
    }

    /// Inserts all rows; `bind` binds one row's values. Gives the number of rows that were inserted or changed.
    pub(super) async fn run<'q, T>(
        &self,
        connection: &mut SqliteConnection,
        rows: &'q [T],
        bind: impl Fn(Prepared<'q>, &'q T) -> Prepared<'q>,
    ) -> Result<u64, StoreError> {
        let (mut rest, mut affected) = (rows, 0);
        for (size, sql) in SIZES.iter().zip(self.sql()) {
            while rest.len() >= *size {
                let (now, later) = rest.split_at(*size);
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(sql)));
                for row in now {
                    query = bind(query, row);
                }
                affected += query.execute(&mut *connection).await?.rows_affected();
                rest = later;
            }
        }
        Ok(affected)
    }
}
