-- What the courier lanes keep. Times are milliseconds UTC; an `acts_at` of the year 9999 means that nothing runs.
ALTER TABLE operation ADD COLUMN account TEXT;
ALTER TABLE operation ADD COLUMN phase TEXT NOT NULL DEFAULT 'planned' CHECK (phase IN ('planned', 'sending', 'unclear', 'watched', 'done'));
ALTER TABLE operation ADD COLUMN client_ref TEXT;
-- Under which incarnation of the database it was planned: another one means that attempts may be missing here.
ALTER TABLE operation ADD COLUMN incarnation TEXT;
-- Attempts in a row that were never sent, look-ups of an unclear one, and when the first was made.
ALTER TABLE operation ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operation ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operation ADD COLUMN first_look_at INTEGER;
ALTER TABLE operation ADD COLUMN sent_at INTEGER;
-- A fact that is still to be handed in at the desk, whole.
ALTER TABLE operation ADD COLUMN tell TEXT;
UPDATE operation SET incarnation = (SELECT incarnation FROM db_meta WHERE id = 1),
    phase = CASE WHEN state = 'requested' THEN 'planned' ELSE 'done' END;
DROP INDEX operation_ready;
CREATE INDEX operation_unrouted ON operation (operation_id) WHERE account IS NULL AND phase = 'planned';
CREATE INDEX operation_lane ON operation (account, not_before, operation_id) WHERE phase <> 'done';
CREATE INDEX operation_tell ON operation (operation_id) WHERE tell IS NOT NULL;
CREATE INDEX operation_waybill ON operation (number, courier, kind);

-- Every attempt: written and durable before anything is sent, ended when something is known of it.
CREATE TABLE operation_attempt (
    operation_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('send', 'look', 'watch')),
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT,
    detail TEXT,
    exchange TEXT,
    PRIMARY KEY (operation_id, number)
) STRICT;

-- Parcels to ask about. `place` 0 is who is trusted most, 1 the other source. What the case file says follows it in the same transaction
-- (file, shop, every_ms, acts_at, phone_tail); the rest is the lane's.
CREATE TABLE poll (
    courier TEXT NOT NULL,
    number TEXT NOT NULL,
    place INTEGER NOT NULL,
    file_no INTEGER NOT NULL REFERENCES case_file (no),
    shop TEXT NOT NULL,
    account TEXT,
    every_ms INTEGER NOT NULL,
    acts_at INTEGER NOT NULL,
    phone_tail TEXT,
    next_at INTEGER NOT NULL,
    rank_at INTEGER NOT NULL,
    asked_at INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    answer TEXT,
    newest TEXT,
    newest_at INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (courier, number, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX poll_rank ON poll (account, rank_at, next_at);
CREATE INDEX poll_unrouted ON poll (courier, shop, place) WHERE account IS NULL;
CREATE INDEX poll_file ON poll (file_no);

-- What every daemon obeys, a row an account and kind of call: `ask` (questions), `act` (what changes something), `budget` (both).
CREATE TABLE courier_gate (
    account TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ask', 'act', 'budget')),
    blocked_until INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    open_since INTEGER,
    open_until INTEGER NOT NULL DEFAULT 0,
    probe_owner TEXT,
    probe_until INTEGER NOT NULL DEFAULT 0,
    why TEXT,
    -- The end of the time whose calls are given out, in microseconds, and of that given to what does not press.
    given_until INTEGER NOT NULL DEFAULT 0,
    slow_until INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;
-- Calls given out, by ten minutes.
CREATE TABLE courier_spent (
    account TEXT NOT NULL,
    slot INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (account, slot)
) STRICT;

-- Tasks about an account: no order, no case, and not in any order's journal.
CREATE TABLE account_task (
    task_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    courier TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    closed_at INTEGER,
    outcome TEXT,
    told TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_task_open ON account_task (account, kind) WHERE is_open = 1;
