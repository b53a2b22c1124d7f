package consultations

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/modules/consultations/views"
)

// How much of the home page the module takes.
const (
	openCards    = 6
	decidedCards = 3
	freshFor     = 90 * 24 * time.Hour // how long a decision is news
)

// Cards shows what can be answered now, the most urgent first, and what was
// decided of late.
func (m *Module) Cards(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer) ([]module.Card, error) {
	var open, decided Page
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		open, err = m.service.store.list(ctx, tx, t.ID, Query{Phases: []Phase{Open}, Sort: Sort{By: "closes"}, Limit: openCards})
		if err != nil {
			return err
		}
		decided, err = m.service.store.list(ctx, tx, t.ID, Query{Phases: []Phase{Decided}, Sort: Sort{By: "updated", Desc: true}, Limit: decidedCards})
		return err
	})
	if err != nil {
		return nil, err
	}
	var cards []module.Card
	for i := range open.Items {
		c := &open.Items[i]
		body := views.HomeOpen(views.Home{Item: item(ctx, t, c), Eyebrow: i18n.T(ctx, "consultations.one")})
		cards = append(cards, module.Card{Section: module.SectionOpen, Urgency: c.ClosesAt, Body: body})
	}
	for i := range decided.Items {
		c := &decided.Items[i]
		if c.Now.Sub(c.OutcomeAt) > freshFor {
			continue
		}
		body := views.HomeDecided(views.Home{Item: item(ctx, t, c), Eyebrow: i18n.T(ctx, "consultations.one")})
		cards = append(cards, module.Card{Section: module.SectionDecided, Urgency: c.OutcomeAt, Body: body})
	}
	return cards, nil
}

// Counters says how often the town hall asked, and how often it then decided.
func (m *Module) Counters(ctx context.Context, t *tenant.Tenant) ([]module.Counter, error) {
	var counts map[Phase]int
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		counts, err = m.service.store.count(ctx, tx, t.ID, Query{})
		return err
	})
	if err != nil {
		return nil, err
	}
	return []module.Counter{
		{Key: "consultations.counter.asked", Count: int64(published(counts) - counts[Cancelled] - counts[Upcoming])},
		{Key: "consultations.counter.decided", Count: int64(counts[Decided])},
	}, nil
}

// Menu returns the module's entries.
func (*Module) Menu() (site, office *module.Entry) {
	return &module.Entry{Key: "consultations.title", Href: sitePath, Icon: "messages-square"},
		&module.Entry{Key: "consultations.title", Href: officePath, Icon: "messages-square"}
}

// Search finds published consultations; a draft is never found.
func (m *Module) Search(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, query string, limit int) ([]module.Hit, error) {
	var found []Consultation
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		found, err = m.service.store.search(ctx, tx, t.ID, query, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	hits := make([]module.Hit, len(found))
	for i := range found {
		c := &found[i]
		hits[i] = module.Hit{Title: c.Title, Summary: markdown.Text(c.Summary, 160), Href: href(c.ID), Kind: "consultations.one"}
	}
	return hits, nil
}

// Todos says what waits for the town hall: decisions to publish, drafts whose
// opening date is past.
func (m *Module) Todos(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Todo, error) {
	if !inBackOffice(v) {
		return nil, nil
	}
	var undecided, late todo
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		undecided, late, err = m.service.store.todos(ctx, tx, t.ID, reachOf(v))
		return err
	})
	if err != nil {
		return nil, err
	}
	var list []module.Todo
	if undecided.Count > 0 {
		list = append(list, module.Todo{Key: "consultations.todo.decide", Count: undecided.Count, Since: undecided.Since, Href: officePath + "?etat=" + string(Closed)})
	}
	if late.Count > 0 {
		list = append(list, module.Todo{Key: "consultations.todo.late", Count: late.Count, Since: late.Since, Href: officePath + "?etat=" + string(Draft)})
	}
	return list, nil
}

// recalled is in how many consultations, the latest, taking part is looked up.
const recalled = 40

// Activity says in which consultations v has voted: never what, and not when,
// which the roll does not tell. A deed stands at the opening.
func (m *Module) Activity(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Deed, error) {
	if !v.SignedIn {
		return nil, nil
	}
	var deeds []module.Deed
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		page, err := m.service.store.list(ctx, tx, t.ID, Query{
			Phases: []Phase{Open, Closed, Decided, Cancelled}, Sort: Sort{By: "opens", Desc: true}, Limit: recalled,
		})
		if err != nil {
			return err
		}
		for i := range page.Items {
			c := &page.Items[i]
			took, err := m.service.tookPart(ctx, tx, t.ID, v, c.ID)
			if err != nil {
				return err
			}
			if took {
				deeds = append(deeds, module.Deed{
					At: c.OpensAt, Key: "consultations.deed.voted", Title: c.Title, Href: href(c.ID),
					Args: map[string]any{"Date": i18n.DateShort(ctx, c.OpensAt)},
				})
			}
		}
		return nil
	})
	return deeds, err
}

// tookPart reports whether v has voted in one of the polls of a consultation.
func (s *service) tookPart(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, id uuid.UUID) (bool, error) {
	polls, err := s.box.PollsOf(ctx, tx, t, subject(id))
	if err != nil {
		return false, err
	}
	ids := make([]voting.PollID, len(polls))
	for i, p := range polls {
		ids[i] = p.ID
	}
	voted, err := s.box.Voted(ctx, tx, t, voting.ByAccount(v), ids...)
	return len(voted) > 0, err
}

// Work takes the files of removed documents off the disk.
func (m *Module) Work(ctx context.Context) error {
	return m.service.files.Tend(ctx, m.service.log, name, m.service.shown)
}

// shown lists the contents that the documents of a town are made of.
func (s *service) shown(ctx context.Context, t tenant.ID) (hashes []string, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		hashes, err = s.store.contents(ctx, tx, t)
		return err
	})
	return hashes, err
}
