package budgets

import (
	"time"

	"github.com/google/uuid"

	"parvis/app/money"
	"parvis/app/voting/counting"
)

// Bounds of what staff type, in characters.
const (
	maxTitle   = 150
	maxSummary = 600
	maxEasy    = 2_000
	maxBody    = 30_000
	maxRules   = 60_000
	maxNumber  = 60
	maxURL     = 500
	maxReason  = 500
)

// maxEnvelope is a thousand million euros: beyond is a slip of the keyboard.
const maxEnvelope = money.Cents(100_000_000_000)

// Edition is one participatory budget (une édition du budget participatif):
// what the commune puts at the disposal of its inhabitants, and when.
type Edition struct {
	ID      uuid.UUID
	Version int64 // grows at each change

	Text
	Terms
	Calendar

	Published   bool
	PublishedAt time.Time
	DecidedAt   time.Time // when the decisions of the study were published; zero before
	Outcome     Outcome   // zero until the council has deliberated
	OutcomeAt   time.Time
	UpdatedAt   time.Time

	Imported bool   // from an election that somebody else published
	Currency string // of that election; "" for euros

	// Now is the database's clock when the edition was read: what its phase,
	// and any countdown, is relative to.
	Now time.Time
}

// Text is what an edition says.
type Text struct {
	Title   string
	Summary string
	Easy    string // the summary in plain words (facile à lire et à comprendre)
	Body    string // the presentation, Markdown
	Rules   string // the règlement, Markdown
	Adopted Act    // the délibération that adopted the règlement
}

// same reports whether two texts say the same.
func (t Text) same(other Text) bool {
	day := t.Adopted.On.Format(time.DateOnly) == other.Adopted.On.Format(time.DateOnly)
	t.Adopted.On, other.Adopted.On = time.Time{}, time.Time{}
	return day && t == other
}

// Act is a délibération of the council: its day, its number, where it is read.
type Act struct {
	On     time.Time
	Number string
	URL    string
}

// Terms are the numbers of the règlement: how much, and by which count.
type Terms struct {
	Method    counting.Method // counting.Greedy or counting.EqualShares
	MinVotes  int64           // under which a project cannot win
	Envelopes []Envelope      // one for the whole town, or one for each zone, or both
}

// Envelope is the money for a zone, or for the whole town.
type Envelope struct {
	Zone   uuid.UUID // zero: the whole town
	Amount money.Cents
}

// Total is all the money of the edition.
func (t Terms) Total() money.Cents {
	var sum money.Cents
	for _, e := range t.Envelopes {
		sum += e.Amount
	}
	return sum
}

// ByZone reports whether a project must choose a zone: there is no money for
// the whole town.
func (t Terms) ByZone() bool {
	for _, e := range t.Envelopes {
		if e.Zone == uuid.Nil {
			return false
		}
	}
	return len(t.Envelopes) > 0
}

// Envelope returns the money for a zone, and whether there is any.
func (t Terms) Envelope(zone uuid.UUID) (money.Cents, bool) {
	for _, e := range t.Envelopes {
		if e.Zone == zone {
			return e.Amount, true
		}
	}
	return 0, false
}

// Calendar is when each phase begins: each ends where the next one begins. A
// draft may lack some dates.
type Calendar struct {
	InformationAt, DepositAt, StudyAt, VoteAt, ResultAt, DeliberationAt, WinnersAt, DeliveryAt time.Time
}

// Outcome is what the council decided of the result of the vote.
type Outcome struct {
	Act
	Text string // Markdown, may be empty
}

// Phase is where an edition stands.
type Phase string

// The phases. All but the last two begin at a moment of the database's clock;
// the winners wait in addition for the délibération, which is an act.
const (
	Draft        Phase = "draft"
	Upcoming     Phase = "upcoming" // published, its information has not begun
	Information  Phase = "information"
	Deposit      Phase = "deposit"      // le dépôt des projets
	Study        Phase = "study"        // l'instruction
	Vote         Phase = "vote"         // le vote
	Result       Phase = "result"       // le résultat du vote
	Deliberation Phase = "deliberation" // the council is to decide
	Winners      Phase = "winners"      // les lauréats
	Delivery     Phase = "delivery"     // la réalisation
)

// Phases lists the phases of a published edition, in order.
var Phases = []Phase{Information, Deposit, Study, Vote, Result, Deliberation, Winners, Delivery}

// Start returns when a phase begins; zero when that is not known.
func (c Calendar) Start(p Phase) time.Time {
	if at := c.start(p); at != nil {
		return *at
	}
	return time.Time{}
}

// start points at the beginning of a phase, nil for what is not in Phases.
func (c *Calendar) start(p Phase) *time.Time {
	switch p {
	case Information:
		return &c.InformationAt
	case Deposit:
		return &c.DepositAt
	case Study:
		return &c.StudyAt
	case Vote:
		return &c.VoteAt
	case Result:
		return &c.ResultAt
	case Deliberation:
		return &c.DeliberationAt
	case Winners:
		return &c.WinnersAt
	case Delivery:
		return &c.DeliveryAt
	}
	return nil
}

// End returns when a phase ends: where the next begins. The last one has no end.
func (c Calendar) End(p Phase) time.Time {
	for i, phase := range Phases[:len(Phases)-1] {
		if phase == p {
			return c.Start(Phases[i+1])
		}
	}
	return time.Time{}
}

// Phase returns where e stood when it was read.
func (e *Edition) Phase() Phase { return e.PhaseAt(e.Now) }

// PhaseAt returns where e stands at a moment.
func (e *Edition) PhaseAt(now time.Time) Phase {
	if !e.Published {
		return Draft
	}
	at := Upcoming
	for _, p := range Phases {
		if now.Before(e.Start(p)) {
			break
		}
		if p == Winners && e.OutcomeAt.IsZero() {
			break // nobody wins before the council has said so
		}
		at = p
	}
	return at
}

// Reached reports whether e has come to a phase, or is beyond it.
func (e *Edition) Reached(p Phase) bool { return rank(e.Phase()) >= rank(p) }

// rank orders the phases, drafts first.
func rank(p Phase) int {
	for i, phase := range Phases {
		if phase == p {
			return i + 2
		}
	}
	if p == Upcoming {
		return 1
	}
	return 0
}
