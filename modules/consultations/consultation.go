package consultations

import (
	"time"

	"github.com/google/uuid"

	"parvis/app/voting"
)

// Bounds of what staff type, in characters.
const (
	maxTitle   = 150
	maxSummary = 600
	maxEasy    = 2_000
	maxBody    = 30_000
	maxPromise = 2_000
	maxOutcome = 10_000
	maxReason  = 500
	maxNote    = 2_000
)

// Consultation is what a commune asks its inhabitants, with all that helps them
// answer and what was done with the answer.
type Consultation struct {
	ID      uuid.UUID
	Version int64 // grows at each change

	Text
	Schedule

	Published    bool
	PublishedAt  time.Time
	CancelledAt  time.Time // zero unless cancelled
	CancelReason string
	Outcome      Outcome // zero until decided
	OutcomeAt    time.Time
	UpdatedAt    time.Time

	// Now is the database's clock when the consultation was read: what its
	// phase, and any countdown, is relative to.
	Now time.Time
}

// Text is what a consultation says.
type Text struct {
	Title   string // the question in one sentence
	Summary string
	Easy    string    // the summary in plain words (facile à lire et à comprendre)
	Body    string    // the dossier, Markdown
	Promise string    // what the town hall will do with the result
	Zone    uuid.UUID // the part of the territory it is about; zero: all of it
}

// Schedule is when a consultation takes answers. A draft may lack either date.
type Schedule struct {
	OpensAt, ClosesAt time.Time
}

// Outcome is what the council decided, once the answer was known (la délibération).
type Outcome struct {
	Text   string    // Markdown
	On     time.Time // the day of the délibération, zero when there is none
	Number string
	URL    string
}

// Document is a piece of the dossier.
type Document struct {
	ID        uuid.UUID
	Title     string
	MediaType string
	Size      int64
	SHA256    string
	AddedAt   time.Time
}

// Change is a line of the public register: what changed once people could see
// the consultation, and why.
type Change struct {
	At           time.Time
	Kind         ChangeKind
	Reason       string
	Was, Becomes time.Time // the end before and after; zero when the end did not move
}

// ChangeKind is what a change did.
type ChangeKind string

// The kinds of changes.
const (
	WasPublished   ChangeKind = "published"
	WasEdited      ChangeKind = "edited"
	GotDocument    ChangeKind = "document"
	WasRescheduled ChangeKind = "rescheduled"
	WasOpened      ChangeKind = "opened" // before its date
	WasClosed      ChangeKind = "closed" // before its date
	WasExtended    ChangeKind = "extended"
	WasCancelled   ChangeKind = "cancelled"
	WasDecided     ChangeKind = "decided"
	WasCorrected   ChangeKind = "corrected" // the published decision was
)

// FollowUp is a dated note on what became of the decision.
type FollowUp struct {
	ID   uuid.UUID
	At   time.Time
	Text string
}

// Dossier is a consultation with everything that hangs on it.
type Dossier struct {
	Consultation
	Documents []Document
	Changes   []Change
	FollowUps []FollowUp // oldest first
	Polls     []*voting.Poll
}

// Phase is where a consultation stands.
type Phase string

// The phases. Opening and closing are moments of the database's clock, not acts.
const (
	Draft     Phase = "draft"
	Upcoming  Phase = "upcoming"
	Open      Phase = "open"
	Closed    Phase = "closed"  // waiting for the decision
	Decided   Phase = "decided" // the decision is published
	Cancelled Phase = "cancelled"
)

// Phase returns where c stood when it was read.
func (c *Consultation) Phase() Phase { return c.PhaseAt(c.Now) }

// PhaseAt returns where c stands at a moment.
func (c *Consultation) PhaseAt(now time.Time) Phase {
	switch {
	case !c.Published:
		return Draft
	case !c.CancelledAt.IsZero():
		return Cancelled
	case !c.OutcomeAt.IsZero():
		return Decided
	case now.Before(c.OpensAt):
		return Upcoming
	case now.Before(c.ClosesAt):
		return Open
	}
	return Closed
}

// subject is how the ballot box knows a consultation.
func subject(id uuid.UUID) voting.Subject { return voting.Subject{Module: name, ID: id} }
