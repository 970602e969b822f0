-- Rules that took the place of others: changes of the world like those in world_change, whose positions they share. Append-only.
CREATE TABLE rule_change (
    position INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    told TEXT NOT NULL
) STRICT;
