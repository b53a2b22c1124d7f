// Package notify keeps what the site told each citizen, for the page where
// they find it again. It never decides whom to tell nor sends anything: who
// tells does so through identity, which knows addresses and languages.
package notify

import (
	"context"
	"embed"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Catalogue holds the words of the page of news.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// keep is how long a notice is kept, in days.
const keep = 365

// Notice is one thing told to a citizen.
type Notice struct {
	ID    uuid.UUID
	At    time.Time
	Title string
	Text  string // paragraphs apart by an empty line
	Href  string // path on the site; "" for none
	Read  bool

	Module string // what it is news of, where its path does not begin with the module's
}

// Add keeps a notice for each of those citizens, in the transaction of what it
// tells about. The address may be a full one of the town's site: the path is
// kept. Accounts that were erased are told nothing.
func Add(ctx context.Context, tx bun.IDB, t tenant.ID, to []uuid.UUID, n Notice) error {
	_, err := tx.NewRaw(`
		INSERT INTO core.notices (tenant_id, citizen_id, title, body, href, module)
		SELECT c.tenant_id, c.id, ?, ?, ?, ? FROM core.citizens c
		WHERE c.tenant_id = ? AND c.id = ANY (?::uuid[]) AND c.erased_at IS NULL`,
		n.Title, n.Text, pathOf(n.Href), n.Module, t, pgdialect.Array(to)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep a notice: %w", err)
	}
	return nil
}

// pathOf is where a link leads within the site; "" when it cannot be told.
func pathOf(href string) string {
	u, err := url.Parse(href)
	if err != nil || u.Path == "" {
		return ""
	}
	path := "/" + strings.TrimLeft(u.RequestURI(), "/")
	if u.Fragment != "" {
		path += "#" + u.EscapedFragment()
	}
	return path
}

// Service is the page of news and what keeps it short.
type Service struct {
	db  *database.DB
	off func(*tenant.Tenant) (names, paths []string)
}

// New returns the service. off lists the modules that a town has switched off,
// and how their addresses begin: their news are not shown.
func New(db *database.DB, off func(*tenant.Tenant) (names, paths []string)) *Service {
	return &Service{db: db, off: off}
}

var _ module.PersonalData = (*Service)(nil)

// shown keeps the notices of a citizen that the town's modules still speak of.
func (s *Service) shown(sel *bun.SelectQuery, t *tenant.Tenant, c citizen.ID) *bun.SelectQuery {
	names, paths := s.off(t)
	return sel.TableExpr("core.notices AS n").Where("n.tenant_id = ?", t.ID).Where("n.citizen_id = ?", c).
		Where("n.module <> ALL (?::text[])", pgdialect.Array(append([]string{}, names...))).
		Where("coalesce(substring(n.href FROM '^/([a-z-]+)'), '') <> ALL (?::text[])", pgdialect.Array(append([]string{}, paths...)))
}

// Unread is how many notices a citizen has not read.
func (s *Service) Unread(ctx context.Context, t *tenant.Tenant, c citizen.ID) (n int, err error) {
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		return s.shown(tx.NewSelect().ColumnExpr("count(*)"), t, c).Where("n.read_at IS NULL").Scan(ctx, &n)
	})
	if err != nil {
		return 0, fmt.Errorf("count the notices: %w", err)
	}
	return n, nil
}

// pageSize is how many notices a page shows.
const pageSize = 30

// list returns a page of notices, newest first, those before one of them.
func (s *Service) list(ctx context.Context, t *tenant.Tenant, c citizen.ID, before uuid.UUID) (notices []Notice, more bool, err error) {
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		sel := s.shown(tx.NewSelect(), t, c).ColumnExpr("n.id, n.at, n.title, n.body AS text, n.href, n.read_at IS NOT NULL AS read")
		if before != uuid.Nil {
			sel.Where("(n.at, n.id) < (SELECT b.at, b.id FROM core.notices b WHERE b.tenant_id = ? AND b.citizen_id = ? AND b.id = ?)", t.ID, c, before)
		}
		return sel.OrderExpr("n.at DESC, n.id DESC").Limit(pageSize+1).Scan(ctx, &notices)
	})
	if err != nil {
		return nil, false, fmt.Errorf("list the notices: %w", err)
	}
	if len(notices) > pageSize {
		return notices[:pageSize], true, nil
	}
	return notices, false, nil
}

// markRead marks all that a citizen was told as read.
func (s *Service) markRead(ctx context.Context, t tenant.ID, c citizen.ID) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE core.notices SET read_at = core.now() WHERE tenant_id = ? AND citizen_id = ? AND read_at IS NULL`, t, c).Exec(ctx)
		return err
	})
}

// Forget removes what is older than a year.
func (s *Service) Forget(ctx context.Context, t tenant.ID) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`DELETE FROM core.notices WHERE tenant_id = ? AND at < core.now() - make_interval(days => ?)`, t, keep).Exec(ctx)
		return err
	})
}

// Holdings declares the notices.
func (s *Service) Holdings() []module.Holding {
	return []module.Holding{{What: "notify.holding.what", Purpose: "notify.holding.purpose", LegalBasis: "notify.holding.basis", Retention: "notify.holding.retention"}}
}

// Export returns what a citizen was told.
func (s *Service) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	var told []struct {
		At    time.Time `json:"at"`
		Title string    `json:"title"`
		Text  string    `json:"text"`
	}
	err := tx.NewRaw(`SELECT at, title, body AS text FROM core.notices WHERE tenant_id = ? AND citizen_id = ? ORDER BY at`, t, c).Scan(ctx, &told)
	if err != nil || len(told) == 0 {
		return nil, err
	}
	return map[string]any{"notices": told}, nil
}

// Erase removes what a citizen was told.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	_, err := tx.NewRaw(`DELETE FROM core.notices WHERE tenant_id = ? AND citizen_id = ?`, t, c).Exec(ctx)
	return err
}
