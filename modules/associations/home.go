package associations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/modules/associations/views"
)

// newsFor is how long a piece of news stands on the home page, newsCards how
// many do.
const (
	newsFor   = 30 * 24 * time.Hour
	newsCards = 2
	newsAfter = 2 * 365 * 24 * time.Hour
)

// Cards shows the latest news of associations.
func (m *Module) Cards(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer) ([]module.Card, error) {
	var list []newsRow
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		list, err = m.service.store.latestNews(ctx, tx, t.ID, newsFor, newsCards)
		return err
	})
	if err != nil {
		return nil, err
	}
	cards := make([]module.Card, len(list))
	for i, n := range list {
		body := views.HomeNews(views.Post{ID: href(n.AssociationID) + "#actualites", Title: n.Title, When: i18n.Date(ctx, n.At), Body: n.Name})
		// Behind what one can do there, the newest first.
		cards[i] = module.Card{Section: module.SectionHelp, Urgency: list[0].At.Add(newsAfter + list[0].At.Sub(n.At)), Body: body}
	}
	return cards, nil
}

// Counters says how many associations the directory holds.
func (m *Module) Counters(ctx context.Context, t *tenant.Tenant) ([]module.Counter, error) {
	var n int
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		n, err = m.service.store.count(ctx, tx, t.ID, Query{})
		return err
	})
	return []module.Counter{{Key: "associations.counter", Count: int64(n)}}, err
}

// Menu returns the module's entries.
func (*Module) Menu() (site, office *module.Entry) {
	return &module.Entry{Key: "associations.title", Href: sitePath, Icon: "handshake"},
		&module.Entry{Key: "associations.title", Href: officePath, Icon: "handshake"}
}

// Search finds public associations.
func (m *Module) Search(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, query string, limit int) ([]module.Hit, error) {
	var found []*Association
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		found, err = m.service.store.search(ctx, tx, t.ID, query, limit)
		return err
	})
	hits := make([]module.Hit, len(found))
	for i, a := range found {
		hits[i] = module.Hit{Title: a.Name, Summary: a.Purpose, Href: href(a.ID), Kind: "associations.one"}
	}
	return hits, err
}

// Todos says what waits for the town hall: associations to check, claims to answer.
func (m *Module) Todos(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Todo, error) {
	if !inBackOffice(v) {
		return nil, nil
	}
	var pending, claims todo
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		pending, claims, err = m.service.store.todos(ctx, tx, t.ID)
		return err
	})
	var list []module.Todo
	if pending.Count > 0 {
		list = append(list, module.Todo{Key: "associations.todo.verify", Count: pending.Count, Since: pending.Since, Href: officePath + "?etat=" + string(Pending)})
	}
	if claims.Count > 0 {
		list = append(list, module.Todo{Key: "associations.todo.claims", Count: claims.Count, Since: claims.Since, Href: officePath + "?etat=" + toClaim})
	}
	return list, err
}

// Activity says for which associations v answers, and what v asked for.
//
// i18n: associations.deed.claim.*
func (m *Module) Activity(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Deed, error) {
	if !v.SignedIn {
		return nil, nil
	}
	var deeds []module.Deed
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		list, err := m.service.store.of(ctx, tx, t.ID, v.ID)
		if err != nil {
			return err
		}
		for _, a := range list {
			deeds = append(deeds, module.Deed{Key: "associations.deed.answers", Title: a.Name, Href: deskHref(a.ID), At: a.UpdatedAt})
		}
		claims, err := m.service.store.claimsOf(ctx, tx, t.ID, v.ID, 20)
		if err != nil {
			return err
		}
		for _, c := range claims {
			if c.State == Accepted {
				continue // said above
			}
			deeds = append(deeds, module.Deed{Key: "associations.deed.claim." + string(c.State), Title: c.Name, Href: href(c.AssociationID), At: c.AskedAt})
		}
		return nil
	})
	return deeds, err
}

// Work takes replaced logos off the disk.
func (m *Module) Work(ctx context.Context) error {
	return m.service.files.Tend(ctx, m.service.log, filesSpace, m.service.shown)
}

// shown lists the logos of a town's associations.
func (s *service) shown(ctx context.Context, t tenant.ID) (hashes []string, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		hashes, err = s.store.logos(ctx, tx, t)
		return err
	})
	return hashes, err
}
