package site

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/clock"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/ui"
)

// ErrUnknownHost is said when no tenant answers on a host name.
var ErrUnknownHost = fault.New(fault.NotFound, "site.unknown_host")

// freshness is how long a node may go on with a tenant it has read before.
// Past it one request reads it again, for as long as rereading lasts at most;
// meanwhile, and as long as the database does not answer, the old one serves.
const (
	freshness = 5 * time.Second
	rereading = time.Second
)

// Directory finds tenants by host name. It is what a request asks first, so
// it remembers; a host that is nobody's is remembered as well, and the memory
// is bounded.
type Directory struct {
	db    *database.DB
	clock clock.Clock

	mu      sync.Mutex
	known   map[string]entry
	aliases map[string]string // further hosts of this process, for demonstrations
}

type entry struct {
	tenant *tenant.Tenant // nil: nobody's
	readAt time.Time
}

const maxKnownHosts = 10_000

// NewDirectory returns a directory that remembers nothing yet.
func NewDirectory(db *database.DB, c clock.Clock) *Directory {
	return &Directory{db: db, clock: c, known: map[string]entry{}, aliases: map[string]string{}}
}

// ByHost returns the tenant that answers on an exact, lower-case host name
// without port, or ErrUnknownHost.
func (d *Directory) ByHost(ctx context.Context, host string) (*tenant.Tenant, error) {
	now := d.clock.Now()
	host, e, known, fresh := d.recall(host, now)
	if !fresh {
		if known {
			limited, cancel := context.WithTimeout(ctx, rereading)
			defer cancel()
			ctx = limited
		}
		t, err := d.read(ctx, host)
		switch {
		case errors.Is(err, ErrUnknownHost):
			e = entry{readAt: now}
		case err != nil && known: // the database is away: what was true a moment ago will do
			e.readAt = now
		case err != nil:
			return nil, err
		default:
			e = entry{t, now}
		}
		d.remember(host, e)
	}
	if e.tenant == nil {
		return nil, ErrUnknownHost
	}
	return e.tenant, nil
}

// recall returns what is known of a host, under its own name. Whoever finds it
// too old reads it again; those who come meanwhile make do with it.
func (d *Directory) recall(asked string, now time.Time) (host string, e entry, known, fresh bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	host = asked
	if other, ok := d.aliases[host]; ok {
		host = other
	}
	e, known = d.known[host]
	fresh = known && now.Sub(e.readAt) <= freshness
	if known && !fresh {
		d.known[host] = entry{e.tenant, now}
	}
	return host, e, known, fresh
}

// Alias makes a further host, such as this machine's address on the local
// network, answer as another. It is for demonstrations, lasts as long as the
// process, and is set before serving.
func (d *Directory) Alias(host, as string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aliases[host] = as
}

func (d *Directory) remember(host string, e entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxKnownHosts {
		clear(d.known)
	}
	d.known[host] = e
}

// Forget makes the next request read every tenant again. Other nodes follow
// within a few seconds.
func (d *Directory) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.known)
}

func (d *Directory) read(ctx context.Context, host string) (*tenant.Tenant, error) {
	var id uuid.UUID
	err := d.db.Platform(ctx, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT tenant_id FROM core.tenant_hosts WHERE host = ?`, host).Scan(ctx, &id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrUnknownHost
	}
	if err != nil {
		return nil, fmt.Errorf("find the tenant of a host: %w", err)
	}
	return Read(ctx, d.db, tenant.ID(id))
}

// All returns every tenant of the installation, by slug.
func (d *Directory) All(ctx context.Context) ([]*tenant.Tenant, error) {
	var ids []uuid.UUID
	err := d.db.Platform(ctx, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT id FROM core.tenants ORDER BY slug`).Scan(ctx, &ids)
	})
	if err != nil {
		return nil, fmt.Errorf("list the tenants: %w", err)
	}
	tenants := make([]*tenant.Tenant, 0, len(ids))
	for _, id := range ids {
		t, err := Read(ctx, d.db, tenant.ID(id))
		if err != nil {
			return nil, err
		}
		tenants = append(tenants, t)
	}
	return tenants, nil
}

// Read returns one tenant as it stands in the database.
func Read(ctx context.Context, db *database.DB, id tenant.ID) (t *tenant.Tenant, err error) {
	err = db.ReadTenant(ctx, id, func(ctx context.Context, tx bun.Tx) error {
		t, err = ReadIn(ctx, tx, id)
		return err
	})
	return t, err
}

// ReadIn is Read in the caller's transaction, which is that tenant's.
func ReadIn(ctx context.Context, tx bun.Tx, id tenant.ID) (*tenant.Tenant, error) {
	t := &tenant.Tenant{ID: id}
	var zone, settings string
	err := selectTenant(ctx, tx, t, &zone, &settings)
	if err != nil {
		return nil, fmt.Errorf("read tenant %s: %w", id, err)
	}
	if t.TimeZone, err = time.LoadLocation(zone); err != nil {
		return nil, fmt.Errorf("time zone of tenant %s: %w", t.Slug, err)
	}
	var legal Legal
	if err := json.Unmarshal([]byte(settings), &legal); err != nil {
		return nil, fmt.Errorf("settings of tenant %s: %w", t.Slug, err)
	}
	if legal.Audit != nil {
		t.Accessibility = legal.Audit.Conformity()
	}
	_, t.Theme, _, _ = ui.Theme(t.Color)
	return t, nil
}

func selectTenant(ctx context.Context, tx bun.Tx, t *tenant.Tenant, zone, settings *string) error {
	err := tx.NewRaw(`
		SELECT slug, name, site_name, color, logo, locale, time_zone, modules, demo, revision, settings,
			center_lat, center_lon, radius_m
		FROM core.tenants WHERE id = ?`, t.ID).
		Scan(ctx, &t.Slug, &t.Name, &t.SiteName, &t.Color, &t.Logo, &t.Locale, zone, pgdialect.Array(&t.Modules), &t.Demo, &t.Revision, settings,
			&t.CenterLat, &t.CenterLon, &t.Radius)
	if err != nil {
		return err
	}
	if err := tx.NewRaw(`SELECT host FROM core.tenant_hosts WHERE tenant_id = ? ORDER BY position, host`, t.ID).Scan(ctx, &t.Hosts); err != nil {
		return err
	}
	var zones []struct {
		ID    uuid.UUID
		Name  string
		Insee string
	}
	if err := tx.NewRaw(`SELECT id, name, insee FROM core.zones WHERE tenant_id = ? ORDER BY position, name`, t.ID).Scan(ctx, &zones); err != nil {
		return err
	}
	for _, z := range zones {
		t.Zones = append(t.Zones, tenant.Zone{ID: z.ID, Name: z.Name, INSEE: z.Insee})
	}
	return nil
}
