package voting

import (
	"database/sql/driver"
	"slices"
	"time"

	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/voting/counting"
)

// PollID identifies a poll within a tenant.
type PollID uuid.UUID

// NewPollID returns a random ID.
func NewPollID() PollID { return PollID(uuid.New()) }

// ParsePollID reads the canonical text form of an ID.
func ParsePollID(text string) (PollID, error) {
	id, err := uuid.Parse(text)
	return PollID(id), err
}

func (id PollID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether id is unset.
func (id PollID) IsZero() bool { return id == PollID{} }

// Value stores an ID as a PostgreSQL uuid.
func (id PollID) Value() (driver.Value, error) { return id.String(), nil }

// Scan implements sql.Scanner.
func (id *PollID) Scan(src any) error { return (*uuid.UUID)(id).Scan(src) }

// MarshalText writes an ID as text in JSON.
func (id PollID) MarshalText() ([]byte, error) { return uuid.UUID(id).MarshalText() }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *PollID) UnmarshalText(b []byte) error { return (*uuid.UUID)(id).UnmarshalText(b) }

// OptionID names an option inside its poll: short, stable, never reused, "a".
type OptionID = string

// Subject is what a poll is about: a consultation, a budget, a meeting. The
// box knows only its module and its ID.
type Subject struct {
	Module string    `json:"module"`
	ID     uuid.UUID `json:"id"`
}

// Method names how ballots are cast and counted.
type Method = counting.Method

// The methods a poll may use today.
const (
	Plurality    = counting.Plurality    // one option
	Approval     = counting.Approval     // up to MaxChoices options
	YesNoAbstain = counting.YesNoAbstain // an answer per option
)

// Methods lists them in the order they are offered.
var Methods = []Method{Plurality, Approval, YesNoAbstain}

// The answers of a yes-no-abstain ballot. An option without a mark abstains.
const (
	Yes     = int(counting.Yes)
	No      = int(counting.No)
	Abstain = int(counting.Abstain)
)

// Chosen is the value of a mark in a plurality or approval ballot.
const Chosen = 1

// Visibility says what is shown of a poll while it is open. Whatever it is,
// no count per option is shown below MinShown ballots.
type Visibility string

// The visibilities, from the most to the least open.
const (
	Live    Visibility = "live"    // counts per option, as they come: opinion polls only
	Turnout Visibility = "turnout" // how many have voted: the default
	Hidden  Visibility = "hidden"  // nothing
)

// Release says when the results are shown.
type Release string

// The releases.
const (
	AtClosing Release = "at_closing" // to everybody, in the second the poll closes: the default
	ByAct     Release = "by_act"     // when the office publishes them
)

// VoterKind is what makes a voter one voter. It is fixed when a poll opens.
type VoterKind string

// The kinds of voters.
const (
	AccountVoter  VoterKind = "account"  // one ballot per account
	IdentityVoter VoterKind = "identity" // one ballot per person, whatever their accounts: an identity is checked
	DeviceVoter   VoterKind = "device"   // one ballot per device: a poll open to the room
	TicketVoter   VoterKind = "ticket"   // one ballot per printed ticket: a poll open to the room
)

// Electorate is who may vote.
type Electorate struct {
	// Requirements are what an account must have shown. They do not apply in a
	// poll open to the room, which asks for no account.
	access.Requirements
	// Imported polls take the ballots of a file that somebody else published,
	// and nobody's besides.
	Imported bool `json:"imported,omitempty"`

	// List is the kind of list that voters must be on, if there is one. They are
	// looked for with what they have proven.
	List ListKind `json:"list,omitempty"`

	// Later lets people fill in the ballot first and prove who they are last: it
	// waits, uncounted, until they have.
	Later bool `json:"later,omitempty"`
}

// Room opens a poll to whoever is present.
type Room struct {
	Open  bool      `json:"open"`
	Code  string    `json:"code,omitempty"` // six characters to type, unique on the site
	Voter VoterKind `json:"voter"`          // what makes a voter there: a device (the default), a ticket, or an account
}

// Anonymous reports whether the room asks for no account: the electorate's
// requirements have nobody to be asked of.
func (r Room) Anonymous() bool { return r.Open && r.Voter != AccountVoter }

// Option is one thing to vote for.
type Option struct {
	ID          OptionID `json:"id"`
	Label       string   `json:"label"`
	Description string   `json:"description,omitempty"`

	// Of a project, in a vote on a budget: what it costs, in cents, the zone
	// whose envelope pays it ("" is the whole town), and whether it was
	// withdrawn. Who voted for it before has voted for it; it cannot win.
	Cost      int64  `json:"cost,omitempty"`
	Zone      string `json:"zone,omitempty"`
	Withdrawn bool   `json:"withdrawn,omitempty"`
}

// State is where a poll stands in its life.
type State string

// The states, in order. A poll leaves none of them backwards.
const (
	Draft     State = "draft"     // being written; nobody else sees it
	Scheduled State = "scheduled" // its dates are known
	Open      State = "open"      // ballots are taken
	Closed    State = "closed"    // no more ballots
	Counted   State = "counted"   // the result is logged
	Published State = "published" // the office has published the result
	Cancelled State = "cancelled" // called off, with a public reason
)

var states = []State{Draft, Scheduled, Open, Closed, Counted, Published, Cancelled}

// order is the place of s in a poll's life.
func (s State) order() int { return slices.Index(states, s) }

// Over reports whether ballots are no more taken, and were.
func (s State) Over() bool { return s == Closed || s == Counted || s == Published }

// Terms are what the office decides about a poll. A poll's ruleset is made of
// them; see Box.Update for what may still change when.
type Terms struct {
	Question    string
	Description string
	Options     []Option // an empty ID is given one
	Rules       string   // what the commune adds to the rules, in its own words

	Method     Method
	MaxChoices int           // approval: how many options one ballot may name; 0 for all
	Rule       counting.Rule // the method's parameters: base, majority, quorum, seats

	Visibility  Visibility
	Release     Release
	AllowChange bool // may a voter vote again until closing
	Electorate  Electorate
	Paper       Typing // how paper ballots are typed; "" where there are none
	Entitled    int64  // how many may vote, when it is known; 0 otherwise
	Room        Room   // its code is the box's to choose

	Opens    time.Time // zero: opened by hand
	Closes   time.Time // zero: closed by hand
	Position int       // order among the polls of its subject
}

// Poll is one question put to one electorate by one method.
type Poll struct {
	ID      PollID
	Tenant  tenant.ID
	Subject Subject
	Terms

	State        State     // at Now
	OpenedAt     time.Time // when its opening was logged
	ClosedAt     time.Time // when its closing was logged
	CancelReason string
	PaperDoneAt  time.Time // when somebody said that every paper ballot was in
	SeveredAt    time.Time // when its ballots were severed from their voters; see Custody
	Listed       int64     // how many the list of voters names, where there is one
	Shown        bool      // the host shows the counts in the room, where they may be shown
	HostCounted  bool      // the host counted who is present; else those are who said so themselves
	Revision     int64

	// Now is the database's clock when the poll was read: what State, and any
	// countdown, is relative to.
	Now time.Time

	scheduledAt, countedAt, publishedAt, cancelledAt time.Time
}

// VoterKind returns what makes a voter of a poll one voter. It is fixed when the
// poll opens.
func (t *Terms) VoterKind() VoterKind {
	if t.Electorate.Imported {
		return FileVoter
	}
	switch {
	case t.Room.Anonymous():
		return t.Room.normal().Voter
	case t.Electorate.Person > citizen.PersonEmail:
		return IdentityVoter
	}
	return AccountVoter
}

// Option returns the option with the given ID.
func (p *Poll) Option(id OptionID) (Option, bool) {
	i := slices.IndexFunc(p.Options, func(o Option) bool { return o.ID == id })
	if i < 0 {
		return Option{}, false
	}
	return p.Options[i], true
}

// MayVote says why ballots are not taken in a state, nil where they are.
func (s State) MayVote() error {
	switch s {
	case Open:
		return nil
	case Draft:
		return ErrNotFound
	case Scheduled:
		return ErrNotOpenYet
	case Cancelled:
		return ErrPollCancelled
	}
	return ErrPollClosed
}

// StateAt returns the state at a moment of the database's clock. Opening and
// closing are moments, not acts: nothing has to run for them to happen.
func (p *Poll) StateAt(now time.Time) State {
	switch {
	case !p.cancelledAt.IsZero():
		return Cancelled
	case !p.publishedAt.IsZero():
		return Published
	case !p.countedAt.IsZero():
		return Counted
	case p.scheduledAt.IsZero():
		return Draft
	case p.Opens.IsZero() || now.Before(p.Opens):
		return Scheduled
	case p.Closes.IsZero() || now.Before(p.Closes):
		return Open
	default:
		return Closed
	}
}
