-- Every time is an integer: milliseconds UTC. Money is in fen; -1 where there is none, so that it sorts last.
CREATE TABLE db_meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    incarnation TEXT NOT NULL,
    clock_high_water INTEGER NOT NULL,
    probed_at INTEGER NOT NULL
) STRICT;

-- One row an order. `state` comes last: the short columns before it are read without it.
CREATE TABLE case_file (
    no INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    shop TEXT NOT NULL,
    order_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    version INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    next_wake_at INTEGER,
    awaits_courier TEXT,
    awaits_province TEXT,
    set_aside_at INTEGER,
    set_aside_why TEXT,
    state TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX case_file_order ON case_file (order_id, shop, platform);
CREATE UNIQUE INDEX case_file_tag ON case_file (tag);
-- The only thing that a tick asks.
CREATE INDEX case_file_due ON case_file (next_wake_at, no) WHERE next_wake_at IS NOT NULL AND set_aside_at IS NULL;
CREATE INDEX case_file_open ON case_file (no) WHERE is_open = 1;
CREATE INDEX case_file_awaits ON case_file (awaits_courier, awaits_province, no) WHERE awaits_courier IS NOT NULL;
CREATE INDEX case_file_aside ON case_file (set_aside_at, no) WHERE set_aside_at IS NOT NULL;

-- Append-only. A fact that waits for its order has none until it is released; nothing else ever changes.
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    file_no INTEGER REFERENCES case_file (no),
    line INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('fact', 'decision')),
    type TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    time INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX journal_file ON journal (file_no, line) WHERE file_no IS NOT NULL;

CREATE TABLE inbox (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    fingerprint INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('taken', 'parked')),
    courier TEXT,
    number TEXT,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_parked ON inbox (number, courier, seq) WHERE state = 'parked';

CREATE TABLE waybill_index (
    number TEXT NOT NULL,
    courier TEXT NOT NULL,
    file_no INTEGER NOT NULL REFERENCES case_file (no),
    PRIMARY KEY (number, courier)
) STRICT, WITHOUT ROWID;
CREATE INDEX waybill_index_file ON waybill_index (file_no);

CREATE TABLE task (
    task_id TEXT PRIMARY KEY,
    file_no INTEGER NOT NULL REFERENCES case_file (no),
    kind TEXT NOT NULL,
    platform TEXT NOT NULL,
    shop TEXT NOT NULL,
    order_id TEXT NOT NULL,
    case_id TEXT,
    case_kind TEXT,
    courier TEXT,
    number TEXT,
    queue TEXT NOT NULL,
    urgency TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    deadline_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'claimed', 'snoozed', 'closed')),
    is_open INTEGER NOT NULL,
    snoozed_until INTEGER,
    outcome TEXT,
    assignee TEXT,
    opened_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    advice TEXT,
    money_fen INTEGER NOT NULL,
    opened TEXT NOT NULL
) STRICT;
CREATE INDEX task_due ON task (due_at, money_fen DESC, task_id) WHERE is_open = 1;
CREATE INDEX task_queue ON task (queue, due_at, money_fen DESC, task_id) WHERE is_open = 1;
CREATE INDEX task_shop ON task (shop, due_at, money_fen DESC, task_id) WHERE is_open = 1;
CREATE INDEX task_assignee ON task (assignee, due_at, money_fen DESC, task_id) WHERE is_open = 1 AND assignee IS NOT NULL;
CREATE INDEX task_kind ON task (kind, due_at, money_fen DESC, task_id) WHERE is_open = 1;
CREATE INDEX task_ended ON task (due_at, money_fen DESC, task_id) WHERE is_open = 0;
CREATE INDEX task_order ON task (order_id, due_at);
CREATE INDEX task_file ON task (file_no);

CREATE TABLE deadline (
    deadline_id TEXT PRIMARY KEY,
    file_no INTEGER NOT NULL REFERENCES case_file (no),
    rule TEXT NOT NULL,
    rule_kind TEXT NOT NULL,
    platform TEXT NOT NULL,
    shop TEXT NOT NULL,
    order_id TEXT NOT NULL,
    courier TEXT,
    number TEXT,
    starts_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'met', 'breached', 'cancelled')),
    is_running INTEGER NOT NULL,
    ended_at INTEGER,
    provisional INTEGER NOT NULL,
    waived INTEGER NOT NULL,
    late_news INTEGER NOT NULL,
    told TEXT NOT NULL
) STRICT;
CREATE INDEX deadline_due ON deadline (due_at, deadline_id) WHERE is_running = 1;
CREATE INDEX deadline_kind ON deadline (rule_kind, due_at, deadline_id) WHERE is_running = 1;
CREATE INDEX deadline_ended ON deadline (state, due_at, deadline_id) WHERE is_running = 0;
CREATE INDEX deadline_order ON deadline (order_id, due_at);
CREATE INDEX deadline_file ON deadline (file_no);

CREATE TABLE open_case (
    case_id TEXT PRIMARY KEY,
    file_no INTEGER NOT NULL REFERENCES case_file (no),
    kind TEXT NOT NULL,
    opened_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX open_case_kind ON open_case (kind, opened_at);
CREATE INDEX open_case_file ON open_case (file_no);

-- What couriers are asked. The attempt, its lease and its time belong to the courier lane; the rest follows the case file.
CREATE TABLE operation (
    operation_id TEXT PRIMARY KEY,
    file_no INTEGER NOT NULL REFERENCES case_file (no),
    kind TEXT NOT NULL,
    courier TEXT NOT NULL,
    number TEXT NOT NULL,
    case_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'by_hand', 'accepted', 'unknown', 'settled')),
    asked_at INTEGER NOT NULL,
    reference TEXT,
    intent TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until INTEGER,
    not_before INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX operation_ready ON operation (courier, not_before, operation_id) WHERE state IN ('requested', 'unknown');
CREATE INDEX operation_file ON operation (file_no);

-- What became known of the world, in the order in which it did: case files remember by position how far they have read. Append-only
-- but for `is_newest`, which says that no later word about the same area, or of the same disruption, stands here.
CREATE TABLE world_change (
    position INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('reach', 'disruption')),
    courier TEXT,
    province TEXT,
    city TEXT,
    district TEXT,
    disruption_id TEXT,
    told TEXT NOT NULL,
    note TEXT,
    from_scans INTEGER NOT NULL,
    is_newest INTEGER NOT NULL
) STRICT;
CREATE INDEX world_change_area ON world_change (courier, province, position) WHERE kind = 'reach' AND is_newest = 1;
CREATE INDEX world_change_disruption ON world_change (disruption_id, position) WHERE kind = 'disruption' AND is_newest = 1;

-- News of the world on its way to the case files: how far it has come.
CREATE TABLE rouse (
    id INTEGER PRIMARY KEY,
    courier TEXT,
    province TEXT,
    at INTEGER NOT NULL,
    after_no INTEGER NOT NULL,
    upto_no INTEGER NOT NULL
) STRICT;

CREATE TABLE schedule_run (
    schedule TEXT NOT NULL,
    slot INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    PRIMARY KEY (schedule, slot)
) STRICT, WITHOUT ROWID;
