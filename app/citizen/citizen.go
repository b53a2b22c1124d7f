// Package citizen identifies a person's account in one tenant, and what is
// proven about that person. It is a leaf: it imports nothing from the project.
package citizen

import (
	"context"
	"database/sql/driver"
	"slices"

	"github.com/google/uuid"
)

// ID identifies a citizen's account within a tenant.
type ID uuid.UUID

// NewID returns a random ID.
func NewID() ID { return ID(uuid.New()) }

// ParseID reads the canonical text form of an ID.
func ParseID(text string) (ID, error) {
	id, err := uuid.Parse(text)
	return ID(id), err
}

func (id ID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether id is unset.
func (id ID) IsZero() bool { return id == ID{} }

// Value stores an ID as a PostgreSQL uuid.
func (id ID) Value() (driver.Value, error) { return id.String(), nil }

// Scan implements sql.Scanner.
func (id *ID) Scan(src any) error { return (*uuid.UUID)(id).Scan(src) }

// Proof is how well something about a person is established. The two scales,
// of person and of residence, are independent of each other; each is ordered,
// so that a rule may ask for "at least".
type Proof int

// Proofs of person: who it is.
const (
	PersonNone          Proof = 0
	PersonEmail         Proof = 1 // answered a mail
	PersonPhone         Proof = 2
	PersonFranceConnect Proof = 3
	PersonDesk          Proof = 4 // shown at the town hall's desk
)

// Proofs of residence: where they live.
const (
	ResidenceNone     Proof = 0
	ResidenceDeclared Proof = 1 // an address typed by the person
	ResidenceLetter   Proof = 2 // a code received by post
	ResidenceDesk     Proof = 3 // shown at the town hall's desk
)

// Role is a power given to an account. A citizen without roles has none.
type Role string

// The roles. Their French names are message keys "role.<value>".
const (
	Agent         Role = "agent"         // town hall staff
	Official      Role = "official"      // élue, élu
	Moderator     Role = "moderator"     // modération
	Administrator Role = "administrator" // administration of the site
	Scrutineer    Role = "scrutineer"    // scrutateur of a poll
)

// Roles lists every role, in the order shown to administrators.
var Roles = []Role{Agent, Official, Moderator, Administrator, Scrutineer}

// Grant is a role within a scope. Empty scope fields mean the whole site.
type Grant struct {
	Role   Role
	Module string    // limits the grant to one module
	Zone   uuid.UUID // limits the grant to one zone; the zero value means all
}

// Viewer is whoever makes a request: a signed-in citizen, or a visitor (the
// zero value).
type Viewer struct {
	ID        ID
	SignedIn  bool
	Name      string // display name, chosen by the person
	Person    Proof
	Residence Proof
	Grants    []Grant
	Zone      uuid.UUID // where they live, zero if unknown
	BornOn    string    // "2001-05-30", "" if unknown
	Locale    string    // preferred language, "" for the site's
}

// Has reports whether v holds one of the roles for the module, either there
// or on the whole site, be it for a zone only. An administrator holds every
// role. It opens doors and menus; what is behind asks access.Table, or Governs.
func (v Viewer) Has(module string, roles ...Role) bool {
	return slices.ContainsFunc(v.Grants, func(g Grant) bool {
		inScope := g.Module == "" || g.Module == module
		return inScope && (slices.Contains(roles, g.Role) || g.Role == Administrator)
	})
}

// Governs reports whether v holds one of the roles on the whole site, limited
// neither to a module nor to a zone: what the site's own settings ask for.
func (v Viewer) Governs(roles ...Role) bool {
	return slices.ContainsFunc(v.Grants, func(g Grant) bool {
		return g.Module == "" && g.Zone == uuid.Nil && (slices.Contains(roles, g.Role) || g.Role == Administrator)
	})
}

// Staff reports whether v may enter the back office at all.
func (v Viewer) Staff() bool { return v.SignedIn && len(v.Grants) > 0 }

type contextKey struct{}

// NewContext returns ctx carrying v.
func NewContext(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// FromContext returns the viewer in ctx; a visitor when there is none.
func FromContext(ctx context.Context) Viewer {
	v, _ := ctx.Value(contextKey{}).(Viewer)
	return v
}
