// Package consultations is what a commune asks its inhabitants: a question in
// one sentence, a dossier to answer it with, polls, then what was decided and
// what became of it. It never counts a ballot nor shows who voted what: the
// polls belong to the ballot box (app/voting), their pages to app/booth.
package consultations

import (
	"embed"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth"
	"parvis/app/database"
	"parvis/app/files"
	"parvis/app/module"
	"parvis/app/voting"
	"parvis/app/web"
)

// name is the module's: schema, message keys and migrations carry it.
const name = "consultations"

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

// Deps are what the module works with.
type Deps struct {
	DB    *database.DB
	Box   *voting.Box
	Files *files.Store
	Live  voting.Announcer // told when a poll's state has changed; may be nil
	Log   *slog.Logger
}

// Module is the consultations feature.
type Module struct{ service *service }

// New returns the module, ready to mount.
func New(d Deps) *Module {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Module{service: &service{db: d.DB, box: d.Box, files: d.Files, live: d.Live, log: d.Log}}
}

// Manifest names the module.
func (*Module) Manifest() module.Manifest {
	return module.Manifest{Name: name, Path: "consultations", Office: staff, Catalogue: catalogue}
}

// Mount adds the pages: reading for everybody, writing and leading for staff.
func (m *Module) Mount(site, office, _ fiber.Router) {
	h := handlers{m.service}
	site.Get("/", h.index)
	site.Get("/:id", h.show)
	site.Get("/:id/documents/:document", h.download)

	o := officeHandlers{m.service}
	office.Get("/", o.index)
	office.Get("/export.csv", o.export)
	office.Get("/nouvelle", o.newText)
	office.Post("/nouvelle", o.create)
	office.Get("/:id", o.lead)
	office.Get("/:id/apercu", o.preview)
	office.Get("/:id/texte", o.text)
	office.Post("/:id/texte", o.saveText)
	office.Post("/:id/supprimer", o.delete)
	office.Get("/:id/documents", o.documents)
	office.Post("/:id/documents", o.addDocument)
	office.Get("/:id/documents/:document", o.download)
	office.Post("/:id/documents/:document/retirer", o.removeDocument)
	office.Get("/:id/votes", o.polls)
	office.Get("/:id/votes/nouveau", o.newPoll)
	office.Post("/:id/votes/nouveau", o.addPoll)
	office.Get("/:id/votes/:poll", o.poll)
	office.Post("/:id/votes/:poll", o.savePoll)
	office.Post("/:id/votes/:poll/retirer", o.removePoll)
	office.Post("/:id/votes/:poll/deplacer", o.movePoll)
	office.Post("/:id/publier", o.publish)
	office.Post("/:id/ouvrir", o.open)
	office.Post("/:id/prolonger", o.extend)
	office.Post("/:id/clore", o.close)
	office.Post("/:id/annuler", o.cancel)
	office.Get("/:id/suites", o.follow)
	office.Post("/:id/suites", o.decide)
	office.Post("/:id/suites/notes", o.addNote)
	office.Post("/:id/suites/notes/:note/retirer", o.removeNote)
}

// Uploads are the routes that take more than an ordinary form: a long text, as
// browsers write it, and documents.
func (*Module) Uploads() []web.Upload {
	const text, margin = 512 << 10, 1 << 20
	return []web.Upload{
		{Pattern: officePath + "/nouvelle", Limit: text},
		{Pattern: officePath + "/:id/texte", Limit: text},
		{Pattern: officePath + "/:id/suites", Limit: text},
		{Pattern: officePath + "/:id/documents", Limit: maxDocumentBytes + margin},
	}
}
