-- The application role inserts, works and cleans jobs. River's tables hold no
-- tenant's data (a job names a tenant and a row), so they have no row level
-- security; see the named list of exempt tables in the catalogue test.
GRANT USAGE ON SCHEMA river TO parvis_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA river TO parvis_app;
REVOKE INSERT, UPDATE, DELETE ON river.river_migration FROM parvis_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA river TO parvis_app;
