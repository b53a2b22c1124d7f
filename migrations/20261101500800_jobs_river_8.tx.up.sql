-- River's own migration 8 (github.com/riverqueue/river v0.51, MPL-2.0), in the schema river.
-- No-op. Postgres sequences already prevent automatically generated job IDs
-- from being reused.
SELECT 1;

INSERT INTO river.river_migration (line, version) VALUES ('main', 8);
