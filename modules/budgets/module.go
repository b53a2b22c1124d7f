// Package budgets is the participatory budget: an edition with its money, its
// règlement and its dates; the projects that people deposit; their study by the
// services, published all together; and, once voted on and chosen by the
// council, what becomes of the winners. It never counts a ballot: the vote is a
// poll of the ballot box (app/voting).
package budgets

import (
	"embed"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/files"
	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// name is the module's: schema, message keys and migrations carry it.
const name = "budgets"

var _ module.Module = (*Module)(nil)

//go:embed i18n/*.json
var catalogue embed.FS

// staff is who works in the module's back office.
var staff = []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator}

// Deps are what the module works with.
type Deps struct {
	DB       *database.DB
	Box      *voting.Box
	Files    *files.Store
	Identity *identity.Service                          // tells authors what became of their project
	URL      func(t *tenant.Tenant, path string) string // the full address of a page
	Live     voting.Announcer                           // told when a poll's state has changed; may be nil
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

// Mount adds the pages.
func (m *Module) Mount(_, _, _ fiber.Router) {}

// service holds the use cases, one verb each, and their transactions.
type service struct {
	Deps
	store store
}
