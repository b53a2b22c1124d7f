package module

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Calendarer is a module with dated things that belong in the town's agenda.
type Calendarer interface {
	// Calendar returns what v may see of them, by start then ID, as q asks.
	Calendar(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, q CalendarQuery) ([]CalendarEntry, error)
}

// LongestEntry is how long an entry of the agenda may last: what goes on at a
// moment began within that time before it.
const LongestEntry = 92 * 24 * time.Hour

// CalendarQuery asks for a part of the agenda: what starts in [From, To). A
// page after another one begins where that one ended.
type CalendarQuery struct {
	From, To     time.Time
	After        uuid.UUID // of what starts at From exactly, only IDs beyond this one; zero: all
	GoingOnAt    time.Time // leaves out what had ended by then; zero: nothing is left out
	Zone         uuid.UUID // about this zone or the whole territory; zero: all
	Organisation uuid.UUID // of this association only; zero: all
	Module       string    // of this module only, for whoever gathers; "": all
	Limit        int
}

// Reaches reports whether something from starts to ends is asked for, zone and
// organisation aside, by modules that do not ask the database.
func (q CalendarQuery) Reaches(id uuid.UUID, starts, ends time.Time) bool {
	if starts.Before(q.From) || !starts.Before(q.To) {
		return false
	}
	if starts.Equal(q.From) && q.After != uuid.Nil && bytes.Compare(id[:], q.After[:]) <= 0 {
		return false
	}
	return q.GoingOnAt.IsZero() || ends.After(q.GoingOnAt) || !starts.Before(q.GoingOnAt)
}

// CalendarEntry is a line of the agenda.
type CalendarEntry struct {
	ID           uuid.UUID // never changes: subscriptions know the entry by it
	Kind         string    // message key: what it is
	Icon         string
	Title        string
	Text         string // a few plain sentences
	Place        string
	Organiser    string
	Href         string
	Action       string    // message key: what one can do there, such as taking part; "" to read only
	Starts, Ends time.Time // the same moment for a closing
	AllDay       bool      // whole days of the town: Ends is the first moment of the day after
	Cancelled    bool
	Revision     int64 // grows at each change
	ChangedAt    time.Time
	Lat, Lon     int    // micro-degrees; both zero for no place
	Module       string // whose it is: filled in by whoever gathers
}

// Agenda returns a town's agenda, made of what its modules say: at most q.Limit
// entries by start, then module, then ID. after is the last entry of the page
// before, of which only those three count; nil for the first page.
type Agenda func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, q CalendarQuery, after *CalendarEntry) ([]CalendarEntry, error)

// Organisation is an association, as modules that work for associations may
// know it: everything here is public.
type Organisation struct {
	ID       uuid.UUID
	Name     string
	Href     string // its page
	Desk     string // the page of those who answer for it
	Verified bool   // the town hall has checked it: only then may it publish
	Listed   bool   // its page is public
	Zone     uuid.UUID
	Address  string
	Lat, Lon int // micro-degrees; both zero for no place
}

// Organisations tells who answers for which association. Modules that work
// for associations ask for as much of it as they need.
type Organisations interface {
	// Organisation returns one by its ID, or a fault NotFound.
	Organisation(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (Organisation, error)
	// Organisations returns those of the IDs that exist.
	Organisations(ctx context.Context, tx bun.IDB, t tenant.ID, ids ...uuid.UUID) (map[uuid.UUID]Organisation, error)
	// OrganisationsOf returns those that a citizen answers for, by name.
	OrganisationsOf(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]Organisation, error)
	// AnswersFor reports whether a citizen answers for an association.
	AnswersFor(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, c citizen.ID) (bool, error)
	// Responsibles returns who answers for an association.
	Responsibles(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) ([]citizen.ID, error)
}

// Workplace is a module in which associations have something to do: their own
// page gathers it.
type Workplace interface {
	Manifest() Manifest
	// Workplace returns what waits for those who answer for an association, and
	// the doors that are open to them. It is only asked for by one of them.
	Workplace(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, organisation Organisation) ([]Todo, []Entry, error)
}
