package counting

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// Faults of a rule.
var (
	ErrUnknownMethod = errors.New("unknown method")
	ErrWrongBallots  = errors.New("this method cannot count these ballots")
	ErrRule          = errors.New("invalid rule")
	ErrBudget        = errors.New("invalid budget")
	ErrSeats         = errors.New("invalid number of seats")
	ErrTie           = errors.New("the tie rule leaves options tied")
	ErrTooLarge      = errors.New("too large to be solved exactly")
)

// Methods lists them all, in the order in which they are presented.
func Methods() []Method {
	return []Method{Plurality, Approval, YesNoAbstain, Score, MajorityJudgment, Borda, IRV, Schulze, STV, PointVoting,
		Greedy, EqualShares, Phragmen, Knapsack}
}

// Budget says whether the method spends envelopes.
func (m Method) Budget() bool {
	return m == Greedy || m == EqualShares || m == Phragmen || m == Knapsack
}

// Live says whether an option × value histogram is enough to count: such a method can be shown live, and the others
// need whole ballots.
func (m Method) Live() bool {
	switch m {
	case Plurality, Approval, YesNoAbstain, Score, MajorityJudgment, PointVoting:
		return true
	}
	return false
}

// Rule is a method and its parameters: the part of a ruleset that a machine reads. The zero value of each parameter
// is its usual meaning; parameters of other methods are ignored.
type Rule struct {
	Method Method `json:"method"`
	Ties   Ties   `json:"ties,omitzero"`
	// Seats is the number of winners wanted; 0 means 1. Budget methods have no seats.
	Seats int `json:"seats,omitempty"`

	// AbsoluteMajority (plurality): nobody wins without more than half of the expressed ballots; the two first then
	// form the runoff pair.
	AbsoluteMajority bool `json:"absoluteMajority,omitempty"`

	// MaxMarks (approval, budgets): a ballot marking more options is invalid; 0 is no limit.
	MaxMarks int `json:"maxMarks,omitempty"`

	// Base, Majority, AtLeast, Present, Entitled, Quorum (yes-no-abstain): an option is adopted when its yes exceed
	// (or reach, with AtLeast) the share Majority of Base, provided the quorum is reached.
	Base     Base     `json:"base,omitempty"`
	Majority Fraction `json:"majority,omitzero"`
	AtLeast  bool     `json:"atLeast,omitempty"`
	Present  int64    `json:"present,omitempty"`
	Entitled int64    `json:"entitled,omitempty"`
	Quorum   Quorum   `json:"quorum,omitzero"`

	// Mean (score): compare means over the ballots that gave a score, not sums.
	Mean bool `json:"mean,omitempty"`
	// MinScore and MaxScore (score) bound what a ballot may give, when they differ.
	MinScore int32 `json:"minScore,omitempty"`
	MaxScore int32 `json:"maxScore,omitempty"`

	// Unmarked (majority-judgment): what an option receives from a ballot that does not grade it.
	Unmarked Unmarked `json:"unmarked,omitempty"`
	// UnmarkedGrade is that grade, with Unmarked = "grade".
	UnmarkedGrade int32 `json:"unmarkedGrade,omitempty"`

	// Unranked (borda): what unranked options receive.
	Unranked Unranked `json:"unranked,omitempty"`

	// Raw rankings (irv): see the constants; ballots of our own never need them.
	Overvotes          OvervoteRule `json:"overvotes,omitempty"`
	SkippedRanks       SkippedRanks `json:"skippedRanks,omitempty"`
	ExhaustOnDuplicate bool         `json:"exhaustOnDuplicate,omitempty"`
	// Batch (irv): eliminate together the last options that could not catch up even with all their votes.
	Batch bool `json:"batch,omitempty"`
	// UntilTwo (irv): go on until two options remain, even after one has a majority.
	UntilTwo bool `json:"untilTwo,omitempty"`
	// FirstOut (irv): options that are eliminated in the first round whatever they have (undeclared write-ins).
	FirstOut []string `json:"firstOut,omitempty"`

	// Margins (schulze): a victory's strength is its margin, not its winning votes.
	Margins bool `json:"margins,omitempty"`
	// Default, DefaultQuorum, Ratios (schulze): options that do not beat the default option by their ratio
	// (1:1 unless stated), or that fewer than DefaultQuorum ballots prefer to it, are dropped before the count.
	Default       string              `json:"default,omitempty"`
	DefaultQuorum int64               `json:"defaultQuorum,omitempty"`
	Ratios        map[string]Fraction `json:"ratios,omitempty"`

	// PointsPerBallot (points): what one ballot may spend; 0 is no limit. With SquareRoot, v votes for an option
	// cost v² points (an option's votes are the square root of the points spent on it).
	PointsPerBallot int64 `json:"pointsPerBallot,omitempty"`
	SquareRoot      bool  `json:"squareRoot,omitempty"`

	// Envelopes (budgets): zones first, in this order, then the city-wide one (empty zone), whatever its place.
	Envelopes []Envelope `json:"envelopes,omitempty"`
	// WithinEnvelope (budgets): a ballot whose projects cost together more than an envelope is invalid.
	WithinEnvelope bool `json:"withinEnvelope,omitempty"`
	// MinVotes (budgets): a project with a lower total is never funded.
	MinVotes int64 `json:"minVotes,omitempty"`
	// Incompatible (budgets): groups of projects of which at most one can win.
	Incompatible [][]string `json:"incompatible,omitempty"`
	// NoSkip (greedy): stop at the first project that does not fit.
	NoSkip bool `json:"noSkip,omitempty"`
	// Utility (equal-shares, knapsack): what a funded project is worth to a voter who marked it.
	Utility Utility `json:"utility,omitempty"`
	// Completion (equal-shares): what to do with the money left.
	Completion Completion `json:"completion,omitempty"`
	// Step (equal-shares): cents added per voter at each increment; 0 means 100, one unit of currency.
	Step int64 `json:"step,omitempty"`
}

// Envelope is an amount of cents for the projects of one zone; the empty zone is the whole town.
type Envelope struct {
	Zone  string `json:"zone,omitempty"`
	Cents int64  `json:"cents"`
}

// Fraction is a share such as 2/3. The zero value means the method's default.
type Fraction struct {
	Num int64 `json:"num"`
	Den int64 `json:"den"`
}

// Base is what a share of yes is a share of.
type Base string

// The bases.
const (
	Expressed Base = "expressed" // yes + no
	Attending Base = "present"   // everyone present, abstentions included
	Enrolled  Base = "entitled"  // everyone who could have voted
)

// Quorum is the number of ballots under which nothing is decided: an absolute number, or a share of the entitled, or
// of the people present where Of says so.
type Quorum struct {
	Ballots int64    `json:"ballots,omitempty"`
	Share   Fraction `json:"share,omitzero"`
	Of      Base     `json:"of,omitempty"` // Attending; else the entitled
}

// Unmarked is the treatment of options that a majority-judgment ballot does not grade.
type Unmarked string

// The treatments of ungraded options.
const (
	UnmarkedWorst      Unmarked = "worst"      // the worst grade (default; Orsay 2007)
	UnmarkedGrade      Unmarked = "grade"      // a grade that the rule states
	UnmarkedMedian     Unmarked = "median"     // the median of the grades the option did receive
	UnmarkedNormalized Unmarked = "normalized" // nothing: shares of received grades are compared
)

// Unranked is what Borda gives to unranked options.
type Unranked string

// The treatments of unranked options.
const (
	UnrankedAverage Unranked = "average" // the mean of the places left (default)
	UnrankedZero    Unranked = "zero"    // nothing
)

// OvervoteRule says what a place holding several options does to an instant-runoff ballot.
type OvervoteRule string

// The treatments of overvotes.
const (
	OvervoteExhausts OvervoteRule = "exhaust"             // the ballot stops there (default)
	OvervoteSkipped  OvervoteRule = "skip"                // go to the next place
	OvervoteIfMany   OvervoteRule = "exhaust-if-multiple" // stop if several of them are still in the race
)

// SkippedRanks bounds how many consecutive empty places a ballot may have before it stops. The zero value is no
// bound; SkippedNone and Skipped(n) bound it.
type SkippedRanks int

// SkippedNone stops a ballot at its first empty place.
const SkippedNone SkippedRanks = -1

// Skipped allows n consecutive empty places.
func Skipped(n int) SkippedRanks {
	if n <= 0 {
		return SkippedNone
	}
	return SkippedRanks(n)
}

// Utility is what one funded project is worth to a voter who marked it.
type Utility string

// The utilities.
const (
	UtilityCost   Utility = "cost"   // equal-shares: its cost (default there); knapsack: Σ votes × cost
	UtilityVotes  Utility = "votes"  // one, whatever it costs (knapsack's default)
	UtilityPoints Utility = "points" // the points that the voter gave it
)

// Completion is what equal shares does with the money that no group of voters can spend.
type Completion string

// The completions.
const (
	CompletionNone        Completion = "none"        // leave it
	CompletionUtilitarian Completion = "utilitarian" // by votes, what still fits
	CompletionAdd1        Completion = "add1"        // raise everyone's share while the outcome fits the envelope
	CompletionAdd1U       Completion = "add1u"       // the same, until nothing else fits, then by votes
)

// TieKey is one criterion that separates tied options.
type TieKey string

// The criteria. The first ones may leave options tied; the last four never do, save TieOpen.
const (
	TieEarlier      TieKey = "earlier"       // votes in the latest earlier round where they differ (irv, stv)
	TieCost         TieKey = "cost"          // the cheaper first
	TieVotes        TieKey = "votes"         // the one more ballots marked first
	TieID           TieKey = "lexicographic" // the smaller id first, as numbers when every id is one
	TieListed       TieKey = "listed"        // the first on the ballot is favoured
	TieListedChosen TieKey = "listed-chosen" // the first on the ballot is taken, to be elected or to be excluded
	TieLot          TieKey = "lot"           // the public lot: see Lot
	TieOpen         TieKey = "open"          // tied options stay tied, and all win
)

// Ties says how ties are broken. No keys: the method's default. A public poll uses TieLot, with a seed whose hash was
// published before opening and the root of the closed log, so that nobody can choose a seed that favours an option.
type Ties struct {
	Keys []TieKey `json:"keys,omitempty"`
	Seed Hex      `json:"seed,omitempty"`
	Root Hex      `json:"root,omitempty"`
}

// Hex is bytes written in hexadecimal.
type Hex []byte

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("read hexadecimal: %w", err)
	}
	*h = raw
	return nil
}

// Validate refuses a rule that cannot be applied, before any ballot is read.
func (r Rule) Validate() error {
	known := false
	for _, m := range Methods() {
		known = known || m == r.Method
	}
	if !known {
		return fmt.Errorf("%q: %w", r.Method, ErrUnknownMethod)
	}
	if r.Seats < 0 {
		return fmt.Errorf("%d seats: %w", r.Seats, ErrSeats)
	}
	for _, f := range []Fraction{r.Majority, r.Quorum.Share} {
		if f != (Fraction{}) && (f.Den <= 0 || f.Num < 0 || f.Num > f.Den) {
			return fmt.Errorf("share %d/%d: %w", f.Num, f.Den, ErrRule)
		}
	}
	if err := r.validateWords(); err != nil {
		return err
	}
	if err := r.validateTies(); err != nil {
		return err
	}
	return r.validateBudget()
}

// validateWords checks the parameters that are words out of a list, so that a mistyped one is an error, not a default.
func (r Rule) validateWords() error {
	for _, word := range []struct{ got, name, allowed string }{
		{string(r.Base), "base", "|expressed|present|entitled|"},
		{string(r.Quorum.Of), "quorum of", "|present|entitled|"},
		{string(r.Unmarked), "unmarked", "|worst|grade|median|normalized|"},
		{string(r.Unranked), "unranked", "|average|zero|"},
		{string(r.Overvotes), "overvotes", "|exhaust|skip|exhaust-if-multiple|"},
		{string(r.Utility), "utility", "|cost|votes|points|"},
		{string(r.Completion), "completion", "|none|utilitarian|add1|add1u|"},
	} {
		if word.got != "" && !listed(word.allowed, word.got) {
			return fmt.Errorf("%s %q: %w", word.name, word.got, ErrRule)
		}
	}
	return nil
}

func (r Rule) validateTies() error {
	for _, k := range r.Ties.Keys {
		if !listed("|earlier|cost|votes|lexicographic|listed|listed-chosen|lot|open|", string(k)) {
			return fmt.Errorf("tie key %q: %w", k, ErrRule)
		}
		if k == TieLot && (len(r.Ties.Seed) == 0 || len(r.Ties.Root) == 0) {
			return fmt.Errorf("a lot needs a seed and a closing root: %w", ErrRule)
		}
	}
	if r.sequential() && !r.ties().total() {
		return fmt.Errorf("%s needs a tie rule that always decides: %w", r.Method, ErrTie)
	}
	return nil
}

func (r Rule) validateBudget() error {
	if !r.Method.Budget() {
		return nil
	}
	if len(r.Envelopes) == 0 {
		return fmt.Errorf("no envelope: %w", ErrBudget)
	}
	zones := map[string]bool{}
	for _, e := range r.Envelopes {
		if e.Cents <= 0 || e.Cents > MaxCost {
			return fmt.Errorf("envelope of %s: %w", Cents(e.Cents), ErrBudget)
		}
		if zones[e.Zone] {
			return fmt.Errorf("two envelopes for zone %q: %w", e.Zone, ErrBudget)
		}
		zones[e.Zone] = true
	}
	if r.Step < 0 || r.MinVotes < 0 {
		return fmt.Errorf("negative step or minimum: %w", ErrRule)
	}
	return nil
}

func listed(list, word string) bool {
	for i := 0; i+len(word) < len(list); i++ {
		if list[i] == '|' && list[i+1:i+1+len(word)] == word && list[i+1+len(word)] == '|' {
			return true
		}
	}
	return false
}

// sequential methods cannot go on while a tie stands.
func (r Rule) sequential() bool {
	return r.Method.Budget() || r.Method == IRV || r.Method == STV
}

// ties is the tie rule with the method's default filled in.
func (r Rule) ties() Ties {
	if len(r.Ties.Keys) > 0 {
		return r.Ties
	}
	switch {
	case r.Method.Budget():
		return Ties{Keys: []TieKey{TieCost, TieVotes, TieID}}
	case r.Method == IRV:
		return Ties{Keys: []TieKey{TieEarlier, TieListed}}
	case r.Method == STV:
		return Ties{Keys: []TieKey{TieEarlier, TieListedChosen}}
	}
	return Ties{Keys: []TieKey{TieOpen}}
}

// total says whether the keys always separate two options.
func (t Ties) total() bool {
	for _, k := range t.Keys {
		switch k {
		case TieOpen:
			return false
		case TieID, TieListed, TieListedChosen, TieLot:
			return true
		}
	}
	return false
}

func (r Rule) seats() int { return max(r.Seats, 1) }
