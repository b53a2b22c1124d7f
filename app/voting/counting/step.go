package counting

import (
	"encoding/json"
	"fmt"
	"math/big"
)

// Step is one thing that a count did, with its numbers. The package app/voting/explain turns steps into sentences.
type Step interface{ Kind() string }

// Steps is an explanation. In JSON each step carries its kind under "step".
type Steps []Step

// Share is a number attached to an option.
type Share struct {
	Option string   `json:"option"`
	Number *big.Rat `json:"number"`
}

// Tally is the state of the race at the start of a round.
type Tally struct {
	Round int     `json:"round"`
	Votes []Share `json:"votes"`
	// Continuing ballots still count for someone; Exhausted no longer do.
	Continuing *big.Rat `json:"continuing"`
	Exhausted  *big.Rat `json:"exhausted"`
}

// Need states what must be reached to win: a majority, a quota.
type Need struct {
	Round  int      `json:"round,omitempty"`
	Votes  *big.Rat `json:"votes"`
	Seats  int      `json:"seats,omitempty"`
	Base   *big.Rat `json:"base"`
	Strict bool     `json:"strict,omitempty"` // more than Votes, not as many
}

// Elect says that an option wins.
type Elect struct {
	Round  int      `json:"round,omitempty"`
	Option string   `json:"option"`
	Votes  *big.Rat `json:"votes"`
	// Default: it wins because as many options as seats are left.
	Default bool `json:"default,omitempty"`
}

// Eliminate says that options leave the race: one, or several together when none could catch up.
type Eliminate struct {
	Round   int      `json:"round"`
	Options []string `json:"options"`
	Votes   *big.Rat `json:"votes"`
	// Remain: the loser of the last two, named for the ranking; nothing is transferred.
	Remain bool `json:"remain,omitempty"`
}

// Transfer says where ballots went when an option was eliminated, or beyond its quota.
type Transfer struct {
	Round     int      `json:"round"`
	From      []string `json:"from"`
	Surplus   *big.Rat `json:"surplus,omitempty"` // nil for an elimination
	Received  []Share  `json:"received"`
	Exhausted *big.Rat `json:"exhausted"`
	Lost      *big.Rat `json:"lost,omitempty"` // fractions dropped by the rule's truncation
}

// Compare is a duel: how many ballots prefer each of two options.
type Compare struct {
	A    string `json:"a"`
	B    string `json:"b"`
	ForA int64  `json:"forA"`
	ForB int64  `json:"forB"`
}

// Beatpath compares the strongest chains of duels between two options, when no option wins all its duels.
type Beatpath struct {
	A    string `json:"a"`
	B    string `json:"b"`
	ForA int64  `json:"forA"`
	ForB int64  `json:"forB"`
}

// Median is an option's majority grade, with the number of grades above, at and below it.
type Median struct {
	Option string   `json:"option"`
	Grade  string   `json:"grade"`
	Above  *big.Rat `json:"above"`
	At     *big.Rat `json:"at"`
	Below  *big.Rat `json:"below"`
}

// Decide is a vote by yes and no on one option.
type Decide struct {
	Option  string   `json:"option"`
	Yes     int64    `json:"yes"`
	No      int64    `json:"no"`
	Abstain int64    `json:"abstain"`
	Base    Base     `json:"base"`
	Size    int64    `json:"size"` // of the base
	Share   Fraction `json:"share"`
	AtLeast bool     `json:"atLeast,omitempty"`
	Adopted bool     `json:"adopted"`
}

// QuorumCheck says whether enough people took part.
type QuorumCheck struct {
	Needed  *big.Rat `json:"needed"`
	Ballots int64    `json:"ballots"`
	Reached bool     `json:"reached"`
}

// Drop says that an option is set aside before the count: it does not beat the default option as it must, or it
// received too few votes to be funded.
type Drop struct {
	Option  string     `json:"option"`
	Reason  SkipReason `json:"reason"`
	For     int64      `json:"for"`
	Against int64      `json:"against,omitempty"`
	Ratio   Fraction   `json:"ratio,omitzero"`
	Needed  int64      `json:"needed,omitempty"`
}

// Endow opens an envelope: its amount, its voters and the share of each (equal-shares), after how many increments.
type Endow struct {
	Zone       string   `json:"zone,omitempty"`
	Cents      int64    `json:"cents"`
	Voters     int64    `json:"voters"`
	PerVoter   *big.Rat `json:"perVoter,omitempty"`
	Increments int64    `json:"increments,omitempty"`
}

// Spend funds a project.
type Spend struct {
	Round     int      `json:"round"`
	Zone      string   `json:"zone,omitempty"`
	Option    string   `json:"option"`
	Cost      int64    `json:"cost"`
	Remaining int64    `json:"remaining"`
	Votes     *big.Rat `json:"votes"`
	// PerVoter is the most that one supporter pays, in cents (per point given, with the utility "points");
	// Short is the number of supporters who give all they have left, which is less (equal-shares).
	PerVoter *big.Rat `json:"perVoter,omitempty"`
	Short    int64    `json:"short,omitempty"`
	// Load is the load of its supporters after the purchase (phragmen).
	Load *big.Rat `json:"load,omitempty"`
	// Completion: funded with the money that was left at the end.
	Completion bool `json:"completion,omitempty"`
}

// SkipReason says why a project or an option is passed over.
type SkipReason string

// The reasons.
const (
	SkipDoesNotFit   SkipReason = "does-not-fit"
	SkipIncompatible SkipReason = "incompatible"
	SkipMinVotes     SkipReason = "min-votes"
	SkipStopped      SkipReason = "stopped"     // the count ended before its turn
	SkipPoorVoters   SkipReason = "poor-voters" // its supporters cannot pay it together
	SkipNotOptimal   SkipReason = "not-optimal" // not in the best set
	SkipMajority     SkipReason = "majority"    // not enough against the default option
	SkipQuorum       SkipReason = "quorum"
	SkipWithdrawn    SkipReason = "withdrawn"
)

// Skip says that a project is not funded, and why at that moment.
type Skip struct {
	Round     int        `json:"round,omitempty"`
	Zone      string     `json:"zone,omitempty"`
	Option    string     `json:"option"`
	Cost      int64      `json:"cost"`
	Remaining int64      `json:"remaining"`
	Votes     *big.Rat   `json:"votes"`
	Reason    SkipReason `json:"reason"`
	// Other is the funded project that it is incompatible with.
	Other string `json:"other,omitempty"`
	// Funds is what its supporters have left together, in cents rounded down (poor-voters).
	Funds *big.Rat `json:"funds,omitempty"`
}

// Purpose is what a tie-break chooses an option for.
type Purpose string

// The purposes.
const (
	PurposeElect    Purpose = "elect"
	PurposeExclude  Purpose = "exclude"
	PurposeTransfer Purpose = "transfer"
	PurposeFund     Purpose = "fund"
)

// Draw is a tie and what decided it; Tickets are the options' tickets when it was the public lot.
type Draw struct {
	Round   int      `json:"round,omitempty"`
	Options []string `json:"options"`
	By      TieKey   `json:"by"`
	Chosen  []string `json:"chosen"`
	Purpose Purpose  `json:"purpose"`
	Tickets []Hex    `json:"tickets,omitempty"`
}

// Conclude names the end of a count that has no other natural one.
type Conclude struct {
	Reason  Conclusion `json:"reason"`
	Options []string   `json:"options,omitempty"`
}

// Conclusion is a reason to stop.
type Conclusion string

// The conclusions.
const (
	NothingMarked Conclusion = "nothing-marked" // no ballot marks any option
	NoMajority    Conclusion = "no-majority"    // the runoff pair follows
	CondorcetWin  Conclusion = "condorcet"      // the option wins all its duels
	NoCondorcet   Conclusion = "no-condorcet"   // chains of duels decide
	Optimal       Conclusion = "optimal"        // the best set within the envelope
	AllAffordable Conclusion = "all-affordable" // every project fits: no increment needed
)

// Kind implements Step.
func (Tally) Kind() string       { return "tally" }
func (Need) Kind() string        { return "need" }
func (Elect) Kind() string       { return "elect" }
func (Eliminate) Kind() string   { return "eliminate" }
func (Transfer) Kind() string    { return "transfer" }
func (Compare) Kind() string     { return "compare" }
func (Beatpath) Kind() string    { return "beatpath" }
func (Median) Kind() string      { return "median" }
func (Decide) Kind() string      { return "decide" }
func (QuorumCheck) Kind() string { return "quorum" }
func (Drop) Kind() string        { return "drop" }
func (Endow) Kind() string       { return "endow" }
func (Spend) Kind() string       { return "spend" }
func (Skip) Kind() string        { return "skip" }
func (Draw) Kind() string        { return "draw" }
func (Conclude) Kind() string    { return "conclude" }

// MarshalJSON writes each step with its kind first.
func (s Steps) MarshalJSON() ([]byte, error) {
	out := []byte{'['}
	for i, step := range s {
		if i > 0 {
			out = append(out, ',')
		}
		body, err := json.Marshal(step)
		if err != nil {
			return nil, fmt.Errorf("write step %d: %w", i+1, err)
		}
		out = append(out, `{"step":"`+step.Kind()+`"`...)
		if len(body) > 2 {
			out = append(out, ',')
		}
		out = append(out, body[1:]...)
	}
	return append(out, ']'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Steps) UnmarshalJSON(data []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("read steps: %w", err)
	}
	*s = make(Steps, len(raw))
	for i, body := range raw {
		step, err := readStep(body)
		if err != nil {
			return fmt.Errorf("read step %d: %w", i+1, err)
		}
		(*s)[i] = step
	}
	return nil
}

func readStep(body []byte) (Step, error) {
	var head struct {
		Step string `json:"step"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return nil, err
	}
	switch head.Step {
	case "tally":
		return readAs[Tally](body)
	case "need":
		return readAs[Need](body)
	case "elect":
		return readAs[Elect](body)
	case "eliminate":
		return readAs[Eliminate](body)
	case "transfer":
		return readAs[Transfer](body)
	case "compare":
		return readAs[Compare](body)
	case "beatpath":
		return readAs[Beatpath](body)
	case "median":
		return readAs[Median](body)
	case "decide":
		return readAs[Decide](body)
	case "quorum":
		return readAs[QuorumCheck](body)
	case "drop":
		return readAs[Drop](body)
	case "endow":
		return readAs[Endow](body)
	case "spend":
		return readAs[Spend](body)
	case "skip":
		return readAs[Skip](body)
	case "draw":
		return readAs[Draw](body)
	case "conclude":
		return readAs[Conclude](body)
	}
	return nil, fmt.Errorf("unknown step %q", head.Step)
}

func readAs[T Step](body []byte) (Step, error) {
	var step T
	err := json.Unmarshal(body, &step)
	return step, err
}
