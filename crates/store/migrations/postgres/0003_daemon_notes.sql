-- What a daemon says of itself beside the columns, as JSON: its clock, its lanes, since when it works by its configuration.
ALTER TABLE daemon ADD COLUMN notes TEXT NOT NULL DEFAULT '{}';
-- When the incarnation last changed, by the database's clock; absent where it never did.
ALTER TABLE db_meta ADD COLUMN renewed_at BIGINT;
