-- Every configuration that was in force, as it was: its rules' values and the operator's files. A line of the journal names the one under
-- which it was decided. `used` says that some line does: what no line names is forgotten after a while.
CREATE TABLE config_revision (
    no BIGINT PRIMARY KEY,
    revision TEXT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    rules TEXT NOT NULL,
    files TEXT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX config_revision_word ON config_revision (revision);
ALTER TABLE journal ADD COLUMN config BIGINT;
