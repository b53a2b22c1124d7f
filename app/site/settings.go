package site

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/module"
	"parvis/app/tenant"
)

// What can go wrong when the settings are saved.
var (
	errStaleSettings = fault.New(fault.Conflict, "site.settings.stale")
	errUnknownModule = fault.New(fault.Invalid, "site.settings.modules.unknown")
	errZoneInUse     = fault.New(fault.Conflict, "site.settings.zones.used")
	errRadius        = fault.New(fault.Invalid, "site.settings.radius.wrong").With(fault.Args{"Most": maxRadius})
	errTooManyZones  = fault.New(fault.Invalid, "site.settings.zones.many")
)

func (s *Site) readSettings(ctx context.Context, id tenant.ID) (settingsForm, error) {
	var form settingsForm
	var settings string
	var zones []string
	var where tenant.Territory
	err := s.db.ReadTenant(ctx, id, func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewRaw(`SELECT revision, name, site_name, color, email, locale, time_zone, modules, settings, center_lat, center_lon, radius_m FROM core.tenants WHERE id = ?`, id).
			Scan(ctx, &form.Version, &form.Name, &form.SiteName, &form.Color, &form.Email, &form.Locale, &form.TimeZone, pgdialect.Array(&form.Modules), &settings,
				&where.CenterLat, &where.CenterLon, &where.Radius)
		if err != nil {
			return err
		}
		return tx.NewRaw(`SELECT name FROM core.zones WHERE tenant_id = ? ORDER BY position, name`, id).Scan(ctx, &zones)
	})
	if err != nil {
		return form, fmt.Errorf("read the settings: %w", err)
	}
	var legal Legal
	if err := json.Unmarshal([]byte(settings), &legal); err != nil {
		return form, fmt.Errorf("read the settings: %w", err)
	}
	form.Director, form.Address, form.Hosting, form.DPO = legal.Director, legal.Address, legal.Hosting, legal.DPO
	form.audit = legal.Audit
	form.Zones = strings.Join(zones, "\n")
	form.setTerritory(where)
	return form, nil
}

// changeSettings saves the settings, unless somebody else did since they were read.
func (s *Site) changeSettings(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, form settingsForm) error {
	for _, name := range form.Modules {
		if !slices.ContainsFunc(s.modules, func(m module.Module) bool { return m.Manifest().Name == name }) {
			return errUnknownModule.On("modules")
		}
	}
	zones, err := parseZones(form.Zones)
	if err != nil {
		return err
	}
	where, err := form.territory()
	if err != nil {
		return err
	}
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw(`
			UPDATE core.tenants SET name = ?, site_name = ?, color = ?, email = ?, locale = ?, time_zone = ?, modules = ?,
				center_lat = ?, center_lon = ?, radius_m = ?,
				settings = settings || jsonb_build_object('director', ?::text, 'address', ?::text, 'hosting', ?::text, 'dpo', ?::text)
			WHERE id = ? AND revision = ?`,
			form.Name, form.SiteName, form.Color, form.Email, form.Locale, form.TimeZone, array(form.Modules),
			where.CenterLat, where.CenterLon, where.Radius,
			form.Director, form.Address, form.Hosting, form.DPO, t.ID, form.Version).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errStaleSettings
		}
		if err := replaceZones(ctx, tx, t.ID, zones); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Tenant: t.ID, Actor: v.ID, Action: "site.settings", Details: map[string]any{"modules": form.Modules, "color": form.Color}})
	})
	if err != nil {
		return fmt.Errorf("save the settings: %w", err)
	}
	s.directory.Forget()
	return nil
}

const (
	maxZones    = 200
	maxRadius   = 200 // kilometres
	maxZoneName = 100 // characters
)

func parseZones(text string) ([]string, error) {
	var zones []string
	for line := range strings.Lines(text) {
		name := strings.Join(strings.Fields(line), " ")
		if name != "" && !slices.Contains(zones, name) {
			zones = append(zones, name)
		}
		if len(zones) > maxZones || utf8.RuneCountInString(name) > maxZoneName {
			return nil, errTooManyZones.On("zones")
		}
	}
	return zones, nil
}

// replaceZones makes names the tenant's zones, in that order. A zone keeps
// its identity as long as its name, or, when exactly one name was replaced by
// another, through the renaming. One that somebody lives in cannot go.
func replaceZones(ctx context.Context, tx bun.Tx, id tenant.ID, names []string) error {
	type zone struct {
		ID   uuid.UUID
		Name string
	}
	var rows []zone
	if err := tx.NewRaw(`SELECT id, name FROM core.zones WHERE tenant_id = ?`, id).Scan(ctx, &rows); err != nil {
		return err
	}
	var gone []uuid.UUID
	var goneNames, added []string
	for _, r := range rows {
		if !slices.Contains(names, r.Name) {
			gone, goneNames = append(gone, r.ID), append(goneNames, r.Name)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(rows, func(z zone) bool { return z.Name == n }) {
			added = append(added, n)
		}
	}
	if len(gone) == 1 && len(added) == 1 {
		if _, err := tx.NewRaw(`UPDATE core.zones SET name = ? WHERE tenant_id = ? AND id = ?`, added[0], id, gone[0]).Exec(ctx); err != nil {
			return err
		}
	} else if len(gone) > 0 {
		_, err := tx.NewRaw(`DELETE FROM core.zones WHERE tenant_id = ? AND id = ANY(?)`, id, pgdialect.Array(gone)).Exec(ctx)
		if database.Constraint(err) != "" {
			return errZoneInUse.With(fault.Args{"Names": strings.Join(goneNames, ", ")}).On("zones")
		}
		if err != nil {
			return err
		}
	}
	_, err := tx.NewRaw(`
		INSERT INTO core.zones (tenant_id, name, position)
		SELECT ?, name, position FROM unnest(?::text[]) WITH ORDINALITY AS z(name, position)
		ON CONFLICT ON CONSTRAINT one_zone_per_name DO UPDATE SET position = EXCLUDED.position`,
		id, pgdialect.Array(names)).Exec(ctx)
	return err
}
