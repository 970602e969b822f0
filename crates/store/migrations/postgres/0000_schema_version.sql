-- Which of the files beside this one were applied. Row 0 is locked by whoever applies them: no advisory lock, so that it works through a
-- pooler and on databases that speak PostgreSQL's language but have none.
CREATE TABLE IF NOT EXISTS schema_version (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    applied_at BIGINT NOT NULL
);
