//! Places in a sorted list, as an opaque word that a client hands back.

use crate::StoreError;
use crate::read::{DeadlineRow, TaskRow};
use parcelward_casework::money::Money;
use std::fmt;

/// Where a page ended: the sort key of its last row. Lists are sorted by due time, then money (most first), then id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Due time of the last row, milliseconds UTC.
    pub(crate) due_ms: i64,
    /// Money of the last row in fen; -1 where it has none, or where the list has no money.
    pub(crate) money_fen: i64,
    /// Id of the last row.
    pub(crate) id: String,
}

impl Cursor {
    /// After this task.
    pub(crate) fn of_task(row: &TaskRow) -> Cursor {
        Cursor { due_ms: row.due_at.millis(), money_fen: row.money.map_or(-1, Money::fen), id: row.task_id.clone() }
    }

    /// After this deadline.
    pub(crate) fn of_deadline(row: &DeadlineRow) -> Cursor {
        Cursor { due_ms: row.due_at.millis(), money_fen: -1, id: row.deadline_id.clone() }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.due_ms, self.money_fen, self.id)
    }
}

impl std::str::FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let bad = || StoreError::BadRequest { field: "cursor", message: "is not a cursor of this list".to_owned() };
        let mut parts = text.splitn(3, '.');
        let due_ms = parts.next().and_then(|p| p.parse().ok()).ok_or_else(bad)?;
        let money_fen = parts.next().and_then(|p| p.parse().ok()).ok_or_else(bad)?;
        let id = parts.next().filter(|id| !id.is_empty() && id.len() <= 64).ok_or_else(bad)?.to_owned();
        Ok(Cursor { due_ms, money_fen, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_writes() {
        let cursor = Cursor { due_ms: 1_773_000_000_000, money_fen: -1, id: "abc-1".to_owned() };
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        for bad in ["", "1", "1.2", "1.2.", "x.2.a", "1.y.a"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
