package ideas

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/modules/ideas/views"
)

// How much of the home page the module takes, and how long an answer is news.
const (
	decidedCards = 2
	freshFor     = 60 * 24 * time.Hour
	// nextYear puts the box after everything that closes.
	nextYear = 365 * 24 * time.Hour
)

// Cards invites to propose, and shows what the town hall answered of late.
func (m *Module) Cards(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer) ([]module.Card, error) {
	var kept, done Page
	var totals map[State]int
	var now time.Time
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if totals, err = m.service.store.totals(ctx, tx, t.ID); err != nil {
			return err
		}
		if kept, err = m.service.store.list(ctx, tx, t.ID, Query{State: Kept, Sort: byDate, Limit: decidedCards}); err != nil {
			return err
		}
		if done, err = m.service.store.list(ctx, tx, t.ID, Query{State: Done, Sort: byDate, Limit: decidedCards}); err != nil {
			return err
		}
		return tx.NewRaw(`SELECT core.now()`).Scan(ctx, &now)
	})
	if err != nil {
		return nil, err
	}
	box := views.HomeBox(views.Home{
		Title: i18n.T(ctx, "ideas.home.title"), Href: sitePath, Summary: i18n.T(ctx, "ideas.lead"),
		Meta: []ui.Meta{{Icon: "lightbulb", Text: i18n.T(ctx, "ideas.count", "Count", public(totals))}}, Action: i18n.T(ctx, "ideas.home.action"),
	})
	cards := []module.Card{{Section: module.SectionOpen, Urgency: now.Add(nextYear), Body: box}}
	for _, i := range append(done.Items, kept.Items...) {
		if now.Sub(i.AnsweredAt) > freshFor || len(cards) > decidedCards {
			continue
		}
		state := stateOf(ctx, i.State)
		body := views.HomeAnswered(views.Home{
			Title: i.Title, Href: href(i.ID), Summary: markdown.Text(i.Answer, 160), State: &state, Eyebrow: i18n.T(ctx, "ideas.one"), Meta: about(ctx, t, i),
		})
		cards = append(cards, module.Card{Section: module.SectionDecided, Urgency: i.AnsweredAt, Body: body})
	}
	return cards, nil
}

// public counts the ideas that stand on their own.
func public(totals map[State]int) int {
	n := 0
	for state, of := range totals {
		if state != Merged {
			n += of
		}
	}
	return n
}

// Counters says how many ideas there are, and how many became real.
func (m *Module) Counters(ctx context.Context, t *tenant.Tenant) ([]module.Counter, error) {
	var totals map[State]int
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		totals, err = m.service.store.totals(ctx, tx, t.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return []module.Counter{{Key: "ideas.counter.all", Count: int64(public(totals))}, {Key: "ideas.counter.done", Count: int64(totals[Done])}}, nil
}

// Menu returns the module's entries.
func (*Module) Menu() (site, office *module.Entry) {
	return &module.Entry{Key: "ideas.title", Href: sitePath, Icon: "lightbulb"}, &module.Entry{Key: "ideas.title", Href: officePath, Icon: "lightbulb"}
}

// Search finds public ideas.
func (m *Module) Search(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, query string, limit int) ([]module.Hit, error) {
	var found []*Idea
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		found, err = m.service.store.found(ctx, tx, t.ID, query, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	hits := make([]module.Hit, len(found))
	for n, i := range found {
		hits[n] = module.Hit{Title: i.Title, Summary: markdown.Text(i.Body, 160), Href: href(i.ID), Kind: "ideas.one"}
	}
	return hits, nil
}

// Todos says what waits: ideas without a word from the town hall, flags.
func (m *Module) Todos(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Todo, error) {
	answers, moderates := v.SignedIn && v.Has(name, staff...), discussion.Moderates(v, name)
	if !answers && !moderates {
		return nil, nil
	}
	var list []module.Todo
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if answers {
			n, since, err := m.service.store.waiting(ctx, tx, t.ID)
			if err != nil {
				return err
			}
			if n > 0 {
				list = append(list, module.Todo{Key: "ideas.todo.answer", Count: n, Since: since, Href: officePath + "?etat=" + wordOfState(Deposited)})
			}
		}
		if moderates {
			n, since, err := m.service.Discussion.Waiting(ctx, tx, t.ID, name, v)
			if err != nil {
				return err
			}
			if n > 0 {
				list = append(list, module.Todo{Key: "ideas.todo.moderate", Count: n, Since: since, Href: "/office/moderation"})
			}
		}
		return nil
	})
	return list, err
}

// recalled bounds what is told of each kind of deed.
const recalled = 20

// Activity says what v proposed, supported and discussed.
func (m *Module) Activity(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Deed, error) {
	if !v.SignedIn {
		return nil, nil
	}
	var deeds []module.Deed
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		own, err := m.service.store.of(ctx, tx, t.ID, v.ID, recalled)
		if err != nil {
			return err
		}
		for _, i := range own {
			deeds = append(deeds, ownDeed(i))
		}
		supports, err := m.service.Discussion.SupportsOf(ctx, tx, t.ID, name, v.ID, recalled)
		if err != nil {
			return err
		}
		comments, err := m.service.Discussion.CommentsOf(ctx, tx, t.ID, name, v.ID, recalled)
		if err != nil {
			return err
		}
		byID, err := m.service.store.byIDs(ctx, tx, t.ID, subjects(supports, comments))
		if err != nil {
			return err
		}
		deeds = append(deeds, told(supports, byID, "ideas.deed.supported")...)
		deeds = append(deeds, told(comments, byID, "ideas.deed.commented")...)
		return nil
	})
	return deeds, err
}

//i18n: ideas.deed.*

func ownDeed(i *Idea) module.Deed {
	switch i.Seen {
	case draft:
		return module.Deed{At: i.CreatedAt, Key: "ideas.deed.draft", Title: i.Title, Href: href(i.ID) + "/relire"}
	case discussion.Withdrawn:
		return module.Deed{At: i.PublishedAt, Key: "ideas.deed.withdrawn", Title: i.Title, Href: href(i.ID)}
	}
	return module.Deed{At: i.PublishedAt, Key: "ideas.deed.proposed", Title: i.Title, Href: href(i.ID)}
}

func told(acts []discussion.Act, byID map[uuid.UUID]*Idea, key string) (deeds []module.Deed) {
	for _, a := range acts {
		if i := byID[a.Subject]; i != nil {
			deeds = append(deeds, module.Deed{At: a.At, Key: key, Title: i.Title, Href: href(i.ID)})
		}
	}
	return deeds
}

func subjects(lists ...[]discussion.Act) (ids []uuid.UUID) {
	for _, list := range lists {
		for _, a := range list {
			ids = append(ids, a.Subject)
		}
	}
	return ids
}

// Work takes the photos of removed ideas off the disk.
func (m *Module) Work(ctx context.Context) error {
	return m.service.Files.Tend(ctx, m.service.Log, name, m.service.shown)
}

// shown lists the photos of a town's ideas.
func (s *service) shown(ctx context.Context, t tenant.ID) (hashes []string, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		hashes, err = s.store.photos(ctx, tx, t)
		return err
	})
	return hashes, err
}
