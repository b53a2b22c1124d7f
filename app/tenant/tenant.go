// Package tenant identifies the public body (commune, agglomération…) that a
// request is for. It is a leaf: it imports nothing from the project, so that
// every package may import it.
package tenant

import (
	"context"
	"database/sql/driver"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ID identifies a tenant. It is a distinct type so that the compiler refuses a
// citizen's or a poll's ID in its place.
type ID uuid.UUID

// NewID returns a random ID.
func NewID() ID { return ID(uuid.New()) }

// ParseID reads the canonical text form of an ID.
func ParseID(text string) (ID, error) {
	id, err := uuid.Parse(text)
	return ID(id), err
}

func (id ID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether id is unset.
func (id ID) IsZero() bool { return id == ID{} }

// Value and Scan store an ID as a PostgreSQL uuid.
func (id ID) Value() (driver.Value, error) { return id.String(), nil }

// Scan implements sql.Scanner.
func (id *ID) Scan(src any) error { return (*uuid.UUID)(id).Scan(src) }

// MarshalText and UnmarshalText write an ID as text in JSON.
func (id ID) MarshalText() ([]byte, error) { return uuid.UUID(id).MarshalText() }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(b []byte) error { return (*uuid.UUID)(id).UnmarshalText(b) }

// Tenant is the public body whose site is being served. Values are shared
// between requests: treat every field as read-only.
type Tenant struct {
	ID       ID
	Slug     string   // short ASCII name, unique on the installation: "saint-dizier"
	Name     string   // what citizens read: "Ville de Saint-Dizier"
	SiteName string   // the site's own name, may equal Name: "J'aime, je m'engage"
	Hosts    []string // exact host names, without port, lower case; the first is canonical
	Color    string   // brand colour as given, "#0b5d57"
	Logo     string   // URL path of the logo, "" for none
	Locale   string   // BCP 47 base language of the site: "fr"
	TimeZone *time.Location
	Modules  []string // names of the modules that are switched on
	Zones    []Zone
	Territory
	// Accessibility is the message key of the declared conformity with the
	// accessibility guidelines; "" means that no audit was entered.
	Accessibility string
	Theme         string // hash of the derived theme, the v in /theme.css?v=…
	Revision      int64  // grows when anything above changes
	Demo          bool   // a demonstration site: says so on every page
}

// Zone is a part of a tenant's territory: a quartier, or a commune of an agglomération.
type Zone struct {
	ID    uuid.UUID
	Name  string
	INSEE string // commune code when the zone is a commune, "" otherwise
}

// Territory is where a tenant lies: what is placed on its plan is within Radius
// metres of the middle, given in micro-degrees. Nobody has said so yet when
// Radius is 0.
type Territory struct{ CenterLat, CenterLon, Radius int }

// Enabled reports whether the named module is switched on.
func (t *Tenant) Enabled(module string) bool { return slices.Contains(t.Modules, module) }

// ZoneName is the name of a zone of the territory, "" where it has no such zone.
func (t *Tenant) ZoneName(id uuid.UUID) string {
	for _, z := range t.Zones {
		if z.ID == id {
			return z.Name
		}
	}
	return ""
}

// HasZone reports whether the territory has such a zone.
func (t *Tenant) HasZone(id uuid.UUID) bool {
	return slices.ContainsFunc(t.Zones, func(z Zone) bool { return z.ID == id })
}

type contextKey struct{}

// NewContext returns ctx carrying t.
func NewContext(ctx context.Context, t *Tenant) context.Context {
	return context.WithValue(ctx, contextKey{}, t)
}

// FromContext returns the tenant in ctx, and whether there is one.
func FromContext(ctx context.Context) (*Tenant, bool) {
	t, ok := ctx.Value(contextKey{}).(*Tenant)
	return t, ok
}
