package database_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"parvis/app/testkit"
)

// withoutTenant are the tables that belong to no tenant, and why.
var withoutTenant = map[string]string{
	"core.tenants":               "the list of tenants: anyone reads it, each writes its own row",
	"public.bun_migrations":      "the schema's history",
	"public.bun_migration_locks": "made by the migrator, unused",
	"river.river_job":            "the job queue",
	"river.river_leader":         "the job queue",
	"river.river_migration":      "the job queue",
	"river.river_notification":   "the job queue",
	"river.river_queue":          "the job queue",
}

// otherPolicies are the policies that are not the tenant's own.
var otherPolicies = map[string]string{
	"core.tenant_hosts.anyone_reads":                         "the host is what tells the tenant",
	"voting.roll.only_a_signed_act_takes_paper_off_the_roll": "restrictive: it narrows what the tenant's policy lets be deleted",
}

// globallyUnique are the keys that do not begin with the tenant.
var globallyUnique = map[string]string{
	"core.tenant_hosts_pkey": "a host names one tenant on the whole installation",
}

// The rules of the catalogue. Each query lists what breaks its rule.
var catalogueRules = []struct {
	rule    string
	allowed map[string]string
	query   string
}{
	{"every table has a tenant_id uuid NOT NULL, or is named above", withoutTenant, `
		SELECT t.name FROM ours t WHERE NOT EXISTS (SELECT FROM pg_attribute a
			WHERE a.attrelid = t.oid AND a.attname = 'tenant_id' AND a.attnotnull AND a.atttypid = 'uuid'::regtype)`},
	{"every table with a tenant_id has row level security, forced", nil, `
		SELECT t.name FROM tenanted t JOIN pg_class c USING (oid) WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)`},
	{"every table with a tenant_id has a policy for every command", nil, `
		SELECT t.name FROM tenanted t WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid)`},
	{"every policy is that of the tenant, on what is read and what is written", otherPolicies, `
		SELECT t.name || '.' || p.polname FROM tenanted t JOIN pg_policy p ON p.polrelid = t.oid
		WHERE NOT p.polpermissive
			OR p.polcmd IN ('*', 'r', 'w', 'd') AND coalesce(pg_get_expr(p.polqual, p.polrelid), '') <> '(tenant_id = core.tenant_id())'
			OR p.polcmd IN ('*', 'w', 'a') AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') <> '(tenant_id = core.tenant_id())'`},
	{"every table with a tenant_id has a primary key", nil, `
		SELECT t.name FROM tenanted t WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary)`},
	{"every unique key begins with tenant_id", globallyUnique, `
		SELECT i.indexrelid::regclass::text FROM tenanted t JOIN pg_index i ON i.indrelid = t.oid
		WHERE i.indisunique AND (SELECT attname FROM pg_attribute WHERE attrelid = t.oid AND attnum = i.indkey[0]) IS DISTINCT FROM 'tenant_id'`},
	{"no foreign key goes from one module's schema to another's", nil, `
		SELECT f.conname || ' on ' || f.conrelid::regclass FROM pg_constraint f
		JOIN pg_class a ON a.oid = f.conrelid JOIN pg_class b ON b.oid = f.confrelid
		WHERE f.contype = 'f' AND a.relnamespace <> b.relnamespace
			AND b.relnamespace::regnamespace::text NOT IN ('core', 'voting')`},
	{"the platform's tables do not depend on a feature's", nil, `
		SELECT f.conname || ' on ' || f.conrelid::regclass FROM pg_constraint f
		JOIN pg_class a ON a.oid = f.conrelid JOIN pg_class b ON b.oid = f.confrelid
		WHERE f.contype = 'f' AND a.relnamespace::regnamespace::text = 'core' AND b.relnamespace::regnamespace::text <> 'core'`},
	{"every foreign key between tenants' tables carries the tenant_id", nil, `
		SELECT f.conname || ' on ' || f.conrelid::regclass FROM pg_constraint f
		JOIN tenanted a ON a.oid = f.conrelid JOIN tenanted b ON b.oid = f.confrelid
		WHERE f.contype = 'f' AND NOT EXISTS (
			SELECT FROM unnest(f.conkey, f.confkey) AS k (here, there)
			JOIN pg_attribute ha ON ha.attrelid = f.conrelid AND ha.attnum = k.here
			JOIN pg_attribute ta ON ta.attrelid = f.confrelid AND ta.attnum = k.there
			WHERE ha.attname = 'tenant_id' AND ta.attname = 'tenant_id')`},
	{"every view is read with its reader's rights", nil, `
		SELECT c.oid::regclass::text FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
		WHERE c.relkind = 'v' AND NOT ('security_invoker=true' = ANY(coalesce(c.reloptions, '{}')) OR 'security_invoker=on' = ANY(coalesce(c.reloptions, '{}')))
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`},
	{"there is no materialized view: row level security does not reach it", nil, `
		SELECT c.oid::regclass::text FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace WHERE c.relkind = 'm'`},
	{"no function runs with its owner's rights", nil, `
		SELECT p.oid::regprocedure::text FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace WHERE p.prosecdef`},
	{"no role of the program is a superuser, passes row level security or makes roles", nil, `
		SELECT rolname FROM pg_roles WHERE rolname LIKE 'parvis%' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)`},
	{"no role of the program is a member of another", nil, `
		SELECT member::regrole::text FROM pg_auth_members WHERE member::regrole::text LIKE 'parvis%'`},
	{"only the owner owns", nil, `
		SELECT c.oid::regclass::text FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
		WHERE c.relowner::regrole::text IN ('parvis_app', 'parvis_custodian')`},
	{"the application can neither truncate, nor hang triggers, nor make anything", nil, `
		SELECT t.name FROM ours t WHERE has_table_privilege('parvis_app', t.oid, 'TRUNCATE')
			OR has_table_privilege('parvis_app', t.oid, 'TRIGGER') OR has_table_privilege('parvis_app', t.oid, 'REFERENCES')
		UNION ALL SELECT s.oid::regnamespace::text FROM spaces s WHERE has_schema_privilege('parvis_app', s.oid, 'CREATE')`},
	{"nothing is granted to everyone", map[string]string{"public.bun_migrations": "any role may ask what is pending"}, `
		SELECT t.name FROM ours t JOIN pg_class c USING (oid), aclexplode(c.relacl) g WHERE g.grantee = 0`},
	{"no index is on a type that row level security makes slow", nil, `
		SELECT i.indexrelid::regclass || ' on ' || a.attname FROM tenanted t JOIN pg_index i ON i.indrelid = t.oid
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(i.indkey) JOIN pg_type y ON y.oid = a.atttypid
		WHERE y.typtype = 'e' OR y.typname IN ('citext', 'numeric')`},
}

// catalogueViews are what the rules speak of: our schemas, our tables, those
// that hold tenants' data.
const catalogueViews = `WITH
	spaces AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
	ours AS (SELECT c.oid, s.nspname || '.' || c.relname AS name FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'f')),
	tenanted AS (SELECT * FROM ours t WHERE EXISTS (SELECT FROM pg_attribute a
		WHERE a.attrelid = t.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
`

// breaches lists what breaks each rule in a database.
func breaches(t *testing.T, db *testkit.DB) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, r := range catalogueRules {
		rows, err := db.Superuser(t).Query(t.Context(), catalogueViews+r.query)
		if err != nil {
			t.Fatal(err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", r.rule, err)
		}
		for name := range r.allowed {
			if !slices.Contains(names, name) {
				t.Errorf("%s: %s is excused and needs no excuse", r.rule, name)
			}
		}
		names = slices.DeleteFunc(names, func(name string) bool { return r.allowed[name] != "" })
		if len(names) > 0 {
			found[r.rule] = names
		}
	}
	return found
}

func TestTheCatalogueKeepsTenantsApart(t *testing.T) {
	t.Parallel()
	for rule, names := range breaches(t, testkit.Database(t)) {
		t.Errorf("%s. Not so: %s", rule, strings.Join(names, ", "))
	}
}

// TestTheCatalogueRulesBite breaks every rule and expects to be told of each.
func TestTheCatalogueRulesBite(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE SCHEMA probe; CREATE SCHEMA elsewhere;
		CREATE TYPE probe.mood AS ENUM ('gai', 'triste');
		CREATE TABLE probe.stray (id int PRIMARY KEY);
		CREATE TABLE probe.bare (tenant_id uuid NOT NULL, id int, mood probe.mood);
		CREATE UNIQUE INDEX bare_ids ON probe.bare (id);
		CREATE INDEX bare_moods ON probe.bare (tenant_id, mood);
		CREATE TABLE probe.lax (tenant_id uuid NOT NULL, id int UNIQUE, PRIMARY KEY (tenant_id, id));
		ALTER TABLE probe.lax ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
		CREATE POLICY lax ON probe.lax USING (true);
		CREATE TABLE elsewhere.dates (tenant_id uuid NOT NULL, id int REFERENCES probe.lax (id), PRIMARY KEY (tenant_id, id));
		ALTER TABLE core.zones ADD COLUMN lax int REFERENCES probe.lax (id);
		CREATE VIEW probe.seen AS SELECT 1 AS n;
		CREATE MATERIALIZED VIEW probe.frozen AS SELECT 1 AS n;
		CREATE FUNCTION probe.mighty() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
		CREATE TABLE probe.owned (tenant_id uuid NOT NULL); ALTER TABLE probe.owned OWNER TO parvis_app;
		GRANT SELECT ON probe.lax TO PUBLIC`)
	if err != nil {
		t.Fatal(err)
	}
	found := breaches(t, db)
	for _, r := range catalogueRules {
		if strings.Contains(r.rule, "role of the program") {
			continue // roles belong to the server, which other tests share: see embedded
		}
		if len(found[r.rule]) == 0 {
			t.Errorf("broken without a word: %s", r.rule)
		}
	}
}
