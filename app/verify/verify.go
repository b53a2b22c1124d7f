// Package verify is where anyone checks a vote, without an account: the page
// /verifier, the logs of polls as public tools read them, the archives and
// receipts to take away, and the command `parvis verify`. What is true is
// decided by voting/proof; what may be seen, by the ballot box.
package verify

import (
	"context"
	"embed"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/journal"
	"parvis/app/web"
	"parvis/realtime"
)

// Catalogue holds the package's messages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Polls says who may see a poll: the booth does.
type Polls interface {
	// Audience returns as whom v follows the topic of a poll, or a fault NotFound.
	Audience(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, topic realtime.Topic, asked realtime.Audience) (realtime.Audience, error)
}

// Deps is what Pages need.
type Deps struct {
	Journal *journal.Journal
	Box     *voting.Box
	Polls   Polls
}

// Pages serves the verifier and what it verifies.
type Pages struct {
	journal *journal.Journal
	box     *voting.Box
	polls   Polls
	busy    chan struct{} // one token for each verification at work
}

// New returns the pages.
func New(d Deps) *Pages {
	return &Pages{journal: d.Journal, box: d.Box, polls: d.Polls, busy: make(chan struct{}, atOnce)}
}

// Bounds of what the server verifies for others: their own machine does it as
// well. The edge takes no more than a megabyte from visitors.
const (
	maxArchive = 32_000_000 // of somebody who is signed in
	maxVisitor = 1_000_000
	atOnce     = 2
)

// The two addresses of the form.
const (
	visitorsPath = "/verifier"
	membersPath  = "/verifier/archive"
)

var verifyRate = web.Rate{Events: 60, Per: time.Minute}

// Faults of a verification.
var (
	ErrBusy      = fault.New(fault.Unavailable, "verify.busy")
	ErrNoExample = fault.New(fault.NotFound, "verify.no_example")
)

// Uploads are the routes that take files.
func Uploads() []web.Upload {
	return []web.Upload{
		{Pattern: visitorsPath, Limit: maxVisitor + 32<<10}, // with the receipt, and what the browser adds
		{Pattern: membersPath, Limit: maxArchive + web.BodyLimit},
	}
}

// Mount adds the public pages.
func (p *Pages) Mount(site fiber.Router) {
	limited := web.LimitEveryone(verifyRate)
	site.Get(visitorsPath, limited, p.show)
	site.Post(visitorsPath, limited, p.check)
	site.Get(membersPath, func(c *fiber.Ctx) error { return web.SeeOther(c, visitorsPath) })
	site.Post(membersPath, web.RequireSignIn, limited, p.check)
	site.Get("/verifier/cle", p.townKey)
	site.Get("/verifier/exemples/:name", p.example)
	site.Get("/votes/:poll/journal/checkpoint", p.checkpoint)
	site.Get("/votes/:poll/journal/cle", p.pollKey)
	site.Get("/votes/:poll/journal/tile/*", p.tile)
	site.Get("/votes/:poll/archive", p.archive)
	site.Get("/votes/:poll/recepisse/:number/fichier", p.receipt)
}
