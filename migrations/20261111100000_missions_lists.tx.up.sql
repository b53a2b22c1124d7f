-- Missions of a theme, and those open to minors, without reading all of them.
CREATE INDEX missions_by_theme ON missions.missions (tenant_id, theme, id) WHERE published_at IS NOT NULL AND cancelled_at IS NULL;
