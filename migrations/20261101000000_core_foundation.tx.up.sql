-- The foundation: who the tenants are, which tenant a transaction is for, what
-- time it is there, and the one way to protect a table.

CREATE SCHEMA core;
GRANT USAGE ON SCHEMA core TO parvis_app, parvis_custodian;

-- The tenant of the current transaction, NULL when none is set (then no row of
-- any tenant is visible). After a transaction the setting is '' rather than
-- NULL, hence nullif.
CREATE FUNCTION core.tenant_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;

-- Puts a table behind row level security: only rows of the transaction's
-- tenant are seen or written, by everyone, the owner included. Each migration
-- calls it once for each table with a tenant_id.
CREATE FUNCTION core.protect(target regclass) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY tenant_only ON %s USING (tenant_id = core.tenant_id()) WITH CHECK (tenant_id = core.tenant_id())', target);
END
$$;
REVOKE EXECUTE ON FUNCTION core.protect(regclass) FROM PUBLIC;

-- The tenants themselves. Every host name must be resolved before a tenant is
-- known, so anyone may read; a row is written only in a transaction for that
-- tenant.
CREATE TABLE core.tenants (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug       text NOT NULL CONSTRAINT tenant_slug_is_plain CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name       text NOT NULL CONSTRAINT tenant_has_a_name CHECK (name <> ''),
    site_name  text NOT NULL DEFAULT '',
    color      text NOT NULL DEFAULT '#0b5d57' CONSTRAINT tenant_color_is_hexadecimal CHECK (color ~ '^#[0-9A-Fa-f]{6}$'),
    logo       text NOT NULL DEFAULT '',
    locale     text NOT NULL DEFAULT 'fr' CONSTRAINT tenant_locale_is_a_language CHECK (locale ~ '^[a-z]{2,3}$'),
    time_zone  text NOT NULL DEFAULT 'Europe/Paris',
    modules    text[] NOT NULL DEFAULT '{}',
    insee      text[] NOT NULL DEFAULT '{}',    -- commune codes of its territory
    department text NOT NULL DEFAULT '',        -- code: "52", "2A", "974"
    population integer NOT NULL DEFAULT 0 CONSTRAINT tenant_population_is_not_negative CHECK (population >= 0),
    postcodes  text[] NOT NULL DEFAULT '{}',
    email      text NOT NULL DEFAULT '',        -- where citizens may write
    pages      jsonb NOT NULL DEFAULT '{}',     -- the footer's pages as edited: name → Markdown
    settings   jsonb NOT NULL DEFAULT '{}',
    demo       boolean NOT NULL DEFAULT false,
    revision   bigint NOT NULL DEFAULT 1,       -- grows at each change, hosts and zones included
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT one_tenant_per_slug UNIQUE (slug)
);
ALTER TABLE core.tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY anyone_reads ON core.tenants FOR SELECT USING (true);
CREATE POLICY tenant_inserts ON core.tenants FOR INSERT WITH CHECK (id = core.tenant_id());
CREATE POLICY tenant_updates ON core.tenants FOR UPDATE USING (id = core.tenant_id()) WITH CHECK (id = core.tenant_id());
GRANT SELECT, INSERT, UPDATE ON core.tenants TO parvis_app;
GRANT SELECT ON core.tenants TO parvis_custodian;

-- Which tenant answers on which host name: exact, lower case, without port.
CREATE TABLE core.tenant_hosts (
    host      text PRIMARY KEY CONSTRAINT host_is_lower_case_without_port CHECK (host ~ '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$'),
    tenant_id uuid NOT NULL REFERENCES core.tenants ON DELETE CASCADE,
    position  integer NOT NULL DEFAULT 0 -- the first is the canonical one
);
CREATE INDEX tenant_hosts_by_tenant ON core.tenant_hosts (tenant_id, position);
ALTER TABLE core.tenant_hosts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY anyone_reads ON core.tenant_hosts FOR SELECT USING (true);
CREATE POLICY tenant_inserts ON core.tenant_hosts FOR INSERT WITH CHECK (tenant_id = core.tenant_id());
CREATE POLICY tenant_updates ON core.tenant_hosts FOR UPDATE USING (tenant_id = core.tenant_id()) WITH CHECK (tenant_id = core.tenant_id());
CREATE POLICY tenant_deletes ON core.tenant_hosts FOR DELETE USING (tenant_id = core.tenant_id());
GRANT SELECT, INSERT, UPDATE, DELETE ON core.tenant_hosts TO parvis_app;
GRANT SELECT ON core.tenant_hosts TO parvis_custodian;

-- The parts of a tenant's territory: quartiers, or the communes of an agglomération.
CREATE TABLE core.zones (
    tenant_id uuid NOT NULL REFERENCES core.tenants ON DELETE CASCADE,
    id        uuid NOT NULL DEFAULT gen_random_uuid(),
    name      text NOT NULL CONSTRAINT zone_has_a_name CHECK (name <> ''),
    insee     text NOT NULL DEFAULT '', -- commune code when the zone is a commune
    position  integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT one_zone_per_name UNIQUE (tenant_id, name)
);
SELECT core.protect('core.zones');
GRANT SELECT, INSERT, UPDATE, DELETE ON core.zones TO parvis_app;
GRANT SELECT ON core.zones TO parvis_custodian;

-- How far a tenant's clock is from the real one. Empty in production; a
-- demonstration or a test travels in time with it. The application only reads.
CREATE TABLE core.clock_offsets (
    tenant_id   uuid PRIMARY KEY REFERENCES core.tenants ON DELETE CASCADE,
    by_interval interval NOT NULL
);
SELECT core.protect('core.clock_offsets');
GRANT SELECT ON core.clock_offsets TO parvis_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON core.clock_offsets TO parvis_custodian;

-- What time it is for the current tenant: the clock that opens and closes
-- polls. It moves during a transaction.
CREATE FUNCTION core.now() RETURNS timestamptz
    LANGUAGE sql VOLATILE
    RETURN clock_timestamp() + coalesce((SELECT by_interval FROM core.clock_offsets WHERE tenant_id = core.tenant_id()), interval '0');

-- A tenant's revision grows when its row, its hosts or its zones change.
CREATE FUNCTION core.revise_tenant() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;
CREATE TRIGGER revise BEFORE UPDATE ON core.tenants
    FOR EACH ROW EXECUTE FUNCTION core.revise_tenant();

CREATE FUNCTION core.touch_tenant() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE core.tenants SET updated_at = clock_timestamp() WHERE id = core.tenant_id();
    RETURN NULL;
END
$$;
CREATE TRIGGER touch_tenant AFTER INSERT OR UPDATE OR DELETE ON core.tenant_hosts
    FOR EACH STATEMENT EXECUTE FUNCTION core.touch_tenant();
CREATE TRIGGER touch_tenant AFTER INSERT OR UPDATE OR DELETE ON core.zones
    FOR EACH STATEMENT EXECUTE FUNCTION core.touch_tenant();
