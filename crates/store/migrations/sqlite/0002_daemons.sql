-- Daemons that work on this database, each boot of one its own row.
CREATE TABLE daemon (
    boot_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    revision TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    beat_at INTEGER NOT NULL,
    lag_ms INTEGER NOT NULL,
    batches INTEGER NOT NULL,
    failing TEXT
) STRICT, WITHOUT ROWID;
