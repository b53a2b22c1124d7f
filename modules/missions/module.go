// Package missions is where associations and the town hall ask for a hand, and
// people give one: an inscription in three steps, one thread on the site, hours
// validated in an append-only ledger, and the aid that hours lead to.
//
// It never shows anybody's address of mail or telephone: the module does not
// read them, letters leave through app/identity. It never counts an hour on the
// word of the person themselves.
package missions

import (
	"embed"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/database"
	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/web"
)

// name is the module's: schema, message keys and migrations carry it.
const name = "missions"

var (
	_ module.Module       = (*Module)(nil)
	_ module.Carder       = (*Module)(nil)
	_ module.Counters     = (*Module)(nil)
	_ module.Navigator    = (*Module)(nil)
	_ module.Searcher     = (*Module)(nil)
	_ module.Todoer       = (*Module)(nil)
	_ module.PersonalData = (*Module)(nil)
	_ module.Activity     = (*Module)(nil)
	_ module.Companion    = (*Module)(nil)
	_ module.Calendarer   = (*Module)(nil)
	_ module.Reminder     = (*Module)(nil)
	_ module.Workplace    = (*Module)(nil)
)

//go:embed i18n/*.json
var catalogue embed.FS

// Deps are what the module works with.
type Deps struct {
	DB       *database.DB
	Identity *identity.Service
	Hosts    module.Organisations                       // who answers for which association; nil without a directory
	URL      func(t *tenant.Tenant, path string) string // where letters lead
	Secret   []byte                                     // signs the codes shown at check-in
	Log      *slog.Logger
}

// Module is the missions feature.
type Module struct{ service *service }

// New returns the module, ready to mount.
func New(d Deps) *Module {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Module{service: &service{db: d.DB, people: d.Identity, hosts: d.Hosts, url: d.URL, secret: d.Secret, log: d.Log}}
}

// Manifest names the module.
func (*Module) Manifest() module.Manifest {
	return module.Manifest{Name: name, Path: "missions", Office: staff, Catalogue: catalogue}
}

// How often one may write to others, or act on them.
var (
	messages    = web.Rate{Events: 20, Per: time.Hour}
	invitations = web.Rate{Events: 30, Per: time.Hour}
)

// Mount adds the pages: reading for everybody, joining for who is signed in,
// running a mission for who answers for its host.
func (m *Module) Mount(site, office, _ fiber.Router) {
	h := handlers{m.service}
	site.Get("/", h.index)
	site.Get("/mon-engagement", web.RequireSignIn, h.mine)
	site.Post("/mon-engagement", web.RequireSignIn, h.offer)
	site.Post("/mon-engagement/demande", web.RequireSignIn, h.claim)
	door := site.Group("/pointage", web.RequireSignIn)
	door.Get("/:pass", h.checkIn)
	door.Post("/:pass", h.checkedIn)
	m.mountThreads(site.Group("/inscriptions/:inscription", web.RequireSignIn), h)
	m.mountDesk(site.Group("/gerer", web.RequireSignIn), h)
	site.Get("/:id", h.show)
	site.Get("/:id/inscription", web.RequireSignIn, h.choose)
	site.Post("/:id/inscription", web.RequireSignIn, h.chosen)
	join := site.Group("/:id/inscription", web.RequireSignIn)
	join.Get("/message", h.intro)
	join.Post("/message", h.introduced)
	join.Get("/confirmation", h.confirm)
	join.Post("/confirmation", web.LimitAccount(messages), h.confirmed)

	o := officeHandlers{m.service}
	office.Get("/", o.index)
	office.Get("/dispositif", o.scheme)
	office.Post("/dispositif", o.saveScheme)
	office.Get("/demandes", o.claims)
	office.Post("/demandes/:claim/decider", o.decide)
	office.Post("/demandes/:claim/payer", o.pay)
	office.Get("/signalements", o.flags)
	office.Post("/signalements/:message", o.settleFlag)
	office.Get("/:id", o.overview)
	office.Post("/:id", o.cancel)
}

// mountThreads adds the pages of an inscription.
func (*Module) mountThreads(r fiber.Router, h handlers) {
	r.Get("/", h.inscription)
	r.Post("/messages", web.LimitAccount(messages), h.say)
	r.Post("/messages/:message/signaler", h.flag)
	r.Post("/retirer", h.withdraw)
	r.Post("/accepter", h.accept)
	r.Post("/refuser", h.refuse)
	r.Post("/presence", h.attend)
	r.Post("/heures", h.validate)
	r.Post("/heures/:line", h.correct)
}

// mountDesk adds the pages from which missions are run.
func (*Module) mountDesk(r fiber.Router, h handlers) {
	r.Get("/", h.desk)
	r.Get("/nouvelle", h.newMission)
	r.Post("/nouvelle", h.createMission)
	r.Get("/:id", h.lead)
	r.Get("/:id/texte", h.editMission)
	r.Post("/:id/texte", h.saveMission)
	r.Post("/:id/publier", h.publish)
	r.Post("/:id/annuler", h.cancel)
	r.Post("/:id/supprimer", h.delete)
	r.Post("/:id/creneaux", h.addSlot)
	r.Post("/:id/creneaux/:slot", h.moveSlot)
	r.Post("/:id/creneaux/:slot/retirer", h.removeSlot)
	r.Get("/:id/inscriptions.csv", h.export)
	r.Get("/:id/benevoles", h.find)
	r.Post("/:id/benevoles/:citizen/inviter", web.LimitAccount(invitations), h.invite)
}
