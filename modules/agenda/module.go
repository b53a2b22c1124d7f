// Package agenda is what happens in the town: events of the town hall and of
// associations, together with what every other module has at a date. It knows
// the other modules through the socket alone, and keeps nothing of theirs.
package agenda

import (
	"context"
	"embed"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/web"
	"parvis/modules/agenda/views"
)

// name is the module's: schema, message keys and migrations carry it.
const name = "agenda"

var (
	_ module.Module       = (*Module)(nil)
	_ module.Carder       = (*Module)(nil)
	_ module.Navigator    = (*Module)(nil)
	_ module.Searcher     = (*Module)(nil)
	_ module.Calendarer   = (*Module)(nil)
	_ module.Workplace    = (*Module)(nil)
	_ module.PersonalData = (*Module)(nil)
)

//go:embed i18n/*.json
var catalogue embed.FS

// Deps are what the module works with.
type Deps struct {
	DB            *database.DB
	Organisations Organisations
	Agenda        module.Agenda                              // what every module has at a date
	Diarists      func(t *tenant.Tenant) []module.Manifest   // which modules have something
	URL           func(t *tenant.Tenant, path string) string // what links in subscriptions are made of
}

// Module is the agenda feature.
type Module struct{ service *service }

// New returns the module, ready to mount.
func New(d Deps) *Module {
	return &Module{service: &service{db: d.DB, organisations: d.Organisations, agenda: d.Agenda, diarists: d.Diarists, url: d.URL}}
}

// Manifest names the module.
func (*Module) Manifest() module.Manifest {
	return module.Manifest{Name: name, Path: name, Office: staff, Catalogue: catalogue}
}

// Mount adds the pages: reading for everybody, publishing for those who may.
func (m *Module) Mount(site, office, _ fiber.Router) {
	h := handlers{m.service}
	site.Get("/", h.list)
	site.Get("/mois", h.month)
	site.Get("/semaine", h.week)
	site.Get("/agenda.ics", h.feed)
	site.Get("/nouveau", web.RequireSignIn, h.newEvent)
	site.Post("/nouveau", web.RequireSignIn, h.publish)
	site.Get("/:id", h.show)
	site.Get("/:id/evenement.ics", h.file)
	site.Get("/:id/modifier", web.RequireSignIn, h.editEvent)
	site.Post("/:id/modifier", web.RequireSignIn, h.save)
	site.Post("/:id/annuler", web.RequireSignIn, h.cancel)

	office.Get("/", h.office)
}

// Uploads are the routes that take more than an ordinary form: a long text.
func (*Module) Uploads() []web.Upload {
	const text = 128 << 10
	return []web.Upload{{Pattern: sitePath + "/nouveau", Limit: text}, {Pattern: sitePath + "/:id/modifier", Limit: text}}
}

// What the home page shows of the agenda.
const (
	homeCards  = 3
	homeWithin = 7 * 24 * time.Hour
)

// Cards shows what happens this week.
func (m *Module) Cards(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Card, error) {
	now, err := m.service.clock(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	entries, err := m.service.agenda(ctx, t, v, module.CalendarQuery{
		From: now.Add(-module.LongestEntry), To: now.Add(homeWithin), GoingOnAt: now, Limit: homeCards,
	}, nil)
	if err != nil {
		return nil, err
	}
	cards := make([]module.Card, len(entries))
	for i, e := range entries {
		cards[i] = module.Card{Section: module.SectionAgenda, Urgency: e.Starts, Body: views.HomeEntry(lineOf(ctx, e), i18n.Message(ctx, e.Kind, nil))}
	}
	return cards, nil
}

// Menu returns the module's entries.
func (*Module) Menu() (site, office *module.Entry) {
	return &module.Entry{Key: "agenda.title", Href: sitePath, Icon: "calendar-days"}, &module.Entry{Key: "agenda.title", Href: officePath, Icon: "calendar-days"}
}

// Search finds events that are not over.
func (m *Module) Search(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, query string, limit int) ([]module.Hit, error) {
	var found []*Event
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		found, err = m.service.store.search(ctx, tx, t.ID, query, limit)
		return err
	})
	hits := make([]module.Hit, len(found))
	for i, e := range found {
		hits[i] = module.Hit{Title: e.Title, Summary: markdown.Text(e.Body, 160), Href: href(e.ID), Kind: "agenda.one"}
	}
	return hits, err
}

// Workplace offers associations to publish an event.
func (*Module) Workplace(_ context.Context, _ *tenant.Tenant, _ citizen.Viewer, o module.Organisation) ([]module.Todo, []module.Entry, error) {
	if !o.Verified {
		return nil, nil, nil
	}
	return nil, []module.Entry{{Key: "agenda.propose", Href: sitePath + "/nouveau?association=" + o.ID.String(), Icon: "calendar-plus"}}, nil
}

// Publish adds an event through the same service as the pages, for seeds.
func (m *Module) Publish(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, d Details) error {
	_, err := m.service.publish(ctx, t, by, d)
	return err
}
