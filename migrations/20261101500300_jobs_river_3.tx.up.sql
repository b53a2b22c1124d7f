-- River's own migration 3 (github.com/riverqueue/river v0.51, MPL-2.0), in the schema river.
ALTER TABLE river.river_job ALTER COLUMN tags SET DEFAULT '{}';
UPDATE river.river_job SET tags = '{}' WHERE tags IS NULL;
ALTER TABLE river.river_job ALTER COLUMN tags SET NOT NULL;

INSERT INTO river.river_migration (version) VALUES (3);
