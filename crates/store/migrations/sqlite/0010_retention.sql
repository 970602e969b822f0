-- What leaves, what is erased, and what may not. `erased_version` is the version of the case file whose personal data is gone.
ALTER TABLE case_file ADD COLUMN erased_version INTEGER;
-- When a fact that belongs to no case file was erased.
ALTER TABLE journal ADD COLUMN erased_at INTEGER;

-- Orders that stay as they are whatever their age, and who said so. The log keeps every word.
CREATE TABLE legal_hold (
    platform TEXT NOT NULL,
    shop TEXT NOT NULL,
    order_id TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, shop, platform)
) STRICT, WITHOUT ROWID;
CREATE TABLE legal_hold_log (
    platform TEXT NOT NULL,
    shop TEXT NOT NULL,
    order_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('set', 'released')),
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (order_id, shop, platform, at, what)
) STRICT, WITHOUT ROWID;

-- Files that case files left into. One that is being written is noted before it is there. The place of a fact that went into the archive `no` is
-- -no in the inbox: its identity stays taken.
CREATE TABLE archive (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('writing', 'done')),
    owner TEXT NOT NULL,
    at INTEGER NOT NULL,
    files INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX archive_name ON archive (name);
CREATE UNIQUE INDEX archive_writing ON archive (state) WHERE state = 'writing';

-- What is left of an order whose case file left.
CREATE TABLE archived_order (
    platform TEXT NOT NULL,
    shop TEXT NOT NULL,
    order_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    archive_no INTEGER NOT NULL,
    PRIMARY KEY (order_id, shop, platform)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX archived_order_tag ON archived_order (tag);
CREATE TABLE archived_waybill (
    number TEXT NOT NULL,
    courier TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (number, courier)
) STRICT, WITHOUT ROWID;

-- Facts that came for an order after its case file left.
CREATE TABLE late_fact (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    tag TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
