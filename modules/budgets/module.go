// Package budgets is the participatory budget: an edition with its money, its
// règlement and its dates; the projects that people deposit; their study by the
// services, published all together; and, once voted on and chosen by the
// council, what becomes of the winners. It never counts a ballot: the vote is a
// poll of the ballot box (app/voting).
package budgets

import (
	"context"
	"embed"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth"
	"parvis/app/database"
	"parvis/app/files"
	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/web"
)

// name is the module's: schema, message keys and migrations carry it.
const name = "budgets"

var (
	_ module.Module       = (*Module)(nil)
	_ module.Carder       = (*Module)(nil)
	_ module.Counters     = (*Module)(nil)
	_ module.Navigator    = (*Module)(nil)
	_ module.Searcher     = (*Module)(nil)
	_ module.Todoer       = (*Module)(nil)
	_ module.Worker       = (*Module)(nil)
	_ module.PersonalData = (*Module)(nil)
	_ module.Activity     = (*Module)(nil)
	_ booth.Subjects      = (*Module)(nil)
)

//go:embed i18n/*.json
var catalogue embed.FS

// Helpers is where hands are found for a winning project: missions, known by
// the address of the project's page.
type Helpers interface {
	// ForProject lists the missions that help a project along.
	ForProject(ctx context.Context, t *tenant.Tenant, page string) (titles, addresses []string, err error)
	// OpenFor is where a mission for a project is written.
	OpenFor(title, page string) string
}

// Deps are what the module works with.
type Deps struct {
	DB       *database.DB
	Box      *voting.Box
	Files    *files.Store
	Identity *identity.Service                          // tells authors what became of their project
	URL      func(t *tenant.Tenant, path string) string // the full address of a page
	Live     voting.Announcer                           // told when a poll's state has changed; may be nil
	Helpers  Helpers                                    // nil: winners open no missions
	Log      *slog.Logger
}

// Module is the participatory budget feature.
type Module struct{ service *service }

// New returns the module, ready to mount.
func New(d Deps) *Module {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Module{service: &service{Deps: d}}
}

// Manifest names the module.
func (*Module) Manifest() module.Manifest {
	return module.Manifest{Name: name, Path: "budgets-participatifs", Office: staff, Catalogue: catalogue}
}

// Mount adds the pages: reading and depositing for everybody, the rest for
// staff.
func (m *Module) Mount(site, office, _ fiber.Router) {
	h := handlers{m.service}
	site.Get("/", h.index)
	site.Get("/:id", h.show)
	site.Get("/:id/reglement", h.rules)
	site.Get("/:id/projets", h.projects)
	site.Get("/:id/deposer", h.newProject)
	site.Post("/:id/deposer", h.createProject)
	site.Get("/:id/projets/:project", h.project)
	site.Get("/:id/projets/:project/photo", h.photo)
	site.Get("/:id/projets/:project/etapes/:step/photo", h.stepPhoto)
	site.Get("/:id/projets/:project/modifier", h.editProject)
	site.Post("/:id/projets/:project/modifier", h.updateProject)
	site.Post("/:id/projets/:project/retirer", h.withdraw)

	o := officeHandlers{m.service}
	office.Get("/", o.index)
	office.Get("/nouvelle", o.newText)
	office.Post("/nouvelle", o.create)
	office.Get("/:id", o.lead)
	office.Get("/:id/apercu", o.preview)
	office.Get("/:id/texte", o.text)
	office.Post("/:id/texte", o.saveText)
	office.Get("/:id/calendrier", o.dates)
	office.Post("/:id/calendrier", o.saveDates)
	office.Get("/:id/enveloppes", o.terms)
	office.Post("/:id/enveloppes", o.saveTerms)
	office.Post("/:id/supprimer", o.delete)
	office.Post("/:id/publier", o.publish)
	office.Get("/:id/projets", o.projects)
	office.Get("/:id/projets.csv", o.export)
	office.Get("/:id/projets/:project", o.file)
	office.Post("/:id/projets/:project", o.saveStudy)
	office.Post("/:id/projets/:project/retirer", o.remove)
	office.Post("/:id/projets/:project/etapes", o.addStep)
	office.Post("/:id/projets/:project/etapes/:step/retirer", o.removeStep)
	office.Get("/:id/decisions", o.decisions)
	office.Post("/:id/decisions", o.publishDecisions)
	office.Get("/:id/deliberation", o.outcome)
	office.Post("/:id/deliberation", o.deliberate)
	m.mountVote(site, office)
}

// Uploads are the routes that take more than an ordinary form: long texts, as
// browsers write them, and pictures.
func (*Module) Uploads() []web.Upload {
	const text, margin = 900 << 10, 1 << 20
	return []web.Upload{
		{Pattern: officePath + "/nouvelle", Limit: text},
		{Pattern: officePath + "/:id/texte", Limit: text},
		{Pattern: officePath + "/:id/projets/:project/etapes", Limit: maxPhotoBytes + margin},
		{Pattern: sitePath + "/:id/deposer", Limit: maxPhotoBytes + margin},
		{Pattern: sitePath + "/:id/projets/:project/modifier", Limit: maxPhotoBytes + margin},
	}
}
