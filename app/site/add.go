package site

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
)

// NewTenant is what an operator says of a new tenant. With an INSEE code,
// what is left empty is filled from the list of communes.
type NewTenant struct {
	INSEE    string // commune code: "52448"
	Slug     string // "saint-dizier"; made from the commune's name when empty
	Name     string // "Ville de Saint-Dizier"
	SiteName string
	Hosts    []string // exact names; the first is canonical
	Color    string   // "#0b5d57" when empty
	Email    string
	Locale   string // "fr" when empty
	TimeZone string // "Europe/Paris" when empty
	Modules  []string
	Zones    []string
	tenant.Territory
	Legal Legal
	Demo  bool
}

// What can go wrong when a tenant is added. They are read by an operator.
var (
	ErrUnknownCommune = fault.New(fault.Invalid, "site.add.insee")
	ErrNoHost         = fault.New(fault.Invalid, "site.add.host")
	ErrTaken          = fault.New(fault.Conflict, "site.add.taken")
	ErrIncomplete     = fault.New(fault.Invalid, "site.add.incomplete")
)

var hostRE = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// Add creates a tenant and returns it.
func Add(ctx context.Context, db *database.DB, n NewTenant) (*tenant.Tenant, error) {
	commune, err := n.fill()
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(n.Legal)
	if err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	id := tenant.NewID()
	var insee []string
	if n.INSEE != "" {
		insee = []string{commune.INSEE}
	}
	err = db.InTenant(ctx, id, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`
			INSERT INTO core.tenants (id, slug, name, site_name, color, locale, time_zone, modules, insee, department, population, postcodes, email, settings, demo,
				center_lat, center_lon, radius_m)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?)`,
			id, n.Slug, n.Name, n.SiteName, n.Color, n.Locale, n.TimeZone, array(n.Modules), array(insee),
			commune.DepartmentCode, commune.Population, array(commune.Postcodes), n.Email, string(settings), n.Demo,
			n.CenterLat, n.CenterLon, n.Radius).Exec(ctx)
		if err != nil {
			return err
		}
		for i, host := range n.Hosts {
			if _, err := tx.NewRaw(`INSERT INTO core.tenant_hosts (host, tenant_id, position) VALUES (?, ?, ?)`, host, id, i).Exec(ctx); err != nil {
				return err
			}
		}
		return replaceZones(ctx, tx, id, n.Zones)
	})
	if database.Constraint(err) != "" {
		return nil, ErrTaken.Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("add tenant %s: %w", n.Slug, err)
	}
	return Read(ctx, db, id)
}

// array writes nil as an empty array rather than as NULL.
func array(items []string) any {
	if items == nil {
		items = []string{}
	}
	return pgdialect.Array(items)
}

// fill completes n from the commune and the defaults, and checks it.
func (n *NewTenant) fill() (places.Commune, error) {
	var commune places.Commune
	if n.INSEE != "" {
		c, ok, err := places.ByINSEE(n.INSEE)
		if err != nil {
			return commune, err
		}
		if !ok {
			return commune, ErrUnknownCommune
		}
		commune = c
	}
	n.Name = strings.TrimSpace(or(n.Name, commune.Name))
	n.Slug = or(n.Slug, places.Slug(or(commune.Name, n.Name)))
	n.Color = or(n.Color, "#0b5d57")
	n.Locale = or(n.Locale, "fr")
	n.TimeZone = or(n.TimeZone, "Europe/Paris")
	if n.Name == "" || n.Slug == "" {
		return commune, ErrIncomplete
	}
	if len(n.Hosts) == 0 {
		return commune, ErrNoHost
	}
	for _, h := range n.Hosts {
		if !hostRE.MatchString(h) {
			return commune, ErrNoHost.With(fault.Args{"Host": h})
		}
	}
	if _, _, _, report := ui.Theme(n.Color); report.Unreadable {
		return commune, ErrIncomplete
	}
	if _, err := time.LoadLocation(n.TimeZone); err != nil {
		return commune, ErrIncomplete.Wrap(err)
	}
	return commune, nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
