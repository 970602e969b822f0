-- What each firing of a schedule came to. The primary key (schedule, slot) decides who runs it.
ALTER TABLE schedule_run ADD COLUMN state TEXT NOT NULL DEFAULT 'ok';
ALTER TABLE schedule_run ADD COLUMN boot_id TEXT NOT NULL DEFAULT '';
ALTER TABLE schedule_run ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0;
ALTER TABLE schedule_run ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE schedule_run ADD COLUMN started_at INTEGER;
ALTER TABLE schedule_run ADD COLUMN ended_at INTEGER;
ALTER TABLE schedule_run ADD COLUMN message TEXT;
ALTER TABLE schedule_run ADD COLUMN report TEXT;
CREATE INDEX schedule_run_running ON schedule_run (schedule, slot) WHERE state = 'running';

-- Since when each schedule is as it is, and up to when its slots are accounted for.
CREATE TABLE schedule (
    name TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    since INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    skipped INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
