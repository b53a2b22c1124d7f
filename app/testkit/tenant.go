package testkit

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/tenant"
)

// TenantOption states what matters about a tenant.
type TenantOption func(*tenant.Tenant)

// Named gives the tenant its slug, its name and its host, "<slug>.localhost".
func Named(slug, name string) TenantOption {
	return func(t *tenant.Tenant) {
		t.Slug, t.Name, t.SiteName, t.Hosts = slug, name, name, []string{slug + ".localhost"}
	}
}

// WithModules switches modules on.
func WithModules(names ...string) TenantOption {
	return func(t *tenant.Tenant) { t.Modules = names }
}

// WithZones gives the tenant zones of these names.
func WithZones(names ...string) TenantOption {
	return func(t *tenant.Tenant) {
		for _, name := range names {
			t.Zones = append(t.Zones, tenant.Zone{ID: uuid.New(), Name: name})
		}
	}
}

// InTimeZone sets the tenant's time zone.
func InTimeZone(zone *time.Location) TenantOption {
	return func(t *tenant.Tenant) { t.TimeZone = zone }
}

// Tenant adds a tenant, by default a town of a unique name in Paris's time.
func (db *DB) Tenant(t testing.TB, options ...TenantOption) *tenant.Tenant {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	town := &tenant.Tenant{ID: tenant.NewID(), Color: "#0b5d57", Locale: "fr", TimeZone: paris, Revision: 1}
	slug := "ville-" + strings.ToLower(rand.Text()[:8])
	for _, option := range append([]TenantOption{Named(slug, "Ville de "+slug)}, options...) {
		option(town)
	}
	err = db.InTenant(context.Background(), town.ID, func(ctx context.Context, tx bun.Tx) error {
		return insertTenant(ctx, tx, town)
	})
	if err != nil {
		t.Fatalf("testkit: add a tenant: %v", err)
	}
	return town
}

func insertTenant(ctx context.Context, tx bun.Tx, t *tenant.Tenant) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO core.tenants (id, slug, name, site_name, color, locale, time_zone, modules, demo)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.Slug, t.Name, t.SiteName, t.Color, t.Locale, t.TimeZone.String(), pgdialect.Array(append([]string{}, t.Modules...)), t.Demo)
	if err != nil {
		return err
	}
	for i, host := range t.Hosts {
		if _, err := tx.ExecContext(ctx, `INSERT INTO core.tenant_hosts (host, tenant_id, position) VALUES (?, ?, ?)`, host, t.ID, i); err != nil {
			return err
		}
	}
	for i, zone := range t.Zones {
		if _, err := tx.ExecContext(ctx, `INSERT INTO core.zones (tenant_id, id, name, insee, position) VALUES (?, ?, ?, ?, ?)`, t.ID, zone.ID, zone.Name, zone.INSEE, i); err != nil {
			return err
		}
	}
	return tx.QueryRowContext(ctx, `SELECT revision FROM core.tenants WHERE id = ?`, t.ID).Scan(&t.Revision)
}
