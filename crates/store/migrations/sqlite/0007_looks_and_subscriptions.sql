-- Whether the courier tells of the parcel by itself, and whether somebody told of it whom nobody can check: 1 it is asked about before money
-- moves, 2 the same, and no case file watches it: the row goes with the answer.
ALTER TABLE poll ADD COLUMN pushed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE poll ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;

-- What a courier was asked to tell by itself. Written before it is asked: it is asked once.
CREATE TABLE subscription (
    courier TEXT NOT NULL,
    number TEXT NOT NULL,
    account TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'taken', 'refused')),
    asked_at INTEGER NOT NULL,
    detail TEXT,
    PRIMARY KEY (courier, number, account)
) STRICT, WITHOUT ROWID;
