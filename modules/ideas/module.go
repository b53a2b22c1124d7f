// Package ideas is the idea box: what inhabitants propose to their commune,
// support and discuss, and what it answers. Supports, comments and moderation
// belong to app/discussion; this package never decides who is right, and never
// shows an idea that its author or a moderator took away.
package ideas

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/discussion"
	"parvis/app/files"
	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/web"
)

// name is the module's: schema, message keys and migrations carry it.
const name = "ideas"

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
	_ discussion.Host     = (*Module)(nil)
)

//go:embed i18n/*.json
var catalogue embed.FS

// Budgets is a participatory budget that takes ideas as draft projects of their
// authors.
type Budgets interface {
	// TakesProjects reports whether one takes projects now.
	TakesProjects(ctx context.Context, t *tenant.Tenant) (bool, error)
	// OfferProject writes a draft project of author's, and returns its page.
	OfferProject(ctx context.Context, t *tenant.Tenant, author citizen.Viewer, title, text string, zone uuid.UUID, at places.Point, place string) (href string, err error)
}

// Deps are what the module works with.
type Deps struct {
	DB         *database.DB
	Discussion *discussion.Service
	Identity   *identity.Service
	Files      *files.Store
	Budgets    Budgets                                    // nil: ideas stay ideas
	URL        func(t *tenant.Tenant, path string) string // what links in letters are made of
	Log        *slog.Logger
}

// Module is the idea box.
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
	return module.Manifest{Name: name, Path: "idees", Office: staff, Catalogue: catalogue}
}

// writeRate is how often an account may send the forms of ideas, whatever is in them.
var writeRate = web.Rate{Events: 60, Per: time.Minute}

// Mount adds the pages: reading for everybody, writing for accounts, answering for staff.
func (m *Module) Mount(site, office, _ fiber.Router) {
	h, limited := handlers{m.service}, web.LimitAccount(writeRate)
	site.Get("/", h.index)
	site.Get("/plan", h.plan)
	site.Get("/donnees.csv", h.openData)
	site.Get("/semblables", h.similar)
	site.Get("/nouvelle", web.RequireSignIn, h.newIdea)
	site.Post("/nouvelle", web.RequireSignIn, limited, h.create)
	site.Get("/:id", h.show)
	site.Get("/:id/photo", h.photo)
	site.Get("/:id/modifier", web.RequireSignIn, h.edit)
	site.Post("/:id/modifier", web.RequireSignIn, limited, h.save)
	site.Get("/:id/relire", web.RequireSignIn, h.review)
	site.Post("/:id/publier", web.RequireSignIn, limited, h.publish)
	site.Post("/:id/retirer", web.RequireSignIn, h.withdraw)
	site.Post("/:id/soutenir", web.RequireSignIn, limited, h.support)
	site.Post("/:id/soutenir/annuler", web.RequireSignIn, limited, h.unsupport)
	site.Post("/:id/suivre", web.RequireSignIn, h.follow)
	site.Post("/:id/budget", web.RequireSignIn, h.offer)

	o := officeHandlers{m.service}
	office.Get("/", o.index)
	office.Get("/export.csv", o.export)
	office.Get("/:id", o.idea)
	office.Post("/:id/reponse", o.answer)
	office.Post("/:id/fusionner", o.merge)
}

// Uploads are the routes that take more than an ordinary form: a photo.
func (*Module) Uploads() []web.Upload {
	const margin = 1 << 20
	return []web.Upload{
		{Pattern: sitePath + "/nouvelle", Limit: maxPhotoBytes + margin},
		{Pattern: sitePath + "/:id/modifier", Limit: maxPhotoBytes + margin},
	}
}
