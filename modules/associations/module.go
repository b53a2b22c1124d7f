// Package associations is the town's directory of associations: a page each,
// that its own people keep once the town hall has checked who they are. It
// knows people by their IDs alone: what an association receives never holds a
// citizen's address or telephone number.
package associations

import (
	"embed"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/database"
	"parvis/app/files"
	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/web"
)

// name is the module's: schema, message keys and migrations carry it.
const name = "associations"

var (
	_ module.Module        = (*Module)(nil)
	_ module.Carder        = (*Module)(nil)
	_ module.Counters      = (*Module)(nil)
	_ module.Navigator     = (*Module)(nil)
	_ module.Searcher      = (*Module)(nil)
	_ module.Todoer        = (*Module)(nil)
	_ module.Worker        = (*Module)(nil)
	_ module.PersonalData  = (*Module)(nil)
	_ module.Activity      = (*Module)(nil)
	_ module.Organisations = (*Module)(nil)
)

//go:embed i18n/*.json
var catalogue embed.FS

// Deps are what the module works with.
type Deps struct {
	DB     *database.DB
	Files  *files.Store
	People *identity.Service                          // names, and letters
	URL    func(t *tenant.Tenant, path string) string // what links in letters are made of
	Agenda module.Agenda                              // what an association has to come
	Log    *slog.Logger
}

// Module is the associations feature.
type Module struct {
	service    *service
	workplaces []module.Workplace
}

// New returns the module, ready to mount.
func New(d Deps) *Module {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Module{service: &service{db: d.DB, files: d.Files, people: d.People, url: d.URL, agenda: d.Agenda, log: d.Log}}
}

// Manifest names the module.
func (*Module) Manifest() module.Manifest {
	return module.Manifest{Name: name, Path: name, Office: staff, Catalogue: catalogue}
}

// Attend makes the page of those who answer for an association gather what
// other modules have for it. It is called once, while the program is put together.
func (m *Module) Attend(workplaces ...module.Workplace) { m.workplaces = workplaces }

// How often one person may ask for what costs the town hall's time.
var asking = web.Rate{Events: 30, Per: time.Hour}

// Mount adds the pages: the directory for everybody, a desk for those who
// answer for an association, the back office for staff.
func (m *Module) Mount(site, office, _ fiber.Router) {
	h := handlers{m.service}
	site.Get("/", h.index)
	site.Get("/nouvelle", web.RequireSignIn, h.newAssociation)
	site.Post("/nouvelle", web.RequireSignIn, web.LimitAccount(asking), h.propose)
	site.Get("/:id", h.show)
	site.Get("/:id/logo/:sha", h.logo)
	site.Get("/:id/responsable", web.RequireSignIn, h.askToAnswer)
	site.Post("/:id/responsable", web.RequireSignIn, web.LimitAccount(asking), h.claim)
	site.Post("/:id/demande/retirer", web.RequireSignIn, h.withdraw)

	d := deskHandlers{m}
	site.Get("/:id/espace", web.RequireSignIn, d.index)
	site.Post("/:id/espace/demandes/:claim", web.RequireSignIn, d.answer)
	site.Get("/:id/espace/fiche", web.RequireSignIn, d.sheet)
	site.Post("/:id/espace/fiche", web.RequireSignIn, d.saveSheet)
	site.Post("/:id/espace/logo", web.RequireSignIn, d.saveLogo)
	site.Get("/:id/espace/actualites", web.RequireSignIn, d.news)
	site.Post("/:id/espace/actualites", web.RequireSignIn, d.publish)
	site.Post("/:id/espace/actualites/:post/retirer", web.RequireSignIn, d.withdrawPost)
	site.Post("/:id/espace/quitter", web.RequireSignIn, d.leave)

	o := officeHandlers{m.service}
	office.Get("/", o.index)
	office.Get("/export.csv", o.export)
	office.Get("/nouvelle", o.newSheet)
	office.Post("/nouvelle", o.create)
	office.Get("/:id", o.lead)
	office.Get("/:id/fiche", o.sheet)
	office.Post("/:id/fiche", o.saveSheet)
	office.Post("/:id/demandes/:claim", o.answer)
	office.Post("/:id/responsables/:citizen/retirer", o.dismiss)
	office.Post("/:id/actualites/:post/retirer", o.withdrawPost)
	o.acts(office)
}

// Uploads are the routes that take more than an ordinary form.
func (*Module) Uploads() []web.Upload {
	const text, margin = 128 << 10, 64 << 10
	return []web.Upload{
		{Pattern: sitePath + "/:id/espace/logo", Limit: maxLogoBytes + margin},
		{Pattern: sitePath + "/:id/espace/actualites", Limit: text},
		{Pattern: sitePath + "/:id/espace/fiche", Limit: text},
		{Pattern: sitePath + "/nouvelle", Limit: text},
		{Pattern: officePath + "/nouvelle", Limit: text},
		{Pattern: officePath + "/:id/fiche", Limit: text},
	}
}
