-- What the courier lanes keep. Times are milliseconds UTC; an `acts_at` of the year 9999 means that nothing runs.
ALTER TABLE operation ADD COLUMN account TEXT;
ALTER TABLE operation ADD COLUMN phase TEXT NOT NULL DEFAULT 'planned' CHECK (phase IN ('planned', 'sending', 'unclear', 'watched', 'done'));
ALTER TABLE operation ADD COLUMN client_ref TEXT;
-- Under which incarnation of the database it was planned: another one means that attempts may be missing here.
ALTER TABLE operation ADD COLUMN incarnation TEXT;
-- Attempts in a row that were never sent, look-ups of an unclear one, and when the first was made.
ALTER TABLE operation ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE operation ADD COLUMN looks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE operation ADD COLUMN first_look_at BIGINT;
ALTER TABLE operation ADD COLUMN sent_at BIGINT;
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
    number BIGINT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('send', 'look', 'watch')),
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT,
    detail TEXT,
    exchange TEXT,
    PRIMARY KEY (operation_id, number)
);

-- Parcels to ask about. `place` 0 is who is trusted most, 1 the other source. What the case file says follows it in the same transaction
-- (file, shop, every_ms, acts_at, phone_tail); the rest is the lane's.
CREATE TABLE poll (
    courier TEXT NOT NULL,
    number TEXT NOT NULL,
    place BIGINT NOT NULL,
    file_no BIGINT NOT NULL,
    shop TEXT NOT NULL,
    account TEXT,
    every_ms BIGINT NOT NULL,
    acts_at BIGINT NOT NULL,
    phone_tail TEXT,
    next_at BIGINT NOT NULL,
    rank_at BIGINT NOT NULL,
    asked_at BIGINT NOT NULL DEFAULT 0,
    changed_at BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    answer TEXT,
    newest TEXT,
    newest_at BIGINT,
    fence BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (courier, number, place)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX poll_rank ON poll (account, rank_at, next_at);
CREATE INDEX poll_unrouted ON poll (courier, shop, place) WHERE account IS NULL;
CREATE INDEX poll_file ON poll (file_no);

-- What every daemon obeys, a row an account and kind of call: `ask` (questions), `act` (what changes something), `budget` (both).
CREATE TABLE courier_gate (
    account TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ask', 'act', 'budget')),
    blocked_until BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    open_since BIGINT,
    open_until BIGINT NOT NULL DEFAULT 0,
    probe_owner TEXT,
    probe_until BIGINT NOT NULL DEFAULT 0,
    why TEXT,
    -- The end of the time whose calls are given out, in microseconds, and of that given to what does not press.
    given_until BIGINT NOT NULL DEFAULT 0,
    slow_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account, kind)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
-- Calls given out, by ten minutes.
CREATE TABLE courier_spent (
    account TEXT NOT NULL,
    slot BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    PRIMARY KEY (account, slot)
);

-- Tasks about an account: no order, no case, and not in any order's journal.
CREATE TABLE account_task (
    task_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    courier TEXT NOT NULL,
    is_open BOOLEAN NOT NULL,
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    closed_at BIGINT,
    outcome TEXT,
    told TEXT NOT NULL
);
CREATE UNIQUE INDEX account_task_open ON account_task (account, kind) WHERE is_open;
