package budgets

import (
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/money"
	"parvis/app/places"
)

// Bounds of a project, in characters.
const (
	maxProjectTitle = 120
	maxProjectText  = 5_000
	maxPlace        = 200
)

// maxCost is what a project may be said to cost: ten million euros.
const maxCost = money.Cents(1_000_000_000)

// Project is a proposal inside an edition.
type Project struct {
	ID      uuid.UUID
	Edition uuid.UUID
	Version int64 // grows at each change
	Number  int   // "projet n° 12", given at the deposit; 0 for a draft

	Proposal

	Author     citizen.ID // zero once the account is erased
	AuthorName string     // as the author wished to be named; empty otherwise

	CreatedAt    time.Time
	UpdatedAt    time.Time
	DepositedAt  time.Time // zero: a draft, which only its author sees
	WithdrawnAt  time.Time
	WithdrawnWhy string

	Decision  // published; zero until all of them are, together
	DecidedAt time.Time

	Rank  int       // among the winners, 1 first; 0 unless won
	WonAt time.Time // when the council's choice was published

	Progress
}

// Proposal is what an author writes.
type Proposal struct {
	Title string
	Text  string // Markdown
	Theme Theme
	Zone  uuid.UUID // zero: the whole town
	Place string    // in words
	Point places.Point
	Photo Photo
	// Estimate is what the author believes it costs; nil when they do not know.
	Estimate *money.Cents
}

// Photo is a picture that the platform keeps.
type Photo struct {
	SHA256    string // empty: none
	MediaType string
	Size      int64
	Alt       string // what it shows, for those who do not see it
}

// Theme is what a project is about.
type Theme string

// Themes are the themes, in the order they are offered. Their names are
// messages "budgets.theme.<theme>".
//
// i18n: budgets.theme.*
var Themes = []Theme{"nature", "streets", "mobility", "sport", "culture", "youth", "solidarity", "digital"}

// Verdict is what the study concluded.
type Verdict string

// The verdicts.
const (
	NoVerdict    Verdict = ""
	Accepted     Verdict = "accepted"     // put to the vote
	Inadmissible Verdict = "inadmissible" // non recevable: outside of the règlement
	Unfavourable Verdict = "unfavourable" // avis défavorable: it cannot be done
)

// Decision is what becomes of a project, and why.
type Decision struct {
	Verdict Verdict
	Reason  string      // always there for a refusal
	Cost    money.Cents // as studied; of accepted projects
}

// Stage is where the realisation of a winner stands.
type Stage string

// The stages of a realisation.
const (
	Planned   Stage = "planned"
	Designed  Stage = "designed" // études, marchés
	Works     Stage = "works"
	Done      Stage = "done"
	Abandoned Stage = "abandoned"
)

// Stages lists the stages in order.
//
// i18n: budgets.stage.*
var Stages = []Stage{Planned, Designed, Works, Done, Abandoned}

// Progress is how far the realisation is.
type Progress struct {
	Stage      Stage // empty unless won
	Percent    int
	PromisedOn time.Time // civil day by which it is to be there; zero when not said
	FirstOn    time.Time // the first day that was promised
}

// State is where a project stands, for people.
type State string

// The states, whatever the phase.
const (
	StateDraft        State = "draft"
	StateWithdrawn    State = "withdrawn"
	StateDeposited    State = "deposited"
	StateStudied      State = "studied"  // under study
	StateAccepted     State = "accepted" // to be voted on
	StateInadmissible State = "inadmissible"
	StateUnfavourable State = "unfavourable"
	StateWinner       State = "winner"
	StateLoser        State = "loser" // the council has decided, without it
	StateDone         State = "done"
	StateAbandoned    State = "abandoned"
)

// State returns where p stands in its edition.
func (p *Project) State(e *Edition) State {
	switch {
	case p.DepositedAt.IsZero():
		return StateDraft
	case !p.WithdrawnAt.IsZero():
		return StateWithdrawn
	case p.Stage == Done:
		return StateDone
	case p.Stage == Abandoned:
		return StateAbandoned
	case !p.WonAt.IsZero():
		return StateWinner
	case p.Verdict == Inadmissible:
		return StateInadmissible
	case p.Verdict == Unfavourable:
		return StateUnfavourable
	case p.Verdict == Accepted && !e.OutcomeAt.IsZero():
		return StateLoser
	case p.Verdict == Accepted:
		return StateAccepted
	case e.Reached(Study):
		return StateStudied
	}
	return StateDeposited
}

// Votable reports whether p can be chosen in the vote.
func (p *Project) Votable() bool { return p.Verdict == Accepted && p.WithdrawnAt.IsZero() }

// shownCost is what p costs as far as is known: studied, or else estimated by
// its author.
func (p *Project) shownCost() (money.Cents, bool) {
	switch {
	case p.Cost > 0:
		return p.Cost, true
	case p.Estimate != nil:
		return *p.Estimate, true
	}
	return 0, false
}
