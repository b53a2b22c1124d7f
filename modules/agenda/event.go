package agenda

import (
	"time"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// Bounds of what is typed, in characters.
const (
	maxTitle  = 150
	maxBody   = 10_000
	maxPlace  = 200
	maxReason = 500
)

// farthest is how long ahead a date still makes sense: further is a slip of
// the keyboard.
const farthest = 2 * 366 * 24 * time.Hour

// usualLength is how long an event lasts when nobody said.
const usualLength = 2 * time.Hour

// Event is something that happens in the town.
type Event struct {
	ID      uuid.UUID
	Version int64 // grows at each change
	Details

	CancelledAt  time.Time // zero unless cancelled
	CancelReason string
	UpdatedAt    time.Time
	Now          time.Time // the town's clock when it was read
}

// Details are what an event says of itself.
type Details struct {
	Association uuid.UUID // whose it is; zero: the town hall's
	Title       string
	Body        string // Markdown
	Place       string
	Zone        uuid.UUID // zero: the whole territory
	At          places.Point
	Starts      time.Time
	Ends        time.Time
	AllDay      bool // whole days of the town
}

// Cancelled reports whether the event does not take place.
func (e *Event) Cancelled() bool { return !e.CancelledAt.IsZero() }

// Over reports whether the event has ended.
func (e *Event) Over() bool { return !e.Ends.After(e.Now) }

// dayOf is the first moment of a day of the town.
func dayOf(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// nextDay is the first moment of the day after, which is not always 24 hours
// later.
func nextDay(day time.Time, days int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, day.Location())
}

// trimmed returns the details as they are kept: whole days from their first
// moment to the first of the day after, two hours where no end was given.
func (d Details) trimmed(t *tenant.Tenant) Details {
	d.Title, d.Place = writing.Line(d.Title), writing.Line(d.Place)
	d.Body = writing.Tidy(d.Body)
	switch {
	case d.Starts.IsZero():
	case d.AllDay:
		d.Starts = dayOf(d.Starts, t.TimeZone)
		if d.Ends.IsZero() {
			d.Ends = d.Starts
		}
		d.Ends = nextDay(dayOf(d.Ends, t.TimeZone), 1)
	case d.Ends.IsZero():
		d.Ends = d.Starts.Add(usualLength)
	}
	return d
}

// check says what is wrong with trimmed details, seen at a moment. What is past
// may stay so, but nothing new is announced afterwards.
func (d Details) check(t *tenant.Tenant, now time.Time, fresh bool) error {
	var wrong fault.Complaints
	wrong.When(d.Title == "", "title", "agenda.title.missing")
	wrong.Bound(d.Title, "title", maxTitle)
	wrong.When(d.Starts.IsZero(), "starts", "agenda.starts.missing")
	wrong.When(d.Starts.After(now.Add(farthest)), "starts", "agenda.starts.far")
	wrong.When(!d.Starts.IsZero() && !d.Ends.After(d.Starts), "ends", "agenda.ends.before")
	wrong.When(d.Ends.Sub(d.Starts) > module.LongestEntry, "ends", "agenda.ends.far")
	wrong.When(fresh && !d.Starts.IsZero() && d.Ends.After(d.Starts) && !d.Ends.After(now), "starts", "agenda.starts.past")
	wrong.Bound(d.Place, "place", maxPlace)
	known := d.Zone == uuid.Nil || t.HasZone(d.Zone)
	wrong.When(!known, "zone", "agenda.zone.unknown")
	wrong.Bound(d.Body, "body", maxBody)
	return wrong.Err()
}
