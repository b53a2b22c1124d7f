package missions

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/places"
)

// Bounds of what people type, in characters.
const (
	maxTitle   = 120
	maxBody    = 8_000
	maxPattern = 150
	maxAddress = 200
	maxReason  = 500
	maxMessage = 2_000
)

// Bounds of a mission.
const (
	maxSlots    = 60
	maxCapacity = 1000
	maxSkills   = 3
	adult       = 18
	youngest    = 16 // of a mission open to minors
)

// Kind is how a mission comes back.
type Kind string

// The kinds.
const (
	Dated   Kind = "dated"   // once, at dated slots
	Regular Kind = "regular" // again and again, as its pattern says
)

// Themes are what missions are about.
var Themes = []string{"solidarity", "elders", "youth", "culture", "environment", "sport", "health", "animals", "heritage", "festivities", "digital"}

// Skills are what missions ask for, and people offer.
var Skills = []string{
	"listening", "reading", "teaching", "cooking", "driving", "handiwork", "gardening", "music", "drawing", "languages", "computers",
	"accounts", "communication", "first_aid", "sports", "sewing",
}

// Availabilities are when people can lend a hand.
var Availabilities = []string{"weekdays", "evenings", "saturdays", "sundays", "holidays"}

// Mission is a hand asked for.
type Mission struct {
	ID      uuid.UUID
	Version int64 // grows at each change

	Text

	Host         uuid.UUID // the association that asks; zero: the town hall
	CreatedBy    citizen.ID
	Published    bool
	PublishedAt  time.Time
	CancelledAt  time.Time // zero unless cancelled
	CancelReason string
	UpdatedAt    time.Time

	// Now is the database's clock when the mission was read.
	Now   time.Time
	Slots []Slot // in order; lists leave all but the next one out
}

// Text is what a mission says.
type Text struct {
	Kind       Kind
	Title      string
	Body       string // Markdown
	Theme      string
	Skills     []string
	Pattern    string // when, in words, of a regular one
	Zone       uuid.UUID
	Address    string
	Place      places.Point // zero: not on the plan
	Minors     bool         // open from sixteen years on
	Accessible bool         // with reduced mobility
	Approval   bool         // its host accepts each inscription
	Project    Project
}

// Project is the winning project of a budget that a mission helps along.
type Project struct{ Title, Href string }

// Slot is when help is needed, and by how many.
type Slot struct {
	ID               uuid.UUID
	Mission          uuid.UUID
	StartsAt, EndsAt time.Time // zero for a regular mission
	Capacity, Taken  int
}

// Left is how many people are still needed.
func (s Slot) Left() int { return s.Capacity - s.Taken }

// overAt reports whether a dated slot has ended.
func (s Slot) overAt(now time.Time) bool { return !s.EndsAt.IsZero() && !now.Before(s.EndsAt) }

// startedAt reports whether it is too late to join or leave a dated slot.
func (s Slot) startedAt(now time.Time) bool { return !s.StartsAt.IsZero() && !now.Before(s.StartsAt) }

// Phase is where a mission stands.
type Phase string

// The phases.
const (
	Draft     Phase = "draft"
	Open      Phase = "open"
	Full      Phase = "full" // one may still wait for a place
	Over      Phase = "over"
	Cancelled Phase = "cancelled"
)

// Phase returns where m stood when it was read.
func (m *Mission) Phase() Phase {
	coming := slices.DeleteFunc(slices.Clone(m.Slots), func(s Slot) bool { return s.startedAt(m.Now) })
	switch {
	case !m.Published:
		return Draft
	case !m.CancelledAt.IsZero():
		return Cancelled
	case len(coming) == 0:
		return Over
	case !slices.ContainsFunc(coming, func(s Slot) bool { return s.Left() > 0 }):
		return Full
	}
	return Open
}

// slot returns the slot of an ID, and whether m has it.
func (m *Mission) slot(id uuid.UUID) (Slot, bool) {
	i := slices.IndexFunc(m.Slots, func(s Slot) bool { return s.ID == id })
	if i < 0 {
		return Slot{}, false
	}
	return m.Slots[i], true
}

// State is where an inscription stands.
type State string

// The states of an inscription. Pending and accepted ones hold a place.
const (
	Drafted   State = "draft" // being filled in
	Pending   State = "pending"
	Accepted  State = "accepted"
	Waiting   State = "waiting" // for a place
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
	Dropped   State = "cancelled" // with the mission
)

// Holds reports whether an inscription in this state takes a place.
func (s State) Holds() bool { return s == Pending || s == Accepted }

// Active reports whether the person means to come.
func (s State) Active() bool { return s.Holds() || s == Waiting }

// Inscription is somebody's offer to help at a slot.
type Inscription struct {
	ID         uuid.UUID
	Mission    uuid.UUID
	Slot       uuid.UUID
	Citizen    citizen.ID
	Name       string // of the person, as they chose it; "" once erased
	BornOn     string // "" if unknown: never leaves the server
	State      State
	Intro      string
	Reason     string
	AskedAt    time.Time
	UpdatedAt  time.Time
	Attendance string // "", "present", "absent"
	AttendedBy string // "", "qr", "list"
	Minutes    int64  // validated so far
}

// Message is a line of the thread of an inscription.
type Message struct {
	ID       uuid.UUID
	FromHost bool
	Author   citizen.ID
	Body     string
	At       time.Time
	Flagged  bool
	Hidden   bool
}

// HoursLine is a line of the ledger.
type HoursLine struct {
	ID          int64
	Inscription uuid.UUID
	Corrects    int64 // 0: hours given
	Day         time.Time
	StartsAt    time.Time
	Minutes     int64
	Source      string
	Reason      string
	At          time.Time
	Mission     uuid.UUID
	Title       string // of the mission
	Host        uuid.UUID
}
