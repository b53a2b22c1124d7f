package counting

import (
	"fmt"
	"math/big"
)

// Histogram is the number of ballots that give each value to each option: all that plurality, approval, score,
// majority-judgment, points and yes-no-abstain need. It is kept up to date ballot by ballot, so that a count can be
// shown live; Histogram.Count gives exactly what Count gives on the same ballots. A Histogram is not safe for
// concurrent use.
type Histogram struct {
	kind    Kind
	options []Option
	grades  []string
	cells   []map[int32]int64
	ballots int64
	blank   int64
}

// NewHistogram starts an empty histogram for ballots of one kind. Rankings have no histogram.
func NewHistogram(kind Kind, options []Option, grades ...string) (*Histogram, error) {
	if kind == Ranks {
		return nil, fmt.Errorf("rankings have no histogram: %w", ErrWrongBallots)
	}
	if err := validateOptions(options); err != nil {
		return nil, err
	}
	h := &Histogram{kind: kind, options: options, grades: grades, cells: make([]map[int32]int64, len(options))}
	for i := range h.cells {
		h.cells[i] = map[int32]int64{}
	}
	return h, nil
}

// Add counts a ballot; a negative weight takes ballots away, as when a voter votes again.
func (h *Histogram) Add(b Ballot) {
	h.ballots += b.Weight
	if len(b.Marks) == 0 {
		h.blank += b.Weight
	}
	for _, m := range b.Marks {
		h.AddCell(int(m.Option), m.Value, b.Weight)
	}
}

// AddCell adds n ballots that give value to the option at this position, for tallies that are stored cell by cell;
// AddBallots must then be told the ballots.
func (h *Histogram) AddCell(option int, value int32, n int64) {
	cell := h.cells[option]
	if cell[value] += n; cell[value] == 0 {
		delete(cell, value)
	}
}

// AddBallots adds to the number of ballots and of blank ones among them, beside AddCell.
func (h *Histogram) AddBallots(ballots, blank int64) {
	h.ballots += ballots
	h.blank += blank
}

// At is the number of ballots that give value to the option at this position.
func (h *Histogram) At(option int, value int32) int64 { return h.cells[option][value] }

// Ballots is the number of ballots, blank ones included.
func (h *Histogram) Ballots() int64 { return h.ballots }

// Count applies a rule whose method is Live.
func (h *Histogram) Count(r Rule) (Outcome, error) {
	if !r.Method.Live() {
		return Outcome{}, fmt.Errorf("%s needs whole ballots: %w", r.Method, ErrWrongBallots)
	}
	if err := r.Validate(); err != nil {
		return Outcome{}, err
	}
	if r.seats() > len(h.options) {
		return Outcome{}, fmt.Errorf("%d seats for %d options: %w", r.seats(), len(h.options), ErrSeats)
	}
	kind := wanted(h.kind, r.Method)
	if h.kind != kind && (kind != Points || h.kind == Answers) {
		return Outcome{}, fmt.Errorf("%s needs ballots of kind %q, not %q: %w", r.Method, kind, h.kind, ErrWrongBallots)
	}
	return h.count(r, 0)
}

// countLive counts whole ballots by way of a histogram, after checking what only whole ballots show.
func countLive(p Profile, r Rule, invalid int64) (Outcome, error) {
	h, err := NewHistogram(p.Kind, p.Options, p.Grades...)
	if err != nil {
		return Outcome{}, err
	}
	for i, b := range p.Ballots {
		if err := r.checkBallot(b); err != nil {
			return Outcome{}, fmt.Errorf("ballot %d: %w", i+1, err)
		}
		h.Add(b)
	}
	h.blank -= invalid
	return h.count(r, invalid)
}

// checkBallot refuses ballots that the rule forbids; a ballot box checks them when they are cast.
func (r Rule) checkBallot(b Ballot) error {
	limit := r.MaxMarks
	if r.Method == Plurality {
		limit = 1
	}
	if limit > 0 && len(b.Marks) > limit && (r.Method == Plurality || r.Method == Approval || r.Method.Budget()) {
		return fmt.Errorf("%d options marked, %d allowed: %w", len(b.Marks), limit, ErrBallot)
	}
	switch r.Method {
	case PointVoting:
		return r.checkPoints(b)
	case Score:
		for _, m := range b.Marks {
			if r.MinScore != r.MaxScore && (m.Value < r.MinScore || m.Value > r.MaxScore) {
				return fmt.Errorf("score %d outside %d–%d: %w", m.Value, r.MinScore, r.MaxScore, ErrBallot)
			}
		}
	}
	return nil
}

func (h *Histogram) count(r Rule, invalid int64) (Outcome, error) {
	votes := make([]int64, len(h.options))
	for o, cell := range h.cells {
		for value, n := range cell {
			if value > 0 {
				votes[o] += n
			}
		}
	}
	p := Profile{Kind: h.kind, Options: h.options, Grades: h.grades}
	c := newCount(p, r, votes, nil)
	c.outcome.Ballots, c.outcome.Blank, c.outcome.Invalid = h.ballots, h.blank, invalid
	if h.blank+invalid == h.ballots && r.Method != YesNoAbstain {
		return c.nothingMarked(), nil
	}
	var err error
	switch r.Method {
	case Plurality:
		c.plurality(h)
	case Approval, PointVoting:
		c.mostVotes(h)
	case YesNoAbstain:
		err = c.answers(h)
	case Score:
		c.score(h)
	case MajorityJudgment:
		err = c.judgment(h)
	}
	return c.outcome, err
}

// sum is Σ value × ballots for one option.
func (h *Histogram) sum(option int) *big.Int {
	total := new(big.Int)
	for value, n := range h.cells[option] {
		total.Add(total, new(big.Int).Mul(big.NewInt(int64(value)), big.NewInt(n)))
	}
	return total
}

// given is the number of ballots that give the option any value.
func (h *Histogram) given(option int) int64 {
	var total int64
	for _, n := range h.cells[option] {
		total += n
	}
	return total
}
