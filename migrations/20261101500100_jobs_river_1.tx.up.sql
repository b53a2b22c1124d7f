-- River's own migration 1 (github.com/riverqueue/river v0.51, MPL-2.0), in the schema river.
CREATE SCHEMA river;
CREATE TABLE river.river_migration(
  id bigserial PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT NOW(),
  version bigint NOT NULL,
  CONSTRAINT version CHECK (version >= 1)
);

CREATE UNIQUE INDEX ON river.river_migration USING btree(version);
INSERT INTO river.river_migration (version) VALUES (1);
