// Package discussion is what people say of the things of any module: they
// support them, comment on them and flag what has no place there; moderators
// decide, with a reason that the author reads and may appeal against, and the
// numbers are public. It never decides what a thing is or who may see it: the
// module that holds it says so, as its Host.
package discussion

import (
	"context"
	"embed"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/identity"
	"parvis/app/tenant"
)

// Catalogue holds the package's messages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Subject is a thing that people speak of.
type Subject struct {
	Module string
	ID     uuid.UUID
}

// Host is a module whose things are spoken of.
type Host interface {
	// Topic returns a thing as v may see it, or a fault NotFound.
	Topic(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (Topic, error)
	// Commented is told, in the transaction, that so many comments more, or
	// fewer, can be seen below a thing; at is when one was added, zero otherwise.
	Commented(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, more int, at time.Time) error
	// Moderated is told, in the transaction, whether the thing itself may be seen.
	Moderated(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, seen Seen) error
}

// Seen is whether a content may be seen by everybody.
type Seen string

// What a content is to everybody.
const (
	Visible   Seen = "visible"
	Pending   Seen = "pending"   // hidden by flags until a moderator has looked
	Hidden    Seen = "hidden"    // by a moderator
	Withdrawn Seen = "withdrawn" // by its author
)

// Topic is a thing as the discussion below it needs to know it.
type Topic struct {
	Title  string
	Text   string // what moderators judge, Markdown
	Href   string // its page
	Author citizen.ID
	Seen   Seen
	Closed string // message key: why nothing more is said there; "" while it is open
	Zone   uuid.UUID
}

// Hosted is a host and how addresses name it.
type Hosted struct {
	Name, Path string // of its manifest
	Host       Host
}

// Deps is what New needs.
type Deps struct {
	DB       *database.DB
	Identity *identity.Service
	Hosts    func() []Hosted
	URL      func(t *tenant.Tenant, path string) string // what links in letters are made of
}

// Service keeps supports, comments, flags and cases.
type Service struct {
	db       *database.DB
	identity *identity.Service
	hosts    func() []Hosted
	url      func(t *tenant.Tenant, path string) string
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{db: d.DB, identity: d.Identity, hosts: d.Hosts, url: d.URL}
}

// host finds the module of a subject, if the town has it.
func (s *Service) host(t *tenant.Tenant, module string) (Host, bool) {
	for _, h := range s.hosts() {
		if h.Name == module && t.Enabled(module) {
			return h.Host, true
		}
	}
	return nil, false
}

// topic returns a subject as v may see it, and its host.
func (s *Service) topic(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, subject Subject) (Topic, Host, error) {
	host, ok := s.host(t, subject.Module)
	if !ok {
		return Topic{}, nil, ErrNotFound
	}
	topic, err := host.Topic(ctx, tx, t, v, subject.ID)
	return topic, host, err
}

func now(ctx context.Context, tx bun.IDB) (at time.Time, err error) {
	err = tx.NewRaw(`SELECT core.now()`).Scan(ctx, &at)
	return at, err
}
